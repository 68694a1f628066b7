"""The official OpenAI SDK for Python against the real binary's demo provider: test_sdk.py BINARY."""

import pathlib
import re
import signal
import subprocess
import sys
import tempfile

import openai


def main(binary):
    with tempfile.TemporaryDirectory() as data:
        process = subprocess.Popen(
            [binary, "serve", "--data", data, "--port", "0", "--bind", "127.0.0.1"], stdout=subprocess.PIPE, text=True
        )
        try:
            url = None
            while url is None:
                match = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
                url = match and match.group(0)
            client = openai.OpenAI(base_url=url + "/v1", api_key="none", max_retries=0)
            messages = [{"role": "user", "content": "Write a function"}]
            plain = client.chat.completions.with_raw_response.create(model="auto", messages=messages)
            assert plain.headers["x-smartroute-tier"] == "t2", plain.headers
            assert plain.parse().choices[0].message.content.startswith("[demo]")
            stream = client.chat.completions.create(model="t1", messages=messages, stream=True)
            text = "".join(part.choices[0].delta.content or "" for part in stream)
            assert text.startswith("[demo]"), text
            assert "auto" in [model.id for model in client.models.list()]
            try:
                client.chat.completions.create(model="auto", messages=[])
                raise AssertionError("an empty conversation was accepted")
            except openai.BadRequestError as error:
                assert error.param == "messages"
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=40) == 0
    print("the Python SDK streams, parses errors and lists models through the gateway")


main(str(pathlib.Path(sys.argv[1]).resolve()))
