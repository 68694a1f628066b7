"""Connections and turns that requests share: what one of them does is not felt by another."""

import itertools
import os
import re
import signal
import socket
import tempfile
import threading
import unittest

from harness import (END, PATIENCE, STREAM, Gateway, Reply, Upstream, chat_bytes, chunk_json, chunked, config_for, delivered, good_plain,
                     good_stream, make_certificate, reply, request_bytes, said, says, server_tls, sse, stream_head, until_closed)

ONE_SHARD = {"shards": 1}
LARGE = good_plain("x" * 900_000)  # held whole by the gateway, and more than a narrow client and the systems take


def gauge(scrape, name):
    return int(re.search(rf"^smartroute_{name} (\d+)", scrape.body.decode(), re.M).group(1))


class Lent(unittest.TestCase):
    """A plain answer is stuck in its client: its connection to the provider serves others already."""

    def setUp(self):
        self.go_on = threading.Event()

    def script(self, sock, call):
        if said(call) == "large":
            sock.sendall(reply(LARGE))
        elif said(call) == "leaves":
            until_closed(sock)
            return False
        elif call.json().get("stream"):
            sock.sendall(stream_head() + chunked(sse(chunk_json({"content": "begun"}))))
            self.assertTrue(self.go_on.wait(PATIENCE))
            sock.sendall(chunked(sse(chunk_json({}, "stop"), b"[DONE]")) + END)
        else:
            self.assertTrue(self.go_on.wait(PATIENCE))
            sock.sendall(reply(good_plain("in the end")))
        return True

    def stick(self, gateway):
        """A client that takes no more than the first bytes of its answer."""
        sock = gateway.connect_narrow()
        sock.sendall(chat_bytes(says("large")))
        self.assertTrue(sock.recv(1, socket.MSG_PEEK))
        return sock

    def let_cancellation_come(self, gateway, upstream):
        """Clients that leave are noticed in order: when the call of a later one was cancelled, so was the earlier one's."""
        before = len(upstream.calls)
        with gateway.connect() as later:
            later.sendall(chat_bytes(says("leaves")))
            upstream.wait_for(lambda u: len(u.calls) > before)
            later.shutdown(socket.SHUT_WR)
            self.assertTrue(upstream.calls[before].closed.wait(PATIENCE))

    def take_all(self, sock):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        answer = Reply.read(sock)
        self.assertEqual((answer.status, answer.whole, answer.body == LARGE), (200, True, True))

    def test_who_leaves_does_not_stop_the_next_request_of_its_connection(self):
        for stream in (False, True):
            with self.subTest(stream=stream), Upstream(self.script) as upstream:
                self.go_on.clear()
                with Gateway(config_for(upstream.url, server=ONE_SHARD)) as gateway, self.stick(gateway) as first, gateway.connect() as second:
                    second.sendall(chat_bytes(says("held", stream)))
                    upstream.wait_for(lambda u: len(u.calls) == 2)
                    self.assertEqual(upstream.connections, 1, "it is the same connection")
                    self.assertEqual(gauge(gateway.request("GET", "/metrics"), "requests_in_flight"), 3, "both, and the scrape")
                    first.shutdown(socket.SHUT_WR)
                    self.let_cancellation_come(gateway, upstream)
                    self.go_on.set()
                    answer = Reply.read(second)
                    self.assertEqual((answer.status, answer.whole), (200, True), answer.body)
                    if stream:
                        self.assertEqual(answer.body, sse(chunk_json({"content": "begun"}), chunk_json({}, "stop"), b"[DONE]"))
                    else:
                        self.assertEqual(answer.body, good_plain("in the end"))
                    self.assertEqual([said(call) for call in upstream.calls], ["large", "held", "leaves"], "nothing was asked twice")
                    self.take_all(first)

    def test_who_leaves_touches_no_connection_that_has_ended(self):
        # Given back and not kept: what would stop it would write into memory that is somebody else's.
        with Upstream(self.script) as upstream:
            with Gateway(config_for(upstream.url, server=ONE_SHARD, upstream={"pool_size": 0})) as gateway:
                stuck = [self.stick(gateway) for _ in range(8)]
                upstream.wait_for(lambda u: not u.open)
                self.assertEqual(gauge(gateway.request("GET", "/metrics"), "requests_in_flight"), len(stuck) + 1, "all, and the scrape")
                self.go_on.set()
                for sock in stuck:
                    sock.shutdown(socket.SHUT_WR)
                self.let_cancellation_come(gateway, upstream)
                self.assertEqual(gateway.chat(says("held", True)).status, 200)
                for sock in stuck:
                    self.take_all(sock)
                    sock.close()


class Unasked(unittest.TestCase):
    """A provider that sends more than was asked for: nobody gets it, and its connection serves no more."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        make_certificate(cls.folder.name, "good", "IP:127.0.0.1")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @staticmethod
    def answer(text, stream):
        return stream_head() + chunked(good_stream(text)) + END if stream else reply(good_plain(text))

    def check(self, tls, stream, when):
        answered, sent = threading.Event(), threading.Event()

        def script(sock, call):
            answer, unasked = self.answer("to " + said(call), stream), self.answer("unasked", stream)
            if said(call) != "first":
                sock.sendall(answer)
            elif when == "in one piece":
                sock.sendall(answer + unasked)
            elif when == "in one packet":
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
                sock.sendall(answer)
                sock.sendall(unasked)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)
            else:
                sock.sendall(answer)
                self.assertTrue(answered.wait(PATIENCE))
                sock.sendall(unasked)
                delivered(sock)
            sent.set()
            return True

        with Upstream(script, server_tls(self.folder.name, "good") if tls else None) as upstream:
            config = config_for(upstream.url, server=ONE_SHARD)
            config["providers"]["custom"]["p0"]["ca_file"] = f"{self.folder.name}/good.pem"
            with Gateway(config) as gateway, gateway.connect() as sock:
                for text, connections in (("first", 1), ("second", 2), ("third", 2)):
                    sock.sendall(chat_bytes(says(text, stream)))
                    answer = Reply.read(sock)
                    self.assertEqual(answer.status, 200, answer.body)
                    self.assertEqual(answer.body, good_stream("to " + text) if stream else good_plain("to " + text))
                    answered.set()
                    self.assertTrue(sent.wait(PATIENCE))
                    self.assertEqual(upstream.connections, connections, text)

    def test_it_is_never_the_answer_of_the_next_request(self):
        for tls, stream, when in itertools.product((False, True), (False, True), ("in one piece", "in one packet", "later")):
            with self.subTest(tls=tls, stream=stream, when=when):
                self.check(tls, stream, when)


class Turns(unittest.TestCase):
    """A stream that always has more, and whose client always takes it, leaves turns to others. The gateway is halted while its
    system collects what both send: nothing it could wait for is left to chance."""

    def check(self, folder):
        halted, sent = threading.Event(), threading.Event()
        first = sse(*[chunk_json({"content": "x" * 30_000})] * 300)  # the systems' buffers grow with it
        rest = sse(*[chunk_json({"content": "y" * 30_000})] * 50, chunk_json({}, "stop"), b"[DONE]")

        def script(sock, _call):
            sock.sendall(stream_head() + chunked(first))
            self.assertTrue(halted.wait(PATIENCE))
            sock.sendall(chunked(rest) + END)
            sent.set()
            return True

        with Upstream(script, server_tls(folder, "good") if folder else None) as upstream:
            config = config_for(upstream.url, server=ONE_SHARD)
            if folder:
                config["providers"]["custom"]["p0"]["ca_file"] = f"{folder}/good.pem"
            with Gateway(config) as gateway, gateway.connect() as fast, gateway.connect() as other:
                fast.sendall(chat_bytes(STREAM))
                buffer = bytearray()
                while len(buffer) < len(first):
                    buffer += fast.recv(1 << 20)
                other.sendall(request_bytes("GET", "/livez"))
                self.assertEqual(Reply.read(other).status, 200)
                gateway.process.send_signal(signal.SIGSTOP)
                try:
                    os.waitid(os.P_PID, gateway.process.pid, os.WSTOPPED)
                    halted.set()
                    self.assertTrue(sent.wait(PATIENCE), "the systems' buffers take it")
                    other.sendall(request_bytes("GET", "/metrics"))
                    delivered(other)
                finally:
                    gateway.process.send_signal(signal.SIGCONT)
                answer = Reply.read(fast, buffer)
                self.assertTrue(answer.whole and answer.body == first + rest)
                self.assertEqual(gauge(Reply.read(other), "streams_open"), 1, "the other one's turn came before the stream's end")

    def test_a_stream_without_a_pause_leaves_turns_to_others(self):
        with self.subTest("plain"):
            self.check(None)
        with self.subTest("TLS"), tempfile.TemporaryDirectory() as folder:
            make_certificate(folder, "good", "IP:127.0.0.1")
            self.check(folder)


if __name__ == "__main__":
    unittest.main()
