#include "dialect/demo/demo.hpp"

#include "dialect/dialect.hpp"
#include "http/sse.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gw::dialect::demo {
namespace {

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
  const auto stream_reader = for_protocol(config::Protocol::openai)->stream();
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
  const auto facts = for_protocol(config::Protocol::openai)
                         ->reply(completion(input(R"({"n":3,"messages":[{"role":"user","content":"x"}]})")));
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

}  // namespace
}  // namespace gw::dialect::demo
