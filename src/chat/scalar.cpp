#include "chat/scalar.hpp"

#include <cstring>

namespace gw::chat {
namespace {

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool is_hex(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

std::size_t digits(std::string_view text, std::size_t from) noexcept {
  std::size_t at = from;
  while (at < text.size() && is_digit(text[at])) ++at;
  return at - from;
}

bool is_number(std::string_view text) noexcept {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = digits(text, at);
  if (whole == 0 || (whole > 1 && text[at] == '0')) return false;
  at += whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = digits(text, at + 1);
    if (fraction == 0) return false;
    at += 1 + fraction;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t exponent = digits(text, at);
    if (exponent == 0) return false;
    at += exponent;
  }
  return at == text.size();
}

}  // namespace

bool has_valid_escapes(std::string_view raw) noexcept {
  while (!raw.empty()) {
    const void* const found = std::memchr(raw.data(), '\\', raw.size());
    if (found == nullptr) return true;
    raw.remove_prefix(static_cast<std::size_t>(static_cast<const char*>(found) - raw.data()) + 1);
    if (raw.empty()) return false;
    const char kind = raw.front();
    raw.remove_prefix(1);
    if (kind == 'u') {
      if (raw.size() < 4 || !is_hex(raw[0]) || !is_hex(raw[1]) || !is_hex(raw[2]) || !is_hex(raw[3])) return false;
      raw.remove_prefix(4);
    } else if (std::string_view("\"\\/bfnrt").find(kind) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

bool is_valid_scalar(std::string_view token) noexcept {
  if (token.empty()) return false;
  switch (token.front()) {
    case '"':
      return token.size() >= 2 && token.back() == '"' && has_valid_escapes(token.substr(1, token.size() - 2));
    case 't':
      return token == "true";
    case 'f':
      return token == "false";
    case 'n':
      return token == "null";
    default:
      return is_number(token);
  }
}

}  // namespace gw::chat
