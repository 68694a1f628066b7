"""Requests that are passed through: bytes there and back as they come, the same doors as for chat, one clear error."""

import contextlib
import json
import pathlib
import re
import socket
import threading
import unittest

from harness import (END, KEY, PATIENCE, Gateway, Reply, Upstream, chunked, config_for, reply, request_bytes, stream_head, taken,
                     until_closed)
from stage import Stage

MIB = 1024 * 1024
GROUPS = ["images", "audio", "moderations", "rerank"]
IMAGES = "/v1/images/generations"
IMAGE = b'{ "created": 1.50,\n "data": [{"b64_json":"AAAA\\/"}], "usage": {"input_tokens": 5, "output_tokens": 7, "total_tokens": 12} }\n'
SPEECH = bytes(range(256)) * 16


def config_of(*urls, most=None, **sections):
    config = config_for(*urls, **{"server": {"shards": 1}, **sections})
    for provider in config["providers"]["custom"].values():
        provider["passthrough"] = GROUPS
        if most:
            provider["passthrough_max_mb"] = most
    return config


def post(path, body, headers=None):
    return request_bytes("POST", path, body, {"Content-Type": "application/json", **(headers or {})})


def chunked_head(path, content_type="application/json"):
    return (f"POST {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {KEY}\r\nContent-Type: {content_type}\r\n"
            "Transfer-Encoding: chunked\r\n\r\n").encode()


def read_head(sock):
    """A request's head, and what came behind it."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = sock.recv(65536)
        assert part, "the request was cut in its head"
        data += part
    head, _, rest = data.partition(b"\r\n\r\n")
    return head.decode("latin-1"), bytearray(rest)


def read_until(sock, data, size):
    while len(data) < size:
        part = sock.recv(65536)
        assert part, "the request was cut in its body"
        data += part
    return data


def form(file, model="whisper-1", boundary="xYz", model_first=False):
    field = f'--{boundary}\r\nContent-Disposition: form-data; name="model"\r\n\r\n{model}\r\n'.encode()
    upload = (f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.mp3"\r\n'
              "Content-Type: audio/mpeg\r\n\r\n").encode() + file + b"\r\n"
    parts = field + upload if model_first else upload + field
    return parts + f"--{boundary}--\r\n".encode(), f'multipart/form-data; boundary="{boundary}"'


class Passthrough(unittest.TestCase):
    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.stage = self.stack.enter_context(Stage())

    def gateway(self, *urls, **more):
        return self.stack.enter_context(Gateway(config_of(*urls, **more)))

    def upstream(self, script):
        return self.stack.enter_context(Upstream(script))

    def request_lines(self, gateway):
        gateway.eventually(lambda: "passthrough=" in gateway.stderr(), "its line")
        return [line for line in gateway.stderr().splitlines() if "passthrough=" in line]

    def test_an_image_is_asked_for_and_comes_byte_for_byte(self):
        def script(sock, call):
            sock.sendall(reply(IMAGE, extra="X-Request-Id: req-7\r\nSet-Cookie: a=b\r\nServer: p\r\n"))
            return True

        upstream = self.upstream(script)
        gateway = self.gateway(upstream.url)
        body = b'{ "model":"p0\\/gpt-image-1", "prompt":"\\u732b", "n":1.0 }'
        with gateway.connect() as sock:
            for _ in range(2):
                sock.sendall(post(IMAGES + "?api-version=1&x=%2F", body, {"Cookie": "s=1", "OpenAI-Beta": "b", "Accept": "application/json"}))
                answer = Reply.read(sock)
                self.assertEqual((answer.status, answer.body, answer.whole), (200, IMAGE, True))
        self.assertEqual(upstream.connections, 1, "kept alive on both sides")
        call = upstream.calls[1]
        self.assertEqual(call.body, body.replace(b"p0\\/", b""))
        self.assertEqual(call.head.split("\r\n")[0], "POST /v1/images/generations?api-version=1&x=%2F HTTP/1.1")
        self.assertEqual(call.header("Authorization"), "Bearer sk-provider-0")
        self.assertEqual([call.header(name) for name in ("Content-Type", "Accept", "OpenAI-Beta")],
                         ["application/json", "application/json", "b"])
        self.assertIsNone(call.header("Cookie"))
        self.assertNotIn(KEY, call.head)
        self.assertEqual(answer.headers["x-smartroute-provider"], "p0")
        self.assertEqual(answer.headers["x-smartroute-upstream-request-id"], "req-7")
        self.assertIn("x-smartroute-request-id", answer.headers)
        for name in ("set-cookie", "server", "x-request-id", "x-smartroute-tier"):
            self.assertNotIn(name, answer.headers)
        line = self.request_lines(gateway)[0]
        for part in ("status=200", "passthrough=images", "provider=p0", "model=gpt-image-1", f"bytes_in={len(body)}", "tokens=5+7",
                     "key=gateway"):
            self.assertIn(part, line)
        metrics = gateway.request("GET", "/metrics").body.decode()
        self.assertRegex(metrics, r'smartroute_requests_total\{route="passthrough",tier="none",outcome="success",stream="false"\} 2')
        self.assertIn('p0/v1/images', metrics)
        self.assertNotIn("gpt-image-1", metrics, "a client's words are no label")

    def test_an_upload_arrives_while_it_is_sent(self):
        body, content_type = form(b"\x00\xff" * (2 * MIB))
        half = len(body) // 2
        arrived, whole = threading.Event(), {}

        def script(sock, _):
            head, data = read_head(sock)
            read_until(sock, data, half)
            arrived.set()
            read_until(sock, data, len(body))
            whole["head"], whole["body"] = head, bytes(data)
            sock.sendall(reply(b'{"text":"hi"}'))

        part = self.stage.part(script, at_once=True)
        gateway = self.gateway(part.url)
        with gateway.connect() as sock:
            head = post("/v1/audio/transcriptions", None, {"Content-Type": content_type, "Content-Length": str(len(body))})
            sock.sendall(head + body[:half])
            self.assertTrue(arrived.wait(PATIENCE), "the provider has the half that was sent")
            sock.sendall(body[half:])
            answer = Reply.read(sock)
        self.assertEqual((answer.status, answer.body), (200, b'{"text":"hi"}'))
        self.assertTrue(whole["body"] == body)
        self.assertIn(f"Content-Length: {len(body)}", whole["head"])
        self.assertIn(f"Content-Type: {content_type}", whole["head"])
        self.assertIn(f"bytes_in={len(body)}", self.request_lines(gateway)[0])

    def test_a_chunked_upload_loses_its_prefix_and_nothing_else(self):
        body, content_type = form(b"abc" * MIB, model="p1/whisper-1", model_first=True)
        seen = {}

        def script(sock, _):
            head, data = read_head(sock)
            while not data.endswith(END):
                read_until(sock, data, len(data) + 1)
            seen["head"], seen["body"] = head, bytes(data)
            sock.sendall(reply(b"{}"))

        part = self.stage.part(script, at_once=True)
        gateway = self.gateway(self.stage.closed_port(), part.url)
        pieces = [body[i : i + 100000] for i in range(0, len(body), 100000)]
        answer = gateway.send(chunked_head("/v1/audio/transcriptions", content_type) + b"".join(map(chunked, pieces)) + END)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertIn("Transfer-Encoding: chunked", seen["head"])
        self.assertTrue(unchunked(seen["body"]) == body.replace(b"p1/whisper-1", b"whisper-1"))

    def test_small_chunks_are_joined(self):
        seen = {}

        def script(sock, _):
            _, data = read_head(sock)
            while not data.endswith(END):
                read_until(sock, data, len(data) + 1)
            seen["body"] = bytes(data)
            sock.sendall(reply(b"{}"))

        gateway = self.gateway(self.stage.part(script, at_once=True).url)
        body = bytes(i % 251 for i in range(100_000))
        raw = chunked_head("/v1/audio/transcriptions", "application/octet-stream")
        raw += b"".join(chunked(body[i : i + 1]) for i in range(len(body))) + END
        with gateway.connect() as sock:
            sock.sendall(raw)
            self.assertEqual(Reply.read(sock).status, 200)
        self.assertTrue(unchunked(seen["body"]) == body)
        self.assertLess(len(seen["body"]), 2 * len(body), "a chunk for each byte would be six times as long")

    def test_memory_is_bounded_while_a_provider_takes_nothing(self):
        go_on = threading.Event()
        size = 60 * MIB

        def script(sock, _):
            head, data = read_head(sock)
            go_on.wait(PATIENCE)
            total = len(data)
            while total < size:
                total += len(sock.recv(1 << 20))
            sock.sendall(reply(b"{}"))

        part = self.stage.part(script, at_once=True)
        gateway = self.gateway(part.url)

        def resident():
            return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{gateway.process.pid}/status").read_text()).group(1)) * 1024

        with gateway.connect() as sock:
            before = resident()
            sock.sendall(post("/v1/audio/translations", None, {"Content-Length": str(size), "Content-Type": "audio/x"}))
            sock.settimeout(1)
            sent = 0
            with self.assertRaises(TimeoutError):  # everybody's buffers are full
                while sent < size:
                    sent += sock.send(b"x" * min(1 << 20, size - sent))
            self.assertLess(sent, size)
            self.assertLess(resident() - before, 8 * MIB)
            sock.settimeout(PATIENCE)
            go_on.set()
            while sent < size:
                sent += sock.send(b"x" * min(1 << 20, size - sent))
            self.assertEqual(Reply.read(sock).status, 200)
            self.assertLess(resident() - before, 8 * MIB)

    def test_speech_is_heard_before_its_end(self):
        heard = threading.Event()

        def script(sock, call):
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Disposition: inline\r\nTransfer-Encoding: chunked\r\n\r\n")
            sock.sendall(chunked(SPEECH))
            heard.wait(PATIENCE)
            sock.sendall(chunked(SPEECH) + END)
            return True

        gateway = self.gateway(self.upstream(script).url)
        with gateway.connect() as sock:
            sock.sendall(post("/v1/audio/speech", b'{"model":"tts-1","input":"x"}'))
            data = bytearray()
            while SPEECH not in data:
                data += sock.recv(65536)
            heard.set()
            answer = Reply.read(sock, data)
        self.assertEqual((answer.status, answer.whole, answer.body), (200, True, SPEECH * 2))
        self.assertEqual((answer.headers["content-type"], answer.headers["content-disposition"]), ("audio/mpeg", "inline"))

    def test_events_of_an_image_come_one_by_one(self):
        seen = threading.Event()
        first, last = b"event: partial\ndata: {\"b64_json\":\"AA\"}\n\n", b"event: completed\ndata: {}\n\n"

        def script(sock, call):
            sock.sendall(stream_head() + chunked(first))
            seen.wait(PATIENCE)
            sock.sendall(chunked(last) + END)
            return True

        gateway = self.gateway(self.upstream(script).url)
        with gateway.connect() as sock:
            sock.sendall(post(IMAGES, b'{"model":"m","stream":true}'))
            data = bytearray()
            while first not in data:
                data += sock.recv(65536)
            seen.set()
            answer = Reply.read(sock, data)
        self.assertEqual((answer.body, answer.headers["content-type"]), (first + last, "text/event-stream"))

    def test_a_reply_comes_however_it_is_framed(self):
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        replies = {
            b"whole in one chunk": (head + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(IMAGE) + END, IMAGE),
            b"until it closes": (head + b"Connection: close\r\n\r\n" + IMAGE, IMAGE),
            b"empty": (head + b"Content-Length: 0\r\n\r\n", b""),
            b"empty in chunks": (head + b"Transfer-Encoding: chunked\r\n\r\n" + END, b""),
            b"large": (head + b"Content-Length: 3000000\r\n\r\n" + b"x" * 3000000, b"x" * 3000000),
            b"no content": (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        }

        def script(sock, call):
            sock.sendall(replies[call.body][0])
            return call.body != b"until it closes"

        gateway = self.gateway(self.upstream(script).url)
        for name, (_, body) in replies.items():
            with self.subTest(name), gateway.connect() as sock:
                for _ in range(2):
                    sock.sendall(post(IMAGES, name))
                    answer = Reply.read(sock)
                    self.assertEqual((answer.status, answer.whole, answer.body == body), (204 if name == b"no content" else 200, True, True))

    def test_a_length_beyond_the_bound_is_refused_unread(self):
        upstream = self.upstream(lambda sock, call: sock.sendall(reply(b"{}")))
        gateway = self.gateway(upstream.url, most=1)
        with gateway.connect() as sock:
            sock.sendall(post(IMAGES, None, {"Content-Length": str(MIB + 1), "Expect": "100-continue"}))
            answer = Reply.read(sock)
        self.assertEqual(answer.status, 413)
        self.assertEqual(answer.error()["code"], "payload_too_large")
        self.assertIn("passthrough_max_mb", answer.error()["message"])
        self.assertEqual(upstream.connections, 0)

    def test_chunks_beyond_the_bound_cut_the_provider_off(self):
        closed = threading.Event()

        def script(sock, _):
            if until_closed(sock):
                closed.set()

        gateway = self.gateway(self.stage.part(script, at_once=True).url, most=1)
        with gateway.connect() as sock:
            sock.sendall(chunked_head("/v1/audio/transcriptions", "audio/x"))
            for _ in range(17):
                sock.sendall(chunked(b"x" * 65536))
            answer = Reply.read(sock)
        self.assertEqual((answer.status, answer.error()["code"]), (413, "payload_too_large"))
        self.assertIn("providers.custom.p0.passthrough_max_mb", answer.error()["message"])
        self.assertTrue(closed.wait(PATIENCE), "the provider's connection is closed")
        self.assertIn("error=payload_too_large", self.request_lines(gateway)[0])

    def test_the_doors_are_those_of_chat(self):
        upstream = self.upstream(lambda sock, call: sock.sendall(reply(b"{}")))
        config = config_of(upstream.url)
        config["providers"]["custom"]["p0"]["passthrough"] = ["images"]
        gateway = self.stack.enter_context(Gateway(config))
        # A wrong key is told before the body comes.
        answer = gateway.send(post(IMAGES, None, {"Authorization": "Bearer wrong", "Content-Length": "1000"}))
        self.assertEqual((answer.status, answer.error()["code"]), (401, "invalid_api_key"))
        answer = gateway.request("POST", "/v1/audio/speech", b"{}")
        self.assertEqual(answer.status, 404)
        self.assertIn("providers.<id>.passthrough", answer.error()["message"])
        answer = gateway.request("POST", IMAGES, b'{"model":"upstream/dall-e-3"}')
        self.assertEqual(answer.status, 404)
        self.assertIn("providers.upstream.passthrough", answer.error()["message"])
        for method in ("GET", "DELETE", "PUT"):
            answer = gateway.request(method, IMAGES)
            self.assertEqual((answer.status, answer.headers["allow"]), (405, "POST, OPTIONS"))
        for path in ("/v1/images/../chat/completions", "/v1/images/%2e%2e/models", "/v1/images//x", "/v1/videos"):
            self.assertEqual(gateway.request("POST", path, b"{}").status, 404, path)
        answer = gateway.request("POST", IMAGES, b"{}", {"Content-Encoding": "gzip"})
        self.assertEqual(answer.status, 415)
        answer = gateway.request("OPTIONS", IMAGES, None, {"Origin": "https://a.example"})
        self.assertEqual((answer.status, answer.headers["access-control-allow-methods"]), (204, "POST, OPTIONS"))
        self.assertEqual(upstream.connections, 0)

    def test_no_more_than_may_be_in_flight(self):
        go_on = threading.Event()

        def script(sock, call):
            go_on.wait(PATIENCE)
            sock.sendall(reply(b"{}"))

        upstream = self.upstream(script)
        gateway = self.gateway(upstream.url, limits={"in_flight": 1})
        with gateway.connect() as sock:
            sock.sendall(post(IMAGES, b"{}"))
            upstream.wait_for(lambda u: u.calls)
            answer = gateway.request("POST", IMAGES, b"{}")
            self.assertEqual((answer.status, answer.error()["code"]), (503, "overloaded"))
            go_on.set()
            self.assertEqual(Reply.read(sock).status, 200)

    def test_smuggling_is_refused_as_elsewhere(self):
        upstream = self.upstream(lambda sock, call: sock.sendall(reply(b"{}")))
        gateway = self.gateway(upstream.url)
        head = f"POST {IMAGES} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {KEY}\r\n".encode()
        for lines in (b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", b"Content-Length: 2\r\nContent-Length: 3\r\n",
                      b"Transfer-Encoding: gzip, chunked\r\n", b"Content-Length : 2\r\n"):
            self.assertEqual(gateway.send(head + lines + b"\r\n{}").status, 400, lines)
        answer = gateway.send(chunked_head(IMAGES) + b"2\n{}\r\n0\r\n\r\n")
        self.assertEqual((answer.status, answer.error()["code"]), (400, "invalid_request"))
        self.assertEqual(upstream.connections, 0)

    def test_a_chunk_that_is_none_ends_an_upload_under_way(self):
        closed = threading.Event()

        def script(sock, _):
            if until_closed(sock):
                closed.set()

        gateway = self.gateway(self.stage.part(script, at_once=True).url)
        with gateway.connect() as sock:
            sock.sendall(chunked_head(IMAGES, "audio/x") + chunked(b"x" * 100000) + b"zz\r\n")
            answer = Reply.read(sock)
        self.assertEqual((answer.status, answer.error()["code"]), (400, "invalid_request"))
        self.assertTrue(closed.wait(PATIENCE), "no provider takes half a request for a whole one")

    def test_what_stands_behind_a_body_is_the_next_request(self):
        upstream = self.upstream(lambda sock, call: sock.sendall(reply(call.body)) or True)
        gateway = self.gateway(upstream.url)
        small, large = b'{"model":"a"}', b'{"model":"b","x":"' + b"y" * 300000 + b'"}'
        raw = post(IMAGES, small) + post(IMAGES, large) + chunked_head(IMAGES) + chunked(small) + END + post(IMAGES, small)
        with gateway.connect() as sock:
            sock.sendall(raw)
            data = bytearray()
            for body in (small, large, small, small):
                answer = Reply.read(sock, data)
                self.assertEqual((answer.status, answer.body == body), (200, True), answer.body[:200])
            self.assertEqual(data, b"")

    def test_a_body_in_any_pieces_arrives_whole(self):
        upstream = self.upstream(lambda sock, call: sock.sendall(reply(call.body)) or True)
        gateway = self.gateway(upstream.url)
        kib = 1024
        for size in (0, 1, 48 * kib, 64 * kib - 1, 64 * kib, 64 * kib + 1, 128 * kib, 200 * kib):
            body = (b"%07x " * (size // 8 + 1) % tuple(range(size // 8 + 1)))[:size]
            raw = post(IMAGES, body, {"Content-Type": "application/octet-stream"})
            head = raw.index(b"\r\n\r\n") + 4
            for cuts in ((), (head,), (head + 1,), (len(raw) - 1,), (head, head + 64 * kib)):
                with gateway.connect() as sock:
                    places = sorted({cut for cut in cuts if 0 < cut < len(raw)})
                    for begin, end in zip((0, *places), (*places, len(raw))):
                        sock.sendall(raw[begin:end])
                        if end != len(raw):
                            taken(sock)
                    answer = Reply.read(sock)
                    self.assertEqual((answer.status, answer.body == body), (200, True), (size, cuts))

    def test_a_refused_key_is_not_told_and_the_next_one_asked(self):
        def script(sock, call):
            if call.header("Authorization") == "Bearer sk-good":
                sock.sendall(reply(IMAGE))
            else:
                words = {"error": {"message": f"Incorrect API key provided: {call.header('Authorization')}", "code": "invalid_api_key"}}
                sock.sendall(reply(json.dumps(words).encode(), "401 Unauthorized"))
            return True

        upstream = self.upstream(script)
        config = config_of(upstream.url)
        config["providers"]["custom"]["p0"].update(api_key="sk-bad-1", api_keys=["sk-bad-2", "sk-good"])
        gateway = self.stack.enter_context(Gateway(config))
        for _ in range(3):
            self.assertEqual(gateway.request("POST", IMAGES, b'{"model":"p0/m"}').status, 200)
        keys = [call.header("Authorization")[7:] for call in upstream.calls]
        self.assertEqual(keys.count("sk-good"), 3)
        self.assertLessEqual(keys.count("sk-bad-1"), 1, "it rests")

        config["providers"]["custom"]["p0"].update(api_key="sk-bad-3", api_keys=[])
        gateway = self.stack.enter_context(Gateway(config))
        answer = gateway.request("POST", IMAGES, b'{"model":"p0/m"}')
        self.assertEqual((answer.status, answer.error()["code"]), (502, "upstream_auth"))
        self.assertNotIn(b"sk-bad", answer.body)

    def test_another_provider_is_asked_while_the_body_is_at_hand(self):
        bad = self.upstream(lambda sock, call: sock.sendall(reply(b'{"error":{"message":"down"}}', "500 Internal Server Error")) or True)
        good = self.upstream(lambda sock, call: sock.sendall(reply(IMAGE)) or True)
        gateway = self.gateway(self.stage.closed_port(), bad.url, good.url)
        answer = gateway.request("POST", IMAGES, b'{"model":"m"}', {"Content-Type": "application/json"})
        self.assertEqual((answer.status, answer.headers["x-smartroute-provider"]), (200, "p2"))
        self.assertEqual(answer.headers["x-smartroute-attempts"], "3")
        # Pinned by its prefix or by the header: nobody else.
        answer = gateway.request("POST", IMAGES, b'{"model":"p1/m"}')
        self.assertEqual((answer.status, answer.error()["code"]), (502, "upstream_server"))
        answer = gateway.request("POST", IMAGES, b'{"model":"m"}', {"x-smartroute-provider": "p1"})
        self.assertEqual(answer.status, 502)
        self.assertEqual(len(good.calls), 1)
        # What is passed on as it comes is not there a second time.
        large = b'{"x":"' + b"y" * 100000 + b'"}'
        gateway = self.gateway(bad.url, good.url)
        self.assertEqual(gateway.request("POST", IMAGES, large).status, 502)
        self.assertEqual(len(good.calls), 1)
        # Nothing of it went to one that cannot be reached.
        gateway = self.gateway(self.stage.closed_port(), good.url)
        self.assertEqual(gateway.request("POST", IMAGES, large).status, 200)

    def test_a_refusal_is_in_the_provider_s_own_words(self):
        words = b'{ "error" : {"message":"no such size","type":"invalid_request_error","param":"size","code":null}, "x": 1.0 }'
        refusing = self.upstream(lambda sock, call: sock.sendall(reply(words, "422 Unprocessable Entity", "application/problem+json")) or True)
        other = self.upstream(lambda sock, call: sock.sendall(reply(IMAGE)) or True)
        gateway = self.gateway(refusing.url, other.url)
        for _ in range(8):  # it is nobody's failure
            answer = gateway.request("POST", IMAGES, b'{"model":"m"}')
            self.assertEqual((answer.status, answer.body, answer.headers["content-type"]), (422, words, "application/problem+json"))
        self.assertEqual(other.calls, [])

    def test_a_refusal_that_tells_the_key_is_not_passed_on(self):
        def script(sock, call):
            words = {"error": {"message": f"who is {call.header('Authorization')}?"}}
            sock.sendall(reply(json.dumps(words).encode(), "400 Bad Request"))
            return True

        answer = self.gateway(self.upstream(script).url).request("POST", IMAGES, b"{}")
        self.assertEqual(answer.status, 400)
        self.assertNotIn(b"sk-provider", answer.body)

    def test_a_model_that_is_not_offered_hurts_nobody(self):
        def script(sock, call):
            if b"unknown" in call.body:
                sock.sendall(reply(b'{"error":{"message":"no model","code":"model_not_found"}}', "404 Not Found"))
            elif b"verify" in call.body:
                sock.sendall(reply(b'{"error":{"message":"Your organization must be verified"}}', "403 Forbidden"))
            else:
                sock.sendall(reply(IMAGE))
            return True

        gateway = self.gateway(self.upstream(script).url)
        for _ in range(8):
            answer = gateway.request("POST", IMAGES, b'{"model":"unknown"}')
            self.assertEqual((answer.status, answer.error()["message"]), (404, "no model"))
            answer = gateway.request("POST", IMAGES, b'{"model":"verify"}')
            self.assertEqual(answer.status, 502)
            self.assertNotIn("organization", answer.error()["message"])
        rows = {**gateway.request("GET", "/api/stats/models").json(), **gateway.request("GET", "/api/stats/providers").json()}
        self.assertIn("p0/v1/images", rows)
        self.assertEqual([(id, row["failures"]) for id, row in rows.items() if row["failures"] or row["rests"]], [])
        self.assertEqual(gateway.request("POST", IMAGES, b'{"model":"m"}').status, 200)

    def test_a_limit_is_told_with_its_time(self):
        busy = self.upstream(lambda sock, call: sock.sendall(reply(b"{}", "429 Too Many Requests", extra="Retry-After: 7\r\n")) or True)
        gateway = self.gateway(busy.url)
        answer = gateway.request("POST", IMAGES, b"{}")
        self.assertEqual((answer.status, answer.headers["retry-after"], answer.error()["code"]), (429, "7", "rate_limit_exceeded"))

    def test_a_client_that_leaves_takes_its_provider_along(self):
        for begun in (False, True):
            closed = threading.Event()

            def script(sock, call):
                if begun:
                    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(SPEECH))
                if until_closed(sock):
                    closed.set()

            upstream = self.upstream(script)
            gateway = self.gateway(upstream.url)
            sock = gateway.connect()
            sock.sendall(post("/v1/audio/speech", b"{}"))
            upstream.wait_for(lambda u: u.calls)
            if begun:
                self.assertTrue(sock.recv(65536))
            sock.close()
            self.assertTrue(closed.wait(PATIENCE))
            self.assertIn("error=client_gone", self.request_lines(gateway)[0])

    def test_a_client_that_leaves_within_its_upload(self):
        closed = threading.Event()

        def script(sock, _):
            if until_closed(sock):
                closed.set()

        gateway = self.gateway(self.stage.part(script, at_once=True).url)
        sock = gateway.connect()
        sock.sendall(post("/v1/audio/translations", b"", {"Content-Length": "1000000"}) + b"x" * 100000)
        taken(sock)
        sock.close()
        self.assertTrue(closed.wait(PATIENCE))
        self.assertIn("error=client_gone", self.request_lines(gateway)[0])

    def test_an_upload_that_stops_is_ended(self):
        closed = threading.Event()

        def script(sock, _):
            if until_closed(sock):
                closed.set()

        gateway = self.gateway(self.stage.part(script, at_once=True).url, limits={"body_timeout": 300})
        with gateway.connect() as sock:
            sock.sendall(post("/v1/audio/translations", b"", {"Content-Length": "1000000"}) + b"x" * 100000)
            answer = Reply.read(sock)
        self.assertEqual((answer.status, answer.error()["code"]), (408, "request_timeout"))
        self.assertTrue(closed.wait(PATIENCE))

    def test_a_provider_that_answers_early_is_heard(self):
        def script(sock, _):
            read_head(sock)
            sock.sendall(reply(b'{"error":{"message":"too long"}}', "413 Payload Too Large"))
            until_closed(sock)

        gateway = self.gateway(self.stage.part(script, at_once=True).url)
        with gateway.connect() as sock:
            sock.sendall(post("/v1/audio/translations", b"", {"Content-Length": str(40 * MIB)}))
            with contextlib.suppress(OSError):
                for _ in range(40):
                    sock.sendall(b"x" * MIB)
            answer = Reply.read(sock)
        self.assertEqual((answer.status, answer.error()["message"]), (413, "too long"))

    def test_a_provider_that_answers_and_reads_no_more_is_heard(self):
        done = threading.Event()

        def script(sock, _):
            read_head(sock)
            sock.sendall(reply(b'{"error":{"message":"too long"}}', "413 Payload Too Large"))
            done.wait(PATIENCE)

        gateway = self.gateway(self.stage.part(script, at_once=True).url, timeouts={"idle": 500})
        with gateway.connect() as sock:
            sock.sendall(post("/v1/audio/translations", b"", {"Content-Length": str(40 * MIB)}))
            with contextlib.suppress(OSError):
                for _ in range(40):
                    sock.sendall(b"x" * MIB)
            answer = Reply.read(sock)
            done.set()
        self.assertEqual((answer.status, answer.error()["message"]), (413, "too long"))

    def test_a_reply_that_breaks_is_cut(self):
        def script(sock, call):
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nContent-Length: 10000\r\n\r\n" + SPEECH)

        gateway = self.gateway(self.upstream(script).url)
        with gateway.connect() as sock:
            sock.sendall(post("/v1/audio/speech", b"{}"))
            answer = Reply.read(sock)
        self.assertEqual((answer.status, answer.whole, answer.body), (200, False, SPEECH))
        self.assertIn("error=interrupted", self.request_lines(gateway)[0])

    def test_a_silent_provider_is_not_asked_twice(self):
        upstream = self.upstream(lambda sock, call: until_closed(sock))
        other = self.upstream(lambda sock, call: sock.sendall(reply(IMAGE)) or True)
        gateway = self.gateway(upstream.url, other.url, timeouts={"generation": {"t2": 300}})
        answer = gateway.request("POST", IMAGES, b"{}")
        self.assertEqual((answer.status, answer.error()["code"]), (504, "first_byte_timeout"))
        self.assertEqual((len(upstream.calls), len(other.calls)), (1, 0), "it may have done the work")

    def test_a_keep_alive_race_is_run_again(self):
        def script(sock, call):
            if len(upstream.calls) == 2:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                return False
            sock.sendall(reply(IMAGE))
            return True

        upstream = self.upstream(script)
        gateway = self.gateway(upstream.url)
        for _ in range(2):
            self.assertEqual(gateway.request("POST", IMAGES, b"{}").status, 200)
        self.assertEqual((len(upstream.calls), upstream.connections), (3, 2))


def unchunked(data):
    out = bytearray()
    while data:
        line, _, data = data.partition(b"\r\n")
        size = int(line, 16)
        out += data[:size]
        data = data[size + 2 :]
    return bytes(out)


if __name__ == "__main__":
    unittest.main()
