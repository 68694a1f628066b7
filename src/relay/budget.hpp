// How many requests may be repeated at the same model: a share of what was asked of late, so that an outage is not
// doubled. Never consulted for the first try of another candidate. One a shard; pure, `now` is given.
#pragma once

#include "base/clock.hpp"
#include "config/config.hpp"

#include <array>
#include <cstdint>

namespace gw::relay {

class RepeatBudget {
 public:
  /// A client's request begins.
  void request(TimePoint now) noexcept { ++at(now).requests; }

  /// One repeat may be sent: at most `retries.budget_percent` of the requests of the last ten seconds, and
  /// `retries.budget_min` in any case.
  [[nodiscard]] bool allows(const config::Retries& rules, TimePoint now) const noexcept;

  /// It is sent.
  void repeat(TimePoint now) noexcept { ++at(now).repeats; }

 private:
  struct Second {
    std::int64_t number = -1;  // of the clock's seconds
    std::uint32_t requests = 0;
    std::uint32_t repeats = 0;
  };

  [[nodiscard]] Second& at(TimePoint now) noexcept;

  static constexpr std::int64_t window = 10;
  std::array<Second, window> seconds_{};
};

}  // namespace gw::relay
