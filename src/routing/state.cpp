#include "routing/state.hpp"

#include <algorithm>

namespace gw::routing {

double Winners::penalty(const Candidate& candidate, double weight) const noexcept {
  const auto* const end = hashes_.data() + count_;
  const auto times = static_cast<double>(std::count(hashes_.data(), end, candidate.hash));
  if (times == 0) return 0;
  double penalty = 2 * times / static_cast<double>(count_) * weight;
  if (hashes_[0] == candidate.hash) penalty = 1.5 * penalty + 0.2;
  return std::min(penalty, 0.8);
}

void State::won(const Candidate& candidate) noexcept {
  if (!candidate.remembered) return;
  Ring& ring = rings_[candidate.tier];
  const std::uint64_t place = ring.count.fetch_add(1, std::memory_order_relaxed);
  ring.hashes[place % winner_capacity].store(candidate.hash, std::memory_order_relaxed);
}

Winners State::winners(config::Tier tier, int history) const noexcept {
  const Ring& ring = rings_[tier];
  const std::uint64_t count = ring.count.load(std::memory_order_relaxed);
  const auto wanted = static_cast<std::uint64_t>(std::clamp(history, 0, config::AdaptiveWeights::max_history));
  Winners out;
  for (std::uint64_t back = 1; back <= std::min(count, wanted); ++back) {
    out.add(ring.hashes[(count - back) % winner_capacity].load(std::memory_order_relaxed));
  }
  return out;
}

}  // namespace gw::routing
