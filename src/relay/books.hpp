// The books of one try of one candidate, whatever it was asked for: metrics, its health, and what the operator has to
// see.
#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "config/config.hpp"
#include "health/health.hpp"
#include "relay/tries.hpp"
#include "telemetry/metrics.hpp"

#include <optional>

namespace gw::relay {

/// How a try ended.
struct Ending {
  const std::optional<Error>& error;  ///< nullopt = it answered
  Duration duration;
  TimePoint now;
  health::Answered how{};   ///< when it answered
  bool is_learnt = true;    ///< its health learns from it
  bool is_alarming = true;  ///< a refused key or an empty account is the operator's to mend
};

/// The step keeps its ticket: its place is the caller's to give back.
void enter_in_books(
    const config::Health& policy, telemetry::ShardMetrics& metrics, Tries::Step& step, const Ending& ending
);

}  // namespace gw::relay
