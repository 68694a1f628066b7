// Presets of providers: the data, and what they fill in.
#include "config/presets.hpp"

#include "config/load.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

namespace gw::config {
namespace {

std::string file(const std::string& provider, const std::string& entry) {
  return R"({"schema_version":1,"general":{"gateway_api_key":"abcdefghijklmnop"},"models":{"t1":[)" + entry +
         R"(]},"providers":{"custom":{"p":{)" + provider + "}}}}";
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

TEST(Presets, every_one_is_well_formed) {
  std::string before;
  for (const Preset& preset : presets()) {
    EXPECT_LT(before, preset.name) << "by name, each once";
    before = preset.name;
    EXPECT_EQ(find_preset(preset.name), &preset);
    EXPECT_TRUE(preset.base_url.empty() != preset.example.empty()) << preset.name;
    EXPECT_FALSE(preset.base_url.ends_with('/')) << preset.name;
    EXPECT_FALSE(preset.source.empty()) << preset.name;
    const bool is_local = preset.base_url.starts_with("http://127.0.0.1:");
    EXPECT_TRUE(is_local || preset.base_url.empty() || preset.base_url.starts_with("https://")) << preset.name;
    std::set<std::string_view> names;
    for (const PresetModel& model : preset.models) {
      EXPECT_TRUE(names.insert(model.name).second) << model.name;
      EXPECT_EQ(find_model(preset, model.name), &model);
      EXPECT_GT(model.context_window, 8'000U) << model.name;
      EXPECT_LE(model.max_output, model.context_window) << model.name;
      EXPECT_TRUE(!model.price || (model.price->input > 0 && model.price->output >= model.price->input)) << model.name;
      const bool is_date = model.read.size() >= 7 && model.read.starts_with("2026-");
      EXPECT_TRUE(is_date) << model.name << ": every row says when it was read";
    }
  }
  EXPECT_EQ(find_preset("nobody"), nullptr);
  EXPECT_EQ(find_preset(""), nullptr);
}

TEST(Presets, everybody_of_the_list_is_there) {
  for (const char* const name :
       {"openai",
        "anthropic",
        "gemini",
        "deepseek",
        "moonshot",
        "zhipu",
        "dashscope",
        "siliconflow",
        "volcengine",
        "minimax",
        "openrouter",
        "groq",
        "mistral",
        "xai",
        "azure",
        "ollama",
        "vllm",
        "llama.cpp"}) {
    EXPECT_NE(find_preset(name), nullptr) << name;
  }
}

TEST(Presets, the_manual_has_a_row_for_each) {
  std::ifstream in(std::string(GW_TEST_DATA) + "/../../docs/providers.md", std::ios::binary);
  ASSERT_TRUE(in);
  const std::string manual{std::istreambuf_iterator<char>(in), {}};
  for (const Preset& preset : presets()) {
    const std::size_t at = manual.find("\n| `" + std::string(preset.name) + "` |");
    ASSERT_NE(at, std::string::npos) << preset.name;
    const std::string row = manual.substr(at + 1, manual.find('\n', at + 1) - at - 1);
    for (const std::string_view fact : {preset.base_url, preset.example, to_string(preset.protocol)}) {
      EXPECT_NE(row.find(fact), std::string::npos) << row << " lacks " << fact;
    }
    EXPECT_EQ(row.find("with prices") != std::string::npos, preset.has_prices) << row;
  }
}

TEST(Presets, each_loads_by_its_name_alone) {
  for (const Preset& preset : presets()) {
    const std::string url = preset.base_url.empty() ? R"(,"base_url":"https://me.example/openai/v1")" : "";
    const Loaded result =
        loaded(file(R"("preset":")" + std::string(preset.name) + "\"" + url, R"({"model":"m","provider":"p"})"));
    const Provider& provider = *result.config.providers.by_id.at("p");
    EXPECT_EQ(provider.preset, preset.name);
    EXPECT_EQ(provider.protocol, preset.protocol) << preset.name;
    EXPECT_EQ(provider.vendor, preset.vendor == Vendor::automatic ? vendor_of_url(provider.base_url) : preset.vendor)
        << preset.name;
    EXPECT_NE(provider.vendor, Vendor::automatic) << "nobody asks again for each request";
    EXPECT_EQ(provider.base_url, preset.base_url.empty() ? "https://me.example/openai/v1" : preset.base_url);
    for (const Problem& warning : result.warnings) EXPECT_EQ(warning.path.find("preset"), std::string::npos);
  }
}

TEST(Presets, what_the_operator_says_stays) {
  const Loaded result = loaded(file(
      R"("preset":"deepseek","base_url":"https://proxy.example/v1/","protocol":"openai","vendor":"generic")",
      R"({"model":"deepseek-v4-pro","provider":"p","context_window":5000,"max_output":0,"price":{"input":1,"output":2}})"
  ));
  const Provider& provider = *result.config.providers.by_id.at("p");
  EXPECT_EQ(provider.base_url, "https://proxy.example/v1");
  EXPECT_EQ(provider.vendor, Vendor::generic);
  const ModelEntry& entry = result.config.models.entries[Tier::t1].at(0);
  EXPECT_EQ(entry.context_window, 5000U);
  EXPECT_EQ(entry.max_output, 0U) << "said to be unknown";
  EXPECT_EQ(entry.price, (Price{1, 2}));
}

TEST(Presets, fill_in_what_an_entry_does_not_say) {
  struct Case {
    const char* preset;
    const char* model;
    std::uint64_t context_window;
    std::uint64_t max_output;
    std::optional<Price> price;
  };

  for (const Case& c : {
           Case{"deepseek", "deepseek-v4-pro", 1'000'000, 384'000, Price{1.32, 3.96}},
           Case{"anthropic", "claude-haiku-4-5", 200'000, 64'000, Price{1, 5}},
           Case{"gemini", "gemini-2.5-flash", 1'048'576, 65'536, Price{0.3, 2.5}},
           Case{"zhipu-intl", "glm-4.6", 204'800, 131'072, Price{0.6, 2.2}},
           Case{"zhipu", "glm-4.6", 204'800, 131'072, {}},
           Case{"deepseek", "deepseek-v9", 0, 0, {}},
           Case{"ollama", "llama3.2", 0, 0, {}},
       }) {
    for (const std::string& nulls :
         {std::string(), std::string(R"(,"context_window":null,"max_output":null,"price":null)")}) {
      const Loaded result = loaded(file(
          R"("preset":")" + std::string(c.preset) + "\"",
          R"({"provider":"p","model":")" + std::string(c.model) + "\"" + nulls + "}"
      ));
      const ModelEntry& entry = result.config.models.entries[Tier::t1].at(0);
      EXPECT_EQ(entry.context_window, c.context_window) << c.model;
      EXPECT_EQ(entry.max_output, c.max_output) << c.model;
      EXPECT_EQ(entry.price, c.price) << c.preset << " " << c.model;
    }
  }
}

TEST(Presets, of_the_default_provider_and_of_a_mapped_model) {
  const Loaded result = loaded(
      R"({"schema_version":1,"models":{"t1":["deepseek-flash","gpt-4o"]},
          "providers":{"upstream":{"preset":"deepseek"},"custom":{"o":{"preset":"openai"}},"map":{"gpt-4o":"o"}}})"
  );
  EXPECT_EQ(result.config.providers.by_id.at("upstream")->base_url, "https://api.deepseek.com");
  const auto& entries = result.config.models.entries[Tier::t1];
  EXPECT_EQ(entries.at(0).max_output, 384'000U);
  EXPECT_EQ(entries.at(1).context_window, 128'000U) << "a name only, answered by another provider";
  const Loaded plain = loaded(R"({"schema_version":1,"models":{"t1":["gpt-4o"]}})");
  EXPECT_EQ(plain.config.models.entries[Tier::t1].at(0).context_window, 0U) << "no preset was named";
}

TEST(Presets, an_unknown_name_is_a_problem_that_lists_the_names) {
  const auto problems =
      problems_of(file(R"("preset":"opnai","base_url":"https://p.example")", R"({"model":"m","provider":"p"})"));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].path, "providers.custom.p.preset");
  EXPECT_TRUE(problems[0].message.starts_with("is \"opnai\"; it must be one of: anthropic, azure, "))
      << problems[0].message;
  for (const Preset& preset : presets()) EXPECT_NE(problems[0].message.find(preset.name), std::string::npos);
  EXPECT_FALSE(
      problems_of(file(R"("preset":7,"base_url":"https://p.example")", R"({"model":"m","provider":"p"})")).empty()
  );
}

TEST(Presets, azure_needs_the_resource_s_address) {
  const auto problems = problems_of(file(R"("preset":"azure")", R"({"model":"m","provider":"p"})"));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].path, "providers.custom.p.base_url");
  EXPECT_NE(problems[0].message.find("https://RESOURCE.openai.azure.com/openai/v1"), std::string::npos);
}

TEST(Protocols, every_name_is_read) {
  for (const Protocol protocol : protocols) {
    const Loaded result = loaded(file(
        R"("base_url":"https://p.example","protocol":")" + std::string(to_string(protocol)) + "\"",
        R"({"model":"m","provider":"p"})"
    ));
    EXPECT_EQ(result.config.providers.by_id.at("p")->protocol, protocol) << to_string(protocol);
  }
}

}  // namespace
}  // namespace gw::config
