#include "routing/routing.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gw::routing {
namespace {

using config::Tier;

config::Config config_of(std::vector<std::tuple<Tier, std::string, std::string, bool>> entries) {
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
  for (auto& [tier, provider, model, multimodal] : entries) {
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
