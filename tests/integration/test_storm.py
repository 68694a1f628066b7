"""Every provider is down and clients come as fast as they can: the outage is not multiplied, everybody gets one clear error, and the
service is back as soon as a provider is."""

import collections
import concurrent.futures
import json
import os
import time
import unittest

from books import Books
from cast import Cast, Client
from faults import fails
from harness import PLAIN, STREAM, Upstream, answer_well

WORKERS, EACH = 12, 250
DOWN = fails("503 Service Unavailable")


def storm(gateway, rounds=EACH):
    """Many clients, each on one connection; what they got, and in how long."""
    def client(number):
        found = collections.Counter()
        with Client(gateway) as client:
            for turn in range(rounds):
                answer = client.chat(STREAM if (number + turn) % 2 else PLAIN)
                assert answer.whole and not client.buffer, "one reply a request"
                if answer.status == 200:
                    found[200, ""] += 1
                    continue
                assert answer.headers["content-type"] == "application/json", answer.headers
                error = json.loads(answer.body)["error"]
                assert set(error) == {"message", "type", "param", "code"} and error["message"], error
                assert answer.status != 503 or int(answer.headers["retry-after"]) >= 1, answer.headers
                found[answer.status, error["code"]] += 1
        return found

    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        found = sum(pool.map(client, range(WORKERS)), collections.Counter())
    return found, time.monotonic() - begun


class Storm(unittest.TestCase):
    def play(self, away, errors, most, **retries):
        """`away` makes a provider that is down; `most` attempts a request."""
        with Cast(*(away() for _ in range(3)), retries=retries, server={"shards": 2}) as cast:
            before = len(os.listdir(f"/proc/{cast.gateway.process.pid}/fd"))
            found, took = storm(cast.gateway)
            attempts = Books(cast.gateway).count("attempts_total")
            requests = WORKERS * EACH
            about = f"{dict(found)} in {took:.1f} s, {attempts} attempts for {requests} requests, {[m.connections for m in cast.models]}"
            self.assertEqual(sum(found.values()), requests)
            self.assertLessEqual(set(found), errors, about)
            self.assertLessEqual(attempts, most * requests, about)
            self.assertLessEqual(sum(cast.asked()), attempts, about)
            self.assertGreater(requests / took, 100, f"no storm: {about}")
            cast.under_way(0)
            for model in cast.models:
                model.script = answer_well
                if away is refuses:
                    model.up()
            self.comes_back(cast)
            cast.gateway.eventually(lambda: len(os.listdir(f"/proc/{cast.gateway.process.pid}/fd")) <= before + 2, "nothing is left open")

    def comes_back(self, cast):
        """The first answer comes when the first rest is over, if not before."""
        now = time.time()
        rests = [row["cooldown_until"] - now for row in cast.stats().values()]
        begun = time.monotonic()
        cast.gateway.eventually(lambda: cast.chat().status == 200, "an answer")
        self.assertLess(time.monotonic() - begun, max(0, min(rests)) + 1, rests)
        if cast.config["retries"].get("last_resort", True):
            self.assertLess(time.monotonic() - begun, 1)
        found, _ = storm(cast.gateway, 10)
        self.assertEqual(found, {(200, ""): 10 * WORKERS}, "and from then on everybody is answered")

    def test_providers_that_answer_503(self):
        self.play(lambda: Upstream(DOWN), {(502, "upstream_server")}, 1.2)

    def test_providers_that_refuse_connections(self):
        self.play(refuses, {(502, "upstream_connect")}, 1.2)

    def test_further_rounds_change_nothing(self):
        self.play(lambda: Upstream(DOWN), {(502, "upstream_server")}, 1.2, rounds={"t1": 3}, backoff=1, backoff_max=5)
        self.play(refuses, {(502, "upstream_connect")}, 1.2, rounds={"t1": 3}, backoff=1, backoff_max=5)

    def test_without_a_last_resort_nobody_is_asked_in_vain(self):
        self.play(lambda: Upstream(DOWN), {(502, "upstream_server"), (503, "overloaded")}, 0.2, last_resort=False)
        self.play(refuses, {(502, "upstream_connect"), (503, "overloaded")}, 0.2, last_resort=False)


def refuses():
    return Upstream(answer_well, is_up=False)


if __name__ == "__main__":
    unittest.main()
