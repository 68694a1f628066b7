// Small text helpers that several modules need. ASCII rules: HTTP tokens and JSON syntax, not human text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gw {

namespace detail {
[[nodiscard]] bool same_but_for_case(const char* a, const char* b, std::size_t size) noexcept;
}

/// Equal but for the case of ASCII letters.
[[nodiscard]] inline bool iequals(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && detail::same_but_for_case(a.data(), b.data(), a.size());
}

/// Holds a byte below 0x20 other than tab, or 0x7F: what may not stand in an HTTP field value (RFC 9110 5.5).
[[nodiscard]] bool has_control(std::string_view text) noexcept;

/// Nothing but bytes from space to tilde.
[[nodiscard]] bool is_printable_ascii(std::string_view text) noexcept;

/// Removes spaces and tabs (optional whitespace of RFC 9110) at both ends.
[[nodiscard]] std::string_view trim_ows(std::string_view text) noexcept;

[[nodiscard]] std::string to_lower(std::string_view text);

/// Decimal digits only (no sign, no space), within 64 bits; nothing else is a number.
[[nodiscard]] std::optional<std::uint64_t> parse_u64(std::string_view digits) noexcept;

/// Appends the number in decimal.
void append_number(std::string& out, std::uint64_t number);

/// Appends `text` as a JSON string literal with its quotes. Bytes that are not UTF-8 become U+FFFD, so that what we
/// write is JSON whatever a client or provider sent.
void append_json_string(std::string& out, std::string_view text);

[[nodiscard]] std::string json_string(std::string_view text);

/// Cuts to at most `max_bytes` without splitting a UTF-8 character.
[[nodiscard]] std::string_view clip_utf8(std::string_view text, std::size_t max_bytes) noexcept;

}  // namespace gw
