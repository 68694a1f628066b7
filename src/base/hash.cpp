#include "base/hash.hpp"

#include "base/random.hpp"

#include <cstring>

namespace gw {
namespace {

constexpr std::uint64_t odd = 0x9E3779B97F4A7C15U;

// The first byte is the lowest on every machine.
std::uint64_t word_at(const char* bytes, std::size_t count) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, count);
  if constexpr (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__) word = __builtin_bswap64(word);
  return word;
}

}  // namespace

std::uint64_t stable_hash(std::string_view text, std::uint64_t seed) noexcept {
  std::uint64_t hash = scattered(seed + odd * (text.size() + 1));
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left >= 8; left -= 8, at += 8) hash = scattered(hash ^ word_at(at, 8)) * odd;
  if (left != 0) hash = scattered(hash ^ word_at(at, left)) * odd;
  return scattered(hash);
}

}  // namespace gw
