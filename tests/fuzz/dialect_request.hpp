// What the targets of clients' requests share: a body that is taken becomes JSON for every provider, of every vendor of
// chat completions, or is refused; what is written in a client's dialect is taken by its reader.
#pragma once

#include "chat/chat.hpp"
#include "dialect/client.hpp"
#include "dialect/dialect.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace gw::dialect::fuzz {

inline void require(bool holds) {
  if (!holds) std::abort();
}

inline bool is_json(std::string_view text) {
  static simdjson::dom::parser parser;
  return parser.parse(text.data(), text.size(), true).error() == simdjson::SUCCESS;
}

/// Readable for `padding` bytes behind its end.
class Padded {
 public:
  explicit Padded(std::string text) : size_(text.size()), bytes_(std::move(text)) {
    bytes_.append(chat::padding, '\0');
  }

  [[nodiscard]] std::string_view view() const { return std::string_view(bytes_).substr(0, size_); }

 private:
  std::size_t size_;
  std::string bytes_;
};

/// What every dialect can say: a text of the user's that is more than white space.
inline bool asks(const Turn& turn) {
  return turn.speaker == Speaker::user && std::any_of(turn.parts.begin(), turn.parts.end(), [](const Part& part) {
           const std::string text = from_raw(part.text);
           return part.kind == Part::Kind::text && text.find_first_not_of(" \t\r\n") != std::string::npos;
         });
}

/// What was written is read again by the client's side of the same dialect. A conversation in which nobody asks may be
/// no request: that is left to the provider to refuse.
inline void require_readable(const char* path, const Conversation& conversation, const std::string& body) {
  const bool is_asked = std::any_of(conversation.turns.begin(), conversation.turns.end(), asks);
  const Client& client = *client_of_path(path);
  const Padded again(body);
  if (!client.read(again.view())) {
    require(!is_asked);
    return;
  }
  Keep keep;
  const auto read = client.conversation(again.view(), keep);
  require(read.has_value() || read.error().code == Errc::unsupported_input);
}

inline void write(
    const Conversation& conversation,
    config::Protocol protocol,
    config::Vendor vendor,
    const char* model,
    const char* path
) {
  config::Provider provider;
  provider.vendor = vendor;
  const WriteInput input{.model = model, .provider = provider, .max_output = 5000, .injects_usage = true};
  const auto written = for_protocol(protocol)->write(conversation, input);
  if (!written) {
    require(written.error().code == Errc::unsupported_input);
    return;
  }
  require(is_json(written->body));
  if (path != nullptr) require_readable(path, conversation, written->body);
}

/// One input of a client's target.
inline int request(const char* path, const std::uint8_t* data, std::size_t size) {
  const Client& client = *client_of_path(path);
  const Padded body(std::string(reinterpret_cast<const char*>(data), size));
  if (!client.read(body.view())) return 0;
  Keep keep;
  const auto conversation = client.conversation(body.view(), keep);
  if (!conversation) {
    require(is_json(client.error_body(conversation.error(), 400)));
    return 0;
  }
  using config::Protocol;
  using config::Vendor;
  for (const Vendor vendor : config::vendors) {
    write(*conversation, Protocol::openai, vendor, "gpt-5", "/v1/chat/completions");
  }
  for (const char* const model : {"claude-3-5-haiku", "claude-sonnet-4-5", "claude-opus-4-7"}) {
    write(*conversation, Protocol::v1_messages, Vendor::anthropic, model, "/v1/messages");
  }
  write(*conversation, Protocol::v1_response, Vendor::openai, "gpt-5", "/v1/responses");
  for (const char* const model : {"gemini-2.0-flash", "gemini-2.5-pro", "gemini-3-pro"}) {
    write(*conversation, Protocol::gemini, Vendor::gemini, model, nullptr);
  }
  return 0;
}

}  // namespace gw::dialect::fuzz
