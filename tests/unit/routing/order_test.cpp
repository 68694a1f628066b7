// The strategies. Shares are of 20000 plans with a fixed seed; 0.02 is more than five standard deviations.
#include "scene.hpp"

#include <array>
#include <cmath>
#include <string>
#include <vector>

namespace gw::routing {
namespace {

constexpr double near = 0.02;

void strategy(Scene& scene, Strategy strategy) {
  scene.config.models.strategies[Tier::t1] = strategy;
  scene.catalog.reset();
}

void answers(Scene& scene, const std::string& model, int times) {
  for (int i = 0; i < times; ++i) scene.answered(model, Millis{100}, Millis{200}, 10);
}

// --- sequential ------------------------------------------------------------------------------------------------------

TEST(Sequential, is_the_configured_order_whatever_happens) {
  Scene scene;
  for (const char* const model : {"a", "b", "c"}) scene.add(Tier::t1, model);
  answers(scene, "a", 5);
  scene.rest("a");
  scene.win("a");
  EXPECT_EQ(models(scene.plan(Tier::t1)), (Names{"a", "b", "c"})) << "who asks skips the one that rests";
}

// --- random ----------------------------------------------------------------------------------------------------------

TEST(RandomOrder, the_less_used_of_late_comes_the_likelier_first) {
  Scene scene;
  for (const char* const model : {"a", "b", "c"}) scene.add(Tier::t1, model);
  strategy(scene, Strategy::random);
  auto shares = scene.first_shares(Tier::t1);
  for (const char* const model : {"a", "b", "c"}) EXPECT_NEAR(shares[model], 1.0 / 3, near) << model;
  answers(scene, "a", 3);
  answers(scene, "b", 1);
  shares = scene.first_shares(Tier::t1);  // weights 1, 3, 4
  EXPECT_NEAR(shares["a"], 1.0 / 8, near);
  EXPECT_NEAR(shares["b"], 3.0 / 8, near);
  EXPECT_NEAR(shares["c"], 4.0 / 8, near);
}

TEST(RandomOrder, the_whole_order_is_drawn_without_replacement) {
  Scene scene;
  for (const char* const model : {"a", "b", "c"}) scene.add(Tier::t1, model);
  strategy(scene, Strategy::random);
  answers(scene, "a", 3);
  answers(scene, "b", 1);
  std::map<Names, double> shares;
  for (int i = 0; i < 20000; ++i) shares[models(scene.plan(Tier::t1))] += 1.0 / 20000;
  EXPECT_EQ(shares.size(), 6U);
  EXPECT_NEAR((shares[{"c", "b", "a"}]), 4.0 / 8 * 3 / 4, near);
  EXPECT_NEAR((shares[{"b", "c", "a"}]), 3.0 / 8 * 4 / 5, near);
  EXPECT_NEAR((shares[{"a", "b", "c"}]), 1.0 / 8 * 3 / 7, near);
}

TEST(RandomOrder, usage_is_forgotten_after_a_minute) {
  Scene scene;
  for (const char* const model : {"a", "b"}) scene.add(Tier::t1, model);
  strategy(scene, Strategy::random);
  answers(scene, "a", 9);
  EXPECT_NEAR(scene.first_shares(Tier::t1)["a"], 1.0 / 11, near);
  scene.now += Seconds{70};
  EXPECT_NEAR(scene.first_shares(Tier::t1)["a"], 1.0 / 2, near);
}

TEST(RandomOrder, weights_are_shares_and_none_is_last) {
  Scene scene;
  scene.add(Tier::t1, "full", 1);
  scene.add(Tier::t1, "half", 0.5);
  scene.add(Tier::t1, "none", 0);
  strategy(scene, Strategy::random);
  auto shares = scene.first_shares(Tier::t1);
  EXPECT_NEAR(shares["full"], 2.0 / 3, near);
  EXPECT_NEAR(shares["half"], 1.0 / 3, near);
  EXPECT_EQ(shares.count("none"), 0U);
  EXPECT_EQ(models(scene.plan(Tier::t1)).back(), "none");
}

TEST(RandomOrder, the_last_winner_steps_back) {
  Scene scene;
  for (const char* const model : {"a", "b", "c"}) scene.add(Tier::t1, model);
  strategy(scene, Strategy::random);
  scene.win("a");  // p = min(1.5 * 2 * 1 * 0.3 + 0.2, 0.8)
  EXPECT_NEAR(scene.first_shares(Tier::t1)["a"], 0.2 / 2.2, near);
  scene.config.adaptive_weights.consecutive_penalty = 0.1;  // 1.5 * 0.2 + 0.2
  EXPECT_NEAR(scene.first_shares(Tier::t1)["a"], 0.5 / 2.5, near);
}

// --- Winners ---------------------------------------------------------------------------------------------------------

TEST(WinnersTest, the_penalty_follows_the_contract) {
  struct Case {
    const char* name;
    Names winners;  // oldest first
    int history;
    double weight;
    std::array<double, 2> penalties;  // of a and of b
  };

  for (const Case& c : {
           Case{"nobody has won", {}, 3, 0.3, {0, 0}},
           Case{"the only winner", {"a"}, 3, 0.3, {0.8, 0}},
           Case{"one of two, not the latest", {"a", "b"}, 3, 0.3, {0.3, 1.5 * 0.3 + 0.2}},
           Case{"two of three", {"a", "a", "b"}, 3, 0.3, {0.4, 1.5 * 0.2 + 0.2}},
           Case{"at most 0.8", {"b", "a", "a"}, 3, 3, {0.8, 0.8}},
           Case{"older than the history", {"a", "b", "b", "b"}, 3, 0.3, {0, 0.8}},
           Case{"history of one", {"a", "b"}, 1, 0.1, {0, 0.5}},
           Case{"no history", {"a", "a"}, 0, 0.3, {0, 0}},
           Case{"without a weight the latest still steps back", {"a"}, 3, 0, {0.2, 0}},
       }) {
    Scene scene;
    for (const char* const model : {"a", "b"}) scene.add(Tier::t1, model);
    strategy(scene, Strategy::adaptive);
    for (const std::string& winner : c.winners) scene.win(winner);
    const Winners winners = scene.state.winners(Tier::t1, c.history);
    EXPECT_NEAR(winners.penalty(scene.candidate("a"), c.weight), c.penalties[0], 1e-12) << c.name;
    EXPECT_NEAR(winners.penalty(scene.candidate("b"), c.weight), c.penalties[1], 1e-12) << c.name;
  }
}

TEST(WinnersTest, tiers_do_not_disturb_each_other) {
  Scene scene;
  scene.add(Tier::t1, "a");
  scene.add(Tier::t2, "b");
  scene.config.models.strategies = {{Strategy::adaptive, Strategy::adaptive, Strategy::adaptive}};
  scene.win("a");
  for (int i = 0; i < 10; ++i) scene.win("b");
  EXPECT_EQ(scene.state.winners(Tier::t1, 3).penalty(scene.candidate("a"), 0.3), 0.8);
  EXPECT_EQ(scene.state.winners(Tier::t2, 3).penalty(scene.candidate("a"), 0.3), 0);
}

TEST(WinnersTest, the_ring_holds_the_longest_history) {
  Scene scene;
  for (const char* const model : {"a", "b"}) scene.add(Tier::t1, model);
  strategy(scene, Strategy::random);
  constexpr int most = config::AdaptiveWeights::max_history;
  scene.win("a");
  for (int i = 1; i < most; ++i) scene.win("b");
  EXPECT_NEAR(scene.state.winners(Tier::t1, most).penalty(scene.candidate("a"), 1), 2.0 / most, 1e-12);
  scene.win("b");
  EXPECT_EQ(scene.state.winners(Tier::t1, most).penalty(scene.candidate("a"), 1), 0);
}

// --- adaptive --------------------------------------------------------------------------------------------------------

// Each term alone: the others have no weight, so that chance plays no part.
TEST(Adaptive, each_term_decides_when_it_stands_alone) {
  struct Case {
    const char* name;
    config::AdaptiveWeights weights;
    void (*happens)(Scene&);
    Names order;
  };

  const auto nothing = [](Scene&) {};
  for (const Case& c : {
           Case{"nothing: the configured order", {0, 0, 0, 0, 0, 0}, nothing, {"a", "b", "c"}},
           Case{"the operator's weight", {0, 0, 0, 1, 0, 0}, nothing, {"c", "a", "b"}},
           Case{
               "health",
               {0, 1, 0, 0, 0, 0},
               [](Scene& s) {
                 s.begin("a").failed(s.config.health, upstream_error(Errc::upstream_server, "x"), s.now);
               },
               {"b", "c", "a"}},
           Case{
               "speed: known ones by their time, an unknown one as 0.8 (and nobody used of late)",
               {0, 0, 1, 0, 0, 0},
               [](Scene& s) {
                 s.answered("a", Millis{1000}, Millis{21000}, 500);  // 21 s for 500 tokens: 0.3
                 s.answered("c", Millis{500}, Millis{1500}, 500);    // 1.5 s: 0.95
                 s.now += Seconds{70};
               },
               {"c", "b", "a"}},
           Case{
               "the winner steps back",
               {0, 0, 0, 0, 0.3, 3},
               [](Scene& s) {
                 s.win("b");
                 s.win("a");
               },
               {"c", "b", "a"}},
       }) {
    Scene scene;
    scene.config.adaptive_weights = c.weights;
    scene.add(Tier::t1, "a", 0.5);
    scene.add(Tier::t1, "b", 0.4);
    scene.add(Tier::t1, "c", 0.9);
    strategy(scene, Strategy::adaptive);
    c.happens(scene);
    EXPECT_EQ(models(scene.plan(Tier::t1)), c.order) << c.name;
  }
}

TEST(Adaptive, usage_divides_what_a_model_is_worth) {
  Scene scene;
  scene.config.adaptive_weights = {0, 0, 0, 1, 0, 0};
  scene.add(Tier::t1, "busy", 0.9);
  scene.add(Tier::t1, "idle", 0.3);
  strategy(scene, Strategy::adaptive);
  answers(scene, "busy", 1);  // 0.9 * (1 - 0.7) = 0.27
  EXPECT_EQ(models(scene.plan(Tier::t1)), (Names{"idle", "busy"}));
  answers(scene, "idle", 1);  // both at their most: 0.27 and 0.09
  EXPECT_EQ(models(scene.plan(Tier::t1)), (Names{"busy", "idle"}));
}

TEST(Adaptive, a_long_answer_is_not_a_slow_model) {
  Scene scene;
  scene.config.adaptive_weights = {0, 0, 1, 0, 0, 0};
  scene.add(Tier::t1, "short");
  scene.add(Tier::t1, "long");
  strategy(scene, Strategy::adaptive);
  scene.answered("short", Millis{1000}, Millis{3000}, 20);    // 10 tokens a second
  scene.answered("long", Millis{1000}, Millis{26000}, 2500);  // 100 tokens a second
  EXPECT_EQ(models(scene.plan(Tier::t1)), (Names{"long", "short"}));
}

TEST(Adaptive, chance_alone_treats_equals_alike) {
  Scene scene;
  for (const char* const model : {"a", "b", "c", "d"}) scene.add(Tier::t1, model);
  strategy(scene, Strategy::adaptive);
  auto shares = scene.first_shares(Tier::t1);
  for (const char* const model : {"a", "b", "c", "d"}) EXPECT_NEAR(shares[model], 0.25, near) << model;
}

TEST(Adaptive, chance_weighs_against_merit_as_configured) {
  Scene scene;
  scene.add(Tier::t1, "good", 1);
  scene.add(Tier::t1, "poor", 0);
  strategy(scene, Strategy::adaptive);
  // 0.3 U + 0.2 against 0.3 U: the poor one wins when its U leads by 2/3, so with chance (1/3)^2 / 2.
  EXPECT_NEAR(scene.first_shares(Tier::t1)["poor"], 1.0 / 18, near);
  scene.config.adaptive_weights.random = 0.1;
  EXPECT_EQ(scene.first_shares(Tier::t1, 2000).count("poor"), 0U);
}

// --- fastest ---------------------------------------------------------------------------------------------------------

TEST(Fastest, known_ones_by_their_time_to_the_first_content) {
  Scene scene;
  for (const char* const model : {"slow", "quick", "unknown", "middle"}) scene.add(Tier::t1, model);
  strategy(scene, Strategy::fastest);
  scene.answered("slow", Millis{900}, Millis{1000}, 10);
  scene.answered("quick", Millis{100}, Millis{60000}, 10);
  scene.answered("middle", Millis{400}, Millis{1000}, 10);
  std::map<Names, double> shares;
  for (int i = 0; i < 20000; ++i) shares[models(scene.plan(Tier::t1))] += 1.0 / 20000;
  EXPECT_NEAR((shares[{"quick", "middle", "slow", "unknown"}]), 0.9, near);
  EXPECT_NEAR((shares[{"unknown", "quick", "middle", "slow"}]), 0.1, near) << "it is explored";
  EXPECT_EQ(shares.size(), 2U);
}

TEST(Fastest, plain_answers_count_by_their_whole_time) {
  Scene scene;
  for (const char* const model : {"slow", "quick"}) scene.add(Tier::t1, model);
  strategy(scene, Strategy::fastest);
  scene.answered("slow", Millis{0}, Millis{3000}, 10);
  scene.answered("quick", Millis{0}, Millis{2000}, 10);
  EXPECT_EQ(models(scene.plan(Tier::t1)), (Names{"quick", "slow"}));
}

TEST(Fastest, one_that_is_being_explored_is_not_explored_twice) {
  Scene scene;
  for (const char* const model : {"known", "unknown"}) scene.add(Tier::t1, model);
  strategy(scene, Strategy::fastest);
  scene.answered("known", Millis{100}, Millis{200}, 10);
  EXPECT_GT(scene.first_shares(Tier::t1, 2000).count("unknown"), 0U);
  const health::Ticket explorer = scene.begin("unknown");
  EXPECT_EQ(scene.first_shares(Tier::t1, 2000).count("unknown"), 0U);
}

TEST(Fastest, a_slow_one_gets_another_chance_after_a_minute_s_silence) {
  Scene scene;
  for (const char* const model : {"quick", "slow"}) scene.add(Tier::t1, model);
  strategy(scene, Strategy::fastest);
  scene.answered("slow", Millis{5000}, Millis{6000}, 10);
  scene.answered("quick", Millis{100}, Millis{200}, 10);
  EXPECT_EQ(scene.first_shares(Tier::t1, 2000).count("slow"), 0U);
  scene.now += Seconds{70};
  scene.answered("quick", Millis{100}, Millis{200}, 10);
  EXPECT_NEAR(scene.first_shares(Tier::t1)["slow"], 0.1, near);
}

TEST(Fastest, without_any_knowledge_each_is_explored) {
  Scene scene;
  for (const char* const model : {"a", "b"}) scene.add(Tier::t1, model);
  strategy(scene, Strategy::fastest);
  auto shares = scene.first_shares(Tier::t1);
  EXPECT_NEAR(shares["a"], 0.95, near);
  EXPECT_NEAR(shares["b"], 0.05, near);
}

// --- cheapest --------------------------------------------------------------------------------------------------------

TEST(Cheapest, by_what_this_request_would_cost) {
  Scene scene;
  scene.add(Tier::t1, "unpriced1");
  scene.add(Tier::t1, "reads_cheaply").price = config::Price{1, 20};
  scene.add(Tier::t1, "writes_cheaply").price = config::Price{4, 4};
  scene.add(Tier::t1, "unpriced2");
  scene.add(Tier::t1, "dear").price = config::Price{50, 50};
  strategy(scene, Strategy::cheapest);
  EXPECT_EQ(models(scene.plan(Tier::t1)), (Names{"writes_cheaply", "reads_cheaply", "dear", "unpriced1", "unpriced2"}))
      << "a short question and a usual answer";
  scene.ask(R"({"messages":[{"role":"user","content":")" + std::string(30000, 'x') + "\"}]}");
  EXPECT_EQ(models(scene.plan(Tier::t1)).front(), "reads_cheaply") << "10000 tokens to read";
  scene.ask(R"({"n":8,"messages":[{"role":"user","content":")" + std::string(30000, 'x') + "\"}]}");
  EXPECT_EQ(models(scene.plan(Tier::t1)).front(), "writes_cheaply") << "eight answers";
  scene.ask(
      R"({"max_tokens":1,"messages":[{"role":"user","content":"Is this spam? )" + std::string(300, 'x') + "\"}]}"
  );
  EXPECT_EQ(models(scene.plan(Tier::t1)).front(), "reads_cheaply") << "one token of answer";
}

TEST(Cheapest, equal_prices_keep_the_configured_order) {
  Scene scene;
  for (const char* const model : {"b", "c", "a"}) scene.add(Tier::t1, model).price = config::Price{1, 2};
  scene.add(Tier::t1, "free").price = config::Price{};
  strategy(scene, Strategy::cheapest);
  EXPECT_EQ(models(scene.plan(Tier::t1)), (Names{"free", "b", "c", "a"}));
}

// --- least_busy ------------------------------------------------------------------------------------------------------

TEST(LeastBusy, the_less_busy_of_two_chosen_at_random) {
  Scene scene;
  for (const char* const model : {"two", "none", "one"}) scene.add(Tier::t1, model);
  strategy(scene, Strategy::least_busy);
  std::vector<health::Ticket> under_way;
  for (const char* const model : {"two", "two", "one"}) under_way.push_back(scene.begin(model));
  auto shares = scene.first_shares(Tier::t1);
  EXPECT_NEAR(shares["none"], 2.0 / 3, near);
  EXPECT_NEAR(shares["one"], 1.0 / 3, near);
  EXPECT_EQ(shares.count("two"), 0U) << "it is the busier one of any two";
}

TEST(LeastBusy, equals_share_and_the_rest_of_the_order_is_drawn_too) {
  Scene scene;
  for (const char* const model : {"a", "b", "c"}) scene.add(Tier::t1, model);
  strategy(scene, Strategy::least_busy);
  std::map<Names, double> shares;
  for (int i = 0; i < 20000; ++i) shares[models(scene.plan(Tier::t1))] += 1.0 / 20000;
  EXPECT_EQ(shares.size(), 6U);
  for (const auto& [order, share] : shares) EXPECT_NEAR(share, 1.0 / 6, near) << order.front();
}

TEST(LeastBusy, a_heavier_one_carries_more) {
  Scene scene;
  scene.add(Tier::t1, "big", 1);
  scene.add(Tier::t1, "small", 0.25);
  strategy(scene, Strategy::least_busy);
  std::vector<health::Ticket> under_way(100);
  for (health::Ticket& ticket : under_way) ticket = scene.begin(models(scene.plan(Tier::t1)).front());
  EXPECT_NEAR(scene.candidate("big").health->read({}, scene.now, health::Detail::standing).in_flight, 80, 2);
}

TEST(LeastBusy, a_full_one_is_busier_than_any) {
  Scene scene;
  scene.add(Tier::t1, "full").max_concurrent = 1;
  scene.add(Tier::t1, "busy");
  strategy(scene, Strategy::least_busy);
  const health::Ticket only = scene.begin("full");
  std::vector<health::Ticket> under_way(9);
  for (health::Ticket& ticket : under_way) ticket = scene.begin("busy");
  EXPECT_EQ(scene.first_shares(Tier::t1, 500).count("full"), 0U);
}

// --- Resting ---------------------------------------------------------------------------------------------------------

TEST(Resting, comes_behind_all_that_do_not_in_every_strategy_that_looks) {
  for (const Strategy one : {Strategy::random, Strategy::adaptive, Strategy::fastest, Strategy::least_busy}) {
    Scene scene;
    for (const char* const model : {"a", "b", "c", "d"}) scene.add(Tier::t1, model);
    strategy(scene, one);
    scene.answered("a", Millis{1}, Millis{2}, 10);  // the fastest
    scene.rest("a", Millis{90000});
    scene.rest("c", Millis{30000});
    for (int i = 0; i < 200; ++i) {
      const Names order = models(scene.plan(Tier::t1));
      ASSERT_EQ(order.size(), 4U);
      ASSERT_EQ(order[2], "c") << to_string(one) << ": the one that rests least";
      ASSERT_EQ(order[3], "a") << to_string(one);
    }
  }
}

TEST(Resting, counts_in_no_formula) {
  Scene scene;
  for (const char* const model : {"used", "a", "b"}) scene.add(Tier::t1, model);
  strategy(scene, Strategy::random);
  answers(scene, "used", 50);
  answers(scene, "a", 1);
  scene.rest("used");
  auto shares = scene.first_shares(Tier::t1);  // weights 1 and 2; 50 and 51 if it counted
  EXPECT_NEAR(shares["a"], 1.0 / 3, near);
  EXPECT_NEAR(shares["b"], 2.0 / 3, near);
}

TEST(Resting, all_of_them_are_still_a_plan) {
  Scene scene;
  for (const char* const model : {"a", "b"}) scene.add(Tier::t1, model);
  strategy(scene, Strategy::adaptive);
  scene.rest("a", Millis{90000});
  scene.rest("b", Millis{30000});
  EXPECT_EQ(models(scene.plan(Tier::t1)), (Names{"b", "a"}));
}

TEST(Needs, what_a_strategy_reads) {
  EXPECT_EQ(needs(Strategy::sequential), std::nullopt);
  EXPECT_EQ(needs(Strategy::cheapest), std::nullopt);
  EXPECT_EQ(needs(Strategy::least_busy), health::Detail::standing);
  EXPECT_EQ(needs(Strategy::random), health::Detail::all);
  EXPECT_EQ(needs(Strategy::adaptive), health::Detail::all);
  EXPECT_EQ(needs(Strategy::fastest), health::Detail::all);
}

}  // namespace
}  // namespace gw::routing
