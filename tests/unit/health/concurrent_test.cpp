// What must hold in whichever order attempts begin and end: first all orders that chance brings, then real threads.
#include "support.hpp"

#include <atomic>
#include <random>
#include <thread>

namespace gw::health {
namespace {

using namespace std::chrono_literals;

struct Held {
  Ticket ticket;
  bool last_resort = false;
};

constexpr Errc entry_errors[] = {
    Errc::rate_limited,
    Errc::model_unavailable,
    Errc::upstream_server,
    Errc::first_byte_timeout,
    Errc::upstream_refused,
    Errc::client_gone};
constexpr Errc endpoint_errors[] = {Errc::upstream_connect, Errc::upstream_dns, Errc::client_gone};
constexpr Errc key_errors[] = {Errc::billing, Errc::upstream_auth, Errc::client_gone};

class Interleaving {
 public:
  Interleaving(std::uint64_t seed, std::vector<Errc> errors, bool with_last_resort)
      : random_(seed), errors_(std::move(errors)), with_last_resort_(with_last_resort) {}

  void run() {
    for (int step = 0; step < 2000 && !::testing::Test::HasFailure(); ++step) {
      switch (random_() % 6) {
        case 0:
        case 1:
        case 2:
          begin();
          break;
        case 3:
        case 4:
          end();
          break;
        default:
          now_ += Millis{random_() % 4000};
      }
      if (step % 97 == 0) settle();
    }
    settle();
  }

 private:
  std::size_t probes() const {
    return static_cast<std::size_t>(std::count_if(held_.begin(), held_.end(), [](const Held& h) {
      return h.ticket.is_probe();
    }));
  }

  void begin() {
    const bool last_resort = with_last_resort_ && random_() % 4 == 0;
    const bool rests = target_.read(policy, now_, Detail::rest).rests;
    const bool is_probed = probes() != 0;
    Ticket ticket;
    const auto refusal = target_.begin({.last_resort = last_resort}, now_, ticket);
    if (last_resort) {
      ASSERT_EQ(refusal, std::nullopt) << "the last resort is never refused";
    } else {
      ASSERT_EQ(refusal.has_value(), rests) << "what is read is what is done";
      // An answer of a last resort ends the rest with the probe still out; without those, nobody is beside it.
      if (is_probed && !with_last_resort_) {
        ASSERT_TRUE(refusal.has_value()) << "normal traffic beside a probe";
      }
    }
    if (!refusal) held_.push_back({std::move(ticket), last_resort});
    ASSERT_LE(probes(), 1U);
    ASSERT_EQ(target_.read(policy, now_, Detail::standing).in_flight, held_.size());
  }

  void end() {
    if (held_.empty()) return;
    std::swap(held_[random_() % held_.size()], held_.back());
    Held last = std::move(held_.back());
    held_.pop_back();
    switch (random_() % 4) {
      case 0:
        last.ticket.succeeded(policy, {100ms, 300ms, 10}, now_);
        break;
      case 1:
        break;  // nobody names its end
      default:
        last.ticket.failed(policy, error_of(errors_[random_() % errors_.size()]), now_);
    }
  }

  // Everybody leaves, the longest rest passes: whatever happened, the next request is let in and an answer ends it all.
  void settle() {
    held_.clear();
    ASSERT_EQ(target_.read(policy, now_, Detail::standing).in_flight, 0U);
    now_ += std::chrono::hours{2};
    Ticket ticket;
    ASSERT_EQ(target_.begin({}, now_, ticket), std::nullopt) << "a probe was lost";
    if (random_() % 2 == 0) return;
    ticket.succeeded(policy, {}, now_);
    ASSERT_FALSE(target_.read(policy, now_, Detail::rest).rests);
    ASSERT_FALSE(ticket_of(target_, now_).is_probe());
  }

  std::mt19937_64 random_;
  std::vector<Errc> errors_;
  bool with_last_resort_;
  Book book_;
  Target& target_ = book_.target(entry_of("m"), provider_with({"k"}));
  TimePoint now_ = t0;
  std::vector<Held> held_;
};

TEST(Concurrent, in_any_order_no_probe_is_lost_and_none_has_company) {
  for (std::uint64_t seed = 1; seed <= 60 && !HasFailure(); ++seed) {
    for (const bool with_last_resort : {false, true}) {
      SCOPED_TRACE("seed " + std::to_string(seed));
      Interleaving(seed, {std::begin(entry_errors), std::end(entry_errors)}, with_last_resort).run();
      Interleaving(seed, {std::begin(endpoint_errors), std::end(endpoint_errors)}, with_last_resort).run();
      Interleaving(seed, {std::begin(key_errors), std::end(key_errors)}, with_last_resort).run();
    }
  }
}

// Real threads, a clock that they push. Two keys, so that all three kinds of cells are fought for.
TEST(Concurrent, threads_leave_nothing_behind) {
  Book book;
  Target& target = book.target(entry_of("m"), provider_with({"a", "b"}));
  Target& sibling = book.target(entry_of("n"), provider_with({"a", "b"}));
  constexpr std::uint32_t max_concurrent = 3;
  std::atomic<std::int64_t> clock{0};
  std::atomic<std::uint32_t> most{0};
  std::atomic<std::uint64_t> begun{0};
  const auto work = [&](std::uint64_t seed) {
    std::mt19937_64 random(seed);
    for (int i = 0; i < 4000; ++i) {
      const TimePoint now = t0 + Millis{clock.fetch_add(static_cast<std::int64_t>(random() % 1000))};
      Target& one = random() % 4 == 0 ? sibling : target;
      Ticket ticket;
      const Target::Begin how{
          .max_concurrent = max_concurrent,
          .last_resort = random() % 8 == 0,
          .without = random() % 4,
          .chance = static_cast<double>(random() % 100) / 100};
      if (one.begin(how, now, ticket)) continue;
      begun.fetch_add(1);
      const Reading reading = one.read(policy, now, Detail::all);
      std::uint32_t seen = most.load();
      while (seen < reading.in_flight && !most.compare_exchange_weak(seen, reading.in_flight)) {
      }
      switch (random() % 5) {
        case 0:
          ticket.failed(policy, error_of(entry_errors[random() % std::size(entry_errors)]), now);
          break;
        case 1:
          ticket.failed(policy, error_of(endpoint_errors[random() % std::size(endpoint_errors)]), now);
          break;
        case 2:
          ticket.failed(policy, error_of(key_errors[random() % std::size(key_errors)]), now);
          break;
        case 3:
          ticket.reached(policy, now);
          ticket.succeeded(policy, {100ms, 300ms, 10}, now);
          break;
        default:
          break;
      }
    }
  };
  std::vector<std::thread> threads;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) threads.emplace_back(work, seed);
  for (int i = 0; i < 200; ++i) static_cast<void>(book.rows(policy, t0 + Millis{clock.load()}));
  for (std::thread& thread : threads) thread.join();

  EXPECT_LE(most.load(), max_concurrent);
  EXPECT_GT(begun.load(), 1000U) << "or little was fought for";
  const TimePoint after = t0 + Millis{clock.load()} + std::chrono::hours{2};
  for (Target* const one : {&target, &sibling}) {
    EXPECT_EQ(one->read(policy, after, Detail::standing).in_flight, 0U);
    for (const std::uint64_t without : {1U, 2U}) {
      Ticket ticket = ticket_of(*one, after, {.without = without});
      ticket.succeeded(policy, {}, after);
    }
    EXPECT_FALSE(ticket_of(*one, after).is_probe());
  }
}

// One probe at a time, whoever asks.
TEST(Concurrent, of_many_threads_one_gets_the_probe) {
  Book book;
  Target& target = book.target(entry_of("m"), provider_with({"k"}));
  ticket_of(target, t0).failed(policy, error_of(Errc::rate_limited), t0);
  const TimePoint now = t0 + 5s;
  std::atomic<int> probing{0};
  std::atomic<int> most{0};
  std::atomic<int> probes{0};
  const auto work = [&] {
    for (int i = 0; i < 3000; ++i) {
      Ticket ticket;
      if (target.begin({}, now, ticket)) continue;
      const int at_once = probing.fetch_add(1) + 1;
      int seen = most.load();
      while (seen < at_once && !most.compare_exchange_weak(seen, at_once)) {
      }
      EXPECT_TRUE(ticket.is_probe());
      probes.fetch_add(1);
      probing.fetch_sub(1);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(most.load(), 1);
  EXPECT_GT(probes.load(), 0);
  EXPECT_TRUE(ticket_of(target, now).is_probe());
}

}  // namespace
}  // namespace gw::health
