#include "config/json.hpp"

#include <algorithm>

namespace gw::config {
namespace {

void read_cooldown(const Section& section, Cooldown& out) {
  section.read("first", out.first, 1);
  section.read("growth", out.growth, 1, 100);
  section.read("max", out.max, 1);
  section.warn_unknown({"first", "growth", "max"});
  if (out.first > out.max) {
    section.findings().problem(
        section.path_of("first"),
        "is " + std::to_string(out.first.count()) + ", more than its max of " + std::to_string(out.max.count())
    );
  }
}

}  // namespace

void read_health(const Section& root, Config& config) {
  const Section section = root.section("health");
  Health& out = config.health;
  section.read("decay_rate", out.decay_rate, -1e6, 1e6);
  out.decay_rate = std::max(out.decay_rate, 0.0);  // the original took any number
  section.read("half_life", out.half_life);
  const Section penalties = section.section("penalties");
  penalties.read("light", out.light, 0, 200);
  penalties.read("medium", out.medium, 0, 200);
  penalties.read("heavy", out.heavy, 0, 200);
  penalties.warn_unknown({"light", "medium", "heavy"});
  section.read("success_bonus", out.success_bonus, 0, 200);
  section.read("max_score", out.max_score, 1, 200);
  section.read("repeat_window", out.repeat_window);
  section.read("repeat_factor", out.repeat_factor, 1, 10);
  section.read_count("failures_before_rest", out.failures_before_rest, 1, 15);
  read_cooldown(section.section("cooldown"), out.cooldown);
  read_cooldown(section.section("connect_cooldown"), out.connect_cooldown);
  read_cooldown(section.section("long_cooldown"), out.long_cooldown);
  section.read("retry_after_max", out.retry_after_max);
  section.read("speed_memory", out.speed_memory);
  section.warn_unknown(
      {"decay_rate",
       "half_life",
       "penalties",
       "success_bonus",
       "max_score",
       "repeat_window",
       "repeat_factor",
       "failures_before_rest",
       "cooldown",
       "connect_cooldown",
       "long_cooldown",
       "retry_after_max",
       "speed_memory"}
  );
}

}  // namespace gw::config
