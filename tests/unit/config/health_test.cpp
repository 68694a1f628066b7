#include "config/load.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace gw::config {
namespace {

const SecretSource no_secrets{
    [](std::string_view) { return std::optional<std::string>{}; },
    [](std::string_view) { return std::optional<std::string>{}; }};

LoadResult load_health(const std::string& health, const std::string& more = R"("schema_version":1,)") {
  return load("{" + more + R"("models":{"t1":["m"]},"health":)" + health + "}", no_secrets);
}

Health health_of(const std::string& health, const std::string& more = R"("schema_version":1,)") {
  LoadResult result = load_health(health, more);
  if (auto* const loaded = std::get_if<Loaded>(&result)) return loaded->config.health;
  ADD_FAILURE() << "does not load: " << health;
  return {};
}

TEST(HealthSettings, an_originals_has_the_decay_rate_alone) {
  Health expected;
  expected.decay_rate = 0.1;
  EXPECT_EQ(health_of(R"({"decay_rate":0.1})", ""), expected);
  EXPECT_EQ(health_of(R"({"decay_rate":-3})", "").decay_rate, 0) << "it took any number";
  EXPECT_EQ(health_of("{}"), Health{});
  EXPECT_EQ(health_of("null"), Health{});
}

TEST(HealthSettings, each_can_be_set) {
  const Health expected{
      .decay_rate = 0.5,
      .half_life = Millis{1000},
      .light = 2,
      .medium = 3,
      .heavy = 4,
      .success_bonus = 0.25,
      .max_score = 60,
      .repeat_window = Millis{7000},
      .repeat_factor = 1.25,
      .failures_before_rest = 3,
      .cooldown = {Millis{1}, 3, Millis{2}},
      .connect_cooldown = {Millis{3}, 4, Millis{4}},
      .long_cooldown = {Millis{5}, 5, Millis{6}},
      .retry_after_max = Millis{9000},
      .speed_memory = Millis{8000}};
  EXPECT_EQ(
      health_of(R"({"decay_rate":0.5,"half_life":1000,"penalties":{"light":2,"medium":3,"heavy":4},
        "success_bonus":0.25,"max_score":60,"repeat_window":7000,"repeat_factor":1.25,"failures_before_rest":3,
        "cooldown":{"first":1,"growth":3,"max":2},"connect_cooldown":{"first":3,"growth":4,"max":4},
        "long_cooldown":{"first":5,"growth":5,"max":6},"retry_after_max":9000,"speed_memory":8000})"),
      expected
  );
}

TEST(HealthSettings, what_is_wrong_is_said_with_its_place) {
  struct Case {
    const char* health;
    const char* path;
  };

  const Case cases[] = {
      {"7", "health"},
      {R"({"half_life":-1})", "health.half_life"},
      {R"({"penalties":{"light":-1}})", "health.penalties.light"},
      {R"({"max_score":300})", "health.max_score"},
      {R"({"repeat_factor":0.5})", "health.repeat_factor"},
      {R"({"failures_before_rest":0})", "health.failures_before_rest"},
      {R"({"cooldown":{"first":70000}})", "health.cooldown.first"},
      {R"({"long_cooldown":{"growth":0}})", "health.long_cooldown.growth"},
      {R"({"retry_after_max":"soon"})", "health.retry_after_max"},
  };
  for (const Case& c : cases) {
    LoadResult result = load_health(c.health);
    ASSERT_TRUE(std::holds_alternative<std::vector<Problem>>(result)) << c.health;
    const auto& problems = std::get<std::vector<Problem>>(result);
    EXPECT_TRUE(std::any_of(problems.begin(), problems.end(), [&](const Problem& p) { return p.path == c.path; }))
        << c.health;
  }
}

TEST(HealthSettings, an_unknown_one_is_warned_of) {
  LoadResult result = load_health(R"({"half_lief":1})");
  ASSERT_TRUE(std::holds_alternative<Loaded>(result));
  const auto& warnings = std::get<Loaded>(result).warnings;
  EXPECT_TRUE(std::any_of(warnings.begin(), warnings.end(), [](const Problem& p) {
    return p.path == "health.half_lief";
  }));
}

}  // namespace
}  // namespace gw::config
