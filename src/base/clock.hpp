// Time: decisions take `now` as a parameter; only the edges read a clock.
#pragma once

#include <chrono>

namespace gw {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;
using Millis = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;

/// A deadline that does not come.
inline constexpr TimePoint far_future = TimePoint::max();

/// Seconds since the epoch, wall clock: for `created` fields and log lines, never for a timeout.
inline std::int64_t unix_seconds() {
  return std::chrono::duration_cast<Seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

inline double to_ms(Duration d) {
  return std::chrono::duration<double, std::milli>(d).count();
}

}  // namespace gw
