#include "relay/budget.hpp"

#include <algorithm>

namespace gw::relay {
namespace {

std::int64_t second_of(TimePoint now) noexcept {
  return std::chrono::duration_cast<Seconds>(now.time_since_epoch()).count();
}

}  // namespace

RepeatBudget::Second& RepeatBudget::at(TimePoint now) noexcept {
  const std::int64_t number = second_of(now);
  Second& second = seconds_[static_cast<std::size_t>(number % window)];
  if (second.number != number) second = {number, 0, 0};
  return second;
}

bool RepeatBudget::allows(const config::Retries& rules, TimePoint now) const noexcept {
  const std::int64_t oldest = second_of(now) - window + 1;
  std::uint64_t requests = 0;
  std::uint64_t repeats = 0;
  for (const Second& second : seconds_) {
    if (second.number < oldest) continue;
    requests += second.requests;
    repeats += second.repeats;
  }
  const std::uint64_t share = requests * static_cast<std::uint64_t>(rules.budget_percent) / 100;
  return repeats < std::max(share, static_cast<std::uint64_t>(rules.budget_min));
}

}  // namespace gw::relay
