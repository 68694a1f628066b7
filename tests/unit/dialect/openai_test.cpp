#include "dialect/openai/openai.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gw::dialect {
namespace {

Meaning read_event(const std::string& data, const std::string& name = {}) {
  http::SseEvent event;
  event.data = data;
  event.name = name;
  event.has_data = true;
  return openai::dialect().stream()->read(event);
}

std::string choice(const std::string& inner) {
  return R"({"id":"1","object":"chat.completion.chunk","choices":[{"index":0,)" + inner + "}]}";
}

TEST(OpenAiStream, what_commits_and_what_does_not) {
  struct Case {
    const char* name;
    std::string data;
    bool content;
    bool finished;
  };

  for (const Case& c : {
           Case{"role only", choice(R"("delta":{"role":"assistant","content":""},"finish_reason":null)"), false, false},
           Case{"empty delta", choice(R"("delta":{})"), false, false},
           Case{"text", choice(R"("delta":{"content":"a"},"finish_reason":null)"), true, false},
           Case{"reasoning", choice(R"("delta":{"reasoning_content":"hm"})"), true, false},
           Case{"reasoning, OpenRouter", choice(R"("delta":{"content":"","reasoning":"hm"})"), true, false},
           Case{"refusal", choice(R"("delta":{"refusal":"no"})"), true, false},
           Case{"tool call", choice(R"("delta":{"tool_calls":[{"index":0}]})"), true, false},
           Case{"no tool calls", choice(R"("delta":{"tool_calls":[]})"), false, false},
           Case{"finish", choice(R"("delta":{},"finish_reason":"stop")"), false, true},
           Case{
               "second choice",
               R"({"choices":[{"index":0,"delta":{}},{"index":1,"delta":{"content":"b"}}]})",
               true,
               false},
           Case{"no choices", R"({"choices":[]})", false, false},
       }) {
    const Meaning meaning = read_event(c.data);
    EXPECT_EQ(meaning.content, c.content) << c.name;
    EXPECT_EQ(meaning.finished, c.finished) << c.name;
    EXPECT_FALSE(meaning.error) << c.name;
  }
  EXPECT_TRUE(read_event("[DONE]").terminator);
}

TEST(OpenAiStream, usage_wherever_a_provider_puts_it) {
  const Meaning last = read_event(
      R"({"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}})"
  );
  EXPECT_TRUE(last.usage_only);
  EXPECT_EQ(*last.usage, (Usage{9, 3, 12, 4, 2}));
  const Meaning inside =
      read_event(choice(R"("delta":{},"finish_reason":"stop","usage":{"prompt_tokens":5,"cached_tokens":1})"));
  EXPECT_FALSE(inside.usage_only);
  EXPECT_EQ(inside.usage->prompt, 5U);
  EXPECT_EQ(inside.usage->cached, 1U);
  EXPECT_FALSE(read_event(R"({"choices":[{"index":0,"delta":{"content":"a"}}],"usage":null})").usage);
  Usage merged{1, 5, 6, 0, 0};
  merged.merge({4, 2, 6, 1, 0});
  EXPECT_EQ(merged, (Usage{4, 5, 6, 1, 0}));
}

TEST(OpenAiStream, errors_in_band) {
  struct Case {
    const char* name;
    std::string data;
    Errc code;
  };

  for (const Case& c : {
           Case{"rate", R"({"error":{"message":"m","code":"rate_limit_exceeded"}})", Errc::rate_limited},
           Case{"quota", R"({"error":{"message":"m","type":"insufficient_quota"}})", Errc::billing},
           Case{"key", R"({"error":{"message":"m","code":"invalid_api_key"}})", Errc::upstream_auth},
           Case{"server", R"({"error":{"message":"m","type":"server_error"}})", Errc::upstream_server},
           Case{"context", R"({"error":{"message":"m","code":"context_length_exceeded"}})", Errc::upstream_refused},
           Case{"text", R"({"error":"boom"})", Errc::upstream_server},
           Case{"number, OpenRouter", R"({"error":{"code":429,"message":"m"}})", Errc::rate_limited},
           Case{"not JSON", "<html>", Errc::upstream_protocol},
           Case{"a list", "[1]", Errc::upstream_protocol},
           Case{"cut", R"({"choices":[{"delta":{"con)", Errc::upstream_protocol},
       }) {
    const Meaning meaning = read_event(c.data);
    ASSERT_TRUE(meaning.error) << c.name;
    EXPECT_EQ(meaning.error->code, c.code) << c.name;
    EXPECT_EQ(meaning.error->retry, Retry::elsewhere) << c.name;
  }
  EXPECT_TRUE(read_event(R"({"message":"x"})", "error").error);
  EXPECT_FALSE(read_event(R"({"error":null,"choices":[]})").error);
}

TEST(OpenAiReply, plain_answers) {
  const Result<ReplyFacts> good = openai::dialect().reply(
      R"({"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}})"
  );
  ASSERT_TRUE(good);
  EXPECT_TRUE(good->has_content && good->finished);
  EXPECT_EQ(good->usage->prompt, 1U);
  const auto empty = openai::dialect().reply(R"({"choices":[{"message":{"content":null},"finish_reason":"stop"}]})");
  ASSERT_TRUE(empty);
  EXPECT_FALSE(empty->has_content);
  EXPECT_TRUE(openai::dialect().reply(R"({"choices":[{"message":{"content":null,"tool_calls":[{}]}}]})")->has_content);
  for (const char* const bad : {"", "<html><body>busy</body></html>", "null", "{}", "{\"choices\"", "hello"}) {
    const auto result = openai::dialect().reply(bad);
    ASSERT_FALSE(result) << bad;
    EXPECT_EQ(result.error().code, Errc::upstream_protocol) << bad;
  }
  EXPECT_EQ(openai::dialect().reply(R"({"error":{"code":"insufficient_quota"}})").error().code, Errc::billing);
}

TEST(OpenAiFailure, classes_by_status_and_code) {
  struct Case {
    int status;
    const char* body;
    Errc code;
  };

  for (const Case& c : {
           Case{400, "{}", Errc::upstream_refused},
           Case{404, "", Errc::upstream_refused},
           Case{422, "[]", Errc::upstream_refused},
           Case{
               401,
               R"({"error":{"message":"m","type":"invalid_request_error","code":"invalid_api_key"}})",
               Errc::upstream_auth},
           Case{403, R"({"error":{"message":"m","type":"invalid_request_error"}})", Errc::upstream_auth},
           Case{402, "", Errc::billing},
           Case{429, R"({"error":{"code":"rate_limit_exceeded"}})", Errc::rate_limited},
           Case{429, R"({"error":{"code":"insufficient_quota"}})", Errc::billing},
           Case{529, R"({"type":"error","error":{"type":"overloaded_error"}})", Errc::rate_limited},
           Case{500, R"({"error":{"code":"insufficient_quota"}})", Errc::upstream_server},
           Case{503, "<html>", Errc::upstream_server},
           Case{302, "", Errc::upstream_protocol},
       }) {
    const Error error = openai::dialect().failure(c.status, c.body);
    EXPECT_EQ(error.code, c.code) << c.status << " " << c.body;
    EXPECT_EQ(error.upstream_status, c.status);
    EXPECT_EQ(error.message.find('<'), std::string::npos) << "no mark-up in a message";
  }
}

TEST(OpenAiFailure, messages_are_short_and_without_keys) {
  const std::string body = R"({"error":{"message":"Incorrect API key provided: sk-abc123def. Bearer tok-1\n)" +
                           std::string(1000, 'x') + R"("}})";
  const Error error = openai::dialect().failure(400, body);
  EXPECT_EQ(error.message.find("abc123"), std::string::npos) << error.message;
  EXPECT_EQ(error.message.find("tok-1"), std::string::npos);
  EXPECT_LT(error.message.size(), 400U);
}

TEST(OpenAiRequest, paths_and_headers) {
  config::Provider provider;
  provider.api_key = Secret("k");
  provider.headers = {{"X-Extra", "1\r\nEvil: 2"}};
  const Request request = openai::dialect().request(provider, "/v1");
  EXPECT_EQ(request.target, "/v1/chat/completions");
  EXPECT_EQ(request.header_lines, "Content-Type: application/json\r\nAuthorization: Bearer k\r\nX-Extra: 1Evil: 2\r\n");
  EXPECT_EQ(openai::dialect().request(provider, "/x/chat/completions").target, "/x/chat/completions");
  EXPECT_EQ(openai::dialect().request(config::Provider{}, "").header_lines, "Content-Type: application/json\r\n")
      << "no key, no Authorization";
}

TEST(KeywordRule, a_question_about_rate_limits_gets_an_answer) {
  const config::RetryConditions conditions;
  const std::string body = R"(What is a Rate Limit?)";
  chat::ChatRequest asked;
  chat::Message message;
  message.text.push_back({0, body.size()});
  asked.messages.push_back(message);
  EXPECT_TRUE(keyword_in("RATE LIMIT reached", conditions));
  EXPECT_FALSE(keyword_in("all is well", conditions));
  EXPECT_TRUE(keyword_rule("Rate limit reached", conditions, chat::ChatRequest{}, ""));
  EXPECT_FALSE(keyword_rule("A rate limit bounds requests", conditions, asked, body));
  EXPECT_TRUE(keyword_rule("overloaded, try again", conditions, asked, body));
}

}  // namespace
}  // namespace gw::dialect
