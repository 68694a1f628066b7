#include "health/health.hpp"

#include <gtest/gtest.h>

namespace gw::health {
namespace {

using namespace std::chrono_literals;

const TimePoint t0{std::chrono::hours{100}};
const config::Health policy;

config::Provider provider_with(std::vector<std::string> keys, std::string id = "p") {
  config::Provider out;
  out.id = std::move(id);
  out.base_url = "https://a.example/v1";
  out.keys.clear();
  for (std::string& key : keys) out.keys.push_back({Secret(std::move(key)), 1});
  return out;
}

config::ModelEntry entry_of(std::string model, std::string provider = "p") {
  config::ModelEntry out;
  out.model = std::move(model);
  out.provider = std::move(provider);
  return out;
}

Error error_of(Errc code, std::optional<Millis> retry_after = {}) {
  Error out = upstream_error(code, "said so");
  out.retry_after = retry_after;
  return out;
}

Ticket ticket_of(Target& target, TimePoint now, const Target::Begin& how = {}) {
  Ticket out;
  EXPECT_EQ(target.begin(how, now, out), std::nullopt);
  return out;
}

std::optional<Target::Refusal> refusal_of(Target& target, TimePoint now, const Target::Begin& how = {}) {
  Ticket out;
  return target.begin(how, now, out);
}

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

}  // namespace
}  // namespace gw::health
