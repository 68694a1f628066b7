#include "intent/intent.hpp"

#include "intent/keywords.hpp"
#include "intent/literals.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <vector>

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

TEST(Intent, auto_is_the_router_also_where_an_entry_is_called_so) {
  config::Config config = three_tiers();
  config.models.entries[Tier::t3].front().model = "auto";
  EXPECT_EQ(classify_json(user("hi", R"(,"model":"auto")"), config).source, Source::heuristic);
  EXPECT_EQ(classify_json(user("hi", R"(,"model":"p/auto")"), config).source, Source::pinned);
}

TEST(Intent, an_entry_goes_by_its_name_with_and_without_provider) {
  struct Case {
    const char* provider;
    const char* model;
    const char* name;
    bool yes;
  };

  for (const Case& c : {
           Case{"p", "m", "m", true},
           Case{"p", "m", "p/m", true},
           Case{"upstream", "m", "upstream/m", true},
           Case{"p", "a/b", "a/b", true},
           Case{"p", "a/b", "p/a/b", true},
           Case{"p", "m", "q/m", false},
           Case{"p", "m", "p-m", false},
           Case{"p", "m", "p/", false},
           Case{"p", "m", "pp/m", false},
           Case{"p", "m", "M", false},
           Case{"p", "m", "", false},
       }) {
    config::ModelEntry entry;
    entry.provider = c.provider;
    entry.model = c.model;
    EXPECT_EQ(goes_by(entry, c.name), c.yes) << c.provider << " " << c.model << " " << c.name;
  }
}

TEST(Intent, which_step_comes_first) {
  const std::string tool_result =
      R"({"messages":[{"role":"user","content":"code"},{"role":"tool","tool_call_id":"1","content":"y"}])";
  config::Config fixed = three_tiers();
  fixed.router.mode = config::RouterMode::fixed;
  fixed.router.default_tier = Tier::t1;

  struct Case {
    const char* name;
    std::string json;
    Source source;
    Tier tier;
  };

  for (const Case& c : {
           Case{"a pin before the tool loop", tool_result + R"(,"model":"t3"})", Source::pinned, Tier::t3},
           Case{"the tool loop before fixed", tool_result + "}", Source::tool_loop, Tier::t2},
           Case{"fixed before the text", user("write code"), Source::fixed, Tier::t1},
           Case{
               "an older function's result",
               R"({"messages":[{"role":"function","name":"f","content":"y"}]})",
               Source::tool_loop,
               Tier::t2},
           Case{
               "a result that was answered is no loop",
               R"({"messages":[{"role":"tool","tool_call_id":"1","content":"y"},{"role":"user","content":"x"}]})",
               Source::fixed,
               Tier::t1},
       }) {
    const Verdict verdict = classify_json(c.json, fixed);
    EXPECT_EQ(verdict.source, c.source) << c.name;
    EXPECT_EQ(verdict.tier, c.tier) << c.name;
    EXPECT_FALSE(verdict.reason.empty()) << c.name;
    EXPECT_EQ(verdict.reason.find('\n'), std::string::npos) << c.name;
  }
  EXPECT_EQ(classify({}, "", three_tiers()).tier, Tier::t1) << "no messages at all";
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

std::string repeat(std::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

TEST(Intent, two_thousand_characters_in_any_spelling_are_not_long) {
  struct Case {
    const char* name;
    std::string_view character;
  };

  for (const Case& c : {
           Case{"ASCII", "a"},
           Case{"two bytes", "é"},
           Case{"three bytes", "好"},
           Case{"four bytes", "😀"},
           Case{"escaped", R"(\u597d)"},
           Case{"escaped, upper case", R"(\u597D)"},
           Case{"escaped pair", R"(\ud83d\ude00)"},
           Case{"escaped pair, upper case", R"(\uD83D\uDE00)"},
           Case{"escaped pair, last plane", R"(\uDBFF\uDFFF)"},
           Case{"escaped pair, plane 2", R"(\uDAAA\udc00)"},
           Case{"short escape", R"(\n)"},
           Case{"escaped backslash", R"(\\)"},
       }) {
    EXPECT_EQ(classify_json(user(repeat(c.character, 2000)), three_tiers()).tier, Tier::t1) << c.name;
    EXPECT_EQ(classify_json(user(repeat(c.character, 2001)), three_tiers()).tier, Tier::t3) << c.name;
  }
}

TEST(Intent, the_length_is_that_of_all_messages) {
  std::string json = R"({"messages":[{"role":"system","content":")" + repeat("好", 1000) +
                     R"("},{"role":"user","content":[{"type":"text","text":")" + repeat(R"(\u597d)", 1000) + "\"}";
  EXPECT_EQ(classify_json(json + "]}]}", three_tiers()).tier, Tier::t1);
  EXPECT_EQ(classify_json(json + R"(,{"type":"text","text":"a"}]}]})", three_tiers()).tier, Tier::t3);
}

TEST(Intent, a_keyword_is_found_wherever_it_stands) {
  for (const char* const place : {"", "好 ", R"(\u597d\n)"}) {
    for (const int before : {0, 1, 15, 16, 17, 31, 32, 33, 150}) {
      const std::string text = repeat(*place == '\0' ? "- " : place, before) + "create" + repeat(" .", before);
      EXPECT_EQ(classify_json(user(text), three_tiers()).tier, Tier::t2) << "'" << place << "' x " << before;
    }
  }
  const std::string first = R"({"messages":[{"role":"system","content":"summary"},{"role":"user","content":"x"}]})";
  EXPECT_EQ(classify_json(first, three_tiers()).tier, Tier::t2) << "in any message";
}

TEST(Intent, fixed_and_unbuilt_modes) {
  config::Config config = three_tiers();
  config.router.mode = config::RouterMode::fixed;
  config.router.default_tier = Tier::t3;
  EXPECT_EQ(classify_json(user("hi"), config).tier, Tier::t3);
  for (const auto mode : {config::RouterMode::keyword, config::RouterMode::local, config::RouterMode::llm}) {
    config.router.mode = mode;
    const Verdict verdict = classify_json(user("some code"), config);
    EXPECT_EQ(verdict.source, Source::heuristic);
    EXPECT_EQ(verdict.tier, Tier::t2);
    EXPECT_NE(verdict.reason.find(to_string(mode)), std::string::npos) << "the verdict says what was not used";
  }
  config.router.mode = config::RouterMode::automatic;
  EXPECT_EQ(classify_json(user("some code"), config).reason, "contains \"code\"");
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
  const LiteralSet words({"code", "代码"});
  const auto has_word = [&](std::string_view text) {
    bool has = false;
    words.search(text, [&](std::size_t index, std::size_t at) {
      has = stands_alone(text, at, words.literals()[index].size());
      return !has;
    });
    return has;
  };

  struct Case {
    const char* text;
    bool found;
  };

  for (const Case& c : {
           Case{"Code!", true},
           Case{"CODES", true},
           Case{"写代码吧", true},
           Case{"写code吧", true},  // Chinese around a Latin word is a boundary
           Case{"(code)", true},
           Case{"decode code", true},
           Case{"barcode", false},
           Case{"codec", false},
           Case{"codesign", false},
           Case{"codess", false},
           Case{"status_code", false},
           Case{"code2", false},
           Case{"décode", false},
           Case{
               "de\xCC\x81"
               "code",
               false},  // the accent as a character of its own
           Case{"codeé", false},
           Case{"代 码", false},
           Case{"cod", false},
           Case{"", false},
       }) {
    EXPECT_EQ(has_word(c.text), c.found) << c.text;
  }
}

TEST(Keywords, each_word_of_the_readme_release_leads_to_the_middle) {
  for (const char* const word :
       {"code",
        "function",
        "complex",
        "analysis",
        "summary",
        "reasoning",
        "generate",
        "create",
        "代码",
        "函数",
        "分析",
        "总结",
        "推理",
        "生成",
        "创建",
        "搜索",
        "查询"}) {
    const Verdict verdict = classify_json(user("x " + std::string(word) + " y"), three_tiers());
    EXPECT_EQ(verdict.tier, Tier::t2) << word;
    EXPECT_EQ(verdict.reason, "contains \"" + std::string(word) + "\"");
  }
}

// The block-wise search finds what a plain one finds, for every length, offset and neighbourhood of blocks.
TEST(Keywords, the_search_agrees_with_a_naive_one) {
  const auto naive = [](std::string_view text, std::string_view part, std::size_t from) {
    const auto lower = [](std::string_view in) {
      std::string out(in);
      for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      return out;
    };
    return lower(text).find(lower(part), from);
  };
  std::mt19937 random(7);
  // '@' and '`', 'A' and '!' are the pairs that folding by one bit could take for one another.
  constexpr std::string_view alphabet = "aAbB@`!\xE4\xA4";
  const auto draw = [&](std::size_t length) {
    std::string out;
    for (std::size_t i = 0; i < length; ++i) out.push_back(alphabet[random() % alphabet.size()]);
    return out;
  };
  std::size_t found = 0;
  for (int round = 0; round < 20000; ++round) {
    // On the heap and of exact size, so that a read beyond the end is seen by the sanitizer.
    const std::string made = draw(random() % 80);
    const std::vector<char> heap(made.begin(), made.end());
    const std::string_view text(heap.data(), heap.size());
    const std::string part = draw(1 + random() % 5);
    const std::size_t from = random() % (text.size() + 2);
    const std::size_t expected = naive(text, part, from);
    ASSERT_EQ(find_ignoring_case(text, part, from), expected) << text << " / " << part << " from " << from;
    found += expected != std::string_view::npos ? 1 : 0;
  }
  EXPECT_GT(found, 2000U) << "both outcomes were drawn often";
  EXPECT_EQ(find_ignoring_case("abc", ""), std::string_view::npos);
}

using Occurrences = std::vector<std::pair<std::size_t, std::size_t>>;  // place, literal

// One pass for many finds what a pass for each finds, whatever their lengths, groups and neighbourhood of blocks.
TEST(Literals, one_pass_agrees_with_a_pass_a_literal) {
  std::mt19937 random(11);
  constexpr std::string_view alphabet = "aAbB@`!\xE4\xA4";
  const auto draw = [&](std::size_t length) {
    std::string out;
    for (std::size_t i = 0; i < length; ++i) out.push_back(alphabet[random() % alphabet.size()]);
    return out;
  };
  std::size_t found = 0;
  for (int round = 0; round < 5000; ++round) {
    std::vector<std::string> literals;
    const std::size_t count = random() % 20;
    for (std::size_t i = 0; i < count; ++i) literals.push_back(draw(random() % 6));
    const LiteralSet set(literals);
    const std::string made = draw(random() % 120);
    const std::vector<char> heap(made.begin(), made.end());
    const std::string_view text(heap.data(), heap.size());
    Occurrences wide;
    Occurrences plain;
    set.search(text, [&](std::size_t index, std::size_t at) {
      wide.emplace_back(at, index);
      return true;
    });
    set.search_plainly(text, [&](std::size_t index, std::size_t at) {
      plain.emplace_back(at, index);
      return true;
    });
    ASSERT_EQ(wide, plain) << text;
    found += wide.size();
  }
  EXPECT_GT(found, 5000U);
}

TEST(Literals, the_search_ends_when_it_is_told_to) {
  const LiteralSet set({"ab"});
  int told = 0;
  set.search("ab ab ab", [&](std::size_t, std::size_t) { return ++told < 2; });
  EXPECT_EQ(told, 2);
}

}  // namespace
}  // namespace gw::intent
