// What an operator's rules do to a body: to the byte where the outcome is written out, against a model of the rules
// where it is random.
#include "chat/splice.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gw::chat {
namespace {

using config::ParameterRules;
using Json = nlohmann::ordered_json;

constexpr const char* messages = R"("messages":[{"role":"user","content":"你好"}])";

// What is sent for the body, as model "m".
std::string sent(const std::string& body, const ParameterRules& rules) {
  const std::string padded = body + std::string(padding, '\0');
  const std::string_view view = std::string_view(padded).substr(0, body.size());
  const Result<ChatRequest> request = read(view);
  if (!request) {
    ADD_FAILURE() << request.error().message << "\n" << body;
    return {};
  }
  SpliceInput input;
  input.model = "m";
  input.rules = &rules;
  return splice(view, *request, input).joined();
}

// A body whose first member is `model`, so that nothing is added in front.
std::string body_of(const std::string& members) {
  return R"({"model":"m",)" + members + "}";
}

ParameterRules dropping(std::vector<std::string> names) {
  ParameterRules rules;
  rules.dropped = std::move(names);
  return rules;
}

ParameterRules renaming(std::string from, std::string to) {
  ParameterRules rules;
  rules.renamed = {{std::move(from), std::move(to)}};
  return rules;
}

TEST(Rules, a_dropped_member_goes_with_one_comma) {
  struct Case {
    const char* name;
    std::string body;
    std::string sent;
  };

  const std::string said = messages;
  const Case cases[] = {
      {"first", R"({"a":1,"model":"m",)" + said + "}", R"({"model":"m",)" + said + "}"},
      {"middle", R"({"model":"m","a":1,)" + said + "}", R"({"model":"m",)" + said + "}"},
      {"last", R"({"model":"m",)" + said + R"(,"a":1})", R"({"model":"m",)" + said + "}"},
      {"two first", R"({"a":1,"b":2,"model":"m",)" + said + "}", R"({"model":"m",)" + said + "}"},
      {"two last", R"({"model":"m",)" + said + R"(,"a":1,"b":2})", R"({"model":"m",)" + said + "}"},
      {"apart", R"({"a":1,"model":"m","b":2,)" + said + "}", R"({"model":"m",)" + said + "}"},
      {"both ends", R"({"a":1,"model":"m",)" + said + R"(,"b":2})", R"({"model":"m",)" + said + "}"},
      {"and a model is added", R"({"a":1,)" + said + R"(,"b":2})", R"({"model":"m",)" + said + "}"},
      {"odd space, middle",
       "{ \"model\" : \"m\" ,\r\n\t\"a\"\n:\t1 \t,\n " + said + " }\n",
       "{ \"model\" : \"m\" ,\r\n\t" + said + " }\n"},
      {"odd space, first",
       " {\n \"a\" : 1 , \"model\":\"m\" ,\t" + said + "}",
       " {\n \"model\":\"m\" ,\t" + said + "}"},
      {"odd space, last", "{\"model\":\"m\" , " + said + " \n,\t\"a\" : 1 \n}", "{\"model\":\"m\" , " + said + " \n}"},
      {"an object", R"({"model":"m","a":{"a":[1,{"b":"},"}]} ,)" + said + "}", R"({"model":"m",)" + said + "}"},
      {"a text with all of it", R"({"model":"m","a":"\",\\\"}{中",)" + said + "}", R"({"model":"m",)" + said + "}"},
      {"an escaped key", R"({"model":"m","\u0061":1,)" + said + "}", R"({"model":"m",)" + said + "}"},
      {"the same name inside stays",
       R"({"model":"m","x":{"a":1},)" + said + R"(,"b":[{"a":1}]})",
       R"({"model":"m","x":{"a":1},)" + said + "}"},
      {"nothing to drop", R"({"model":"m","ab":1,)" + said + "}", R"({"model":"m","ab":1,)" + said + "}"},
  };
  const ParameterRules rules = dropping({"a", "b"});
  for (const Case& one : cases) EXPECT_EQ(sent(one.body, rules), one.sent) << one.name;
}

// `read` asks for messages, which no rule can drop; the splice does not rest on that.
TEST(Rules, the_only_member_leaves_an_empty_object_behind) {
  const std::string body = "{ \"a\" : 1 }";
  ChatRequest request;
  request.object_end = body.size() - 1;
  request.fields.push_back({"a", {2, 3}, {8, 1}, false});
  const ParameterRules rules = dropping({"a"});
  SpliceInput input;
  input.model = "m";
  input.rules = &rules;
  EXPECT_EQ(splice(body, request, input).joined(), "{\"model\":\"m\"  }");
}

TEST(Rules, a_renamed_member_keeps_its_place_and_value) {
  const ParameterRules rules = renaming("max_tokens", "max_completion_tokens");
  const std::string said = messages;
  EXPECT_EQ(
      sent(body_of("\"max_tokens\" :\t100 , " + said), rules), body_of("\"max_completion_tokens\" :\t100 , " + said)
  );
  EXPECT_EQ(sent(body_of(said + R"(,"max_tokens":null)"), rules), body_of(said + R"(,"max_completion_tokens":null)"))
      << "a null is passed on as the client said it";
  EXPECT_EQ(sent(body_of(said), rules), body_of(said));
  EXPECT_EQ(
      sent(body_of(R"("\u0061":{"x" : 1.50},)" + said), renaming("a", "中\"")),
      body_of(R"("中\"":{"x" : 1.50},)" + said)
  ) << "whatever the spelling of the key";
}

TEST(Rules, of_both_names_the_new_one_s_value_counts) {
  const ParameterRules rules = renaming("max_tokens", "max_completion_tokens");
  const std::string said = messages;
  const std::string old_name = R"("max_tokens":1)";
  const std::string new_name = R"("max_completion_tokens":2)";
  EXPECT_EQ(sent(body_of(old_name + "," + new_name + "," + said), rules), body_of(new_name + "," + said));
  EXPECT_EQ(sent(body_of(new_name + "," + said + "," + old_name), rules), body_of(new_name + "," + said));
  EXPECT_EQ(
      sent(body_of(R"("max_completion_tokens":null,)" + old_name + "," + said), rules),
      body_of(R"("max_completion_tokens":1,)" + said)
  ) << "a null is no value";
  EXPECT_EQ(
      sent(body_of(R"("max_completion_tokens":null,"max_tokens":null,)" + said), rules),
      body_of(R"("max_completion_tokens":null,)" + said)
  );
}

TEST(Rules, values_go_by_the_name_sent) {
  ParameterRules rules = renaming("old", "new");
  rules.defaults = {{"new", "[7]"}};
  const std::string said = messages;
  EXPECT_EQ(sent(body_of(R"("old":1,)" + said), rules), body_of(R"("new":1,)" + said)) << "the client's own";
  EXPECT_EQ(sent(body_of(R"("old":null,)" + said), rules), body_of(R"("new":[7],)" + said));
  EXPECT_EQ(sent(body_of(said), rules), R"({"new":[7],"model":"m",)" + said + "}");
  rules.forced = std::exchange(rules.defaults, {});
  EXPECT_EQ(sent(body_of(R"("old":1,)" + said), rules), body_of(R"("new":[7],)" + said));
  EXPECT_EQ(sent(body_of(R"("new" : 2 ,"old":1,)" + said), rules), body_of(R"("new" : [7] ,)" + said));
}

TEST(Rules, a_forced_value_replaces_a_key_however_it_is_spelled) {
  ParameterRules rules;
  rules.forced = {{"top_p", "0.95"}};
  const std::string said = messages;
  EXPECT_EQ(sent(body_of(R"("\u0074op_p":0.1,)" + said), rules), body_of(R"("\u0074op_p":0.95,)" + said));
}

// --- Random bodies, random rules -------------------------------------------------------------------------------------

const std::array<std::string, 7> names{"a", "b", "top_p", "max_out", "名", "q\"", "z"};

struct Member {
  std::string name;
  std::string key;  // as written, with its quotes
  std::string value;
};

class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}

  bool one_in(unsigned n) { return random_() % n == 0; }

  template <class List>
  const auto& of(const List& list) {
    return list[random_() % std::size(list)];
  }

  template <class List>
  void shuffle(List& list) {
    std::shuffle(list.begin(), list.end(), random_);
  }

  std::string space() {
    std::string out;
    while (one_in(3)) out.push_back(of(std::string_view(" \t\r\n")));
    return out;
  }

 private:
  std::mt19937 random_;
};

// A key as a client may write it: some characters as escapes.
std::string written(Dice& dice, const std::string& name) {
  std::string plain = Json(name).dump();
  if (!dice.one_in(4)) return plain;
  if (name == "名") return R"("\u540D")";
  const auto letter = static_cast<unsigned>(static_cast<unsigned char>(name[0]));
  std::array<char, 8> escape{};
  std::snprintf(escape.data(), escape.size(), "\\u%04x", letter);
  return "\"" + std::string(escape.data()) + plain.substr(2);
}

std::vector<Member> random_members(Dice& dice) {
  constexpr std::array<const char*, 9> values{
      "null",
      "0.70",
      "1E+2",
      R"("te,xt\n\"}")",
      R"([1, {"a":2},[ ]])",
      R"({"top_p" : {"b":[null , "}"]}, "a":1})",
      "true",
      R"("\u4f60好")",
      "{}"};
  std::vector<Member> members{{"messages", "\"messages\"", R"([{"role" : "user","content":"你好, \"a\":1"}])"}};
  if (dice.one_in(2)) members.push_back({"model", "\"model\"", "\"auto\""});
  if (dice.one_in(2)) members.push_back({"stream", "\"stream\"", "true"});
  for (const std::string& name : names) {
    if (dice.one_in(2)) members.push_back({name, written(dice, name), dice.of(values)});
  }
  dice.shuffle(members);
  return members;
}

// As `config` makes them: every name in one of the lists at most, but for the new name of a rename.
ParameterRules random_rules(Dice& dice) {
  ParameterRules rules;
  std::vector<std::string> free(names.begin(), names.end());
  dice.shuffle(free);
  const auto take = [&] {
    std::string name = free.back();
    free.pop_back();
    return name;
  };
  while (free.size() > 4 && dice.one_in(2)) {
    const std::string from = take();
    const std::string to = take();
    rules.renamed.push_back({from, to});
    if (dice.one_in(3)) rules.defaults.push_back({to, "[\"d\"]"});
    if (rules.defaults.empty() && dice.one_in(3)) rules.forced.push_back({to, "{\"f\":1}"});
  }
  while (!free.empty()) {
    const std::string name = take();
    if (dice.one_in(3)) {
      rules.dropped.push_back(name);
    } else if (dice.one_in(3)) {
      rules.defaults.push_back({name, "\"默认\""});
    } else if (dice.one_in(3)) {
      rules.forced.push_back({name, "1e-3"});
    }
  }
  return rules;
}

// The rules, as the documentation has them, on values instead of bytes.
nlohmann::json expected(const std::vector<Member>& members, const ParameterRules& rules) {
  nlohmann::json out = nlohmann::json::object();
  for (const Member& one : members) out[one.name] = nlohmann::json::parse(one.value);
  const auto is_given = [&](const std::string& name) { return out.contains(name) && !out[name].is_null(); };
  out["model"] = "m";
  for (const config::Rename& rule : rules.renamed) {
    if (!out.contains(rule.from)) continue;
    if (!is_given(rule.to) && (is_given(rule.from) || !out.contains(rule.to))) out[rule.to] = out[rule.from];
    out.erase(rule.from);
  }
  for (const config::Parameter& one : rules.defaults) {
    if (!is_given(one.key)) out[one.key] = nlohmann::json::parse(one.json);
  }
  for (const std::string& name : rules.dropped) out.erase(name);
  for (const config::Parameter& one : rules.forced) out[one.key] = nlohmann::json::parse(one.json);
  return out;
}

bool is_named(const ParameterRules& rules, const std::string& name) {
  const auto is_key = [&](const config::Parameter& one) { return one.key == name; };
  return std::any_of(rules.defaults.begin(), rules.defaults.end(), is_key) ||
         std::any_of(rules.forced.begin(), rules.forced.end(), is_key) ||
         std::find(rules.dropped.begin(), rules.dropped.end(), name) != rules.dropped.end() ||
         std::any_of(rules.renamed.begin(), rules.renamed.end(), [&](const config::Rename& one) {
           return one.from == name || one.to == name;
         });
}

// Members of the top-level object as written, equal keys counted each.
std::size_t count_keys(const std::string& text) {
  std::size_t count = 0;
  const auto counting = [&](int depth, nlohmann::json::parse_event_t event, nlohmann::json&) {
    if (event == nlohmann::json::parse_event_t::key && depth == 1) ++count;
    return true;
  };
  const nlohmann::json parsed = nlohmann::json::parse(text, counting);
  return parsed.is_object() ? count : 0;
}

TEST(Rules, random_bodies_and_rules_agree_with_the_model) {
  Dice dice(2026);
  std::size_t removed = 0;
  for (int round = 0; round < 4000; ++round) {
    const std::vector<Member> members = random_members(dice);
    const ParameterRules rules = random_rules(dice);
    std::string body = dice.space() + "{" + dice.space();
    std::vector<std::string> untouched;
    for (std::size_t i = 0; i < members.size(); ++i) {
      const std::string text = members[i].key + dice.space() + ":" + dice.space() + members[i].value;
      body += (i == 0 ? "" : "," + dice.space()) + text + dice.space();
      if (members[i].name != "model" && !is_named(rules, members[i].name)) untouched.push_back(text);
    }
    body += "}" + dice.space();
    const std::string before = body.substr(0, body.find('{') + 1);
    const std::string after = body.substr(body.rfind('}'));

    const std::string result = sent(body, rules);
    const nlohmann::json parsed = nlohmann::json::parse(result, nullptr, false);
    ASSERT_FALSE(parsed.is_discarded()) << body << "\n" << result;
    ASSERT_TRUE(parsed == expected(members, rules)) << body << "\n" << result;
    ASSERT_TRUE(result.starts_with(before) && result.ends_with(after)) << body << "\n" << result;
    std::size_t at = 0;
    for (const std::string& text : untouched) {
      at = result.find(text, at);
      ASSERT_NE(at, std::string::npos) << text << " is not as it was, in its order:\n" << body << "\n" << result;
      at += text.size();
    }
    ASSERT_EQ(count_keys(result), parsed.size()) << "a key twice:\n" << body << "\n" << result;
    removed += static_cast<std::size_t>(std::count_if(members.begin(), members.end(), [&](const Member& one) {
      return !parsed.contains(one.name);
    }));
  }
  EXPECT_GT(removed, 1000U) << "the dice must throw what is tested";
}

}  // namespace
}  // namespace gw::chat
