#include "net/timers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

namespace gw::net {
namespace {

using namespace std::chrono_literals;

struct Recorder {
  std::vector<int>* order;
  int id;
};

void note(void* recorder) {
  const auto* r = static_cast<Recorder*>(recorder);
  r->order->push_back(r->id);
}

// The tests drive `run` with their own clock.
class TimersTest : public ::testing::Test {
 protected:
  Timers timers_;
  TimePoint t0_ = Clock::now() + 1h;
  std::vector<int> order_;
};

TEST_F(TimersTest, deadlines_fire_in_order_and_once) {
  Recorder a{&order_, 1};
  Recorder b{&order_, 2};
  Deadline late(timers_, note, &b);
  Deadline early(timers_, note, &a);
  late.at(t0_ + 20ms);
  early.at(t0_ + 10ms);
  timers_.run(t0_ + 9ms);
  EXPECT_TRUE(order_.empty());
  timers_.run(t0_ + 25ms);
  timers_.run(t0_ + 60s);
  EXPECT_EQ(order_, (std::vector<int>{1, 2}));
}

TEST_F(TimersTest, the_loop_is_told_a_time_no_later_than_the_earliest) {
  EXPECT_EQ(timers_.next(), far_future);
  Recorder a{&order_, 1};
  Deadline d(timers_, note, &a);
  d.at(t0_ + 20ms);
  EXPECT_EQ(timers_.next(), t0_ + 20ms);
  d.at(t0_ + 40ms);
  EXPECT_LE(timers_.next(), t0_ + 40ms);
  timers_.run(t0_ + 20ms);
  EXPECT_EQ(timers_.next(), t0_ + 40ms) << "looked at again, and put off";
  d.clear();
  timers_.run(t0_ + 40ms);
  EXPECT_EQ(timers_.next(), far_future);
}

TEST_F(TimersTest, a_later_time_replaces_an_earlier_one_and_never_disarms) {
  Recorder a{&order_, 1};
  Deadline d(timers_, note, &a);
  d.at(t0_ + 10ms);
  d.at(t0_ + 50ms);
  timers_.run(t0_ + 20ms);
  EXPECT_TRUE(order_.empty()) << "moved to later";
  d.at(t0_ + 30ms);
  timers_.run(t0_ + 31ms);
  EXPECT_EQ(order_.size(), 1U) << "moved to earlier again";
  d.at(t0_ + 70ms);
  d.at(far_future);
  timers_.run(t0_ + 10min);
  EXPECT_EQ(order_.size(), 1U) << "disarmed";
}

TEST_F(TimersTest, leaving_scope_disarms) {
  Recorder a{&order_, 1};
  {
    Deadline d(timers_, note, &a);
    d.at(t0_ + 10ms);
  }
  timers_.run(t0_ + 1s);
  EXPECT_TRUE(order_.empty());
  EXPECT_EQ(timers_.size(), 0U);
}

void set_again(void* deadline_and_time);

struct Again {
  Deadline* deadline = nullptr;
  TimePoint next;
  int fired = 0;
};

void set_again(void* again) {
  auto& a = *static_cast<Again*>(again);
  ++a.fired;
  a.deadline->at(a.next);
}

TEST_F(TimersTest, a_deadline_may_set_itself_again_when_it_fires) {
  Again again;
  Deadline d(timers_, set_again, &again);
  again.deadline = &d;
  again.next = t0_ + 20ms;
  d.at(t0_ + 10ms);
  timers_.run(t0_ + 15ms);
  EXPECT_EQ(again.fired, 1);
  again.next = far_future;
  timers_.run(t0_ + 25ms);
  EXPECT_EQ(again.fired, 2);
}

// Against a model: whatever is set, moved, disarmed and destroyed, exactly the due ones fire, never before their time.
TEST_F(TimersTest, random_operations_agree_with_a_plain_model) {
  std::mt19937 random(7);

  struct Item {
    Recorder recorder;
    std::unique_ptr<Deadline> deadline;
    TimePoint due = far_future;
  };

  std::vector<std::unique_ptr<Item>> items;
  TimePoint now = t0_;
  for (int step = 0; step < 20000; ++step) {
    const auto roll = random() % 10;
    if (items.size() < 50 || roll == 0) {
      auto item = std::make_unique<Item>();
      item->recorder = {&order_, static_cast<int>(items.size())};
      item->deadline = std::make_unique<Deadline>(timers_, note, &item->recorder);
      items.push_back(std::move(item));
    }
    const std::size_t pick = random() % items.size();
    Item& item = *items[pick];
    if (!item.deadline) continue;
    if (roll < 6) {
      item.due = now + Millis(random() % 100);
      item.deadline->at(item.due);
    } else if (roll < 7) {
      item.due = far_future;
      item.deadline->at(far_future);
    } else if (roll < 8) {
      item.deadline.reset();
      item.due = far_future;
    } else {
      now += Millis(random() % 10);
      order_.clear();
      timers_.run(now);
      std::vector<int> expected;
      for (const auto& one : items) {
        if (one->due <= now) expected.push_back(one->recorder.id);
      }
      std::vector<int> fired = order_;
      std::sort(fired.begin(), fired.end());
      std::sort(expected.begin(), expected.end());
      ASSERT_EQ(fired, expected) << "step " << step;
      for (const auto& one : items) {
        if (one->due <= now) one->due = far_future;
      }
    }
  }
}

}  // namespace
}  // namespace gw::net
