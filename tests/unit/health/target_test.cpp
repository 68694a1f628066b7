#include "support.hpp"

namespace gw::health {
namespace {

using namespace std::chrono_literals;

struct One {
  Book book;
  Target& target = book.target(entry_of("m"), provider_with({"k"}));

  void fail(Errc code, TimePoint now, std::optional<Millis> retry_after = {}) {
    Ticket ticket;
    ASSERT_EQ(target.begin({.last_resort = true}, now, ticket), std::nullopt);
    ticket.failed(policy, error_of(code, retry_after), now);
  }

  Reading read(TimePoint now) { return target.read(policy, now, Detail::all); }
};

TEST(Target, a_new_one_is_well) {
  One one;
  const Reading reading = one.read(t0);
  EXPECT_FALSE(reading.rests);
  EXPECT_EQ(reading.score, 100);
  EXPECT_EQ(reading.ttft_ms, 0);
  EXPECT_EQ(reading.in_flight, 0U);
}

TEST(Target, a_rate_limit_rests_as_long_as_the_provider_said) {
  One one;
  one.fail(Errc::rate_limited, t0, 7s);
  EXPECT_TRUE(one.read(t0 + 6999ms).rests);
  EXPECT_EQ(one.read(t0).until, t0 + 7s);
  EXPECT_FALSE(one.read(t0 + 7s).rests);
  EXPECT_EQ(refusal_of(one.target, t0 + 6s), Target::Refusal::rests);
}

TEST(Target, one_probe_goes_first_and_its_end_decides) {
  One one;
  one.fail(Errc::rate_limited, t0);
  const TimePoint after = t0 + 5s;
  EXPECT_FALSE(one.read(after).rests);
  Ticket probe = ticket_of(one.target, after);
  EXPECT_TRUE(probe.is_probe());
  EXPECT_TRUE(one.read(after).rests);
  EXPECT_EQ(refusal_of(one.target, after), Target::Refusal::rests);
  probe.succeeded(policy, {}, after + 2s);
  EXPECT_FALSE(one.read(after + 2s).rests);
  EXPECT_FALSE(ticket_of(one.target, after + 2s).is_probe());
  EXPECT_EQ(one.read(after + 2s).in_flight, 0U);
}

TEST(Target, a_probe_that_nobody_names_the_end_of_is_given_back) {
  One one;
  one.fail(Errc::rate_limited, t0);
  { Ticket dropped = ticket_of(one.target, t0 + 5s); }
  Ticket probe = ticket_of(one.target, t0 + 5s);
  EXPECT_TRUE(probe.is_probe());
  probe.failed(policy, error_of(Errc::client_gone), t0 + 6s);
  EXPECT_TRUE(ticket_of(one.target, t0 + 6s).is_probe());
}

TEST(Target, places_are_counted) {
  One one;
  const Target::Begin how{.max_concurrent = 2};
  Ticket first = ticket_of(one.target, t0, how);
  Ticket second = ticket_of(one.target, t0, how);
  EXPECT_EQ(refusal_of(one.target, t0, how), Target::Refusal::full);
  EXPECT_EQ(one.read(t0).in_flight, 2U);
  first = std::move(second);
  EXPECT_EQ(one.read(t0).in_flight, 1U);
}

TEST(Target, the_classes_rest_as_the_table_says) {
  struct Case {
    Errc code;
    int times;
    Duration rest;  // zero: none
  };

  const Case cases[] = {
      {Errc::rate_limited, 1, 5s},
      {Errc::model_unavailable, 1, 5s},
      {Errc::billing, 1, 5min},
      {Errc::upstream_auth, 1, 5min},
      {Errc::upstream_connect, 1, 1s},
      {Errc::upstream_server, 4, 0s},
      {Errc::upstream_server, 5, 5s},
      {Errc::first_byte_timeout, 4, 0s},
      {Errc::total_timeout, 5, 5s},
      {Errc::interrupted, 5, 5s},
      {Errc::upstream_refused, 50, 0s},
      {Errc::content_policy, 50, 0s},
      {Errc::client_gone, 50, 0s},
      {Errc::overloaded, 50, 0s},
  };
  for (const Case& c : cases) {
    One one;
    for (int i = 0; i < c.times; ++i) one.fail(c.code, t0);
    const Reading reading = one.read(t0);
    EXPECT_EQ(reading.rests, c.rest != 0s) << to_string(c.code) << " x " << c.times;
    if (c.rest != 0s) {
      EXPECT_EQ(reading.until, t0 + c.rest) << to_string(c.code) << " x " << c.times;
    }
    EXPECT_EQ(reading.in_flight, 0U);
  }
}

TEST(Target, refusals_and_those_who_leave_cost_nothing) {
  One one;
  for (const Errc code : {Errc::upstream_refused, Errc::context_exceeded, Errc::client_gone, Errc::shutting_down}) {
    one.fail(code, t0);
  }
  EXPECT_EQ(one.read(t0).score, 100);
  for (const Row& row : one.book.rows(policy, t0)) EXPECT_EQ(row.failures, 0U);
}

TEST(Target, a_retry_after_has_a_cap_and_means_nothing_to_a_bill) {
  One limited;
  limited.fail(Errc::rate_limited, t0, std::chrono::hours{1000});
  EXPECT_EQ(limited.read(t0).until, t0 + policy.retry_after_max);
  One billed;
  billed.fail(Errc::billing, t0, 1s);
  EXPECT_EQ(billed.read(t0).until, t0 + policy.long_cooldown.first);
}

TEST(Target, rests_grow_to_their_cap_while_probes_fail) {
  One one;
  TimePoint now = t0;
  one.fail(Errc::rate_limited, now);
  for (const Duration expected : {5s, 10s, 20s, 40s, 60s, 60s}) {
    const Reading reading = one.read(now);
    ASSERT_TRUE(reading.rests);
    EXPECT_EQ(reading.until - now, expected);
    now = reading.until;
    Ticket probe = ticket_of(one.target, now);
    ASSERT_TRUE(probe.is_probe());
    probe.failed(policy, error_of(Errc::upstream_server), now);  // whatever its class
  }
}

TEST(Target, a_burst_is_one_failure_to_the_length_of_the_rest) {
  One one;
  std::vector<Ticket> burst;
  for (int i = 0; i < 50; ++i) burst.push_back(ticket_of(one.target, t0));
  for (Ticket& ticket : burst) ticket.failed(policy, error_of(Errc::rate_limited), t0 + 1s);
  EXPECT_EQ(one.read(t0 + 1s).until, t0 + 6s);
}

TEST(Target, an_answer_that_began_before_the_rest_does_not_end_it) {
  One one;
  Ticket old = ticket_of(one.target, t0);
  one.fail(Errc::rate_limited, t0);
  old.succeeded(policy, {}, t0 + 1s);
  EXPECT_TRUE(one.read(t0 + 1s).rests);
  Ticket last_resort = ticket_of(one.target, t0 + 2s, {.last_resort = true});
  last_resort.succeeded(policy, {}, t0 + 3s);
  EXPECT_FALSE(one.read(t0 + 3s).rests);
}

TEST(Target, a_ticket_ends_once) {
  One one;
  Ticket ticket = ticket_of(one.target, t0);
  ticket.succeeded(policy, {}, t0);
  ticket.failed(policy, error_of(Errc::rate_limited), t0);
  ticket.reached(policy, t0);
  EXPECT_FALSE(one.read(t0).rests);
  EXPECT_EQ(one.read(t0).in_flight, 0U);
  Ticket moved = std::move(ticket);
  moved.failed(policy, error_of(Errc::rate_limited), t0);
  EXPECT_FALSE(one.read(t0).rests);
}

// --- Endpoints -------------------------------------------------------------------------------------------------------

struct Two {
  Book book;
  config::Provider provider = provider_with({"k"});
  Target& first = book.target(entry_of("m"), provider);
  Target& second = book.target(entry_of("n"), provider);

  static bool rests(const Target& target, TimePoint now) { return target.read(policy, now, Detail::rest).rests; }
};

TEST(Endpoint, is_shared_by_a_providers_entries) {
  Two two;
  ticket_of(two.first, t0).failed(policy, error_of(Errc::upstream_connect), t0);
  EXPECT_TRUE(Two::rests(two.second, t0));
  EXPECT_EQ(two.second.read(policy, t0, Detail::standing).score, 50);
  ticket_of(two.first, t0, {.last_resort = true}).failed(policy, error_of(Errc::rate_limited), t0);
  EXPECT_FALSE(Two::rests(two.second, t0)) << "an answer, if not the one hoped for: it can be reached";
  EXPECT_TRUE(Two::rests(two.first, t0));
}

TEST(Endpoint, its_probe_ends_when_something_comes) {
  Two two;
  ticket_of(two.first, t0).failed(policy, error_of(Errc::upstream_tls), t0);
  const TimePoint after = t0 + 1s;
  Ticket probe = ticket_of(two.first, after);
  EXPECT_TRUE(probe.is_probe());
  EXPECT_TRUE(Two::rests(two.second, after));
  probe.reached(policy, after);
  EXPECT_FALSE(probe.is_probe());
  EXPECT_FALSE(Two::rests(two.second, after)) << "others do not wait for the end of a long answer";
  EXPECT_EQ(refusal_of(two.second, after), std::nullopt);
}

TEST(Endpoint, a_silence_says_nothing_about_it) {
  Two two;
  ticket_of(two.first, t0).failed(policy, error_of(Errc::upstream_dns), t0);
  ticket_of(two.first, t0, {.last_resort = true}).failed(policy, error_of(Errc::first_byte_timeout), t0);
  EXPECT_TRUE(Two::rests(two.second, t0));
}

// --- Keys ------------------------------------------------------------------------------------------------------------

TEST(Keys, are_chosen_by_weight) {
  Book book;
  config::Provider provider = provider_with({"a", "b", "c", "d"});
  provider.keys[0].weight = 3;
  provider.keys[2].weight = 0;
  Target& target = book.target(entry_of("m"), provider);
  int chosen[4] = {};
  for (int i = 0; i < 1000; ++i) ++chosen[ticket_of(target, t0, {.chance = i / 1000.0}).key()];
  EXPECT_EQ(chosen[0], 600);
  EXPECT_EQ(chosen[1], 200);
  EXPECT_EQ(chosen[2], 0) << "weight 0: only when no other is left";
  EXPECT_EQ(chosen[3], 200);
  EXPECT_EQ(ticket_of(target, t0, {.without = 0b1011}).key(), 2U);
  EXPECT_EQ(refusal_of(target, t0, {.without = 0b1111}), Target::Refusal::no_key);
}

TEST(Keys, a_rate_limited_one_rests_alone) {
  Book book;
  Target& target = book.target(entry_of("m"), provider_with({"a", "b"}));
  ticket_of(target, t0, {.without = 0b10}).failed(policy, error_of(Errc::rate_limited), t0);
  EXPECT_FALSE(target.read(policy, t0, Detail::rest).rests);
  EXPECT_EQ(target.read(policy, t0, Detail::all).score, 100) << "by its best key";
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ticket_of(target, t0, {.chance = i / 10.0}).key(), 1U);

  ticket_of(target, t0).failed(policy, error_of(Errc::upstream_auth), t0);
  const Reading reading = target.read(policy, t0, Detail::rest);
  EXPECT_TRUE(reading.rests);
  EXPECT_EQ(reading.until, t0 + 5s) << "the first of its keys that is there again";
  EXPECT_EQ(refusal_of(target, t0), Target::Refusal::rests);
  EXPECT_EQ(ticket_of(target, t0, {.last_resort = true}).key(), 0U);
  EXPECT_EQ(ticket_of(target, t0, {.last_resort = true, .without = 1}).key(), 1U);
  EXPECT_EQ(refusal_of(target, t0, {.last_resort = true, .without = 3}), Target::Refusal::no_key);
}

TEST(Keys, a_half_open_one_is_probed_by_one_request_while_the_others_use_the_rest) {
  Book book;
  Target& target = book.target(entry_of("m"), provider_with({"a", "b"}));
  ticket_of(target, t0, {.without = 0b10}).failed(policy, error_of(Errc::rate_limited), t0);
  const TimePoint after = t0 + 5s;
  Ticket probe = ticket_of(target, after, {.chance = 0});
  EXPECT_EQ(probe.key(), 0U);
  EXPECT_TRUE(probe.is_probe());
  Ticket other = ticket_of(target, after, {.chance = 0});
  EXPECT_EQ(other.key(), 1U);
  EXPECT_FALSE(other.is_probe());
  probe.succeeded(policy, {}, after);
  EXPECT_EQ(ticket_of(target, after, {.chance = 0}).key(), 0U);
}

TEST(Keys, a_refused_one_rests_for_every_entry_of_the_provider) {
  Two two;
  ticket_of(two.first, t0).failed(policy, error_of(Errc::upstream_auth), t0);
  EXPECT_TRUE(Two::rests(two.second, t0));
  Target& elsewhere = two.book.target(entry_of("m", "q"), provider_with({"k"}, "q"));
  EXPECT_FALSE(Two::rests(elsewhere, t0)) << "the same text at another provider is another key";
}

TEST(Keys, more_than_64_are_all_used) {
  Book book;
  Target& target = book.target(entry_of("m"), provider_with(std::vector<std::string>(70, "k")));
  EXPECT_EQ(target.key_count(), 70U);
  EXPECT_EQ(ticket_of(target, t0, {.without = ~std::uint64_t{0}, .chance = 0}).key(), 64U);
}

// --- Speeds ----------------------------------------------------------------------------------------------------------

Answered answer(Duration first, Duration total, std::uint64_t tokens) {
  return {first, total, tokens};
}

TEST(Speeds, a_long_answer_is_not_a_slow_one) {
  One one;
  for (int i = 0; i < 20; ++i) ticket_of(one.target, t0).succeeded(policy, answer(500ms, 2500ms, 100), t0);
  ticket_of(one.target, t0).succeeded(policy, answer(500ms, 40500ms, 2000), t0);
  const Reading reading = one.read(t0);
  EXPECT_NEAR(reading.ttft_ms, 500, 1);
  EXPECT_NEAR(reading.tokens_per_second, 50, 0.1);
  EXPECT_GT(reading.total_ms, 2500);
}

TEST(Speeds, what_was_not_measured_is_not_known) {
  One one;
  ticket_of(one.target, t0).succeeded(policy, answer(0s, 2s, 100), t0);  // it came whole
  EXPECT_EQ(one.read(t0).ttft_ms, 0);
  EXPECT_EQ(one.read(t0).tokens_per_second, 0);
  EXPECT_EQ(one.read(t0).total_ms, 2000);
  ticket_of(one.target, t0).succeeded(policy, answer(1s, 1s + 1ms, 100), t0);
  EXPECT_EQ(one.read(t0).tokens_per_second, 0) << "a rate over a millisecond";
  EXPECT_EQ(one.read(t0 + policy.speed_memory + 1s).total_ms, 0) << "long ago";
}

TEST(Speeds, answers_of_the_last_minute_are_counted) {
  One one;
  for (int second = 0; second < 120; ++second) {
    ticket_of(one.target, t0).succeeded(policy, {}, t0 + Seconds{second});
    const int expected = std::min(second + 1, 60);
    EXPECT_NEAR(one.read(t0 + Seconds{second}).recent, expected, 4) << second;
  }
  EXPECT_EQ(one.read(t0 + 200s).recent, 0U);
  EXPECT_EQ(one.read(t0).recent, 0U) << "of the future, as seen from there";
}

TEST(Speeds, usage_fades_and_counts_what_is_under_way) {
  One one;
  const TimePoint slot_begins{Millis{4096 * 1000}};
  for (int i = 0; i < 10; ++i) ticket_of(one.target, slot_begins).succeeded(policy, {}, slot_begins);
  double last = one.read(slot_begins).usage;
  EXPECT_NEAR(last, 10, 0.5);
  for (int second = 1; second <= 64; ++second) {
    const double usage = one.read(slot_begins + Seconds{second}).usage;
    EXPECT_LE(usage, last) << second;
    EXPECT_LT(last - usage, 0.5) << second << ": it leaves bit by bit";
    last = usage;
  }
  EXPECT_EQ(last, 0);
  const Ticket held = ticket_of(one.target, slot_begins);
  EXPECT_EQ(one.read(slot_begins + 64s).usage, 1);
}

// --- Book ------------------------------------------------------------------------------------------------------------

TEST(Book, the_same_is_the_same_and_other_keys_are_another_target_upon_the_same_cells) {
  Book book;
  const config::Provider one_key = provider_with({"a"});
  const config::Provider two_keys = provider_with({"b", "a"});
  Target& before = book.target(entry_of("m"), one_key);
  EXPECT_EQ(&before, &book.target(entry_of("m"), provider_with({"a"})));
  ticket_of(before, t0).failed(policy, error_of(Errc::upstream_auth), t0);
  Target& after = book.target(entry_of("m"), two_keys);
  EXPECT_NE(&before, &after);
  EXPECT_EQ(after.key_count(), 2U);
  EXPECT_TRUE(before.read(policy, t0, Detail::rest).rests);
  EXPECT_FALSE(after.read(policy, t0, Detail::rest).rests) << "a new key begins afresh";
  for (int i = 0; i < 10; ++i) EXPECT_EQ(ticket_of(after, t0, {.chance = i / 10.0}).key(), 0U) << "the old one rests";
  Ticket under_way = ticket_of(before, t0, {.last_resort = true});
  EXPECT_EQ(after.read(policy, t0, Detail::standing).in_flight, 1U) << "one entry, one count";
}

TEST(Book, an_endpoint_elsewhere_begins_afresh) {
  Book book;
  config::Provider provider = provider_with({"a"});
  Target& before = book.target(entry_of("m"), provider);
  ticket_of(before, t0).failed(policy, error_of(Errc::upstream_connect), t0);
  provider.base_url = "https://b.example/v1";
  EXPECT_FALSE(book.target(entry_of("m"), provider).read(policy, t0, Detail::rest).rests);
}

TEST(Book, rows_say_what_an_operator_asks) {
  Book book;
  const config::Provider provider = provider_with({"a", "b"});
  Target& target = book.target(entry_of("m"), provider);
  const std::chrono::system_clock::time_point wall{std::chrono::seconds{1'700'000'000}};
  ticket_of(target, t0).succeeded(policy, answer(100ms, 1s, 20), t0);
  ticket_of(target, t0, {.without = 1}).failed(policy, error_of(Errc::rate_limited), t0);
  for (int i = 0; i < 5; ++i) ticket_of(target, t0).failed(policy, error_of(Errc::upstream_server), t0);
  const std::vector<Row> rows = book.rows(policy, t0 + 2s, wall);
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0].id, "p/m");
  EXPECT_EQ(rows[0].kind, Row::Kind::entry);
  EXPECT_EQ(rows[0].successes, 1U);
  EXPECT_EQ(rows[0].failures, 6U);
  EXPECT_TRUE(rows[0].rests);
  EXPECT_EQ(rows[0].health_score, 0);
  EXPECT_EQ(rows[0].cooldown_until, 1'700'000'003);
  EXPECT_NEAR(rows[0].last_updated, 1'699'999'998, 0.1);
  EXPECT_GT(rows[0].failure_score, 12);
  EXPECT_TRUE(rows[0].current);
  const auto row_of = [&](std::string_view id) {
    return *std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.id == id; });
  };
  EXPECT_EQ(row_of("p").kind, Row::Kind::endpoint);
  EXPECT_EQ(row_of("p").health_score, 100);
  EXPECT_EQ(row_of("p").last_updated, 0) << "never";
  EXPECT_EQ(row_of("p#1").successes, 1U);
  EXPECT_EQ(row_of("p#2").failures, 1U);
  EXPECT_TRUE(row_of("p#2").rests);
}

TEST(Book, what_a_configuration_leaves_out_is_not_current_and_comes_back_as_it_was) {
  Book book;
  const config::Provider provider = provider_with({"a"});
  Target& target = book.target(entry_of("m"), provider);
  ticket_of(target, t0).failed(policy, error_of(Errc::rate_limited), t0);
  book.begin_configuration();
  static_cast<void>(book.target(entry_of("n"), provider));
  for (const Row& row : book.rows(policy, t0)) EXPECT_TRUE(row.current) << row.id << ", until all were asked for";
  book.end_configuration();
  for (const Row& row : book.rows(policy, t0)) EXPECT_EQ(row.current, row.id != "p/m") << row.id;
  book.begin_configuration();
  EXPECT_EQ(&book.target(entry_of("m"), provider), &target);
  EXPECT_TRUE(target.read(policy, t0, Detail::rest).rests);
}

}  // namespace
}  // namespace gw::health
