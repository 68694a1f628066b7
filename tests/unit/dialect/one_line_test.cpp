// A provider's JSON with line breaks between its values, in an event of several lines: in ours it is one line.
#include "dialect/client.hpp"
#include "dialect/dialect.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>

namespace gw::dialect {
namespace {

std::string said_to(const char* path, config::Protocol provider_s, const std::string& bytes) {
  const config::Provider provider;
  std::string out;
  const auto writer = client_of_path(path)->stream({.id = "1", .model = "m", .created = 1, .wants_usage = false}, out);
  const auto reading = for_protocol(provider_s)->stream(provider);
  http::SseSplitter splitter(1 << 20);
  splitter.feed(bytes);
  http::SseEvent event;
  while (splitter.next(event).value()) EXPECT_FALSE(reading->read(event, writer.get()).error) << event.data;
  writer->end();
  return out;
}

// Whether every event of it is JSON, and one of them holds `wanted`.
void expect_events(const std::string& bytes, const std::string& wanted) {
  EXPECT_NE(bytes.find(wanted), std::string::npos) << bytes;
  http::SseSplitter splitter(1 << 20);
  splitter.feed(bytes);
  http::SseEvent event;
  simdjson::dom::parser parser;
  while (splitter.next(event).value()) {
    if (!event.has_data || event.data == "[DONE]") continue;
    EXPECT_EQ(parser.parse(event.data.data(), event.data.size(), true).error(), simdjson::SUCCESS) << event.raw;
  }
}

const std::string chat_bytes =
    "data: {\"id\":\"x\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\",\"annotations\":[{\ndata: "
    "\"type\":\"note\"}]},\"logprobs\":{\ndata: \"content\":[{\"token\":\"a\",\ndata: "
    "\"logprob\":-1}]},\"finish_reason\":\"stop\"}]}\n\n";

const std::string responses_bytes =
    "data: {\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":0,\"delta\":\"a\",\ndata: "
    "\"logprobs\":[{\ndata: \"token\":\"a\",\"logprob\":-1}]}\n\n"
    "data: {\"type\":\"response.output_text.annotation.added\",\"output_index\":0,\"content_index\":0,\ndata: "
    "\"annotation\":{\ndata: \"type\":\"note\"}}\n\n";

TEST(OneLine, of_a_chat_provider_s_answer) {
  const std::string out = said_to("/v1/responses", config::Protocol::openai, chat_bytes);
  expect_events(out, R"("annotation":{"type":"note"})");
  expect_events(out, R"("logprobs":[{"token":"a","logprob":-1)");
}

TEST(OneLine, of_a_responses_provider_s_answer) {
  const std::string out = said_to("/v1/chat/completions", config::Protocol::v1_response, responses_bytes);
  expect_events(out, R"("annotations":[{"type":"note"}])");
  expect_events(out, R"("logprobs":{"content":[{"token":"a","logprob":-1}])");
}

}  // namespace
}  // namespace gw::dialect
