"""Where requests go and who asks: a provider with its models in the path and its key in a header of its own (Azure's
deployments), as strict as the service."""

import json
import unittest

from harness import Gateway, Upstream, config_for, good_plain, good_stream, chunked, reply, stream_head, END

VERSION = "api-version=2024-10-21"


def azure(sock, call):
    method, target, _ = call.head.split("\r\n")[0].split(" ")
    path, _, query = target.partition("?")
    parts = path.split("/")[1:]
    if call.header("api-key") != "sk-provider-0" or call.header("Authorization") is not None:
        sock.sendall(reply(b'{"error":{"code":"401","message":"Access denied due to invalid subscription key"}}', "401 Unauthorized"))
        return True
    if method != "POST" or VERSION not in query.split("&") or parts[:2] != ["openai", "deployments"] or len(parts) < 4:
        sock.sendall(reply(b'{"error":{"code":"404","message":"Resource not found"}}', "404 Resource Not Found"))
        return True
    deployment, operation = parts[2], "/".join(parts[3:])
    if operation == "chat/completions" and call.json().get("stream"):
        sock.sendall(stream_head() + chunked(good_stream(deployment)) + END)
    elif operation == "chat/completions":
        sock.sendall(reply(good_plain(deployment)))
    elif operation == "embeddings":
        sock.sendall(reply(json.dumps({"object": "list", "model": deployment, "usage": {"prompt_tokens": 1, "total_tokens": 1},
                                       "data": [{"object": "embedding", "index": 0, "embedding": [1]}]}).encode()))
    elif operation == "images/generations":
        sock.sendall(reply(json.dumps({"created": 1, "data": [], "deployment": deployment, "query": query}).encode()))
    else:
        sock.sendall(reply(b'{"error":{"code":"404","message":"Resource not found"}}', "404 Resource Not Found"))
    return True


class Deployments(unittest.TestCase):
    def setUp(self):
        upstream = Upstream(azure)
        self.addCleanup(upstream.stop)
        root = upstream.url.removesuffix("/v1")
        config = config_for(upstream.url, server={"shards": 1})
        config["providers"]["custom"]["p0"].update(
            {"preset": "azure", "base_url": f"{root}/openai/deployments/{{model}}?{VERSION}", "passthrough": ["images"]})
        config["models"] = {"t1": [{"model": name, "provider": "p0"} for name in ("gpt-4o", "my mini")],
                            "embeddings": [{"model": "vectors", "provider": "p0"}]}
        self.upstream = upstream
        self.gateway = Gateway(config)
        self.addCleanup(self.gateway.stop)

    def test_each_model_has_its_path(self):
        for model in ("p0/gpt-4o", "p0/my mini", "p0/gpt-4o"):
            name = model.removeprefix("p0/")
            plain = self.gateway.chat({"model": model, "messages": [{"role": "user", "content": "hi"}]})
            self.assertEqual(plain.status, 200, plain.body)
            self.assertEqual(plain.json()["choices"][0]["message"]["content"], name.replace(" ", "%20"))
            stream = self.gateway.chat({"model": model, "stream": True, "messages": [{"role": "user", "content": "hi"}]})
            self.assertEqual(stream.status, 200, stream.body)
            told = "".join(json.loads(line[6:])["choices"][0]["delta"].get("content", "")
                           for line in stream.body.decode().splitlines() if line.startswith("data: {"))
            self.assertEqual(told, name.replace(" ", "%20"))
        self.assertEqual(self.upstream.connections, 1, "one provider, one pool")

    def test_other_operations(self):
        vectors = self.gateway.request("POST", "/v1/embeddings", b'{"model":"p0/vectors","input":"a"}')
        self.assertEqual((vectors.status, vectors.json()["model"]), (200, "vectors"), vectors.body)
        image = self.gateway.request("POST", "/v1/images/generations?x=1", b'{"model":"p0/draw/../x","prompt":"a"}')
        self.assertEqual(image.status, 200, image.body)
        self.assertEqual(image.json()["deployment"], "draw%2F..%2Fx", "a client's words are one part of a path")
        self.assertEqual(image.json()["query"], f"x=1&{VERSION}")

    def test_without_a_model_there_is_no_path(self):
        for body in (b'{"prompt":"a"}', b'{"model":"p0/..","prompt":"a"}'):
            image = self.gateway.request("POST", "/v1/images/generations", body)
            self.assertEqual(image.status, 400, image.body)
            self.assertIn("model", image.error()["message"])
        self.assertEqual(self.upstream.calls, [])


if __name__ == "__main__":
    unittest.main()
