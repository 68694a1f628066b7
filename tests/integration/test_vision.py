"""Images for models that cannot see: described by vision models, or left to those that see."""

import json
import re
import threading
import unittest

from books import Books, line_of
from cast import Case, Cast, Held, failed_of
from harness import KEY, PATIENCE, answer_well, chat_bytes, good_plain, reply, until_closed

PIXELS = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
DATA = f"data:image/png;base64,{PIXELS}"
URL = "https://pictures.example/secret-cat.png"
VISION = "x-smartroute-vision"


def image(url=DATA):
    return {"type": "image_url", "image_url": {"url": url}}


def asks(*parts, **more):
    return {"model": "auto", "messages": [{"role": "user", "content": [{"type": "text", "text": "What is it?"}, *parts]}], **more}


SEES = asks(image())


def describes(text="A cat on a mat."):
    def script(sock, call):
        sock.sendall(reply(good_plain(text)))
        return True
    return script


def describes_as_anthropic(sock, call):
    sock.sendall(reply(json.dumps({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [{"type": "text", "text": "A cat on a mat."}],
        "stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 70, "output_tokens": 8}}).encode()))
    return True


def fails(status="500 Internal Server Error", message="broken"):
    def script(sock, call):
        sock.sendall(reply(json.dumps({"error": {"message": message, "type": "t", "code": None}}).encode(), status))
        return True
    return script


def cast(*scripts, blind=(0,), vision=(1,), settings=None, entries=None, **more):
    """The models of `vision` describe; of the others, those of `blind` cannot see."""
    def edit(config):
        listed = config["models"]["t1"]
        config["models"]["t1"] = [entry for number, entry in enumerate(listed) if number not in vision]
        config["providers"]["image_description"] = [listed[number] for number in vision]
        config["providers"].update(settings or {})
    made = {number: {"multimodal": False, **(entries or {}).get(number, {})} for number in blind}
    return Cast(*scripts, entries={**(entries or {}), **made}, edit=edit, **more)


def text_of(call):
    return "".join(part["text"] for part in call.json()["messages"][0]["content"])


class Vision(Case):
    def blind_body(self, call):
        """What a model got that cannot see: words alone."""
        raw = json.dumps(call.json())
        for secret in (PIXELS[:20], "secret-cat", "image_url", "base64", "input_image"):
            self.assertNotIn(secret, raw)
        return call.json()

    def test_a_model_that_cannot_see_gets_words(self):
        with cast(answer_well, describes('Says "hi".\n二')) as c:
            answer = c.chat(SEES)
            self.answered(answer, 1, 0)
            self.assertEqual(c.asked(), [1, 1])
            body = self.blind_body(c.models[0].calls[0])
            what, words = body["messages"][0]["content"]
            self.assertEqual(what, {"type": "text", "text": "What is it?"})
            self.assertEqual(set(words), {"type", "text"})
            self.assertIn('Says "hi".\n二', words["text"])
            question = c.models[1].calls[0].json()
            self.assertFalse(question.get("stream"))
            self.assertEqual([part["type"] for part in question["messages"][0]["content"]], ["text", "image_url"])
            self.assertEqual(question["messages"][0]["content"][1]["image_url"]["url"], DATA)
            self.assertEqual(question["model"], "m1")
            self.assertEqual(c.models[1].calls[0].header("authorization"), "Bearer sk-provider-1")
            self.assertEqual(answer.headers[VISION], "p1/m1; described=1; cached=0")
            line = line_of(c.gateway, answer.headers["x-smartroute-request-id"])
            self.assertRegex(line, r" images=1\+0 images_by=p1/m1 images_ms=[0-9.]+ inner_calls=1 inner_tokens=1\+2 ")
            self.assertIn(" tokens=1+2 ", line)
            books = Books(c.gateway)
            self.assertEqual((books.count("image_descriptions_total", source="model"), books.count("inner_tokens_total", kind="prompt")), (1, 1))
            self.assertEqual(books.count("attempts_total", provider="p1", outcome="success"), 1)

    def test_all_else_is_byte_for_byte(self):
        raw = b'{ "model":"auto",\n "messages" : [{"role":"user","content":[ %s ,{"text":"\\u00e4","type":"text"}]}], "x_y" : 1.50 }'
        with cast(answer_well, describes("cat")) as c:
            sent = raw % json.dumps(image()).encode()
            answer = c.gateway.request("POST", "/v1/chat/completions", sent)
            self.answered(answer, 1, 0)
            got = c.models[0].calls[0].body
            words = json.dumps({"type": "text", "text": c.models[0].calls[0].json()["messages"][0]["content"][0]["text"]}, separators=(",", ":"))
            self.assertEqual(got, (raw % words.encode()).replace(b'"auto"', b'"m0"'))

    def test_a_stream(self):
        with cast(answer_well, describes()) as c:
            answer = c.chat({**SEES, "stream": True})
            self.answered(answer, 1, 0)
            self.assertIn(b"[DONE]", answer.body)
            self.blind_body(c.models[0].calls[0])

    def test_it_is_described_once(self):
        with cast(answer_well, describes()) as c:
            self.answered(c.chat(SEES), 1, 0)
            answer = c.chat(SEES)
            self.answered(answer, 1, 0)
            self.assertEqual(c.asked(), [2, 1])
            self.assertEqual(answer.headers[VISION], "p1/m1; described=0; cached=1")
            self.assertEqual(c.models[0].calls[0].body, c.models[0].calls[1].body)
            self.assertNotIn("inner_calls", line_of(c.gateway, answer.headers["x-smartroute-request-id"]))
            twice = c.chat(asks(image(URL), image(), image(URL)))
            self.assertEqual(twice.headers[VISION], "p1/m1; described=1; cached=2")
            self.assertEqual(c.asked(), [3, 2])

    def test_no_cache(self):
        with cast(answer_well, describes(), settings={"image_description_cache_mb": 0}) as c:
            c.chat(SEES)
            self.answered(c.chat(SEES), 1, 0)
            self.assertEqual(c.asked(), [2, 2])

    def test_another_prompt_is_another_question(self):
        with cast(answer_well, describes(), settings={"image_description_prompt": "Count the \"cats\"."}) as c:
            c.chat(SEES)
            self.assertEqual(c.models[1].calls[0].json()["messages"][0]["content"][0]["text"], "Count the \"cats\".")
            c.config["providers"]["image_description_prompt"] = "Count the dogs."
            c.gateway.write(c.config)
            c.gateway.eventually(lambda: "config_reloaded" in c.gateway.stderr(), "the edit is taken")
            c.gateway.eventually(lambda: c.chat(SEES) and len(c.models[1].calls) == 2, "it is asked anew")

    def test_two_at_once_ask_once(self):
        held = Held(describes())
        for shards in (1, 4):
            with self.subTest(shards=shards), cast(answer_well, held, server={"shards": shards}) as c:
                answers = []
                threads = [threading.Thread(target=lambda: answers.append(c.chat(SEES))) for _ in range(6)]
                for thread in threads:
                    thread.start()
                c.under_way(6)
                c.models[1].wait_for(lambda up: len(up.calls) == 1)
                held.let()
                for thread in threads:
                    thread.join(PATIENCE)
                self.assertEqual([answer.status for answer in answers], [200] * 6)
                self.assertEqual(c.asked(), [6, 1])
                self.assertEqual(sorted(answer.headers[VISION] for answer in answers),
                                 ["p1/m1; described=0; cached=1"] * 5 + ["p1/m1; described=1; cached=0"])

    def test_vision_models_are_tried_in_order(self):
        with cast(answer_well, fails(), describes(), vision=(1, 2)) as c:
            answer = c.chat(SEES)
            self.answered(answer, 1, 0)
            self.assertEqual(answer.headers[VISION], "p2/m2; described=1; cached=0")
            self.assertEqual(c.asked(), [1, 1, 1])
            self.assertIn("image: p1/m1 (upstream_server)", line_of(c.gateway, answer.headers["x-smartroute-request-id"]))

    def test_who_sees_answers_when_nothing_describes(self):
        with cast(answer_well, fails(), answer_well) as c:
            answer = c.chat(SEES)
            self.answered(answer, 2, 2)
            self.assertEqual(c.asked(), [0, 1, 1])
            self.assertEqual(failed_of(answer), [("p0/m0", "image_undescribed")])
            self.assertNotIn(VISION, answer.headers)
            self.assertEqual(c.models[2].calls[0].json()["messages"], SEES["messages"])
            self.assertEqual(c.stats()["p0/m0"]["failures"], 0, "the model that cannot see is not at fault")

    def test_no_model_that_sees_and_no_description(self):
        for script, status, words in ((fails(), 502, "the provider failed with status 500"),
                                      (fails("400 Bad Request", "Cannot load the picture."), 400, "Cannot load the picture.")):
            with self.subTest(status=status), cast(answer_well, script, answer_well, blind=(0, 2)) as c:
                answer = c.chat(SEES)
                self.refused(answer, status, "image_undescribed", 1)
                self.assertIn("images could not be described", answer.error()["message"])
                self.assertIn(words, answer.error()["message"])
                self.assertNotIn(PIXELS[:20], answer.body.decode())
                self.assertEqual(c.asked(), [0, 1, 0])

    def test_who_sees_costs_no_description(self):
        with cast(answer_well, describes(), blind=()) as c:
            self.answered(c.chat(SEES), 1, 0)
            self.assertEqual(c.asked(), [1, 0])
            self.assertEqual(c.models[0].calls[0].json()["messages"], SEES["messages"])

    def test_the_configured_order_stays(self):
        with cast(answer_well, describes(), answer_well) as c:
            self.answered(c.chat(SEES), 1, 0)
            self.assertEqual(c.asked(), [1, 1, 0])
        with cast(answer_well, answer_well, blind=(0,), vision=()) as c:
            self.answered(c.chat(SEES), 1, 1)

    def test_after_one_that_sees_the_next_gets_words(self):
        with cast(fails(), describes(), answer_well, blind=(2,)) as c:
            self.answered(c.chat(SEES), 2, 2)
            self.assertEqual(c.models[0].calls[0].json()["messages"], SEES["messages"])
            self.blind_body(c.models[2].calls[0])
        with cast(fails("400 Bad Request", "this model does not support image input"), describes(), answer_well, blind=(2,)) as c:
            self.answered(c.chat(SEES), 2, 2)

    def test_after_words_the_next_that_sees_gets_the_image(self):
        with cast(fails(), describes(), answer_well) as c:
            answer = c.chat(SEES)
            self.answered(answer, 2, 2)
            self.assertEqual(c.models[2].calls[0].json()["messages"], SEES["messages"])
            self.assertNotIn(VISION, answer.headers)

    def test_spellings(self):
        for part in ({"type": "image_url", "image_url": URL}, {"type": "image_url", "image_url": DATA},
                     {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXELS}}):
            with self.subTest(part=part), cast(answer_well, describes()) as c:
                self.answered(c.chat(asks(part)), 1, 0)
                self.blind_body(c.models[0].calls[0])
                url = c.models[1].calls[0].json()["messages"][0]["content"][1]["image_url"]["url"]
                self.assertEqual(url, URL if URL in json.dumps(part) else DATA)

    def test_a_vision_model_of_another_protocol(self):
        with cast(answer_well, describes_as_anthropic, providers={1: {"protocol": "v1-messages"}}) as c:
            answer = c.chat(SEES)
            self.answered(answer, 1, 0)
            call = c.models[1].calls[0]
            self.assertTrue(call.head.startswith("POST /v1/messages "), call.head)
            self.assertEqual(call.json()["messages"][0]["content"][1]["source"],
                             {"type": "base64", "media_type": "image/png", "data": PIXELS})
            self.assertIn("A cat on a mat.", text_of(c.models[0].calls[0]))
            self.assertIn(" inner_tokens=70+8 ", line_of(c.gateway, answer.headers["x-smartroute-request-id"]))

    def test_messages_and_responses(self):
        source = {"type": "base64", "media_type": "image/png", "data": PIXELS}
        result = {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "Shot:"}, {"type": "image", "source": source}]}
        messages = {"model": "auto", "max_tokens": 50, "messages": [
            {"role": "user", "content": "Look."},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "shoot", "input": {}}]},
            {"role": "user", "content": [result]}]}
        responses = {"model": "auto", "input": [{"role": "user", "content": [
            {"type": "input_text", "text": "What?"}, {"type": "input_image", "image_url": DATA}]}]}
        with cast(answer_well, describes()) as c:
            for path, body in (("/v1/messages", messages), ("/v1/responses", responses)):
                with self.subTest(path):
                    answer = c.gateway.request("POST", path, json.dumps(body).encode(), {"x-api-key": KEY})
                    self.assertEqual(answer.status, 200, answer.body)
                    self.blind_body(c.models[0].calls[-1])
                    self.assertIn("A cat on a mat.", c.models[0].calls[-1].body.decode())
            self.assertEqual(c.asked(), [2, 1], "the same image in another dialect is the same")
            chat = c.chat(SEES)
            self.assertEqual(chat.headers[VISION], "p1/m1; described=0; cached=1")

    def test_a_file_s_id_is_nobody_else_s_to_see(self):
        body = {"model": "auto", "input": [{"role": "user", "content": [{"type": "input_image", "file_id": "file-1"}]}]}
        with cast(answer_well, describes()) as c:
            answer = c.gateway.request("POST", "/v1/responses", json.dumps(body).encode())
            self.assertEqual((answer.status, c.asked()), (400, [0, 0]), answer.body)
            self.assertIn("neither by a URL nor as data", answer.error()["message"])

    def test_too_many(self):
        with cast(answer_well, describes()) as c:
            answer = c.chat(asks(*(image(f"https://x/{i}.png") for i in range(65))))
            self.refused(answer, 400, "image_undescribed", 1)
            self.assertIn("has 65 images; at most 64", answer.error()["message"])
            self.assertEqual(c.asked(), [0, 0])

    def test_several_at_once_and_no_more_than_a_model_takes(self):
        held = Held(describes())
        with cast(answer_well, held, entries={1: {"max_concurrent": 2}}) as c:
            answers = []
            body = asks(*(image(f"https://x/{i}.png") for i in range(5)))
            thread = threading.Thread(target=lambda: answers.append(c.chat(body)))
            thread.start()
            c.models[1].wait_for(lambda up: len(up.calls) == 2)
            held.let(5)
            thread.join(PATIENCE)
            self.answered(answers[0], 1, 0)
            self.assertEqual(c.asked(), [1, 5])
            self.assertEqual(answers[0].headers[VISION], "p1/m1; described=5; cached=0")

    def test_a_client_that_leaves_ends_the_call(self):
        held = Held(describes())
        with cast(answer_well, held) as c:
            closed = threading.Event()

            def hangs(sock, call):
                if until_closed(sock):
                    closed.set()
                return False
            c.models[1].script = hangs
            with c.gateway.connect() as sock:
                sock.sendall(chat_bytes(SEES))
                c.models[1].wait_for(lambda up: len(up.calls) == 1)
            self.assertTrue(closed.wait(PATIENCE))
            c.under_way(0)
            self.assertEqual(c.asked(), [0, 1])
            self.assertEqual(c.stats()["p1/m1"]["failures"], 0)

    def test_who_waited_takes_over_from_a_client_that_leaves(self):
        with cast(answer_well, answer_well) as c:
            def first_hangs(sock, call):
                if len(c.models[1].calls) == 1:
                    until_closed(sock)
                    return False
                return describes()(sock, call)
            c.models[1].script = first_hangs
            with c.gateway.connect() as sock:
                sock.sendall(chat_bytes(SEES))
                c.models[1].wait_for(lambda up: len(up.calls) == 1)
                answers = []
                thread = threading.Thread(target=lambda: answers.append(c.chat(SEES)))
                thread.start()
                c.under_way(2)
            thread.join(PATIENCE)
            self.answered(answers[0], 1, 0)
            self.assertEqual(c.asked(), [1, 2])
            self.assertEqual(answers[0].headers[VISION], "p1/m1; described=1; cached=0")

    def test_a_vision_model_that_is_too_slow(self):
        with cast(answer_well, Held(), describes(), vision=(1, 2), settings={"image_description_timeout": 100}) as c:
            answer = c.chat(SEES)
            self.answered(answer, 1, 0)
            self.assertIn("image: p1/m1 (total_timeout)", line_of(c.gateway, answer.headers["x-smartroute-request-id"]))
            c.models[1].script.let()

    def test_the_operator_s_parameters_count(self):
        params = {"renamed_params": {"m1": {"max_tokens": "max_completion_tokens"}}, "forced_params": {"m1": {"temperature": 0}}}
        with cast(answer_well, describes(), params=params) as c:
            self.answered(c.chat(SEES), 1, 0)
            question = c.models[1].calls[0].json()
            self.assertEqual((question["temperature"], "max_tokens" in question, "max_completion_tokens" in question), (0, False, True))

    def test_the_trace(self):
        with cast(answer_well, describes(), env={"SMARTROUTE_LOG": "debug"}) as c:
            answer = c.chat(SEES)
            line = line_of(c.gateway, answer.headers["x-smartroute-request-id"])
            stages = re.findall(r'stage\W+([A-Z_]+)', line)
            self.assertEqual(stages[:4], ["REQ_RECEIVED", "IMAGE_TRANSCRIBE_START", "IMAGE_TRANSCRIBE_DONE", "MODEL_CALL_START"])

    def test_a_browser_may_read_the_header(self):
        with cast(answer_well, describes()) as c:
            answer = c.chat(SEES, {"Origin": "https://page.example"})
            self.assertIn(VISION, answer.headers["access-control-expose-headers"])


if __name__ == "__main__":
    unittest.main()
