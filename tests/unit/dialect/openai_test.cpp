#include "dialect/openai/openai.hpp"

#include "dialect/failure.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gw::dialect {
namespace {

const config::Provider some_provider;

Meaning read_event(const std::string& data, const std::string& name = {}) {
  http::SseEvent event;
  event.data = data;
  event.name = name;
  event.has_data = true;
  return openai::dialect().stream(some_provider)->read(event);
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
           Case{"audio", choice(R"("delta":{"audio":{"id":"a"}})"), true, false},
           Case{"function call", choice(R"("delta":{"function_call":{"name":"f"}})"), true, false},
           Case{"empty function call", choice(R"("delta":{"function_call":{}})"), false, false},
           Case{
               "null everywhere", choice(R"("delta":{"content":null,"refusal":null,"tool_calls":null})"), false, false},
           Case{"text parts", choice(R"("delta":{"content":[{"type":"text","text":"a"}]})"), true, false},
           Case{"legacy text", R"({"choices":[{"text":"a","index":0,"finish_reason":null}]})", true, false},
           Case{"legacy empty text", R"({"choices":[{"text":"","index":0}]})", false, false},
           Case{"error false", R"({"error":false,"choices":[{"index":0,"delta":{"content":"a"}}]})", true, false},
           Case{"white space only", choice(R"("delta":{"content":" "})"), true, false},
           Case{"empty finish reason", choice(R"("delta":{},"finish_reason":"")"), false, false},
           Case{
               "an error that is none", R"({"error":"","choices":[{"index":0,"delta":{"content":"a"}}]})", true, false},
           Case{"space inside", "{ \"choices\" : [ { \"delta\" : { \"content\" : \"a\" } } ] } ", true, false},
       }) {
    const Meaning meaning = read_event(c.data);
    EXPECT_EQ(meaning.content, c.content) << c.name;
    EXPECT_EQ(meaning.finished, c.finished) << c.name;
    EXPECT_FALSE(meaning.error) << c.name;
  }
  EXPECT_TRUE(read_event("[DONE]").terminator);
  EXPECT_TRUE(read_event("[DONE] ").terminator);
}

TEST(OpenAiStream, usage_wherever_a_provider_puts_it) {
  const Meaning last = read_event(
      R"({"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":2}}})"
  );
  EXPECT_TRUE(last.usage_only);
  EXPECT_EQ(*last.usage, (Usage{9, 3, 12, 4, 0, 2}));
  const Meaning inside =
      read_event(choice(R"("delta":{},"finish_reason":"stop","usage":{"prompt_tokens":5,"cached_tokens":1})"));
  EXPECT_FALSE(inside.usage_only);
  const Meaning deepseek = read_event(
      R"({"choices":[],"usage":{"prompt_cache_hit_tokens":4,"cached_tokens":1,"prompt_tokens":-1,"completion_tokens":"2"}})"
  );
  EXPECT_EQ(*deepseek.usage, (Usage{0, 0, 0, 4, 0})) << "the larger of two spellings; what is no count is passed over";
  EXPECT_EQ(inside.usage->prompt, 5U);
  EXPECT_EQ(inside.usage->cached, 1U);
  const Meaning twice =
      read_event(R"({"choices":[],"usage":{"prompt_cache_hit_tokens":9,"prompt_tokens_details":{"cached_tokens":4}}})");
  EXPECT_EQ(twice.usage->cached, 9U);
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
           Case{"context", R"({"error":{"message":"m","code":"context_length_exceeded"}})", Errc::context_exceeded},
           Case{"text", R"({"error":"boom"})", Errc::upstream_server},
           Case{"number, OpenRouter", R"({"error":{"code":429,"message":"m"}})", Errc::rate_limited},
           Case{"overloaded", R"({"error":{"type":"overloaded_error"}})", Errc::rate_limited},
           Case{"a status inside", R"({"error":{"status":429,"message":"m"}})", Errc::rate_limited},
           Case{"a status as text", R"({"error":{"code":"402","message":"m"}})", Errc::billing},
           Case{"a number that is no status", R"({"error":{"code":20015,"message":"m"}})", Errc::upstream_server},
           Case{
               "a 5xx inside is never judged by names",
               R"({"error":{"status":500,"code":"insufficient_quota"}})",
               Errc::upstream_server},
           Case{
               "in a choice, OpenRouter",
               R"({"choices":[{"delta":{"content":""},"error":{"code":402},"finish_reason":"error"}]})",
               Errc::billing},
           Case{"two documents", R"({"choices":[]}{"choices":[]})", Errc::upstream_protocol},
           Case{"text behind", R"({"choices":[]} busy)", Errc::upstream_protocol},
           Case{"nothing", "", Errc::upstream_protocol},
           Case{"not JSON", "<html>", Errc::upstream_protocol},
           Case{"a list", "[1]", Errc::upstream_protocol},
           Case{"cut", R"({"choices":[{"delta":{"con)", Errc::upstream_protocol},
       }) {
    const Meaning meaning = read_event(c.data);
    ASSERT_TRUE(meaning.error) << c.name;
    EXPECT_EQ(meaning.error->code, c.code) << c.name;
    EXPECT_EQ(meaning.error->retry, Retry::elsewhere) << c.name;
  }

  struct Named {
    const char* data;
    Errc code;
  };

  for (const Named& c : {
           Named{R"({"message":"x"})", Errc::upstream_server},
           Named{R"({"code":"rate_limit_exceeded","message":"slow"})", Errc::rate_limited},
           Named{R"({"type":"error","error":{"type":"overloaded_error"}})", Errc::rate_limited},
           Named{"gone", Errc::upstream_server},
       }) {
    const Meaning meaning = read_event(c.data, "error");
    ASSERT_TRUE(meaning.error) << c.data;
    EXPECT_EQ(meaning.error->code, c.code) << c.data;
  }
  EXPECT_FALSE(read_event(R"({"error":null,"choices":[]})").error);
}

TEST(OpenAiReply, plain_answers) {
  const Result<ReplyFacts> good = openai::dialect().reply(
      some_provider,
      R"({"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}})"
  );
  ASSERT_TRUE(good);
  EXPECT_TRUE(good->has_content && good->finished);
  EXPECT_EQ(good->usage->prompt, 1U);
  const auto empty =
      openai::dialect().reply(some_provider, R"({"choices":[{"message":{"content":null},"finish_reason":"stop"}]})");
  ASSERT_TRUE(empty);
  EXPECT_FALSE(empty->has_content);
  EXPECT_TRUE(openai::dialect()
                  .reply(some_provider, R"({"choices":[{"message":{"content":null,"tool_calls":[{}]}}]})")
                  ->has_content);
  for (const char* const bad :
       {"", "<html><body>busy</body></html>", "null", "{}", "{\"choices\"", "hello", R"({"choices":[]}x)", "[]"}) {
    const auto result = openai::dialect().reply(some_provider, bad);
    ASSERT_FALSE(result) << bad;
    EXPECT_EQ(result.error().code, Errc::upstream_protocol) << bad;
  }
  const auto half = openai::dialect().reply(
      some_provider,
      R"({"choices":[{"message":{"content":"a"},"finish_reason":"stop"},{"message":{"content":"b"},"finish_reason":null}]})"
  );
  ASSERT_TRUE(half);
  EXPECT_FALSE(half->finished) << "one choice has no finish reason";
  const auto no_choices = openai::dialect().reply(some_provider, R"({"choices":[]})");
  ASSERT_TRUE(no_choices);
  EXPECT_FALSE(no_choices->has_content || no_choices->finished);
  EXPECT_TRUE(openai::dialect().begins_reply(" \n{\"id\":\"c1\", \"choices\" : [{"));
  for (const std::string_view no :
       {"", " ", "<html>\"choices\"", R"({"error":{"message":"xx)", R"({"m":"\"choices\":)"}) {
    EXPECT_FALSE(openai::dialect().begins_reply(no)) << no;
  }
  EXPECT_NE(openai::dialect().reply(some_provider, " \n<html>").error().message.find("HTML"), std::string::npos);
  EXPECT_EQ(
      openai::dialect().reply(some_provider, R"({"error":{"code":"insufficient_quota"}})").error().code, Errc::billing
  );
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
           Case{413, "", Errc::upstream_refused},
           Case{408, "", Errc::upstream_server},
           Case{409, "{}", Errc::upstream_server},
           Case{418, "", Errc::upstream_server},
           Case{429, "<html>", Errc::rate_limited},
           Case{429, R"({"error":{"type":"insufficient_quota","code":null}})", Errc::billing},
           Case{404, R"({"error":{"code":"model_not_found"}})", Errc::model_unavailable},
           Case{403, R"({"error":{"code":"insufficient_quota"}})", Errc::billing},
           Case{400, R"({"error":{"status":503}})", Errc::upstream_refused},
           Case{401, R"({"error":"no"})", Errc::upstream_auth},
       }) {
    const Error error = openai::dialect().failure(some_provider, c.status, c.body);
    EXPECT_EQ(error.code, c.code) << c.status << " " << c.body;
    EXPECT_EQ(error.upstream_status, c.status);
    EXPECT_EQ(error.retry, Retry::elsewhere);
    EXPECT_NE(error.message.find(std::to_string(c.status)), std::string::npos);
    EXPECT_EQ(error.message.find('<'), std::string::npos) << "no mark-up in a message";
  }
}

TEST(OpenAiFailure, messages_are_short_and_without_keys) {
  const std::string body = R"({"error":{"message":"Incorrect API key provided: sk-abc123def. Bearer tok-1\n)" +
                           std::string(1000, 'x') + R"("}})";
  const Error error = openai::dialect().failure(some_provider, 400, body);
  EXPECT_EQ(error.message.find("abc123"), std::string::npos) << error.message;
  EXPECT_EQ(error.message.find("tok-1"), std::string::npos);
  EXPECT_LT(error.message.size(), 400U);
}

TEST(OpenAiFailure, what_may_be_shown_of_a_message) {
  struct Case {
    const char* name;
    std::string message;
    std::string shown;
  };

  for (const Case& c : {
           Case{"plain", "Model not found", "Model not found"},
           Case{"a key", "key sk-proj-Ab1_x-9 is wrong", "key sk-*** is wrong"},
           Case{"two keys", "sk-a1 and SK-b2", "sk-*** and SK-***"},
           Case{"a word with that ending", "a risk-free task-1", "a risk-free task-1"},
           Case{"bearer in any case", "got bearer abc.def", "got bearer ***"},
           Case{"both", "Bearer sk-abc", "Bearer ***"},
           Case{"in a URL", "GET /x?api_key=abc&y=1", "GET /x?api_key=***&y=1"},
           Case{"unknown maker", "token 0123456789abcdef0123456789abcdef!", "token ***!"},
           Case{"a model's name", "meta-llama-3.1-405b-instruct-turbo", "meta-llama-3.1-405b-instruct-turbo"},
           Case{"control characters", "a\nb\x1b[0m\x7f", "a b [0m "},
           Case{
               "C1 and direction marks",
               "a\xC2\x9B"
               "b\xE2\x80\xAE"
               "c\xE2\x81\xA6",
               "a b c "},
           Case{"other text stays", "余额不足…", "余额不足…"},
           Case{"long", std::string(400, 'x'), std::string(300, 'x')},
           Case{"cut between characters", std::string(299, 'x') + "好", std::string(299, 'x')},
           Case{"a run on the edge", std::string(290, ' ') + std::string(40, '7'), std::string(290, ' ') + "***"},
           Case{
               "a key on the edge",
               std::string(290, ' ') + "sk-" + std::string(40, 'k'),
               std::string(290, ' ') + "sk-***"},
       }) {
    EXPECT_EQ(shown_message(c.message), c.shown) << c.name;
  }
}

Request request_of(const config::Provider& provider, const char* key, std::string_view base_path) {
  return openai::dialect().request({.provider = provider, .key = Secret(key), .base_path = base_path});
}

TEST(OpenAiRequest, the_target_keeps_what_the_base_url_says) {
  struct Case {
    const char* base;
    const char* target;
  };

  for (const Case& c : {
           Case{"", "/chat/completions"},
           Case{"/v1", "/v1/chat/completions"},
           Case{"/v1/", "/v1/chat/completions"},
           Case{"/api/paas/v4", "/api/paas/v4/chat/completions"},
           Case{"/v1/chat/completions", "/v1/chat/completions"},
           Case{"/v1/chat/completions/", "/v1/chat/completions"},
           Case{"/openai/deployments/d?api-version=1", "/openai/deployments/d/chat/completions?api-version=1"},
           Case{"/d/chat/completions?api-version=1", "/d/chat/completions?api-version=1"},
       }) {
    EXPECT_EQ(request_of(config::Provider{}, "", c.base).target, c.target) << c.base;
  }
}

TEST(OpenAiRequest, an_operator_s_header_stands_in_for_ours) {
  config::Provider provider;
  provider.headers = {{"authorization", "Token t"}, {"x-org", "o"}};
  EXPECT_EQ(
      request_of(provider, "k", "").header_lines,
      "Content-Type: application/json\r\nauthorization: Token t\r\nx-org: o\r\n"
  );
}

TEST(Protocols, what_goes_over_a_connection) {
  EXPECT_NE(for_protocol(config::Protocol::openai), nullptr);
  EXPECT_EQ(for_protocol(config::Protocol::demo), nullptr);
}

TEST(OpenAiRequest, paths_and_headers) {
  config::Provider provider;
  provider.headers = {{"X-Extra", "1\r\nEvil: 2"}};
  const Request request = request_of(provider, "k", "/v1");
  EXPECT_EQ(request.target, "/v1/chat/completions");
  EXPECT_FALSE(request.is_of_model) << "kept for every request to the provider";
  EXPECT_EQ(request.header_lines, "Content-Type: application/json\r\nAuthorization: Bearer k\r\nX-Extra: 1Evil: 2\r\n");
  EXPECT_EQ(request_of(provider, "k", "/x/chat/completions").target, "/x/chat/completions");
  EXPECT_EQ(request_of(config::Provider{}, "", "").header_lines, "Content-Type: application/json\r\n")
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

TEST(KeywordRule, escapes_hide_nothing) {
  config::RetryConditions conditions;
  conditions.error_keywords = {"限流", "quota \"x\"", "😀"};
  EXPECT_TRUE(keyword_in(R"(\u9650\u6d41)", conditions)) << "in the answer";
  EXPECT_TRUE(keyword_in(R"(quota \"X\" used up)", conditions));
  EXPECT_FALSE(keyword_in(R"(\u9650)", conditions));

  struct Case {
    const char* answer;
    std::string prompt;
    bool retries;
  };

  for (const Case& c : {
           Case{"限流", "什么是限流？", false},
           Case{"限流", R"(\u4ec0\u4e48\u662f\u9650\u6D41)", false},
           Case{"限流", R"(\u4ec0\u4e48)", true},
           Case{"😀", R"(\ud83d\uDE00)", false},
           Case{"😀", R"(\ud83d\uDE01)", true},
       }) {
    chat::ChatRequest request;
    request.messages.emplace_back();
    request.messages.emplace_back().text.push_back({0, c.prompt.size()});
    EXPECT_EQ(keyword_rule(c.answer, conditions, request, c.prompt).has_value(), c.retries)
        << c.answer << " " << c.prompt;
  }
}

TEST(KeywordRule, no_keywords_no_rule) {
  config::RetryConditions conditions;
  conditions.error_keywords = {""};
  EXPECT_FALSE(keyword_in("rate limit", conditions));
  conditions.error_keywords.clear();
  EXPECT_FALSE(keyword_in("rate limit", conditions));
}

TEST(OpenAiReply, usage_is_found_in_a_piece) {
  const Dialect& openai = openai::dialect();
  const Usage wanted{1, 2, 3, 1, 0};
  EXPECT_EQ(
      openai.usage_within(R"(l of it"}}],"usage" : {"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,)"
                          R"("prompt_tokens_details":{"cached_tokens":1}},"system_fingerprint":"{"})"),
      wanted
  );
  for (const char* const without :
       {"",
        R"("content":"\"usage\":{\"prompt_tokens\":9}")",
        R"("usage":null})",
        R"("usage":{"prompt_tokens":1)",
        R"("usage")",
        R"("usage":)",
        R"("usage":"{}")"}) {
    EXPECT_FALSE(openai.usage_within(without)) << without;
  }
}

TEST(OpenAiStream, is_finished_when_every_choice_that_began_is) {
  const auto stream = openai::dialect().stream(some_provider);
  const auto read = [&](const char* data) {
    http::SseEvent event;
    event.data = data;
    event.has_data = true;
    return stream->read(event);
  };
  EXPECT_TRUE(read(R"({"choices":[{"index":0,"delta":{"content":"a"}}]})").is_open);
  EXPECT_TRUE(read(R"({"choices":[{"index":1,"delta":{"content":"b"}}]})").is_open);
  Meaning meaning = read(R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})");
  EXPECT_TRUE(meaning.is_open);
  EXPECT_FALSE(meaning.finished);
  EXPECT_EQ(meaning.finished_choices, 1U);
  EXPECT_TRUE(read(R"({"choices":[{"index":1,"delta":{"content":"b"}}]})").is_open);
  meaning = read(R"({"choices":[{"index":1,"delta":{},"finish_reason":"length"}]})");
  EXPECT_TRUE(meaning.finished);
  EXPECT_FALSE(meaning.is_open);
  EXPECT_EQ(meaning.finished_choices, 2U);
  EXPECT_FALSE(read(R"({"choices":[],"usage":{"prompt_tokens":1}})").is_open);
}

}  // namespace
}  // namespace gw::dialect
