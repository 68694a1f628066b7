#include "simulation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>

namespace gw::health::simulation {
namespace {

using namespace std::chrono_literals;
using std::chrono::minutes;

struct Death {
  const char* name;
  Fault fault;
};

const Death deaths[] = {
    {"500", {Errc::upstream_server, 100ms, {}}},
    {"no first byte", {Errc::first_byte_timeout, 5s, {}}},
    {"refused", {Errc::upstream_connect, 5ms, {}}},
    {"429", {Errc::rate_limited, 50ms, {}}},
    {"429, 1 s", {Errc::rate_limited, 50ms, 1000ms}},
    {"unknown", {Errc::model_unavailable, 50ms, {}}},
};

constexpr minutes dies{5};
constexpr minutes ends{23};

// Somewhere else between two probes in each run.
Duration lives_at(std::uint64_t seed) {
  return minutes{15} + 17s * static_cast<int>(seed);
}

Settings dead_then_recovered(Policy policy, const Death& death, std::uint64_t seed) {
  Settings out;
  out.policy = policy;
  out.length = ends;
  out.seed = seed;
  out.fault = [fault = death.fault,
               lives = lives_at(seed)](std::size_t model, Duration at, double chance) -> std::optional<Fault> {
    if (model == 0 && at >= dies && at < lives) return fault;
    if (chance < 0.002) return Fault{};
    return std::nullopt;
  };
  return out;
}

// When the model's first answer after its recovery began, from then.
double seconds_to_first_answer(const Outcome& outcome, Duration lives) {
  Duration first = ends;
  for (const Record& r : outcome.attempts) {
    if (r.model == 0 && !r.failed && r.at >= lives) first = std::min(first, r.at);
  }
  return std::chrono::duration<double>(first - lives).count();
}

TEST(Simulation, a_dead_model_is_left_alone_and_a_recovered_one_comes_back) {
  constexpr int runs = 4;
  std::printf(
      "  %-11s %-14s %9s %9s %9s %9s %9s %9s\n",
      "policy",
      "death",
      "before",
      "1st min",
      "later",
      "2nd min",
      "then",
      "probe s"
  );
  std::int64_t minutes_run = 0;
  for (const Policy policy : policies) {
    for (const Death& death : deaths) {
      double before = 0;
      double first_minute = 0;
      double dead = 0;
      double second_minute = 0;
      double after = 0;
      double latest = 0;
      for (int i = 0; i < runs; ++i) {
        const auto seed = static_cast<std::uint64_t>(i + 1);
        const Duration lives = lives_at(seed);
        const Outcome outcome = run(dead_then_recovered(policy, death, seed));
        before += share(outcome, 0, minutes{1}, dies) / runs;
        first_minute += share(outcome, 0, dies, dies + minutes{1}) / runs;
        dead += share(outcome, 0, dies + minutes{1}, lives) / runs;
        second_minute += share(outcome, 0, lives + minutes{1}, lives + minutes{2}) / runs;
        after += share(outcome, 0, lives + minutes{2}, ends) / runs;
        latest = std::max(latest, seconds_to_first_answer(outcome, lives));
        minutes_run += ends.count();
        EXPECT_EQ(outcome.rests_began[1].size() + outcome.rests_began[2].size(), 0U) << "of the well ones";
      }
      const std::string what = std::string(to_string(policy)) + ", " + death.name;
      std::printf(
          "  %-11s %-14s %8.1f%% %8.2f%% %8.2f%% %8.1f%% %8.1f%% %9.1f\n",
          to_string(policy),
          death.name,
          100 * before,
          100 * first_minute,
          100 * dead,
          100 * second_minute,
          100 * after,
          latest
      );
      EXPECT_LT(dead, 0.01) << what;
      EXPECT_GT(second_minute, 0.8 * before) << what;
      EXPECT_GT(after, 0.9 * before) << what << ": `random` and `adaptive` swing by themselves after a change";
      EXPECT_LT(latest, 120) << what;
    }
  }
  std::printf("  %lld virtual minutes at 300 requests a minute\n", static_cast<long long>(minutes_run));
}

TEST(Simulation, an_occasional_error_never_bans) {
  struct Case {
    const char* name;
    Errc code;
    double rate;
  };

  const Case cases[] = {
      {"500", Errc::upstream_server, 0.01},
      {"no first byte", Errc::first_byte_timeout, 0.01},
      {"cut", Errc::interrupted, 0.02},
  };
  for (const Policy policy : policies) {
    for (const Case& c : cases) {
      Settings settings;
      settings.policy = policy;
      settings.requests_a_minute = 60;
      settings.length = minutes{300};
      settings.seed = 7;
      settings.fault = [&](std::size_t, Duration, double chance) -> std::optional<Fault> {
        if (chance < c.rate) return Fault{c.code, 300ms, {}};
        return std::nullopt;
      };
      const Outcome outcome = run(settings);
      const std::size_t rests =
          outcome.rests_began[0].size() + outcome.rests_began[1].size() + outcome.rests_began[2].size();
      const auto lowest = std::min_element(
          outcome.samples.begin(), outcome.samples.end(), [](const auto& a, const auto& b) { return a.score < b.score; }
      );
      std::printf(
          "  %-11s %-14s %2.0f%% of %zu attempts: %zu rests, lowest score %.0f, answered %.3f%%\n",
          to_string(policy),
          c.name,
          100 * c.rate,
          outcome.attempts.size(),
          rests,
          lowest->score,
          100 * static_cast<double>(outcome.answered) / static_cast<double>(outcome.requests)
      );
      EXPECT_EQ(rests, 0U) << to_string(policy) << ", " << c.name;
      EXPECT_GT(lowest->score, 50);
    }
  }
}

// Nor does it where there is so much traffic that rare failures come every second.
TEST(Simulation, an_occasional_error_never_bans_under_load) {
  struct Case {
    Errc code;
    const char* name;
    double rate;
    int requests_a_minute;
    double keeps;
  };

  for (const Case& c : {
           Case{Errc::upstream_connect, "refused", 0.002, 1200, 0.95},
           Case{Errc::upstream_connect, "refused", 0.01, 1200, 0.9},
           Case{Errc::upstream_connect, "refused", 0.002, 6000, 0.9},
           Case{Errc::upstream_connect, "refused", 0.01, 6000, 0.8},
           Case{Errc::rate_limited, "429", 0.002, 1200, 0.9},
           Case{Errc::rate_limited, "429", 0.01, 1200, 0.6},
           Case{Errc::rate_limited, "429", 0.002, 6000, 0.8},
           Case{Errc::upstream_server, "500", 0.01, 6000, 0.98},
       }) {
    Settings settings;
    settings.length = minutes{20};
    settings.requests_a_minute = c.requests_a_minute;
    settings.fault = [&](std::size_t, Duration, double chance) -> std::optional<Fault> {
      if (chance < c.rate) return Fault{c.code, 50ms, {}};
      return std::nullopt;
    };
    const double here = share(run(settings), 0, minutes{0}, minutes{20});
    std::printf(
        "  sequential, %-7s %.1f%% at %d a minute: the first model keeps %.1f%%\n",
        c.name,
        100 * c.rate,
        c.requests_a_minute,
        100 * here
    );
    EXPECT_GT(here, c.keeps) << c.name << " " << c.rate << " " << c.requests_a_minute;
  }
}

TEST(Simulation, an_occasional_refused_connection_costs_seconds) {
  Settings settings;
  settings.length = minutes{1000};
  settings.requests_a_minute = 60;
  settings.fault = [&](std::size_t, Duration, double chance) -> std::optional<Fault> {
    if (chance < 0.01) return Fault{Errc::upstream_connect, 5ms, {}};
    return std::nullopt;
  };
  const Outcome outcome = run(settings);
  const double here = share(outcome, 0, minutes{0}, minutes{1000});
  std::printf("  sequential, 1%% refused: the first model keeps %.1f%%\n", 100 * here);
  EXPECT_GT(here, 0.9);
}

// Half of its attempts fail, at random: a row of failures comes again and again, and its rests grow.
TEST(Simulation, a_model_that_fails_half_the_time_is_asked_little) {
  for (const Policy policy : policies) {
    Settings settings;
    settings.policy = policy;
    settings.length = minutes{60};
    settings.fault = [&](std::size_t model, Duration, double chance) -> std::optional<Fault> {
      if (model == 0 && chance < 0.5) return Fault{};
      return std::nullopt;
    };
    const Outcome outcome = run(settings);
    const double here = share(outcome, 0, minutes{10}, minutes{60});
    std::printf("  %-11s %.1f%%\n", to_string(policy), 100 * here);
    EXPECT_LT(here, 0.2) << to_string(policy);
    EXPECT_EQ(outcome.rests_began[1].size() + outcome.rests_began[2].size(), 0U);
  }
}

TEST(Simulation, when_all_are_dead_requests_are_still_tried_and_the_first_to_recover_is_found) {
  for (const Policy policy : policies) {
    Settings settings;
    settings.policy = policy;
    settings.length = minutes{15};
    settings.fault = [&](std::size_t model, Duration at, double) -> std::optional<Fault> {
      if (at >= minutes{5} && (at < minutes{10} || model != 1)) return Fault{Errc::rate_limited, 50ms, {}};
      return std::nullopt;
    };
    const Outcome outcome = run(settings);
    Duration first = minutes{15};
    for (const Record& r : outcome.attempts) {
      if (!r.failed && r.at >= minutes{10}) first = std::min(first, r.at);
    }
    const double seconds = std::chrono::duration<double>(first - minutes{10}).count();
    std::printf("  %-11s first answer %.1f s after the first recovery\n", to_string(policy), seconds);
    EXPECT_LT(seconds, 2);
    EXPECT_GT(share(outcome, 1, minutes{11}, minutes{15}), 0.98) << to_string(policy);
  }
}

// A share is a pace that a provider can plan for, not everything for twenty seconds and then nothing.
TEST(Simulation, a_recovered_model_settles_at_its_share) {
  for (const Policy policy : {Policy::random, Policy::adaptive}) {
    const Settings settings = dead_then_recovered(policy, deaths[0], 1);
    const Outcome outcome = run(settings);
    double least = 1;
    double most = 0;
    for (Duration at = minutes{20}; at < ends; at += 20s) {
      const double here = share(outcome, 0, at, at + 20s);
      least = std::min(least, here);
      most = std::max(most, here);
    }
    std::printf("  %-11s between %.0f%% and %.0f%% in any 20 s\n", to_string(policy), 100 * least, 100 * most);
    EXPECT_GT(least, 0.15) << to_string(policy);
    EXPECT_LT(most, 0.55) << to_string(policy);
  }
}

// What docs/health.svg draws (scripts/plot_health.py).
TEST(Simulation, series) {
  const Outcome outcome = run(dead_then_recovered(Policy::random, deaths[0], 1));
  bool rested = false;
  for (Duration at{}; at < ends; at += 10s) {
    const auto& sample = outcome.samples[static_cast<std::size_t>(at / 1s)];
    rested = rested || sample.rests;
    std::printf(
        "series,%.0f,%.2f,%d,%.4f\n",
        std::chrono::duration<double>(at).count(),
        sample.score,
        sample.rests ? 1 : 0,
        share(outcome, 0, at, at + 10s)
    );
  }
  EXPECT_TRUE(rested);
}

}  // namespace
}  // namespace gw::health::simulation
