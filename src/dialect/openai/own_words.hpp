// Private to openai: a client's own body, for OpenAI itself, which refuses what other providers add to its messages.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gw::dialect::openai {

/// Without `reasoning_content`, `reasoning`, `reasoning_details` of messages and `extra_content` of calls; nullopt:
/// there are none. `body` is a request's.
[[nodiscard]] std::optional<std::string> without_foreign(std::string_view body);

}  // namespace gw::dialect::openai
