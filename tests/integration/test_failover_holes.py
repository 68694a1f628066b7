"""Holes seen in other gateways: an end without a terminator taken for one, a success booked at the headers, a record that does not
wait for the last byte, a request that is sent again after its answer had begun."""

import json
import re
import threading
import unittest

from books import Books, ends_as, line_of, lines_of
from faults import CHUNKED, DONE, FINISH, HALF, HEAD, LARGE, OWN_PLAIN, ROLE, SSE_HEAD, resets, sends, stays_silent
from harness import (END, MESSAGES, PATIENCE, PLAIN, STREAM, Gateway, Reply, Upstream, answer_well, chat_bytes, chunk_json, chunked,
                     config_for, good_plain, good_stream, reply, sse, stream_head)

ONE_SHARD = {"shards": 1}
SHORT = {"timeouts": {"connect": {"t1": 500}, "generation": {"t1": 900}, "idle": 500}}
BEGUN = stream_head() + chunked(ROLE + HALF)


class Cut(unittest.TestCase):
    """After the first content: an error event, `interrupted` in log and metrics."""

    def check(self, answer, begun):
        self.assertEqual((answer.status, answer.whole), (200, True))
        self.assertTrue(answer.body.startswith(begun), answer.body)
        event = answer.body.removeprefix(begun)
        self.assertEqual((event[:6], event[-2:], event.count(b"\n")), (b"data: ", b"\n\n", 2), event)
        error = json.loads(event[6:])["error"]
        self.assertEqual(set(error), {"message", "type", "param", "code"})
        self.assertEqual(error["code"], "interrupted")
        return error

    def test_a_clean_end_without_a_terminator_is_a_failure(self):
        ends = {"chunks": BEGUN + END, "no framing": SSE_HEAD + b"\r\n" + ROLE + HALF,
                "a length": SSE_HEAD + b"Content-Length: %d\r\n\r\n" % len(ROLE + HALF) + ROLE + HALF,
                "trailers": BEGUN + b"0\r\nX: y\r\n\r\n"}
        for name, data in ends.items():
            with self.subTest(name), Upstream(sends(data)) as first, Upstream(answer_well) as second:
                with Gateway(config_for(first.url, second.url)) as gateway:
                    answer = gateway.chat(STREAM)
                    self.check(answer, ROLE + HALF)
                    ends_as(gateway, {"interrupted": 1}, {("p0", "interrupted"): 1})
                    self.assertEqual(second.calls, [], "nobody else goes on with it")

    def test_the_usage_of_a_large_answer_is_booked(self):
        answer = {**json.loads(good_plain("x" * 1_500_000)), "usage": {"prompt_tokens": 5, "completion_tokens": 6, "total_tokens": 11}}
        with Upstream(sends(reply(json.dumps(answer).encode()))) as up, Gateway(config_for(up.url)) as gateway:
            got = gateway.chat(PLAIN)
            self.assertEqual(json.loads(got.body), answer)
            self.assertIn(" tokens=5+6 ", line_of(gateway, got.headers["x-smartroute-request-id"]))

    def test_a_stream_is_cut_until_every_choice_has_ended(self):
        def piece(index, delta, finish=None):
            return sse({**chunk_json({}), "choices": [{"index": index, "delta": delta, "finish_reason": finish}]})
        begun = piece(0, {"content": "a"}) + piece(1, {"content": "first half of b"}) + piece(0, {}, "stop")
        rest = piece(1, {"content": ", second half"}) + piece(1, {}, "stop")
        two = {**STREAM, "n": 2}
        for name, tail in (("a clean end", END), ("a reset", b"")):
            with self.subTest(name), Upstream(sends(stream_head() + chunked(begun) + tail, then=resets)) as up, Gateway(config_for(up.url)) as gateway:
                self.check(gateway.chat(two), begun)
                ends_as(gateway, {"interrupted": 1}, {("p0", "interrupted"): 1})
        with Upstream(sends(stream_head() + chunked(begun + rest) + END)) as up, Gateway(config_for(up.url)) as gateway:
            self.assertEqual(gateway.chat(two).body, begun + rest, "without [DONE]")
            ends_as(gateway, {"success": 1}, {("p0", "success"): 1})

    def test_the_log_says_who_was_cut_and_why(self):
        usage = {**chunk_json({}), "choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 6, "total_tokens": 11}}
        spent = sse({"error": {"message": "out of memory on gpu 7"}})
        for name, tail, words in (("closed", b"", "cut before its end"), ("an error", chunked(spent) + END, "out of memory on gpu 7"),
                                  ("no finish reason", END, "without a finish reason")):
            down = sends(reply(b'{"error":{"message":"down"}}', "503 Service Unavailable"))
            with self.subTest(name), Upstream(down) as first, Upstream(sends(BEGUN + chunked(sse(usage)) + tail)) as second:
                with Gateway(config_for(first.url, second.url)) as gateway:
                    answer = gateway.chat(STREAM)
                    self.check(answer, ROLE + HALF)
                    self.assertEqual(answer.headers["x-smartroute-model"], "p1/m1")
                    line = line_of(gateway, answer.headers["x-smartroute-request-id"])
                    for part in (" status=200 ", " model=p1/m1 ", " attempts=2 ", " stream=1 ", " tokens=5+6 ", " error=interrupted ",
                                 "p0/m0 (upstream_server)", "p1/m1 (interrupted)", words):
                        self.assertIn(part, line)
                    ends_as(gateway, {"interrupted": 1}, {("p0", "upstream_server"): 1, ("p1", "interrupted"): 1})

    def test_a_plain_answer_that_is_cut_is_a_failure(self):
        part = LARGE[:2_000_000]
        with Upstream(sends(HEAD + b"Content-Length: %d\r\n\r\n" % len(LARGE) + part)) as upstream:
            with Gateway(config_for(upstream.url)) as gateway:
                answer = gateway.chat(PLAIN)
                self.assertEqual((answer.status, answer.whole), (200, False), "the framing tells the client")
                self.assertIn(" error=interrupted ", line_of(gateway, answer.headers["x-smartroute-request-id"]))
                ends_as(gateway, {"interrupted": 1}, {("p0", "interrupted"): 1})


class Headers(unittest.TestCase):
    """A 200 is a head, and no success."""

    CASES = {
        "closed": (PLAIN, sends(HEAD + b"Content-Length: 9\r\n\r\n"), "upstream_protocol", 502),
        "reset": (PLAIN, sends(HEAD + b"Content-Length: 9\r\n\r\n{", then=resets), "upstream_protocol", 502),
        "truncated": (PLAIN, sends(CHUNKED + chunked(OWN_PLAIN)), "upstream_protocol", 502),
        "silence": (PLAIN, sends(CHUNKED, then=stays_silent), "total_timeout", 504),
        "silence inside": (PLAIN, sends(CHUNKED + chunked(OWN_PLAIN), then=stays_silent), "idle_timeout", 504),
        "closed stream": (STREAM, sends(stream_head()), "upstream_protocol", 502),
        "ended stream": (STREAM, sends(stream_head() + END), "upstream_empty", 502),
        "closed behind the role": (STREAM, sends(stream_head() + chunked(ROLE)), "upstream_protocol", 502),
        "silence behind the role": (STREAM, sends(stream_head() + chunked(ROLE), then=stays_silent), "first_byte_timeout", 504),
        "[DONE] behind the role": (STREAM, sends(stream_head() + chunked(ROLE + DONE) + END), "upstream_empty", 502),
    }

    def test_what_dies_behind_them_is_booked_as_failure(self):
        for name, (body, script, outcome, status) in self.CASES.items():
            with self.subTest(name), Upstream(script) as first, Upstream(answer_well) as second:
                with Gateway(config_for(first.url, **SHORT)) as gateway:
                    answer = gateway.chat(body)
                    self.assertEqual(answer.status, status, answer.body)
                    shown = "first_byte_timeout" if status == 504 else outcome
                    ends_as(gateway, {shown: 1}, {("p0", outcome): 1})
                    self.assertIn(f" status={status} ", line_of(gateway, answer.headers["x-smartroute-request-id"]))
                with Gateway(config_for(first.url, second.url, **SHORT)) as gateway:
                    answer = gateway.chat(body)
                    self.assertEqual(answer.body, good_stream() if body is STREAM else good_plain())
                    ends_as(gateway, {"success": 1}, {("p0", outcome): 1, ("p1", "success"): 1})


class Record(unittest.TestCase):
    """It follows the last byte. One shard: lines stand in the log in the order in which requests ended."""

    def another_ends(self, gateway):
        """A whole other request, and its line: what had ended before it would stand in the log by now."""
        answer = gateway.chat({"model": "m1", "messages": MESSAGES})
        self.assertEqual(answer.status, 200, answer.body)
        line_of(gateway, answer.headers["x-smartroute-request-id"])

    def test_of_a_stream(self):
        steps = [threading.Event() for _ in range(2)]

        def script(sock, _call):
            sock.sendall(BEGUN)
            self.assertTrue(steps[0].wait(PATIENCE))
            sock.sendall(chunked(FINISH))
            self.assertTrue(steps[1].wait(PATIENCE))
            sock.sendall(chunked(DONE) + END)
            return True

        with Upstream(script) as first, Upstream(answer_well) as second:
            with Gateway(config_for(first.url, second.url, server=ONE_SHARD)) as gateway, gateway.connect() as sock:
                sock.sendall(chat_bytes(STREAM))
                buffer = bytearray()
                while HALF not in buffer:
                    buffer += sock.recv(65536)
                request_id = re.search(rb"x-smartroute-request-id: (\w+)", buffer).group(1).decode()
                self.another_ends(gateway)
                self.assertEqual((lines_of(gateway, request_id), Books(gateway).requests), ([], 1), "after the first content")
                steps[0].set()
                while FINISH not in buffer:
                    buffer += sock.recv(65536)
                steps[1].set()
                answer = Reply.read(sock, buffer)
                self.assertEqual((answer.whole, answer.body), (True, ROLE + HALF + FINISH + DONE))
                self.assertNotIn(" error=", line_of(gateway, request_id))
                ends_as(gateway, {"success": 2}, {("p0", "success"): 1, ("p1", "success"): 1})

    def test_of_a_plain_answer_that_its_client_takes_slowly(self):
        with Upstream(sends(reply(LARGE))) as first, Upstream(answer_well) as second:
            with Gateway(config_for(first.url, second.url, server=ONE_SHARD)) as gateway, gateway.connect_narrow() as sock:
                sock.sendall(chat_bytes(PLAIN))
                buffer = bytearray()
                while b"\r\n\r\n" not in buffer:
                    buffer += sock.recv(512)
                request_id = re.search(rb"x-smartroute-request-id: (\w+)", buffer).group(1).decode()
                self.another_ends(gateway)
                self.assertEqual((lines_of(gateway, request_id), Books(gateway).requests), ([], 1), "most of it is not sent")
                answer = Reply.read(sock, buffer)
                self.assertTrue(answer.whole and answer.body == LARGE)
                self.assertNotIn(" error=", line_of(gateway, request_id))
                ends_as(gateway, {"success": 2}, {("p0", "success"): 1, ("p1", "success"): 1})


class Reuse(unittest.TestCase):
    """A kept connection that ends as it is used again: once more on a new one, if nothing of an answer had come."""

    def ask_twice(self, body, second_time):
        seen = []

        def script(sock, call):
            seen.append(sock)
            if seen.count(sock) == 2:
                return second_time(sock, call)
            return answer_well(sock, call)

        with Upstream(script) as first, Upstream(answer_well) as second:
            with Gateway(config_for(first.url, second.url, server=ONE_SHARD)) as gateway:
                for _ in range(2):
                    answer = gateway.chat(body)
                    self.assertEqual(answer.body, good_stream() if body is STREAM else good_plain(), answer.status)
                races = int(re.search(r"^smartroute_keepalive_races_total (\d+)", Books(gateway).text, re.M).group(1))
                return answer.headers["x-smartroute-model"], answer.headers["x-smartroute-attempts"], len(first.calls), races

    def test_nothing_had_come(self):
        for body in (PLAIN, STREAM):
            for name, script in (("closed", sends()), ("reset", resets)):
                with self.subTest(name, stream=body is STREAM):
                    self.assertEqual(self.ask_twice(body, script), ("p0/m0", "1", 3, 1))

    def test_an_answer_had_begun(self):
        for body in (PLAIN, STREAM):
            for name, data in (("half a head", b"HTTP/1.1 200 OK\r\nConte"), ("an interim reply", b"HTTP/1.1 100 Continue\r\n\r\n"),
                               ("a head", HEAD + b"Content-Length: 9\r\n\r\n")):
                for end in (None, resets):
                    with self.subTest(name, stream=body is STREAM, reset=end is not None):
                        self.assertEqual(self.ask_twice(body, sends(data, then=end)), ("p1/m1", "2", 2, 0))


if __name__ == "__main__":
    unittest.main()
