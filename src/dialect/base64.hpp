// Private to the dialects: files come as base64, and a plain text among them is wanted as a text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gw::dialect {

/// RFC 4648 section 4, with or without padding; nothing for anything else.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace gw::dialect
