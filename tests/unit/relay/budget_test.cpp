#include "relay/budget.hpp"

#include <gtest/gtest.h>

namespace gw::relay {
namespace {

using namespace std::chrono_literals;

const TimePoint t0{std::chrono::hours{100}};

config::Retries rules_of(int percent, int min) {
  config::Retries rules;
  rules.budget_percent = percent;
  rules.budget_min = min;
  return rules;
}

// How many repeats it grants now.
int granted(RepeatBudget& budget, const config::Retries& rules, TimePoint now) {
  int count = 0;
  while (count < 1000 && budget.allows(rules, now)) {
    budget.repeat(now);
    ++count;
  }
  return count;
}

void requests(RepeatBudget& budget, int count, TimePoint now) {
  for (int i = 0; i < count; ++i) budget.request(now);
}

TEST(RepeatBudget, grants_a_share_of_the_requests_and_a_few_in_any_case) {
  struct Case {
    int requests;
    int percent;
    int min;
    int granted;
  };

  for (const Case& c : {
           Case{0, 20, 3, 3},
           Case{1, 20, 3, 3},
           Case{15, 20, 3, 3},
           Case{19, 20, 3, 3},
           Case{20, 20, 3, 4},
           Case{100, 20, 3, 20},
           Case{104, 20, 3, 20},
           Case{100, 0, 3, 3},
           Case{100, 0, 0, 0},
           Case{4, 20, 0, 0},
           Case{5, 20, 0, 1},
           Case{50, 100, 3, 50},
           Case{0, 20, 0, 0},
       }) {
    RepeatBudget budget;
    requests(budget, c.requests, t0);
    EXPECT_EQ(granted(budget, rules_of(c.percent, c.min), t0), c.granted)
        << c.requests << " requests, " << c.percent << " %, at least " << c.min;
  }
}

TEST(RepeatBudget, asking_costs_nothing) {
  RepeatBudget budget;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(budget.allows(rules_of(20, 1), t0));
  EXPECT_EQ(granted(budget, rules_of(20, 1), t0), 1);
}

TEST(RepeatBudget, looks_ten_seconds_back) {
  const config::Retries rules = rules_of(20, 3);
  RepeatBudget budget;
  requests(budget, 100, t0);
  EXPECT_EQ(granted(budget, rules, t0), 20);
  EXPECT_EQ(granted(budget, rules, t0 + 9999ms), 0) << "both are still seen";
  EXPECT_EQ(granted(budget, rules, t0 + 10s), 3) << "neither is";
  EXPECT_EQ(granted(budget, rules, t0 + 19999ms), 0);
  EXPECT_EQ(granted(budget, rules, t0 + 20s), 3);
}

TEST(RepeatBudget, the_window_moves_by_the_second) {
  const config::Retries rules = rules_of(20, 0);
  RepeatBudget budget;
  for (int second = 0; second < 10; ++second) requests(budget, 10, t0 + second * 1s);
  EXPECT_EQ(granted(budget, rules, t0 + 9s), 20);
  for (int second = 10; second < 19; ++second) {
    requests(budget, 10, t0 + second * 1s);
    EXPECT_EQ(granted(budget, rules, t0 + second * 1s), 0) << second << ": the repeats are in the window";
  }
  requests(budget, 10, t0 + 19s);
  EXPECT_EQ(granted(budget, rules, t0 + 19s), 20);
}

TEST(RepeatBudget, a_long_silence_and_any_step_of_the_clock_leave_it_sound) {
  const config::Retries rules = rules_of(20, 3);
  RepeatBudget budget;
  requests(budget, 1000, t0);
  EXPECT_EQ(granted(budget, rules, t0 + 240h), 3) << "a day later";
  // A request's `now` may be a little older than the last one's.
  EXPECT_EQ(granted(budget, rules, t0 + 240h - 1s), 0) << "what was granted a second later counts";
  for (int step = -30; step <= 30; ++step) {
    RepeatBudget stepping;
    EXPECT_EQ(granted(stepping, rules, t0), 3);
    const int then = granted(stepping, rules, t0 + step * 1s);
    EXPECT_LE(then, 3) << step;
    EXPECT_EQ(granted(stepping, rules, t0 + step * 1s), 0) << step;
  }
}

TEST(RepeatBudget, works_from_the_clock_s_first_second) {
  RepeatBudget budget;
  budget.request(TimePoint{});
  EXPECT_EQ(granted(budget, rules_of(100, 0), TimePoint{}), 1);
  EXPECT_EQ(granted(budget, rules_of(100, 2), TimePoint{} + 1s), 1);
}

}  // namespace
}  // namespace gw::relay
