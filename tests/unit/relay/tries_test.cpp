#include "relay/tries.hpp"

#include "scene.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace gw::relay {
namespace {

using namespace test;
using config::Config;
using Kind = Tries::Step::Kind;

const Error server = error_of(Errc::upstream_server, {}, 500);
const Error timeout = error_of(Errc::first_byte_timeout);
const Error refusal = error_of(Errc::upstream_refused, {}, 400);
const Error too_long = error_of(Errc::context_exceeded, {}, 400);
const Error unsupported = error_of(Errc::unsupported_input, {}, 400);
const Error filtered = error_of(Errc::content_policy, {}, 400);
const Error limited = error_of(Errc::rate_limited, {}, 429);
const Error unauthorised = error_of(Errc::upstream_auth, {}, 401);
const Error unpaid = error_of(Errc::billing, {}, 402);
const Error no_model = error_of(Errc::model_unavailable, {}, 404);

Error limited_for(Millis wait) {
  return error_of(Errc::rate_limited, wait, 429);
}

// --- Order, rounds, limits -------------------------------------------------------------------------------------------

struct Case {
  const char* name;
  std::vector<Model> models;
  Scene::Configure configure;
  Script script;
  const char* story;
};

void check(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    Scene scene(c.models, c.configure);
    Request request(scene);
    EXPECT_EQ(request.run(c.script), c.story) << c.name;
  }
}

void twice(Config& config) {
  config.retries.rounds[Tier::t1] = 2;
}

void thrice(Config& config) {
  config.retries.rounds[Tier::t1] = 3;
  config.retries.budget_min = 100;
}

TEST(Tries, candidates_are_asked_in_order_and_in_rounds) {
  check({
      {"the first answers", {{"a"}, {"b"}}, {}, {}, "a ok"},
      {"the next one after a failure", {{"a"}, {"b"}, {"c"}}, {}, {{"a", {server}}}, "a b ok"},
      {"each once", {{"a"}, {"b"}}, {}, {{"a", {server}}, {"b", {timeout}}}, "a b stop"},
      {"a second round", {{"a"}, {"b"}}, twice, {{"a", {server}}, {"b", {server}}}, "a b a* b* stop"},
      {"one round follows the other, for everybody",
       {{"a"}, {"b"}},
       thrice,
       {{"a", {server}}, {"b", {server}}},
       "a b a* b* a* b* stop"},
      {"an answer in the second round",
       {{"a"}, {"b"}},
       twice,
       {{"a", {server}}, {"b", {server, server}}},
       "a b a* b* stop"},
      {"an entry's own rounds",
       {{.name = "a", .rounds = 3}, {"b"}},
       {},
       {{"a", {server}}, {"b", {server}}},
       "a b a* a* stop"},
      {"and fewer than the tier's",
       {{.name = "a", .rounds = 1}, {"b"}},
       twice,
       {{"a", {server}}, {"b", {server}}},
       "a b b* stop"},
      {"no rounds are one", {{.name = "a", .rounds = 0}}, {}, {{"a", {server}}}, "a stop"},
  });
}

TEST(Tries, other_strategies_try_a_number_of_candidates_once) {
  for (const Strategy strategy : config::strategies) {
    if (strategy == Strategy::sequential) continue;
    Scene scene({{"a"}, {"b"}, {.name = "c", .rounds = 5}, {"d"}}, [](Config& config) {
      config.retries.rounds[Tier::t1] = 3;
    });
    scene.config.models.strategies[Tier::t1] = strategy;
    const Script all{{"a", {server}}, {"b", {server}}, {"c", {server}}, {"d", {server}}};
    EXPECT_EQ(Request(scene).run(all), "a b c stop") << to_string(strategy);

    scene.config.retries.max_retries[Tier::t1] = 0;
    EXPECT_EQ(Request(scene).run(all), "a stop") << to_string(strategy) << ", none is one";

    scene.config.retries.max_retries[Tier::t1] = 2;
    scene.rest("a", 60s);
    const health::Ticket held = scene.hold("b");
    EXPECT_EQ(Request(scene).run(all), "b c stop") << to_string(strategy) << ", one that rests does not count";
  }
}

TEST(Tries, a_last_resort_is_one_of_max_retries) {
  Scene scene({{"a"}, {"b"}, {"c"}}, [](Config& config) {
    config.models.strategies[Tier::t1] = Strategy::adaptive;
    config.retries.max_retries[Tier::t1] = 2;
  });
  const Script all{{"a", {server}}, {"b", {server}}, {"c", {server}}};
  scene.rest("b", 60s);
  EXPECT_EQ(Request(scene).run(all), "a c stop");
  scene.rest("c", 60s);
  EXPECT_EQ(Request(scene).run(all), "a b! stop");
}

TEST(Tries, one_full_model_does_not_count_either) {
  Scene scene({{.name = "a", .max_concurrent = 1}, {"b"}, {"c"}, {"d"}}, [](Config& config) {
    config.models.strategies[Tier::t1] = Strategy::random;
    config.retries.max_retries[Tier::t1] = 2;
  });
  const health::Ticket held = scene.hold("a");
  EXPECT_EQ(Request(scene).run({{"b", {server}}, {"c", {server}}, {"d", {server}}}), "b c stop");
}

TEST(Tries, one_budget_of_attempts_holds_for_all_candidates_and_rounds) {
  Scene scene({{"a"}, {"b"}}, [](Config& config) {
    config.retries.rounds[Tier::t1] = 9;
    config.retries.max_attempts = 5;
  });
  Request request(scene);
  scene.config.retries.budget_min = 100;
  EXPECT_EQ(request.run({{"a", {server}}, {"b", {server}}}), "a b a* b* a* stop");
  EXPECT_EQ(request.tries.asked(), 5);
}

TEST(Tries, none_begins_after_the_deadline) {
  Scene scene({{"a"}, {"b"}});
  scene.config.retries.deadline = 10s;
  Request request(scene);
  ASSERT_EQ(request.next(), Kind::ask);
  scene.now += 10s;
  request.fail(server);
  EXPECT_EQ(request.next(), Kind::stop);

  Request late(scene);
  scene.now += 9999ms;
  EXPECT_EQ(late.next(), Kind::ask);
}

// --- Refusals --------------------------------------------------------------------------------------------------------

TEST(Tries, a_refusal_is_tried_on_one_other) {
  const std::vector<Model> four{{"a"}, {"b"}, {"c"}, {"d"}};
  const Script all_refuse{{"a", {refusal}}, {"b", {refusal}}, {"c", {refusal}}, {"d", {refusal}}};
  const auto give_back = [](Config& config) { config.retries.client_errors = config::ClientErrors::give_back; };
  const auto everybody = [](Config& config) { config.retries.client_errors = config::ClientErrors::all; };
  check({
      {"two agree", four, {}, all_refuse, "a b stop"},
      {"the other one answers", four, {}, {{"a", {refusal}}}, "a b ok"},
      {"a failure is no agreement", four, {}, {{"a", {refusal}}, {"b", {server}}, {"c", {refusal}}}, "a b c stop"},
      {"a refusal ends the rounds", four, twice, {{"a", {server}}, {"b", {refusal}}, {"c", {refusal}}}, "a b c stop"},
      {"it is not said twice to one model", {{"a"}}, twice, {{"a", {refusal}}}, "a stop"},
      {"return: at once", four, give_back, all_refuse, "a stop"},
      {"return: after a failure", four, give_back, {{"a", {server}}, {"b", {refusal}}}, "a b stop"},
      {"all: everybody", four, everybody, all_refuse, "a b c d stop"},
  });
}

TEST(Tries, a_status_that_the_operator_calls_retryable_is_tried_everywhere) {
  for (const auto mode :
       {config::ClientErrors::one_other, config::ClientErrors::give_back, config::ClientErrors::all}) {
    Scene scene({{"a"}, {"b"}, {"c"}});
    scene.config.retries.client_errors = mode;
    scene.config.retries.conditions.status_codes = {400, 500};
    EXPECT_EQ(Request(scene).run({{"a", {refusal}}, {"b", {refusal}}, {"c", {refusal}}}), "a b c stop");
    const Error unprocessable = error_of(Errc::upstream_refused, {}, 422);
    const Script other{{"a", {unprocessable}}, {"b", {unprocessable}}, {"c", {unprocessable}}};
    const std::string story = Request(scene).run(other);
    EXPECT_EQ(story == "a b c stop", mode == config::ClientErrors::all) << story;
  }
}

TEST(Tries, a_refusal_harms_nobody) {
  Scene scene({{"a"}, {"b"}});
  for (const Error& error : {refusal, too_long, unsupported, filtered}) {
    for (int i = 0; i < 10; ++i) (void)Request(scene).run({{"a", {error}}, {"b", {error}}});
  }
  for (const char* const name : {"a", "b"}) {
    EXPECT_EQ(scene.read(name).score, 100) << name;
    EXPECT_FALSE(scene.read(name).rests) << name;
  }
}

TEST(Tries, a_request_that_is_too_long_goes_to_every_model_that_may_have_the_room) {
  const auto give_back = [](Config& config) { config.retries.client_errors = config::ClientErrors::give_back; };
  const Script all{{"a", {too_long}}, {"b", {too_long}}, {"c", {too_long}}, {"d", {too_long}}};
  check({
      {"whose room is not known", {{"a"}, {"b"}, {"c"}}, {}, all, "a b c stop"},
      {"in every mode", {{"a"}, {"b"}, {"c"}}, give_back, all, "a b c stop"},
      {"not to a smaller one nor to one of its size",
       {{.name = "a", .window = 8000},
        {.name = "b", .window = 8000},
        {.name = "c", .window = 4000},
        {.name = "d", .window = 32000}},
       {},
       all,
       "a d stop"},
      {"to one that is not known",
       {{.name = "a", .window = 8000}, {"b"}, {.name = "c", .window = 4000}},
       {},
       {{"a", {too_long}}},
       "a b ok"},
      {"then a plain refusal is the first of its kind",
       {{"a"}, {"b"}, {"c"}, {"d"}},
       {},
       {{"a", {too_long}}, {"b", {refusal}}, {"c", {refusal}}},
       "a b c stop"},
  });
}

TEST(Tries, what_a_model_does_not_take_goes_to_every_model_that_may) {
  const std::vector<Model> models{{"a"}, {.name = "blind", .multimodal = false}, {"b"}, {"c"}};
  const Script all{{"a", {unsupported}}, {"blind", {unsupported}}, {"b", {unsupported}}, {"c", {unsupported}}};
  Scene scene(models);
  EXPECT_EQ(Request(scene, false, true).run(all), "a b c stop") << "a blind one cannot take images";
  EXPECT_EQ(Request(scene).run(all), "a blind b c stop") << "without images it is something else";
}

TEST(Tries, what_was_learnt_of_the_request_holds_in_the_next_tier) {
  Scene scene({
      {.name = "a", .window = 8000},
      {.name = "b", .tier = Tier::t2, .window = 4000},
      {.name = "c", .tier = Tier::t2, .window = 64000},
      {.name = "blind", .tier = Tier::t3, .multimodal = false},
      {.name = "d", .tier = Tier::t3},
  });
  EXPECT_EQ(Request(scene, true).run({{"a", {too_long}}, {"c", {server}}, {"blind", {server}}}), "a ^ c ^ blind d ok");
  EXPECT_EQ(Request(scene, true, true).run({{"a", {unsupported}}, {"b", {server}}, {"c", {server}}}), "a ^ b c ^ d ok");
}

TEST(Tries, content_policy_goes_back_unless_told_to_go_on) {
  const auto next = [](Config& config) { config.retries.content_policy_next = true; };
  const Script all{{"a", {filtered}}, {"b", {filtered}}, {"c", {filtered}}};
  check({
      {"return", {{"a"}, {"b"}}, twice, all, "a stop"},
      {"next", {{"a"}, {"b"}, {"c"}}, next, all, "a b c stop"},
      {"next: one that answers", {{"a"}, {"b"}, {"c"}}, next, {{"a", {filtered}}}, "a b ok"},
  });
}

// --- Lasting failures and keys ---------------------------------------------------------------------------------------

TEST(Tries, what_waiting_does_not_mend_is_not_asked_again) {
  for (const Error& error : {unauthorised, unpaid, no_model, refusal, too_long, unsupported}) {
    Scene scene({{"a"}, {"b"}}, [](Config& config) {
      config.retries.rounds[Tier::t1] = 3;
      config.retries.max_wait = 600s;
    });
    EXPECT_EQ(Request(scene).run({{"a", {error}}, {"b", {server, server, server}}}), "a b b* b* stop")
        << to_string(error.code);
  }
}

TEST(Tries, another_key_is_another_account_and_no_repeat) {
  for (const Error& error : {limited, unauthorised, unpaid}) {
    Scene scene({{.name = "a", .keys = 3}, {"b"}});
    scene.config.retries.budget_min = 0;
    Request request(scene);
    std::vector<std::size_t> keys;
    while (request.next() == Kind::ask && request.model() == "a") {
      EXPECT_FALSE(request.step.is_repeat);
      keys.push_back(request.step.ticket.key());
      request.fail(error);
    }
    EXPECT_EQ(request.model(), "b") << to_string(error.code);
    std::sort(keys.begin(), keys.end());
    EXPECT_EQ(keys, (std::vector<std::size_t>{0, 1, 2})) << to_string(error.code);
  }
}

TEST(Tries, a_failure_that_is_no_key_s_does_not_ask_the_other_keys) {
  Scene scene({{.name = "a", .keys = 3}, {"b"}});
  EXPECT_EQ(Request(scene).run({{"a", {server}}}), "a b ok");
  EXPECT_EQ(Request(scene).run({{"a", {no_model}}}), "a b ok");
}

TEST(Tries, the_keys_of_a_model_are_one_candidate) {
  Scene scene({{.name = "a", .keys = 2}, {"b"}, {"c"}}, [](Config& config) {
    config.models.strategies[Tier::t1] = Strategy::adaptive;
    config.retries.max_retries[Tier::t1] = 2;
  });
  EXPECT_EQ(Request(scene).run({{"a", {limited}}, {"b", {server}}, {"c", {server}}}), "a a b stop");
}

TEST(Tries, the_keys_of_a_model_are_one_pass) {
  Scene scene({{.name = "a", .keys = 2}}, [](Config& config) {
    config.retries.rounds[Tier::t1] = 2;
    config.health.cooldown.first = 1s;
  });
  EXPECT_EQ(Request(scene).run({{"a", {limited}}}), "a a ~ a*? a? stop");
}

TEST(Tries, a_key_that_is_refused_is_not_used_again_and_a_limited_one_is) {
  for (const bool auth_first : {true, false}) {
    Scene scene({{.name = "a", .keys = 2}}, twice);
    Request request(scene);
    ASSERT_EQ(request.next(), Kind::ask);
    const std::size_t first = request.step.ticket.key();
    request.fail(auth_first ? unauthorised : limited_for(1s));
    ASSERT_EQ(request.next(), Kind::ask);
    EXPECT_NE(request.step.ticket.key(), first);
    request.fail(auth_first ? limited_for(1s) : unauthorised);
    ASSERT_EQ(request.next(), Kind::wait) << auth_first;
    EXPECT_EQ(request.step.until, t0 + 1s);
    scene.now = request.step.until;
    ASSERT_EQ(request.next(), Kind::ask);
    EXPECT_EQ(request.step.ticket.key() == first, !auth_first);
    EXPECT_TRUE(request.step.is_repeat);
    request.fail(unauthorised);
    EXPECT_EQ(request.next(), Kind::stop) << "both are refused";
  }
}

TEST(Tries, a_limited_key_is_waited_for_when_the_other_one_rests_for_long) {
  Scene scene({{.name = "a", .keys = 2}}, twice);
  scene.config.retries.last_resort = false;
  health::Ticket other = scene.hold("a");
  const std::size_t resting = other.key();
  other.failed(scene.config.health, unauthorised, scene.now);
  Request request(scene);
  ASSERT_EQ(request.next(), Kind::ask);
  EXPECT_NE(request.step.ticket.key(), resting);
  request.fail(limited_for(2s));
  ASSERT_EQ(request.next(), Kind::wait);
  EXPECT_EQ(request.step.until, t0 + 2s);
  scene.now = request.step.until;
  ASSERT_EQ(request.next(), Kind::ask);
  EXPECT_TRUE(request.step.is_repeat);
  EXPECT_NE(request.step.ticket.key(), resting);
}

// --- Waiting ---------------------------------------------------------------------------------------------------------

TEST(Tries, the_backoff_doubles_up_to_its_limit_less_a_part_by_chance) {
  Duration shortest = 1h;
  Duration longest{};
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Scene scene({{.name = "a", .rounds = 7}});
    scene.random = Random(seed);
    scene.config.health.failures_before_rest = 100;
    scene.config.retries.backoff = 500ms;
    scene.config.retries.backoff_max = 3000ms;
    scene.config.retries.budget_min = 100;
    Request request(scene);
    EXPECT_EQ(request.run({{"a", {server}}}), "a ~ a* ~ a* ~ a* ~ a* ~ a* ~ a* stop");
    const std::vector<Millis> most{500ms, 1000ms, 2000ms, 3000ms, 3000ms, 3000ms};
    ASSERT_EQ(request.waited.size(), most.size());
    for (std::size_t i = 0; i < most.size(); ++i) {
      EXPECT_LE(request.waited[i], most[i]) << i;
      EXPECT_GE(request.waited[i], most[i] / 2) << i;
    }
    shortest = std::min(shortest, request.waited[0]);
    longest = std::max(longest, request.waited[0]);
  }
  EXPECT_LT(shortest, 260ms) << "they do not come back together";
  EXPECT_GT(longest, 490ms);
}

TEST(Tries, nobody_waits_while_another_may_be_asked) {
  Scene scene({{"a"}, {"b"}}, twice);
  scene.config.retries.backoff = 500ms;
  Request request(scene);
  EXPECT_EQ(request.run({{"a", {limited_for(2s)}}}), "a b ok");
  EXPECT_TRUE(request.waited.empty());
}

TEST(Tries, a_short_retry_after_is_waited_for_and_a_long_one_is_not) {
  struct Wait {
    Errc code;
    Millis asked;
    const char* story;
  };

  for (const Wait& w : {
           Wait{Errc::rate_limited, 2s, "a ~ a*? ok"},
           Wait{Errc::rate_limited, 5s, "a ~ a*? ok"},
           Wait{Errc::rate_limited, 5001ms, "a stop"},
           Wait{Errc::rate_limited, 600s, "a stop"},
           Wait{Errc::upstream_server, 2s, "a ~ a* ok"},
           Wait{Errc::upstream_server, 5001ms, "a stop"},
       }) {
    Scene scene({{"a"}}, twice);
    Request request(scene);
    std::string story;
    ASSERT_EQ(request.next(), Kind::ask);
    request.fail(error_of(w.code, w.asked));
    EXPECT_EQ("a " + request.run({}), w.story) << to_string(w.code) << " " << w.asked.count();
    if (!request.waited.empty()) {
      EXPECT_EQ(request.waited.front(), w.asked);
    }
  }
}

TEST(Tries, a_retry_after_is_no_shorter_than_the_backoff) {
  Scene scene({{"a"}}, twice);
  scene.config.retries.backoff = 1000ms;
  Request request(scene);
  ASSERT_EQ(request.next(), Kind::ask);
  request.fail(error_of(Errc::upstream_server, 1ms));
  ASSERT_EQ(request.next(), Kind::wait);
  EXPECT_GE(request.step.until, t0 + 500ms);
}

TEST(Tries, the_end_of_a_short_rest_is_waited_for) {
  Scene scene({{"a"}}, [](Config& config) {
    config.retries.rounds[Tier::t1] = 2;
    config.health.connect_cooldown.first = 1s;
  });
  Request request(scene);
  EXPECT_EQ(request.run({{"a", {error_of(Errc::upstream_connect), server}}}), "a ~ a*? stop");
  EXPECT_EQ(request.waited, (std::vector<Duration>{1s}));

  Scene longer({{"a"}}, [](Config& config) {
    config.retries.rounds[Tier::t1] = 2;
    config.health.connect_cooldown = {Millis{5001}, 2, Millis{30000}};
  });
  EXPECT_EQ(Request(longer).run({{"a", {error_of(Errc::upstream_connect), server}}}), "a stop");
}

TEST(Tries, a_rest_that_ends_while_we_wait_is_noticed) {
  Scene scene({{"a"}, {"b"}}, twice);
  scene.rest("b", 1s);
  Request request(scene);
  ASSERT_EQ(request.next(), Kind::ask);
  request.fail(limited_for(4s));
  ASSERT_EQ(request.next(), Kind::wait);
  EXPECT_EQ(request.step.until, t0 + 1s) << "b is there again before a";
  scene.now = request.step.until;
  ASSERT_EQ(request.next(), Kind::ask);
  EXPECT_EQ(request.model(), "b");
  EXPECT_FALSE(request.step.is_repeat);
  EXPECT_TRUE(request.step.ticket.is_probe());
}

TEST(Tries, no_wait_ends_at_or_after_the_deadline) {
  for (const Millis deadline : {2000ms, 2001ms}) {
    Scene scene({{"a"}}, twice);
    scene.config.retries.deadline = deadline;
    Request request(scene);
    ASSERT_EQ(request.next(), Kind::ask);
    request.fail(limited_for(2s));
    EXPECT_EQ(request.next(), deadline == 2000ms ? Kind::stop : Kind::wait);
  }
}

TEST(Tries, who_timed_out_is_not_asked_again_while_another_waits) {
  check({
      {"the other one first", {{"a"}, {"b"}}, twice, {{"a", {timeout}}, {"b", {server}}}, "a b b* a* stop"},
      {"every kind of timeout",
       {{"a"}, {"b"}, {"c"}, {"d"}},
       twice,
       {{"a", {error_of(Errc::idle_timeout)}},
        {"b", {error_of(Errc::total_timeout)}},
        {"c", {timeout}},
        {"d", {server}}},
       "a b c d d* a* b* stop"},
      {"it answered since",
       {{"a"}, {"b"}},
       twice,
       {{"a", {timeout, server}}, {"b", {server, timeout}}},
       "a b b* a* stop"},
  });
  Scene scene({{"a"}, {"b"}}, twice);
  scene.config.retries.backoff = 500ms;
  Request request(scene);
  ASSERT_EQ(request.next(), Kind::ask);
  request.fail(timeout);
  scene.now += 10s;
  ASSERT_EQ(request.next(), Kind::ask);
  request.fail(server);
  EXPECT_EQ(request.next(), Kind::wait) << "b is waited for, though a could be asked";
  scene.now = request.step.until;
  ASSERT_EQ(request.next(), Kind::ask);
  EXPECT_EQ(request.model(), "b");
}

TEST(Tries, who_waits_beyond_the_deadline_holds_nobody_up) {
  Scene scene({{"a"}, {"b"}}, twice);
  scene.config.retries.deadline = 3s;
  Request request(scene);
  EXPECT_EQ(request.run({{"a", {timeout}}, {"b", {error_of(Errc::upstream_server, 4s)}}}), "a b a* stop");
}

// --- The budget of repeats -------------------------------------------------------------------------------------------

TEST(Tries, without_budget_nothing_is_repeated_and_nobody_waits) {
  Scene scene({{"a"}, {"b"}}, twice);
  scene.config.retries.budget_min = 0;
  scene.config.retries.backoff = 500ms;
  EXPECT_EQ(Request(scene).run({{"a", {server}}, {"b", {server}}}), "a b stop");
}

TEST(Tries, the_budget_never_refuses_the_first_try_of_another) {
  Scene scene({{"a"}, {"b"}, {.name = "c", .tier = Tier::t2}}, twice);
  scene.config.retries.budget_min = 0;
  scene.rest("b", 60s);
  EXPECT_EQ(Request(scene, true).run({{"a", {server}}, {"b", {server}}, {"c", {server}}}), "a ^ c ^ b! stop");
}

TEST(Tries, an_outage_is_not_doubled) {
  Scene scene({{"a"}}, [](Config& config) {
    config.retries.rounds[Tier::t1] = 5;
    config.health.failures_before_rest = 1 << 20;
  });
  int asked = 0;
  for (int i = 0; i < 1000; ++i) {
    Request request(scene);
    (void)request.run({{"a", {server}}});
    asked += request.tries.asked();
  }
  EXPECT_LE(asked, 1200);
  EXPECT_GE(asked, 1199);
}

TEST(Tries, a_repeat_that_finds_no_place_costs_no_budget) {
  Scene scene({{.name = "a", .max_concurrent = 1}}, twice);
  scene.config.retries.budget_min = 1;
  scene.config.limits.queue_ms = 0ms;
  Request request(scene);
  ASSERT_EQ(request.next(), Kind::ask);
  request.fail(server);
  {
    const health::Ticket held = scene.hold("a");
    EXPECT_EQ(request.next(), Kind::stop);
  }
  EXPECT_EQ(request.next(), Kind::ask);
}

TEST(Tries, a_resting_key_of_one_model_does_not_hide_the_others) {
  Scene scene({{.name = "a", .keys = 2}, {"b"}});
  scene.config.health.cooldown.first = 1ms;
  scene.rest("b", 60s);
  health::Ticket other = scene.hold("a");
  other.failed(scene.config.health, unauthorised, scene.now);
  Request request(scene);
  ASSERT_EQ(request.next(), Kind::ask);
  request.fail(limited);
  scene.now += 10ms;  // the key that failed is there again, the other one rests
  ASSERT_EQ(request.next(), Kind::ask);
  EXPECT_EQ(request.model(), "b");
  EXPECT_TRUE(request.step.is_last_resort);
}

// --- Full models -----------------------------------------------------------------------------------------------------

TEST(Tries, a_full_model_spills_to_the_next) {
  Scene scene({{.name = "a", .max_concurrent = 1}, {"b"}});
  const health::Ticket held = scene.hold("a");
  EXPECT_EQ(Request(scene).run({}), "b ok");
}

TEST(Tries, a_place_is_waited_for_when_everybody_is_full) {
  Scene scene({{.name = "a", .max_concurrent = 1}, {.name = "b", .max_concurrent = 1}});
  health::Ticket held = scene.hold("a");
  const health::Ticket other = scene.hold("b");
  Request request(scene);
  ASSERT_EQ(request.next(), Kind::queue);
  EXPECT_EQ(request.step.until, t0 + 2s);
  EXPECT_TRUE(request.tries.wants(*scene.candidate("a").health));
  EXPECT_TRUE(request.tries.wants(*scene.candidate("b").health));
  scene.now += 1s;
  ASSERT_EQ(request.next(), Kind::queue);
  EXPECT_EQ(request.step.until, t0 + 2s) << "once, not anew with every look";
  held = {};
  ASSERT_EQ(request.next(), Kind::ask);
  EXPECT_EQ(request.model(), "a");
  EXPECT_FALSE(request.tries.wants(*scene.candidate("a").health));
}

TEST(Tries, a_place_is_not_waited_for_longer_than_the_queue_or_the_deadline_allow) {
  Scene scene({{.name = "a", .max_concurrent = 1}});
  const health::Ticket held = scene.hold("a");
  Request request(scene);
  ASSERT_EQ(request.next(), Kind::queue);
  scene.now = request.step.until;
  EXPECT_EQ(request.next(), Kind::stop);
  const Error error = request.tries.nobody_asked(scene.now);
  EXPECT_EQ(error.code, Errc::overloaded);
  EXPECT_NE(error.message.find("max_concurrent"), std::string::npos) << error.message;
  EXPECT_EQ(error.retry_after, 1s);

  Request no_room(scene);
  ASSERT_EQ(no_room.next(), Kind::queue);
  no_room.tries.no_more_waiting();
  EXPECT_EQ(no_room.next(), Kind::stop);

  scene.config.retries.deadline = 500ms;
  Request short_lived(scene);
  ASSERT_EQ(short_lived.next(), Kind::queue);
  EXPECT_EQ(short_lived.step.until, scene.now + 500ms);

  scene.config.limits.queue_ms = 0ms;
  EXPECT_EQ(Request(scene).next(), Kind::stop) << "no waiting";
}

TEST(Tries, a_place_at_one_that_was_not_asked_is_worth_more_than_a_repeat) {
  Scene scene({{"a"}, {.name = "b", .max_concurrent = 1}}, twice);
  health::Ticket held = scene.hold("b");
  Request request(scene);
  ASSERT_EQ(request.next(), Kind::ask);
  request.fail(server);
  ASSERT_EQ(request.next(), Kind::queue);
  EXPECT_FALSE(request.tries.wants(*scene.candidate("a").health));
  scene.now = request.step.until;
  ASSERT_EQ(request.next(), Kind::ask) << "too late: a again";
  EXPECT_TRUE(request.step.is_repeat);
}

TEST(Tries, a_repeat_waits_for_a_place_too) {
  Scene scene({{.name = "a", .max_concurrent = 1}}, twice);
  Request request(scene);
  ASSERT_EQ(request.next(), Kind::ask);
  request.fail(server);
  health::Ticket held = scene.hold("a");
  ASSERT_EQ(request.next(), Kind::queue);
  EXPECT_TRUE(request.tries.wants(*scene.candidate("a").health));
  held = {};
  ASSERT_EQ(request.next(), Kind::ask);
  EXPECT_TRUE(request.step.is_repeat);
}

TEST(Tries, a_full_model_that_rests_is_not_waited_for_while_another_may_answer) {
  Scene scene({{.name = "a", .max_concurrent = 1}, {"b"}});
  const health::Ticket held = scene.hold("a");
  health::Ticket limited_one = scene.hold("b");
  limited_one.failed(scene.config.health, limited_for(60s), scene.now);
  // Beyond its limit, as after a change of it.
  (void)scene.candidate("a").health->begin({.last_resort = true}, scene.now, limited_one);
  limited_one.failed(scene.config.health, limited_for(30s), scene.now);
  EXPECT_EQ(Request(scene).run({}), "b! ok") << "a is less bad, but full";
}

TEST(Tries, a_place_at_a_resting_model_is_waited_for_when_nobody_else_is_left) {
  Scene scene({{.name = "a", .max_concurrent = 1}});
  scene.rest("a", 60s);
  health::Ticket held = scene.hold("a", true);
  Request request(scene);
  ASSERT_EQ(request.next(), Kind::queue);
  EXPECT_TRUE(request.tries.wants(*scene.candidate("a").health));
  held = {};
  ASSERT_EQ(request.next(), Kind::ask);
  EXPECT_TRUE(request.step.is_last_resort);

  Request never(scene);
  scene.config.retries.last_resort = false;
  EXPECT_EQ(never.next(), Kind::stop);
  EXPECT_NE(never.tries.nobody_asked(scene.now).message.find("last_resort"), std::string::npos);
}

// --- Tiers -----------------------------------------------------------------------------------------------------------

TEST(Tries, the_next_tier_follows_the_last_round) {
  Scene scene({{"a"}, {.name = "b", .tier = Tier::t2}, {.name = "c", .tier = Tier::t3}}, twice);
  const Script all{{"a", {server}}, {"b", {server}}, {"c", {server}}};
  EXPECT_EQ(Request(scene, true).run(all), "a a* ^ b ^ c ^ stop");
  EXPECT_EQ(Request(scene).run(all), "a a* stop") << "only where it may";
  EXPECT_EQ(Request(scene, true).run({{"a", {refusal}}}), "a ^ b ok") << "the one other may stand there";
  EXPECT_EQ(Request(scene, true).run({{"a", {refusal}}, {"b", {refusal}}}), "a ^ b stop");
  EXPECT_EQ(Request(scene, true).run({{"a", {filtered}}}), "a stop");
}

TEST(Tries, an_empty_budget_does_not_keep_from_the_next_tier) {
  Scene scene({{"a"}, {.name = "b", .tier = Tier::t2}}, twice);
  scene.config.retries.budget_min = 0;
  EXPECT_EQ(Request(scene, true).run({{"a", {server}}}), "a ^ b ok");
}

TEST(Tries, a_model_in_two_tiers_is_asked_as_one) {
  Scene scene({{"a"}, {"b"}, {.name = "a", .tier = Tier::t2}, {.name = "c", .tier = Tier::t2}});
  EXPECT_EQ(Request(scene, true).run({{"a", {server}}, {"b", {server}}}), "a b ^ c ok");
}

TEST(Tries, each_tier_counts_its_own_candidates) {
  Scene scene(
      {{"a"},
       {"b"},
       {"c"},
       {.name = "d", .tier = Tier::t2},
       {.name = "c", .tier = Tier::t2},
       {.name = "e", .tier = Tier::t2}},
      [](Config& config) {
        config.models.strategies[Tier::t1] = Strategy::adaptive;
        config.models.strategies[Tier::t2] = Strategy::adaptive;
        config.retries.max_retries[Tier::t1] = 1;
        config.retries.max_retries[Tier::t2] = 2;
      }
  );
  const Script all{{"a", {server}}, {"b", {server}}, {"c", {server}}, {"d", {server}}, {"e", {server}}};
  Request request(scene, true);
  EXPECT_EQ(request.run(all), "a ^ d c ^ stop") << "b was beyond its tier's max_retries, c is the next one's too";
  EXPECT_EQ(scene.read("b").score, 100);
}

TEST(Tries, each_tier_counts_its_own_rounds) {
  Scene scene({{.name = "a", .rounds = 3}, {.name = "b", .tier = Tier::t2, .rounds = 2}}, [](Config& config) {
    config.models.strategies[Tier::t1] = Strategy::adaptive;
  });
  const Script all{{"a", {server}}, {"b", {server}}};
  EXPECT_EQ(Request(scene, true).run(all), "a ^ b b* ^ stop");
  Scene turned({{.name = "a", .rounds = 2}, {.name = "b", .tier = Tier::t2}}, [](Config& config) {
    config.models.strategies[Tier::t2] = Strategy::adaptive;
    config.health.connect_cooldown.first = 30s;
  });
  Request request(turned, true);
  EXPECT_EQ(request.run({{"a", {error_of(Errc::upstream_connect)}}, {"b", {server}}}), "a ^ b ^ stop");
  turned.now += 30s;
  EXPECT_EQ(request.run({}), "a*? ok") << "its tier's second round, though the next tier makes none";
}

TEST(Tries, a_rest_of_the_lower_tier_that_ended_is_noticed_in_the_next) {
  Scene scene({{"a"}, {.name = "b", .tier = Tier::t2}, {.name = "c", .tier = Tier::t2}});
  scene.rest("a", 1s);
  Request request(scene, true);
  ASSERT_EQ(request.next(), Kind::escalate);
  request.tries.add(scene.plan(Tier::t2));
  ASSERT_EQ(request.next(), Kind::ask);
  EXPECT_EQ(request.model(), "b");
  scene.now += 1s;
  EXPECT_EQ(request.step.tier, Tier::t2);
  request.fail(server);
  ASSERT_EQ(request.next(), Kind::ask);
  EXPECT_EQ(request.model(), "a");
  EXPECT_EQ(request.step.tier, Tier::t1) << "what the client and the books are told";
}

// --- Rests -----------------------------------------------------------------------------------------------------------

TEST(Tries, a_resting_model_is_skipped) {
  Scene scene({{"a"}, {"b"}});
  scene.rest("a", 60s);
  EXPECT_EQ(Request(scene).run({}), "b ok");
}

TEST(Tries, when_everybody_rests_the_least_bad_is_asked_once) {
  Scene scene({{"a"}, {"b"}, {"c"}});
  scene.rest("a", 60s);
  scene.rest("b", 30s);
  scene.rest("c", 45s);
  EXPECT_EQ(Request(scene).run({{"b", {server}}}), "b! stop");
  EXPECT_EQ(Request(scene).run({}), "b! ok");
}

TEST(Tries, a_last_resort_comes_after_those_who_failed) {
  Scene scene({{"a"}, {"b"}, {"c"}}, twice);
  scene.rest("b", 60s);
  scene.rest("c", 30s);
  EXPECT_EQ(Request(scene).run({{"a", {server}}, {"c", {server}}}), "a a* c! stop");
}

TEST(Tries, a_full_least_bad_leaves_the_last_resort_to_the_next) {
  Scene scene({{.name = "a", .max_concurrent = 1}, {"b"}});
  scene.rest("b", 60s);
  scene.rest("a", 30s);
  const health::Ticket held = scene.hold("a", true);
  Request request(scene);
  EXPECT_EQ(request.run({{"b", {server}}}), "b! stop");
}

TEST(Tries, without_last_resort_the_client_is_told_when_to_come_back) {
  Scene scene({{"a"}, {"b"}});
  scene.config.retries.last_resort = false;
  scene.rest("a", 60s);
  scene.rest("b", 30s);
  Request request(scene);
  EXPECT_EQ(request.run({}), "stop");
  EXPECT_EQ(request.tries.asked(), 0);
  Error error = request.tries.nobody_asked(scene.now);
  EXPECT_EQ(error.code, Errc::overloaded);
  EXPECT_EQ(error.origin, Origin::gateway);
  EXPECT_NE(error.message.find("last_resort"), std::string::npos) << error.message;
  EXPECT_EQ(error.retry_after, 30s);

  scene.now += 30s;
  const health::Ticket probe = scene.hold("b");
  ASSERT_TRUE(probe.is_probe());
  Request other(scene);
  EXPECT_EQ(other.run({}), "stop");
  error = other.tries.nobody_asked(scene.now);
  EXPECT_EQ(error.retry_after, 1s) << "nobody knows when a probe ends";
}

TEST(Tries, a_request_that_came_too_late_is_told_so) {
  Scene scene({{"a"}});
  scene.config.retries.deadline = 1s;
  Request request(scene);
  scene.now += 1s;
  EXPECT_EQ(request.run({}), "stop");
  const Error error = request.tries.nobody_asked(scene.now);
  EXPECT_EQ(error.code, Errc::overloaded);
  EXPECT_NE(error.message.find("retries.deadline"), std::string::npos) << error.message;
}

TEST(Tries, a_half_open_model_has_one_probe_and_the_others_go_elsewhere) {
  Scene scene({{"a"}, {"b"}});
  scene.rest("a", 1s);
  scene.now += 1s;
  Request first(scene);
  ASSERT_EQ(first.next(), Kind::ask);
  EXPECT_EQ(first.model(), "a");
  EXPECT_TRUE(first.step.ticket.is_probe());
  EXPECT_FALSE(first.step.is_last_resort);
  Request second(scene);
  ASSERT_EQ(second.next(), Kind::ask);
  EXPECT_EQ(second.model(), "b");
  second.answer();
  first.step.ticket = {};  // the client left: nobody's failure, and the probe is free
  EXPECT_EQ(Request(scene).run({}), "a? ok");
  EXPECT_EQ(Request(scene).run({}), "a ok");
}

TEST(Tries, a_probe_under_way_does_not_refuse_the_only_model) {
  Scene scene({{"a"}});
  scene.rest("a", 1s);
  scene.now += 1s;
  const health::Ticket probe = scene.hold("a");
  EXPECT_EQ(Request(scene).run({}), "a! ok");
}

// The request was limited for a second, which is over; somebody else probes its model now.
health::Ticket probed_elsewhere(Scene& scene, Request& request) {
  EXPECT_EQ(request.next(), Kind::ask);
  request.fail(limited_for(1s));
  EXPECT_EQ(request.next(), Kind::wait);
  scene.now = request.step.until;
  health::Ticket probe = scene.hold("a");
  EXPECT_TRUE(probe.is_probe());
  return probe;
}

TEST(Tries, a_probe_under_way_elsewhere_is_waited_for) {
  Scene scene({{"a"}}, twice);
  Request request(scene);
  health::Ticket probe = probed_elsewhere(scene, request);
  for (int look = 0; look < 3; ++look) {
    ASSERT_EQ(request.next(), Kind::wait);
    EXPECT_GT(request.step.until, scene.now);
    scene.now = request.step.until;
  }
  probe.succeeded(scene.config.health, {}, scene.now);
  ASSERT_EQ(request.next(), Kind::ask);
  EXPECT_TRUE(request.step.is_repeat);
}

TEST(Tries, a_probe_that_does_not_end_is_waited_for_as_long_as_a_retry_after) {
  Scene scene({{"a"}}, twice);
  Request request(scene);
  const health::Ticket probe = probed_elsewhere(scene, request);
  const TimePoint from = scene.now;
  while (request.next() == Kind::wait) scene.now = request.step.until;
  EXPECT_EQ(request.step.kind, Kind::stop);
  EXPECT_GE(scene.now, from + scene.config.retries.max_wait);
  EXPECT_LT(scene.now, from + scene.config.retries.max_wait + 200ms);
}

TEST(Tries, many_keys_of_one_model_leave_a_try_to_the_others) {
  for (const std::size_t keys : {11U, 12U, 64U}) {
    Scene scene({{.name = "a", .keys = keys}, {"b"}, {"c"}});
    Request request(scene);
    const std::string story = request.run({{"a", {limited}}, {"b", {server}}});
    EXPECT_TRUE(story.ends_with("b c ok")) << keys << ": " << story;
    EXPECT_LE(request.tries.asked(), scene.config.retries.max_attempts);
  }
}

TEST(Tries, nothing_is_held_when_a_request_ends) {
  Scene scene({{.name = "a", .keys = 2, .max_concurrent = 3}, {.name = "b", .max_concurrent = 1}}, twice);
  scene.config.health.failures_before_rest = 1;
  for (const Error& error : {server, timeout, limited_for(1s), unauthorised, refusal}) {
    for (const char* const name : {"a", "b"}) {
      (void)Request(scene).run({{"a", {error}}, {"b", {error}}});
      scene.now += 2h;
      EXPECT_EQ(scene.read(name).in_flight, 0U) << to_string(error.code);
      EXPECT_FALSE(scene.read(name).rests) << to_string(error.code) << " holds the probe of " << name;
    }
  }
}

TEST(Tries, words_for_images_that_are_not_there_leave_those_that_see) {
  const std::vector<Model> models{
      {.name = "blind", .multimodal = false}, {.name = "dark", .multimodal = false}, {"sees"}, {"too"}};
  Scene scene(models);
  const Error undescribed = error_of(Errc::image_undescribed);
  EXPECT_EQ(Request(scene).run({{"blind", {undescribed}}}), "blind sees ok");
  EXPECT_EQ(
      Request(scene).run({{"blind", {undescribed}}, {"sees", {unsupported}}, {"too", {server}}}), "blind sees too stop"
  ) << "a refusal of another does not bring them back";
  EXPECT_EQ(scene.read("blind").score, 100) << "it is not at fault";
}

}  // namespace
}  // namespace gw::relay
