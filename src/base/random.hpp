// Chance for decisions that want it: fast, seeded, repeatable; never for secrets (`base/id.hpp` has those). One a
// shard, given by reference, so that a test knows what comes.
#pragma once

#include <array>
#include <cstdint>

namespace gw {

/// Scatters the bits of a number: near ones become far ones (splitmix64's last step). Never changes between releases.
[[nodiscard]] constexpr std::uint64_t scattered(std::uint64_t value) noexcept {
  value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9U;
  value = (value ^ (value >> 27U)) * 0x94D049BB133111EBU;
  return value ^ (value >> 31U);
}

/// xoshiro256++ (Blackman, Vigna). Not to be shared between threads.
class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept {
    for (std::uint64_t& word : state_) word = scattered(seed += 0x9E3779B97F4A7C15U);
  }

  [[nodiscard]] std::uint64_t next() noexcept {
    const std::uint64_t result = rotated(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t shifted = state_[1] << 17U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotated(state_[3], 45);
    return result;
  }

  /// In [0,1), every one of 2^53 values alike.
  [[nodiscard]] double uniform() noexcept { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

  /// In [0,bound); 0 for a bound of 0. Even to one part in 2^32 for the small bounds it is for.
  [[nodiscard]] std::uint32_t below(std::uint32_t bound) noexcept {
    return static_cast<std::uint32_t>(((next() >> 32U) * bound) >> 32U);
  }

 private:
  [[nodiscard]] static constexpr std::uint64_t rotated(std::uint64_t value, unsigned by) noexcept {
    return (value << by) | (value >> (64U - by));
  }

  std::array<std::uint64_t, 4> state_{};
};

}  // namespace gw
