#include "intent/keywords.hpp"

#include "base/text.hpp"

#include <cstring>

namespace gw::intent {
namespace {

bool is_word_byte(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool stands_at(std::string_view text, std::size_t at, std::string_view word) noexcept {
  if (!iequals(text.substr(at, word.size()), word)) return false;
  const bool is_latin = static_cast<unsigned char>(word.front()) < 0x80;
  if (!is_latin) return true;
  const bool begins = at == 0 || !is_word_byte(text[at - 1]);
  const std::size_t end = at + word.size();
  // "codes", "functions": a plural is the same word.
  std::size_t stop = end;
  if (stop < text.size() && (text[stop] == 's' || text[stop] == 'S')) ++stop;
  const bool ends = end >= text.size() || !is_word_byte(text[end]) || stop >= text.size() || !is_word_byte(text[stop]);
  return begins && ends;
}

bool contains(std::string_view text, std::string_view word) noexcept {
  const char first = word.front();
  const char other = first >= 'a' && first <= 'z' ? static_cast<char>(first - 'a' + 'A') : first;
  for (const char c : {first, other}) {
    std::size_t from = 0;
    while (from + word.size() <= text.size()) {
      const void* const found = std::memchr(text.data() + from, c, text.size() - from);
      if (found == nullptr) break;
      const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
      if (stands_at(text, at, word)) return true;
      from = at + 1;
    }
    if (other == first) break;
  }
  return false;
}

}  // namespace

std::optional<std::string_view> find_word(std::string_view text, std::span<const std::string_view> words) {
  for (const std::string_view word : words) {
    if (contains(text, word)) return word;
  }
  return std::nullopt;
}

}  // namespace gw::intent
