#include "http/body_pace.hpp"

#include <gtest/gtest.h>

namespace gw::http {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint begun{1000s};
constexpr BodyPace pace{.silence = 60s, .min_rate = 1000};

TEST(BodyPace, silence_and_rate_bound_a_body_whichever_comes_first) {
  struct Case {
    const char* name;
    BodyPace pace;
    Duration passed;
    std::uint64_t received;
    Duration wait;
    bool is_rate;
  };

  const Case cases[] = {
      {"nothing has come yet", pace, 0s, 0, 60s, false},
      {"a byte late in the grace wins nothing", pace, 50s, 1, 10s + 1ms, true},
      {"a drip is over when its grace is", pace, 60s, 60, 60ms, true},
      {"what is due already is not waited for", pace, 70s, 60, -(10s - 60ms), true},
      {"bytes at the minimum rate buy their own time", pace, 100s, 100'000, 60s, false},
      {"a fast beginning is used up by silence first", pace, 1s, 32'000'000, 60s, false},
      {"a slow body of the rate itself", pace, 200s, 150'000, 10s, true},
      {"no minimum: silence alone", {.silence = 60s, .min_rate = 0}, 24h, 1, 60s, false},
      {"the largest body overflows nothing", {.silence = 60s, .min_rate = 1}, 1s, 1ULL << 30U, 60s, false},
  };
  for (const Case& one : cases) {
    const BodyDeadline deadline = body_deadline(one.pace, begun, begun + one.passed, one.received);
    EXPECT_EQ(deadline.due, begun + one.passed + one.wait) << one.name;
    EXPECT_EQ(deadline.is_rate, one.is_rate) << one.name;
  }
}

// A client that sends one byte just before each silence is over: how long it can hold a request.
TEST(BodyPace, a_drip_ends_soon_after_the_grace) {
  TimePoint now = begun;
  std::uint64_t received = 0;
  for (int waits = 0; waits < 10; ++waits) {
    const BodyDeadline deadline = body_deadline(pace, begun, now, received);
    if (now + 50s >= deadline.due) {
      EXPECT_TRUE(deadline.is_rate);
      EXPECT_LT(deadline.due, begun + 61s);
      return;
    }
    now += 50s;
    ++received;
  }
  FAIL() << "it was never ended";
}

}  // namespace
}  // namespace gw::http
