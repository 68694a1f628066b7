#include "config/load.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace gw::config {
namespace {

const SecretSource no_secrets{
    [](std::string_view) { return std::optional<std::string>{}; },
    [](std::string_view) { return std::optional<std::string>{}; }};

// The tiers have the models kimi and o3.
LoadResult load_params(const std::string& members) {
  return load(
      R"({"schema_version":1,"general":{"gateway_api_key":"abcdefghijklmnop"},
          "models":{"t1":["kimi"],"t3":[{"model":"o3","provider":"upstream"}]},"params":{)" +
          members + "}}",
      no_secrets
  );
}

Loaded good(const std::string& members) {
  LoadResult result = load_params(members);
  if (const auto* problems = std::get_if<std::vector<Problem>>(&result)) {
    for (const Problem& problem : *problems)
      ADD_FAILURE() << problem.path << ": " << problem.message << "\n" << members;
    return {};
  }
  return std::get<Loaded>(std::move(result));
}

std::vector<Problem> problems_of(const std::string& members) {
  LoadResult result = load_params(members);
  if (auto* problems = std::get_if<std::vector<Problem>>(&result)) return *problems;
  return {};
}

// The rules of a model in one line: renames, defaults, forced, dropped.
std::string rules_of(const std::string& members, std::string_view model, Protocol dialect = Protocol::openai) {
  const Loaded loaded = good(members);
  const ParameterRules* const rules = loaded.config.params.of(model, dialect);
  if (rules == nullptr) return "none";
  std::string out;
  for (const Rename& one : rules->renamed) out += one.from + ">" + one.to + " ";
  for (const Parameter& one : rules->defaults) out += one.key + "?" + one.json + " ";
  for (const Parameter& one : rules->forced) out += one.key + "!" + one.json + " ";
  for (const std::string& name : rules->dropped) out += "-" + name + " ";
  return out;
}

TEST(Params, in_another_dialect_s_body_they_have_its_names_or_none) {
  const std::string members =
      R"("global_params":{"max_tokens":9,"stop":["x"],"temperature":0.5,"enable_thinking":false},)"
      R"("forced_params":{"kimi":{"max_completion_tokens":5,"seed":1,"top_p":0.9}},)"
      R"("dropped_params":{"kimi":["user","n"]},"renamed_params":{"kimi":{"a":"b","c":"seed"}})";
  const auto in = [&](Protocol dialect) { return rules_of(members, "kimi", dialect); };
  EXPECT_EQ(in(Protocol::v1_messages), "a>b temperature?0.5 enable_thinking?false max_tokens!5 top_p!0.9 ");
  EXPECT_EQ(
      in(Protocol::v1_response), "a>b temperature?0.5 enable_thinking?false max_output_tokens!5 top_p!0.9 -user "
  );
  EXPECT_EQ(rules_of(members, "other", Protocol::v1_messages), "max_tokens?9 temperature?0.5 enable_thinking?false ");
}

TEST(Params, a_model_without_rules_has_none) {
  EXPECT_EQ(rules_of("", "kimi"), "none");
  EXPECT_EQ(rules_of(R"("global_params":{},"model_params":{"kimi":{}},"dropped_params":{"*":[]})", "kimi"), "none");
  EXPECT_EQ(rules_of(R"("forced_params":{"kimi":{"top_p":0.95}})", "o3"), "none");
}

TEST(Params, are_put_together_by_model) {
  struct Case {
    const char* name;
    const char* members;
    const char* of_kimi;
    const char* of_o3;
  };

  for (const Case& c : {
           Case{
               "values as written",
               R"("forced_params":{"kimi":{"top_p":0.95,"x":{"b":[1e2,"名"]}}})",
               R"(top_p!0.95 x!{"b":[100.0,"名"]} )",
               "none"},
           Case{"global", R"("global_params":{"a":1},"model_params":{"kimi":{"b":2}})", "a?1 b?2 ", "a?1 "},
           Case{
               "a model over all models over global",
               R"("global_params":{"a":1,"b":1,"c":1},"model_params":{"*":{"b":2,"c":2},"kimi":{"c":3}})",
               "a?1 b?2 c?3 ",
               "a?1 b?2 c?2 "},
           Case{"forced over a default", R"("global_params":{"a":1},"forced_params":{"kimi":{"a":2}})", "a!2 ", "a?1 "},
           Case{
               "drop a default",
               R"("global_params":{"a":1,"b":2},"dropped_params":{"kimi":["a","z"]})",
               "b?2 -a -z ",
               "a?1 b?2 "},
           Case{"drop for all", R"("dropped_params":{"*":["a"],"kimi":["b","b"]})", "-a -b ", "-a "},
           Case{
               "forced over a drop for all",
               R"("dropped_params":{"*":["a"]},"forced_params":{"kimi":{"a":1}})",
               "a!1 ",
               "-a "},
           Case{
               "default over a drop for all",
               R"("dropped_params":{"*":["a"]},"model_params":{"kimi":{"a":1}})",
               "a?1 ",
               "-a "},
           Case{
               "drop over forced for all",
               R"("forced_params":{"*":{"a":1}},"dropped_params":{"kimi":["a"]})",
               "-a ",
               "a!1 "},
           Case{
               "default over forced for all",
               R"("forced_params":{"*":{"a":1}},"model_params":{"kimi":{"a":2}})",
               "a?2 ",
               "a!1 "},
           Case{
               "renames beside each other", R"("renamed_params":{"*":{"a":"b"},"kimi":{"c":"d"}})", "c>d a>b ", "a>b "},
           Case{"another new name", R"("renamed_params":{"*":{"a":"b"},"kimi":{"a":"c"}})", "a>c ", "a>b "},
           Case{"another old name", R"("renamed_params":{"*":{"a":"b"},"kimi":{"c":"b"}})", "c>b ", "a>b "},
           Case{"the other way round", R"("renamed_params":{"*":{"a":"b"},"kimi":{"b":"a"}})", "b>a ", "a>b "},
           Case{"no chain of two", R"("renamed_params":{"*":{"a":"b"},"kimi":{"b":"c"}})", "b>c ", "a>b "},
           Case{
               "a drop over a rename for all",
               R"("renamed_params":{"*":{"a":"b"}},"dropped_params":{"kimi":["a"]})",
               "-a ",
               "a>b "},
           Case{
               "of its new name, too",
               R"("renamed_params":{"*":{"a":"b"}},"dropped_params":{"kimi":["b"]})",
               "-b ",
               "a>b "},
           Case{
               "a rename over a drop for all",
               R"("dropped_params":{"*":["a","b","c"]},"renamed_params":{"kimi":{"a":"b"}})",
               "a>b -c ",
               "-a -b -c "},
           Case{
               "values follow a rename",
               R"("global_params":{"a":1},"forced_params":{"*":{"c":2}},"renamed_params":{"kimi":{"a":"b","c":"d"}})",
               "a>b c>d b?1 d!2 ",
               "a?1 c!2 "},
           Case{
               "where the new name's own value wins",
               R"("global_params":{"a":1,"b":2},"renamed_params":{"kimi":{"a":"b"}})",
               "a>b b?2 ",
               "a?1 b?2 "},
           Case{
               "of the same strength only",
               R"("global_params":{"b":2},"model_params":{"kimi":{"a":1}},"renamed_params":{"kimi":{"a":"b"}})",
               "a>b b?1 ",
               "b?2 "},
       }) {
    EXPECT_EQ(rules_of(c.members, "kimi"), c.of_kimi) << c.name;
    EXPECT_EQ(rules_of(c.members, "o3"), c.of_o3) << c.name;
  }
}

TEST(Params, what_is_wrong_is_said_with_its_place) {
  struct Case {
    const char* members;
    const char* path;
    const char* says;
  };

  for (const Case& c : {
           Case{R"("global_params":{"model":"x"})", "global_params.model", "request's own"},
           Case{R"("global_params":{"":1})", "global_params.", "empty"},
           Case{R"("global_params":[1])", "global_params", "object"},
           Case{R"("model_params":{"kimi":{"messages":[]}})", "model_params.kimi.messages", "request's own"},
           Case{R"("model_params":{"kimi":7})", "model_params.kimi", "object"},
           Case{R"("forced_params":{"*":{"stream":true}})", "forced_params.*.stream", "request's own"},
           Case{R"("forced_params":{"kimi":["top_p"]})", "forced_params.kimi", "object"},
           Case{R"("dropped_params":["top_p"])", "dropped_params", "object"},
           Case{R"("dropped_params":{"kimi":"top_p"})", "dropped_params.kimi", "list of texts"},
           Case{R"("dropped_params":{"kimi":["a",1]})", "dropped_params.kimi", "list of texts"},
           Case{R"("dropped_params":{"kimi":["a",""]})", "dropped_params.kimi[1]", "empty"},
           Case{R"("dropped_params":{"*":["stream_options"]})", "dropped_params.*[0]", "\"stream_options\""},
           Case{R"("renamed_params":{"kimi":["a"]})", "renamed_params.kimi", "object"},
           Case{R"("renamed_params":{"kimi":{"a":1}})", "renamed_params.kimi.a", "new name"},
           Case{R"("renamed_params":{"kimi":{"a":null}})", "renamed_params.kimi.a", "new name"},
           Case{R"("renamed_params":{"kimi":{"a":""}})", "renamed_params.kimi.a", "empty"},
           Case{R"("renamed_params":{"kimi":{"":"a"}})", "renamed_params.kimi.", "empty"},
           Case{R"("renamed_params":{"kimi":{"messages":"a"}})", "renamed_params.kimi.messages", "request's own"},
           Case{R"("renamed_params":{"kimi":{"a":"model"}})", "renamed_params.kimi.a", "\"model\""},
           Case{R"("renamed_params":{"kimi":{"a":"a"}})", "renamed_params.kimi.a", "itself"},
           Case{
               R"("dropped_params":{"kimi":["b","a"]},"forced_params":{"kimi":{"a":1}})",
               "dropped_params.kimi",
               "\"a\", which forced_params"},
           Case{R"("dropped_params":{"*":["a"]},"forced_params":{"*":{"a":1}})", "dropped_params.*", "forced_params"},
           Case{
               R"("dropped_params":{"kimi":["a"]},"renamed_params":{"kimi":{"a":"b"}})",
               "dropped_params.kimi",
               "renamed_params"},
           Case{
               R"("dropped_params":{"kimi":["b"]},"renamed_params":{"kimi":{"a":"b"}})",
               "dropped_params.kimi",
               "renamed_params"},
       }) {
    const std::vector<Problem> problems = problems_of(c.members);
    ASSERT_EQ(problems.size(), 1U) << c.members;
    EXPECT_EQ(problems[0].path, std::string("params.") + c.path) << c.members;
    EXPECT_NE(problems[0].message.find(c.says), std::string::npos) << c.members << ": " << problems[0].message;
  }
}

TEST(Params, renames_that_clash_are_each_named) {
  struct Case {
    const char* renames;
    std::vector<std::string> keys;
  };

  for (const Case& c : {
           Case{R"({"a":"c","b":"c"})", {"a", "b"}},
           Case{R"({"a":"b","b":"c"})", {"a"}},
           Case{R"({"a":"b","b":"a","x":"y"})", {"a", "b"}},
           Case{R"({"a":"b","b":"c","c":"a"})", {"a", "b", "c"}},
       }) {
    const std::vector<Problem> problems = problems_of(R"("renamed_params":{"kimi":)" + std::string(c.renames) + "}");
    ASSERT_EQ(problems.size(), c.keys.size()) << c.renames;
    for (std::size_t i = 0; i < problems.size(); ++i) {
      EXPECT_EQ(problems[i].path, "params.renamed_params.kimi." + c.keys[i]) << c.renames;
      EXPECT_NE(problems[i].message.find("is renamed to"), std::string::npos) << problems[i].message;
    }
  }
}

TEST(Params, rules_without_effect_are_worth_a_word) {
  struct Case {
    const char* members;
    const char* path;
  };

  for (const Case& c : {
           Case{R"("model_params":{"kimy":{"a":1}})", "model_params.kimy"},
           Case{R"("forced_params":{"upstream/kimi":{"a":1}})", "forced_params.upstream/kimi"},
           Case{R"("dropped_params":{"kimy":["a"]})", "dropped_params.kimy"},
           Case{R"("renamed_params":{"kimy":{"a":"b"}})", "renamed_params.kimy"},
           Case{R"("model_params":{"kimi":{"a":1}},"forced_params":{"kimi":{"a":2}})", "model_params.kimi.a"},
           Case{R"("model_params":{"*":{"a":1}},"dropped_params":{"*":["a"]})", "model_params.*.a"},
           Case{
               R"("model_params":{"o3":{"a":1}},"forced_params":{"o3":{"b":2}},"renamed_params":{"o3":{"a":"b"}})",
               "model_params.o3.a"},
           Case{R"("model_param":{})", "model_param"},
       }) {
    const Loaded loaded = good(c.members);
    ASSERT_EQ(loaded.warnings.size(), 1U) << c.members;
    EXPECT_EQ(loaded.warnings[0].path, std::string("params.") + c.path) << c.members;
    EXPECT_NE(loaded.warnings[0].message.find("effect"), std::string::npos) << loaded.warnings[0].message;
  }
  EXPECT_TRUE(good(R"("model_params":{"*":{"a":1},"kimi":{"a":2}},"renamed_params":{"o3":{"b":"c"}})").warnings.empty()
  );
}

}  // namespace
}  // namespace gw::config
