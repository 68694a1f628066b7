#include "health/cell.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace gw::health {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t now = 10'000'000;
constexpr std::int64_t minute = 60'000;

config::Health policy_with(double decay_rate, Millis half_life) {
  config::Health out;
  out.decay_rate = decay_rate;
  out.half_life = half_life;
  return out;
}

// --- The score -------------------------------------------------------------------------------------------------------

TEST(Standing, fades_linearly_by_half_or_by_both) {
  struct Case {
    const char* name;
    double decay_rate;
    Millis half_life;
    double score;
    std::int64_t age;
    double expected;
  };

  const Case cases[] = {
      {"the original: points a minute", 0.05, 0ms, 10, 60 * minute, 7},
      {"the original: not below nothing", 0.05, 0ms, 10, 300 * minute, 0},
      {"half-life alone", 0, 120s, 10, 2 * minute, 5},
      {"half-life alone, twice", 0, 120s, 10, 4 * minute, 2.5},
      {"both: more than either", 0.05, 120s, 10, 2 * minute, 4.92787},
      {"both: it ends", 0.05, 120s, 1, 60 * minute, 0},
      {"neither", 0, 0ms, 10, 1000 * minute, 10},
      {"no time", 0.05, 120s, 10, 0, 10},
  };
  for (const Case& c : cases) {
    EXPECT_NEAR(faded(c.score, c.age, policy_with(c.decay_rate, c.half_life)), c.expected, 1e-4) << c.name;
  }
}

// Defect C22 of the original: who looked often was not forgiven.
TEST(Standing, it_does_not_matter_how_often_one_looks) {
  const config::Health policy;
  double often = 10;
  for (int i = 0; i < 60; ++i) often = faded(often, 1000, policy);
  EXPECT_NEAR(often, faded(10, 60'000, policy), 1e-9);
}

TEST(Standing, failures_in_a_row_weigh_more_and_an_answer_ends_the_row) {
  const config::Health policy = policy_with(0, 0ms);
  Standing s;
  const double expected[] = {1, 2.5, 4.75, 8.125, 13.1875, 18.25};
  for (const double score : expected) {
    s = after_failure(s, policy.light, policy, now);
    EXPECT_NEAR(s.score, score, 1e-9);
  }
  EXPECT_EQ(s.streak, 6U);
  s = after_answer(s, false, policy, now);
  EXPECT_NEAR(s.score, 17.75, 1e-9);
  EXPECT_EQ(after_failure(s, policy.light, policy, now).score, 18.75);
}

TEST(Standing, a_row_is_broken_by_time) {
  const config::Health policy = policy_with(0, 0ms);
  const Standing s = after_failure({}, 1, policy, now);
  EXPECT_EQ(after_failure(s, 1, policy, now + policy.repeat_window.count()).streak, 2U);
  EXPECT_EQ(after_failure(s, 1, policy, now + policy.repeat_window.count() + 64).streak, 1U);
}

TEST(Standing, has_bounds) {
  const config::Health policy;
  Standing s;
  for (int i = 0; i < 1000; ++i) s = after_failure(s, policy.heavy, policy, now);
  EXPECT_EQ(s.score, policy.max_score);
  EXPECT_EQ(s.streak, 15U);
  for (int i = 0; i < 1000; ++i) s = after_answer(s, false, policy, now);
  EXPECT_EQ(s.score, 0);
  EXPECT_TRUE(is_flawless(pack(s)));
}

TEST(Standing, the_answer_that_ends_a_rest_forgives) {
  const config::Health policy = policy_with(0, 0ms);
  EXPECT_EQ(after_answer({40, 9, tick_of(now)}, true, policy, now).score, policy.medium);
  EXPECT_EQ(after_answer({2, 9, tick_of(now)}, true, policy, now).score, 2 - policy.success_bonus);
}

TEST(Standing, a_clock_that_another_thread_read_earlier_takes_nothing_back) {
  const config::Health policy;
  const Standing s = after_failure({}, 5, policy, now);
  EXPECT_EQ(score_at(s, policy, now - 500), 5);
}

TEST(Standing, is_shown_as_the_original_did) {
  EXPECT_EQ(shown(0), 100);
  EXPECT_EQ(shown(5), 50);
  EXPECT_NEAR(shown(50), 9.09, 0.01);
}

TEST(Standing, survives_packing) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10000; ++i) {
    const Standing s{
        static_cast<double>(random() % (255U << 20)) / score_unit,
        static_cast<unsigned>(random() % 16),
        static_cast<std::uint32_t>(random())};
    ASSERT_EQ(standing_of(pack(s)), s);
  }
  EXPECT_EQ(standing_of(pack(Standing{1e9, 99, 3})), (Standing{255, 15, 3}));
  EXPECT_EQ(standing_of(pack(Standing{-1, 0, 3})), (Standing{0, 0, 3}));
}

TEST(Standing, a_tick_that_wrapped_is_still_a_moment) {
  const std::int64_t late = (std::int64_t{1} << 38) + 1000;  // beyond 32 bits of 64 ms
  EXPECT_EQ(ms_since(tick_of(late), late + 6400), 6400);
  EXPECT_NEAR(static_cast<double>(ms_since(tick_of(-minute), minute)), 2 * minute, 64) << "before the clock's zero";
}

// --- The rest --------------------------------------------------------------------------------------------------------

const Rest closed{};
const Rest resting{now + 5000, 2, true, false, 7};
const Rest half_open{now, 2, true, false, 7};
const Rest probed{now, 2, true, true, 7};
const Rest was_closed{now - 1000, 2, false, false, 7};

TEST(Rest, admits_one_probe_when_it_is_over) {
  struct Case {
    const char* name;
    Rest rest;
    Admission usual;
    Admission last_resort;
  };

  const Case cases[] = {
      {"closed", closed, Admission::pass, Admission::pass},
      {"resting", resting, Admission::rests, Admission::pass},
      {"half-open", half_open, Admission::probe, Admission::probe},
      {"half-open, probed", probed, Admission::rests, Admission::pass},
      {"closed again", was_closed, Admission::pass, Admission::pass},
      {"closed while the probe is out", {now, 2, false, true, 7}, Admission::pass, Admission::pass},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(admit(c.rest, false, now), c.usual) << c.name;
    EXPECT_EQ(admit(c.rest, true, now), c.last_resort) << c.name;
  }
}

TEST(Rest, an_answer_ends_the_rest_in_which_it_began) {
  struct Case {
    const char* name;
    Rest rest;
    Stake mine;
    Rest expected;
  };

  const Case cases[] = {
      {"closed stays", closed, {0, false}, closed},
      {"the probe's", probed, {7, true}, {now, 2, false, false, 7}},
      {"a last resort's", resting, {7, false}, {now, 2, false, false, 7}},
      {"a last resort's beside the probe", probed, {7, false}, {now, 2, false, true, 7}},
      {"begun before the rest", resting, {6, false}, resting},
      {"a probe of a rest that another answer ended", {now, 3, true, true, 8}, {7, true}, {now, 3, true, false, 8}},
  };
  for (const Case& c : cases) EXPECT_EQ(after_answer(c.rest, c.mine, now), c.expected) << c.name;
}

TEST(Rest, failures_lead_to_rests) {
  const config::Health policy;
  const config::Cooldown* const cooldown = &policy.cooldown;  // 5 s, twice as long each time, 60 s at most
  const Wish none{.cooldown = cooldown};
  const Wish due{.due = true, .cooldown = cooldown};
  const Wish streak{.due = true, .is_streak = true, .cooldown = cooldown};
  const Wish told{.due = true, .cooldown = cooldown, .retry_after = 30000};
  const Wish told_little{.due = true, .cooldown = cooldown, .retry_after = 1000};

  struct Case {
    const char* name;
    Rest rest;
    Stake mine;
    Wish wish;
    Rest expected;
  };

  const Case cases[] = {
      {"not due", closed, {0, false}, none, closed},
      {"the first", closed, {0, false}, due, {now + 5000, 0, true, false, 1}},
      {"the first, as told", closed, {0, false}, told, {now + 30000, 0, true, false, 1}},
      {"soon after another", was_closed, {7, false}, due, {now + 40000, 3, true, false, 8}},
      {"a streak, later", {now - 200000, 2, false, false, 7}, {7, false}, streak, {now + 40000, 3, true, false, 8}},
      {"a good time after another",
       {now - 21000, 2, false, false, 7},
       {7, false},
       due,
       {now + 5000, 0, true, false, 8}},
      {"soon, as told: no longer", was_closed, {7, false}, told_little, {now + 1000, 2, true, false, 8}},
      {"the probe's", probed, {7, true}, none, {now + 40000, 3, true, false, 8}},
      {"the probe's, told less than is wise", probed, {7, true}, told_little, {now + 40000, 3, true, false, 8}},
      {"the probe's, told more", {now, 0, true, true, 7}, {7, true}, told, {now + 30000, 1, true, false, 8}},
      {"up to the cap", {now, 30, true, true, 7}, {7, true}, due, {now + 60000, 31, true, false, 8}},
      {"and no step beyond", {now, 31, true, true, 7}, {7, true}, due, {now + 60000, 31, true, false, 8}},
      {"one of the burst", resting, {6, false}, due, resting},
      {"one of the burst, told more", resting, {6, false}, told, {now + 30000, 2, true, false, 7}},
      {"a last resort during the rest", resting, {7, false}, due, resting},
      {"a last resort that ends after it", half_open, {7, false}, none, {now + 40000, 3, true, false, 8}},
      {"a last resort beside the probe", probed, {7, false}, due, probed},
      {"begun before a rest that is over", was_closed, {6, false}, due, was_closed},
      {"the count wraps",
       {now, 0, true, true, last_generation},
       {last_generation, true},
       due,
       {now + 10000, 1, true, false, 1}},
  };
  for (const Case& c : cases) {
    const Rest after = after_failure(c.rest, c.mine, c.wish, policy, now);
    EXPECT_EQ(after, c.expected) << c.name << ": until now+" << after.until - now << ", step " << after.step;
  }
}

TEST(Rest, survives_packing) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10000; ++i) {
    const Rest r{
        static_cast<std::int64_t>(random() % (std::uint64_t{1} << 40)) - (std::int64_t{1} << 39),
        static_cast<unsigned>(random() % 32),
        random() % 2 == 0,
        random() % 2 == 0,
        static_cast<std::uint32_t>(random() % (last_generation + 1))};
    ASSERT_EQ(rest_of(pack(r)), r);
    ASSERT_EQ(is_open(pack(r)), r.open);
    ASSERT_EQ(generation_of(pack(r)), r.generation);
  }
}

}  // namespace
}  // namespace gw::health
