"""What clients ask beside chat: completions of a text, embeddings, counts of tokens; and the list of models as two
dialects have it. The same keys, limits, failover and books as chat."""

import json
import unittest

from books import Books
from cast import Cast, failed_of
from harness import END, KEY, Gateway, Upstream, chunked, good_plain, good_stream, reply, sse, stream_head

PROMPT = b'"prompt" : "Once \\u0075pon 1.50"'
NATIVE = {"completions": "native"}
ANTHROPIC = {"protocol": "v1-messages"}
ANYBODY = {"Authorization": None}


def path_of(call):
    return call.head.split(" ")[1]


def completion(text="Hello", finish="stop", **more):
    return {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "m",
            "choices": [{"text": text, "index": 0, "logprobs": None, "finish_reason": finish}], **more}


USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
# Odd spacing on purpose: it must come through.
PLAIN_TEXT = b'{ "id":"cmpl-1","object":"text_completion","choices":[{"text":"Hi\\u0021","index":0,"finish_reason":"stop"}],' \
             b'"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}\n'
STREAM_TEXT = sse(completion("He", None), completion("llo", "stop"))


def says_text(sock, call):
    """A provider with an endpoint of its own for completions."""
    if call.json().get("stream"):
        usage = sse({**completion(), "choices": [], "usage": USAGE}) if "stream_options" in call.json() else b""
        sock.sendall(stream_head() + chunked(STREAM_TEXT + usage + b"data: [DONE]\n\n") + END)
    else:
        sock.sendall(reply(PLAIN_TEXT))
    return True


def chats(sock, call):
    if call.json().get("stream"):
        sock.sendall(stream_head() + chunked(good_stream()) + END)
    else:
        sock.sendall(reply(good_plain()))
    return True


def fails(status, body=b'{"error":{"message":"no"}}'):
    def script(sock, _call):
        sock.sendall(reply(body, status))
        return True
    return script


MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "model": "c", "content": [{"type": "text", "text": "Hello"}],
           "stop_reason": "max_tokens", "stop_sequence": None, "usage": {"input_tokens": 5, "output_tokens": 2}}


def anthropic(sock, call):
    if path_of(call).endswith("/count_tokens"):
        sock.sendall(reply(b'{ "input_tokens" : 77 }'))
    elif call.json().get("stream"):
        start = {**MESSAGE, "content": [], "stop_reason": None}
        events = [("message_start", {"message": start}), ("content_block_start", {"index": 0, "content_block": {"type": "text", "text": ""}}),
                  ("content_block_delta", {"index": 0, "delta": {"type": "text_delta", "text": "Hello"}}), ("content_block_stop", {"index": 0}),
                  ("message_delta", {"delta": {"stop_reason": "max_tokens", "stop_sequence": None}, "usage": {"output_tokens": 2}}),
                  ("message_stop", {})]
        text = b"".join(f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode() for name, data in events)
        sock.sendall(stream_head() + chunked(text) + END)
    else:
        sock.sendall(reply(json.dumps(MESSAGE).encode()))
    return True


def recorded(cast, count, name, **labels):
    cast.gateway.eventually(lambda: Books(cast.gateway).count(name, **labels) == count, f"{name} {labels} is {count}")


def events_of(answer):
    return [event.removeprefix("data: ") for event in answer.body.decode().split("\n\n") if event]


class Completions(unittest.TestCase):
    def complete(self, cast, body, status=200):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = cast.gateway.request("POST", "/v1/completions", raw)
        self.assertEqual(answer.status, status, answer.body)
        return answer

    def test_a_native_provider_gets_and_gives_every_byte(self):
        rules = {"dropped_params": {"m0": ["seed"]}, "global_params": {"top_p": 0.5}}
        with Cast(says_text, providers={0: NATIVE}, params=rules) as cast:
            answer = self.complete(cast, b'{ "model":"auto", ' + PROMPT + b',"suffix":"end", "seed":1, "max_tokens" : 5 }')
            self.assertEqual(answer.body, PLAIN_TEXT)
            call = cast.models[0].calls[0]
            self.assertEqual(path_of(call), "/v1/completions")
            self.assertEqual(call.body, b'{"top_p":0.5, "model":"m0", ' + PROMPT + b',"suffix":"end", "max_tokens" : 5 }')
            self.assertEqual(answer.headers["x-smartroute-tier"], "t1")
            several = b'{"model":"m0","top_p":1,"prompt":["a", "b"],"stream":true,"stream_options":{"include_usage":false}}'
            self.assertEqual(self.complete(cast, several).body, STREAM_TEXT + sse({**completion(), "choices": [], "usage": USAGE}) + b"data: [DONE]\n\n")
            self.assertEqual(cast.models[0].calls[1].body, several)

    def test_usage_that_the_books_asked_for_is_taken_out_again(self):
        with Cast(says_text, providers={0: NATIVE}) as cast:
            answer = self.complete(cast, {"model": "m0", "prompt": "x", "stream": True})
            self.assertEqual(answer.body, STREAM_TEXT + b"data: [DONE]\n\n")
            self.assertEqual(cast.models[0].calls[0].json()["stream_options"], {"include_usage": True})
            recorded(cast, 1, "requests_total", route="completions", outcome="success", tier="t1")

    def test_an_operation_has_its_own_path_on_one_provider(self):
        def both(sock, call):
            return (says_text if path_of(call) == "/v1/completions" else chats)(sock, call)

        with Cast(both, providers={0: NATIVE}) as cast:
            for _ in range(2):
                self.complete(cast, {"model": "m0", "prompt": "x"})
                self.assertEqual(cast.chat().status, 200)
            self.assertEqual([path_of(call) for call in cast.models[0].calls], ["/v1/completions", "/v1/chat/completions"] * 2)

    def test_a_chat_model_completes_a_text(self):
        asked = {"model": "auto", "prompt": ["Once"], "temperature": 0.5, "stop": "x", "n": 1, "best_of": 1, "echo": False, "user": "u"}
        with Cast(chats) as cast:
            plain = self.complete(cast, asked).json()
            self.assertEqual({**plain, "id": "", "created": 0}, {
                "id": "", "object": "text_completion", "created": 0, "model": "p0/m0",
                "choices": [{"text": "Hello", "index": 0, "logprobs": None, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3, "prompt_tokens_details": {"cached_tokens": 0},
                          "completion_tokens_details": {"reasoning_tokens": 0}}})
            self.assertTrue(plain["id"].startswith("cmpl-"))
            call = cast.models[0].calls[0]
            self.assertEqual(path_of(call), "/v1/chat/completions")
            sent = call.json()
            self.assertEqual(sent["messages"], [{"role": "user", "content": "Once"}])
            self.assertEqual((sent["temperature"], sent["stop"]), (0.5, ["x"]))
            self.assertFalse({"max_tokens", "max_completion_tokens", "prompt", "echo", "best_of"} & sent.keys())

            *events, last = events_of(self.complete(cast, {**asked, "stream": True}))
            self.assertEqual(last, "[DONE]")
            pieces = [json.loads(event) for event in events]
            self.assertEqual({piece["object"] for piece in pieces}, {"text_completion"})
            self.assertEqual("".join(piece["choices"][0]["text"] for piece in pieces), "Hello")
            self.assertEqual([piece["choices"][0]["finish_reason"] for piece in pieces][-2:], [None, "stop"])
            self.assertFalse(any("usage" in piece for piece in pieces))

    def test_a_provider_of_another_dialect_completes_a_text(self):
        with Cast(anthropic, providers={0: ANTHROPIC}) as cast:
            plain = self.complete(cast, {"model": "m0", "prompt": "Once", "max_tokens": 9}).json()
            self.assertEqual(plain["choices"], [{"text": "Hello", "index": 0, "logprobs": None, "finish_reason": "length"}])
            self.assertEqual(plain["usage"]["total_tokens"], 7)
            sent = cast.models[0].calls[0].json()
            self.assertEqual((sent["max_tokens"], sent["messages"][0]["role"]), (9, "user"))
            asked = {"model": "m0", "prompt": "Once", "stream": True, "stream_options": {"include_usage": True}}
            *events, usage, last = events_of(self.complete(cast, asked))
            self.assertEqual((last, json.loads(usage)["choices"], json.loads(usage)["usage"]["completion_tokens"]), ("[DONE]", [], 2))
            self.assertEqual([json.loads(event)["usage"] for event in events], [None] * len(events))

    def test_the_demo_completes_a_text(self):
        with Gateway() as gateway:
            answer = gateway.request("POST", "/v1/completions", b'{"prompt":"Hi"}', ANYBODY)
            self.assertEqual((answer.status, answer.json()["object"]), (200, "text_completion"))

    def test_what_a_chat_model_cannot_be_asked_goes_to_one_that_can(self):
        cases = [{"suffix": "end"}, {"echo": True}, {"best_of": 2}, {"logprobs": 1}, {"prompt": ["a", "b"]}, {"prompt": [1, 2]},
                 {"prompt": [[1, 2]]}]
        with Cast(chats, chats, says_text, providers={2: NATIVE}) as cast:
            for case in cases:
                with self.subTest(case):
                    answer = self.complete(cast, {"model": "auto", "prompt": "x", **case})
                    self.assertEqual(answer.headers["x-smartroute-model"], "p2/m2")
                    self.assertEqual(failed_of(answer), [("p0/m0", "unsupported_input"), ("p1/m1", "unsupported_input")])
            self.assertEqual(cast.asked(), [0, 0, len(cases)])
        with Cast(chats) as cast:
            for case in cases:
                with self.subTest(case):
                    error = self.complete(cast, {"model": "auto", "prompt": "x", **case}, 400).error()
                    self.assertEqual((error["code"], error["param"]), ("unsupported_input", next(iter(case))))
                    self.assertIn('"completions": "native"', error["message"])
            self.assertEqual(cast.asked(), [0])

    def test_failover_and_refusals(self):
        with Cast(fails("500 Oops"), says_text, providers={0: NATIVE, 1: NATIVE}) as cast:
            self.assertEqual(failed_of(self.complete(cast, {"prompt": "x"})), [("p0/m0", "upstream_server")])
            for body, param in (({}, "prompt"), ({"prompt": None}, "prompt"), ({"prompt": []}, "prompt"), ({"prompt": [1, "a"]}, "prompt"),
                                ({"prompt": "x", "n": 0}, "n"), ({"prompt": "x", "stream": 1}, "stream")):
                error = self.complete(cast, body, 400).error()
                self.assertEqual((error["code"], error["param"]), ("invalid_request", param), body)
        self.assertEqual(self.no_key("/v1/completions").error()["code"], "invalid_api_key")

    def no_key(self, path):
        with Cast(says_text) as cast:
            answer = cast.gateway.request("POST", path, b"{", ANYBODY)
            self.assertEqual((answer.status, answer.headers["www-authenticate"], cast.asked()), (401, "Bearer", [0]))
            return answer


VECTORS = b'{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1,-2e-3 ]}],"model":"x",' \
          b'"usage":{"prompt_tokens":8,"total_tokens":8}}'


def embeds(sock, _call):
    sock.sendall(reply(VECTORS))
    return True


def embeddings_of(*numbers, **more):
    """An edit that makes these models of a Cast embeddings, under one name."""
    def edit(config):
        config["models"]["embeddings"] = [{"name": "text", "model": f"e{n}", "provider": f"p{n}"} for n in numbers]
        config["models"].update(more)
    return edit


class Embeddings(unittest.TestCase):
    def embed(self, cast, body, status=200):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = cast.gateway.request("POST", "/v1/embeddings", raw)
        self.assertEqual(answer.status, status, answer.body)
        return answer

    def test_every_byte_but_the_model_s_name(self):
        rules = {"global_params": {"max_tokens": 5}, "dropped_params": {"*": ["dimensions"]}}
        with Cast(embeds, edit=embeddings_of(0), params=rules) as cast:
            for texts in (b'"a\\u0062c"', b'[ "a", "\xe4\xbd\xa0" ,"" ]', b"[1, 2,3 ]", b"[[1,2 ], [3]]"):
                body = b'{ "input" : ' + texts + b', "model":"%s","encoding_format":"float", "dimensions": 2 }'
                answer = self.embed(cast, body.replace(b"%s", b"text"))
                self.assertEqual(answer.body, VECTORS)
                call = cast.models[0].calls[-1]
                self.assertEqual((path_of(call), call.body), ("/v1/embeddings", body.replace(b"%s", b"e0")))
            self.assertNotIn("x-smartroute-tier", answer.headers)
            self.assertEqual(answer.headers["x-smartroute-model"], "p0/e0")
            self.assertEqual(answer.headers["x-smartroute-decision"].split(";")[0], "pinned")
            recorded(cast, 4, "requests_total", route="embeddings", outcome="success", tier="none")
            recorded(cast, 32, "tokens_total", kind="prompt")

    def test_failover_is_among_those_of_one_name(self):
        def edit(config):
            embeddings_of(0, 1)(config)
            config["models"]["embeddings"].append({"model": "other", "provider": "p2"})

        empty = b'{"object":"list","data":[],"usage":{"prompt_tokens":1}}'
        hollow = b'{"object":"list","data":[{"object":"embedding","index":0,"embedding":[]}]}'
        cases = [("500 Oops", b"{}", "upstream_server"), ("429 Slow", b"{}", "rate_limited"), ("200 OK", empty, "upstream_empty"),
                 ("200 OK", hollow, "upstream_empty"), ("200 OK", b"<html>", "upstream_protocol"), ("200 OK", b"{}", "upstream_protocol"),
                 ("200 OK", b'{"error":{"message":"busy","code":"rate_limit_exceeded"}}', "rate_limited")]
        for status, body, code in cases:
            with self.subTest(status=status, body=body), Cast(fails(status, body), embeds, embeds, edit=edit) as cast:
                answer = self.embed(cast, {"model": "text", "input": "x"})
                self.assertEqual((answer.body, failed_of(answer)), (VECTORS, [("p0/e0", code)]))
                self.assertEqual(cast.asked(), [1, 1, 0])
        escalates = {"escalate": "any"}
        with Cast(fails("500 Oops"), fails("500 Oops"), embeds, edit=edit, retries=escalates) as cast:
            self.assertEqual(self.embed(cast, {"model": "text", "input": "x"}, 502).error()["code"], "upstream_server")
            self.assertEqual(cast.asked(), [1, 1, 0], "never another model")
            self.assertEqual(self.embed(cast, {"model": "p2/other", "input": "x"}).headers["x-smartroute-model"], "p2/other")
            self.assertEqual(self.embed(cast, {"model": "other", "input": "x"}).headers["x-smartroute-model"], "p2/other")

    def test_who_is_asked_first_is_the_strategy_s_to_say(self):
        def edit(config):
            embeddings_of(0, 1, strategies={"embeddings": "cheapest"})(config)
            for entry, price in zip(config["models"]["embeddings"], (2, 1)):
                entry["price"] = {"input": price, "output": 0}

        with Cast(embeds, embeds, edit=edit) as cast:
            self.embed(cast, {"model": "text", "input": "x"})
            self.assertEqual(cast.asked(), [0, 1])

    def test_a_batch_of_megabytes(self):
        element = b'{"object":"embedding","index":%d,"embedding":[' + b",".join([b"0.123456789"] * 3000) + b"]}"
        large = b'{"object":"list","data":[' + b",".join(element % i for i in range(200)) + b'],"usage":{"prompt_tokens":9,"total_tokens":9}}'
        self.assertGreater(len(large), 6_000_000)

        def script(sock, _call):
            sock.sendall(reply(large))
            return True

        with Cast(script, edit=embeddings_of(0)) as cast:
            self.assertEqual(self.embed(cast, {"model": "text", "input": ["x"] * 200}).body, large)
            recorded(cast, 9, "tokens_total", kind="prompt")
        junk = b'{"object":"list","choices":"' + b"x" * 2_000_000 + b'"}'
        with Cast(fails("200 OK", junk), embeds, edit=embeddings_of(0, 1)) as cast:
            self.assertEqual(failed_of(self.embed(cast, {"model": "text", "input": "x"})), [("p0/e0", "upstream_protocol")])

    def test_what_is_refused(self):
        with Cast(embeds, edit=embeddings_of(0)) as cast:
            for body, param in (({"model": "text"}, "input"), ({"input": "x"}, "model"), ({"model": "text", "input": []}, "input"),
                                ({"model": "text", "input": {}}, "input"), ({"model": "text", "input": [[]]}, "input"),
                                ({"model": "text", "input": [1.5]}, "input"), ({"model": "text", "input": "x", "stream": False}, "stream")):
                error = self.embed(cast, body, 400).error()
                self.assertEqual((error["code"], error["param"]), ("invalid_request", param), body)
            error = self.embed(cast, {"model": "auto", "input": "x"}, 404).error()
            self.assertEqual((error["code"], error["param"]), ("model_not_found", "model"))
            self.assertIn("text", error["message"])
            answer = cast.gateway.request("POST", "/v1/embeddings", b"{}", ANYBODY)
            self.assertEqual((answer.status, answer.error()["code"]), (401, "invalid_api_key"))
            self.assertEqual(cast.asked(), [0])
        with Cast(embeds, limits={"body_bytes": 1024}) as cast:
            self.assertIn("models.embeddings", self.embed(cast, {"model": "m0", "input": "x"}, 404).error()["message"])
            self.assertEqual(self.embed(cast, {"model": "m0", "input": "x" * 2000}, 413).error()["code"], "payload_too_large")
            self.assertEqual(cast.asked(), [0])

    def test_they_are_listed(self):
        with Cast(embeds, embeds, edit=embeddings_of(0, 1)) as cast:
            ids = [model["id"] for model in cast.gateway.request("GET", "/v1/models").json()["data"]]
            self.assertEqual(ids, ["auto", "t1", "t2", "t3", "p0/m0", "p1/m1", "text"])
            self.assertEqual(cast.gateway.request("GET", "/v1/models/text").json()["owned_by"], "p0")


QUESTION = {"model": "auto", "messages": [{"role": "user", "content": "Hello, Claude"}], "system": "You are a scientist"}


class Counts(unittest.TestCase):
    def count(self, cast, body=None, status=200, headers=None):
        raw = body if isinstance(body, bytes) else json.dumps(body or QUESTION).encode()
        answer = cast.gateway.request("POST", "/v1/messages/count_tokens", raw, headers)
        self.assertEqual(answer.status, status, answer.body)
        return answer

    def test_a_provider_that_counts_is_asked(self):
        rules = {"global_params": {"max_tokens": 5, "temperature": 1}}
        with Cast(anthropic, providers={0: ANTHROPIC}, params=rules) as cast:
            body = b'{ "model":"auto", "messages" : [{"role":"user","content":"x"}] }'
            answer = self.count(cast, body, headers={"anthropic-beta": "b1"})
            self.assertEqual(answer.body, b'{ "input_tokens" : 77 }')
            self.assertNotIn("x-smartroute-token-count", answer.headers)
            call = cast.models[0].calls[0]
            self.assertEqual((path_of(call), call.header("anthropic-beta"), call.header("x-api-key")),
                             ("/v1/messages/count_tokens", "b1", "sk-provider-0"))
            self.assertEqual(call.body, body.replace(b"auto", b"m0"))
            self.assertEqual(answer.headers["x-smartroute-tier"], "t1")

    def test_an_estimate_is_labelled_and_asks_nobody(self):
        with Cast(chats) as cast:
            answer = self.count(cast)
            self.assertEqual((answer.json(), answer.headers["x-smartroute-token-count"]), ({"input_tokens": 14}, "estimated"))
            self.assertEqual((answer.headers["x-smartroute-model"], answer.headers["x-smartroute-attempts"]), ("p0/m0", "0"))
            self.assertEqual(cast.asked(), [0])
            self.assertEqual(cast.stats()["p0/m0"]["success"], 0)
            recorded(cast, 1, "requests_total", route="count_tokens", outcome="success")

    def test_failover(self):
        with Cast(fails("500 Oops"), anthropic, providers={0: ANTHROPIC, 1: ANTHROPIC}) as cast:
            answer = self.count(cast)
            self.assertEqual((answer.json(), failed_of(answer)), ({"input_tokens": 77}, [("p0/m0", "upstream_server")]))
        with Cast(fails("500 Oops"), chats, providers={0: ANTHROPIC}) as cast:
            answer = self.count(cast)
            self.assertEqual((answer.headers["x-smartroute-token-count"], answer.headers["x-smartroute-attempts"]), ("estimated", "1"))
        for body in (b"{}", b"<html>", b'{"input_tokens":"7"}', b'{"type":"error","error":{"type":"overloaded_error","message":"x"}}'):
            with Cast(fails("200 OK", body), anthropic, providers={0: ANTHROPIC, 1: ANTHROPIC}) as cast:
                self.assertEqual(self.count(cast).headers["x-smartroute-model"], "p1/m1", body)

    def test_a_provider_without_the_endpoint_is_estimated_for_and_not_blamed(self):
        missing = b'{"type":"error","error":{"type":"not_found_error","message":"model: no such path"}}'
        for status in ("404 Not Found", "405 Not Allowed", "501 Not Implemented"):
            with self.subTest(status), Cast(fails(status, missing), anthropic, providers={0: ANTHROPIC, 1: ANTHROPIC}) as cast:
                answer = self.count(cast)
                self.assertEqual((answer.headers["x-smartroute-token-count"], answer.headers["x-smartroute-model"]), ("estimated", "p0/m0"))
                self.assertEqual((cast.stats()["p0/m0"]["failures"], cast.rests(0), cast.asked()), (0, False, [1, 0]))

    def test_a_limit_on_counts_does_not_rest_the_model(self):
        with Cast(fails("429 Slow"), providers={0: ANTHROPIC}) as cast:
            error = self.count(cast, status=429).json()
            self.assertEqual((error["type"], error["error"]["type"]), ("error", "rate_limit_error"))
            self.assertEqual((cast.stats()["p0/m0"]["failures"], cast.rests(0)), (0, False))

    def test_refusals_in_anthropic_s_shape(self):
        with Cast(anthropic, providers={0: ANTHROPIC}) as cast:
            for body, status, kind in (({"messages": []}, 400, "invalid_request_error"), ({**QUESTION, "stream": True}, 400, "invalid_request_error"),
                                       (b"{", 400, "invalid_request_error")):
                error = self.count(cast, body, status).json()
                self.assertEqual((error["type"], error["error"]["type"]), ("error", kind))
            error = self.count(cast, status=401, headers=ANYBODY).json()
            self.assertEqual(error["error"]["type"], "authentication_error")
            self.assertEqual(cast.asked(), [0])
            self.assertEqual(self.count(cast, headers={"Authorization": None, "x-api-key": KEY}).json(), {"input_tokens": 77})


class Models(unittest.TestCase):
    def test_in_anthropic_s_shape_for_its_clients(self):
        says = {"anthropic-version": "2023-06-01"}
        with Cast(chats) as cast:
            listed = cast.gateway.request("GET", "/v1/models?limit=1000", headers=says).json()
            self.assertEqual((listed["has_more"], listed["first_id"], listed["last_id"]), (False, "auto", "p0/m0"))
            model = listed["data"][-1]
            self.assertEqual((model["type"], model["id"], model["display_name"]), ("model", "p0/m0", "p0/m0"))
            self.assertRegex(model["created_at"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
            self.assertEqual(cast.gateway.request("GET", "/v1/models/p0/m0", headers=says).json(), model)
            for path, more, status, kind in (("/v1/models/none", {}, 404, "not_found_error"), ("/v1/models", ANYBODY, 401, "authentication_error")):
                answer = cast.gateway.request("GET", path, headers={**says, **more})
                self.assertEqual((answer.status, answer.json()["error"]["type"], answer.json()["type"]), (status, kind, "error"))


if __name__ == "__main__":
    unittest.main()
