#include "intent/keywords.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace gw::intent {
namespace {

// The compilers' own vectors: one source for every processor.
using Block = unsigned char __attribute__((vector_size(16)));
constexpr std::size_t block_bytes = sizeof(Block);
constexpr auto npos = std::string_view::npos;

bool is_ascii_letter(unsigned char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

Block load(const char* at) noexcept {
  Block block;
  std::memcpy(&block, at, block_bytes);
  return block;
}

bool is_zero(const Block& block) noexcept {
  std::uint64_t halves[2];
  std::memcpy(halves, &block, block_bytes);
  return (halves[0] | halves[1]) == 0;
}

Block splat(unsigned char byte) noexcept {
  return Block{} + byte;
}

// A byte as it is looked for: both cases of a letter become the lower one before the comparison. Other bytes may fall
// together with it; every hit is compared again.
struct Wanted {
  explicit Wanted(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    const unsigned char fold = is_ascii_letter(byte) ? 0x20 : 0;
    folds = splat(fold);
    bytes = splat(static_cast<unsigned char>(byte | fold));
  }

  Block folds;
  Block bytes;
};

// Where a part may begin: its first and its last byte are in place, which is rare enough to compare the rest.
class Candidates {
 public:
  explicit Candidates(std::string_view part) noexcept
      : first_(part.front()), last_(part.back()), distance_(part.size() - 1) {}

  // A byte that is not 0 for each possible place among the 16 at `at`.
  Block operator()(const char* at) const noexcept {
    return ((load(at) | first_.folds) == first_.bytes) & ((load(at + distance_) | last_.folds) == last_.bytes);
  }

 private:
  Wanted first_;
  Wanted last_;
  std::size_t distance_;
};

}  // namespace

std::size_t find_ignoring_case(std::string_view text, std::string_view part, std::size_t from) noexcept {
  if (part.empty() || text.size() < part.size()) return npos;
  const std::size_t behind = text.size() - part.size() + 1;  // where no match can begin any more
  const auto is_match = [&](std::size_t at) { return iequals(text.substr(at, part.size()), part); };
  std::size_t at = from;
  if (at + block_bytes <= behind) {
    const Candidates candidates(part);
    while (true) {
      // Two blocks a round: most rounds find nothing, and the test is what costs.
      for (; at + 2 * block_bytes <= behind; at += 2 * block_bytes) {
        const char* const begin = text.data() + at;
        if (!is_zero(candidates(begin) | candidates(begin + block_bytes))) break;
      }
      at = std::min(at, behind - block_bytes);  // the last block overlaps the one before
      const Block hits = candidates(text.data() + at);
      for (std::size_t i = 0; i < block_bytes && !is_zero(hits); ++i) {
        if (hits[i] != 0 && is_match(at + i)) return at + i;
      }
      if (at + block_bytes == behind) return npos;
      at += block_bytes;
    }
  }
  for (; at < behind; ++at) {
    if (is_match(at)) return at;
  }
  return npos;
}

}  // namespace gw::intent
