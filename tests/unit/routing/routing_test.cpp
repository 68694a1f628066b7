#include "routing/routing.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gw::routing {
namespace {

using config::Tier;

config::Config config_of(const std::vector<std::tuple<Tier, std::string, std::string, bool>>& entries) {
  config::Config config;
  for (const auto& [id, protocol] : std::vector<std::pair<std::string, config::Protocol>>{
           {"upstream", config::Protocol::openai},
           {"p", config::Protocol::openai},
           {"anth", config::Protocol::v1_messages}}) {
    auto provider = std::make_shared<config::Provider>();
    provider->id = id;
    provider->protocol = protocol;
    config.providers.by_id[id] = provider;
  }
  for (const auto& [tier, provider, model, multimodal] : entries) {
    config::ModelEntry entry;
    entry.model = model;
    entry.provider = provider;
    entry.multimodal = multimodal;
    config.models.entries[tier].push_back(entry);
  }
  return config;
}

std::vector<std::string> names(const Result<Plan>& plan) {
  std::vector<std::string> out;
  if (!plan) return {"error: " + plan.error().message};
  for (const Candidate& candidate : plan->candidates) out.push_back(candidate.display_name);
  return out;
}

intent::Verdict verdict(Tier tier, std::string pinned = {}) {
  intent::Verdict out;
  out.tier = tier;
  out.pinned_model = std::move(pinned);
  return out;
}

using Names = std::vector<std::string>;

TEST(Plan, configured_order_and_fallback_tiers) {
  const auto config =
      config_of({{Tier::t1, "upstream", "a", true}, {Tier::t1, "p", "b", true}, {Tier::t3, "p", "c", true}});
  EXPECT_EQ(names(plan(verdict(Tier::t1), {}, config)), (Names{"upstream/a", "p/b"}));
  const auto empty_tier = plan(verdict(Tier::t2), {}, config);
  EXPECT_EQ(names(empty_tier), (Names{"p/c"})) << "an empty tier moves up first";
  EXPECT_EQ(empty_tier->tier, Tier::t3);
  const auto only_low = config_of({{Tier::t1, "p", "b", true}});
  EXPECT_EQ(names(plan(verdict(Tier::t3), {}, only_low)), (Names{"p/b"}));
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
    std::vector<std::tuple<Tier, std::string, std::string, bool>> entries;
    for (const Tier tier : c.filled) entries.emplace_back(tier, "p", std::string(to_string(tier)) + "-model", true);
    const auto result = plan(verdict(c.asked), {}, config_of(entries));
    ASSERT_TRUE(result) << to_string(c.asked);
    EXPECT_EQ(result->tier, c.given) << to_string(c.asked) << " with " << c.filled.size() << " tiers filled";
    EXPECT_EQ(names(result), (Names{"p/" + std::string(to_string(c.given)) + "-model"}));
  }
}

TEST(Plan, an_entry_named_twice_is_asked_once) {
  const auto config = config_of(
      {{Tier::t1, "p", "a", true},
       {Tier::t1, "upstream", "a", true},
       {Tier::t1, "p", "a", false},
       {Tier::t1, "p", "b", true}}
  );
  EXPECT_EQ(names(plan(verdict(Tier::t1), {}, config)), (Names{"p/a", "upstream/a", "p/b"}));
}

TEST(Plan, a_pinned_model_in_two_tiers_is_one_candidate) {
  const auto config = config_of({{Tier::t1, "p", "m", true}, {Tier::t2, "p", "m", true}});
  const auto result = plan(verdict(Tier::t1, "m"), {}, config);
  EXPECT_EQ(names(result), (Names{"p/m"}));
  EXPECT_EQ(result->tier, Tier::t1);
}

TEST(Plan, a_pin_never_moves_to_another_model) {
  const auto config = config_of({{Tier::t1, "p", "m", true}, {Tier::t2, "anth", "claude", true}});
  for (const char* const name : {"claude", "anth/claude", "gone"}) {
    const auto result = plan(verdict(Tier::t1, name), {}, config);
    ASSERT_FALSE(result) << name;
    EXPECT_EQ(result.error().code, Errc::no_route) << name;
    EXPECT_NE(result.error().message.find(name), std::string::npos) << result.error().message;
  }
}

TEST(Plan, no_route_says_which_setting_to_change) {
  struct Case {
    const char* name;
    config::Config config;
    std::vector<std::string> says;
  };

  for (const Case& c : {
           Case{"nothing configured", config_of({}), {"models.t1", "openai", "empty"}},
           Case{
               "only a protocol that is not spoken",
               config_of({{Tier::t2, "anth", "claude", true}}),
               {"\"anth\"", "\"claude\"", "v1-messages", "models.t1"}},
       }) {
    const auto result = plan(verdict(Tier::t1), {}, c.config);
    ASSERT_FALSE(result) << c.name;
    EXPECT_EQ(result.error().code, Errc::no_route) << c.name;
    for (const std::string& part : c.says) {
      EXPECT_NE(result.error().message.find(part), std::string::npos) << c.name << ": " << result.error().message;
    }
  }
}

TEST(Plan, a_candidate_knows_where_it_goes) {
  const auto config = config_of({{Tier::t2, "upstream", "m", false}, {Tier::t2, "p", "n", true}});
  const auto result = plan(verdict(Tier::t2), {}, config);
  ASSERT_TRUE(result);
  ASSERT_EQ(result->candidates.size(), 2U);
  const Candidate& first = result->candidates[0];
  EXPECT_EQ(first.model, "m");
  EXPECT_EQ(first.entry_id, "m") << "the default provider is not part of the id";
  EXPECT_EQ(first.display_name, "upstream/m");
  EXPECT_EQ(first.provider->id, "upstream");
  EXPECT_FALSE(first.multimodal);
  EXPECT_EQ(result->candidates[1].entry_id, "p/n");
  EXPECT_EQ(result->candidates[1].tier, Tier::t2);
}

TEST(Plan, a_pinned_model_is_that_model_and_no_other) {
  const auto config =
      config_of({{Tier::t1, "upstream", "m", true}, {Tier::t2, "p", "m", true}, {Tier::t3, "p", "x", true}});
  EXPECT_EQ(names(plan(verdict(Tier::t1, "m"), {}, config)), (Names{"upstream/m", "p/m"}));
  EXPECT_EQ(names(plan(verdict(Tier::t2, "p/m"), {}, config)), (Names{"p/m"}));
}

TEST(Plan, images_go_to_models_that_see_first) {
  const auto config = config_of({{Tier::t1, "p", "blind", false}, {Tier::t1, "p", "sees", true}});
  chat::ChatRequest request;
  EXPECT_EQ(names(plan(verdict(Tier::t1), request, config)), (Names{"p/blind", "p/sees"}));
  request.images = 1;
  EXPECT_EQ(names(plan(verdict(Tier::t1), request, config)), (Names{"p/sees", "p/blind"}));
  const auto mixed = config_of(
      {{Tier::t1, "p", "blind1", false},
       {Tier::t1, "p", "blind2", false},
       {Tier::t1, "p", "sees1", true},
       {Tier::t1, "p", "blind3", false},
       {Tier::t1, "p", "sees2", true}}
  );
  EXPECT_EQ(
      names(plan(verdict(Tier::t1), request, mixed)), (Names{"p/sees1", "p/sees2", "p/blind1", "p/blind2", "p/blind3"})
  ) << "the configured order stays within each half";
}

TEST(Plan, protocols_not_spoken_yet_are_left_out) {
  const auto config = config_of({{Tier::t1, "anth", "claude", true}, {Tier::t2, "p", "b", true}});
  EXPECT_EQ(names(plan(verdict(Tier::t1), {}, config)), (Names{"p/b"}));
  const auto none = plan(verdict(Tier::t1, "claude"), {}, config);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::no_route);
  EXPECT_NE(none.error().message.find("claude"), std::string::npos);
}

TEST(Plan, the_provider_map_moves_default_entries) {
  auto config = config_of({{Tier::t1, "upstream", "m", true}});
  config.providers.model_map["m"] = "p";
  const auto result = plan(verdict(Tier::t1), {}, config);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->candidates[0].provider->id, "p");
  EXPECT_EQ(result->candidates[0].entry_id, "m") << "statistics stay with the entry";
}

TEST(ListedModels, distinct_in_order) {
  const auto config =
      config_of({{Tier::t1, "upstream", "a", true}, {Tier::t2, "p", "a", true}, {Tier::t3, "upstream", "a", true}});
  Names ids;
  for (const ListedModel& model : listed_models(config)) ids.push_back(model.id);
  EXPECT_EQ(ids, (Names{"a", "p/a"}));
}

}  // namespace
}  // namespace gw::routing
