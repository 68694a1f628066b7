// Private to messages: signatures on their way through a client that speaks another dialect. Thinking that was not
// shown has a signature all the same, and must come back as such and not as redacted thinking: it goes out with a mark
// (a dot is no base64).
#pragma once

#include "dialect/raw.hpp"

#include <string>
#include <string_view>

namespace gw::dialect::messages {

inline constexpr std::string_view unshown_mark = "thinking.";

/// Anthropic's, or one of a server that speaks like it. Another vendor's would be refused: Gemini's carry a mark,
/// OpenAI's are Fernet tokens.
[[nodiscard]] inline bool is_own_proof(Raw proof) noexcept {
  return !proof.empty() && !proof.starts_with("gemini.") && !proof.starts_with("gAAAA");
}

}  // namespace gw::dialect::messages
