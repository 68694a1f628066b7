#include "chat/chat.hpp"

#include <algorithm>
#include <cstring>

namespace gw::chat {
namespace {

constexpr std::uint32_t replacement = 0xFFFD;

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.push_back(static_cast<char>(0xC0U | (code >> 6U)));
    out.push_back(static_cast<char>(0x80U | (code & 0x3FU)));
  } else if (code < 0x10000) {
    out.push_back(static_cast<char>(0xE0U | (code >> 12U)));
    out.push_back(static_cast<char>(0x80U | ((code >> 6U) & 0x3FU)));
    out.push_back(static_cast<char>(0x80U | (code & 0x3FU)));
  } else {
    out.push_back(static_cast<char>(0xF0U | (code >> 18U)));
    out.push_back(static_cast<char>(0x80U | ((code >> 12U) & 0x3FU)));
    out.push_back(static_cast<char>(0x80U | ((code >> 6U) & 0x3FU)));
    out.push_back(static_cast<char>(0x80U | (code & 0x3FU)));
  }
}

// Four hexadecimal digits after `\u`; replacement when there are not four.
std::uint32_t read_unit(std::string_view raw) {
  if (raw.size() < 4) return replacement;
  std::uint32_t unit = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const char c = raw[i];
    std::uint32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<std::uint32_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      digit = static_cast<std::uint32_t>(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
      digit = static_cast<std::uint32_t>(c - 'A' + 10);
    } else {
      return replacement;
    }
    unit = (unit << 4U) | digit;
  }
  return unit;
}

// `raw` stands behind `\u`; returns how much of it was used.
std::size_t append_unicode(std::string& out, std::string_view raw) {
  const std::uint32_t first = read_unit(raw);
  const std::size_t used = std::min<std::size_t>(4, raw.size());
  const bool is_high = first >= 0xD800 && first < 0xDC00;
  if (is_high && raw.size() >= 10 && raw[4] == '\\' && raw[5] == 'u') {
    const std::uint32_t second = read_unit(raw.substr(6));
    if (second >= 0xDC00 && second < 0xE000) {
      append_utf8(out, 0x10000 + ((first - 0xD800) << 10U) + (second - 0xDC00));
      return 10;
    }
  }
  append_utf8(out, first >= 0xD800 && first < 0xE000 ? replacement : first);
  return used;
}

char simple_escape(char kind) {
  switch (kind) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return kind;
  }
}

}  // namespace

std::string unescape(std::string_view raw, std::size_t max_bytes) {
  std::string out;
  while (!raw.empty() && out.size() < max_bytes) {
    const void* const found = std::memchr(raw.data(), '\\', raw.size());
    const std::size_t plain =
        found == nullptr ? raw.size() : static_cast<std::size_t>(static_cast<const char*>(found) - raw.data());
    out.append(raw.substr(0, std::min(plain, max_bytes - out.size())));
    raw.remove_prefix(plain);
    if (raw.size() < 2) break;
    const char kind = raw[1];
    raw.remove_prefix(2);
    if (kind == 'u') {
      raw.remove_prefix(append_unicode(out, raw));
    } else {
      out.push_back(simple_escape(kind));
    }
  }
  return out;
}

}  // namespace gw::chat
