// How slowly a request body may come: neither silence nor a drip holds a request for ever. Pure.
#pragma once

#include "base/clock.hpp"

#include <cstdint>

namespace gw::http {

struct BodyPace {
  /// Longest time without a byte, and the time a body gets before its rate counts.
  Millis silence{60000};
  /// Bytes a second, averaged over the whole body; 0 = silence alone is bounded.
  std::uint64_t min_rate = 1024;
};

struct BodyDeadline {
  TimePoint due;
  bool is_rate = false;  ///< the minimum rate comes first, not silence
};

/// Until when to wait for more of a body that began at `begun` and of which `received` bytes are there at `now`. The
/// rate counts as Apache's mod_reqtimeout does it ("body=60,MinRate=1024"): every `min_rate` bytes buy a second.
[[nodiscard]] constexpr BodyDeadline body_deadline(
    const BodyPace& pace, TimePoint begun, TimePoint now, std::uint64_t received
) noexcept {
  const TimePoint silent = now + pace.silence;
  if (pace.min_rate == 0) return {silent, false};
  const TimePoint slow = begun + pace.silence + Millis{static_cast<Millis::rep>(received * 1000 / pace.min_rate)};
  if (slow < silent) return {slow, true};
  return {silent, false};
}

}  // namespace gw::http
