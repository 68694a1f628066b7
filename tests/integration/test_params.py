"""What an operator's rules for parameters make of a request, as the provider receives it."""

import json
import unittest

from harness import Gateway, Upstream, answer_well, chat_bytes, config_for

# As in docs/configuration.md: m0 is fixed to one top_p, m1 is a reasoning model.
RULES = {
    "global_params": {"max_tokens": 4096},
    "model_params": {"m1": {"reasoning_effort": "low"}},
    "forced_params": {"m0": {"top_p": 0.95}},
    "dropped_params": {"m1": ["temperature", "top_p"], "*": ["logit_bias"]},
    "renamed_params": {"m1": {"max_tokens": "max_completion_tokens"}},
}

MESSAGES = b'"messages": [ {"role":"user", "content":"\xe4\xbd\xa0\xe5\xa5\xbd \\u4f60 1.50"} ]'


class Params(unittest.TestCase):
    def received(self, model, body):
        """The bytes of the one request that the model's provider got."""
        with Upstream(answer_well) as first, Upstream(answer_well) as second:
            with Gateway(config_for(first.url, second.url, params=RULES)) as gateway:
                reply = gateway.send(chat_bytes(body))
                self.assertEqual(reply.status, 200, reply.body)
            calls = {"m0": first, "m1": second}[model].calls
            self.assertEqual(len(calls), 1)
            return calls[0].body

    def test_each_model_gets_what_its_rules_say_and_every_other_byte(self):
        members = b'"temperature" : 0.20,\t"logit_bias":{"1": [ -1 ]} , "max_tokens":100'
        cases = [
            ("m0", b'{ "top_p":0.10, "model":"m0", ' + members + b", " + MESSAGES + b" }\n",
             b'{ "top_p":0.95, "model":"m0", "temperature" : 0.20,\t"max_tokens":100, ' + MESSAGES + b" }\n"),
            ("m1", b'{ "top_p":0.10, "model":"m1", ' + members + b", " + MESSAGES + b" }\n",
             b'{"reasoning_effort":"low", "model":"m1", "max_completion_tokens":100, ' + MESSAGES + b" }\n"),
            ("m0", b'{"model":"m0",' + MESSAGES + b',"t\\u006fp_p":1}',
             b'{"max_tokens":4096,"model":"m0",' + MESSAGES + b',"t\\u006fp_p":0.95}'),
            ("m1", b'{"model":"m1","reasoning_effort":"high",' + MESSAGES + b',"max_tokens":7,"max_completion_tokens":8}',
             b'{"model":"m1","reasoning_effort":"high",' + MESSAGES + b',"max_completion_tokens":8}'),
        ]
        for model, sent, wanted in cases:
            with self.subTest(sent=sent):
                got = self.received(model, sent)
                json.loads(got)
                self.assertEqual(got, wanted)

    def test_a_failover_applies_the_next_model_s_rules_to_what_the_client_sent(self):
        def busy(sock, _call):
            sock.sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")

        with Upstream(busy) as first, Upstream(answer_well) as second:
            with Gateway(config_for(first.url, second.url, params=RULES)) as gateway:
                body = b'{"model":"auto",' + MESSAGES + b',"max_tokens":5,"top_p":0.1}'
                self.assertEqual(gateway.send(chat_bytes(body)).status, 200)
            self.assertEqual(first.calls[0].body, b'{"model":"m0",' + MESSAGES + b',"max_tokens":5,"top_p":0.95}')
            self.assertEqual(
                second.calls[0].body,
                b'{"reasoning_effort":"low","model":"m1",' + MESSAGES + b',"max_completion_tokens":5}')

    def test_rules_change_with_the_file(self):
        with Upstream(answer_well) as upstream:
            config = config_for(upstream.url, params={"dropped_params": {"*": ["seed"]}})
            with Gateway(config) as gateway:
                body = {"model": "m0", "messages": [{"role": "user", "content": "x"}], "seed": 1}
                self.assertEqual(gateway.chat(body).status, 200)
                self.assertNotIn("seed", upstream.calls[-1].json())
                config["params"] = {"renamed_params": {"m0": {"seed": "random_seed"}}}
                gateway.write(config)

                def is_renamed():
                    self.assertEqual(gateway.chat(body).status, 200)
                    return upstream.calls[-1].json().get("random_seed") == 1

                gateway.eventually(is_renamed, "the new rule holds")
                self.assertNotIn("seed", upstream.calls[-1].json())

    def test_another_dialect_says_them_in_its_own_way(self):
        rules = {"global_params": {"max_tokens": 4096, "seed": 7}, "forced_params": {"m0": {"temperature": 0.5}},
                 "dropped_params": {"m0": ["top_p"]}}
        chat = {"model": "m0", "top_p": 0.1, "messages": [{"role": "user", "content": "Hi"}]}
        cases = {
            "v1-messages": lambda got: (got["max_tokens"], got["temperature"], "seed" in got, "top_p" in got),
            "v1-response": lambda got: (got["max_output_tokens"], got["temperature"], "max_tokens" in got or "seed" in got, "top_p" in got),
            "gemini": lambda got: (got["generationConfig"]["maxOutputTokens"], got["generationConfig"]["temperature"],
                                   set(got) - {"contents", "generationConfig"} != set(), "topP" in got["generationConfig"]),
        }
        for protocol, facts in cases.items():
            with self.subTest(protocol), Upstream(answer_well) as upstream:
                config = config_for(upstream.url, params=rules)
                config["providers"]["custom"]["p0"]["protocol"] = protocol
                with Gateway(config) as gateway:
                    gateway.request("POST", "/v1/chat/completions", json.dumps(chat).encode())
                self.assertEqual(facts(json.loads(upstream.calls[0].body)), (4096, 0.5, False, False))

    def test_clients_of_other_dialects_get_them_too(self):
        rules = {"global_params": {"max_tokens": 4096, "stop": ["x"]}, "forced_params": {"m0": {"temperature": 0.5}}}
        asked = {"/v1/messages": {"model": "m0", "max_tokens": 5, "messages": [{"role": "user", "content": "Hi"}]},
                 "/v1/responses": {"model": "m0", "input": "Hi"}}
        wanted = {("/v1/messages", "openai"): {"max_tokens": 5, "temperature": 0.5},
                  ("/v1/responses", "openai"): {"max_tokens": 4096, "temperature": 0.5},
                  ("/v1/messages", "v1-messages"): {"max_tokens": 5, "temperature": 0.5},
                  ("/v1/responses", "v1-response"): {"max_output_tokens": 4096, "temperature": 0.5}}
        for (path, protocol), members in wanted.items():
            with self.subTest(path=path, protocol=protocol), Upstream(answer_well) as upstream:
                config = config_for(upstream.url, params=rules)
                config["providers"]["custom"]["p0"]["protocol"] = protocol
                with Gateway(config) as gateway:
                    gateway.request("POST", path, json.dumps(asked[path]).encode())
                got = json.loads(upstream.calls[0].body)
                names = {"max_tokens", "max_output_tokens", "temperature", "stop"}
                self.assertEqual({name: got[name] for name in names & set(got)}, members)


if __name__ == "__main__":
    unittest.main()
