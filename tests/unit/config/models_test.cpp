// The settings of read_models.cpp: entries, strategies, routing, adaptive weights.
#include "config/load.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace gw::config {
namespace {

std::string current(const std::string& members) {
  return R"({"schema_version":1,"general":{"gateway_api_key":"abcdefghijklmnop"},)" + members + "}";
}

std::string with_entry(const std::string& members) {
  return current(R"("models":{"t1":[{"model":"m",)" + members + "}]}");
}

Loaded loaded(const std::string& text) {
  LoadResult result = load(text, {});
  if (const auto* problems = std::get_if<std::vector<Problem>>(&result)) {
    for (const Problem& problem : *problems) ADD_FAILURE() << problem.path << ": " << problem.message << "\n" << text;
    return {};
  }
  return std::get<Loaded>(std::move(result));
}

std::vector<Problem> problems_of(const std::string& text) {
  LoadResult result = load(text, {});
  const auto* problems = std::get_if<std::vector<Problem>>(&result);
  return problems == nullptr ? std::vector<Problem>{} : *problems;
}

TEST(ConfigModels, an_entry_says_what_it_can_and_what_it_costs) {
  const Loaded result = loaded(with_entry(
      R"("context_window":128000,"max_output":"16384","max_concurrent":8,"weight":0.9,"multimodal":false,"rounds":3,
         "timeouts":{"connect":700,"generation":90000,"idle":5000},"price":{"input":0.25,"output":2})"
  ));
  EXPECT_TRUE(result.warnings.empty()) << result.warnings[0].path;
  const ModelEntry& entry = result.config.models.entries[Tier::t1].at(0);
  EXPECT_EQ(entry.context_window, 128000U);
  EXPECT_EQ(entry.max_output, 16384U) << "a number written as text";
  EXPECT_EQ(entry.max_concurrent, 8U);
  EXPECT_EQ(entry.weight, 0.9);
  EXPECT_FALSE(entry.multimodal);
  EXPECT_EQ(entry.rounds, 3);
  EXPECT_EQ(entry.connect, Millis{700});
  EXPECT_EQ(entry.generation, Millis{90000});
  EXPECT_EQ(entry.idle, Millis{5000});
  EXPECT_EQ(entry.price, (Price{0.25, 2}));
}

TEST(ConfigModels, what_an_entry_does_not_say_is_not_known) {
  for (const char* const members : {
           R"("provider":"upstream")",
           R"("context_window":null,"max_output":null,"max_concurrent":null,"rounds":null,"timeouts":null,"price":null)",
           R"("timeouts":{"connect":null})",
       }) {
    const ModelEntry entry = loaded(with_entry(members)).config.models.entries[Tier::t1].at(0);
    ModelEntry plain;
    plain.model = "m";
    EXPECT_EQ(entry, plain) << members;
  }
  const ModelEntry partly =
      loaded(with_entry(R"("timeouts":{"idle":1}, "price":{"input":0,"output":0})")).config.models.entries[Tier::t1][0];
  EXPECT_FALSE(partly.connect);
  EXPECT_FALSE(partly.generation);
  EXPECT_EQ(partly.idle, Millis{1});
  EXPECT_EQ(partly.price, Price{}) << "free is a price";
}

TEST(ConfigModels, every_strategy_and_affinity_has_its_name) {
  for (const Strategy strategy : strategies) {
    const std::string name(to_string(strategy));
    const Loaded result = loaded(current(R"("models":{"t2":["m"],"strategies":{"t2":")" + name + "\"}}"));
    EXPECT_EQ(result.config.models.strategies[Tier::t2], strategy) << name;
    EXPECT_EQ(result.config.models.strategies[Tier::t1], Strategy::sequential);
  }
  for (const Affinity affinity : affinities) {
    const std::string name(to_string(affinity));
    const Loaded result = loaded(current(R"("models":{"t2":["m"]},"routing":{"affinity":")" + name + "\"}"));
    EXPECT_EQ(result.config.routing.affinity, affinity) << name;
  }
  EXPECT_EQ(to_string(Affinity::automatic), "auto");
  EXPECT_EQ(to_string(Strategy::least_busy), "least_busy");
}

TEST(ConfigModels, routing_is_off_unless_said) {
  const Config plain = loaded(current(R"("models":{"t2":["m"]})")).config;
  EXPECT_EQ(plain.routing, Routing{});
  EXPECT_EQ(plain.routing.affinity, Affinity::off);
  EXPECT_FALSE(plain.routing.pinned_fallback);
  EXPECT_TRUE(
      loaded(current(R"("models":{"t2":["m"]},"routing":{"pinned_fallback":"tier"})")).config.routing.pinned_fallback
  );
  EXPECT_FALSE(
      loaded(current(R"("models":{"t2":["m"]},"routing":{"pinned_fallback":"none"})")).config.routing.pinned_fallback
  );
}

TEST(ConfigModels, adaptive_weights_have_the_original_s_names_and_defaults) {
  const AdaptiveWeights plain = loaded(current(R"("models":{"t2":["m"]})")).config.adaptive_weights;
  EXPECT_EQ(plain.random, 0.3);
  EXPECT_EQ(plain.health, 0.1);
  EXPECT_EQ(plain.speed, 0.3);
  EXPECT_EQ(plain.user, 0.2);
  EXPECT_EQ(plain.consecutive_penalty, 0.3);
  EXPECT_EQ(plain.history, 3);
  const AdaptiveWeights set = loaded(current(R"("models":{"t2":["m"]},"adaptive_weights":{"weight_random":1,
      "weight_health":2.5,"weight_speed":"3","weight_user":4,"weight_consecutive_penalty":0,
      "consecutive_history_size":0})"))
                                  .config.adaptive_weights;
  EXPECT_EQ(set.random, 1);
  EXPECT_EQ(set.health, 2.5);
  EXPECT_EQ(set.speed, 3);
  EXPECT_EQ(set.user, 4);
  EXPECT_EQ(set.consecutive_penalty, 0);
  EXPECT_EQ(set.history, 0);
}

TEST(ConfigModels, each_problem_has_its_path_and_says_what_to_write) {
  struct Case {
    std::string text;
    std::string path;
    std::string says;
  };

  const auto models = [](const std::string& members) { return current(R"("models":{"t1":["m"]},)" + members); };
  for (const Case& c : {
           Case{with_entry(R"("context_window":-1)"), "models.t1[0].context_window", "from 0 to 1000000000"},
           Case{with_entry(R"("context_window":"128k")"), "models.t1[0].context_window", "whole number"},
           Case{with_entry(R"("max_output":1.5)"), "models.t1[0].max_output", "whole number"},
           Case{with_entry(R"("max_concurrent":-2)"), "models.t1[0].max_concurrent", "from 0 to 1000000"},
           Case{with_entry(R"("rounds":0)"), "models.t1[0].rounds", "from 1 to 1000"},
           Case{with_entry(R"("timeouts":5)"), "models.t1[0].timeouts", "object"},
           Case{with_entry(R"("timeouts":{"connect":0})"), "models.t1[0].timeouts.connect", "from 1 to"},
           Case{with_entry(R"("timeouts":{"generation":"soon"})"), "models.t1[0].timeouts.generation", "whole number"},
           Case{with_entry(R"("timeouts":{"idle":-1})"), "models.t1[0].timeouts.idle", "from 1 to"},
           Case{with_entry(R"("price":3)"), "models.t1[0].price", "object"},
           Case{with_entry(R"("price":{"input":1})"), "models.t1[0].price.output", "is missing"},
           Case{with_entry(R"("price":{"output":1,"input":null})"), "models.t1[0].price.input", "is missing"},
           Case{with_entry(R"("price":{"input":-1,"output":1})"), "models.t1[0].price.input", "from 0"},
           Case{
               current(R"("models":{"t1":["m"],"strategies":{"t3":"best"}})"),
               "models.strategies.t3",
               "sequential, random, adaptive, fastest, cheapest, least_busy"},
           Case{
               models(R"("routing":{"affinity":"sticky"})"),
               "routing.affinity",
               "off, auto, header, user, prompt_cache_key, prefix"},
           Case{models(R"("routing":{"affinity":true})"), "routing.affinity", "text"},
           Case{models(R"("routing":{"pinned_fallback":"any"})"), "routing.pinned_fallback", "none or tier"},
           Case{models(R"("routing":[])"), "routing", "object"},
           Case{models(R"("adaptive_weights":{"weight_random":-0.1})"), "adaptive_weights.weight_random", "from 0"},
           Case{models(R"("adaptive_weights":{"weight_health":"much"})"), "adaptive_weights.weight_health", "number"},
           Case{models(R"("adaptive_weights":{"weight_speed":2000})"), "adaptive_weights.weight_speed", "to 1000"},
           Case{models(R"("adaptive_weights":{"weight_user":[]})"), "adaptive_weights.weight_user", "number"},
           Case{
               models(R"("adaptive_weights":{"weight_consecutive_penalty":-1})"),
               "adaptive_weights.weight_consecutive_penalty",
               "from 0"},
           Case{
               models(R"("adaptive_weights":{"consecutive_history_size":65})"),
               "adaptive_weights.consecutive_history_size",
               "from 0 to 64"},
       }) {
    const std::vector<Problem> problems = problems_of(c.text);
    ASSERT_EQ(problems.size(), 1U) << c.text;
    EXPECT_EQ(problems[0].path, c.path) << problems[0].message;
    EXPECT_NE(problems[0].message.find(c.says), std::string::npos) << c.path << ": " << problems[0].message;
  }
}

TEST(ConfigModels, what_has_no_effect_is_warned_of) {
  struct Case {
    std::string text;
    std::vector<std::string> paths;
  };

  for (const Case& c : {
           Case{with_entry(R"("color":1)"), {"models.t1[0].color"}},
           Case{with_entry(R"("timeouts":{"total":1})"), {"models.t1[0].timeouts.total"}},
           Case{with_entry(R"("price":{"input":1,"output":1,"currency":"EUR"})"), {"models.t1[0].price.currency"}},
           Case{
               current(R"("models":{"t1":["a",{"model":"b","price":{"input":1,"output":1}}],"t2":["a"],
                   "strategies":{"t1":"cheapest"}})"),
               {"models.t1[0].price"}},
           Case{
               current(R"("models":{"t1":["m"]},"routing":{"sticky":1},"adaptive_weights":{"weight_luck":1})"),
               {"routing.sticky", "adaptive_weights.weight_luck"}},
       }) {
    const Loaded result = loaded(c.text);
    std::vector<std::string> paths;
    for (const Problem& warning : result.warnings) paths.push_back(warning.path);
    EXPECT_EQ(paths, c.paths) << c.text;
  }
}

TEST(ConfigModels, an_original_s_odd_weights_are_put_right_once) {
  const Loaded result = loaded(R"({"models":{"t1":["m"]},"adaptive_weights":{"weight_random":-1,"weight_user":0.4,
      "consecutive_history_size":5000,"weight_speed":"0.25","note":-7}})");
  const AdaptiveWeights& weights = result.config.adaptive_weights;
  EXPECT_EQ(weights.random, 0);
  EXPECT_EQ(weights.user, 0.4);
  EXPECT_EQ(weights.speed, 0.25);
  EXPECT_EQ(weights.history, AdaptiveWeights::max_history);
  for (const char* const path : {"adaptive_weights.weight_random", "adaptive_weights.consecutive_history_size"}) {
    EXPECT_EQ(
        std::count_if(result.warnings.begin(), result.warnings.end(), [&](const Problem& p) { return p.path == path; }),
        1
    ) << path;
  }
  ASSERT_TRUE(result.rewritten);
  const Loaded again = loaded(*result.rewritten);
  EXPECT_EQ(again.config.adaptive_weights, weights);
  EXPECT_EQ(nlohmann::json::parse(*result.rewritten)["adaptive_weights"]["note"], -7) << "what nobody knows is kept";
}

// --- providers.image_description* ------------------------------------------------------------------------------------

std::string with_vision(const std::string& members) {
  return current(
      R"("models":{"t1":["m"]},"providers":{"custom":{"v":{"base_url":"https://v.example"},"d":{"protocol":"demo"}},)" +
      members + "}"
  );
}

TEST(ConfigImageDescription, what_the_original_wrote) {
  const Loaded result = loaded(with_vision(
      R"("image_description":[{"model":"eyes","provider":"v","multimodal":true,"weight":0.7},"v/more","plain"],
         "image_description_prompt":"Say it.","image_description_cache_ttl":60,"image_description_cache_mb":3,
         "image_description_timeout":1500)"
  ));
  EXPECT_TRUE(result.warnings.empty()) << result.warnings[0].path;
  const ImageDescription& image = result.config.providers.image_description;
  ASSERT_EQ(image.entries.size(), 3U);
  EXPECT_EQ(image.entries[0].id(), "v/eyes");
  EXPECT_EQ(image.entries[0].weight, 0.7);
  EXPECT_EQ(image.entries[1].id(), "v/more");
  EXPECT_EQ(image.entries[2].id(), "plain");
  EXPECT_EQ(image.prompt, "Say it.");
  EXPECT_EQ(image.cache_ttl, Seconds{60});
  EXPECT_EQ(image.cache_mb, 3U);
  EXPECT_EQ(image.timeout, Millis{1500});
}

TEST(ConfigImageDescription, defaults_also_where_the_original_meant_them) {
  for (const char* const members :
       {R"("map":{})", R"("image_description":[],"image_description_prompt":"","image_description_cache_ttl":0)"}) {
    EXPECT_EQ(loaded(with_vision(members)).config.providers.image_description, ImageDescription{}) << members;
  }
  EXPECT_EQ(ImageDescription{}.cache_ttl, Seconds{86400});
  EXPECT_FALSE(ImageDescription{}.prompt.empty());
}

TEST(ConfigImageDescription, a_change_is_a_change) {
  EXPECT_NE(
      loaded(with_vision(R"("image_description":["m"])")).config,
      loaded(with_vision(R"("image_description":[])")).config
  );
}

TEST(ConfigImageDescription, what_is_wrong_is_named) {
  struct Case {
    const char* members;
    const char* path;
  };

  for (const Case& c : {
           Case{
               R"("image_description":[{"model":"m","provider":"nobody"}])", "providers.image_description[0].provider"},
           Case{R"("image_description":[{"provider":"v"}])", "providers.image_description[0].model"},
           Case{R"("image_description":{})", "providers.image_description"},
           Case{R"("image_description_cache_ttl":-1)", "providers.image_description_cache_ttl"},
           Case{R"("image_description_cache_mb":5000)", "providers.image_description_cache_mb"},
           Case{R"("image_description_timeout":0)", "providers.image_description_timeout"},
           Case{R"("image_description_prompt":7)", "providers.image_description_prompt"},
       }) {
    const std::vector<Problem> problems = problems_of(with_vision(c.members));
    ASSERT_EQ(problems.size(), 1U) << c.members;
    EXPECT_EQ(problems[0].path, c.path);
  }
  const Loaded demo = loaded(with_vision(R"("image_description":["v/eyes","d/demo"])"));
  ASSERT_EQ(demo.warnings.size(), 1U);
  EXPECT_EQ(demo.warnings[0].path, "providers.image_description[1]");
}

}  // namespace
}  // namespace gw::config
