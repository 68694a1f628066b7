"""Models that rest, are probed and come back, as docs/health.md says, end to end; and what is kept of it between two runs."""

import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from cast import Case, Cast, Client, Held, failed_of, in_turn, seconds
from contract import Contract
from faults import error, fails, has_left, resets, sends, stays_silent
from harness import (END, KEY, PATIENCE, PLAIN, STREAM, Gateway, Reply, Upstream, answer_well, chunk_json, chunked, config_for,
                     request_bytes, sse, stream_head, until_closed)
from stage import Stage

DOWN = fails("500 Oops")
HALF = stream_head() + chunked(sse(chunk_json({"content": "half"})))
SOON = {"failures_before_rest": 2, "cooldown": {"first": 600, "growth": 3, "max": 60000}}
LONG = {"failures_before_rest": 1, "cooldown": {"first": 60000, "max": 60000}}
NAMED = {**PLAIN, "model": "p0/m0"}


def rest_of(cast, number=0):
    """How long it still rests."""
    return cast.stats()[f"p{number}/m{number}"]["cooldown_until"] - time.time()


class Rests(Case):
    def test_a_model_that_goes_on_failing_rests(self):
        with Cast(DOWN, answer_well, health=LONG | {"failures_before_rest": 3}) as cast:
            for _ in range(3):
                self.answered(cast.chat(), 2, 1)
            for body in (PLAIN, STREAM, PLAIN):
                answer = cast.chat(body)
                self.answered(answer, 1, 1)
                self.assertNotIn("x-smartroute-failed", answer.headers)
            self.assertEqual(cast.asked(), [3, 6])
            row = cast.stats()["p0/m0"]
            self.assertEqual((row["rests"], row["health_score"], row["failures"], row["success"]), (True, 0, 3, 0))
            self.assertTrue(50 < rest_of(cast) < 61, row)

    def test_an_occasional_error_bans_nobody(self):
        script = in_turn(*([answer_well] * 4 + [DOWN]) * 12, answer_well)
        with Cast(script, answer_well) as cast, Client(cast.gateway) as client:
            for turn in range(60):
                client.chat(PLAIN if turn % 2 else STREAM)
            self.assertEqual(cast.asked(), [60, 12], "every request went to the first model first")
            self.assertGreater(cast.stats()["p0/m0"]["health_score"], 50)

    def test_a_rate_limit_rests_for_as_long_as_the_provider_says(self):
        limited = fails("429 Slow", extra="retry-after-ms: 700\r\n")
        with Cast(in_turn(limited, answer_well), answer_well) as cast:
            self.answered(cast.chat(), 2, 1)
            begun = time.monotonic()
            self.answered(cast.chat(), 1, 1)
            self.assertTrue(0 < rest_of(cast) < 0.71)
            cast.wakes(0)
            self.assertGreater(time.monotonic() - begun, 0.5)
            self.answered(cast.chat(), 1, 0)

    def test_no_provider_bans_itself_for_ever(self):
        with Cast(fails("429 Slow", extra="Retry-After: 80000\r\n"), answer_well, health={"retry_after_max": 90000}) as cast:
            self.answered(cast.chat(), 2, 1)
            self.assertTrue(80 < rest_of(cast) < 91, rest_of(cast))

    def test_a_refusal_is_nobody_s_failure(self):
        with Cast(fails("400 Bad Request"), answer_well, health=LONG) as cast:
            for _ in range(4):
                self.answered(cast.chat(), 2, 1)
            row = cast.stats()["p0/m0"]
            self.assertEqual((row["rests"], row["failures"], row["health_score"]), (False, 0, 100))

    def test_a_cut_stream_is_a_failure(self):
        def cut(sock, _call):
            sock.sendall(HALF)
            resets(sock, _call)

        with Cast(cut, answer_well, health=SOON) as cast:
            for _ in range(2):
                self.assertIn(b'"interrupted"', cast.chat(STREAM).body)
            self.assertTrue(cast.rests(0))
            self.answered(cast.chat(STREAM), 1, 1)


class OwnLimits(Case):
    """What the gateway cut short is nobody's failure, or another's."""

    def test_an_attempt_that_the_deadline_cut_short(self):
        for body in (PLAIN, STREAM):
            with self.subTest(body), Cast(stays_silent, retries={"deadline": 300}, health=LONG) as cast:
                self.assertEqual(cast.chat(body).status, 504)
                row = cast.stats()["p0/m0"]
                self.assertEqual((row["rests"], row["failures"], row["health_score"]), (False, 0, 100))

    def test_a_time_for_the_content_that_is_too_short_to_connect_in(self):
        short = {"timeouts": {"connect": {"t1": 300}}, "upstream": {"connect": 10000}, "health": LONG}
        with Stage() as stage, Upstream(answer_well) as second:
            with Gateway(config_for(stage.black_hole(), second.url, **short)) as gateway:
                answer = gateway.chat(STREAM)
                self.assertEqual(answer.status, 200)
                self.assertIn("p0/m0;first_byte_timeout", answer.headers["x-smartroute-failed"])
                endpoints = gateway.request("GET", "/api/stats/providers").json()
                self.assertFalse(endpoints["p0"]["rests"], "the endpoint may be well")

    def test_the_body_of_a_failure_is_not_waited_for(self):
        stalled = sends(b"HTTP/1.1 503 Busy\r\nContent-Length: 99\r\n\r\n{", then=stays_silent)
        patient = {"timeouts": {"connect": {"t1": 60000}, "generation": {"t1": 60000}, "idle": 60000}}
        for body in (PLAIN, STREAM):
            with self.subTest(body), Cast(stalled, answer_well, **patient) as cast:
                answer, took = seconds(lambda cast=cast, body=body: cast.chat(body))
                self.answered(answer, 2, 1)
                self.assertLess(took, 20)

    def test_a_key_that_is_refused_is_alerted_once(self):
        with Cast(fails("401 Unauthorized", error("wrong key"))) as cast:
            for _ in range(4):
                self.assertEqual(cast.chat().status, 502)
            self.assertEqual(cast.asked(), [4], "a last resort is asked all the same")
            self.assertEqual(cast.gateway.stderr().count("event=provider_alert"), 1)


class Probes(Case):
    def resting(self, *scripts, health=None):
        """Its first model rests for a moment."""
        cast = Cast(*scripts, health=health or SOON)
        for _ in range((health or SOON)["failures_before_rest"]):
            self.answered(cast.chat(), 2, 1)
        self.assertTrue(cast.rests(0))
        return cast

    def test_one_goes_first_and_the_others_elsewhere(self):
        held = Held()
        with self.resting(in_turn(DOWN, DOWN, held, answer_well), answer_well) as cast, Client(cast.gateway) as probe:
            cast.wakes(0)
            probe.send()
            cast.models[0].wait_for(lambda m: len(m.calls) == 3)
            self.assertTrue(cast.rests(0), "for everybody else")
            for body in (PLAIN, STREAM) * 4:
                self.answered(cast.chat(body), 1, 1)
            self.assertEqual(cast.asked()[0], 3, "one probe")
            held.let()
            self.answered(probe.read(), 1, 0)
            for _ in range(3):
                self.answered(cast.chat(), 1, 0)

    def test_headers_and_a_beginning_do_not_end_a_rest(self):
        held = Held(then=resets)

        def begins(sock, call):
            sock.sendall(HALF)
            return held(sock, call)

        with self.resting(in_turn(DOWN, DOWN, begins), answer_well) as cast, Client(cast.gateway) as probe:
            cast.wakes(0)
            probe.send(STREAM)
            self.assertTrue(probe.sock.recv(1), "the head and the first content are here")
            for _ in range(3):
                self.answered(cast.chat(), 1, 1)
            held.let()
            self.assertIn(b'"interrupted"', probe.read().body)
            cast.goes_to_rest(0)
            self.assertTrue(0.9 < rest_of(cast) < 1.85, "longer than before")
            self.answered(cast.chat(), 1, 1)
            self.assertEqual(cast.asked()[0], 3)

    def test_a_probe_that_fails_leads_to_a_longer_rest_each_time(self):
        with self.resting(DOWN, answer_well) as cast:
            rests = [rest_of(cast)]
            for _ in range(2):
                cast.wakes(0)
                self.answered(cast.chat(), 2, 1)
                rests.append(rest_of(cast))
            self.assertTrue(rests[0] < 0.61 and 1 < rests[1] < 1.81 and 4 < rests[2] < 5.41, rests)
            self.assertEqual(cast.asked()[0], 4)

    def test_a_probe_whose_client_leaves_is_given_back(self):
        with self.resting(in_turn(DOWN, DOWN, lambda sock, _call: until_closed(sock), answer_well), answer_well) as cast:
            cast.wakes(0)
            with Client(cast.gateway) as probe:
                probe.send()
                cast.models[0].wait_for(lambda m: len(m.calls) == 3)
                self.answered(cast.chat(), 1, 1)
            cast.wakes(0)
            self.answered(cast.chat(), 1, 0)
            self.assertFalse(cast.rests(0))

    def test_a_probe_that_is_refused_is_given_back(self):
        with self.resting(in_turn(DOWN, DOWN, fails("400 Bad Request"), answer_well), answer_well) as cast:
            cast.wakes(0)
            self.answered(cast.chat(), 2, 1)
            self.answered(cast.chat(), 1, 0)

    def test_a_long_answer_is_no_reason_to_wait_for_its_endpoint(self):
        """Nobody listened; now somebody does, and says so with the head of a long answer: the provider's other models need not wait
        for the end of it."""
        held = Held(lambda sock, _call: sock.sendall(chunked(sse(chunk_json({}, "stop"), b"[DONE]")) + END))

        def begins(sock, call):
            if call.json()["model"] != "m0":
                return answer_well(sock, call)
            sock.sendall(HALF)
            return held(sock, call)

        def two_models(config):
            config["models"]["t2"] = [{"model": "other", "provider": "p0"}]

        health = {"connect_cooldown": {"first": 300, "max": 300}}
        with Cast(Upstream(begins, is_up=False), answer_well, edit=two_models, health=health) as cast, Client(cast.gateway) as probe:
            answer = cast.chat()
            self.answered(answer, 2, 1)
            self.assertEqual(failed_of(answer), [("p0/m0", "upstream_connect")])
            self.assertEqual([cast.stats()[model]["rests"] for model in ("p0/m0", "p0/other")], [True, True], "the endpoint is away")
            self.answered(cast.chat(), 1, 1)
            cast.models[0].up()
            cast.wakes(0)
            probe.send(STREAM)
            self.assertTrue(probe.sock.recv(1))
            self.assertFalse(cast.stats()["p0/other"]["rests"])
            self.assertFalse(cast.rests(0))
            held.let()
            self.assertTrue(probe.read().body.endswith(b"[DONE]\n\n"))


class LastResort(Case):
    def both_rest(self, *scripts, **retries):
        """The first began to rest a moment before the second."""
        cast = Cast(*scripts, health=LONG, retries=retries)
        self.refused(cast.chat(), 502, "upstream_server", 2)
        self.assertEqual([cast.rests(n) for n in (0, 1)], [True, True])
        return cast

    def test_the_least_bad_is_asked_when_everybody_rests(self):
        with self.both_rest(in_turn(DOWN, answer_well), in_turn(DOWN, answer_well)) as cast:
            self.answered(cast.chat(), 1, 0)
            self.assertFalse(cast.rests(0), "it answered")
            self.answered(cast.chat(), 1, 0)
            self.assertEqual(cast.asked(), [3, 1])

    def test_only_one_is_asked(self):
        with self.both_rest(DOWN, DOWN) as cast:
            self.refused(cast.chat(), 502, "upstream_server", 1)
            self.assertEqual(sum(cast.asked()), 3)

    def test_a_pinned_model_is_asked_though_it_rests(self):
        with Cast(in_turn(DOWN, answer_well), answer_well, health=LONG) as cast:
            self.refused(cast.chat(NAMED), 502, "upstream_server", 1)
            self.assertTrue(cast.rests(0))
            self.answered(cast.chat(NAMED), 1, 0)

    def test_a_tier_above_comes_before_it(self):
        with Cast(DOWN, answer_well, tiers={1: "t2"}, retries={"escalate": "up"}, health=LONG) as cast:
            self.answered(cast.chat(), 2, 1)
            self.answered(cast.chat(), 1, 1)
            self.assertEqual(cast.asked(), [1, 2])

    def test_503_instead_when_the_operator_wants_that(self):
        with self.both_rest(DOWN, DOWN, last_resort=False) as cast:
            for body in (PLAIN, STREAM, NAMED):
                answer, took = seconds(lambda body=body: cast.chat(body))
                self.refused(answer, 503, "overloaded", 0)
                self.assertIn(int(answer.headers["retry-after"]), range(50, 61))
                self.assertLess(took, 1)
            self.assertEqual(cast.asked(), [1, 1])


class Kept(Case):
    """health.json, and an original's model_stats.json."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="smartroute-it-")
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name)
        self.file = self.path / "health.json"

    def test_rests_go_on_after_a_restart(self):
        keys = {"api_key": "", "api_keys": [{"key": "key-one-4711", "weight": 1}, {"key": "key-two-0815", "weight": 0}]}
        unknown = fails("401 Unauthorized", error("no such key"))

        def third(sock, call):
            return (unknown if "key-one" in call.head else answer_well)(sock, call)

        away = Upstream(answer_well, is_up=False)
        health = LONG | {"connect_cooldown": {"first": 50000, "max": 50000}}
        with Cast(DOWN, away, third, health=health, providers={2: keys}, path=self.path) as cast:
            self.answered(cast.chat(), 4, 2)
            models, providers = cast.stats(), cast.stats("providers")
            self.assertEqual([row["rests"] for row in models.values()], [True, True, False])
            cast.restart()
            for before, after in ((models, cast.stats()), (providers, cast.stats("providers"))):
                self.assertEqual(before.keys(), after.keys())
                for name, row in before.items():
                    for member in ("success", "failures", "rests"):
                        self.assertEqual(row[member], after[name][member], f"{name} {member}")
                    self.assertAlmostEqual(row["cooldown_until"], after[name]["cooldown_until"], delta=1)
                    self.assertAlmostEqual(row["failure_score"], after[name]["failure_score"], delta=1)
            self.answered(cast.chat(), 1, 2)
            self.assertEqual(cast.asked(), [1, 0, 3])
            self.assertIn("health_restored", cast.gateway.stderr())
        text = self.file.read_text()
        self.assertEqual(json.loads(text)["version"], 1)
        for secret in ("key-one", "key-two", "sk-provider", KEY):
            self.assertNotIn(secret, text)
        self.assertEqual([path.name for path in self.path.iterdir() if path.name.startswith("health")], ["health.json"])

    def test_what_was_learnt_is_kept_when_the_grace_runs_out(self):
        held = Held()
        with Cast(DOWN, held, health=LONG, path=self.path, edit=lambda config: config["server"].update(grace=1500)) as cast:
            with Client(cast.gateway) as client:
                client.send()
                cast.models[1].wait_for(lambda m: len(m.calls) == 1)
                cast.gateway.stop()
            self.assertIn("grace_over", cast.gateway.stderr())
            entries = json.loads(self.file.read_text())["entries"]
            self.assertEqual([entry["failures"] for entry in entries if entry["id"] == "p0/m0"], [1])
            held.let()

    def test_a_rest_that_ended_meanwhile_is_followed_by_a_probe(self):
        with Cast(in_turn(DOWN, DOWN, answer_well), answer_well, health=SOON, path=self.path) as cast:
            self.answered(cast.chat(), 2, 1)
            self.answered(cast.chat(), 2, 1)
            cast.restart()
            cast.wakes(0)
            self.answered(cast.chat(), 1, 0)

    def test_an_original_s_statistics_are_read_once(self):
        def stats(name):
            return {name: {"success": 7, "failures": 3, "failure_score": 12.5, "cooldown_until": time.time() + 55,
                           "last_updated": time.time(), "avg_response_time": 1234.5, "response_time_samples": [1, 2], "health_score": 0}}
        originals = self.path / "model_stats.json"
        originals.write_text(json.dumps(stats("p0/m0")))
        with Cast(answer_well, answer_well, health={"cooldown": {"max": 60000}}, path=self.path) as cast:
            self.assertIn("from=model_stats.json", cast.gateway.stderr())
            row = cast.stats()["p0/m0"]
            self.assertEqual((row["success"], row["failures"], row["rests"], row["avg_response_time"]), (7, 3, True, 1234.5))
            self.assertTrue(45 < rest_of(cast) < 56)
            self.assertAlmostEqual(row["failure_score"], 12.5, delta=1)
            self.answered(cast.chat(), 1, 1)
            originals.write_text(json.dumps(stats("p1/m1")))
            cast.restart()
            self.assertEqual([cast.rests(n) for n in (0, 1)], [True, False])
            self.assertNotIn("from=model_stats.json", cast.gateway.stderr().split("health_restored")[-1])

    def record(self, **members):
        return {"id": "p0/m0", "provider": "p0", "seen": time.time(), "successes": 1, "failures": 1, "failure_score": 1, "streak": 1,
                "last_updated": time.time(), "cooldown_until": time.time() + 5, "half_open": True, "step": 1, **members}

    def file_of(self, *entries, **members):
        return json.dumps({"version": 1, "entries": list(entries), "endpoints": [], "keys": [], **members})

    def starts(self, prepare, told):
        """Starts with a bad file and serves; the log says that the file is bad, if it is."""
        with Cast(answer_well, path=self.path) as cast:  # writes what the next one finds
            pass
        if self.file.exists():
            self.file.unlink()
        prepare()
        with Cast(answer_well, path=self.path) as cast:
            self.assertEqual("health_not_restored" in cast.gateway.stderr(), told, cast.gateway.stderr())
            self.answered(cast.chat(), 1, 0)
            row = cast.stats()["p0/m0"]
            self.assertTrue(0 <= row["failure_score"] <= 200 and row["cooldown_until"] < time.time() + 601, row)
            Contract("admin.yaml").check("GET", "/api/stats/models", cast.gateway.request("GET", "/api/stats/models"))
        return cast.gateway.stderr()

    def test_a_broken_file_is_told_and_passed_over(self):
        broken = {
            "empty": "", "half": self.file_of(self.record())[:60], "no object": "[]", "null": "null", "binary": "\x00\x01\x02",
            "nested": "[" * 200_000, "no version": "{}", "a version to come": json.dumps({"version": 2, "entries": []}),
            "a list that is none": json.dumps({"version": 1, "entries": {"p0/m0": 1}}),
            "records that are none": self.file_of(1, None, [], {}, {"id": 5, "provider": []}),
            "not a number": self.file_of(self.record()).replace('"failures": 1', '"failures": NaN'),
            "too large": self.file_of() + " " * (17 << 20),
            "one that is not UTF-8": "\udcff",
        }
        for name, text in broken.items():
            with self.subTest(name):
                self.starts(lambda text=text: self.file.write_text(text, errors="surrogateescape"), told=True)
                self.assertEqual(json.loads(self.file.read_text())["version"], 1, "and replaced")

    def test_a_hostile_file_is_bounded(self):
        for name, members in {
            "a rest without end": {"cooldown_until": 1e300}, "a long one": {"cooldown_until": time.time() + 1e7},
            "long ago": {"cooldown_until": 1, "last_updated": 1}, "the future": {"last_updated": time.time() + 1e8, "seen": 9e10},
            "huge": {"failure_score": 1e308, "streak": 1e18, "step": 1e18, "successes": 1e308, "failures": 2**63},
            "negative": {"failure_score": -5, "streak": -5, "step": -5, "successes": -5, "failures": -5, "cooldown_until": -5},
            "wrong types": {"failure_score": "9", "streak": None, "step": [], "half_open": 3, "last_updated": {}, "ttft_ms": True},
            "speeds": {"ttft_ms": 1e300, "tokens_per_second": -1, "total_ms": 1e300, "measured": 1e300},
        }.items():
            with self.subTest(name):
                self.starts(lambda members=members: self.file.write_text(self.file_of(self.record(**members))), told=False)

    def test_a_file_that_is_no_file(self):
        def folder():
            self.file.mkdir()
        log = self.starts(folder, told=True)
        self.assertTrue(self.file.is_dir())
        self.assertIn("health_not_saved", log)
        self.file.rmdir()
        self.starts(lambda: self.file.symlink_to(self.file), told=True)

    def test_thousands_of_models_that_are_gone(self):
        records = [self.record(id=f"p{n}/gone", provider=f"p{n}") for n in range(5000)]
        self.starts(lambda: self.file.write_text(self.file_of(*records)), told=False)
        self.assertLess(len(json.loads(self.file.read_text())["entries"]), 2100, "the oldest are forgotten")


class Stats(Case):
    def setUp(self):
        self.contract = Contract("admin.yaml")

    def ask(self, cast, of, status=200, method="GET", headers=None):
        answer = cast.gateway.request(method, f"/api/stats/{of}", headers=headers)
        self.assertEqual(answer.status, status, answer.body)
        self.contract.check("GET", f"/api/stats/{of}", answer)
        return answer.json()

    def test_what_is_told_of_models(self):
        usage = {**chunk_json({}), "choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 40, "total_tokens": 45}}

        def slowly(sock, _call):
            has_left(sock, 0.1)
            sock.sendall(stream_head() + chunked(sse(chunk_json({"content": "a"}))))
            has_left(sock, 0.2)
            sock.sendall(chunked(sse(chunk_json({}, "stop"), usage, b"[DONE]")) + END)

        with Cast(slowly, DOWN, answer_well, health=LONG) as cast:
            fresh = self.ask(cast, "models")
            self.assertEqual(list(fresh), ["p0/m0", "p1/m1", "p2/m2"])
            for row in fresh.values():
                self.assertEqual(row, {"success": 0, "failures": 0, "failure_score": 0, "health_score": 100, "rests": False, "cooldown_until": 0,
                                       "last_updated": 0, "in_flight": 0, "avg_response_time": None, "ttft_ms": None,
                                       "tokens_per_second": None, "answers_last_minute": 0})
            for _ in range(3):
                self.answered(cast.chat(STREAM), 1, 0)
            cast.chat({**PLAIN, "model": "p1/m1"})
            rows = self.ask(cast, "models")
            good, bad = rows["p0/m0"], rows["p1/m1"]
            self.assertEqual((good["success"], good["failures"], good["health_score"], good["answers_last_minute"]), (3, 0, 100, 3))
            self.assertTrue(95 < good["ttft_ms"] < 2000 and 290 < good["avg_response_time"] < 4000, good)
            self.assertTrue(10 < good["tokens_per_second"] < 210, good)
            self.assertEqual((bad["success"], bad["failures"], bad["rests"], bad["health_score"]), (0, 1, True, 0))
            for row in (good, bad):
                self.assertLess(abs(row["last_updated"] - time.time()), 30)
            self.assertEqual(rows["p2/m2"], fresh["p2/m2"])

    def test_what_is_told_of_providers(self):
        keys = {0: {"api_key": "one-key", "api_keys": ["two-key"]}}
        with Cast(answer_well, Upstream(answer_well, is_up=False), providers=keys) as cast:
            cast.chat({**PLAIN, "model": "p1/m1"})
            rows = self.ask(cast, "providers")
            self.assertEqual({name: row["kind"] for name, row in rows.items()},
                             {"p0": "endpoint", "p0#1": "key", "p0#2": "key", "p1": "endpoint", "p1#1": "key"})
            self.assertEqual({name for name, row in rows.items() if row["rests"]}, {"p1"})
            self.assertEqual((rows["p1"]["failures"], rows["p1#1"]["failures"]), (1, 0))

    def test_one_that_was_replaced_is_not_told_of(self):
        with Cast(fails("401 Unauthorized"), answer_well) as cast:
            self.answered(cast.chat(), 2, 1)
            self.assertTrue(self.ask(cast, "providers")["p0#1"]["rests"])
            other = Upstream(answer_well)
            self.addCleanup(other.stop)
            cast.config["providers"]["custom"]["p0"].update(api_key="another-key", base_url=other.url)
            del cast.config["models"]["t1"][1]
            cast.gateway.write(cast.config)
            cast.gateway.eventually(lambda: list(self.ask(cast, "models")) == ["p0/m0"], "the edit is seen")
            rows = self.ask(cast, "providers")
            self.assertEqual({name: row["rests"] for name, row in rows.items()}, {"p0": False, "p0#1": False})
            self.answered(cast.chat(), 1, 0)

    def test_who_may_ask_and_how(self):
        with Cast(answer_well) as cast:
            for of in ("models", "providers"):
                for headers in ({"Authorization": None}, {"Authorization": "Bearer wrong"}, {}):
                    self.ask(cast, of, headers=headers)  # from a private address
                self.ask(cast, of, 405, "POST")
                self.ask(cast, of, 405, "DELETE")

    @unittest.skipUnless(subprocess.run(["unshare", "-rn", "ip", "link"], capture_output=True).returncode == 0, "needs a network of its own")
    def test_who_asks_from_outside_needs_the_key(self):
        commands = f"ip link set lo up && ip address add {OUTSIDE}/32 dev lo && exec {sys.executable} -W ignore {__file__} {OUTSIDE}"
        run = subprocess.run(["unshare", "-rn", "sh", "-c", commands], capture_output=True, text=True)
        self.assertEqual((run.returncode, run.stdout.split()), (0, ["401", "401", "200", "403", "200"] * 2), run.stderr)


OUTSIDE = "203.0.113.9"  # of documentation: nobody's


def ask_from_outside():
    """In a network of its own, where this machine has a public address."""
    for of in ("models", "providers"):
        for key, tried in ((KEY, (None, "wrong", KEY)), ("", (None,))):
            with Gateway(config_for("http://127.0.0.1:1/v1", general={"gateway_api_key": key})) as gateway:
                for header in tried:
                    with socket.create_connection(("127.0.0.1", gateway.port), PATIENCE, source_address=(OUTSIDE, 0)) as sock:
                        sock.sendall(request_bytes("GET", f"/api/stats/{of}", headers={"Authorization": header and f"Bearer {header}"}))
                        answer = Reply.read(sock)
                        Contract("admin.yaml").check("GET", f"/api/stats/{of}", answer)
                        print(answer.status)
                if not key:
                    print(gateway.request("GET", f"/api/stats/{of}", headers={"Authorization": None}).status)


if __name__ == "__main__":
    if OUTSIDE in sys.argv:
        ask_from_outside()
    else:
        unittest.main()
