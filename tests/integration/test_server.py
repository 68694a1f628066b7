"""HTTP/1.1 framing, limits, routes and doors, over raw sockets."""

import json
import re
import select
import signal
import ssl
import subprocess
import tempfile
import threading
import unittest

from harness import (BINARY, END, KEY, PATIENCE, PLAIN, STREAM, Gateway, Reply, Upstream, answer_well, chat_bytes, chunk_json, chunked,
                     config_for, good_plain, good_stream, make_certificate, request_bytes, sse, stream_head, until_closed)

CHAT = b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + KEY.encode() + b"\r\n"
BODY = json.dumps(PLAIN).encode()
WITH_LENGTH = b"Content-Length: %d\r\n\r\n" % len(BODY)


class Server(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.upstream = Upstream(answer_well)
        cls.gateway = Gateway(config_for(cls.upstream.url, limits={"head_timeout": 400, "body_timeout": 400, "body_bytes": 65536}))

    @classmethod
    def tearDownClass(cls):
        cls.gateway.stop()
        cls.upstream.stop()

    def test_malformed_requests_are_refused_and_closed(self):
        cases = {
            "length and transfer-encoding": CHAT + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "two lengths": CHAT + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            "odd length": CHAT + b"Content-Length: 5x\r\n\r\nhello",
            "obs-fold": CHAT + b"X: a\r\n b\r\n\r\n",
            "space before colon": CHAT + b"Content-Length : 5\r\n\r\nhello",
            "two hosts": CHAT + b"Host: b\r\n\r\n",
            "bare CR": CHAT + b"X: a\rb\r\n\r\n",
            "NUL": CHAT + b"X: a\0b\r\n\r\n",
            "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "TRACE": b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
            "CONNECT": b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
            "bad chunk size": CHAT + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
            "chunk without CRLF": CHAT + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n",
        }
        for name, raw in cases.items():
            with self.subTest(name), self.gateway.connect() as sock:
                sock.sendall(raw)
                reply = Reply.read(sock)
                self.assertEqual(reply.status, 400, reply.body)
                self.assertEqual(reply.error()["type"], "invalid_request_error")
                self.assertEqual(reply.headers.get("connection"), "close")
                self.assertTrue(until_closed(sock))

    def test_bare_line_feeds_never_end_a_head(self):
        with self.gateway.connect() as sock:
            sock.sendall(b"GET /healthz HTTP/1.1\nHost: a\n\n")
            reply = Reply.read(sock)
            self.assertEqual(reply.status, 408, "no end was seen, so the head never came")

    def test_limits_have_their_own_status(self):
        self.assertEqual(self.gateway.send(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 40000 + b"\r\n\r\n").status, 431)
        self.assertEqual(self.gateway.send(b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 200 + b"\r\n").status, 431)
        self.assertEqual(self.gateway.send(CHAT + b"Content-Length: 70000\r\n\r\n").status, 413)
        chunks = b"".join(chunked(b" " * 8000) for _ in range(9))
        self.assertEqual(self.gateway.send(CHAT + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + END).status, 413)
        compressed = self.gateway.send(CHAT + b"Content-Encoding: gzip\r\n" + WITH_LENGTH + BODY)
        self.assertEqual(compressed.status, 415)

    def test_slow_heads_and_bodies_end(self):
        with self.gateway.connect() as sock:
            sock.sendall(b"GET / HT")
            self.assertEqual(Reply.read(sock).status, 408)
            self.assertTrue(until_closed(sock))
        with self.gateway.connect() as sock:
            sock.sendall(CHAT + b"Content-Length: 100\r\n\r\n{")
            self.assertEqual(Reply.read(sock).status, 408)
            self.assertTrue(until_closed(sock))

    def test_bodies_in_every_framing(self):
        for size in (1, 7, 1000):
            parts = [BODY[i : i + size] for i in range(0, len(BODY), size)]
            reply = self.gateway.send(CHAT + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(map(chunked, parts)) + END)
            self.assertEqual(reply.status, 200, reply.body)
        with self.gateway.connect() as sock:
            sock.sendall(CHAT + b"Expect: 100-continue\r\n" + WITH_LENGTH)
            self.assertEqual(Reply.read(sock).status, 100)
            sock.sendall(BODY)
            self.assertEqual(Reply.read(sock).status, 200)
        with self.gateway.connect() as sock:
            for byte in CHAT + WITH_LENGTH + BODY:
                sock.send(bytes([byte]))
            self.assertEqual(Reply.read(sock).status, 200)

    def test_pipelined_requests_are_answered_in_order(self):
        with self.gateway.connect() as sock:
            raw = b""
            for i in range(20):
                raw += request_bytes("GET", f"/v1/models/{'t1' if i % 2 else 't2'}")
                if i % 5 == 0:
                    raw += CHAT + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(BODY) + END
            sock.sendall(raw)
            buffer = bytearray()
            for i in range(20):
                self.assertEqual(Reply.read(sock, buffer).json()["id"], "t1" if i % 2 else "t2")
                if i % 5 == 0:
                    self.assertEqual(Reply.read(sock, buffer).json()["id"], "c1")

    def test_head_and_http_1_0(self):
        reply = self.gateway.send(b"HEAD /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        self.assertEqual((reply.status, reply.body), (200, b""))
        self.assertEqual(reply.headers["content-length"], "15")
        with self.gateway.connect() as sock:
            sock.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            self.assertEqual(Reply.read(sock).status, 200)
            self.assertTrue(until_closed(sock))
        with self.gateway.connect() as sock:
            for _ in range(2):
                sock.sendall(b"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                self.assertEqual(Reply.read(sock).headers["connection"], "keep-alive")
        with self.gateway.connect() as sock:  # a stream for HTTP/1.0 ends with the connection
            body = json.dumps(STREAM).encode()
            sock.sendall(request_bytes("POST", "/v1/chat/completions", body).replace(b"HTTP/1.1", b"HTTP/1.0"))
            reply = Reply.read(sock)
            self.assertNotIn("transfer-encoding", reply.headers)
            self.assertTrue(reply.body.endswith(b"data: [DONE]\n\n"))

    def test_routes(self):
        self.assertEqual(self.gateway.request("GET", "/nothing").status, 404)
        self.assertEqual(self.gateway.request("GET", "/nothing").error()["code"], "not_found")
        for method, path, allow in (("GET", "/v1/chat/completions", "POST, OPTIONS"), ("POST", "/v1/models", "GET, HEAD, OPTIONS"),
                                    ("DELETE", "/healthz", "GET, HEAD")):
            reply = self.gateway.request(method, path)
            self.assertEqual((reply.status, reply.headers["allow"]), (405, allow))
        for path in ("/healthz", "/livez", "/readyz", "/metrics", "/api/status", "/"):
            self.assertEqual(self.gateway.request("GET", path).status, 200, path)
        self.assertIn(b"smartroute_requests_total", self.gateway.request("GET", "/metrics").body)
        self.assertEqual(self.gateway.request("GET", "/v1/models/p0%2Fm0").json()["id"], "p0/m0")
        self.assertEqual(self.gateway.request("GET", "/v1/models/p0/m0").json()["id"], "p0/m0")

    def test_bad_bodies_get_one_clear_error(self):
        for body in (b"", b"{", b"[]", b"\xff\xfe", b'{"messages":[]}', b"[" * 100000, b'{"messages":"x"}', b'{"messages":[{"role":"user"}'):
            reply = self.gateway.request("POST", "/v1/chat/completions", body)
            status = 413 if len(body) > 65536 else 400
            self.assertEqual(reply.status, status, body[:40])
            self.assertEqual(set(reply.error()), {"message", "type", "param", "code"})

    def test_keys(self):
        for authorization in (None, "Bearer wrong", "Basic " + KEY, "Bearer"):
            for path in ("/v1/models", "/v1/models/t1"):
                reply = self.gateway.request("GET", path, headers={"Authorization": authorization})
                self.assertEqual(reply.status, 401)
                self.assertEqual(reply.headers["www-authenticate"], "Bearer")
        before = len(self.upstream.calls)
        reply = self.gateway.request("POST", "/v1/chat/completions", BODY, {"Authorization": "Bearer wrong"})
        self.assertEqual(reply.status, 401)
        self.assertEqual(len(self.upstream.calls), before)

    def test_cors_on_v1_only(self):
        origin = {"Origin": "https://app.example"}
        self.assertEqual(self.gateway.request("GET", "/v1/models", headers=origin).headers["access-control-allow-origin"], "*")
        preflight = self.gateway.request("OPTIONS", "/v1/chat/completions", headers={
            **origin, "Authorization": None, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"})
        self.assertEqual(preflight.status, 204)
        self.assertEqual(preflight.headers["access-control-allow-headers"], "authorization")
        self.assertNotIn("access-control-allow-credentials", preflight.headers)
        self.assertNotIn("access-control-allow-origin", self.gateway.request("GET", "/api/status", headers=origin).headers)


class Drips(unittest.TestCase):
    """Clients that are never silent for long. The wait for an answer is what paces them."""

    @classmethod
    def setUpClass(cls):
        cls.upstream = Upstream(answer_well)
        limits = {"head_timeout": 800, "body_timeout": 800, "body_min_rate": 500}
        cls.gateway = Gateway(config_for(cls.upstream.url, limits=limits))

    @classmethod
    def tearDownClass(cls):
        cls.gateway.stop()
        cls.upstream.stop()

    def reply_to_drip(self, begin, piece, pieces, end=b""):
        """Sends `piece` every 20 ms until it is answered or all is sent, then `end`."""
        with self.gateway.connect() as sock:
            sock.sendall(begin)
            for _ in range(pieces):
                if select.select([sock], [], [], 0.02)[0]:
                    break
                sock.sendall(piece)
            else:
                sock.sendall(end)
            reply = Reply.read(sock)
            self.assertTrue(reply.status == 200 or until_closed(sock))
            return reply

    def test_a_dripped_head_ends(self):
        reply = self.reply_to_drip(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: ", b"x", 1500)
        self.assertEqual(reply.status, 408, reply.body)
        self.assertIn("limits.head_timeout", reply.error()["message"])

    def test_a_dripped_body_ends_whatever_its_framing(self):
        for name, head, piece in (
            ("length", b"Content-Length: 5000\r\n\r\n{", b" "),
            ("chunked", b"Transfer-Encoding: chunked\r\n\r\n", chunked(b" ")),
            ("inside a chunk", b"Transfer-Encoding: chunked\r\n\r\n1000\r\n", b" "),
            ("framing alone", b"Transfer-Encoding: chunked\r\n\r\n1;", b"x"),
        ):
            with self.subTest(name):
                reply = self.reply_to_drip(CHAT + head, piece, 1500)
                self.assertEqual(reply.status, 408, reply.body)
                self.assertEqual(reply.error()["type"], "invalid_request_error")
                self.assertIn("limits.body_min_rate", reply.error()["message"])

    def test_a_slow_body_that_keeps_the_minimum_is_answered(self):
        pieces, size = 80, 60  # at least 1.6 s, and 3000 bytes a second at best
        length = b"Content-Length: %d\r\n\r\n" % (pieces * size + len(BODY))
        self.assertEqual(self.reply_to_drip(CHAT + length, b" " * size, pieces, BODY).status, 200)
        framed = CHAT + b"Transfer-Encoding: chunked\r\n\r\n"
        self.assertEqual(self.reply_to_drip(framed, chunked(b" " * size), pieces, chunked(BODY) + END).status, 200)


class OpenGateway(unittest.TestCase):
    def test_an_open_gateway_gives_no_page_access(self):
        with Gateway() as gateway:
            reply = gateway.request("GET", "/v1/models", headers={"Authorization": None, "Origin": "https://evil.example"})
            self.assertEqual(reply.status, 200)
            self.assertNotIn("access-control-allow-origin", reply.headers)


class Stopping(unittest.TestCase):
    def test_a_running_stream_ends_properly_and_idle_connections_close(self):
        go_on = threading.Event()

        def script(sock, _call):
            sock.sendall(stream_head() + chunked(sse(chunk_json({"content": "a"}))))
            self.assertTrue(go_on.wait(PATIENCE))
            sock.sendall(chunked(sse(chunk_json({"content": "b"}), chunk_json({}, "stop"), b"[DONE]")) + END)
            return True

        with Upstream(script) as upstream, Gateway(config_for(upstream.url, server={"drain_delay": 300})) as gateway:
            idle = gateway.connect()
            idle.sendall(request_bytes("GET", "/healthz"))
            self.assertEqual(Reply.read(idle).status, 200)
            with gateway.connect() as sock:
                sock.sendall(request_bytes("POST", "/v1/chat/completions", json.dumps(STREAM).encode()))
                upstream.wait_for(lambda u: u.calls)
                gateway.process.send_signal(signal.SIGTERM)
                gateway.eventually(lambda: gateway.request("GET", "/readyz").status == 503, "not ready while draining")
                draining = gateway.request("GET", "/v1/models")
                self.assertEqual((draining.status, draining.headers["connection"]), (200, "close"))
                self.assertTrue(until_closed(idle))
                go_on.set()
                reply = Reply.read(sock)
                self.assertTrue(reply.whole)
                self.assertTrue(reply.body.endswith(b"data: [DONE]\n\n"))
            self.assertEqual(gateway.process.wait(PATIENCE), 0)

    def test_a_second_signal_stops_at_once(self):
        def script(sock, _call):
            until_closed(sock)

        with Upstream(script) as upstream:
            gateway = Gateway(config_for(upstream.url))
            with gateway.connect() as sock:
                sock.sendall(request_bytes("POST", "/v1/chat/completions", BODY))
                upstream.wait_for(lambda u: u.calls)
                gateway.process.send_signal(signal.SIGTERM)
                gateway.eventually(lambda: "event=stopping" in gateway.stderr(), "the first signal is seen")
                gateway.process.send_signal(signal.SIGTERM)
                self.assertEqual(gateway.process.wait(PATIENCE), 1)
            gateway.log.close()
            gateway.folder.cleanup()


class Tls(unittest.TestCase):
    """What a listener with TLS does at the ends of connections."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        make_certificate(cls.folder.name, "good", "DNS:localhost")
        cls.context = ssl.create_default_context(cafile=f"{cls.folder.name}/good.pem")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def gateway(self, upstream, server=None, **sections):
        tls = {"cert": f"{self.folder.name}/good.pem", "key": f"{self.folder.name}/good.key"}
        return Gateway(config_for(upstream.url, server={"tls": tls, **(server or {})}, **sections))

    def connect(self, gateway):
        """An end that was not said raises at the next read."""
        return self.context.wrap_socket(gateway.connect(), server_hostname="localhost", suppress_ragged_eofs=False)

    def ask(self, sock, raw):
        sock.sendall(raw)
        return Reply.read(sock)

    def test_a_stream_for_http_1_0_ends_with_a_close_that_is_said(self):
        with Upstream(answer_well) as upstream, self.gateway(upstream) as gateway, self.connect(gateway) as sock:
            answer = self.ask(sock, chat_bytes(STREAM).replace(b"HTTP/1.1", b"HTTP/1.0"))
            self.assertNotIn("transfer-encoding", answer.headers)
            self.assertEqual(answer.body, good_stream())

    def test_an_early_refusal_of_a_large_body_is_read(self):
        with Upstream(answer_well) as upstream, self.gateway(upstream) as gateway, self.connect(gateway) as sock:
            answer = self.ask(sock, chat_bytes(b" " * 4_000_000, {"Authorization": "Bearer wrong"}))
            self.assertEqual((answer.status, answer.headers["connection"]), (401, "close"))
            self.assertEqual(sock.recv(1), b"", "the close is said")

    def test_a_stop_says_goodbye(self):
        go_on = threading.Event()

        def script(sock, call):
            if not call.json().get("stream"):
                return answer_well(sock, call)
            sock.sendall(stream_head() + chunked(sse(chunk_json({"content": "a"}))))
            self.assertTrue(go_on.wait(PATIENCE))
            sock.sendall(chunked(sse(chunk_json({}, "stop"), b"[DONE]")) + END)
            return True

        with Upstream(script) as upstream, self.gateway(upstream) as gateway:
            with self.connect(gateway) as idle, self.connect(gateway) as streaming:
                self.assertEqual(self.ask(idle, chat_bytes(PLAIN)).body, good_plain())
                streaming.sendall(chat_bytes(STREAM))
                buffer = bytearray()
                self.assertEqual(Reply.read(streaming, buffer, head_only=True).status, 200)
                gateway.process.send_signal(signal.SIGTERM)
                self.assertEqual(idle.recv(1), b"", "the close is said")
                go_on.set()
                while not buffer.endswith(END):
                    buffer += streaming.recv(4096)
                self.assertEqual(streaming.recv(1), b"", "the close is said")
            self.assertEqual(gateway.process.wait(PATIENCE), 0)

    def test_a_handshake_under_way_does_not_delay_a_stop(self):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        half = self.context.wrap_bio(incoming, outgoing, server_hostname="localhost")
        with self.assertRaises(ssl.SSLWantReadError):
            half.do_handshake()
        hello = outgoing.read()
        server = {"shards": 1, "grace": 20_000}
        with Upstream(answer_well) as upstream, self.gateway(upstream, server, limits={"head_timeout": 600_000}) as gateway:
            silent, begun, unfinished = (gateway.connect() for _ in range(3))
            begun.sendall(hello[: len(hello) // 2])
            unfinished.sendall(hello)
            self.assertTrue(unfinished.recv(1), "it waits for the client's part")

            def all_are_there():
                with self.connect(gateway) as sock:
                    metrics = self.ask(sock, request_bytes("GET", "/metrics")).body
                return int(re.search(rb"^smartroute_connections (\d+)", metrics, re.M).group(1)) >= 4

            gateway.eventually(all_are_there, "three, and the scrape")
            gateway.process.send_signal(signal.SIGTERM)
            self.assertEqual(gateway.process.wait(PATIENCE), 0)
            self.assertNotIn("grace_over", gateway.stderr(), "nothing was waited for")
            for sock in (silent, begun, unfinished):
                self.assertTrue(until_closed(sock))
                sock.close()


class Starting(unittest.TestCase):
    def test_two_gateways_on_one_folder_or_port(self):
        with Gateway() as gateway:
            second = subprocess.run([BINARY, "serve", "--data", str(gateway.path), "--port", "0"], capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(second.returncode, 1)
            self.assertIn("already uses the data folder", second.stderr)
            third = subprocess.run([BINARY, "serve", "--data", str(gateway.path / "other"), "--port", str(gateway.port), "--bind", "127.0.0.1"],
                                   capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(third.returncode, 1)
            self.assertIn("is in use", third.stderr)


class Descriptors(unittest.TestCase):
    def test_running_out_of_descriptors_is_lived_through(self):
        with Upstream(answer_well) as upstream, Gateway(config_for(upstream.url), limit_files=48) as gateway:
            held = []
            for _ in range(80):
                held.append(gateway.connect())
            statuses = []
            for sock in held:
                sock.settimeout(5)
                try:
                    sock.sendall(request_bytes("GET", "/healthz"))
                    statuses.append(Reply.read(sock).status)
                except OSError:
                    statuses.append(None)
            self.assertIn(200, statuses)
            for sock in held:
                sock.close()

            def answers():
                try:
                    return gateway.request("GET", "/healthz").status == 200
                except OSError:
                    return False

            gateway.eventually(answers, "it recovers by itself")
            self.assertEqual(gateway.chat(PLAIN).status, 200)


if __name__ == "__main__":
    unittest.main()
