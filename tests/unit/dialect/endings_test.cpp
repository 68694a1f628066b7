// How answers end for a client when the provider says it late, twice or not at all.
#include "dialect/client.hpp"
#include "dialect/dialect.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace gw::dialect::test {
namespace {

using Json = nlohmann::json;

const config::Provider some_provider;
constexpr AnswerHead head{.id = "r1", .model = "p/m", .created = 1764000000, .wants_usage = true};

std::string streamed(config::Protocol protocol, std::string_view path, const std::vector<std::string>& events) {
  std::string out;
  const auto writer = client_of_path(path)->stream(head, out);
  const auto stream = for_protocol(protocol)->stream(some_provider);
  for (const std::string& data : events) {
    http::SseEvent event;
    event.data = data;
    event.has_data = true;
    EXPECT_FALSE(stream->read(event, writer.get()).error) << data;
  }
  writer->end();
  return out;
}

std::string plain(config::Protocol protocol, std::string_view path, std::string_view body) {
  std::string out;
  const auto writer = client_of_path(path)->plain(head, out);
  EXPECT_TRUE(for_protocol(protocol)->reply(some_provider, body, writer.get())) << body;
  writer->end();
  return out;
}

// What a client of chunks gathers of one choice: its text, then how it ended; "!" before what comes behind an end.
std::string gathered(std::string_view bytes, std::uint64_t choice = 0) {
  std::string text;
  std::string finish;
  http::SseSplitter events(1 << 20);
  http::SseEvent event;
  events.feed(bytes);
  while (events.next(event).value()) {
    if (!event.has_data || event.data == "[DONE]") continue;
    const Json chunk = Json::parse(event.data);
    for (const Json& one : chunk["choices"]) {
      if (one["index"] != choice) continue;
      if (!finish.empty()) text += '!';
      if (one.contains("text")) text += one["text"].get<std::string>();
      if (one.contains("delta")) text += one["delta"].value("content", "");
      if (one["finish_reason"].is_string()) finish += one["finish_reason"].get<std::string>();
    }
  }
  return text + "|" + finish;
}

const std::vector<std::string> anthropic_without_reason{
    R"({"type":"message_start","message":{"id":"m","model":"c","content":[]}})",
    R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})",
    R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hi"}})",
    R"({"type":"content_block_stop","index":0})",
    R"({"type":"message_stop"})"};

TEST(Endings, a_provider_that_gives_no_reason_has_stopped) {
  EXPECT_EQ(
      gathered(streamed(config::Protocol::v1_messages, "/v1/chat/completions", anthropic_without_reason)), "hi|stop"
  );
  EXPECT_EQ(gathered(streamed(config::Protocol::v1_messages, "/v1/completions", anthropic_without_reason)), "hi|stop");
  const std::string response = streamed(config::Protocol::v1_messages, "/v1/responses", anthropic_without_reason);
  EXPECT_NE(response.find("event: response.completed"), std::string::npos) << response;
}

TEST(Endings, a_provider_that_gives_no_reason_behind_a_call_waits_for_its_result) {
  const std::vector<std::string> events{
      R"({"type":"message_start","message":{"id":"m","model":"c","content":[]}})",
      R"({"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}})",
      R"({"type":"content_block_stop","index":0})",
      R"({"type":"message_stop"})"};
  EXPECT_EQ(gathered(streamed(config::Protocol::v1_messages, "/v1/chat/completions", events)), "|tool_calls");
}

TEST(Endings, a_plain_answer_always_has_a_reason) {
  constexpr std::string_view text = R"({"candidates":[{"content":{"parts":[{"text":"hi"}]}}]})";
  constexpr std::string_view call =
      R"({"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{}}}]}}]})";
  const auto finish_of = [](std::string_view path, std::string_view body) {
    return Json::parse(plain(config::Protocol::gemini, path, body))["choices"][0]["finish_reason"];
  };
  EXPECT_EQ(finish_of("/v1/chat/completions", text), "stop");
  EXPECT_EQ(finish_of("/v1/completions", text), "stop");
  EXPECT_EQ(finish_of("/v1/chat/completions", call), "tool_calls");
}

TEST(Endings, an_answer_of_nothing_ends_too) {
  for (const std::string_view path : {"/v1/chat/completions", "/v1/completions"}) {
    std::string out;
    client_of_path(path)->stream(head, out)->end();
    EXPECT_EQ(gathered(out), "|stop") << path;
    out.clear();
    client_of_path(path)->plain(head, out)->end();
    EXPECT_EQ(Json::parse(out)["choices"][0]["finish_reason"], "stop") << path;
  }
}

TEST(Endings, gemini_says_more_behind_its_reason) {
  const std::vector<std::string> events{
      R"({"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]})",
      R"({"candidates":[{"content":{"parts":[{"text":"b"}]}}]})",
      R"({"candidates":[{"content":{"parts":[{"text":"c"}]},"finishReason":"MAX_TOKENS"}]})"};
  EXPECT_EQ(gathered(streamed(config::Protocol::gemini, "/v1/chat/completions", events)), "abc|length");
  EXPECT_EQ(gathered(streamed(config::Protocol::gemini, "/v1/completions", events)), "abc|length");
  const std::string message = streamed(config::Protocol::gemini, "/v1/messages", events);
  EXPECT_NE(message.find(R"("stop_reason":"max_tokens")"), std::string::npos) << message;
  EXPECT_EQ(message.find(R"("index":1)"), std::string::npos) << "one text, one block\n" << message;
}

TEST(Endings, gemini_calls_behind_its_reason) {
  const std::vector<std::string> events{
      R"({"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]})",
      R"({"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{}}}]}}]})"};
  EXPECT_EQ(gathered(streamed(config::Protocol::gemini, "/v1/chat/completions", events)), "a|tool_calls");
}

TEST(Endings, choices_that_end_by_turns) {
  const std::vector<std::string> events{
      R"({"candidates":[{"index":0,"content":{"parts":[{"text":"A"}]}},{"index":1,"content":{"parts":[{"text":"B"}]}}]})",
      R"({"candidates":[{"index":1,"content":{"parts":[]},"finishReason":"MAX_TOKENS"}]})",
      R"({"candidates":[{"index":0,"content":{"parts":[{"text":"C"}]},"finishReason":"STOP"}]})"};
  const std::string out = streamed(config::Protocol::gemini, "/v1/chat/completions", events);
  EXPECT_EQ(gathered(out, 0), "AC|stop");
  EXPECT_EQ(gathered(out, 1), "B|length");
}

TEST(Endings, chunks_behind_a_reason_are_a_part_of_the_answer) {
  const std::vector<std::string> events{
      R"({"id":"c","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]})",
      R"({"id":"c","choices":[{"index":0,"delta":{"content":"b"},"finish_reason":null}]})",
      R"({"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t","function":{"name":"f","arguments":"{\"q\":1}"}}]}}]})",
      R"({"id":"c","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2}})"};
  const std::string message = streamed(config::Protocol::openai, "/v1/messages", events);
  EXPECT_NE(message.find(R"("text":"b")"), std::string::npos) << message;
  EXPECT_NE(message.find(R"({\"q\":1})"), std::string::npos) << message;
  EXPECT_NE(message.find(R"("stop_reason":"tool_use")"), std::string::npos) << message;
  const std::string response = streamed(config::Protocol::openai, "/v1/responses", events);
  EXPECT_NE(response.find(R"("arguments":"{\"q\":1}")"), std::string::npos) << response;
  EXPECT_NE(response.find(R"("text":"ab")"), std::string::npos) << response;
}

TEST(Endings, arguments_behind_a_reason_are_the_call_s) {
  const std::vector<std::string> events{
      R"({"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t","function":{"name":"f","arguments":"{\"q\""}}]},"finish_reason":"tool_calls"}]})",
      R"({"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}}]})"};
  for (const std::string_view path : {"/v1/messages", "/v1/responses"}) {
    const std::string out = streamed(config::Protocol::openai, path, events);
    EXPECT_NE(out.find(R"(":1}")"), std::string::npos) << out;
  }
}

TEST(Endings, the_word_null_is_no_reason) {
  const std::vector<std::string> events{
      R"({"id":"c","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"null"}]})",
      R"({"id":"c","choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"null"}]})",
      R"({"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"length"}]})"};
  const std::string message = streamed(config::Protocol::openai, "/v1/messages", events);
  EXPECT_NE(message.find(R"("text":"b")"), std::string::npos) << message;
  EXPECT_NE(message.find(R"("stop_reason":"max_tokens")"), std::string::npos) << message;

  const auto stream = for_protocol(config::Protocol::openai)->stream(some_provider);
  http::SseEvent event;
  event.has_data = true;
  event.data = events.front();
  const Meaning meaning = stream->read(event);
  EXPECT_FALSE(meaning.finished);
  EXPECT_TRUE(meaning.is_open);
}

}  // namespace
}  // namespace gw::dialect::test
