// What the targets of providers' answers share: whatever bytes a provider sends, every client gets JSON, and a stream's
// answer ends once. The first byte says which: 0 a stream, 1 a plain answer, 2 a failure, 3 a piece of a large answer.
#pragma once

#include "dialect/client.hpp"
#include "dialect/dialect.hpp"
#include "http/sse.hpp"

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gw::dialect::fuzz {

inline constexpr std::array<const char*, 3> client_paths{"/v1/chat/completions", "/v1/messages", "/v1/responses"};
inline constexpr std::size_t max_event = 1 << 16;

inline void require(bool holds) {
  if (!holds) std::abort();
}

inline bool is_json(std::string_view text) {
  static simdjson::dom::parser parser;
  return parser.parse(text.data(), text.size(), true).error() == simdjson::SUCCESS;
}

/// Every event that was written to a client is JSON, but for chat's end.
inline void require_events(const std::string& bytes) {
  http::SseSplitter splitter(64U << 20U);
  splitter.feed(bytes);
  http::SseEvent event;
  std::size_t read = 0;
  for (;;) {
    const auto more = splitter.next(event);
    require(more.has_value());
    if (!*more) break;
    read += event.raw.size();
    if (event.has_data) require(event.data == "[DONE]" || is_json(event.data));
  }
  require(read == bytes.size());
}

/// Tells several writers the same.
class Tellers final : public EventSink {
 public:
  explicit Tellers(bool is_stream) {
    const AnswerHead head{.id = "1", .model = "m", .created = 1, .wants_usage = true};
    for (std::size_t i = 0; i < client_paths.size(); ++i) {
      const Client& client = *client_of_path(client_paths[i]);
      writers_[i] = is_stream ? client.stream(head, out_[i]) : client.plain(head, out_[i]);
    }
  }

  void on(const Event& event) override {
    for (const auto& writer : writers_) writer->on(event);
  }

  void end() {
    for (const auto& writer : writers_) writer->end();
  }

  [[nodiscard]] const std::array<std::string, 3>& out() const { return out_; }

 private:
  std::array<std::string, 3> out_;
  std::array<std::unique_ptr<AnswerWriter>, 3> writers_;
};

inline void require_error(const Error& error) {
  for (const char* const path : client_paths) {
    const Client& client = *client_of_path(path);
    require(is_json(client.error_body(error, 502)));
    require_events(client.error_event(error, 502));
  }
}

inline void stream(const Dialect& dialect, const config::Provider& provider, std::string_view bytes) {
  Tellers tellers(true);
  const auto reading = dialect.stream(provider);
  http::SseSplitter splitter(max_event);
  // In slices, so that texts move while events are read.
  while (!bytes.empty()) {
    const std::string slice(bytes.substr(0, 61));
    bytes.remove_prefix(slice.size());
    splitter.feed(slice);
    http::SseEvent event;
    for (;;) {
      const auto more = splitter.next(event);
      if (!more || !*more) break;
      if (!event.has_data) continue;
      const Meaning meaning = reading->read(event, &tellers);
      if (!meaning.error) continue;
      require_error(*meaning.error);
      for (const std::string& out : tellers.out()) require_events(out);
      return;
    }
  }
  tellers.end();
  for (const std::string& out : tellers.out()) require_events(out);
}

inline void plain(const Dialect& dialect, const config::Provider& provider, std::string_view body) {
  (void)dialect.begins_reply(body);
  Tellers tellers(false);
  const auto facts = dialect.reply(provider, body, &tellers);
  if (!facts) return require_error(facts.error());
  tellers.end();
  for (const std::string& out : tellers.out()) require(is_json(out));
}

/// One input of a provider's target.
inline int answer(const Dialect& dialect, const std::uint8_t* data, std::size_t size) {
  static const config::Provider provider;
  if (size == 0) return 0;
  // A copy of its own size, so that a read behind its end is seen.
  const std::vector<char> bytes(data + 1, data + size);
  const std::string_view text(bytes.data(), bytes.size());
  switch (data[0] % 4) {
    case 0:
      stream(dialect, provider, text);
      break;
    case 1:
      plain(dialect, provider, text);
      break;
    case 2:
      require_error(dialect.failure(provider, 400 + data[0], text));
      break;
    default:
      (void)dialect.usage_within(text);
      break;
  }
  return 0;
}

}  // namespace gw::dialect::fuzz
