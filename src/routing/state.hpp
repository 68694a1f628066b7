// Who answered last, a tier: what strategies `random` and `adaptive` pass over in favour of others. Global: every shard
// writes and reads the same rings of plain atomics; a reader beside a writer may see a winner late, which only shifts
// chances. How models behave is health's to know.
#pragma once

#include "config/config.hpp"
#include "routing/catalog.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace gw::routing {

/// Winners that a ring holds.
inline constexpr std::size_t winner_capacity = config::AdaptiveWeights::max_history;

/// The last winners of a tier as a decision sees them: at most `adaptive_weights.consecutive_history_size`.
class Winners {
 public:
  void add(std::uint64_t hash) noexcept { hashes_[count_++] = hash; }  // newest first

  /// How much a candidate has to step back (contract 4.2): 0 for none of the winners, at most 0.8.
  [[nodiscard]] double penalty(const Candidate& candidate, double weight) const noexcept;

 private:
  std::array<std::uint64_t, winner_capacity> hashes_;  // only the first count_ are ever read
  std::size_t count_ = 0;
};

/// One a process; outlives configurations.
class State {
 public:
  /// A candidate's answer is whole. Any thread; costs nothing where the tier's strategy does not look at winners.
  void won(const Candidate& candidate) noexcept;

  /// The last `history` winners of the tier; any thread.
  [[nodiscard]] Winners winners(config::Tier tier, int history) const noexcept;

 private:
  struct alignas(64) Ring {
    std::atomic<std::uint64_t> count{0};
    std::array<std::atomic<std::uint64_t>, winner_capacity> hashes{};
  };

  config::PerTier<Ring> rings_;
};

}  // namespace gw::routing
