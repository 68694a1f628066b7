#include "relay/queue.hpp"

#include "scene.hpp"

#include <gtest/gtest.h>

namespace gw::relay {
namespace {

using namespace test;
using Kind = Tries::Step::Kind;

// Requests of one shard that wait for places, as the relay lets them; the tests fire its timers.
class QueueTest : public ::testing::Test {
 protected:
  struct Waiting {
    explicit Waiting(Scene& scene) : request(scene) {}

    Request request;
    net::Cancel cancel;
    bool gives_back_at_once = false;  // its attempt ends before anything is waited for
    bool left = false;
  };

  // As relay.cpp's stand_in_line.
  net::Task<void> stand(Waiting& waiting) {
    Request& request = waiting.request;
    {
      Queue::Place place(queue_, request.tries);
      while (request.next() == Kind::queue) {
        const bool goes_on = co_await place.wait(far_future, waiting.cancel);
        if (goes_on) continue;
        waiting.left = true;
        co_return;
      }
    }
    if (request.step.kind == Kind::ask) order_ += request.model();
    if (!waiting.gives_back_at_once) co_return;
    const health::Target& target = *request.step.candidate->health;
    request.answer();
    queue_.place_free(target);
  }

  void spawn(Waiting& waiting) { shard_.gate().spawn("waiting", stand(waiting)); }

  // What is due within `poll`, or told at once by a cancellation.
  void poll() { shard_.timers().run(Clock::now() + Queue::poll); }

  void cancelled() { shard_.timers().run(Clock::now()); }

  void give_back(health::Ticket& ticket, const char* name) {
    ticket = {};
    queue_.place_free(*scene_.candidate(name).health);
  }

  static bool asks(const Waiting& waiting) { return waiting.request.step.kind == Kind::ask; }

  void TearDown() override { EXPECT_EQ(shard_.gate().running(), 0U) << "somebody waits for ever"; }

  Scene scene_{{{.name = "a", .max_concurrent = 1}, {.name = "b", .max_concurrent = 1}}};
  net::Shard shard_{0, [](std::string_view, std::string_view what) { ADD_FAILURE() << what; }};
  Queue queue_{shard_};
  std::string order_;
};

TEST_F(QueueTest, a_place_goes_to_the_first_in_line_at_once) {
  health::Ticket a = scene_.hold("a");
  health::Ticket b = scene_.hold("b");
  Waiting first(scene_);
  Waiting second(scene_);
  Waiting third(scene_);
  for (Waiting* const one : {&first, &second, &third}) spawn(*one);
  EXPECT_EQ(queue_.waiting(), 3U);
  give_back(b, "b");
  EXPECT_TRUE(asks(first));
  EXPECT_EQ(first.request.model(), "b");
  EXPECT_EQ(queue_.waiting(), 2U);
  give_back(a, "a");
  EXPECT_TRUE(asks(second));
  EXPECT_FALSE(asks(third));
  give_back(second.request.step.ticket, "a");
  EXPECT_TRUE(asks(third));
  EXPECT_EQ(order_, "baa");
  EXPECT_EQ(queue_.waiting(), 0U);
}

TEST_F(QueueTest, who_does_not_want_the_model_is_not_woken_and_keeps_its_place) {
  Waiting after_a(scene_);
  ASSERT_EQ(after_a.request.next(), Kind::ask);
  after_a.request.fail(error_of(Errc::upstream_server));
  health::Ticket a = scene_.hold("a");
  health::Ticket b = scene_.hold("b");
  Waiting anybody(scene_);
  spawn(after_a);
  spawn(anybody);
  give_back(a, "a");
  EXPECT_FALSE(asks(after_a)) << "a has failed it";
  EXPECT_TRUE(asks(anybody));
  give_back(b, "b");
  EXPECT_TRUE(asks(after_a));
  EXPECT_EQ(order_, "ab");
}

TEST_F(QueueTest, a_place_of_another_shard_is_found_by_looking) {
  health::Ticket a = scene_.hold("a");
  const health::Ticket b = scene_.hold("b");
  Waiting waiting(scene_);
  spawn(waiting);
  poll();
  EXPECT_EQ(queue_.waiting(), 1U) << "looked, and waits again";
  a = {};
  EXPECT_EQ(queue_.waiting(), 1U);
  poll();
  EXPECT_TRUE(asks(waiting));
}

TEST_F(QueueTest, a_client_that_leaves_leaves_the_line) {
  const health::Ticket a = scene_.hold("a");
  const health::Ticket b = scene_.hold("b");
  Waiting leaving(scene_);
  Waiting staying(scene_);
  spawn(leaving);
  spawn(staying);
  leaving.cancel.request(net::Stop::client_gone);
  EXPECT_EQ(queue_.waiting(), 2U) << "who tells resumes nothing";
  cancelled();
  EXPECT_TRUE(leaving.left);
  EXPECT_EQ(queue_.waiting(), 1U);
  staying.cancel.request(net::Stop::shutdown);
  cancelled();
  EXPECT_TRUE(staying.left);
  EXPECT_EQ(queue_.waiting(), 0U);

  Waiting gone(scene_);
  gone.cancel.request(net::Stop::client_gone);
  spawn(gone);
  EXPECT_TRUE(gone.left) << "before it waited";
}

TEST_F(QueueTest, a_place_that_the_first_leaves_is_the_next_one_s) {
  health::Ticket a = scene_.hold("a");
  const health::Ticket b = scene_.hold("b");
  Waiting leaving(scene_);
  Waiting next(scene_);
  spawn(leaving);
  spawn(next);
  leaving.cancel.request(net::Stop::client_gone);  // and before that is noticed
  give_back(a, "a");
  EXPECT_TRUE(leaving.left);
  EXPECT_TRUE(asks(next)) << "without waiting for a look";
  EXPECT_EQ(order_, "a");
}

TEST_F(QueueTest, a_place_that_the_first_does_not_take_is_the_next_one_s) {
  health::Ticket a = scene_.hold("a");
  health::Ticket b = scene_.hold("b");
  Waiting elsewhere(scene_);
  Waiting late(scene_);
  Waiting next(scene_);
  for (Waiting* const one : {&elsewhere, &late, &next}) spawn(*one);
  late.request.tries.no_more_waiting();
  a = {};  // given back on another shard
  give_back(b, "b");
  EXPECT_EQ(elsewhere.request.model(), "a");
  EXPECT_EQ(late.request.model(), "b");
  EXPECT_FALSE(asks(next));
  give_back(elsewhere.request.step.ticket, "a");
  EXPECT_TRUE(asks(next));
}

TEST_F(QueueTest, only_who_waits_for_a_place_wakes_for_it) {
  health::Ticket a = scene_.hold("a");
  const health::Ticket b = scene_.hold("b");
  Waiting first(scene_);
  Waiting second(scene_);
  spawn(first);
  spawn(second);
  queue_.place_free(*scene_.candidate("a").health);  // somebody was quicker
  EXPECT_EQ(queue_.waiting(), 2U);
  give_back(a, "a");
  EXPECT_TRUE(asks(first));
  EXPECT_FALSE(asks(second)) << "one place, one request";
  second.cancel.request(net::Stop::client_gone);
  cancelled();
}

TEST_F(QueueTest, a_long_line_of_attempts_that_end_at_once_is_served_in_order) {
  health::Ticket a = scene_.hold("a");
  const health::Ticket b = scene_.hold("b");
  std::vector<std::unique_ptr<Waiting>> all;
  for (int i = 0; i < 20000; ++i) {
    all.push_back(std::make_unique<Waiting>(scene_));
    all.back()->gives_back_at_once = true;
    spawn(*all.back());
  }
  give_back(a, "a");
  EXPECT_EQ(order_.size(), all.size());
  EXPECT_EQ(queue_.waiting(), 0U);
}

}  // namespace
}  // namespace gw::relay
