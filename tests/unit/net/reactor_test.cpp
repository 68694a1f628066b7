#include "net/reactor.hpp"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace gw::net {
namespace {

using namespace std::chrono_literals;

TEST(Reactor, posted_work_runs_in_order_and_may_post_more) {
  Reactor reactor;
  std::string order;
  reactor.post([&] {
    order += 'a';
    reactor.post([&] { order += 'c'; });
  });
  reactor.post([&] { order += 'b'; });
  reactor.turn(0ms);
  EXPECT_EQ(order, "ab");
  reactor.turn(0ms);
  EXPECT_EQ(order, "abc");
}

TEST(Reactor, work_posted_by_many_threads_wakes_the_loop_and_none_is_lost) {
  Reactor reactor;
  constexpr int threads = 4;
  constexpr int each = 2000;
  std::atomic<int> done{0};
  std::vector<std::thread> posters;
  for (int t = 0; t < threads; ++t) {
    posters.emplace_back([&] {
      for (int i = 0; i < each; ++i) {
        reactor.post([&] {
          if (++done == threads * each) reactor.stop();
        });
      }
    });
  }
  reactor.run();  // ends only by the last one
  for (std::thread& poster : posters) poster.join();
  EXPECT_EQ(done, threads * each);
}

struct Note {
  std::string* order;
  char name;
  Reactor::Deferred* again = nullptr;
};

void note(void* owner) {
  const Note& n = *static_cast<Note*>(owner);
  n.order->push_back(n.name);
  if (n.again != nullptr) n.again->schedule();
}

TEST(Reactor, a_deferred_call_comes_once_and_one_that_schedules_itself_comes_a_turn_later) {
  Reactor reactor;
  std::string order;
  Note one{&order, '1'};
  Note again{&order, '2'};
  Reactor::Deferred first(reactor, note, &one);
  Reactor::Deferred second(reactor, note, &again);
  again.again = &second;
  first.schedule();
  second.schedule();
  first.schedule();
  reactor.turn(0ms);
  EXPECT_EQ(order, "12");
  again.again = nullptr;
  reactor.turn(1000ms);  // does not wait: there is something to do
  EXPECT_EQ(order, "122");
}

TEST(Reactor, a_deferred_call_is_taken_back_by_cancel_and_by_its_end) {
  Reactor reactor;
  std::string order;
  Note a{&order, 'a'};
  Note b{&order, 'b'};
  Note c{&order, 'c'};
  Reactor::Deferred first(reactor, note, &a);
  auto second = std::make_unique<Reactor::Deferred>(reactor, note, &b);
  Reactor::Deferred third(reactor, note, &c);
  first.schedule();
  second->schedule();
  third.schedule();
  second.reset();
  first.cancel();
  reactor.turn(0ms);
  EXPECT_EQ(order, "c");
}

struct End {
  std::array<int, 2> fds{};
  std::unique_ptr<Reactor::Watch> watch;
  std::unique_ptr<Reactor::Watch>* victim = nullptr;
  std::uint32_t seen = 0;
};

void ready(void* owner, std::uint32_t events) {
  End& end = *static_cast<End*>(owner);
  end.seen |= events;
  if (end.victim != nullptr) end.victim->reset();
}

// What happens when the owner of one event ends the owner of another that the kernel told of in the same call.
TEST(Reactor, a_watch_that_ends_inside_the_turn_is_not_called) {
  Reactor reactor;
  std::array<End, 2> ends;
  for (End& end : ends) {
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, end.fds.data()), 0);
    end.watch = std::make_unique<Reactor::Watch>(reactor, ready, &end);
    ASSERT_EQ(end.watch->add(end.fds[0]), 0);
  }
  ends[0].victim = &ends[1].watch;
  ends[1].victim = &ends[0].watch;
  reactor.turn(0ms);  // both are writable: whichever comes first ends the other
  EXPECT_EQ((ends[0].seen != 0) + (ends[1].seen != 0), 1);
  for (const End& end : ends) {
    ::close(end.fds[0]);
    ::close(end.fds[1]);
  }
}

void fire(void* flag) {
  *static_cast<bool*>(flag) = true;
}

TEST(Reactor, a_turn_waits_for_the_earliest_deadline_and_not_longer) {
  Reactor reactor;
  bool fired = false;
  Deadline deadline(reactor.timers(), fire, &fired);
  deadline.at(Clock::now() + 5ms);
  const TimePoint begun = Clock::now();
  while (!fired) reactor.turn(10s);
  EXPECT_GE(Clock::now() - begun, 5ms);
  EXPECT_LT(Clock::now() - begun, 5s);
}

}  // namespace
}  // namespace gw::net
