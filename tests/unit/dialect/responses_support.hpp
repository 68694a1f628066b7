// Files, bodies and streams for the tests of Responses.
#pragma once

#include "answers.hpp"
#include "chat/chat.hpp"
#include "dialect/responses/client.hpp"
#include "dialect/responses/responses.hpp"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace gw::dialect::responses::test {

using namespace gw::dialect::test;  // NOLINT(google-build-using-namespace): the recorder and the checkers

inline const config::Provider some_provider;

inline std::string file(const std::string& name) {
  std::ifstream in(std::string(GW_TEST_DATA) + "/responses/" + name, std::ios::binary);
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

/// Everything that is not valid JSON in a stream, or no event.
inline bool is_json(std::string_view text) {
  simdjson::dom::parser parser;
  return parser.parse(text.data(), text.size(), true).error() == simdjson::SUCCESS;
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

/// What a provider's stream tells.
inline std::vector<Told> story_of_stream(const std::string& bytes, std::size_t slice) {
  Recorder recorder;
  const auto stream = responses::dialect().stream(some_provider);
  each_event(bytes, slice, [&](const http::SseEvent& event) { stream->read(event, &recorder); });
  return recorder.story();
}

inline std::vector<Told> story_of_reply(const std::string& body) {
  Recorder recorder;
  const auto facts = responses::dialect().reply(some_provider, body, &recorder);
  EXPECT_TRUE(facts) << (facts ? "" : facts.error().message);
  return recorder.story();
}

}  // namespace gw::dialect::responses::test
