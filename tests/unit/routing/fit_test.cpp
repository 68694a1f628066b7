// Who can serve a request: images, windows, lengths.
#include "routing/fit.hpp"

#include "scene.hpp"

#include <string>
#include <vector>

namespace gw::routing {
namespace {

std::string with_text(std::size_t bytes, const std::string& members = {}) {
  return "{" + members + R"("messages":[{"role":"user","content":")" + std::string(bytes, 'x') + "\"}]}";
}

constexpr const char* image = R"({"messages":[{"role":"user","content":[
    {"type":"text","text":"what is this?"},{"type":"image_url","image_url":{"url":"https://a.example/i.png"}}]}]})";

TEST(Fit, images_go_to_models_that_see_first) {
  Scene scene({{Tier::t1, "p", "blind", false}, {Tier::t1, "p", "sees", true}});
  EXPECT_EQ(models(scene.plan(Tier::t1)), (Names{"blind", "sees"}));
  scene.ask(image);
  EXPECT_EQ(models(scene.plan(Tier::t1)), (Names{"sees", "blind"}));
  Scene mixed(
      {{Tier::t1, "p", "blind1", false},
       {Tier::t1, "p", "blind2", false},
       {Tier::t1, "p", "sees1", true},
       {Tier::t1, "p", "blind3", false},
       {Tier::t1, "p", "sees2", true}}
  );
  mixed.ask(image);
  EXPECT_EQ(models(mixed.plan(Tier::t1)), (Names{"sees1", "sees2", "blind1", "blind2", "blind3"}))
      << "the configured order stays within each half";
}

TEST(Fit, windows_and_lengths) {
  struct Limits {
    std::uint64_t context_window;
    std::uint64_t max_output;
  };

  struct Case {
    const char* name;
    std::vector<Limits> entries;  // of models "0", "1", ...
    std::string request;
    Names order;
  };

  const std::string long_prompt = with_text(30000);  // estimated 10004, certainly above 5002
  const std::string asks_much = with_text(300, R"("max_tokens":5000,)");
  for (const Case& c : {
           Case{"what is not known fits", {{0, 0}, {0, 0}}, long_prompt, {"0", "1"}},
           Case{"wide enough", {{20000, 0}, {0, 0}}, long_prompt, {"0", "1"}},
           Case{"perhaps too narrow: behind", {{8000, 0}, {0, 0}, {20000, 0}}, long_prompt, {"1", "2", "0"}},
           Case{"surely too narrow: left out", {{4000, 0}, {0, 0}, {20000, 0}}, long_prompt, {"1", "2"}},
           Case{"left out also where others are only doubtful", {{4000, 0}, {8000, 0}}, long_prompt, {"1"}},
           Case{"unless nothing else is there", {{4000, 0}, {3000, 0}}, long_prompt, {"0", "1"}},
           Case{"the answer needs room too", {{4096, 0}, {8192, 0}}, asks_much, {"1"}},
           Case{"an answer longer than it may be: behind", {{0, 4096}, {0, 8192}}, asks_much, {"1", "0"}},
           Case{"exactly as long as it may be", {{0, 5000}, {0, 8192}}, asks_much, {"0", "1"}},
           Case{
               "max_completion_tokens counts",
               {{0, 4096}, {0, 0}},
               with_text(3, R"("max_completion_tokens":5000,)"),
               {"1", "0"}},
           Case{"a short request fits anywhere", {{4000, 100}, {0, 0}}, with_text(3), {"0", "1"}},
       }) {
    Scene scene;
    for (std::size_t i = 0; i < c.entries.size(); ++i) {
      config::ModelEntry& entry = scene.add(Tier::t1, std::to_string(i));
      entry.context_window = c.entries[i].context_window;
      entry.max_output = c.entries[i].max_output;
    }
    scene.ask(c.request);
    EXPECT_EQ(models(scene.plan(Tier::t1)), c.order) << c.name;
  }
}

TEST(Fit, it_weighs_more_than_the_strategy) {
  Scene scene;
  scene.add(Tier::t1, "cheap_and_narrow").price = config::Price{1, 1};
  scene.add(Tier::t1, "dear_and_wide").price = config::Price{9, 9};
  scene.config.models.entries[Tier::t1][0].context_window = 8000;
  scene.config.models.strategies[Tier::t1] = Strategy::cheapest;
  EXPECT_EQ(models(scene.plan(Tier::t1)), (Names{"cheap_and_narrow", "dear_and_wide"}));
  scene.ask(with_text(30000));
  EXPECT_EQ(models(scene.plan(Tier::t1)), (Names{"dear_and_wide", "cheap_and_narrow"}));
}

TEST(Fit, a_pinned_model_is_asked_whatever_it_can) {
  Scene scene;
  scene.add(Tier::t1, "narrow").context_window = 100;
  scene.add(Tier::t1, "wide");
  scene.ask(with_text(30000));
  EXPECT_EQ(models(scene.plan(Tier::t1, "narrow")), (Names{"narrow"}));
}

TEST(SizeOf, an_estimate_without_the_bytes_of_images) {
  struct Case {
    const char* name;
    std::string json;
    std::uint64_t low;
    std::uint64_t high;
  };

  const std::string base64(300000, 'A');
  for (const Case& c : {
           Case{"English: four bytes a token, so at most a third above", with_text(4000), 1000, 1400},
           Case{
               "Chinese: three bytes a token",
               R"({"messages":[{"role":"user","content":"人工智能网关人工智能网关"}]})",
               12,
               20},
           Case{
               "an image in the text's place",
               R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,)" +
                   base64 + R"("}}]}]})",
               500,
               1500},
           Case{
               "tools",
               R"({"tools":[{"type":"function","function":{"name":"f","description":")" + std::string(3000, 'd') +
                   R"("}}],"messages":[{"role":"user","content":"x"}]})",
               1000,
               1100},
           Case{
               "many messages",
               R"({"messages":[{"role":"user","content":""},{"role":"assistant","content":""},{"role":"user","content":""}]})",
               9,
               15},
       }) {
    const Asked asked(c.json);
    const Size size = size_of(asked.request());
    EXPECT_GE(size.prompt, c.low) << c.name;
    EXPECT_LE(size.prompt, c.high) << c.name;
    EXPECT_EQ(size.answer, 0U) << c.name;
    EXPECT_EQ(size.choices, 1U) << c.name;
  }
  const Asked asked(with_text(3, R"("max_tokens":7,"n":2,)"));
  EXPECT_EQ(size_of(asked.request()).answer, 7U);
  EXPECT_EQ(size_of(asked.request()).choices, 2U);
}

TEST(Fit, where_images_are_described_the_order_stays) {
  Scene scene;
  scene.add(Tier::t1, "blind").multimodal = false;
  scene.add(Tier::t1, "sees");
  scene.ask(R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"u"}}]}]})");
  EXPECT_EQ(models(scene.plan(Tier::t1)), (Names{"sees", "blind"}));
  scene.config.providers.image_description.entries.emplace_back().model = "eyes";
  scene.catalog.reset();
  EXPECT_EQ(models(scene.plan(Tier::t1)), (Names{"blind", "sees"}));
}

}  // namespace
}  // namespace gw::routing
