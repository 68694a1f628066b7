// Virtual minutes of a tier: requests that come at random, a picker of each strategy's kind, models that fail as told.
// Seeded, no clock, no sleep: the same figures on every machine.
#pragma once

#include "health/health.hpp"

#include <cmath>
#include <cstdint>
#include <functional>
#include <queue>
#include <random>
#include <string>
#include <vector>

namespace gw::health::simulation {

enum class Policy : std::uint8_t { sequential, random, adaptive, fastest, cheapest, least_busy };
inline constexpr Policy policies[] = {
    Policy::sequential, Policy::random, Policy::adaptive, Policy::fastest, Policy::cheapest, Policy::least_busy};
[[nodiscard]] const char* to_string(Policy policy);

/// What goes wrong with an attempt, and how long that takes to show.
struct Fault {
  Errc code = Errc::upstream_server;
  Duration after = Millis{100};
  std::optional<Millis> retry_after;
};

struct Settings {
  Policy policy = Policy::sequential;
  double requests_a_minute = 300;
  Duration length{};
  std::uint64_t seed = 1;
  /// Of model 0, 1 or 2, asked at an attempt's start.
  std::function<std::optional<Fault>(std::size_t model, Duration since_start, double chance)> fault;
  config::Health health;
};

/// An attempt, as it began.
struct Record {
  Duration at{};
  std::size_t model = 0;
  bool first = false;  ///< of its request
  bool last_resort = false;
  bool failed = false;
};

struct Outcome {
  std::vector<Record> attempts;  ///< in the order of their ends
  std::uint64_t requests = 0;
  std::uint64_t answered = 0;            ///< by whichever model
  std::vector<Duration> rests_began[3];  ///< of each model

  struct Sample {
    Duration at{};
    double score = 0;
    bool rests = false;
  };

  std::vector<Sample> samples;  ///< of model 0, one a second
};

[[nodiscard]] Outcome run(const Settings& settings);

/// Attempts at `model` a request in [from, to).
[[nodiscard]] double share(const Outcome& outcome, std::size_t model, Duration from, Duration to);

}  // namespace gw::health::simulation
