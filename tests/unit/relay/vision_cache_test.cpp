#include "relay/vision_cache.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace gw::relay {
namespace {

using namespace std::chrono_literals;
using Visit = VisionCache::Visit;
using State = Visit::State;

constexpr std::size_t plenty = std::size_t{1024} * 1024;
const TimePoint t0{std::chrono::hours{100}};

VisionCache::Key key_of(unsigned char name) {
  VisionCache::Key key{};
  key[0] = name;
  return key;
}

// A visit that counts how often it is woken.
struct Visitor {
  explicit Visitor(VisionCache& cache, unsigned char name = 1) : visit(cache, key_of(name), [this] { ++woken; }) {}

  State begin(TimePoint now = t0, Seconds ttl = 60s) { return visit.begin(now, ttl); }

  int woken = 0;
  Visit visit;
};

void put(
    VisionCache& cache, unsigned char name, const std::string& text, TimePoint now = t0, std::size_t most = plenty
) {
  Visitor visitor(cache, name);
  ASSERT_EQ(visitor.begin(now), State::leads);
  (void)visitor.visit.succeed({text, "p/m"}, now, most);
}

bool is_known(VisionCache& cache, unsigned char name, TimePoint now = t0, Seconds ttl = 60s) {
  Visitor visitor(cache, name);
  return visitor.begin(now, ttl) == State::found;
}

TEST(VisionCache, a_description_serves_until_its_time_is_over) {
  VisionCache cache;
  put(cache, 1, "a cat");
  Visitor next(cache);
  ASSERT_EQ(next.begin(t0 + 59s), State::found);
  EXPECT_EQ(next.visit.found()->text, "a cat");
  EXPECT_EQ(next.visit.found()->model, "p/m");
  EXPECT_FALSE(is_known(cache, 2)) << "another image";
  EXPECT_FALSE(is_known(cache, 1, t0 + 59s, 10s)) << "a shorter time counts at once";
  put(cache, 1, "a cat");
  EXPECT_FALSE(is_known(cache, 1, t0 + 60s));
  EXPECT_EQ(cache.bytes(), 0U) << "what is too old goes when it is met";
}

TEST(VisionCache, the_least_lately_used_go_when_the_room_is_full) {
  VisionCache cache;
  put(cache, 1, std::string(1000, 'a'));
  const std::size_t one = cache.bytes();
  const std::size_t room = 2 * one;
  put(cache, 2, std::string(1000, 'b'), t0, room);
  EXPECT_EQ(cache.bytes(), room);
  EXPECT_TRUE(is_known(cache, 1));
  put(cache, 3, std::string(1000, 'c'), t0, room);
  EXPECT_FALSE(is_known(cache, 2)) << "the first was used after it";
  EXPECT_TRUE(is_known(cache, 1));
  EXPECT_TRUE(is_known(cache, 3));
  EXPECT_EQ(cache.bytes(), room);
  put(cache, 4, "short", t0, one);
  EXPECT_LE(cache.bytes(), one) << "less room than before";
  put(cache, 5, std::string(10 * one, 'e'), t0, one);
  EXPECT_FALSE(is_known(cache, 5)) << "larger than all the room there is";
  EXPECT_TRUE(is_known(cache, 4)) << "and nothing else goes for it";
  put(cache, 6, "x", t0, 0);
  EXPECT_FALSE(is_known(cache, 6)) << "no cache";
}

TEST(VisionCache, who_comes_meanwhile_waits_and_is_told) {
  VisionCache cache;
  Visitor first(cache);
  Visitor second(cache);
  Visitor third(cache);
  Visitor other(cache, 2);
  EXPECT_EQ(first.begin(), State::leads);
  EXPECT_EQ(second.begin(), State::waits);
  EXPECT_EQ(third.begin(), State::waits);
  EXPECT_EQ(other.begin(), State::leads) << "another image waits for nobody";
  EXPECT_EQ(first.visit.succeed({"a cat", "p/m"}, t0, 0)->text, "a cat");
  for (Visitor* const visitor : {&second, &third}) {
    EXPECT_EQ(visitor->woken, 1);
    ASSERT_EQ(visitor->visit.state(), State::found) << "also where nothing is kept";
    EXPECT_EQ(visitor->visit.found()->text, "a cat");
  }
  EXPECT_EQ(first.woken, 0);
  EXPECT_EQ(other.visit.state(), State::leads);
}

TEST(VisionCache, a_failure_is_told_to_who_waits_and_not_kept) {
  VisionCache cache;
  Visitor first(cache);
  Visitor second(cache);
  (void)first.begin();
  (void)second.begin();
  first.visit.fail(upstream_error(Errc::upstream_server, "no"));
  EXPECT_EQ(second.woken, 1);
  ASSERT_EQ(second.visit.state(), State::failed);
  EXPECT_EQ(second.visit.error().message, "no");
  EXPECT_EQ(Visitor(cache).begin(), State::leads);
}

TEST(VisionCache, who_leads_and_leaves_passes_the_lead_on) {
  VisionCache cache;
  std::optional<Visitor> first(std::in_place, cache);
  std::optional<Visitor> second(std::in_place, cache);
  Visitor third(cache);
  Visitor fourth(cache);
  (void)first->begin();
  for (Visitor* const visitor : {&*second, &third, &fourth}) EXPECT_EQ(visitor->begin(), State::waits);
  second.reset();
  EXPECT_EQ(third.visit.state(), State::waits) << "one that waited is missed by nobody";
  first.reset();
  EXPECT_EQ(third.woken, 1);
  EXPECT_EQ(third.visit.state(), State::leads);
  EXPECT_EQ(fourth.visit.state(), State::waits);
  EXPECT_EQ(fourth.woken, 0);
  (void)third.visit.succeed({"a cat", "p/m"}, t0, plenty);
  EXPECT_EQ(third.woken, 1);
  EXPECT_EQ(fourth.visit.state(), State::found);
}

TEST(VisionCache, the_last_one_that_leaves_leaves_nothing) {
  VisionCache cache;
  {
    Visitor first(cache);
    EXPECT_EQ(first.begin(), State::leads);
  }
  EXPECT_EQ(Visitor(cache).begin(), State::leads);
}

TEST(VisionCache, many_threads_ask_once) {
  VisionCache cache;
  std::atomic<int> asked{0};
  std::atomic<int> told{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (unsigned char name = 0; name < 100; ++name) {
        const auto woken = std::make_shared<std::atomic<bool>>(false);
        Visit visit(cache, key_of(name), [woken] {
          woken->store(true);
          woken->notify_one();
        });
        State state = visit.begin(t0, 60s);
        if (state == State::waits) {
          woken->wait(false);
          state = visit.state();
        }
        if (state == State::leads) {
          ++asked;
          (void)visit.succeed({std::to_string(name), "p/m"}, t0, plenty);
        } else if (state == State::found && visit.found()->text == std::to_string(name)) {
          ++told;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(asked, 100);
  EXPECT_EQ(told, 700);
}

}  // namespace
}  // namespace gw::relay
