#include "dialect/demo/demo.hpp"

#include "dialect/dialect.hpp"
#include "http/sse.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gw::dialect::demo {
namespace {

const config::Provider some_provider;

// The demo is read by the same dialect as a provider's answer.
class DemoTest : public ::testing::Test {
 protected:
  Input input(const std::string& json) {
    body_ = json;
    padded_ = json + std::string(chat::padding, '\0');
    auto result = chat::read(std::string_view(padded_).substr(0, json.size()));
    EXPECT_TRUE(result) << json;
    request_ = std::move(*result);
    verdict_.reason = "short, no keyword";
    candidate_.model = "demo-fast";
    return {request_, padded_, verdict_, candidate_, "req1", 1700000000};
  }

  std::string body_;
  std::string padded_;
  chat::ChatRequest request_;
  intent::Verdict verdict_;
  routing::Candidate candidate_;
};

TEST_F(DemoTest, is_marked_and_says_the_tier_in_the_user_s_language) {
  const std::string english = answer(input(R"({"messages":[{"role":"user","content":"Hello there"}]})"));
  EXPECT_TRUE(english.starts_with("[demo]"));
  EXPECT_NE(english.find("Hello there"), std::string::npos);
  EXPECT_NE(english.find("tier t1"), std::string::npos);
  const std::string chinese = answer(input(R"({"messages":[{"role":"user","content":"\u4f60\u597d\u5417"}]})"));
  EXPECT_TRUE(chinese.starts_with("【演示】"));
}

TEST_F(DemoTest, a_stream_joins_to_the_answer_and_ends_properly) {
  const Input in = input(
      R"({"stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"你好 world"}]})"
  );
  std::string text;
  bool finished = false;
  bool done = false;
  std::optional<Usage> usage;
  http::SseSplitter events(1 << 20);
  http::SseEvent event;
  const auto stream_reader = for_protocol(config::Protocol::openai)->stream(some_provider);
  for (const std::string& bytes : stream(in)) {
    events.feed(bytes);
    while (events.next(event).value()) {
      const Meaning meaning = stream_reader->read(event);
      EXPECT_FALSE(meaning.error);
      text += chat::unescape(meaning.text);
      finished = finished || meaning.finished;
      done = meaning.terminator;
      if (meaning.usage) usage = meaning.usage;
    }
  }
  EXPECT_EQ(text, answer(in));
  EXPECT_TRUE(finished && done);
  ASSERT_TRUE(usage);
  EXPECT_EQ(usage->total, usage->prompt + usage->completion);
}

TEST_F(DemoTest, plain_answers_keep_to_what_was_asked) {
  const auto facts =
      for_protocol(config::Protocol::openai)
          ->reply(some_provider, completion(input(R"({"n":3,"messages":[{"role":"user","content":"x"}]})")));
  ASSERT_TRUE(facts);
  EXPECT_TRUE(facts->has_content && facts->finished);
  EXPECT_NE(
      completion(input(R"({"max_tokens":2,"messages":[{"role":"user","content":"x"}]})"))
          .find(R"("finish_reason":"length")"),
      std::string::npos
  );
  EXPECT_TRUE(answer(input(R"({"response_format":{"type":"json_object"},"messages":[{"role":"user","content":"x"}]})"))
                  .starts_with(R"({"demo":true)"));
}

TEST_F(DemoTest, says_why_and_what_to_do_next) {
  for (const char* const text : {"Hello", "你好吗"}) {
    const std::string said = answer(input(R"({"messages":[{"role":"user","content":")" + std::string(text) + "\"}]}"));
    for (const char* const part : {"t1", "short, no keyword", "config.json", "providers", text}) {
      EXPECT_NE(said.find(part), std::string::npos) << part << " in: " << said;
    }
  }
}

TEST_F(DemoTest, echoes_the_beginning_of_the_last_user_message) {
  struct Case {
    const char* name;
    std::string messages;
    std::string echo;
  };

  const auto many = [](const char* character, int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += character;
    return text;
  };
  for (const Case& c : {
           Case{
               "last",
               R"({"role":"user","content":"one"},{"role":"assistant","content":"x"},{"role":"user","content":"two"})",
               "\"two\""},
           Case{
               "parts",
               R"({"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]})",
               "\"a b\""},
           Case{"lines", R"({"role":"user","content":"a\nb"})", "\"a b\""},
           Case{"80", R"({"role":"user","content":")" + many("é", 80) + "\"}", "\"" + many("é", 80) + "\""},
           Case{"81", R"({"role":"user","content":")" + many("é", 81) + "\"}", "\"" + many("é", 80) + "...\""},
           Case{"none", R"({"role":"system","content":"s"})", "\"\""},
       }) {
    const std::string said = answer(input(R"({"messages":[)" + c.messages + "]}"));
    EXPECT_NE(said.find("You said: " + c.echo + "."), std::string::npos) << c.name << ": " << said;
  }
}

TEST_F(DemoTest, every_chunk_is_marked_and_of_the_documented_shape) {
  const Input in = input(
      R"({"stream":true,"n":2,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hi"}]})"
  );
  const std::vector<std::string> events = stream(in);
  ASSERT_GT(events.size(), 6U);
  EXPECT_EQ(events.back(), "data: [DONE]\n\n");
  for (std::size_t i = 0; i + 1 < events.size(); ++i) {
    const std::string& event = events[i];
    EXPECT_TRUE(event.starts_with(
        R"(data: {"id":"chatcmpl-req1","object":"chat.completion.chunk","created":1700000000,"model":"demo-fast","system_fingerprint":"demo","choices":[)"
    )) << event;
    EXPECT_TRUE(event.ends_with("}\n\n")) << event;
    const bool is_usage = i + 2 == events.size();
    EXPECT_EQ(event.find(R"("usage":null)") == std::string::npos, is_usage) << event;
    EXPECT_EQ(event.find(R"("choices":[])") != std::string::npos, is_usage) << event;
  }
  EXPECT_NE(events[1].find(R"({"index":1,"delta":{"role":"assistant")"), std::string::npos);
  const auto quiet = stream(input(R"({"stream":true,"messages":[{"role":"user","content":"hi"}]})"));
  for (const std::string& event : quiet) EXPECT_EQ(event.find("usage"), std::string::npos) << "not asked for";
}

TEST_F(DemoTest, json_only_where_json_was_asked_for) {
  struct Case {
    const char* format;
    bool json;
  };

  for (const Case& c : {
           Case{R"({"type":"text"})", false},
           Case{R"({"type":"json_object"})", true},
           Case{R"({ "type" : "json_object" })", true},
           Case{R"({"type":"json_schema","json_schema":{"name":"x","schema":{}}})", true},
           Case{"null", false},
       }) {
    const std::string said =
        answer(input(R"({"messages":[{"role":"user","content":"x"}],"response_format":)" + std::string(c.format) + "}")
        );
    EXPECT_EQ(said.starts_with(R"({"demo":true,"tier":"t1","message":")"), c.json) << c.format;
    EXPECT_EQ(said.starts_with("[demo]"), !c.json) << c.format;
  }
}

TEST_F(DemoTest, max_tokens_cut_the_answer_alike_in_both_forms) {
  for (const char* const limit : {"1", "5", "100000"}) {
    const Input in = input(
        R"({"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f"}}],"max_tokens":)" +
        std::string(limit) + "}"
    );
    const auto reader = for_protocol(config::Protocol::openai)->stream(some_provider);
    std::string text;
    std::string all;
    for (const std::string& bytes : stream(in)) {
      http::SseEvent event;
      event.data = std::string_view(bytes).substr(6, bytes.size() - 8);
      event.has_data = true;
      text += chat::unescape(reader->read(event).text);
      all += bytes;
    }
    const std::string document = completion(in);
    const auto facts = for_protocol(config::Protocol::openai)->reply(some_provider, document);
    ASSERT_TRUE(facts);
    EXPECT_TRUE(facts->has_content) << limit;
    EXPECT_EQ(chat::unescape(facts->text), text) << limit;
    const bool is_cut = std::string_view(limit) != "100000";
    EXPECT_EQ(text != answer(in), is_cut) << limit;
    for (const std::string& form : {document, all}) {
      EXPECT_EQ(form.find(R"("finish_reason":"length")") != std::string::npos, is_cut) << limit;
      EXPECT_EQ(form.find(R"("finish_reason":"stop")") == std::string::npos, is_cut) << limit;
    }
  }
}

TEST_F(DemoTest, one_to_eight_choices) {
  struct Case {
    std::uint32_t asked;
    std::size_t given;
  };

  for (const Case& c : {Case{1, 1}, Case{3, 3}, Case{8, 8}, Case{9, 8}, Case{128, 8}}) {
    Input in = input(R"({"messages":[{"role":"user","content":"x"}]})");
    request_.n = c.asked;
    const auto count = [](std::string_view text) {
      std::size_t found = 0;
      for (std::size_t at = text.find(R"("finish_reason":"stop")"); at != std::string_view::npos;
           at = text.find(R"("finish_reason":"stop")", at + 1)) {
        ++found;
      }
      return found;
    };
    EXPECT_EQ(count(completion(in)), c.given) << c.asked;
    std::string all;
    for (const std::string& event : stream(in)) all += event;
    EXPECT_EQ(count(all), c.given) << c.asked;
  }
}

}  // namespace
}  // namespace gw::dialect::demo
