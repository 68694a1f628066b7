"""openapi/*.yaml against what the binary answers, and the checker against itself."""

import json
import signal
import socket
import threading
import unittest

from contract import Contract, Mismatch
from harness import (END, KEY, PATIENCE, PLAIN, STREAM, Gateway, Reply, Upstream, answer_well, bounded, chunk_json, chunked, config_for,
                     reply, request_bytes, sse, stream_head)

ANYBODY = {"Authorization": None}
WRONG = {"Authorization": "Bearer wrong"}


def nowhere():
    """A provider's address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}/v1"


def says(status, body=b'{"error":{"message":"said by the provider"}}'):
    def script(sock, _call):
        sock.sendall(reply(body, status, extra="Connection: close\r\n"))
    return script


class Checker(unittest.TestCase):
    """A checker that lets everything pass would make this suite green."""

    def setUp(self):
        self.contract = Contract("public.yaml")
        self.model = {"id": "m", "object": "model", "created": 1, "owned_by": "p"}

    def refuses(self, value, schema="Model"):
        with self.assertRaises(Mismatch):
            self.contract.validate(value, self.contract.schema(schema), "test")

    def test_it_refuses_what_is_not_described(self):
        self.contract.validate(self.model, self.contract.schema("Model"), "test")
        for wrong in ({"created": "1"}, {"created": True}, {"object": "list"}, {"more": 1}, {"id": None}):
            self.refuses({**self.model, **wrong})
        self.refuses({k: v for k, v in self.model.items() if k != "id"})
        self.refuses([])
        self.refuses({"object": "list", "data": [self.model, {}]}, "ModelList")
        self.refuses({"error": {"message": "", "type": "odd", "param": None, "code": "internal"}}, "ErrorReply")
        self.refuses({"messages": []}, "ChatRequest")
        self.refuses({"messages": [{"role": "user"}], "n": 0}, "ChatRequest")

    def test_it_refuses_what_a_map_may_not_hold(self):
        schema = {"type": "object", "additionalProperties": {"type": "integer"}}
        self.contract.validate({"a": 1, "b": 2}, schema, "test")
        with self.assertRaises(Mismatch):
            self.contract.validate({"a": 1, "b": "2"}, schema, "test")

    def test_it_refuses_replies_that_are_not_described(self):
        body = json.dumps({"object": "list", "data": []}).encode()
        good = {"content-type": "application/json"}
        self.contract.check("GET", "/v1/models", Reply(200, good, body, True))
        for status, headers, content in ((201, good, body), (200, {"content-type": "text/html"}, body), (200, good, b"[]"),
                                         (401, good, body)):
            with self.assertRaises(Mismatch):
                self.contract.check("GET", "/v1/models", Reply(status, headers, content, True))

    def test_it_refuses_what_is_none_of_several(self):
        schema = {"anyOf": [{"type": "integer"}, {"type": "object", "required": ["a"], "properties": {"a": {}}}], "additionalProperties": True}
        for good in (1, {"a": 1}):
            self.contract.validate(good, schema, "test")
        for wrong in ("1", {}, {"a": 1, "b": 2}):
            with self.assertRaises(Mismatch):
                self.contract.validate(wrong, schema, "test")

    def test_a_keyword_that_it_does_not_know_is_an_error(self):
        with self.assertRaises(NotImplementedError):
            self.contract.validate(1, {"multipleOf": 2}, "test")


class ClientApi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.contract = Contract("public.yaml")
        cls.upstream = Upstream(answer_well)
        cls.config = config_for(cls.upstream.url, limits={"body_bytes": 4096, "body_timeout": 300, "head_timeout": 300})
        cls.config["providers"]["custom"]["p0"].update(passthrough=["images", "audio", "moderations", "rerank"], passthrough_max_mb=1)
        cls.gateway = Gateway(cls.config)

    @classmethod
    def tearDownClass(cls):
        cls.gateway.stop()
        cls.upstream.stop()

    def meets(self, status, method, path, answer):
        self.assertEqual(answer.status, status, answer.body)
        self.contract.check(method, path, answer)
        return answer

    def chat(self, status, body, headers=None, gateway=None):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = (gateway or self.gateway).request("POST", "/v1/chat/completions", raw, headers)
        return self.meets(status, "POST", "/v1/chat/completions", answer)

    def test_models(self):
        listed = self.meets(200, "GET", "/v1/models", self.gateway.request("GET", "/v1/models")).json()["data"]
        self.assertEqual([m["id"] for m in listed], ["auto", "t1", "t2", "t3", "p0/m0"])
        for model in listed:
            self.meets(200, "GET", "/v1/models/{id}", self.gateway.request("GET", "/v1/models/" + model["id"]))
        self.meets(404, "GET", "/v1/models/{id}", self.gateway.request("GET", "/v1/models/none"))
        for path, template in (("/v1/models", "/v1/models"), ("/v1/models/t1", "/v1/models/{id}")):
            self.meets(401, "GET", template, self.gateway.request("GET", path, headers=WRONG))
            self.meets(401, "GET", template, self.gateway.request("GET", path, headers=ANYBODY))
            self.meets(405, "GET", template, self.gateway.request("DELETE", path))
            self.meets(204, "OPTIONS", template, self.gateway.request("OPTIONS", path, headers={"Origin": "https://a.example"}))

    def test_chat(self):
        self.chat(200, PLAIN)
        stream = self.chat(200, STREAM)
        self.assertEqual(stream.headers["content-type"], "text/event-stream; charset=utf-8")
        self.meets(204, "OPTIONS", "/v1/chat/completions", self.gateway.request("OPTIONS", "/v1/chat/completions"))
        self.chat(401, PLAIN, WRONG)
        self.chat(413, {**PLAIN, "user": "x" * 5000})
        self.chat(415, PLAIN, {"Content-Encoding": "gzip"})
        self.chat(408, b"{", {"Content-Length": "100"})
        answer = self.gateway.request("GET", "/v1/chat/completions")
        self.meets(405, "POST", "/v1/chat/completions", answer)

    def test_what_is_passed_through(self):
        for path, template in (("/v1/images/generations", "/v1/images/{operation}"), ("/v1/audio/speech", "/v1/audio/{operation}"),
                               ("/v1/moderations", "/v1/moderations"), ("/v1/rerank", "/v1/rerank")):
            for status, body, headers in ((200, b"{}", {}), (401, b"{}", WRONG), (400, b'{"model":"a","model":"b"}', {}),
                                          (404, b'{"model":"upstream/m"}', {}), (415, b"{}", {"Content-Encoding": "gzip"}),
                                          (408, b"{", {"Content-Length": "100"}), (413, b"", {"Content-Length": "1048577"})):
                self.meets(status, "POST", template, self.gateway.request("POST", path, body, headers))
            self.meets(405, "POST", template, self.gateway.request("GET", path))
            self.meets(204, "OPTIONS", template, self.gateway.request("OPTIONS", path))
    def test_models_in_anthropic_s_shape(self):
        says = {"anthropic-version": "2023-06-01"}
        listed = self.meets(200, "GET", "/v1/models", self.gateway.request("GET", "/v1/models", headers=says)).json()
        self.contract.validate(listed, self.contract.schema("AnthropicModelList"), "models")
        for path, template, status, more in (("/v1/models/t1", "/v1/models/{id}", 200, {}), ("/v1/models/none", "/v1/models/{id}", 404, {}),
                                             ("/v1/models", "/v1/models", 401, WRONG)):
            answer = self.meets(status, "GET", template, self.gateway.request("GET", path, headers={**says, **more}))
            self.contract.validate(answer.json(), self.contract.schema("AnthropicModel" if status == 200 else "AnthropicErrorReply"), path)

    def test_what_is_asked_beside_chat(self):
        vectors = {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}], "usage": {"prompt_tokens": 1}}

        def script(sock, call):
            if "/embeddings " in call.head:
                sock.sendall(reply(json.dumps(vectors).encode()))
                return True
            return answer_well(sock, call)

        small = {"body_bytes": 4096, "body_timeout": 300}
        large = "x" * 5000
        question = {"messages": PLAIN["messages"]}
        cases = {"/v1/completions": ({"prompt": "x"}, {"prompt": 1}, {"prompt": large}, 200),
                 "/v1/embeddings": ({"model": "e", "input": "x"}, {"model": "e"}, {"model": "e", "input": large}, 200),
                 "/v1/messages/count_tokens": (question, {**question, "stream": True}, {**question, "system": large}, 200)}
        with Upstream(script) as upstream:
            config = config_for(upstream.url, limits=small)
            config["models"]["embeddings"] = [{"model": "e", "provider": "p0"}]
            with Gateway(config) as gateway:
                for path, (good, wrong, too_large, status) in cases.items():
                    def ask(expected, body, headers=None, path=path):
                        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
                        return self.meets(expected, "POST", path, gateway.request("POST", path, raw, headers))

                    with self.subTest(path):
                        ask(status, good)
                        ask(400, wrong)
                        ask(413, too_large)
                        ask(401, good, WRONG)
                        ask(415, good, {"Content-Encoding": "gzip"})
                        ask(408, b"{", {"Content-Length": "100"})
                        self.meets(204, "OPTIONS", path, gateway.request("OPTIONS", path))
                        self.meets(405, "POST", path, gateway.request("GET", path))
                answer = gateway.request("POST", "/v1/completions", b'{"prompt":"x","stream":true,"odd":1}')
                self.assertEqual(self.meets(200, "POST", "/v1/completions", answer).headers["x-smartroute-dropped"], "odd")
                answer = gateway.request("POST", "/v1/embeddings", b'{"model":"m0","input":"x"}')
                self.assertEqual(self.meets(404, "POST", "/v1/embeddings", answer).error()["code"], "model_not_found")
        with Upstream(says("500 Oops")) as upstream:
            config = config_for(upstream.url)
            config["models"]["embeddings"] = [{"model": "e", "provider": "p0"}]
            with Gateway(config) as gateway:
                for path in ("/v1/completions", "/v1/embeddings"):
                    self.meets(502, "POST", path, gateway.request("POST", path, json.dumps(cases[path][0]).encode()))
            del config["models"]["embeddings"]
            config["providers"]["custom"]["p0"]["protocol"] = "v1-messages"
            config["retries"] = {"last_resort": False}
            with Gateway(config) as gateway:
                path, body = "/v1/messages/count_tokens", json.dumps(question).encode()
                for _ in range(5):
                    self.meets(502, "POST", path, gateway.request("POST", path, body))
                self.meets(503, "POST", path, gateway.request("POST", path, body))

    def test_a_request_is_refused_where_its_schema_refuses_it(self):
        schema = self.contract.schema("ChatRequest")
        cases = [
            {}, {"messages": []}, {"messages": None}, {"messages": [1]}, {"messages": [{}]}, {"messages": [{"role": 1}]},
            {"messages": [{"role": "user", "content": 1}]}, {"messages": [{"role": "user", "content": [{}]}]},
            {"messages": [{"role": "user", "content": [{"type": 1}]}]}, {"messages": [{"role": "user", "content": [1]}]},
            {"messages": [{"role": "user", "content": None}], "model": None, "n": None, "tools": None, "stream": None},
            {"messages": [{"role": "odd", "content": "x", "more": 1}], "model": "", "more": {"a": [1]}},
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "x", "more": 1}]}]},
        ]
        wrong = {"model": 1, "stream": "yes", "stream_options": [], "n": 0, "max_tokens": -1, "max_completion_tokens": "x",
                 "tools": {}, "functions": 1, "response_format": "json", "user": 1, "prompt_cache_key": [], "reasoning_effort": 1}
        cases += [{**PLAIN, key: value} for key, value in wrong.items()]
        cases += [{**PLAIN, key: None} for key in wrong]
        cases += [{**PLAIN, "stream_options": {"include_usage": value}} for value in (True, None, 1)]
        for body in cases:
            with self.subTest(body):
                try:
                    self.contract.validate(body, schema, "body")
                    expected = 200
                except Mismatch:
                    expected = 400
                answer = self.chat(expected, body)
                if expected == 400:
                    self.assertEqual(answer.error()["code"], "invalid_request")
                    self.assertNotEqual(answer.error()["param"], "")

    def test_what_a_provider_s_failure_becomes(self):
        for status, expected in (("400 Bad Request", 400), ("404 Not Found", 404), ("413 Too Large", 413), ("422 Odd", 422),
                                 ("401 Unauthorized", 502), ("402 Pay", 502), ("429 Slowly", 429), ("500 Oops", 502), ("302 Found", 502)):
            with self.subTest(status), Upstream(says(status)) as upstream, Gateway(config_for(upstream.url)) as gateway:
                for body in (PLAIN, STREAM):
                    answer = self.chat(expected, body, gateway=gateway)
                    self.assertEqual(answer.headers["x-smartroute-tier"], "t1")
                    self.assertTrue(answer.headers["x-smartroute-failed"].startswith("p0/m0;"))
        silent = config_for(nowhere(), timeouts={"connect": {"t1": 1000}})
        with Gateway(silent) as gateway:
            self.assertEqual(self.chat(502, PLAIN, gateway=gateway).error()["code"], "upstream_connect")
        for protocol in ("v1-messages", "v1-response", "gemini"):
            dead = config_for(nowhere())
            dead["providers"]["custom"]["p0"]["protocol"] = protocol
            with self.subTest(protocol), Gateway(dead) as gateway:
                self.assertEqual(self.chat(502, PLAIN, gateway=gateway).error()["code"], "upstream_connect")
        vectors = config_for(nowhere())
        vectors["models"] = {"embeddings": vectors["models"]["t1"]}
        with Gateway(vectors) as gateway:
            self.assertEqual(self.chat(503, PLAIN, gateway=gateway).error()["code"], "no_route")

    def test_what_failed_before_an_answer(self):
        with Upstream(says("500 Oops")) as first, Upstream(says("429 Slow")) as second, Upstream(answer_well) as third:
            with Gateway(config_for(first.url, second.url, third.url)) as gateway:
                for body in (PLAIN, STREAM):
                    answer = self.chat(200, body, gateway=gateway)
                    self.assertTrue(answer.headers["x-smartroute-failed"].startswith("p0/m0;upstream_server;"), answer.headers)

    def test_a_gateway_that_can_take_no_more(self):
        over = threading.Event()

        def waits(sock, call):
            over.wait(PATIENCE)
            return answer_well(sock, call)

        one = config_for(nowhere(), limits={"queue_ms": 0, "in_flight": 2})
        one["models"]["t1"][0]["max_concurrent"] = 1
        down = config_for(nowhere(), retries={"last_resort": False})
        with Gateway(down) as gateway:
            self.chat(502, PLAIN, gateway=gateway)
            for body in (PLAIN, STREAM):
                self.assertEqual(self.chat(503, body, gateway=gateway).error()["code"], "overloaded")
        with Upstream(waits) as upstream:
            one["providers"]["custom"]["p0"]["base_url"] = upstream.url
            with Gateway(one) as gateway, gateway.connect() as first:
                first.sendall(request_bytes("POST", "/v1/chat/completions", json.dumps(PLAIN).encode()))
                upstream.wait_for(lambda u: u.calls)
                for body in (PLAIN, STREAM):
                    self.assertEqual(self.chat(503, body, gateway=gateway).error()["code"], "overloaded")
                over.set()
                self.assertEqual(Reply.read(first).status, 200)

    def test_too_slow_a_provider(self):
        over = threading.Event()

        def script(_sock, _call):
            over.wait(PATIENCE)

        timeouts = {"connect": {"t1": 200}, "generation": {"t1": 200}}
        with Upstream(script) as upstream, Gateway(config_for(upstream.url, timeouts=timeouts)) as gateway:
            self.chat(504, PLAIN, gateway=gateway)
            self.chat(504, STREAM, gateway=gateway)
            over.set()

    def test_a_stream_s_error_event_is_an_error_reply(self):
        def script(sock, _call):
            sock.sendall(stream_head() + chunked(sse(chunk_json({"content": "a"}))) + END)

        with Upstream(script) as upstream, Gateway(config_for(upstream.url)) as gateway:
            events = self.chat(200, STREAM, gateway=gateway).body.split(b"\n\n")
        self.contract.validate(json.loads(events[1].removeprefix(b"data: ")), self.contract.schema("ErrorReply"), "event")

    def test_refusals_before_any_handler_have_the_same_shape(self):
        schema = self.contract.schema("ErrorReply")
        for raw in (b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 40000 + b"\r\n\r\n", b"GET / HT",
                    request_bytes("GET", "/none"), request_bytes("GET", "/v1/none"), request_bytes("POST", "/", b"")):
            answer = self.gateway.send(raw)
            self.assertIn(answer.status, (400, 404, 405, 408, 431))
            self.contract.validate(answer.json(), schema, str(raw[:40]))
        with Gateway(config_for(self.upstream.url, limits={"connections": 1})) as gateway, gateway.connect() as only:
            only.sendall(request_bytes("GET", "/healthz"))
            self.assertEqual(Reply.read(only).status, 200)
            with gateway.connect() as second:
                turned_away = Reply.read(second)
            self.assertEqual((turned_away.status, turned_away.headers["retry-after"]), (503, "1"))
            self.contract.validate(turned_away.json(), schema, "limits.connections")

    def test_what_a_load_balancer_asks(self):
        for path in ("/healthz", "/livez", "/readyz", "/metrics"):
            self.meets(200, "GET", path, self.gateway.request("GET", path, headers=ANYBODY))
            self.meets(405, "GET", path, self.gateway.request("POST", path, b""))
            head = self.gateway.send(request_bytes("HEAD", path, headers={"Connection": "close"}))
            self.assertEqual(head.status, 200)
        with Gateway(config_for(self.upstream.url, server={"drain_delay": 1000})) as gateway:
            gateway.process.send_signal(signal.SIGTERM)
            answers = []

            def is_draining():
                answers.append(gateway.request("GET", "/readyz"))
                return answers[-1].status == 503

            gateway.eventually(is_draining, "not ready while draining")
            self.meets(503, "GET", "/readyz", answers[-1])
            gateway.process.wait(PATIENCE)

    def test_every_path_of_the_document_is_answered(self):
        for path, item in self.contract.document["paths"].items():
            for method in ("get", "post"):
                if method in item:
                    real = path.replace("{id}", "auto").replace("{operation}", "generations")
                    answer = self.gateway.request(method.upper(), real, b"{}" if method == "post" else None)
                    self.assertNotIn(answer.status, (404, 405), path)


class AdminApi(unittest.TestCase):
    def setUp(self):
        self.contract = Contract("admin.yaml")

    def status(self, gateway, status=200, method="GET", headers=None):
        answer = gateway.request(method, "/api/status", headers=headers)
        self.assertEqual(answer.status, status, answer.body)
        self.contract.check("GET", "/api/status", answer)
        return answer.json()

    def test_a_new_gateway(self):
        with Gateway() as gateway:
            first = self.status(gateway, headers=ANYBODY)
            self.assertEqual((first["open"], first["router_mode"], first["config_problems"]), (True, "auto", []))
            self.assertEqual(first["paths"]["config"], str(gateway.path.resolve() / "config.json"))
            self.assertEqual([tier["tier"] for tier in first["tiers"]], ["t1", "t2", "t3"])
            self.assertEqual(first["totals"]["in_flight"], 0, "the one that asks is not counted")
            self.assertEqual(gateway.chat(PLAIN).status, 200)
            gateway.request("GET", "/favicon.ico")
            bounded(lambda: self.status(gateway)["totals"]["chat_requests"] == 1, "the books are closed behind the reply")
            totals = self.status(gateway)["totals"]
            self.assertEqual((totals["chat_requests"], totals["chat_failures"], totals["failures"]), (1, 0, 1))
            self.assertEqual(sum(totals["by_tier"].values()), 1)

    def test_a_configured_one_with_an_edit_that_was_refused(self):
        config = config_for(nowhere(), nowhere())
        config["providers"]["custom"]["p1"]["protocol"] = "v1-response"
        for strategy in ("sequential", "random", "fastest", "cheapest", "least_busy"):
            config["models"]["strategies"] = {"t2": strategy, "t1": "adaptive"}
            with Gateway(config) as gateway:
                self.assertEqual([tier["strategy"] for tier in self.status(gateway)["tiers"]], ["adaptive", strategy, "sequential"])
        with Gateway(config) as gateway:
            before = self.status(gateway)
            self.assertEqual((before["open"], before["router_mode"]), (False, "fixed"))
            gateway.write({**config, "router": {"mode": "magic"}})
            gateway.eventually(lambda: self.status(gateway)["config_problems"], "the edit is seen")
            self.assertEqual(self.status(gateway, headers=ANYBODY)["config_problems"][0]["path"], "router.mode")
            gateway.write("{")
            gateway.eventually(lambda: self.status(gateway)["config_problems"][0]["path"] == "", "the file itself")
            self.status(gateway, 405, "POST")
            self.assertNotIn(KEY, json.dumps(self.status(gateway)))


if __name__ == "__main__":
    unittest.main()
