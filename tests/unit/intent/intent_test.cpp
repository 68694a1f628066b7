#include "intent/intent.hpp"

#include "intent/keywords.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace gw::intent {
namespace {

using config::Tier;

config::Config three_tiers() {
  config::Config config;
  const char* const models[] = {"small", "medium", "large"};
  for (const Tier tier : config::tiers) {
    config::ModelEntry entry;
    entry.model = models[static_cast<std::size_t>(tier)];
    entry.provider = tier == Tier::t3 ? "p" : "upstream";
    config.models.entries[tier].push_back(entry);
  }
  return config;
}

Verdict classify_json(const std::string& json, const config::Config& config) {
  const std::string padded = json + std::string(chat::padding, '\0');
  const std::string_view body = std::string_view(padded).substr(0, json.size());
  const auto request = chat::read(body);
  EXPECT_TRUE(request) << json;
  return classify(*request, body, config);
}

std::string user(const std::string& text, const std::string& more = {}) {
  return R"({"messages":[{"role":"user","content":")" + text + "\"}]" + more + "}";
}

TEST(Intent, pinned_names_and_what_is_routed) {
  struct Case {
    const char* model;
    Source source;
    Tier tier;
    const char* pinned;
  };

  for (const Case& c : {
           Case{"t3", Source::pinned, Tier::t3, ""},
           Case{"T2", Source::pinned, Tier::t2, ""},
           Case{"medium", Source::pinned, Tier::t2, "medium"},
           Case{"p/large", Source::pinned, Tier::t3, "p/large"},
           Case{"upstream/small", Source::pinned, Tier::t1, "upstream/small"},
           Case{"auto", Source::heuristic, Tier::t1, ""},
           Case{"gpt-9", Source::heuristic, Tier::t1, ""},
           Case{"", Source::heuristic, Tier::t1, ""},
       }) {
    const Verdict verdict = classify_json(user("hi", R"(,"model":")" + std::string(c.model) + "\""), three_tiers());
    EXPECT_EQ(verdict.source, c.source) << c.model;
    EXPECT_EQ(verdict.tier, c.tier) << c.model;
    EXPECT_EQ(verdict.pinned_model, c.pinned) << c.model;
  }
  config::Config original = three_tiers();
  original.general.ignore_requested_model = true;
  EXPECT_EQ(classify_json(user("hi", R"(,"model":"large")"), original).source, Source::heuristic);
  EXPECT_EQ(classify_json(user("hi", R"(,"model":"t3")"), original).tier, Tier::t3) << "tier names always work";
}

TEST(Intent, a_tool_loop_stays_in_the_middle) {
  const std::string json =
      R"({"messages":[{"role":"user","content":"x"},{"role":"tool","tool_call_id":"1","content":"y"}]})";
  config::Config config = three_tiers();
  EXPECT_EQ(classify_json(json, config).tier, Tier::t2);
  EXPECT_EQ(classify_json(json, config).source, Source::tool_loop);
  config.models.entries[Tier::t2].clear();
  EXPECT_EQ(classify_json(json, config).tier, Tier::t3);
  config.models.entries[Tier::t3].clear();
  EXPECT_EQ(classify_json(json, config).tier, Tier::t1);
}

TEST(Intent, the_heuristic) {
  struct Case {
    const char* name;
    std::string text;
    Tier tier;
  };

  for (const Case& c : {
           Case{"chat", "Hello, how are you?", Tier::t1},
           Case{"word", "write some CODE please", Tier::t2},
           Case{"plural", "two functions", Tier::t2},
           Case{"inside another word", "the decoder encodes", Tier::t1},
           Case{"Chinese", "帮我写一段代码", Tier::t2},
           Case{"escaped Chinese", R"(\u4ee3\u7801)", Tier::t2},
           Case{"long", std::string(2001, 'a'), Tier::t3},
           Case{"not quite long", std::string(2000, 'a'), Tier::t1},
           Case{
               "long Chinese by bytes, not by characters",
               [] {
                 std::string text;
                 for (int i = 0; i < 1000; ++i) text += "好";
                 return text;
               }(),
               Tier::t1},
           Case{"a megabyte", std::string(1 << 20, 'a'), Tier::t3},
       }) {
    EXPECT_EQ(classify_json(user(c.text), three_tiers()).tier, c.tier) << c.name;
  }
}

TEST(Intent, fixed_and_unbuilt_modes) {
  config::Config config = three_tiers();
  config.router.mode = config::RouterMode::fixed;
  config.router.default_tier = Tier::t3;
  EXPECT_EQ(classify_json(user("hi"), config).tier, Tier::t3);
  config.router.mode = config::RouterMode::llm;
  const Verdict verdict = classify_json(user("hi"), config);
  EXPECT_EQ(verdict.source, Source::heuristic);
  EXPECT_NE(verdict.reason.find("llm"), std::string::npos) << "the verdict says what was not used";
}

TEST(Intent, the_header_is_printable_and_short) {
  Verdict verdict;
  verdict.source = Source::heuristic;
  verdict.reason = "contains \"代码\"\r\nX: y" + std::string(500, 'z');
  const std::string header = decision_header(verdict);
  EXPECT_LE(header.size(), 160U);
  EXPECT_TRUE(header.starts_with("heuristic; contains \"??\"")) << header;
  EXPECT_EQ(header.find_first_of("\r\n"), std::string::npos);
}

TEST(Keywords, whole_words_in_latin_anywhere_in_chinese) {
  constexpr std::array<std::string_view, 2> words{"code", "代码"};
  EXPECT_TRUE(find_word("Code!", words));
  EXPECT_TRUE(find_word("写代码吧", words));
  EXPECT_TRUE(find_word("写code吧", words)) << "Chinese around a Latin word is a boundary";
  EXPECT_FALSE(find_word("barcode", words));
  EXPECT_FALSE(find_word("codec", words));
  EXPECT_FALSE(find_word("", words));
}

}  // namespace
}  // namespace gw::intent
