"""What a provider's failure means to the client, end to end: status, code, words, Retry-After (docs/failover.md)."""

import json
import time
import unittest
from email.utils import formatdate

from harness import END, PLAIN, STREAM, Gateway, Upstream, answer_well, chunk_json, chunked, config_for, reply, sse, stream_head


def fails(line, error, extra=""):
    return lambda sock, _call: sock.sendall(reply(json.dumps({"error": error}).encode(), line, extra=extra))


def in_stream(error):
    def script(sock, call):
        if call.json().get("stream"):
            sock.sendall(stream_head() + chunked(sse(chunk_json({"role": "assistant"}), {"error": error})) + END)
        else:
            sock.sendall(reply(json.dumps({"error": error}).encode()))
    return script


def config(*urls, **provider):
    settings = config_for(*urls)
    for one in settings["providers"]["custom"].values():
        one.update(provider)
    return settings


# Name, script, the provider's settings, status, code, what the message is.
CASES = [
    ("too long", fails("400 Bad Request", {"message": "prompt is too long", "type": "invalid_request_error"}), {},
     400, "context_length_exceeded", "prompt is too long"),
    ("a filter that answers 403", fails("403 Forbidden", {"message": "flagged", "code": 403}), {"vendor": "openrouter"},
     400, "content_policy_violation", "flagged"),
    ("a vendor's code in a stream", in_stream({"code": "1301", "message": "不安全或敏感内容"}), {"vendor": "zhipu"},
     400, "content_policy_violation", "不安全或敏感内容"),
    ("a rule of the operator's", fails("422 Unprocessable", {"message": "No eyes here", "code": "E9"}),
     {"error_map": [{"code": "e9", "message": "eyes", "class": "unsupported_input"}]}, 422, "unsupported_input", "No eyes here"),
    ("no rule for a 5xx", fails("500 Oops", {"message": "No eyes here", "code": "E9"}),
     {"error_map": [{"code": "e9", "class": "unsupported_input"}]}, 502, "upstream_server", None),
    ("our key", fails("401 Unauthorized", {"message": "Incorrect API key", "code": "invalid_api_key"}), {},
     502, "upstream_auth", None),
    ("our account", fails("402 Payment Required", {"message": "Insufficient Balance"}), {}, 502, "billing", None),
    ("our choice of model", fails("404 Not Found", {"message": "no m0", "code": "model_not_found"}), {},
     502, "model_unavailable", None),
]


class Classes(unittest.TestCase):
    def test_status_code_and_words(self):
        for name, script, provider, status, code, message in CASES:
            for kind, body in (("plain", PLAIN), ("stream", STREAM)):
                with self.subTest(name, kind=kind), Upstream(script) as upstream:
                    with Gateway(config(upstream.url, **provider)) as gateway:
                        answer = gateway.chat(body)
                        self.assertEqual((answer.status, answer.error()["code"]), (status, code), answer.body)
                        if message is not None:
                            self.assertEqual(answer.error()["message"], message)
                        for secret in ("Incorrect", "Insufficient", "no m0"):
                            self.assertNotIn(secret, answer.error()["message"])
                        metrics = gateway.request("GET", "/metrics").body.decode()
                        self.assertRegex(metrics, rf'smartroute_\w+{{[^}}]*outcome="{code_of(code)}"')

    def test_the_provider_s_words_stand_in_the_log(self):
        wrong_key = fails("401 Unauthorized", {"message": "Incorrect API key provided", "code": "invalid_api_key"})
        with Upstream(wrong_key) as first, Upstream(answer_well) as second, Gateway(config(first.url, second.url)) as gateway:
            self.assertEqual(gateway.chat(PLAIN).status, 200)
            words = "p0/m0 (upstream_auth) status 401: Incorrect API key provided"
            gateway.eventually(lambda: words in gateway.stderr(), "the log to have the reason")

    def test_the_end_of_a_cut_stream_says_nothing_of_our_account(self):
        spent = sse(chunk_json({"content": "Hello"}), {"error": {"message": "Your account is spent", "code": "insufficient_quota"}})

        def script(sock, _call):
            sock.sendall(stream_head() + chunked(spent) + END)

        with Upstream(script) as upstream, Gateway(config(upstream.url)) as gateway:
            answer = gateway.chat(STREAM)
            self.assertEqual(answer.status, 200)
            last = json.loads(answer.body.split(b"data: ")[-1])["error"]
            self.assertEqual((last["code"], last["message"]), ("interrupted", "the gateway's account at the provider is used up"))
            self.assertNotIn(b"Your account is spent", answer.body)
            gateway.eventually(lambda: "Your account is spent" in gateway.stderr(), "the log to have the reason")


def code_of(shown):
    """The class behind the code that a client sees."""
    return {"context_length_exceeded": "context_exceeded", "content_policy_violation": "content_policy"}.get(shown, shown)


class RetryAfter(unittest.TestCase):
    def ask(self, *headers):
        scripts = [fails("429 Too Many Requests", {"message": "slow"}, extra=header) for header in headers]
        upstreams = [Upstream(script) for script in scripts]
        try:
            with Gateway(config(*(upstream.url for upstream in upstreams))) as gateway:
                answer = gateway.chat(PLAIN)
                self.assertEqual(answer.status, 429)
                return answer.headers.get("retry-after")
        finally:
            for upstream in upstreams:
                upstream.stop()

    def test_the_shortest_wait_is_passed_on(self):
        self.assertEqual(self.ask("Retry-After: 7\r\n"), "7")
        self.assertEqual(self.ask("Retry-After: 9\r\nretry-after-ms: 1200\r\n"), "2")
        self.assertEqual(self.ask("Retry-After: 9\r\n", "Retry-After: 3\r\n"), "3")
        date = formatdate(time.time() + 100, usegmt=True)
        self.assertIn(int(self.ask(f"Retry-After: {date}\r\n")), range(95, 102))
        self.assertEqual(self.ask("Retry-After: 1e9\r\n"), "86400")
        for says_nothing in ("Retry-After: -5\r\n", "Retry-After: 0\r\n", "Retry-After: soon\r\n", ""):
            self.assertEqual(self.ask(says_nothing), "5", "health.cooldown.first")


if __name__ == "__main__":
    unittest.main()
