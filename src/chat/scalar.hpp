// Checks of JSON scalars that the on-demand parser passes over without reading (RFC 8259 sections 3, 6, 7).
#pragma once

#include <string_view>

namespace gw::chat {

/// `token` is a scalar as it stands in the text, without white space around it: a number, true, false, null, or a
/// string with its quotes. UTF-8 and control characters were checked by the parser's first pass; this checks the rest.
[[nodiscard]] bool is_valid_scalar(std::string_view token) noexcept;

/// The inside of a string literal: every backslash begins a known escape. Lone surrogates are let through.
[[nodiscard]] bool has_valid_escapes(std::string_view raw) noexcept;

}  // namespace gw::chat
