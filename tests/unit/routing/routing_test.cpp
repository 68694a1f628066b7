#include "scene.hpp"

#include <string>
#include <tuple>
#include <vector>

namespace gw::routing {
namespace {

TEST(Plan, configured_order_and_fallback_tiers) {
  Scene scene({{Tier::t1, "upstream", "a", true}, {Tier::t1, "p", "b", true}, {Tier::t3, "p", "c", true}});
  EXPECT_EQ(display_names(scene.plan(Tier::t1)), (Names{"upstream/a", "p/b"}));
  const auto empty_tier = scene.plan(Tier::t2);
  EXPECT_EQ(display_names(empty_tier), (Names{"p/c"})) << "an empty tier moves up first";
  EXPECT_EQ(empty_tier->tier, Tier::t3);
  Scene only_low({{Tier::t1, "p", "b", true}});
  EXPECT_EQ(display_names(only_low.plan(Tier::t3)), (Names{"p/b"}));
}

TEST(Plan, an_empty_tier_moves_up_before_it_moves_down) {
  struct Case {
    Tier asked;
    std::vector<Tier> filled;
    Tier given;
  };

  for (const Case& c : {
           Case{Tier::t1, {Tier::t1, Tier::t2, Tier::t3}, Tier::t1},
           Case{Tier::t2, {Tier::t1, Tier::t2, Tier::t3}, Tier::t2},
           Case{Tier::t3, {Tier::t1, Tier::t2, Tier::t3}, Tier::t3},
           Case{Tier::t1, {Tier::t2, Tier::t3}, Tier::t2},
           Case{Tier::t1, {Tier::t3}, Tier::t3},
           Case{Tier::t2, {Tier::t1, Tier::t3}, Tier::t3},
           Case{Tier::t2, {Tier::t1}, Tier::t1},
           Case{Tier::t3, {Tier::t1, Tier::t2}, Tier::t2},
           Case{Tier::t3, {Tier::t1}, Tier::t1},
       }) {
    std::vector<Entry> entries;
    for (const Tier tier : c.filled) entries.emplace_back(tier, "p", std::string(to_string(tier)) + "-model", true);
    const auto result = Scene(entries).plan(c.asked);
    ASSERT_TRUE(result) << to_string(c.asked);
    EXPECT_EQ(result->tier, c.given) << to_string(c.asked) << " with " << c.filled.size() << " tiers filled";
    EXPECT_EQ(display_names(result), (Names{"p/" + std::string(to_string(c.given)) + "-model"}));
  }
}

TEST(Plan, an_entry_named_twice_is_asked_once) {
  Scene scene(
      {{Tier::t1, "p", "a", true},
       {Tier::t1, "upstream", "a", true},
       {Tier::t1, "p", "a", false},
       {Tier::t1, "p", "b", true}}
  );
  EXPECT_EQ(display_names(scene.plan(Tier::t1)), (Names{"p/a", "upstream/a", "p/b"}));
}

TEST(Plan, a_pinned_model_in_two_tiers_is_one_candidate) {
  Scene scene({{Tier::t1, "p", "m", true}, {Tier::t2, "p", "m", true}});
  const auto result = scene.plan(Tier::t1, "m");
  EXPECT_EQ(display_names(result), (Names{"p/m"}));
  EXPECT_EQ(result->tier, Tier::t1);
}

TEST(Plan, a_pin_never_moves_to_another_model) {
  Scene scene({{Tier::t1, "p", "m", true}, {Tier::t2, "anth", "claude", true}});
  for (const char* const name : {"anth/m", "p/claude", "gone"}) {
    const auto result = scene.plan(Tier::t1, name);
    ASSERT_FALSE(result) << name;
    EXPECT_EQ(result.error().code, Errc::no_route) << name;
    EXPECT_NE(result.error().message.find(name), std::string::npos) << result.error().message;
  }
}

TEST(Plan, no_route_says_which_setting_to_change) {
  struct Case {
    const char* name;
    std::vector<Entry> entries;
    std::vector<std::string> says;
  };

  for (const Case& c : {
           Case{"nothing configured", {}, {"models.t1", "provider"}},
           Case{"only a provider that is not known", {{Tier::t2, "gone", "m", true}}, {"models.t1", "provider"}},
       }) {
    const auto result = Scene(c.entries).plan(Tier::t1);
    ASSERT_FALSE(result) << c.name;
    EXPECT_EQ(result.error().code, Errc::no_route) << c.name;
    for (const std::string& part : c.says) {
      EXPECT_NE(result.error().message.find(part), std::string::npos) << c.name << ": " << result.error().message;
    }
  }
}

TEST(Plan, a_candidate_knows_where_it_goes) {
  Scene scene({{Tier::t2, "upstream", "m", false}, {Tier::t2, "p", "n", true}});
  const auto result = scene.plan(Tier::t2);
  ASSERT_TRUE(result);
  ASSERT_EQ(result->candidates.size(), 2U);
  const Candidate& first = *result->candidates[0];
  EXPECT_EQ(first.model, "m");
  EXPECT_EQ(first.entry_id, "m") << "the default provider is not part of the id";
  EXPECT_EQ(first.display_name, "upstream/m");
  EXPECT_EQ(first.provider->id, "upstream");
  EXPECT_FALSE(first.multimodal);
  EXPECT_EQ(result->candidates[1]->entry_id, "p/n");
  EXPECT_EQ(result->candidates[1]->tier, Tier::t2);
}

TEST(Plan, a_pinned_model_is_that_model_and_no_other) {
  Scene scene({{Tier::t1, "upstream", "m", true}, {Tier::t2, "p", "m", true}, {Tier::t3, "p", "x", true}});
  EXPECT_EQ(display_names(scene.plan(Tier::t1, "m")), (Names{"upstream/m", "p/m"}));
  EXPECT_EQ(display_names(scene.plan(Tier::t2, "p/m")), (Names{"p/m"}));
}

TEST(Plan, a_candidate_may_speak_any_protocol) {
  Scene scene({{Tier::t1, "anth", "claude", true}, {Tier::t1, "p", "b", true}});
  EXPECT_EQ(display_names(scene.plan(Tier::t1)), (Names{"anth/claude", "p/b"}));
  EXPECT_EQ(display_names(scene.plan(Tier::t1, "claude")), (Names{"anth/claude"}));
}

TEST(Plan, the_provider_map_moves_default_entries) {
  Scene scene({{Tier::t1, "upstream", "m", true}});
  scene.config.providers.model_map["m"] = "p";
  const auto result = scene.plan(Tier::t1);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->candidates[0]->provider->id, "p");
  EXPECT_EQ(result->candidates[0]->entry_id, "m") << "statistics stay with the entry";
}

TEST(Plan, a_plan_says_how_it_was_made) {
  Scene scene({{Tier::t1, "p", "a", true}, {Tier::t2, "p", "b", true}, {Tier::t2, "p", "c", true}});
  scene.config.models.strategies[Tier::t2] = Strategy::adaptive;
  const auto plan = scene.plan(Tier::t2);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->strategy, Strategy::adaptive);
  EXPECT_FALSE(plan->is_pinned);
  EXPECT_EQ(plan->tried, (config::PerTier<bool>{{false, true, false}}));
  EXPECT_EQ(plan->catalog, scene.catalog) << "it keeps its candidates alive";
  EXPECT_TRUE(scene.plan(Tier::t1, "c")->is_pinned);
  EXPECT_EQ(scene.plan(Tier::t1, "c")->strategy, Strategy::adaptive);
}

TEST(Plan, a_pinned_model_is_followed_by_its_tier_where_that_is_set) {
  Scene scene(
      {{Tier::t1, "p", "x", true},
       {Tier::t2, "p", "a", true},
       {Tier::t2, "p", "b", true},
       {Tier::t2, "upstream", "b", true},
       {Tier::t2, "p", "c", true}}
  );
  EXPECT_EQ(display_names(scene.plan(Tier::t2, "b")), (Names{"p/b", "upstream/b"}));
  scene.config.routing.pinned_fallback = true;
  const auto plan = scene.plan(Tier::t2, "b");
  EXPECT_EQ(display_names(plan), (Names{"p/b", "upstream/b", "p/a", "p/c"})) << "its own tier alone";
  EXPECT_FALSE(plan->is_pinned);
  EXPECT_EQ(plan->tier, Tier::t2);
  EXPECT_EQ(display_names(scene.plan(Tier::t2, "p/c")), (Names{"p/c", "p/a", "p/b", "upstream/b"}));
  EXPECT_FALSE(scene.plan(Tier::t2, "gone")) << "a name that nobody has is not replaced";
}

TEST(Plan, a_pinned_model_stays_first_also_where_another_could_do_more) {
  Scene scene({{Tier::t1, "p", "sees", true}, {Tier::t1, "p", "blind", false}});
  scene.config.routing.pinned_fallback = true;
  scene.ask(R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"u"}}]}]})");
  EXPECT_EQ(models(scene.plan(Tier::t1, "blind")), (Names{"blind", "sees"}));
}

TEST(Escalation, goes_where_the_setting_allows) {
  using config::Escalate;

  struct Case {
    Escalate escalate;
    Tier from;
    std::vector<Tier> filled;
    std::vector<Tier> path;  // of the plans, the first included
  };

  const std::vector<Tier> all{Tier::t1, Tier::t2, Tier::t3};
  for (const Case& c : {
           Case{Escalate::none, Tier::t1, all, {Tier::t1}},
           Case{Escalate::up, Tier::t1, all, {Tier::t1, Tier::t2, Tier::t3}},
           Case{Escalate::up, Tier::t2, all, {Tier::t2, Tier::t3}},
           Case{Escalate::up, Tier::t3, all, {Tier::t3}},
           Case{Escalate::up, Tier::t1, {Tier::t1, Tier::t3}, {Tier::t1, Tier::t3}},
           Case{Escalate::up, Tier::t2, {Tier::t1}, {Tier::t1}},
           Case{Escalate::any, Tier::t1, all, {Tier::t1, Tier::t2, Tier::t3}},
           Case{Escalate::any, Tier::t2, all, {Tier::t2, Tier::t3, Tier::t1}},
           Case{Escalate::any, Tier::t3, all, {Tier::t3, Tier::t2, Tier::t1}},
           Case{Escalate::any, Tier::t2, {Tier::t1, Tier::t2}, {Tier::t2, Tier::t1}},
           Case{Escalate::any, Tier::t2, {Tier::t1, Tier::t3}, {Tier::t3, Tier::t1}},
           Case{Escalate::any, Tier::t2, {Tier::t2}, {Tier::t2}},
       }) {
    Scene scene;
    for (const Tier tier : c.filled) scene.add(tier, "m-" + std::string(to_string(tier)));
    scene.config.retries.escalate = c.escalate;
    const auto first = scene.plan(c.from);
    ASSERT_TRUE(first);
    std::vector<Tier> path;
    for (std::optional<Plan> plan = *first; plan; plan = escalated(*plan, scene.asked->request(), scene.input())) {
      path.push_back(plan->tier);
      EXPECT_EQ(models(*plan), (Names{"m-" + std::string(to_string(plan->tier))}));
      ASSERT_LE(path.size(), 3U);
    }
    EXPECT_EQ(path, c.path) << to_string(c.escalate) << " from " << to_string(c.from) << ", " << c.filled.size();
  }
}

TEST(Escalation, the_next_tier_has_its_own_strategy) {
  Scene scene;
  scene.add(Tier::t1, "a");
  scene.add(Tier::t2, "dear").price = config::Price{5, 5};
  scene.add(Tier::t2, "cheap").price = config::Price{1, 1};
  scene.config.models.strategies[Tier::t2] = Strategy::cheapest;
  scene.config.retries.escalate = config::Escalate::up;
  const auto next = escalated(*scene.plan(Tier::t1), scene.asked->request(), scene.input());
  ASSERT_TRUE(next);
  EXPECT_EQ(next->strategy, Strategy::cheapest);
  EXPECT_EQ(models(*next), (Names{"cheap", "dear"}));
}

TEST(Escalation, a_pinned_model_has_none) {
  Scene scene({{Tier::t1, "p", "a", true}, {Tier::t2, "p", "b", true}});
  scene.config.retries.escalate = config::Escalate::any;
  EXPECT_FALSE(escalated(*scene.plan(Tier::t1, "a"), scene.asked->request(), scene.input()));
  scene.config.routing.pinned_fallback = true;
  EXPECT_TRUE(escalated(*scene.plan(Tier::t1, "a"), scene.asked->request(), scene.input()));
}

TEST(ListedModels, distinct_in_order) {
  Scene scene({{Tier::t1, "upstream", "a", true}, {Tier::t2, "p", "a", true}, {Tier::t3, "upstream", "a", true}});
  Names ids;
  for (const ListedModel& model : listed_models(scene.config)) ids.push_back(model.id);
  EXPECT_EQ(ids, (Names{"a", "p/a"}));
}

}  // namespace
}  // namespace gw::routing
