"""Whatever a provider does, the client sees one clean answer or one clear error: every fault of faults.py as the first of two
candidates, in the middle of three, as all of two, and behind a status that silence has spent.

Every case has models, providers and ports of its own: what the gateway remembers of one is nothing to another."""

import concurrent.futures
import functools
import json
import os
import re
import threading
import unittest

from faults import ANSWERS, API_KEY, CASES, CUT, EVENT_BYTES, REFUSALS
from harness import MESSAGES, PATIENCE, Gateway, Reply, chat_bytes, config_for, good_plain, good_stream, reply
from stage import Stage

KEEP_ALIVE = b": keep-alive\n\n"
FINAL = ("content_policy",)  # goes back at once (retries.content_policy)
CODES = {"rate_limited": "rate_limit_exceeded", "context_exceeded": "context_length_exceeded", "content_policy": "content_policy_violation"}
TIMEOUTS = ("first_byte_timeout", "idle_timeout", "total_timeout")
SHORT = {"timeouts": {"connect": {"t1": 900}, "generation": {"t1": 1900}, "idle": 900}, "upstream": {"connect": 600, "pool_idle": 500}}
PATIENT = {"upstream": {"pool_idle": 500}}
SCRAPE_ITSELF = 1
WORKERS = 8  # of the cases that end by themselves; those that wait for a timeout wait together


def healthy(model, kind):
    text = f"{model} from the one that works"
    return good_stream(text) if kind == "stream" else good_plain(text)


def works(sock, call):
    asked = call.json()
    kind = "stream" if asked.get("stream") else "plain"
    sock.sendall(reply(healthy(asked["model"], kind), content_type="text/event-stream" if kind == "stream" else "application/json"))
    return True


def is_down(sock, _call):
    sock.sendall(reply(b'{"error":{"message":"down"}}', "503 Service Unavailable"))
    return True


def error_in(data):
    """The one error of OpenAI's shape that these bytes are."""
    whole = json.loads(data)
    assert set(whole) == {"error"}, whole
    error = whole["error"]
    assert set(error) == {"message", "type", "param", "code"}, error
    assert error["message"] and len(error["message"]) < 2000, error
    assert isinstance(error["type"], str) and isinstance(error["code"], str), error
    for secret in ("<", API_KEY, "acme"):
        assert secret not in error["message"], error
    return error


class Place:
    """The cases of one place in the order of candidates, with the gateways that get them. `before` and `behind` stand around the
    faulty one; `faulty` is how many do the same."""

    def __init__(self, name, cases, before=0, faulty=1, behind=1, held=False):
        self.name, self.cases, self.before, self.faulty, self.behind, self.held = name, cases, before, faulty, behind, held
        self.stage = Stage()
        self.works, self.is_down = self.stage.part(works), self.stage.part(is_down)
        self.parts, self.spent = {}, {case.id: threading.Event() for case in cases}
        self.gateways = {short: self.gateway(short) for short in (False, True)}
        self.base = {short: self.descriptors(short) for short in self.gateways}

    def gateway(self, short):
        providers, entries = {}, []

        def candidate(case, role, url):
            providers[f"{case.id}-{role}"] = {"base_url": url, "api_key": API_KEY}
            entries.append({"model": case.id, "provider": f"{case.id}-{role}"})

        for case in self.cases:
            if case.short != short:
                continue
            for i in range(self.before):
                candidate(case, f"before{i}", self.is_down.url)
            for i in range(self.faulty):
                candidate(case, f"faulty{i}", self.url(case))
            for i in range(self.behind):
                candidate(case, f"behind{i}", self.works.url)
        config = config_for(**(SHORT if short else PATIENT), limits={"event_bytes": EVENT_BYTES}, server={"shards": 1})
        config["models"]["t1"], config["providers"]["custom"] = entries, providers
        if self.held:
            config["stream"] = {"hold": 1}
        return Gateway(config)

    def url(self, case):
        if case.where:
            return getattr(self.stage, case.where)()
        script = case.script
        if self.held:
            script = functools.partial(self.once_spent, case)
        part = self.stage.part(script, case.at_once)
        self.parts.setdefault(case.id, []).append(part)
        return part.url

    def once_spent(self, case, sock, call):
        assert self.spent[case.id].wait(PATIENCE), "the client got no comment"
        return case.script(sock, call)

    def descriptors(self, short):
        return len(os.listdir(f"/proc/{self.gateways[short].process.pid}/fd"))

    def times(self, case):
        """A provider that answers well, however oddly, can do it again: nothing of the first answer is left over. One that fails
        may get a rest; nobody is asked after that."""
        return 2 if case.ends == ANSWERS and not self.before else 1

    # --- One case ------------------------------------------------------------------------------------------------------

    def ask(self, case):
        body = {"model": case.id, "messages": MESSAGES, **({"stream": True} if case.kind == "stream" else {})}
        self.spent[case.id].clear()
        with self.gateways[case.short].connect() as sock:
            sock.sendall(chat_bytes(body))
            buffer = bytearray()
            while self.held and KEEP_ALIVE not in buffer:
                part = sock.recv(65536)
                assert part, "the connection ended before the first comment"
                buffer += part
            self.spent[case.id].set()
            answer = Reply.read(sock, buffer)
        if self.held:
            assert answer.status == 200, answer.status
            answer.body = answer.body.replace(KEEP_ALIVE, b"")
        return answer

    def check(self, case):
        for _ in range(self.times(case)):
            answer = self.ask(case)
            where = f"{answer.status} {answer.headers} {answer.body[-600:]}"
            if case.ends == ANSWERS:
                assert answer.whole and answer.body == case.body, where
                self.check_head(case, answer, "faulty0", self.before + 1)
            elif case.ends == CUT:
                self.check_cut(case, answer)
                self.check_head(case, answer, "faulty0", self.before + 1)
            elif self.behind and case.ends not in FINAL:
                assert answer.whole and answer.body == healthy(case.id, case.kind), where
                self.check_head(case, answer, "behind0", self.before + 2)
            else:
                self.check_failure(case, answer)
            for name in ("set-cookie", "x-api-key", "location"):
                assert name not in answer.headers, where
            assert API_KEY.encode() not in answer.body, where

    def check_head(self, case, answer, role, attempts):
        assert answer.status == 200, answer.status
        if self.held:
            return
        got = answer.headers.get("x-smartroute-model"), answer.headers.get("x-smartroute-attempts")
        assert got == (f"{case.id}-{role}/{case.id}", str(attempts)), answer.headers

    def check_cut(self, case, answer):
        if case.kind == "plain":
            assert not answer.whole and answer.body == case.body, (answer.whole, len(answer.body))
            return
        body = answer.body.replace(b": ping\n\n", b"")
        assert answer.whole and body.startswith(case.body), answer.body
        self.check_event(body.removeprefix(case.body), "interrupted")

    @staticmethod
    def check_event(event, code):
        assert event.startswith(b"data: ") and event.endswith(b"\n\n") and event.count(b"\n") == 2, event
        error = error_in(event.removeprefix(b"data: "))
        assert error["code"] == code, error
        return error

    def check_failure(self, case, answer):
        assert answer.whole, "the error is not whole"
        code = "first_byte_timeout" if case.ends in TIMEOUTS else CODES.get(case.ends, case.ends)
        if self.held:
            error = self.check_event(answer.body, code)
        else:
            assert answer.headers["content-type"] == "application/json", answer.headers
            assert "x-smartroute-model" not in answer.headers, answer.headers
            attempts = self.before + 1 if case.ends in FINAL else self.faulty
            assert answer.headers["x-smartroute-attempts"] == str(attempts), answer.headers
            assert answer.status == case.status, f"{answer.status} {answer.body}"
            error = error_in(answer.body)
            assert error["code"] == code, error
            wait = answer.headers.get("retry-after")
            expected = case.retry_after
            assert int(wait) in expected if isinstance(expected, range) else wait == expected, f"Retry-After is {wait}"
        if case.ends in REFUSALS:
            assert case.message is None or error["message"] == case.message, error
        else:
            assert error["message"].count(f"({case.ends})") == self.faulty, error

    # --- All of them ---------------------------------------------------------------------------------------------------

    def run(self):
        """The names of the cases that failed, with the reason."""
        problems = {}

        def check(case):
            try:
                self.check(case)
            except Exception as error:  # an unreadable reply is a failure of its case, not of the others
                problems[case] = repr(error)

        short = [case for case in self.cases if case.short]
        with concurrent.futures.ThreadPoolExecutor(len(short)) as many, concurrent.futures.ThreadPoolExecutor(WORKERS) as some:
            for case in self.cases:
                (many if case.short else some).submit(check, case)
        return [(f"{case.name} ({case.kind})", why) for case, why in problems.items()]

    def attempts(self):
        """(provider, class) -> how often, from the metrics of both gateways."""
        found = {}
        for gateway in self.gateways.values():
            text = gateway.request("GET", "/metrics").body.decode()
            for provider, outcome, count in re.findall(r'smartroute_attempts_total\{[^}]*provider="([^"]+)",outcome="(\w+)"\} (\d+)', text):
                found[provider, outcome] = int(count)
        return found

    def expected_attempts(self):
        expected = {}
        for case in self.cases:
            outcome, count = {ANSWERS: "success", CUT: "interrupted"}.get(case.ends, case.ends), self.times(case)
            reached = 1 if case.ends in (ANSWERS, CUT, *FINAL) else self.faulty
            for i in range(self.before):
                expected[f"{case.id}-before{i}", "upstream_server"] = count
            for i in range(reached):
                expected[f"{case.id}-faulty{i}", outcome] = count
            if reached == self.faulty and case.ends not in (ANSWERS, CUT, *FINAL) and self.behind:
                expected[f"{case.id}-behind0", "success"] = 1
        return expected

    def is_quiet(self, short):
        text = self.gateways[short].request("GET", "/metrics").body.decode()
        gauges = dict(re.findall(r"^smartroute_(\w+) (\d+)$", text, re.M))
        idle = {"requests_in_flight": SCRAPE_ITSELF, "streams_open": 0, "upstream_idle_connections": 0, "connections": 1}
        return all(int(gauges[name]) == value for name, value in idle.items()) and self.descriptors(short) <= self.base[short]

    def stop(self):
        for gateway in self.gateways.values():
            gateway.stop()
        self.stage.stop()


class Matrix(unittest.TestCase):
    def play(self, name, cases, **more):
        place = Place(name, cases, **more)
        try:
            for case, why in place.run():
                with self.subTest(case, place=name):
                    self.fail(why)
            with self.subTest("scripts", place=name):
                self.assertEqual(place.stage.complaints, [])
            with self.subTest("attempts", place=name):
                found, expected = place.attempts(), place.expected_attempts()
                both = {named(key): (found.get(key, 0), expected.get(key, 0)) for key in {*found, *expected}}
                self.assertEqual({}, {key: counts for key, counts in both.items() if counts[0] != counts[1]}, "(counted, expected)")
            with self.subTest("asked", place=name):
                often = {case.name: [len(part.calls) for part in place.parts.get(case.id, [])] for case in cases if case.ends != ANSWERS}
                self.assertEqual({}, {case: counts for case, counts in often.items() if max(counts, default=0) > 1}, "more than once")
            for short, gateway in place.gateways.items():
                with self.subTest("nothing is left open", place=name, short=short):
                    gateway.eventually(lambda short=short: place.is_quiet(short), f"{place.base[short]} descriptors")
                    self.assertNotIn(API_KEY, gateway.stderr())
                    self.assertNotIn("internal", {outcome for _, outcome in place.attempts()})
            with self.subTest("connections to providers", place=name):
                gateway.eventually(lambda: not place.stage.open, "all are closed")
        finally:
            place.stop()

    def test_the_first_of_two(self):
        self.play("first", CASES)

    def test_the_middle_of_three(self):
        self.play("middle", CASES, before=1)

    def test_all_of_two(self):
        self.play("all", CASES, faulty=2, behind=0)

    def test_behind_a_spent_status(self):
        cases = [case for case in CASES if case.kind == "stream" and not case.at_once and not case.where]
        self.play("first, held", cases, held=True)
        self.play("all, held", cases, faulty=2, behind=0, held=True)


def named(key):
    provider, outcome = key
    index = int(provider.split("-")[1])
    return f"{CASES[index].name}: {provider} {outcome}"


if __name__ == "__main__":
    unittest.main()
