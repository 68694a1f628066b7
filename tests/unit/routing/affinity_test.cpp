// A conversation stays with its model.
#include "scene.hpp"

#include <functional>
#include <string>
#include <vector>

namespace gw::routing {
namespace {

using config::Affinity;

constexpr int conversations = 3000;
constexpr double all = conversations;

struct AffinityTest : testing::Test {
  AffinityTest() {
    scene.config.models.strategies[Tier::t1] = Strategy::random;
    scene.config.routing.affinity = Affinity::automatic;
    for (const char* const model : {"a", "b", "c", "d"}) scene.add(Tier::t1, model);
  }

  std::string first() { return models(scene.plan(Tier::t1)).front(); }

  // Of conversation i, by its header.
  std::string home(int i) {
    scene.affinity = "conversation " + std::to_string(i);
    return first();
  }

  std::vector<std::string> homes() {
    std::vector<std::string> out(conversations);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = home(static_cast<int>(i));
    return out;
  }

  // Whether ten plans agree on the first candidate. By chance: 4^-9.
  bool stays(std::string json, std::string header = {}) {
    scene.ask(std::move(json));
    scene.affinity = std::move(header);
    const std::string model = first();
    for (int i = 0; i < 9; ++i) {
      if (first() != model) return false;
    }
    return true;
  }

  Scene scene;
};

TEST_F(AffinityTest, a_conversation_stays_under_every_strategy_that_would_spread_it) {
  for (const Strategy strategy : {Strategy::random, Strategy::adaptive, Strategy::fastest, Strategy::least_busy}) {
    scene.config.models.strategies[Tier::t1] = strategy;
    scene.catalog.reset();
    const std::vector<std::string> before = homes();
    scene.answered("a", Millis{10}, Millis{20}, 10);
    scene.win("b");
    scene.random = Random(77);
    EXPECT_EQ(homes(), before) << to_string(strategy);
  }
}

TEST_F(AffinityTest, the_choice_is_the_same_after_a_restart) {
  const std::vector<std::string> before = homes();
  Scene other;
  other.config.models.strategies[Tier::t1] = Strategy::random;
  other.config.routing.affinity = Affinity::automatic;
  for (const char* const model : {"d", "b", "a", "c"}) other.add(Tier::t1, model);  // the order plays no part
  other.random = Random(5);
  for (int i = 0; i < conversations; ++i) {
    other.affinity = "conversation " + std::to_string(i);
    ASSERT_EQ(models(other.plan(Tier::t1)).front(), before[static_cast<std::size_t>(i)]) << i;
  }
}

TEST_F(AffinityTest, conversations_spread_evenly) {
  std::map<std::string, int> counts;
  for (const std::string& model : homes()) ++counts[model];
  for (const char* const model : {"a", "b", "c", "d"}) EXPECT_NEAR(counts[model], all / 4, 120) << model;
}

TEST_F(AffinityTest, shares_go_by_weight) {
  std::map<std::string, int> counts;
  scene.config.models.entries[Tier::t1][0].weight = 1;
  scene.config.models.entries[Tier::t1][1].weight = 0;
  scene.catalog.reset();
  for (const std::string& model : homes()) ++counts[model];
  EXPECT_NEAR(counts["a"], all / 2, 120);
  EXPECT_EQ(counts["b"], 0);
  EXPECT_NEAR(counts["c"], all / 4, 120);
}

TEST_F(AffinityTest, a_new_model_takes_its_share_and_moves_nobody_else) {
  const std::vector<std::string> before = homes();
  scene.add(Tier::t1, "e");
  const std::vector<std::string> after = homes();
  int moved = 0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (after[i] == before[i]) continue;
    ++moved;
    ASSERT_EQ(after[i], "e") << before[i];
  }
  EXPECT_NEAR(moved, all / 5, 120);
}

TEST_F(AffinityTest, a_model_that_goes_away_moves_its_own_alone) {
  const std::vector<std::string> before = homes();
  auto& entries = scene.config.models.entries[Tier::t1];
  entries.erase(entries.begin() + 1);
  scene.catalog.reset();
  const std::vector<std::string> after = homes();
  std::map<std::string, int> heirs;
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (before[i] != "b") {
      ASSERT_EQ(after[i], before[i]);
    } else {
      ++heirs[after[i]];
    }
  }
  EXPECT_EQ(heirs.size(), 3U) << "its conversations are shared out";
}

TEST_F(AffinityTest, it_yields_while_its_model_rests_and_comes_back) {
  const std::vector<std::string> before = homes();
  scene.rest("b");
  const std::vector<std::string> during = homes();
  for (std::size_t i = 0; i < before.size(); ++i) {
    ASSERT_NE(during[i], "b");
    if (before[i] != "b") {
      ASSERT_EQ(during[i], before[i]) << "others are not disturbed";
    }
  }
  EXPECT_EQ(homes(), during) << "the second home is a home as well";
  scene.now += std::chrono::hours{1};
  EXPECT_EQ(homes(), before);
}

TEST_F(AffinityTest, when_all_rest_the_one_that_rests_least_is_first) {
  for (const char* const model : {"a", "b", "c"}) scene.rest(model, Millis{120000});
  scene.rest("d", Millis{30000});
  for (int i = 0; i < 50; ++i) EXPECT_EQ(home(i), "d");
}

TEST_F(AffinityTest, what_a_conversation_is_known_by) {
  const std::string hi = R"("messages":[{"role":"user","content":"hi"}])";

  struct Case {
    Affinity setting;
    std::string members;
    std::string header;
    bool stays;
  };

  const std::string user = R"("user":"u",)";
  const std::string key = R"("prompt_cache_key":"k",)";
  for (const Case& c : {
           Case{Affinity::off, user + key, "h", false},
           Case{Affinity::automatic, "", "h", true},
           Case{Affinity::automatic, user, "", true},
           Case{Affinity::automatic, key, "", true},
           Case{Affinity::automatic, "", "", true},
           Case{Affinity::header, "", "h", true},
           Case{Affinity::header, user + key, "", false},
           Case{Affinity::user, user, "", true},
           Case{Affinity::user, key, "h", false},
           Case{Affinity::prompt_cache_key, key, "", true},
           Case{Affinity::prompt_cache_key, user, "h", false},
           Case{Affinity::prefix, "", "", true},
       }) {
    scene.config.routing.affinity = c.setting;
    EXPECT_EQ(stays("{" + c.members + hi + "}", c.header), c.stays)
        << to_string(c.setting) << " " << c.members << " " << c.header;
  }
}

// Each is asked with many values of one thing while the others stay the same: what decides spreads, what does not, not.
TEST_F(AffinityTest, the_first_thing_that_is_there_decides) {
  const auto spreads = [&](const std::function<void(const std::string&)>& ask) {
    std::map<std::string, int> seen;
    for (int i = 0; i < 40; ++i) {
      ask("v" + std::to_string(i));
      ++seen[first()];
    }
    return seen.size() > 1;
  };
  const auto request = [&](const std::string& user, const std::string& key, const std::string& text) {
    std::string json = "{";
    if (!user.empty()) json += R"("user":")" + user + "\",";
    if (!key.empty()) json += R"("prompt_cache_key":")" + key + "\",";
    scene.ask(json + R"("messages":[{"role":"user","content":")" + text + "\"}]}");
  };
  scene.affinity = "h";
  EXPECT_FALSE(spreads([&](const std::string& v) { request(v, v, v); })) << "the header stands above all";
  scene.affinity.clear();
  EXPECT_FALSE(spreads([&](const std::string& v) { request(v, "k", v); })) << "then the cache key";
  EXPECT_TRUE(spreads([&](const std::string& v) { request("u", v, "x"); }));
  EXPECT_FALSE(spreads([&](const std::string& v) { request("u", "", v); })) << "then the user";
  EXPECT_TRUE(spreads([&](const std::string& v) { request(v, "", "x"); }));
  EXPECT_TRUE(spreads([&](const std::string& v) { request("", "", v); })) << "then the beginning";
  EXPECT_TRUE(spreads([&](const std::string& v) { scene.affinity = v; })) << "and the header, when there is one";
}

TEST_F(AffinityTest, the_turns_of_a_conversation_share_their_beginning) {
  scene.config.routing.affinity = Affinity::prefix;
  const std::string system(5000, 's');
  std::map<std::string, int> seen;
  for (int i = 0; i < 60; ++i) {
    const std::string beginning = R"({"messages":[{"role":"system","content":")" + system +
                                  R"("},{"role":"user","content":"question )" + std::to_string(i) + "\"}";
    scene.ask(beginning + "]}");
    const std::string model = first();
    ++seen[model];
    scene.ask(
        beginning + R"(,{"role":"assistant","content":"yes"},{"role":"user","content":"and?"}],"temperature":1})"
    );
    EXPECT_EQ(first(), model);
  }
  EXPECT_GT(seen.size(), 1U) << "another first question is another conversation";
}

TEST_F(AffinityTest, a_long_prompt_is_told_by_its_head_its_tail_and_its_length) {
  scene.config.routing.affinity = Affinity::prefix;
  const auto spreads = [&](const std::function<std::string(int)>& text) {
    std::map<std::string, int> seen;
    for (int i = 0; i < 40; ++i) {
      scene.ask(R"({"messages":[{"role":"user","content":")" + text(i) + "\"}]}");
      ++seen[first()];
    }
    return seen.size() > 1;
  };
  const std::string middle(9000, 'm');
  EXPECT_TRUE(spreads([&](int i) { return std::to_string(100 + i) + middle; }));
  EXPECT_TRUE(spreads([&](int i) { return middle + std::to_string(100 + i); }));
  EXPECT_TRUE(spreads([&](int i) { return middle + std::string(static_cast<std::size_t>(i), 'm'); }));
}

TEST_F(AffinityTest, without_any_text_there_is_no_conversation) {
  scene.config.routing.affinity = Affinity::prefix;
  EXPECT_FALSE(
      stays(R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://a"}}]}]})")
  );
}

TEST_F(AffinityTest, two_callers_users_of_one_name_are_two_users) {
  scene.config.routing.affinity = Affinity::user;
  scene.ask(R"({"user":"1","messages":[{"role":"user","content":"hi"}]})");
  std::map<std::string, int> seen;
  for (int i = 0; i < 40; ++i) {
    scene.caller = "key" + std::to_string(i);
    ++seen[first()];
  }
  EXPECT_GT(seen.size(), 1U);
}

TEST_F(AffinityTest, strategies_that_ask_the_same_model_anyway_keep_their_order) {
  for (const Strategy strategy : {Strategy::sequential, Strategy::cheapest}) {
    scene.config.models.strategies[Tier::t1] = strategy;
    for (int i = 0; i < 40; ++i) EXPECT_EQ(home(i), "a") << to_string(strategy);
  }
}

TEST_F(AffinityTest, a_conversation_s_home_can_do_what_the_request_needs) {
  for (config::ModelEntry& entry : scene.config.models.entries[Tier::t1]) entry.multimodal = entry.model > "b";
  scene.catalog.reset();
  const std::vector<std::string> before = homes();
  scene.ask(R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://a"}}]}]})");
  const std::vector<std::string> seeing = homes();
  for (std::size_t i = 0; i < before.size(); ++i) {
    ASSERT_GT(seeing[i], "b");
    if (before[i] > "b") {
      ASSERT_EQ(seeing[i], before[i]) << "a home that sees stays one";
    }
  }
  for (config::ModelEntry& entry : scene.config.models.entries[Tier::t1]) entry.multimodal = false;
  scene.catalog.reset();
  EXPECT_EQ(homes(), before) << "when nobody can, everybody is asked";
}

}  // namespace
}  // namespace gw::routing
