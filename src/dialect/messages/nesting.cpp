#include "dialect/messages/nesting.hpp"

#include <algorithm>
#include <charconv>

namespace gw::dialect::messages {
namespace {

constexpr std::size_t escape_size = 2;
constexpr std::size_t unicode_size = 6;

char ascii_of(Raw unicode) {
  unsigned code = 0;
  const Raw digits = unicode.substr(std::min(escape_size, unicode.size()));
  std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
  return code < 0x80 ? static_cast<char>(code) : '\0';
}

// The first character, as far as it means something to JSON.
char take_char(Raw& text) {
  const bool is_escape = text.front() == '\\' && text.size() >= escape_size;
  const char c = is_escape ? text[1] : text.front();
  const bool is_unicode = is_escape && c == 'u';
  const Raw taken = text.substr(0, is_unicode ? unicode_size : is_escape ? escape_size : 1);
  text.remove_prefix(taken.size());
  if (is_unicode) return ascii_of(taken);
  return is_escape && (c == 'n' || c == 'r' || c == 't') ? ' ' : c;
}

}  // namespace

void Nesting::take(Raw more) {
  while (!more.empty()) {
    if (has_begun_ && !is_container_) return;
    if (is_in_text_) {
      take_text(more);
    } else {
      take_structure(more);
    }
  }
}

void Nesting::take_text(Raw& more) {
  if (is_escaped_) {
    take_char(more);
    is_escaped_ = false;
    return;
  }
  // Both of what counts, quotes and backslashes, are escaped here.
  more.remove_prefix(std::min(more.find('\\'), more.size()));
  if (more.empty()) return;
  const char c = take_char(more);
  is_escaped_ = c == '\\';
  is_in_text_ = c != '"';
}

void Nesting::take_structure(Raw& more) {
  if (has_begun_) more.remove_prefix(std::min(more.find_first_of("{}[]\\"), more.size()));
  if (more.empty()) return;
  const char c = take_char(more);
  if (!has_begun_) {
    has_begun_ = c != ' ';
    is_container_ = c == '{' || c == '[';
  }
  if (c == '{' || c == '[') ++depth_;
  if ((c == '}' || c == ']') && depth_ != 0) --depth_;
  is_in_text_ = c == '"';
}

}  // namespace gw::dialect::messages
