// For tests of chat completions: bodies with room behind them, providers, requests as short text.
#pragma once

#include "dialect/conversation.hpp"
#include "dialect/dialect.hpp"
#include "dialect/openai/client.hpp"
#include "dialect/openai/openai.hpp"
#include "strict_openai.hpp"

#include <string>
#include <utility>

namespace gw::dialect::test {

/// A body with the readable bytes behind it that reading one asks for.
class Body {
 public:
  explicit Body(std::string_view text) : bytes_(text), size_(text.size()) { bytes_.append(chat::padding, '\0'); }

  [[nodiscard]] std::string_view view() const { return std::string_view(bytes_).substr(0, size_); }

 private:
  std::string bytes_;
  std::size_t size_;
};

/// The request as text: one line a part and a setting that is said.
[[nodiscard]] std::string to_text(const Conversation& conversation);

/// Of a chat client's body; "error: ..." when it is refused.
[[nodiscard]] std::string conversation_text(std::string_view body);

[[nodiscard]] config::Provider provider_of(ChatService service);

/// A chat body, read and written again for a service. Empty body and `error` set when either refuses.
struct Rewritten {
  std::string body;
  std::vector<std::string> dropped;
  std::string error;
};

[[nodiscard]] Rewritten rewrite(std::string_view body, ChatService service, std::string_view model = "m");

}  // namespace gw::dialect::test
