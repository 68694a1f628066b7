// `models.embeddings`, `models.strategies.embeddings` and a provider's `completions`.
#include "config/load.hpp"

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

namespace gw::config {
namespace {

std::string with(const std::string& embeddings, const std::string& more = {}) {
  return R"({"schema_version":1,"general":{"gateway_api_key":"abcdefghijklmnop"},"models":{"t1":["m"],"embeddings":)" +
         embeddings + more +
         R"(},"providers":{"map":{"mapped":"a"},"custom":{"p":{"base_url":"https://p.example/v1","completions":"native"},
            "a":{"base_url":"https://a.example","protocol":"v1-messages"}}}})";
}

std::vector<Problem> problems_of(const std::string& text) {
  LoadResult result = load(text, {});
  const auto* problems = std::get_if<std::vector<Problem>>(&result);
  return problems == nullptr ? std::vector<Problem>{} : *problems;
}

TEST(ConfigEmbeddings, an_entry_and_its_name) {
  LoadResult result = load(
      with(
          R"([{"model":"e","provider":"p","name":"text","weight":0.2,"max_concurrent":3,"rounds":2,
               "timeouts":{"generation":9000,"idle":50},"price":{"input":1,"output":0}},"p/other","plain"])",
          R"(,"strategies":{"embeddings":"least_busy"})"
      ),
      {}
  );
  const auto* loaded = std::get_if<Loaded>(&result);
  ASSERT_NE(loaded, nullptr);
  EXPECT_TRUE(loaded->warnings.empty()) << loaded->warnings[0].path;
  const Models& models = loaded->config.models;
  ASSERT_EQ(models.embeddings.size(), 3U);
  const EmbeddingEntry& first = models.embeddings[0];
  EXPECT_EQ(first.name, "text");
  EXPECT_EQ(first.entry.model, "e");
  EXPECT_EQ(first.entry.max_concurrent, 3U);
  EXPECT_EQ(first.entry.rounds, 2);
  EXPECT_EQ(first.entry.generation, Millis{9000});
  EXPECT_EQ(first.entry.price, (Price{1, 0}));
  EXPECT_EQ(models.embeddings[1].name, "other") << "the model's own";
  EXPECT_EQ(models.embeddings[1].entry.provider, "p");
  EXPECT_EQ(models.embeddings[2].entry.provider, "upstream");
  EXPECT_EQ(models.embeddings_strategy, Strategy::least_busy);
  EXPECT_EQ(loaded->config.providers.by_id.at("p")->completions, Completions::native);
  EXPECT_EQ(loaded->config.providers.by_id.at("upstream")->completions, Completions::chat);
}

TEST(ConfigEmbeddings, each_problem_has_its_path) {
  struct Case {
    std::string text;
    std::string path;
    std::string says;
  };

  for (const Case& c : {
           Case{with(R"({})"), "models.embeddings", "list"},
           Case{with(R"([1])"), "models.embeddings[0]", "object"},
           Case{with(R"([{"provider":"p"}])"), "models.embeddings[0].model", "missing"},
           Case{with(R"([{"model":"e","name":""}])"), "models.embeddings[0].name", "empty"},
           Case{with(R"([{"model":"e","provider":"x"}])"), "models.embeddings[0].provider", "not configured"},
           Case{with(R"([{"model":"e","provider":"a"}])"), "models.embeddings[0].provider", "protocol openai"},
           Case{with(R"(["mapped"])"), "models.embeddings[0].provider", "v1-messages"},
           Case{with("[]", R"(,"strategies":{"embeddings":"best"})"), "models.strategies.embeddings", "sequential"},
       }) {
    const std::vector<Problem> problems = problems_of(c.text);
    ASSERT_EQ(problems.size(), 1U) << c.text;
    EXPECT_EQ(problems[0].path, c.path) << problems[0].message;
    EXPECT_NE(problems[0].message.find(c.says), std::string::npos) << problems[0].message;
  }
}

TEST(ConfigEmbeddings, what_does_nothing_is_warned_of) {
  for (const auto& [text, path] : std::vector<std::pair<std::string, std::string>>{
           {with(R"([{"model":"e","context_window":5}])"), "models.embeddings[0].context_window"},
           {with(R"([{"model":"e","timeouts":{"connect":5}}])"), "models.embeddings[0].timeouts.connect"},
           {with(R"(["e"])", R"(,"strategies":{"embeddings":"cheapest"})"), "models.embeddings[0].price"},
       }) {
    LoadResult result = load(text, {});
    const auto* loaded = std::get_if<Loaded>(&result);
    ASSERT_NE(loaded, nullptr) << text;
    ASSERT_EQ(loaded->warnings.size(), 1U) << text;
    EXPECT_EQ(loaded->warnings[0].path, path);
  }
}

TEST(ConfigEmbeddings, only_chat_completions_have_an_older_endpoint) {
  const auto provider = [](const std::string& members) {
    return R"({"schema_version":1,"models":{"t1":["m"]},"providers":{"upstream":{)" + members + "}}}";
  };
  auto problems = problems_of(provider(R"("protocol":"v1-messages","completions":"native")"));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].path, "providers.upstream.completions");
  problems = problems_of(provider(R"("completions":"both")"));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_NE(problems[0].message.find("chat, native"), std::string::npos) << problems[0].message;
}

}  // namespace
}  // namespace gw::config
