#include "scene.hpp"

#include <string>
#include <vector>

namespace gw::routing {
namespace {

TEST(Catalog, an_entry_s_own_numbers_win_over_its_tier_s) {
  Scene scene;
  scene.config.timeouts.connect = {{Millis{11}, Millis{12}, Millis{13}}};
  scene.config.timeouts.generation = {{Millis{21}, Millis{22}, Millis{23}}};
  scene.config.timeouts.idle = Millis{31};
  scene.config.retries.rounds = {{0, 2, 3}};
  scene.add(Tier::t1, "none");
  scene.add(Tier::t2, "plain");
  config::ModelEntry& own = scene.add(Tier::t2, "own");
  own.connect = Millis{1};
  own.generation = Millis{2};
  own.idle = Millis{3};
  own.rounds = 4;
  own.max_concurrent = 5;
  own.context_window = 6;
  own.max_output = 7;
  own.price = config::Price{8, 9};
  const Candidate& plain = scene.candidate("plain");
  EXPECT_EQ(plain.connect, Millis{12});
  EXPECT_EQ(plain.generation, Millis{22});
  EXPECT_EQ(plain.idle, Millis{31});
  EXPECT_EQ(plain.rounds, 2);
  EXPECT_EQ(plain.price, std::nullopt);
  EXPECT_EQ(scene.candidate("none").rounds, 1) << "every candidate may be asked once";
  const Candidate& candidate = scene.candidate("own");
  EXPECT_EQ(candidate.connect, Millis{1});
  EXPECT_EQ(candidate.generation, Millis{2});
  EXPECT_EQ(candidate.idle, Millis{3});
  EXPECT_EQ(candidate.rounds, 4);
  EXPECT_EQ(candidate.max_concurrent, 5U);
  EXPECT_EQ(candidate.context_window, 6U);
  EXPECT_EQ(candidate.max_output, 7U);
  EXPECT_EQ(candidate.price, (config::Price{8, 9}));
}

TEST(Catalog, names_mean_what_intent_says_they_mean) {
  Scene scene(
      {{Tier::t1, "upstream", "m", true},
       {Tier::t2, "p", "m", true},
       {Tier::t2, "p", "m", true},
       {Tier::t2, "upstream", "p/m", true},
       {Tier::t3, "anth", "claude", true}}
  );
  (void)scene.input();
  for (const char* const name : {"m", "p/m", "upstream/m", "upstream/p/m", "claude", "anth/claude", "p", "", "M"}) {
    Names expected;
    for (const Tier tier : config::tiers) {
      for (const Candidate& candidate : scene.catalog->tier(tier)) {
        const auto& entries = scene.config.models.entries[tier];
        const bool goes = std::any_of(entries.begin(), entries.end(), [&](const config::ModelEntry& e) {
          return e.provider + "/" + e.model == candidate.display_name && intent::goes_by(e, name);
        });
        if (goes) expected.push_back(candidate.display_name);
      }
    }
    Names found;
    for (const Candidate* const candidate : scene.catalog->named(name)) found.push_back(candidate->display_name);
    EXPECT_EQ(found, expected) << name;
  }
  EXPECT_EQ(scene.catalog->named("p/m").size(), 2U) << "a provider's model, and a model that is called so";
}

TEST(Catalog, an_entry_keeps_its_cells_in_every_tier_and_configuration) {
  Scene scene({{Tier::t1, "p", "m", true}, {Tier::t2, "p", "m", true}, {Tier::t2, "upstream", "m", true}});
  (void)scene.input();
  const auto before = scene.catalog;
  health::Target* const target = before->tier(Tier::t1)[0].health;
  EXPECT_EQ(before->tier(Tier::t2)[0].health, target);
  EXPECT_NE(before->tier(Tier::t2)[1].health, target);
  scene.add(Tier::t1, "new");
  (void)scene.input();
  ASSERT_NE(scene.catalog, before);
  EXPECT_EQ(scene.catalog->tier(Tier::t1)[0].health, target);
}

TEST(Catalog, only_strategies_that_look_at_winners_remember_them) {
  for (const Strategy strategy : config::strategies) {
    Scene scene({{Tier::t1, "p", "m", true}, {Tier::t2, "p", "n", true}});
    scene.config.models.strategies[Tier::t1] = strategy;
    const bool looks = strategy == Strategy::random || strategy == Strategy::adaptive;
    EXPECT_EQ(scene.candidate("m").remembered, looks) << to_string(strategy);
    EXPECT_FALSE(scene.candidate("n").remembered);
  }
  Scene scene({{Tier::t1, "p", "m", true}});
  scene.config.models.strategies[Tier::t1] = Strategy::adaptive;
  scene.config.adaptive_weights.history = 0;
  EXPECT_FALSE(scene.candidate("m").remembered);
}

TEST(Catalog, vision_models_stand_apart_from_the_tiers) {
  Scene scene;
  scene.add(Tier::t1, "m");
  config::ImageDescription& vision = scene.config.providers.image_description;
  vision.timeout = Millis{77};
  const std::pair<const char*, const char*> entries[] = {
      {"m", "p"}, {"eyes", "p"}, {"slow", "p"}, {"eyes", "p"}, {"x", "d"}, {"y", "anth"}};
  for (const auto& [model, provider] : entries) {
    config::ModelEntry& entry = vision.entries.emplace_back();
    entry.model = model;
    entry.provider = provider;
  }
  vision.entries[2].generation = Millis{99};
  auto demo = std::make_shared<config::Provider>();
  demo->id = "d";
  demo->protocol = config::Protocol::demo;
  scene.config.providers.by_id["d"] = demo;
  (void)scene.input();
  const auto& catalog = scene.catalog;
  std::vector<std::string> names;
  for (const Candidate& candidate : catalog->vision()) names.push_back(candidate.model);
  EXPECT_EQ(names, (std::vector<std::string>{"m", "eyes", "slow", "y"})) << "each once, none that cannot see";
  EXPECT_EQ(catalog->vision()[1].generation, Millis{77});
  EXPECT_EQ(catalog->vision()[1].rounds, 1);
  EXPECT_EQ(catalog->vision()[2].generation, Millis{99});
  EXPECT_TRUE(catalog->named("eyes").empty()) << "no client can ask for it";
  EXPECT_EQ(catalog->vision()[0].health, catalog->tier(Tier::t1)[0].health) << "the same model is one model";
}

}  // namespace
}  // namespace gw::routing
