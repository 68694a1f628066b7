"""The official OpenAI SDK for Python against the real binary and its demo provider.

SMARTROUTE_BIN=build/release/smartroute python3 -m unittest tests/e2e/python/test_sdk.py
"""

import asyncio
import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

import openai
import pydantic

BINARY = str(pathlib.Path(os.environ.get("SMARTROUTE_BIN", "build/release/smartroute")).resolve())
ROOT = pathlib.Path(__file__).resolve().parents[3]
CODE = [{"role": "user", "content": "Write a function"}]


class PythonSdk(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.data = tempfile.TemporaryDirectory(prefix="smartroute-python-")
        cls.process = subprocess.Popen(
            [BINARY, "serve", "--data", cls.data.name, "--port", "0", "--bind", "127.0.0.1", "--log", "warn"],
            stdout=subprocess.PIPE,
            text=True,
        )
        printed = []
        for line in cls.process.stdout:
            printed.append(line)
            match = re.search(r"(http://127\.0\.0\.1:\d+)/", line)
            if match:
                cls.url = match.group(1) + "/v1"
                break
        else:
            raise AssertionError("it did not start: " + "".join(printed))
        # Nobody else reads: a full pipe would stop the gateway.
        threading.Thread(target=cls.process.stdout.read, daemon=True).start()
        cls.client = openai.OpenAI(base_url=cls.url, api_key="none", max_retries=0)

    @classmethod
    def tearDownClass(cls):
        cls.process.send_signal(signal.SIGTERM)
        try:
            code = cls.process.wait(timeout=40)
        finally:
            cls.process.kill()
            cls.data.cleanup()
        assert code == 0, f"exit code {code}"

    def test_what_the_readmes_say_works(self):
        for name in ("README.md", "README.zh-CN.md"):
            text = (ROOT / name).read_text(encoding="utf-8")
            programs = re.findall(r"^```python\n(.*?)^```", text, re.M | re.S)
            self.assertTrue(programs, name)
            for program in programs:
                code = program.replace("http://127.0.0.1:6688/v1", self.url)
                run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
                self.assertEqual(run.returncode, 0, run.stderr)
                self.assertRegex(run.stdout, "^(\\[demo\\]|【演示】)")

    def test_plain_answer_with_the_headers_that_explain_it(self):
        raw = self.client.chat.completions.with_raw_response.create(model="auto", messages=CODE)
        self.assertEqual(raw.headers["x-smartroute-tier"], "t2")
        self.assertEqual(raw.headers["x-smartroute-attempts"], "1")
        answer = raw.parse()
        self.assertTrue(answer.choices[0].message.content.startswith("[demo]"))
        self.assertEqual(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens)

    def test_stream_has_the_words_of_the_plain_answer(self):
        plain = self.client.chat.completions.create(model="t1", messages=CODE).choices[0].message.content
        stream = self.client.chat.completions.create(
            model="t1", messages=CODE, stream=True, stream_options={"include_usage": True}
        )
        parts = list(stream)
        self.assertEqual("".join(p.choices[0].delta.content or "" for p in parts if p.choices), plain)
        self.assertEqual([p.usage is not None for p in parts].count(True), 1)
        self.assertIsNotNone(parts[-1].usage)

    def test_chinese_is_answered_in_chinese(self):
        stream = self.client.chat.completions.create(
            model="auto", messages=[{"role": "user", "content": "你好，世界 🌍"}], stream=True
        )
        text = "".join(part.choices[0].delta.content or "" for part in stream)
        self.assertTrue(text.startswith("【演示】"), text)
        self.assertIn("🌍", text)

    def test_structured_output(self):
        class Answer(pydantic.BaseModel):
            demo: bool
            tier: str

        parsed = self.client.chat.completions.parse(model="t3", messages=CODE, response_format=Answer)
        self.assertEqual(parsed.choices[0].message.parsed, Answer(demo=True, tier="t3"))

    def test_many_streams_at_once(self):
        def ask(number):
            stream = self.client.chat.completions.create(
                model="t1", messages=[{"role": "user", "content": f"number {number}."}], stream=True
            )
            return "".join(part.choices[0].delta.content or "" for part in stream)

        with concurrent.futures.ThreadPoolExecutor(max_workers=20) as pool:
            for number, text in enumerate(pool.map(ask, range(40))):
                self.assertIn(f"number {number}.", text)

    def test_asynchronous_client_that_leaves(self):
        async def leave():
            async with openai.AsyncOpenAI(base_url=self.url, api_key="none", max_retries=0) as client:
                stream = await client.chat.completions.create(model="t1", messages=CODE, stream=True)
                async for part in stream:
                    self.assertEqual(part.system_fingerprint, "demo")
                    break
                await stream.close()

        asyncio.run(leave())
        self.assertTrue(self.client.models.list().data, "the gateway goes on")

    def test_models(self):
        ids = [model.id for model in self.client.models.list()]
        self.assertEqual(ids[:4], ["auto", "t1", "t2", "t3"])
        self.assertEqual(self.client.models.retrieve("auto").id, "auto")

    def test_errors_are_the_sdks_own(self):
        with self.assertRaises(openai.BadRequestError) as refused:
            self.client.chat.completions.create(model="auto", messages=[])
        self.assertEqual(refused.exception.param, "messages")
        with self.assertRaises(openai.NotFoundError):
            self.client.models.retrieve("nobody")
        with self.assertRaises(openai.NotFoundError):
            self.client.embeddings.create(model="auto", input="x")


if __name__ == "__main__":
    unittest.main()
