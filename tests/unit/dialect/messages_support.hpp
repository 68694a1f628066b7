// Files, bodies and streams for the tests of Messages.
#pragma once

#include "answers.hpp"
#include "chat/chat.hpp"
#include "dialect/messages/client.hpp"
#include "dialect/messages/messages.hpp"
#include "strict_messages.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace gw::dialect::messages::test {

using dialect::test::Recorder;
using dialect::test::Told;

inline const config::Provider some_provider;

inline std::string file(const std::string& name) {
  std::ifstream in(std::string(GW_TEST_DATA) + "/messages/" + name, std::ios::binary);
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A body with the readable bytes behind it that readers ask for.
class Body {
 public:
  explicit Body(std::string text) : size_(text.size()), bytes_(std::move(text) + std::string(chat::padding, '\0')) {}

  [[nodiscard]] std::string_view view() const { return std::string_view(bytes_).substr(0, size_); }

 private:
  std::size_t size_;
  std::string bytes_;
};

inline bool is_json(std::string_view text) {
  simdjson::dom::parser parser;
  return parser.parse(text.data(), text.size(), true).error() == simdjson::SUCCESS;
}

inline std::string minified(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  if (parser.parse(text.data(), text.size(), true).get(element) != simdjson::SUCCESS) return std::string(text);
  return simdjson::minify(element);
}

/// Hands over every event of a stream, the bytes given in slices.
template <class Take>
void each_event(const std::string& bytes, std::size_t slice, Take take) {
  http::SseSplitter splitter(1 << 24);
  http::SseEvent event;
  for (std::size_t at = 0; at < bytes.size(); at += slice) {
    splitter.feed(std::string_view(bytes).substr(at, slice));
    while (splitter.next(event).value()) {
      if (event.has_data) take(event);
    }
  }
}

inline std::vector<Told> story_of_stream(const std::string& bytes, std::size_t slice) {
  Recorder recorder;
  const auto stream = messages::dialect().stream(some_provider);
  each_event(bytes, slice, [&](const http::SseEvent& event) { stream->read(event, &recorder); });
  return recorder.story();
}

inline std::vector<Told> story_of_reply(const std::string& body) {
  Recorder recorder;
  const auto facts = messages::dialect().reply(some_provider, body, &recorder);
  EXPECT_TRUE(facts) << (facts ? "" : facts.error().message);
  return recorder.story();
}

}  // namespace gw::dialect::messages::test
