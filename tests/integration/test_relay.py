"""The streaming contract and every upstream fault of this step: one clean answer or one clear error."""

import itertools
import json
import re
import socket
import ssl
import tempfile
import threading
import unittest

from harness import (END, PATIENCE, PLAIN, STREAM, Gateway, Reply, Upstream, answer_well, chat_bytes, chunk_json, chunked,
                     config_for, good_plain, good_stream, make_certificate, reply, request_bytes, reset, said, says, server_tls,
                     sse, stream_head, until_closed)

SMALL = {"timeouts": {"connect": {"t1": 400}, "generation": {"t1": 1500}, "idle": 400}, "upstream": {"connect": 400}}


def sends(*parts):
    """A script that sends these bytes and closes."""
    def script(sock, _call):
        for part in parts:
            sock.sendall(part)
    return script


def silent(sock, _call):
    until_closed(sock)


def stalls_after(*parts):
    def script(sock, _call):
        for part in parts:
            sock.sendall(part)
        until_closed(sock)
    return script


def resets_after(*parts):
    def script(sock, _call):
        for part in parts:
            sock.sendall(part)
        reset(sock)
    return script


def status(line, body=b'{"error":{"message":"said by the provider"}}', extra=""):
    return sends(reply(body, line, extra=extra + "Connection: close\r\n"))


TWO_LENGTHS = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"
HTML = b"<html><body><h1>busy</h1></body></html>"

# Name, script for a plain request, script for a stream, status when it is the only candidate.
FAULTS = [
    ("reset after the request", resets_after(), resets_after(), 502),
    ("reset after the head", resets_after(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n"), resets_after(stream_head()), 502),
    ("closed without a reply", sends(), sends(), 502),
    ("never answers", silent, silent, 504),
    ("head without end", stalls_after(b"HTTP/1.1 200 OK\r\n"), stalls_after(b"HTTP/1.1 200 OK\r\n"), 504),
    ("head, then nothing", stalls_after(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n"), stalls_after(stream_head()), 504),
    ("role, then nothing", silent, stalls_after(stream_head() + chunked(sse(chunk_json({"role": "assistant"})))), 504),
    ("heartbeats for ever", silent, stalls_after(stream_head() + chunked(b": ping\n\n" * 5)), 504),
    ("truncated body", sends(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n" + good_plain()),
     sends(stream_head() + chunked(sse(chunk_json({"role": "assistant"})))), 502),
    ("bad chunk size", sends(stream_head() + b"zz\r\n"), sends(stream_head() + b"zz\r\n"), 502),
    ("two lengths", sends(TWO_LENGTHS), sends(TWO_LENGTHS), 502),
    ("not HTTP", sends(b"SSH-2.0-OpenSSH_9\r\n\r\n"), sends(b"SSH-2.0-OpenSSH_9\r\n\r\n"), 502),
    ("head of a megabyte", sends(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000_000), sends(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1_000_000), 502),
    ("invalid JSON", sends(reply(b"{nonsense")), sends(stream_head() + chunked(b"data: {nonsense\n\n") + END), 502),
    ("HTML with 200", sends(reply(HTML, content_type="text/html")), sends(reply(HTML, content_type="text/html")), 502),
    ("error body with 200", sends(reply(b'{"error":{"message":"boom"}}')), sends(reply(b'{"error":{"message":"boom"}}')), 502),
    ("error event first", sends(reply(b'{"error":"boom"}')), sends(stream_head() + chunked(sse({"error": {"message": "boom"}})) + END), 502),
    ("error event second", sends(reply(b'{"error":"boom"}')),
     sends(stream_head() + chunked(sse(chunk_json({"role": "assistant"}), {"error": {"message": "boom"}})) + END), 502),
    ("empty answer", sends(reply(good_plain(""))), sends(stream_head() + chunked(sse(chunk_json({}, "stop"), b"[DONE]")) + END), 502),
    ("stream that ends at once", sends(reply(b"")), sends(stream_head() + END), 502),
    ("only [DONE]", sends(reply(b"")), sends(stream_head() + chunked(sse(b"[DONE]")) + END), 502),
    ("a notice as an answer", sends(reply(good_plain("Rate limit exceeded"))),
     sends(stream_head() + chunked(good_stream("").replace(b'"content": ""', b'"content": "Rate limit exceeded"')) + END), 429),
    ("400", status("400 Bad Request"), status("400 Bad Request"), 400),
    ("401", status("401 Unauthorized"), status("401 Unauthorized"), 502),
    ("403", status("403 Forbidden"), status("403 Forbidden"), 502),
    ("404", status("404 Not Found"), status("404 Not Found"), 404),
    ("429", status("429 Too Many Requests", extra="Retry-After: 7\r\n"), status("429 Too Many Requests"), 429),
    ("500", status("500 Internal Server Error"), status("500 Internal Server Error"), 502),
    ("500 HTML", status("500 Oops", HTML), status("500 Oops", HTML), 502),
    ("529", status("529 Overloaded"), status("529 Overloaded"), 429),
    ("redirect", status("307 Temporary Redirect", b"", "Location: http://127.0.0.1:1/\r\n"), status("302 Found", b"", "Location: /x\r\n"), 502),
    ("204", sends(b"HTTP/1.1 204 No Content\r\n\r\n"), sends(b"HTTP/1.1 204 No Content\r\n\r\n"), 502),
    ("101", sends(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), sends(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), 502),
    ("gzip unasked", sends(reply(b"\x1f\x8b\x08", extra="Content-Encoding: gzip\r\n")), sends(stream_head("Content-Encoding: gzip\r\n") + chunked(b"\x1f\x8b") + END), 502),
]


class Faults(unittest.TestCase):
    def check_only(self, gateway, upstream, body, expected):
        answer = gateway.chat(body)
        self.assertEqual(answer.status, expected, answer.body)
        self.assertTrue(answer.whole)
        error = answer.error()
        self.assertEqual(set(error), {"message", "type", "param", "code"})
        self.assertNotIn("<", error["message"])
        self.assertNotIn("sk-provider", error["message"])
        self.assertEqual(len(upstream.calls), 1, "asked once")

    def check_first(self, gateway, body):
        answer = gateway.chat(body)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.headers["x-smartroute-attempts"], "2")
        self.assertEqual(answer.headers["x-smartroute-model"], "p1/m1")
        self.assertEqual(answer.body, good_stream() if body.get("stream") else good_plain())

    def test_every_fault_alone_and_before_a_model_that_answers(self):
        with Upstream(answer_well) as second:
            for name, plain, stream, expected in FAULTS:
                for kind, script, body in (("plain", plain, PLAIN), ("stream", stream, STREAM)):
                    with self.subTest(name, kind=kind), Upstream(script) as first:
                        with Gateway(config_for(first.url, **SMALL)) as gateway:
                            self.check_only(gateway, first, body, expected)
                        with Gateway(config_for(first.url, second.url, **SMALL)) as gateway:
                            self.check_first(gateway, body)

    def test_nobody_listens_and_a_black_hole(self):
        closed = socket.create_server(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        closed.close()
        hole = socket.socket()  # a full backlog: connections are never accepted
        hole.bind(("127.0.0.1", 0))
        hole.listen(0)
        fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(hole.getsockname())
            fillers.append(filler)
        with Upstream(answer_well) as second:
            for name, url in (("refused", f"http://127.0.0.1:{port}/v1"), ("black hole", f"http://127.0.0.1:{hole.getsockname()[1]}/v1"),
                              ("no such name", "http://nobody.invalid/v1")):
                with self.subTest(name):
                    with Gateway(config_for(url, **SMALL)) as gateway:
                        answer = gateway.chat(PLAIN)
                        self.assertEqual((answer.status, answer.error()["type"]), (502, "upstream_error"))
                    with Gateway(config_for(url, second.url, **SMALL)) as gateway:
                        self.check_first(gateway, STREAM)
        for filler in fillers:
            filler.close()
        hole.close()

    def test_a_keepalive_race_is_not_seen(self):
        calls = []

        def script(sock, call):
            calls.append(call)
            if len(calls) == 2:  # the second request meets a connection that closes as it is reused
                reset(sock)
                return False
            return answer_well(sock, call)

        with Upstream(script) as upstream, Gateway(config_for(upstream.url, server={"shards": 1})) as gateway:
            with gateway.connect() as sock:
                for _ in range(3):
                    sock.sendall(request_bytes("POST", "/v1/chat/completions", json.dumps(PLAIN).encode()))
                    self.assertEqual(Reply.read(sock).status, 200)
            self.assertEqual(upstream.connections, 2)
            self.assertIn(b"smartroute_keepalive_races_total 1\n", gateway.request("GET", "/metrics").body)

    def test_interim_replies_are_passed_over(self):
        hints = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        with Upstream(sends(hints + reply(good_plain()))) as upstream, Gateway(config_for(upstream.url)) as gateway:
            self.assertEqual(gateway.chat(PLAIN).body, good_plain())

    def test_an_endless_error_body_is_not_read_whole(self):
        sent = []

        def script(sock, _call):
            sock.sendall(b"HTTP/1.1 500 Oops\r\nContent-Length: 1000000000\r\n\r\n")
            try:
                while len(sent) < 1000:
                    sock.sendall(b"x" * 1_000_000)
                    sent.append(1)
            except OSError:
                pass

        with Upstream(script) as upstream, Gateway(config_for(upstream.url)) as gateway:
            self.assertEqual(gateway.chat(PLAIN).status, 502)
            self.assertLess(len(sent), 50)


class Stream(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.upstream = Upstream(lambda sock, call: cls.script(sock, call))
        cls.gateway = Gateway(config_for(cls.upstream.url, **SMALL))

    @classmethod
    def tearDownClass(cls):
        cls.gateway.stop()
        cls.upstream.stop()

    def ask(self, script, body=STREAM):
        type(self).script = staticmethod(script)
        return self.gateway.chat(body)

    def test_the_same_bytes_whatever_the_cuts(self):
        events = ": hello\n\n".encode() + sse(chunk_json({"role": "assistant", "content": ""}), chunk_json({"content": "你好\U0001f30d"}))
        events += b"event: x\r\nid: 1\r\ndata: " + json.dumps(chunk_json({"content": "b"})).encode() + b"\r\n\r\n"
        events += sse(chunk_json({}, "stop"), b"[DONE]")
        for cut in range(1, len(events), 3):
            def script(sock, _call, cut=cut):
                sock.sendall(stream_head() + chunked(events[:cut]))
                sock.sendall(chunked(events[cut:]) + END)
                return True
            answer = self.ask(script)
            self.assertEqual(answer.body, events, f"cut at {cut}")
            self.assertTrue(answer.whole)

    def test_byte_by_byte_and_without_chunks(self):
        events = good_stream("héllo 世界")

        def script(sock, _call):
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\r\n")
            for byte in events:
                sock.send(bytes([byte]))
        self.assertEqual(self.ask(script).body, events)

    def test_a_missing_done_is_forgiven_promptly_and_never_invented(self):
        events = good_stream().removesuffix(b"data: [DONE]\n\n")
        answer = self.ask(sends(stream_head() + chunked(events) + END))
        self.assertTrue(answer.whole)
        self.assertEqual(answer.body, events)
        answer = self.ask(stalls_after(stream_head() + chunked(events)))
        self.assertTrue(answer.whole)
        self.assertEqual(answer.body, events)

    def test_a_cut_after_content_is_an_error_event_and_no_done(self):
        begun = stream_head() + chunked(sse(chunk_json({"content": "half"})))
        for name, script, code in (("closed", sends(begun), "interrupted"), ("reset", resets_after(begun), "interrupted"),
                                   ("stalled", stalls_after(begun), "interrupted"), ("bad chunk", sends(begun + b"zz\r\n"), "interrupted"),
                                   ("ended", sends(begun + END), "interrupted"),
                                   ("error event", sends(begun + chunked(sse({"error": {"message": "boom"}})) + END), "interrupted")):
            with self.subTest(name):
                answer = self.ask(script)
                self.assertTrue(answer.whole, "the framing itself is whole")
                self.assertNotIn(b"[DONE]", answer.body)
                last = json.loads(answer.body.split(b"\n\n")[-2].removeprefix(b"data: "))
                self.assertEqual(last["error"]["code"], code)

    def test_an_event_cut_before_its_end_is_not_glued_to_the_error(self):
        first = sse(chunk_json({"content": "half"}))
        second = sse(chunk_json({"content": "lost"}))
        tails = {"no empty line": second[:-1], "no line end": second[:-2], "half an event": second[: len(second) // 2],
                 "a comment": b": ping", "a comment's line": b": ping\n", "a name": b"event: x", "two lines": b"event: x\ndata: y\n",
                 "CR LF": second[:-2] + b"\r\n", "a whole event before": second + b"data: {"}
        for (name, tail), end, together in itertools.product(tails.items(), (END, b"", b"zz\r\n"), (True, False)):
            with self.subTest(name, end=end, together=together):
                seen = threading.Event()

                def script(sock, _call, tail=tail, end=end, together=together, seen=seen):
                    if together:
                        sock.sendall(stream_head() + chunked(first + tail) + end)
                        return
                    sock.sendall(stream_head() + chunked(first))
                    self.assertTrue(seen.wait(PATIENCE))
                    sock.sendall(chunked(tail) + end)
                type(self).script = staticmethod(script)
                with self.gateway.connect() as sock:
                    sock.sendall(chat_bytes(STREAM))
                    buffer = bytearray()
                    while first not in buffer and not together:
                        buffer += sock.recv(4096)
                    seen.set()
                    answer = Reply.read(sock, buffer)
                self.assertTrue(answer.whole)
                whole = first + second if tail.startswith(second) else first
                self.assertTrue(answer.body.startswith(whole), answer.body)
                error = answer.body.removeprefix(whole)
                self.assertTrue(error.startswith(b"data: {") and error.endswith(b"}\n\n"), error)
                self.assertEqual(json.loads(error.removeprefix(b"data: "))["error"]["code"], "interrupted")

    def test_usage_is_asked_for_and_taken_out_again(self):
        usage = {**chunk_json({}), "choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 6, "total_tokens": 11}}
        events = [chunk_json({"content": "a"}), chunk_json({}, "stop")]

        def script(sock, call):
            asked = (call.json().get("stream_options") or {}).get("include_usage")
            sock.sendall(stream_head() + chunked(sse(*events, *([usage] if asked else []), b"[DONE]")) + END)
            return True
        self.assertEqual(self.ask(script).body, sse(*events, b"[DONE]"))
        self.assertEqual(self.ask(script, {**STREAM, "stream_options": {"include_usage": True}}).body, sse(*events, usage, b"[DONE]"))
        self.assertEqual(self.ask(script, {**STREAM, "stream_options": {"include_usage": False}}).body, sse(*events, b"[DONE]"))

    def test_an_event_of_ten_megabytes(self):
        events = sse(chunk_json({"content": "x" * 10_000_000}), chunk_json({}, "stop"), b"[DONE]")
        answer = self.ask(sends(stream_head() + chunked(events) + END))
        self.assertEqual(len(answer.body), len(events))
        self.assertEqual(answer.body, events)

    def test_bodies_pass_byte_for_byte(self):
        raw = b'{ "x":1e2 ,"stream" :true, "messages" : [{"role":"user","content":"\\u4f60"}],"model":\t"auto"}\n'
        seen = []

        def script(sock, call):
            seen.append(call)
            return answer_well(sock, call)
        type(self).script = staticmethod(script)
        self.assertEqual(self.gateway.request("POST", "/v1/chat/completions", raw).status, 200)
        expected = raw.replace(b'"auto"', b'"m0"').replace(b'{ "x"', b'{"stream_options":{"include_usage":true}, "x"')
        self.assertEqual(seen[0].body, expected)

    def test_a_client_that_leaves_is_noticed_by_the_provider(self):
        for name, begun in (("before the first byte", b""), ("in the middle", stream_head() + chunked(sse(chunk_json({"content": "a"}))))):
            with self.subTest(name):
                closed = threading.Event()
                asked = threading.Event()

                def script(sock, _call, begun=begun, closed=closed, asked=asked):
                    if begun:
                        sock.sendall(begun)
                    asked.set()
                    until_closed(sock)
                    closed.set()
                type(self).script = staticmethod(script)
                sock = self.gateway.connect()
                sock.sendall(request_bytes("POST", "/v1/chat/completions", json.dumps(STREAM).encode()))
                if begun:
                    self.assertEqual(Reply.read(sock, head_only=True).status, 200)
                self.assertTrue(asked.wait(PATIENCE))
                sock.close()
                self.assertTrue(closed.wait(1.0), "within a second")


class LeavingClients(unittest.TestCase):
    def test_who_leaves_before_the_first_content_is_no_failure(self):
        role = stream_head() + chunked(sse(chunk_json({"role": "assistant"})))
        leave = {"closes": socket.socket.close, "resets": reset, "half-closes": lambda sock: sock.shutdown(socket.SHUT_WR)}

        def script(sock, call):
            if said(call) == "role":
                sock.sendall(role)
            until_closed(sock)

        with Upstream(script) as upstream, Gateway(config_for(upstream.url)) as gateway:
            asked = [(name, text, stream) for name in leave for text, stream in (("silent", False), ("silent", True), ("role", True))]
            for name, text, stream in asked:
                with self.subTest(name, text=text, stream=stream), gateway.connect() as sock:
                    before = len(upstream.calls)
                    sock.sendall(chat_bytes(says(text, stream)))
                    upstream.wait_for(lambda u, before=before: len(u.calls) > before)
                    leave[name](sock)
                    self.assertTrue(upstream.calls[before].closed.wait(PATIENCE))
                    if name == "half-closes":
                        self.assertEqual(sock.recv(1), b"", "nothing is said to somebody who has left")

            def metrics():
                return gateway.request("GET", "/metrics").body.decode()

            for stream, count in (("false", 3), ("true", 6)):
                line = f'smartroute_requests_total{{route="chat",tier="t1",outcome="client_gone",stream="{stream}"}} {count}\n'
                gateway.eventually(lambda line=line: line in metrics(), line)
            gateway.eventually(lambda: "smartroute_requests_in_flight 1\n" in metrics(), "only the scrape is in flight")
            self.assertNotIn('outcome="internal"', metrics())
            self.assertNotIn('status="5xx"', metrics())
            self.assertIn(f'smartroute_responses_total{{route="chat",status="none"}} {len(asked)}\n', metrics())
            gateway.eventually(lambda: gateway.stderr().count(" error=client_gone ") == len(asked), "each has its line")
            self.assertEqual(len(upstream.calls), len(asked), "asked once each")


class SlowClient(unittest.TestCase):
    def test_a_client_that_reads_nothing_slows_its_provider_and_ends(self):
        sent = []
        done = threading.Event()
        event = sse(chunk_json({"content": "x" * 50_000}))

        def script(sock, _call):
            try:
                sock.sendall(stream_head())
                while len(sent) < 4000:
                    sock.sendall(chunked(event))
                    sent.append(1)
            except OSError:
                pass
            done.set()

        with Upstream(script) as upstream, Gateway(config_for(upstream.url, limits={"write_timeout": 700})) as gateway:
            sock = gateway.connect()
            sock.sendall(request_bytes("POST", "/v1/chat/completions", json.dumps(STREAM).encode()))
            self.assertTrue(done.wait(PATIENCE), "the write timeout ends it")
            self.assertLess(len(sent) * len(event), 40_000_000, "socket buffers, not the gateway's memory")
            sock.close()


class Hold(unittest.TestCase):
    CONFIG = {"stream": {"hold": 150, "heartbeat": 100}, "timeouts": {"connect": {"t1": 1200}}}

    def test_comments_bridge_silence_then_content_comes(self):
        go_on = threading.Event()

        def script(sock, _call):
            self.assertTrue(go_on.wait(PATIENCE))
            sock.sendall(stream_head() + chunked(good_stream()) + END)
            return True

        with Upstream(script) as upstream, Gateway(config_for(upstream.url, **self.CONFIG)) as gateway, gateway.connect() as sock:
            sock.sendall(request_bytes("POST", "/v1/chat/completions", json.dumps(STREAM).encode()))
            buffer = bytearray()
            self.assertEqual(Reply.read(sock, buffer, head_only=True).status, 200)
            while buffer.count(b": keep-alive\n\n") < 3:
                buffer += sock.recv(4096)
            go_on.set()
            while not buffer.endswith(END):
                buffer += sock.recv(4096)
            body = b""
            while buffer:
                size = int(buffer.split(b"\r\n")[0], 16)
                start = buffer.index(b"\r\n") + 2
                body += buffer[start : start + size]
                del buffer[: start + size + 2]
            self.assertEqual(body.replace(b": keep-alive\n\n", b""), good_stream())

    def test_a_total_failure_after_the_hold_is_an_error_event(self):
        with Upstream(silent) as upstream, Gateway(config_for(upstream.url, **self.CONFIG)) as gateway:
            answer = gateway.chat(STREAM)
            self.assertEqual(answer.status, 200, "the status was spent")
            self.assertTrue(answer.whole)
            last = json.loads(answer.body.split(b"\n\n")[-2].removeprefix(b"data: "))
            self.assertEqual(last["error"]["code"], "first_byte_timeout")

    def test_plain_requests_are_not_held(self):
        with Upstream(silent) as upstream, Gateway(config_for(upstream.url, stream=self.CONFIG["stream"], timeouts={"generation": {"t1": 600}})) as gateway:
            self.assertEqual(gateway.chat(PLAIN).status, 504)


class Doors(unittest.TestCase):
    """TLS to the provider and to the client, private authorities, a forward proxy, keys and headers."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        make_certificate(cls.folder.name, "good", "IP:127.0.0.1,DNS:localhost")
        make_certificate(cls.folder.name, "other", "DNS:elsewhere.example")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def tls(self, name):
        return server_tls(self.folder.name, name)

    def test_certificates_are_verified_before_the_key_is_sent(self):
        for name, ca, expected in (("good", "good", 200), ("good", None, 502), ("other", "other", 502)):
            with self.subTest(name, ca=ca), Upstream(answer_well, self.tls(name)) as upstream:
                config = config_for(upstream.url)
                if ca:
                    config["providers"]["custom"]["p0"]["ca_file"] = f"{self.folder.name}/{ca}.pem"
                with Gateway(config) as gateway:
                    for body in (PLAIN, STREAM):
                        answer = gateway.chat(body)
                        self.assertEqual(answer.status, expected, answer.body)
                    if expected == 502:
                        self.assertEqual(answer.error()["code"], "upstream_tls")
                        self.assertEqual(upstream.calls, [], "nothing was sent")

    def test_verification_can_be_switched_off_for_one_provider(self):
        with Upstream(answer_well, self.tls("other")) as upstream:
            config = config_for(upstream.url)
            config["providers"]["custom"]["p0"]["verify_ssl"] = False
            with Gateway(config) as gateway:
                self.assertEqual(gateway.chat(PLAIN).status, 200)

    def test_a_proxy_tunnels(self):
        seen = []

        def tunnel(sock, address):
            target = socket.create_connection(address)

            def copy(a, b):
                try:
                    while data := a.recv(65536):
                        b.sendall(data)
                except OSError:
                    pass
                for s in (a, b):
                    try:
                        s.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass
            threading.Thread(target=copy, args=(target, sock), daemon=True).start()
            copy(sock, target)

        def serve(listener):
            while True:
                try:
                    sock, _ = listener.accept()
                except OSError:
                    return
                head = b""
                while b"\r\n\r\n" not in head:
                    head += sock.recv(4096)
                seen.append(head)
                host, port = head.split()[1].decode().rsplit(":", 1)
                sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                threading.Thread(target=tunnel, args=(sock, (host, int(port))), daemon=True).start()

        with socket.create_server(("127.0.0.1", 0)) as listener, Upstream(answer_well, self.tls("good")) as upstream:
            threading.Thread(target=serve, args=(listener,), daemon=True).start()
            config = config_for(upstream.url)
            config["providers"]["custom"]["p0"].update(ca_file=f"{self.folder.name}/good.pem", proxy=f"http://user:pw@127.0.0.1:{listener.getsockname()[1]}")
            with Gateway(config) as gateway:
                self.assertEqual(gateway.chat(STREAM).body, good_stream())
            self.assertTrue(seen[0].startswith(f"CONNECT 127.0.0.1:{upstream.port} HTTP/1.1\r\n".encode()))
            self.assertIn(b"Proxy-Authorization: Basic dXNlcjpwdw==\r\n", seen[0])
            self.assertNotIn(b"sk-provider", seen[0])

    def test_the_listener_speaks_tls(self):
        with Upstream(answer_well) as upstream:
            tls = {"tls": {"cert": f"{self.folder.name}/good.pem", "key": f"{self.folder.name}/good.key"}}
            with Gateway(config_for(upstream.url, server=tls)) as gateway:
                context = ssl.create_default_context(cafile=f"{self.folder.name}/good.pem")
                for body, expected in ((PLAIN, good_plain()), (STREAM, good_stream())):
                    with context.wrap_socket(gateway.connect(), server_hostname="localhost") as sock:
                        for _ in range(2):
                            sock.sendall(request_bytes("POST", "/v1/chat/completions", json.dumps(body).encode()))
                            self.assertEqual(Reply.read(sock).body, expected)

    def test_headers_pass_by_list(self):
        seen = []

        def script(sock, call):
            seen.append(call)
            sock.sendall(reply(good_plain(), extra="Set-Cookie: a=b\r\nX-Goog-Api-Key: secret\r\nServer: x\r\n"))
            return True

        with Upstream(script) as upstream:
            config = config_for(upstream.url)
            config["providers"]["custom"]["p0"].update(api_key="", headers={"X-Fixed": "1"})
            with Gateway(config) as gateway:
                answer = gateway.chat(PLAIN, {"Cookie": "c", "X-Api-Key": "k", "anthropic-beta": "b", "traceparent": "t", "X-Forwarded-For": "1.2.3.4"})
            for name in ("set-cookie", "x-goog-api-key", "server"):
                self.assertNotIn(name, answer.headers)
            call = seen[0]
            for name in ("authorization", "cookie", "x-api-key", "x-forwarded-for"):
                self.assertIsNone(call.header(name), name)
            self.assertEqual((call.header("x-fixed"), call.header("anthropic-beta"), call.header("traceparent")), ("1", "b", "t"))


class Many(unittest.TestCase):
    def test_two_hundred_streams_without_a_lost_or_doubled_byte(self):
        def script(sock, call):
            text = call.json()["messages"][0]["content"]
            seed = int(text)
            events = sse(*[chunk_json({"content": f"{seed}-{i} "}) for i in range(50)], chunk_json({}, "stop"), b"[DONE]")
            sock.sendall(stream_head())
            at = 0
            while at < len(events):
                size = 1 + (seed * 7919 + at * 31) % 700
                sock.sendall(chunked(events[at : at + size]))
                at += size
            sock.sendall(END)
            return True

        failures = []

        def client(gateway, seed):
            body = {**STREAM, "messages": [{"role": "user", "content": str(seed)}]}
            expected = sse(*[chunk_json({"content": f"{seed}-{i} "}) for i in range(50)], chunk_json({}, "stop"), b"[DONE]")
            try:
                if gateway.chat(body).body != expected:
                    failures.append(seed)
            except OSError as error:
                failures.append(error)

        with Upstream(script) as upstream, Gateway(config_for(upstream.url)) as gateway:
            threads = [threading.Thread(target=client, args=(gateway, seed)) for seed in range(200)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(failures, [])
            # A request's record follows its last byte.
            gateway.eventually(lambda: b"smartroute_requests_in_flight 1\n" in gateway.request("GET", "/metrics").body,
                               "only the scrape is in flight")
            metrics = gateway.request("GET", "/metrics").body.decode()
            sent = int(re.search(r"^smartroute_sent_bytes_total (\d+)", metrics, re.M).group(1))
            self.assertGreater(sent, 200 * 50 * 20, "what the clients got was counted")


if __name__ == "__main__":
    unittest.main()
