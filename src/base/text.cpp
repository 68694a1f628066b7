#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace gw {
namespace {

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr std::size_t word_bytes = sizeof(std::uint64_t);
constexpr std::size_t half_bytes = sizeof(std::uint32_t);

std::uint64_t load_word(const char* at) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, at, word_bytes);
  return word;
}

// A text of four to eight bytes: its first four and its last four.
std::uint64_t load_ends(const char* text, std::size_t size) noexcept {
  std::uint32_t ends[2];
  std::memcpy(&ends[0], text, half_bytes);
  std::memcpy(&ends[1], text + size - half_bytes, half_bytes);
  return ends[0] | std::uint64_t{ends[1]} << 32U;
}

// Eight characters at once: bit 7 of each byte says whether it is from A to Z, and moved down by two it is the bit that
// tells the cases apart.
constexpr std::uint64_t lower(std::uint64_t word) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  const std::uint64_t low_bits = word & (0x7F * ones);
  const std::uint64_t from_a = low_bits + (0x80 - 'A') * ones;
  const std::uint64_t behind_z = low_bits + (0x7F - 'Z') * ones;
  return word | (((from_a ^ behind_z) & ~word & (0x80 * ones)) >> 2U);
}

// The compilers' own vectors: one source for every processor. Comparisons give 0xFF or 0x00 a byte.
using Block = unsigned char __attribute__((vector_size(16)));
constexpr std::size_t block_bytes = sizeof(Block);

Block load_block(const char* at) noexcept {
  Block block;
  std::memcpy(&block, at, block_bytes);
  return block;
}

Block splat(unsigned char byte) noexcept {
  return Block{} + byte;
}

// Whether a byte is of the kind that `in_block` and `in_byte` both describe.
template <class InBlock, class InByte>
bool any_byte(std::string_view text, InBlock in_block, InByte in_byte) noexcept {
  std::uint64_t halves[2];
  if (text.size() < half_bytes) {
    return std::any_of(text.begin(), text.end(), [&](char c) { return in_byte(static_cast<unsigned char>(c)); });
  }
  decltype(in_block(Block{})) found;
  if (text.size() < block_bytes) {
    const bool is_long = text.size() > word_bytes;
    halves[0] = is_long ? load_word(text.data()) : load_ends(text.data(), text.size());
    halves[1] = is_long ? load_word(text.data() + text.size() - word_bytes) : halves[0];
    Block block;
    std::memcpy(&block, halves, sizeof halves);
    found = in_block(block);
  } else {
    const char* const last = text.data() + text.size() - block_bytes;  // overlaps the one before
    found = in_block(load_block(last));
    for (const char* at = text.data(); at < last; at += block_bytes) found |= in_block(load_block(at));
  }
  std::memcpy(halves, &found, sizeof halves);
  return (halves[0] | halves[1]) != 0;
}

// Length of the valid UTF-8 sequence at `text[at]`, or 0 (RFC 3629: no surrogates, no overlong forms).
std::size_t utf8_length(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) return 1;
  std::size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  }
  if (length == 0 || at + length > text.size()) return 0;
  if (byte(at + 1) < low || byte(at + 1) > high) return 0;
  for (std::size_t i = at + 2; i < at + length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
  }
  return length;
}

}  // namespace

namespace detail {

bool same_but_for_case(const char* a, const char* b, std::size_t size) noexcept {
  if (size < half_bytes) {
    for (std::size_t i = 0; i < size; ++i) {
      if (lower(a[i]) != lower(b[i])) return false;
    }
    return true;
  }
  if (size < word_bytes) return lower(load_ends(a, size)) == lower(load_ends(b, size));
  for (std::size_t at = 0; at + word_bytes < size; at += word_bytes) {
    if (lower(load_word(a + at)) != lower(load_word(b + at))) return false;
  }
  const std::size_t last = size - word_bytes;
  return lower(load_word(a + last)) == lower(load_word(b + last));
}

}  // namespace detail

bool has_control(std::string_view text) noexcept {
  return any_byte(
      text,
      [](const Block& block) { return ((block < splat(0x20)) & (block != splat('\t'))) | (block == splat(0x7F)); },
      [](unsigned char byte) { return (byte < 0x20 && byte != '\t') || byte == 0x7F; }
  );
}

bool is_printable_ascii(std::string_view text) noexcept {
  return !any_byte(
      text,
      [](const Block& block) { return (block < splat(0x20)) | (block > splat(0x7E)); },
      [](unsigned char byte) { return byte < 0x20 || byte > 0x7E; }
  );
}

std::string_view trim_ows(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

std::optional<std::uint64_t> parse_u64(std::string_view digits) noexcept {
  if (digits.empty() || digits.front() < '0' || digits.front() > '9') return std::nullopt;
  std::uint64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

void append_number(std::string& out, std::uint64_t number) {
  std::array<char, 20> digits;  // NOLINT(cppcoreguidelines-pro-type-member-init): written before it is read
  const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

void append_json_string(std::string& out, std::string_view text) {
  static constexpr std::array<char, 16> hex{
      '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
  out.push_back('"');
  std::size_t plain = 0;  // start of the run that can be copied as it is
  std::size_t i = 0;
  const auto flush = [&] { out.append(text.substr(plain, i - plain)); };
  while (i < text.size()) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c < 0x7F && c != '"' && c != '\\') {
      ++i;
      continue;
    }
    if (c >= 0x80) {
      if (const std::size_t length = utf8_length(text, i); length != 0) {
        i += length;
        continue;
      }
    }
    flush();
    switch (c) {
      case '"':
        out.append("\\\"");
        break;
      case '\\':
        out.append("\\\\");
        break;
      case '\n':
        out.append("\\n");
        break;
      case '\r':
        out.append("\\r");
        break;
      case '\t':
        out.append("\\t");
        break;
      default:
        if (c >= 0x80) {
          out.append("\xEF\xBF\xBD");
        } else {
          out.append("\\u00");
          out.push_back(hex[c >> 4U]);
          out.push_back(hex[c & 0xFU]);
        }
    }
    plain = ++i;
  }
  flush();
  out.push_back('"');
}

std::string json_string(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_json_string(out, text);
  return out;
}

std::string_view clip_utf8(std::string_view text, std::size_t max_bytes) noexcept {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

}  // namespace gw
