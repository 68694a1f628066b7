"""Failover as docs/failover.md and the settings of `retries` promise it, end to end: who is asked, in which order, how often, after
which pause, and what the client gets."""

import collections
import json
import threading
import time
import unittest

from books import Books, line_of
from cast import Case, Cast, Client, Held, failed_of, in_turn, seconds
from faults import error, fails, has_left, stays_silent
from harness import (END, MESSAGES, PATIENCE, PLAIN, STREAM, answer_well, bounded, chat_bytes, chunk_json, chunked, good_plain, reply,
                     sse, stream_head, until_closed)

DOWN = fails("503 Service Unavailable")
LIMITED = fails("429 Too Many Requests")
NO = fails("400 Bad Request", error("said first"))
NO_TOO = fails("400 Bad Request", error("said second"))
TOO_LONG = fails("400 Bad Request", error("prompt is too long", code="context_length_exceeded"))
FILTERED = fails("400 Bad Request", error("flagged", code="content_filter"))
AT_ONCE = {"backoff": 1, "backoff_max": 1}
NEVER_RESTS = {"failures_before_rest": 15}
FIRST, SECOND = "first-key-of-the-house-4711", "second-key-of-the-house-0815"


def by_key(**scripts):
    """A provider whose keys have different fates."""
    def script(sock, call):
        key = call.header("authorization").removeprefix("Bearer ")
        return scripts["first" if key == FIRST else "second"](sock, call)
    return script


def keys_used(model):
    return ["first" if FIRST in call.head else "second" for call in model.calls]


def two_keys(first=1, second=1):
    return {0: {"api_key": "", "api_keys": [{"key": FIRST, "weight": first}, {"key": SECOND, "weight": second}]}}


def pauses(model):
    return [later.at - earlier.at for earlier, later in zip(model.calls, model.calls[1:])]


class Keys(Case):
    def test_requests_are_spread_by_weight(self):
        with Cast(answer_well, providers=two_keys(1, 3)) as cast, Client(cast.gateway) as client:
            for _ in range(300):
                self.answered(client.chat(), 1, 0)
            used = collections.Counter(keys_used(cast.models[0]))
            self.assertTrue(40 < used["first"] < 115, used)

    def test_a_limited_key_is_followed_by_another_in_the_same_request(self):
        script = by_key(first=LIMITED, second=answer_well)
        no_repeats = {"budget_percent": 0, "budget_min": 0}
        with Cast(script, answer_well, providers=two_keys(1, 0), retries=no_repeats) as cast:
            answer = cast.chat()
            self.answered(answer, 2, 0)
            self.assertEqual(failed_of(answer), [("p0/m0", "rate_limited")])
            self.assertEqual(keys_used(cast.models[0]), ["first", "second"])
            self.answered(cast.chat(), 1, 0)
            self.assertEqual(keys_used(cast.models[0])[2:], ["second"], "the limited key rests")
            self.assertEqual(cast.asked(), [3, 0])
            providers = cast.stats("providers")
            self.assertEqual([providers[f"p0#{n}"]["rests"] for n in (1, 2)], [True, False])
            self.assertFalse(cast.rests(0))

    def test_when_every_key_is_limited_another_model_is_asked(self):
        with Cast(LIMITED, answer_well, providers=two_keys()) as cast:
            self.answered(cast.chat(), 3, 1)
            self.assertEqual(sorted(keys_used(cast.models[0])), ["first", "second"])
            self.assertTrue(cast.rests(0), "none of its keys is left")
            self.answered(cast.chat(), 1, 1)

    def test_a_refused_key_rests_long(self):
        script = by_key(first=fails("401 Unauthorized"), second=answer_well)
        with Cast(script, providers=two_keys(1, 0)) as cast:
            self.answered(cast.chat(), 2, 0)
            for _ in range(3):
                self.answered(cast.chat(), 1, 0)
            self.assertEqual(keys_used(cast.models[0]), ["first"] + ["second"] * 4)
            first = cast.stats("providers")["p0#1"]
            self.assertGreater(first["cooldown_until"], time.time() + 200)
            self.assertEqual((first["health_score"], first["kind"]), (0, "key"))
            self.assertEqual(cast.stats()["p0/m0"]["health_score"], 100, "the model is not to blame")

    def test_keys_are_no_rounds(self):
        second = in_turn(fails("500 Oops"), answer_well)
        with Cast(by_key(first=LIMITED, second=second), providers=two_keys(1, 0), retries={"rounds": {"t1": 2}, **AT_ONCE}) as cast:
            self.answered(cast.chat(), 3, 0)
            self.assertEqual(keys_used(cast.models[0]), ["first", "second", "second"])

    def test_a_server_s_failure_is_not_the_key_s(self):
        with Cast(fails("500 Oops"), answer_well, providers=two_keys()) as cast:
            self.answered(cast.chat(), 2, 1)
            self.assertEqual(cast.asked(), [1, 1])
            self.assertEqual([cast.stats("providers")[f"p0#{n}"]["failures"] for n in (1, 2)], [0, 0])

    def test_no_key_is_told_to_anybody(self):
        echo = error(f"Incorrect API key provided: {FIRST}. No {SECOND} either", code="invalid_api_key")
        refusal = error(f"not with {SECOND}, and not with {FIRST}")
        script = by_key(first=fails("401 Unauthorized", echo, f"X-Key: {FIRST}\r\n"), second=fails("400 Bad Request", refusal))
        said = []
        with Cast(script, providers=two_keys(1, 0), env={"SMARTROUTE_LOG": "debug"}) as cast:
            for body in (PLAIN, STREAM, PLAIN):
                answer = cast.chat(body)
                self.assertEqual(answer.status, 400)
                said += [answer.body.decode(), str(answer.headers)]
            self.assertEqual(keys_used(cast.models[0])[:2], ["first", "second"])
            for path in ("/api/stats/models", "/api/stats/providers", "/api/status", "/metrics"):
                said.append(cast.gateway.request("GET", path).body.decode())
            line_of(cast.gateway, answer.headers["x-smartroute-request-id"])
            said.append(cast.gateway.stderr())
            self.assertIn("Incorrect API key", said[-1], "the log has the provider's words")
        for text in said:
            for key in (FIRST, SECOND):
                self.assertNotIn(key, text)


class Rounds(Case):
    def test_the_same_model_is_asked_again_after_a_pause(self):
        retries = {"rounds": {"t1": 2}, "backoff": 300}
        with Cast(in_turn(fails("500 Oops"), answer_well), retries=retries) as cast:
            answer = cast.chat()
            self.answered(answer, 2, 0)
            self.assertEqual(failed_of(answer), [("p0/m0", "upstream_server")])
            pause, = pauses(cast.models[0])
            self.assertTrue(0.14 < pause < 2, pause)

    def test_pauses_grow_up_to_their_limit(self):
        retries = {"rounds": {"t1": 5}, "backoff": 100, "backoff_max": 200}
        with Cast(fails("500 Oops"), retries=retries, health=NEVER_RESTS) as cast:
            self.refused(cast.chat(), 502, "upstream_server", 4)
            first, *others = pauses(cast.models[0])
            self.assertEqual(len(others), 2, "three repeats are always allowed, more are a share of the requests")
            self.assertGreater(first, 0.045)
            for pause in others:
                self.assertTrue(0.09 < pause < 2, pause)

    def test_all_are_asked_before_one_is_asked_again(self):
        retries = {"rounds": {"t1": 2}, **AT_ONCE}
        with Cast(DOWN, DOWN, in_turn(DOWN, answer_well), retries=retries) as cast:
            self.answered(cast.chat(), 6, 2)
            self.assertEqual(cast.order(), [0, 1, 2, 0, 1, 2])

    def test_an_entry_has_rounds_of_its_own(self):
        with Cast(DOWN, DOWN, entries={1: {"rounds": 3}}, retries=AT_ONCE, health=NEVER_RESTS) as cast:
            self.refused(cast.chat(), 502, "upstream_server", 4)
            self.assertEqual(cast.order(), [0, 1, 1, 1])

    def test_repeats_have_a_budget(self):
        retries = {"rounds": {"t1": 9}, "budget_percent": 0, "budget_min": 2, **AT_ONCE}
        with Cast(DOWN, retries=retries, health=NEVER_RESTS) as cast:
            self.refused(cast.chat(), 502, "upstream_server", 3)
            self.refused(cast.chat(), 502, "upstream_server", 1)

    def test_attempts_are_limited_whatever_the_rounds_say(self):
        retries = {"rounds": {"t1": 50}, "max_attempts": 5, "budget_min": 100, **AT_ONCE}
        with Cast(DOWN, DOWN, retries=retries, health=NEVER_RESTS) as cast:
            self.refused(cast.chat(), 502, "upstream_server", 5)
            self.assertEqual(cast.order(), [0, 1, 0, 1, 0])

    def test_nothing_is_begun_after_the_deadline(self):
        retries = {"rounds": {"t1": 50}, "max_attempts": 100, "budget_min": 100, "backoff": 100, "backoff_max": 100, "deadline": 500}
        with Cast(DOWN, retries=retries, health=NEVER_RESTS) as cast:
            answer, took = seconds(cast.chat)
            self.assertEqual(answer.status, 502)
            self.assertLess(took, 2)
            self.assertTrue(3 <= cast.asked()[0] <= 11, cast.asked())
            self.assertLess(cast.models[0].calls[-1].at - cast.models[0].calls[0].at, 0.6)

    def test_the_deadline_ends_an_attempt_too(self):
        for body in (PLAIN, STREAM):
            with self.subTest(body), Cast(stays_silent, answer_well, retries={"deadline": 400}) as cast:
                answer, took = seconds(lambda cast=cast, body=body: cast.chat(body))
                self.refused(answer, 504, "first_byte_timeout", 1)
                self.assertTrue(0.35 < took < 3, took)
                self.assertEqual(cast.asked(), [1, 0], "nobody is asked after it")
                self.assertIn("retries.deadline", answer.error()["message"])

    def test_the_deadline_does_not_cut_an_answer(self):
        def slow(sock, _call):
            sock.sendall(stream_head() + chunked(sse(chunk_json({"content": "a"}))))
            has_left(sock, 0.7)
            sock.sendall(chunked(sse(chunk_json({"content": "b"}), chunk_json({}, "stop"), b"[DONE]")) + END)

        with Cast(slow, retries={"deadline": 300}) as cast:
            answer = cast.chat(STREAM)
            self.assertTrue(answer.body.endswith(b"[DONE]\n\n"), answer.body)

    def test_a_time_out_comes_behind_those_that_wait(self):
        retries = {"rounds": {"t1": 2}, **AT_ONCE}
        short = {0: {"timeouts": {"connect": 200}}}
        with Cast(stays_silent, in_turn(DOWN, answer_well), entries=short, retries=retries) as cast:
            self.answered(cast.chat(STREAM), 3, 1)
            self.assertEqual(cast.order(), [0, 1, 1])


class RetryAfter(Case):
    def limited(self, *headers, **retries):
        first = fails("429 Too Many Requests", extra="".join(headers))
        return Cast(in_turn(first, answer_well), retries={"rounds": {"t1": 2}, **AT_ONCE, **retries})

    def test_a_short_one_is_waited_for(self):
        for header, least in (("Retry-After: 1\r\n", 0.98), ("retry-after-ms: 400\r\n", 0.39), ("Retry-After: 0.6\r\n", 0.59)):
            with self.subTest(header), self.limited(header) as cast:
                answer, took = seconds(cast.chat)
                self.answered(answer, 2, 0)
                pause, = pauses(cast.models[0])
                self.assertTrue(least < pause <= took < least + 3, (pause, took))

    def test_nobody_waits_while_another_can_be_asked(self):
        with Cast(fails("429 Slow", extra="Retry-After: 1\r\n"), answer_well, retries={"rounds": {"t1": 2}}) as cast:
            answer, took = seconds(cast.chat)
            self.answered(answer, 2, 1)
            self.assertLess(took, 0.9)

    def test_a_long_one_is_not(self):
        for retries, header in (({}, "Retry-After: 30\r\n"), ({"max_wait": 500}, "retry-after-ms: 700\r\n")):
            with self.subTest(header), self.limited(header, **retries) as cast:
                answer, took = seconds(cast.chat)
                self.refused(answer, 429, "rate_limit_exceeded", 1)
                self.assertEqual(answer.headers["retry-after"], "30" if "30" in header else "1")
                self.assertLess(took, 0.6)

    def test_it_is_waited_for_in_the_first_round_only_once_the_rounds_allow_it(self):
        with self.limited("retry-after-ms: 50\r\n", rounds={"t1": 1}) as cast:
            self.refused(cast.chat(), 429, "rate_limit_exceeded", 1)


class Refusals(Case):
    def asks(self, scripts, asked, **retries):
        with Cast(*scripts, retries=retries) as cast:
            answers = [cast.chat(body) for body in (PLAIN, STREAM)]
            self.assertEqual(cast.asked(), [2 * count for count in asked])
            self.assertEqual([row["failures"] for row in cast.stats().values()], [0] * len(scripts), "nobody's health is charged")
            for answer in answers[1:]:
                self.assertEqual((answer.status, answer.headers["x-smartroute-attempts"]),
                                 (answers[0].status, answers[0].headers["x-smartroute-attempts"]))
            return answers[0]

    def said(self, answer, words, attempts):
        self.refused(answer, 400, "upstream_refused", attempts)
        self.assertEqual(answer.error()["message"], words)

    def test_two_that_agree_are_right(self):
        self.said(self.asks([NO, NO_TOO, answer_well], [1, 1, 0]), "said first", 2)

    def test_the_other_may_answer(self):
        self.answered(self.asks([NO, answer_well, answer_well], [1, 1, 0]), 2, 1)

    def test_return(self):
        self.said(self.asks([NO, answer_well], [1, 0], client_errors="return"), "said first", 1)

    def test_all(self):
        self.said(self.asks([NO, NO_TOO, NO_TOO], [1, 1, 1], client_errors="all"), "said first", 3)
        self.answered(self.asks([NO, NO_TOO, answer_well], [1, 1, 1], client_errors="all"), 3, 2)

    def test_statuses_that_the_operator_retries(self):
        conditions = {"status_codes": [400, 429, 500]}
        self.answered(self.asks([NO, NO_TOO, answer_well], [1, 1, 1], conditions=conditions), 3, 2)
        self.said(self.asks([NO, NO_TOO, NO_TOO], [1, 1, 1], conditions=conditions, client_errors="return"), "said first", 3)

    def test_a_failure_between_is_no_agreement(self):
        with Cast(NO, fails("500 Oops"), answer_well) as cast:
            self.answered(cast.chat(), 3, 2)

    def test_a_refusal_is_not_asked_again_in_another_round(self):
        self.said(self.asks([NO], [1], rounds={"t1": 3}, **AT_ONCE), "said first", 1)

    def test_a_prompt_that_is_too_long_goes_to_a_larger_window(self):
        windows = {0: {"context_window": 8000}, 1: {"context_window": 4000}, 2: {"context_window": 8000}, 4: {"context_window": 32000}}
        with Cast(TOO_LONG, answer_well, answer_well, TOO_LONG, answer_well, entries=windows) as cast:
            answer = cast.chat()
            self.answered(answer, 3, 4)
            self.assertEqual(cast.asked(), [1, 0, 0, 1, 1], "one whose window is not known may have it")
            self.assertEqual([cls for _, cls in failed_of(answer)], ["context_exceeded"] * 2)

    def test_a_prompt_that_is_too_long_for_all(self):
        windows = {0: {"context_window": 8000}, 1: {"context_window": 4000}}
        with Cast(TOO_LONG, answer_well, entries=windows) as cast:
            answer = cast.chat()
            self.refused(answer, 400, "context_length_exceeded", 1)
            self.assertEqual((answer.error()["message"], cast.asked()), ("prompt is too long", [1, 0]))

    def test_images_go_to_another_that_sees(self):
        blind = fails("400 Bad Request", error("image_url is not supported", code="unsupported_parameter", param="image_url"))
        image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
        body = {"model": "auto", "messages": [{"role": "user", "content": [{"type": "text", "text": "What?"}, image]}]}
        with Cast(blind, answer_well, answer_well, entries={1: {"multimodal": False}}) as cast:
            self.answered(cast.chat(body), 2, 2)
            self.assertEqual(cast.asked(), [1, 0, 1])
        with Cast(blind, answer_well, entries={1: {"multimodal": False}}) as cast:
            self.refused(cast.chat(body), 400, "unsupported_input", 1)
            self.assertEqual(cast.asked(), [1, 0])

    def test_a_filter_s_refusal(self):
        answer = self.asks([FILTERED, answer_well], [1, 0])
        self.refused(answer, 400, "content_policy_violation", 1)
        self.assertEqual(answer.error()["message"], "flagged")
        self.refused(self.asks([FILTERED, answer_well], [1, 0], content_policy="return"), 400, "content_policy_violation", 1)
        self.answered(self.asks([FILTERED, answer_well], [1, 1], content_policy="next"), 2, 1)
        answer = self.asks([FILTERED, FILTERED, FILTERED], [1, 1, 1], content_policy="next")
        self.refused(answer, 400, "content_policy_violation", 3)


class Escalation(Case):
    TIERS = {0: "t1", 1: "t2", 2: "t3"}

    def cast(self, *scripts, escalate=None, **more):
        retries = {"escalate": escalate} if escalate else {}
        return Cast(*scripts, tiers=self.TIERS, retries=retries, **more)

    def test_none(self):
        for escalate in (None, "none"):
            with self.subTest(escalate), self.cast(DOWN, answer_well, answer_well, escalate=escalate) as cast:
                answer = cast.chat()
                self.refused(answer, 502, "upstream_server", 1)
                self.assertEqual((answer.headers["x-smartroute-tier"], cast.asked()), ("t1", [1, 0, 0]))

    def test_up(self):
        with self.cast(DOWN, DOWN, answer_well, escalate="up") as cast:
            answer = cast.chat()
            self.answered(answer, 3, 2)
            self.assertEqual((answer.headers["x-smartroute-tier"], cast.order()), ("t3", [0, 1, 2]))
            self.assertEqual(failed_of(answer), [("p0/m0", "upstream_server"), ("p1/m1", "upstream_server")])
        with self.cast(answer_well, answer_well, DOWN, escalate="up") as cast:
            answer = cast.chat({**PLAIN, "model": "t3"})
            self.refused(answer, 502, "upstream_server", 1)
            self.assertEqual((answer.headers["x-smartroute-tier"], cast.asked()), ("t3", [0, 0, 1]), "never down")

    def test_any(self):
        with self.cast(answer_well, DOWN, DOWN, escalate="any") as cast:
            answer = cast.chat({**PLAIN, "model": "t2"})
            self.answered(answer, 3, 0)
            self.assertEqual((answer.headers["x-smartroute-tier"], cast.order()), ("t1", [1, 2, 0]))
        with self.cast(DOWN, DOWN, DOWN, escalate="any") as cast:
            answer = cast.chat(STREAM)
            self.refused(answer, 502, "upstream_server", 3)
            self.assertEqual(cast.order(), [0, 1, 2])
            for number in range(3):
                self.assertIn(f"p{number}/m{number} (upstream_server)", answer.error()["message"])

    def test_a_refusal_does_not_escalate(self):
        with self.cast(FILTERED, answer_well, answer_well, escalate="any") as cast:
            self.refused(cast.chat(), 400, "content_policy_violation", 1)

    def test_a_tier_s_rounds_come_before_the_next_tier(self):
        with self.cast(DOWN, answer_well, answer_well, escalate="up", entries={0: {"rounds": 2}}) as cast:
            cast.config["retries"].update(AT_ONCE)
            self.answered(cast.chat(), 3, 1)
            self.assertEqual(cast.order(), [0, 0, 1])

    def test_a_model_of_two_tiers_is_one_model(self):
        def both(config):
            config["models"]["t2"] = [config["models"]["t1"][0], config["models"]["t1"].pop()]

        with Cast(DOWN, answer_well, retries={"escalate": "up"}, edit=both) as cast:
            self.answered(cast.chat(), 2, 1)
            self.assertEqual(cast.order(), [0, 1])

    def test_affinity_holds_in_the_next_tier(self):
        def second_tier(config):
            config["models"].update(t2=config["models"]["t1"][1:], t1=config["models"]["t1"][:1], strategies={"t2": "random"})

        with Cast(DOWN, *[answer_well] * 4, retries={"escalate": "up"}, routing={"affinity": "header"}, edit=second_tier) as cast:
            found = collections.defaultdict(set)
            for turn in range(40):
                answer = cast.chat(PLAIN, {"x-smartroute-affinity": f"conversation {turn % 8}"})
                found[turn % 8].add(answer.headers["x-smartroute-model"])
            self.assertEqual({len(models) for models in found.values()}, {1}, found)
            self.assertGreater(len(set.union(*found.values())), 1)


class Pinned(Case):
    NAMED = {**PLAIN, "model": "p0/m0"}

    def test_no_other_answers_for_a_model_that_was_named(self):
        for routing in ({}, {"pinned_fallback": "none"}):
            with self.subTest(routing), Cast(DOWN, answer_well, tiers={1: "t2"}, routing=routing, retries={"escalate": "any"}) as cast:
                self.refused(cast.chat(self.NAMED), 502, "upstream_server", 1)
                self.refused(cast.chat({**PLAIN, "model": "m0"}), 502, "upstream_server", 1)
                self.assertEqual(cast.asked(), [2, 0])

    def test_its_tier_may_follow(self):
        with Cast(answer_well, DOWN, answer_well, routing={"pinned_fallback": "tier"}) as cast:
            answer = cast.chat({**PLAIN, "model": "p1/m1"})
            self.answered(answer, 2, 0)
            self.assertEqual((failed_of(answer), cast.order()), ([("p1/m1", "upstream_server")], [1, 0]))


class Affinity(Case):
    WAYS = {
        "header": lambda value: (PLAIN, {"x-smartroute-affinity": value}),
        "user": lambda value: ({**PLAIN, "user": value}, None),
        "prompt_cache_key": lambda value: ({**PLAIN, "prompt_cache_key": value}, None),
        "prefix": lambda value: ({**PLAIN, "messages": [{"role": "system", "content": value}, *MESSAGES]}, None),
    }

    def cast(self, affinity, count=4, **more):
        return Cast(*[answer_well] * count, models={"strategies": {"t1": "random"}}, routing={"affinity": affinity}, **more)

    def models(self, client, way, values):
        found = {}
        for value in values:
            found[value] = client.chat(*self.WAYS[way](value)).headers["x-smartroute-model"]
        return found

    def test_a_conversation_stays_and_conversations_spread(self):
        values = [f"conversation {n}" for n in range(24)]
        for way in self.WAYS:
            for affinity in (way, "auto"):
                with self.subTest(way, affinity=affinity), self.cast(affinity) as cast, Client(cast.gateway) as client:
                    first = self.models(client, way, values)
                    for _ in range(3):
                        self.assertEqual(self.models(client, way, reversed(values)), first)
                    self.assertGreater(len(set(first.values())), 2, first)

    def test_what_is_not_asked_for_does_not_count(self):
        with self.cast("header") as cast, Client(cast.gateway) as client:
            found = {self.models(client, "user", ["somebody"])["somebody"] for _ in range(60)}
            self.assertEqual(len(found), 4, "as the strategy chooses")

    def test_it_is_the_same_in_another_process(self):
        values = [f"conversation {n}" for n in range(12)]
        found = []
        for _ in range(2):
            with self.cast("header") as cast, Client(cast.gateway) as client:
                found.append(self.models(client, "header", values))
        self.assertEqual(*found)

    def test_a_conversation_leaves_a_model_that_rests_and_comes_back(self):
        values = [f"conversation {n}" for n in range(16)]
        health = {"failures_before_rest": 1, "cooldown": {"first": 1000, "max": 1000}}
        with self.cast("header", 3, health=health) as cast, Client(cast.gateway) as client:
            first = self.models(client, "header", values)
            moved = next(value for value in values if first[value] == "p1/m1")
            cast.models[1].script = DOWN
            answer = client.chat(*self.WAYS["header"](moved))
            self.assertEqual(failed_of(answer), [("p1/m1", "upstream_server")])
            self.assertTrue(cast.rests(1))
            meanwhile = self.models(client, "header", values)
            self.assertNotIn("p1/m1", meanwhile.values())
            self.assertEqual(self.models(client, "header", values), meanwhile, "they stay where they went")
            for value in values:
                if first[value] != "p1/m1":
                    self.assertEqual(meanwhile[value], first[value], "the others stay")
            cast.models[1].script = answer_well
            cast.wakes(1)
            self.assertEqual(self.models(client, "header", values), first)


class Places(Case):
    """max_concurrent, limits.queue, limits.queue_ms, limits.in_flight."""

    ONE = {0: {"max_concurrent": 1}}

    def full(self, answer, attempts=0):
        self.refused(answer, 503, "overloaded", attempts)
        self.assertEqual(answer.headers["retry-after"], "1")

    def test_a_full_model_spills_to_the_next(self):
        held = Held()
        with Cast(held, answer_well, entries=self.ONE) as cast, Client(cast.gateway) as first:
            first.send()
            cast.models[0].wait_for(lambda m: m.calls)
            self.assertEqual(cast.stats()["p0/m0"]["in_flight"], 1)
            answer = cast.chat()
            self.answered(answer, 1, 1)
            self.assertEqual(failed_of(answer), [], "it did not fail")
            held.let()
            self.answered(first.read(), 1, 0)
            held.let()
            self.answered(cast.chat(), 1, 0)

    def wait_in_line(self, cast, held, count, asked=0):
        """A model of one place, and so many requests in line."""
        clients = [Client(cast.gateway) for _ in range(count + 1)]
        for number, client in enumerate(clients):
            client.send({**PLAIN, "user": f"{number}"})
            if number == 0:
                cast.models[0].wait_for(lambda m: len(m.calls) == asked + 1)
            cast.under_way(number + 1)
        return clients

    def test_they_wait_in_line(self):
        held = Held()
        with Cast(held, entries=self.ONE, limits={"queue_ms": 20000}) as cast:
            clients = self.wait_in_line(cast, held, 4)
            for number, client in enumerate(clients):
                self.assertEqual(cast.asked(), [number + 1], "one at a time")
                held.let()
                self.answered(client.read(), 1, 0)
                if number < 4:
                    cast.models[0].wait_for(lambda m, number=number: len(m.calls) == number + 2)
            self.assertEqual([call.json()["user"] for call in cast.models[0].calls], list("01234"))
            self.assertEqual(cast.stats()["p0/m0"]["in_flight"], 0)
            for client in clients:
                client.close()

    def test_a_place_is_found_on_another_thread(self):
        held = Held()
        with Cast(held, entries=self.ONE, limits={"queue_ms": 20000}, server={"shards": 2}) as cast:
            clients = self.wait_in_line(cast, held, 5)
            held.let(6)
            for client in clients:
                self.answered(client.read(), 1, 0)
                client.close()
            most = max(sum(1 for other in cast.models[0].calls if other.at <= call.at and not other.closed.is_set())
                       for call in cast.models[0].calls)
            self.assertLessEqual(most, 1)

    def test_streams_hold_their_place_to_the_end(self):
        held = Held(lambda sock, _call: sock.sendall(chunked(sse(chunk_json({}, "stop"), b"[DONE]")) + END))

        def begins(sock, call):
            sock.sendall(stream_head() + chunked(sse(chunk_json({"content": "a"}))))
            return held(sock, call)

        with Cast(begins, answer_well, entries=self.ONE) as cast, Client(cast.gateway) as first:
            first.send(STREAM)
            cast.models[0].wait_for(lambda m: m.calls)
            self.answered(cast.chat(STREAM), 1, 1)
            held.let()
            self.assertTrue(first.read().body.endswith(b"[DONE]\n\n"))

    def test_who_waits_too_long_is_told(self):
        held = Held()
        with Cast(held, entries=self.ONE, limits={"queue_ms": 300}) as cast, Client(cast.gateway) as first:
            first.send()
            cast.models[0].wait_for(lambda m: m.calls)
            for body in (PLAIN, STREAM):
                answer, took = seconds(lambda body=body: cast.chat(body))
                self.full(answer)
                self.assertTrue(0.28 < took < 3, took)
                self.assertIn("max_concurrent", answer.error()["message"])
            held.let()
            self.answered(first.read(), 1, 0)
            self.assertEqual(cast.asked(), [1])

    def test_a_line_has_an_end(self):
        held = Held()
        for limits, waiting in (({"queue": 0}, 0), ({"queue_ms": 0}, 0), ({"queue": 2, "queue_ms": 20000}, 2)):
            with self.subTest(limits), Cast(held, entries=self.ONE, limits=limits) as cast:
                clients = self.wait_in_line(cast, held, waiting)
                answer, took = seconds(cast.chat)
                self.full(answer)
                self.assertLess(took, 1.5)
                held.let(waiting + 1)
                for client in clients:
                    self.answered(client.read(), 1, 0)
                    client.close()

    def test_a_failed_model_s_line_goes_on(self):
        held = Held(then=DOWN)
        with Cast(held, entries=self.ONE, limits={"queue_ms": 20000}, health=NEVER_RESTS) as cast:
            clients = self.wait_in_line(cast, held, 2)
            held.let(3)
            for client in clients:
                self.refused(client.read(), 502, "upstream_server", 1)
                client.close()

    def test_as_many_requests_as_the_gateway_may_answer(self):
        held = Held()
        with Cast(held, limits={"in_flight": 2}) as cast:
            clients = self.wait_in_line(cast, held, 1)
            cast.models[0].wait_for(lambda m: len(m.calls) == 2)
            for body in (PLAIN, STREAM):
                answer = cast.chat(body)
                self.assertEqual((answer.status, answer.error()["code"], answer.headers["retry-after"]), (503, "overloaded", "1"))
                self.assertIn("limits.in_flight", answer.error()["message"])
            self.assertEqual(cast.gateway.request("GET", "/v1/models").status, 200, "only chats are counted")
            self.assertEqual(cast.gateway.chat(PLAIN, {"Authorization": "Bearer wrong"}).status, 401, "a stranger learns nothing")
            held.let(3)
            for client in clients:
                self.answered(client.read(), 1, 0)
                client.close()
            self.answered(cast.chat(), 1, 0)


class Timeouts(Case):
    def fails_as(self, script, timeouts, body, cls, least, status=None):
        with Cast(script, answer_well, entries={0: {"timeouts": timeouts}}) as cast:
            answer, took = seconds(lambda: cast.chat(body))
            self.answered(answer, 2, 1)
            self.assertEqual(failed_of(answer), [("p0/m0", cls)])
            self.assertTrue(least * 0.95 < took < least + 3, took)

    def test_an_entry_s_own_connect(self):
        self.fails_as(stays_silent, {"connect": 300}, STREAM, "first_byte_timeout", 0.3)

    def test_an_entry_s_own_generation(self):
        self.fails_as(stays_silent, {"generation": 400}, PLAIN, "total_timeout", 0.4)

    def test_an_entry_s_own_idle(self):
        def half(sock, call):
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n" + good_plain()[:40])
            return stays_silent(sock, call)
        self.fails_as(half, {"idle": 300}, PLAIN, "idle_timeout", 0.3)

    def test_idle_ends_a_stream_that_had_begun(self):
        def half(sock, call):
            sock.sendall(stream_head() + chunked(sse(chunk_json({"content": "half"}))))
            return stays_silent(sock, call)

        with Cast(half, answer_well, entries={0: {"timeouts": {"idle": 300}}}) as cast:
            answer, took = seconds(lambda: cast.chat(STREAM))
            self.answered(answer, 1, 0)
            event = json.loads(answer.body.split(b"data: ")[-1])["error"]
            self.assertEqual(event["code"], "interrupted")
            self.assertIn("timeouts.idle", event["message"])
            self.assertTrue(0.28 < took < 3, took)
            self.assertEqual(cast.asked(), [1, 0])
            self.assertEqual(cast.stats()["p0/m0"]["failures"], 1)

    def test_another_entry_keeps_the_tier_s(self):
        slow = Held()
        with Cast(slow, entries={}, timeouts={"connect": {"t1": 5000}}) as cast, Client(cast.gateway) as client:
            client.send(STREAM)
            cast.models[0].wait_for(lambda m: m.calls)
            slow.let()
            self.answered(client.read(), 1, 0)

    def test_a_stream_below_the_minimum_speed_is_ended(self):
        """After the grace of ten seconds, which this test waits for; a faster one beside it is not ended."""
        def paced(text):
            def script(sock, _call):
                sock.sendall(stream_head())
                end = time.monotonic() + 12
                while time.monotonic() < end:
                    sock.sendall(chunked(sse(chunk_json({"content": text}))))
                    if has_left(sock, 0.2):
                        return
                sock.sendall(chunked(sse(chunk_json({}, "stop"), b"[DONE]")) + END)
            return script

        with Cast(paced("x"), paced("word " * 40), timeouts={"min_tokens_per_second": 50}) as cast:
            with Client(cast.gateway) as slow, Client(cast.gateway) as fast:
                slow.send({**STREAM, "model": "p0/m0"})
                fast.send({**STREAM, "model": "p1/m1"})
                answer, took = seconds(slow.read)
                event = json.loads(answer.body.split(b"data: ")[-1])["error"]
                self.assertEqual(event["code"], "interrupted")
                self.assertIn("min_tokens_per_second", event["message"])
                self.assertTrue(9.8 < took < 11.9, took)
                self.assertTrue(cast.models[0].calls[0].closed.wait(1), "the provider is not listened to any more")
                self.assertTrue(fast.read().body.endswith(b"[DONE]\n\n"))


class Leaving(Case):
    """A client that goes away: the provider is left at once, nothing stays counted, nobody's health is charged."""

    def settles(self, cast):
        cast.under_way(0)
        books = Books(cast.gateway)
        self.assertEqual(books.gauge("streams_open"), 0)
        cast.gateway.eventually(lambda: Books(cast.gateway).count("requests_total", route="chat", outcome="client_gone") == 1, "recorded")
        for name, row in cast.stats().items():
            self.assertEqual(row["in_flight"], 0, name)

    def test_before_the_first_content(self):
        for body in (PLAIN, STREAM):
            with self.subTest(body), Cast(stays_silent, answer_well) as cast:
                with Client(cast.gateway) as client:
                    client.send(body)
                    cast.models[0].wait_for(lambda m: m.calls)
                left = time.monotonic()
                self.assertTrue(cast.models[0].calls[0].closed.wait(PATIENCE))
                self.assertLess(time.monotonic() - left, 1)
                self.settles(cast)
                self.assertEqual(cast.asked(), [1, 0], "nobody else is asked for it")
                self.assertEqual((cast.stats()["p0/m0"]["failures"], cast.stats()["p0/m0"]["health_score"]), (0, 100))

    def test_in_the_middle_of_a_stream(self):
        def begins(sock, _call):
            sock.sendall(stream_head() + chunked(sse(chunk_json({"content": "a"}))))
            until_closed(sock)

        with Cast(begins) as cast:
            with Client(cast.gateway) as client:
                client.send(STREAM)
                self.assertTrue(client.sock.recv(1))
            left = time.monotonic()
            self.assertTrue(cast.models[0].calls[0].closed.wait(PATIENCE))
            self.assertLess(time.monotonic() - left, 1)
            self.settles(cast)
            self.assertEqual(cast.stats()["p0/m0"]["failures"], 0)

    def test_in_the_pause_before_a_repeat(self):
        retries = {"rounds": {"t1": 2}, "backoff": 30000, "backoff_max": 30000}
        with Cast(DOWN, retries=retries) as cast:
            with Client(cast.gateway) as client:
                client.send()
                cast.gateway.eventually(lambda: cast.stats()["p0/m0"]["failures"] == 1, "it failed")
            left = time.monotonic()
            self.settles(cast)
            self.assertLess(time.monotonic() - left, 1)
            self.assertEqual((cast.asked(), cast.stats()["p0/m0"]["failures"]), ([1], 1))

    def test_in_the_line(self):
        held = Held()
        with Cast(held, entries=Places.ONE, limits={"queue_ms": 20000}) as cast:
            first, second, third = Client(cast.gateway), Client(cast.gateway), Client(cast.gateway)
            for number, client in enumerate((first, second, third)):
                client.send({**PLAIN, "user": f"{number}"})
                cast.under_way(number + 1)
            second.close()
            cast.under_way(2)
            held.let(2)
            for client in (first, third):
                self.answered(client.read(), 1, 0)
                client.close()
            self.assertEqual([call.json()["user"] for call in cast.models[0].calls], ["0", "2"])
            self.settles(cast)

    def test_who_holds_the_only_place(self):
        with Cast(in_turn(stays_silent, answer_well), entries=Places.ONE, limits={"queue_ms": 20000}) as cast:
            first, second = Client(cast.gateway), Client(cast.gateway)
            first.send()
            cast.models[0].wait_for(lambda m: m.calls)
            second.send()
            cast.under_way(2)
            first.close()
            self.answered(second.read(), 1, 0)
            second.close()
            self.settles(cast)


class Trace(Case):
    DEBUG = {"SMARTROUTE_LOG": "debug"}

    def trace(self, cast, answer):
        line = line_of(cast.gateway, answer.headers["x-smartroute-request-id"])
        _, _, rest = line.partition(" trace=")
        text, _ = json.JSONDecoder().raw_decode(rest)  # a field in quotes is written as JSON writes a text
        events = json.loads(text)
        times = [event["timestamp"] for event in events]
        self.assertEqual(times, sorted(times))
        self.assertLess(abs(times[0] - time.time()), 60)
        for event in events:
            self.assertGreaterEqual(event["duration_ms"], 0)
        return events

    def stages(self, events):
        return [(event["stage"], event.get("model"), event["status"], event["retry_count"], event.get("reason")) for event in events]

    def test_an_answer(self):
        retries = {"rounds": {"t1": 2}, **AT_ONCE}
        with Cast(fails("500 Oops"), in_turn(stays_silent, answer_well), entries={1: {"timeouts": {"connect": 200}}}, env=self.DEBUG,
                  retries=retries) as cast:
            cast.models[0].script = in_turn(fails("500 Oops"), LIMITED)
            answer = cast.chat(STREAM)
            self.answered(answer, 4, 1)
            events = self.trace(cast, answer)
            self.assertEqual(self.stages(events), [
                ("REQ_RECEIVED", None, "success", 0, None),
                ("MODEL_CALL_START", "p0/m0", "success", 0, None), ("MODEL_FAIL", "p0/m0", "fail", 1, "upstream_server"),
                ("MODEL_CALL_START", "p1/m1", "success", 1, None), ("MODEL_FAIL", "p1/m1", "fail", 2, "first_byte_timeout"),
                ("MODEL_CALL_START", "p0/m0", "success", 2, None), ("MODEL_FAIL", "p0/m0", "fail", 3, "rate_limited"),
                ("MODEL_CALL_START", "p1/m1", "success", 3, None), ("FIRST_TOKEN", "p1/m1", "success", 3, None),
                ("FULL_RESPONSE", "p1/m1", "success", 3, None)])
            self.assertGreater(events[4]["duration_ms"], 150)
            self.assertEqual(failed_of(answer), [("p0/m0", "upstream_server"), ("p1/m1", "first_byte_timeout"), ("p0/m0", "rate_limited")])
            times = [float(one.split(";")[2]) for one in answer.headers["x-smartroute-failed"].split(", ")]
            self.assertTrue(150 < times[1] < 3000, times)

    def test_total_failure(self):
        with Cast(DOWN, LIMITED, env=self.DEBUG) as cast:
            answer = cast.chat()
            self.refused(answer, 502, "upstream_server", 2)
            self.assertEqual(failed_of(answer), [("p0/m0", "upstream_server"), ("p1/m1", "rate_limited")])
            stages = self.stages(self.trace(cast, answer))
            self.assertEqual([stage for stage, *_ in stages],
                             ["REQ_RECEIVED", "MODEL_CALL_START", "MODEL_FAIL", "MODEL_CALL_START", "MODEL_FAIL", "ALL_FAILED"])
            self.assertEqual(stages[-1], ("ALL_FAILED", None, "fail", 2, "upstream_server"))

    def test_nothing_failed(self):
        with Cast(answer_well, env=self.DEBUG) as cast:
            answer = cast.chat()
            self.answered(answer, 1, 0)
            self.assertNotIn("x-smartroute-failed", answer.headers)
            self.assertEqual([stage for stage, *_ in self.stages(self.trace(cast, answer))],
                             ["REQ_RECEIVED", "MODEL_CALL_START", "FIRST_TOKEN", "FULL_RESPONSE"])

    def test_a_cut_stream(self):
        def cut(sock, _call):
            sock.sendall(stream_head() + chunked(sse(chunk_json({"content": "a"}))) + END)

        with Cast(cut, env=self.DEBUG) as cast:
            stages = [stage for stage, *_ in self.stages(self.trace(cast, cast.chat(STREAM)))]
            self.assertEqual(stages, ["REQ_RECEIVED", "MODEL_CALL_START", "FIRST_TOKEN", "MODEL_FAIL"])

    def test_it_is_for_the_debug_log(self):
        with Cast(answer_well) as cast:
            self.assertNotIn("trace=", line_of(cast.gateway, cast.chat().headers["x-smartroute-request-id"]))


class Strategies(Case):
    def counts(self, cast, requests):
        found = collections.Counter()
        with Client(cast.gateway) as client:
            for _ in range(requests):
                found[client.chat().headers["x-smartroute-model"]] += 1
        return [found[f"p{n}/m{n}"] for n in range(len(cast.models))]

    def cast(self, strategy, *scripts, **more):
        return Cast(*scripts, models={"strategies": {"t1": strategy}}, **more)

    def test_random_spreads_evenly(self):
        with self.cast("random", *[answer_well] * 3) as cast:
            found = self.counts(cast, 240)
            self.assertTrue(all(50 < count < 115 for count in found), found)

    def test_random_knows_weights(self):
        entries = {0: {"weight": 1}, 1: {"weight": 0}}
        with self.cast("random", *[answer_well] * 3, entries=entries) as cast:
            found = self.counts(cast, 200)
            self.assertEqual(found[1], 0, found)
            self.assertGreater(min(found[0], found[2]), 30, found)

    def test_cheapest_is_asked_first(self):
        prices = {0: {"price": {"input": 3, "output": 9}}, 1: {"price": {"input": 1, "output": 1}}, 2: {}}
        with self.cast("cheapest", *[answer_well] * 3, entries=prices) as cast:
            self.assertEqual(self.counts(cast, 20), [0, 20, 0])
            cast.models[1].script = DOWN
            answer = cast.chat()
            self.answered(answer, 2, 0)

    def test_fastest_is_asked_first(self):
        def after(pause):
            def script(sock, call):
                has_left(sock, pause)
                return answer_well(sock, call)
            return script

        with self.cast("fastest", after(0.08), after(0), after(0.05)) as cast:
            with Client(cast.gateway) as client:
                for n in range(3):
                    client.chat({**STREAM, "model": f"p{n}/m{n}"})
                found = collections.Counter()
                for _ in range(100):
                    found[client.chat(STREAM).headers["x-smartroute-model"]] += 1
            self.assertGreater(found["p1/m1"], 80, found)

    def test_least_busy_goes_around_the_busy_one(self):
        held = Held()
        with self.cast("least_busy", held, answer_well, answer_well) as cast:
            busy = [Client(cast.gateway) for _ in range(3)]
            for client in busy:
                client.send({**PLAIN, "model": "p0/m0"})
            cast.models[0].wait_for(lambda m: len(m.calls) == 3)
            found = self.counts(cast, 120)
            self.assertEqual(found[0], 0, "of two that are compared it is always the busier one")
            self.assertGreater(min(found[1:]), 25, found)
            held.let(3)
            for client in busy:
                self.answered(client.read(), 1, 0)
                client.close()

    def test_adaptive_prefers_whom_the_operator_does(self):
        weights = {"weight_random": 0.1, "weight_user": 1, "weight_consecutive_penalty": 0}
        entries = {0: {"weight": 0.1}, 1: {"weight": 1}, 2: {"weight": 0.1}}
        with self.cast("adaptive", *[answer_well] * 3, entries=entries, adaptive_weights=weights) as cast:
            found = self.counts(cast, 200)
            self.assertGreater(found[1], 1.5 * max(found[0], found[2]), found)
            self.assertGreater(min(found), 10, "the less one was asked of late, the likelier")

    def test_adaptive_spreads_equals(self):
        with self.cast("adaptive", *[answer_well] * 3) as cast:
            found = self.counts(cast, 240)
            self.assertTrue(all(count > 40 for count in found), found)

    def test_adaptive_avoids_one_in_bad_health(self):
        weights = {"weight_random": 0.05, "weight_health": 5, "weight_speed": 0, "weight_user": 0, "weight_consecutive_penalty": 0}
        bad = in_turn(*[fails("500 Oops")] * 9, answer_well)
        with self.cast("adaptive", bad, answer_well, adaptive_weights=weights, health=NEVER_RESTS) as cast:
            for _ in range(9):
                cast.chat({**PLAIN, "model": "p0/m0"})
            self.assertLess(cast.stats()["p0/m0"]["health_score"], 15)
            found = self.counts(cast, 100)
            self.assertGreater(found[1], found[0] * 1.5, found)

    def test_max_retries_bounds_the_candidates(self):
        with self.cast("random", *[DOWN] * 5, retries={"max_retries": {"t1": 2}}) as cast:
            self.refused(cast.chat(), 502, "upstream_server", 2)
            self.assertEqual(sum(cast.asked()), 2)


if __name__ == "__main__":
    unittest.main()
