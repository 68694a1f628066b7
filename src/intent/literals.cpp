#include "intent/literals.hpp"

#include "base/text.hpp"
#include "intent/keywords.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <tuple>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace gw::intent {
namespace {

constexpr auto npos = std::string_view::npos;

bool is_ascii_letter(unsigned char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_word_byte(char c) noexcept {
  return is_ascii_letter(static_cast<unsigned char>(c)) || (c >= '0' && c <= '9') || c == '_';
}

// U+00C0 to U+037F: accented Latin letters and combining accents, all of two bytes.
bool is_latin_lead(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0xC3 && byte <= 0xCD;
}

bool letter_before(std::string_view text, std::size_t at) noexcept {
  return (at >= 1 && is_word_byte(text[at - 1])) || (at >= 2 && is_latin_lead(text[at - 2]));
}

bool letter_behind(std::string_view text, std::size_t at) noexcept {
  return at < text.size() && (is_word_byte(text[at]) || is_latin_lead(text[at]));
}

bool has_wide_vectors() noexcept {
#if defined(__x86_64__)
  static const bool has = __builtin_cpu_supports("avx2") != 0;
  return has;
#else
  return false;
#endif
}

}  // namespace

bool stands_alone(std::string_view text, std::size_t at, std::size_t length) noexcept {
  if (length == 0 || !is_word_byte(text[at])) return true;
  if (letter_before(text, at)) return false;
  const std::size_t end = at + length;
  if (!letter_behind(text, end)) return true;
  // "codes", "functions": a plural is the same word.
  return (text[end] == 's' || text[end] == 'S') && !letter_behind(text, end + 1);
}

LiteralSet::LiteralSet(std::vector<std::string> literals) : literals_(std::move(literals)) {
  // Literals that begin alike share a group, so that a place which looks like one is compared with few others.
  std::vector<std::uint16_t> order;
  for (std::size_t i = 0; i < literals_.size(); ++i) {
    if (!literals_[i].empty()) order.push_back(static_cast<std::uint16_t>(i));
  }
  std::stable_sort(order.begin(), order.end(), [&](std::uint16_t a, std::uint16_t b) {
    return to_lower(literals_[a]) < to_lower(literals_[b]);
  });
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const std::size_t group = rank * groups / order.size();
    members_[group].push_back(order[rank]);
    const auto bit = static_cast<std::uint8_t>(1U << group);
    const std::string& literal = literals_[order[rank]];
    for (std::size_t i = 0; i < looked_at; ++i) {
      Filter& filter = filters_[i];
      if (i >= literal.size()) {  // whatever stands behind a short one
        for (std::size_t nibble = 0; nibble < 16; ++nibble) {
          filter.low[nibble] |= bit;
          filter.high[nibble] |= bit;
        }
        continue;
      }
      const auto byte = static_cast<unsigned char>(literal[i]);
      filter.low[byte & 15U] |= bit;
      filter.high[byte >> 4U] |= bit;
      // The other case differs in one bit of the high nibble.
      if (is_ascii_letter(byte)) filter.high[(byte ^ 0x20U) >> 4U] |= bit;
    }
  }
}

// Compares the literals of the groups in `hits` with what stands at `at`; false when the caller has enough.
bool LiteralSet::compare(std::string_view text, std::size_t at, unsigned hits, const Found& found) const {
  for (; hits != 0; hits &= hits - 1) {
    for (const std::uint16_t index : members_[static_cast<std::size_t>(std::countr_zero(hits))]) {
      const std::string& literal = literals_[index];
      if (iequals(text.substr(at, literal.size()), literal) && !found(index, at)) return false;
    }
  }
  return true;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) void LiteralSet::search_wide(std::string_view text, const Found& found) const {
  constexpr std::size_t block = 32;
  const __m256i nibble = _mm256_set1_epi8(15);
  __m256i low[looked_at];   // NOLINT: an array class loses the vectors' alignment
  __m256i high[looked_at];  // NOLINT
  for (std::size_t i = 0; i < looked_at; ++i) {
    low[i] = _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i*>(filters_[i].low.data())));
    high[i] = _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i*>(filters_[i].high.data())));
  }
  // The last block is read from a copy with zeros behind it.
  alignas(block) std::array<char, 2 * block> last{};
  for (std::size_t at = 0; at < text.size(); at += block) {
    const char* from = text.data() + at;
    if (at + block + looked_at > text.size()) {
      last.fill('\0');
      std::memcpy(last.data(), from, std::min(text.size() - at, last.size()));
      from = last.data();
    }
    __m256i hits = _mm256_set1_epi8(-1);
    for (std::size_t i = 0; i < looked_at; ++i) {
      const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + i));
      const __m256i by_low = _mm256_shuffle_epi8(low[i], _mm256_and_si256(bytes, nibble));
      const __m256i by_high = _mm256_shuffle_epi8(high[i], _mm256_and_si256(_mm256_srli_epi16(bytes, 4), nibble));
      hits = _mm256_and_si256(hits, _mm256_and_si256(by_low, by_high));
    }
    if (_mm256_testz_si256(hits, hits) != 0) continue;
    alignas(block) std::array<std::uint8_t, block> groups_at;
    _mm256_store_si256(reinterpret_cast<__m256i*>(groups_at.data()), hits);
    auto places = ~static_cast<unsigned>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(hits, _mm256_setzero_si256())));
    for (; places != 0; places &= places - 1) {
      const auto place = static_cast<std::size_t>(std::countr_zero(places));
      if (at + place >= text.size()) return;
      if (!compare(text, at + place, groups_at[place], found)) return;
    }
  }
}
#else
void LiteralSet::search_wide(std::string_view text, const Found& found) const {
  search_plainly(text, found);
}
#endif

void LiteralSet::search(std::string_view text, const Found& found) const {
  if (has_wide_vectors()) {
    search_wide(text, found);
  } else {
    search_plainly(text, found);
  }
}

// A pass a literal, then in the order of their places, as the other search tells of them.
void LiteralSet::search_plainly(std::string_view text, const Found& found) const {
  struct Occurrence {
    std::size_t at;
    std::size_t group;
    std::size_t rank;
    std::uint16_t index;
  };

  std::vector<Occurrence> all;
  for (std::size_t group = 0; group < groups; ++group) {
    for (std::size_t rank = 0; rank < members_[group].size(); ++rank) {
      const std::uint16_t index = members_[group][rank];
      for (std::size_t at = find_ignoring_case(text, literals_[index]); at != npos;
           at = find_ignoring_case(text, literals_[index], at + 1)) {
        all.push_back({at, group, rank, index});
      }
    }
  }
  std::sort(all.begin(), all.end(), [](const Occurrence& a, const Occurrence& b) {
    return std::tie(a.at, a.group, a.rank) < std::tie(b.at, b.group, b.rank);
  });
  for (const Occurrence& one : all) {
    if (!found(one.index, one.at)) return;
  }
}

}  // namespace gw::intent
