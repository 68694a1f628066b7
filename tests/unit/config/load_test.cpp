#include "config/load.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

namespace gw::config {
namespace {

SecretSource secrets_of(std::map<std::string, std::string> values) {
  SecretSource source;
  const auto find = [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
    const auto at = values.find(std::string(name));
    if (at == values.end()) return std::nullopt;
    return at->second;
  };
  source.env = find;
  source.file = find;
  return source;
}

Loaded good(const std::string& text) {
  LoadResult result = load(text, secrets_of({{"KEY", "from-env"}, {"/run/key", "from-file\n"}}));
  if (const auto* problems = std::get_if<std::vector<Problem>>(&result)) {
    for (const Problem& problem : *problems) ADD_FAILURE() << problem.path << ": " << problem.message << "\n" << text;
    return {};
  }
  return std::get<Loaded>(std::move(result));
}

std::vector<std::string> problem_paths(const std::string& text) {
  LoadResult result = load(text, secrets_of({}));
  std::vector<std::string> paths;
  if (const auto* problems = std::get_if<std::vector<Problem>>(&result)) {
    for (const Problem& problem : *problems) paths.push_back(problem.path);
  }
  return paths;
}

std::vector<std::string> names(const std::vector<ModelEntry>& entries) {
  std::vector<std::string> out;
  for (const ModelEntry& entry : entries) out.push_back(entry.provider + " | " + entry.model);
  return out;
}

TEST(ConfigLoad, the_default_answers_out_of_the_box) {
  const Loaded loaded = good(default_config_json());
  EXPECT_FALSE(loaded.rewritten);
  for (const Tier tier : tiers) {
    ASSERT_EQ(loaded.config.models.entries[tier].size(), 1U);
    EXPECT_EQ(loaded.config.provider_of(loaded.config.models.entries[tier][0])->protocol, Protocol::demo);
  }
  EXPECT_EQ(loaded.config.router.mode, RouterMode::automatic);
  EXPECT_FALSE(loaded.config.general.ignore_requested_model);
}

TEST(ConfigLoad, every_release_s_default_loads_for_ever) {
  bool is_current_kept = false;
  std::size_t count = 0;
  for (const auto& file : std::filesystem::directory_iterator(std::string(GW_TEST_DATA) + "/config")) {
    if (!file.path().filename().string().starts_with("default-")) continue;
    ++count;
    std::ifstream in(file.path());
    std::ostringstream text;
    text << in.rdbuf();
    const Loaded loaded = good(text.str());
    EXPECT_EQ(loaded.config.models.entries[Tier::t1][0].model, "demo-fast") << file.path();
    ASSERT_EQ(loaded.warnings.size(), 1U) << file.path();
    EXPECT_EQ(loaded.warnings[0].path, "general.gateway_api_key") << file.path();
    is_current_kept = is_current_kept || text.str() == default_config_json();
  }
  EXPECT_GE(count, 1U);
  EXPECT_TRUE(is_current_kept) << "a default that changes is added to tests/data/config under its release's name";
}

TEST(ConfigLoad, an_original_of_march_2026) {
  const Loaded loaded = good(R"({
    "general":{"gateway_api_key":"abcdefghijklmnop","log_retention_days":"30"},
    "models":{"t1":[{"model":"gpt-4o-mini","provider":"upstream"}],
              "t2":[{"model":"deepseek-chat","provider":"deepseek","weight":0.8}],
              "t3":[{"model":"claude-x","provider":"anth","multimodal":false}],
              "strategies":{"t1":"adaptive","t2":"sequential","t3":"random"}},
    "timeouts":{"connect":{"t1":1000,"t2":2000,"t3":3000}},
    "providers":{"upstream":{"base_url":"https://api.openai.com/v1/","api_key":"k"},
                 "custom":{"deepseek":{"base_url":"https://d.example/v1","api_key":"k2"},
                           "anth":{"base_url":"https://a.example/v1","api_key":"","protocol":"v1-messages"}},
                 "map":{"gpt-4o-mini":"deepseek"}},
    "router":{"enabled":true,"model":"judge","prompt_template":"..."},
    "health":{"decay_rate":0.1},"adaptive_weights":{"weight_random":0.5},
    "params":{"global_params":{"temperature":0.95},"model_params":{"kimi":{"top_p":0.95}}},
    "something_of_theirs":{"kept":true}})");
  const Config& config = loaded.config;
  EXPECT_EQ(config.general.log_retention_days, 30) << "a number written as text";
  EXPECT_TRUE(config.general.ignore_requested_model) << "behaviour stays";
  EXPECT_EQ(config.router.mode, RouterMode::llm);
  EXPECT_EQ(config.models.entries[Tier::t2][0].weight, 0.8);
  EXPECT_FALSE(config.models.entries[Tier::t3][0].multimodal);
  EXPECT_EQ(config.models.strategies[Tier::t3], Strategy::random);
  EXPECT_EQ(config.timeouts.connect[Tier::t2].count(), 2000);
  EXPECT_EQ(config.provider_of(config.models.entries[Tier::t1][0])->id, "deepseek") << "through the map";
  EXPECT_EQ(config.providers.by_id.at("upstream")->base_url, "https://api.openai.com/v1");
  ASSERT_NE(config.params.of("kimi"), nullptr);
  EXPECT_EQ(config.params.of("kimi")->defaults, (Parameters{{"temperature", "0.95"}, {"top_p", "0.95"}}));
  ASSERT_TRUE(loaded.rewritten);
  const auto again = nlohmann::json::parse(*loaded.rewritten);
  EXPECT_EQ(again["schema_version"], 1);
  EXPECT_EQ(again["something_of_theirs"]["kept"], true);
  EXPECT_EQ(again["health"]["decay_rate"], 0.1);
  EXPECT_FALSE(good(*loaded.rewritten).rewritten) << "today's shape is not rewritten again";
}

TEST(ConfigLoad, string_lists_split_only_at_known_providers) {
  const Loaded loaded = good(R"({"models":{
      "t1":["gpt-4","deepseek-ai/DeepSeek-V3","azure/gpt-4","azure/a/b","upstream/x"],"t2":["m",{"model":"o"}],"t3":[]},
    "providers":{"custom":{"azure":{"base_url":"https://z.example","api_key":"k"}}}})");
  EXPECT_EQ(
      names(loaded.config.models.entries[Tier::t1]),
      (std::vector<std::string>{
          "upstream | gpt-4", "upstream | deepseek-ai/DeepSeek-V3", "azure | gpt-4", "azure | a/b", "upstream | x"})
  );
  EXPECT_EQ(names(loaded.config.models.entries[Tier::t2]), (std::vector<std::string>{"upstream | m", "upstream | o"}))
      << "a mixed list loads, it does not reset the file";
}

TEST(ConfigLoad, the_flat_files_of_january) {
  const Loaded loaded = good(R"({"t1_models":["a"],"t2_models":["p/b"],"t3_models":[],
    "routing_strategies":{"t1":"random"},"timeouts":{"t1":1234},"stream_timeouts":{"t1":9999},"retry_rounds":{"t1":2},
    "retry_config":{"status_codes":[429],"error_keywords":["Busy"]},"upstream_base_url":"http://u.example/v1",
    "upstream_api_key":"uk","providers":{"p":{"base_url":"http://p.example","api_key":"pk"}},
    "model_provider_map":{"a":"p"},"router_config":{"enabled":false},"global_params":{"top_p":1},
    "gateway_api_key":"gk","log_retention_days":3,"odd_key":1})");
  const Config& config = loaded.config;
  EXPECT_EQ(names(config.models.entries[Tier::t2]), (std::vector<std::string>{"p | b"}));
  EXPECT_EQ(config.models.strategies[Tier::t1], Strategy::random);
  EXPECT_EQ(config.timeouts.connect[Tier::t1].count(), 1234);
  EXPECT_EQ(config.timeouts.generation[Tier::t1].count(), 9999);
  EXPECT_EQ(config.retries.rounds[Tier::t1], 2);
  EXPECT_EQ(config.retries.conditions.error_keywords, (std::vector<std::string>{"busy"})) << "compared in lower case";
  EXPECT_EQ(config.providers.by_id.at("upstream")->base_url, "http://u.example/v1");
  EXPECT_EQ(config.providers.model_map.at("a"), "p");
  EXPECT_EQ(config.router.mode, RouterMode::fixed);
  EXPECT_TRUE(config.general.gateway_api_key.equals("gk"));
  EXPECT_EQ(nlohmann::json::parse(*loaded.rewritten)["odd_key"], 1);
  EXPECT_TRUE(good(R"({"upstream_base_url":"http://u.example/v1"})").rewritten) << "any flat key is recognised";
}

TEST(ConfigLoad, reports_everything_at_once_with_paths) {
  const std::vector<std::string> paths = problem_paths(R"({"schema_version":1,
    "general":{"gateway_api_key":5},
    "models":{"t1":[{"provider":"nobody","model":"m"},{"model":""},7],"t2":"x","strategies":{"t1":"best"}},
    "providers":{"upstream":{"base_url":"ftp://x","api_key":"env:MISSING"},
                 "custom":{"a/b":{}, "c":{"base_url":"https://u:p@c.example"}, "d":{"base_url":"https://d.example","protocol":"smtp","headers":{"Host":"x","X":"a\nb"},"proxy":"socks://x"}},
                 "map":{"m":"ghost"}},
    "timeouts":{"connect":{"t1":-5,"t2":"soon"}},
    "retries":{"conditions":{"status_codes":[99],"error_keywords":[1]}},
    "params":{"global_params":{"model":"x"}},
    "router":{"mode":"magic","default_tier":"t9"},
    "server":{"port":99999,"bind":"localhost","tls":{"cert":"/none.pem"}},
    "limits":{"body_bytes":1},
    "cors":{"origins":"*"}})");
  for (const char* const path :
       {"general.gateway_api_key",
        "models.t1[0].provider",
        "models.t1[1].model",
        "models.t1[2]",
        "models.t2",
        "models.strategies.t1",
        "providers.upstream.base_url",
        "providers.upstream.api_key",
        "providers.custom.a/b",
        "providers.custom.c.base_url",
        "providers.custom.d.protocol",
        "providers.custom.d.headers.Host",
        "providers.custom.d.headers.X",
        "providers.custom.d.proxy",
        "providers.map.m",
        "timeouts.connect.t1",
        "timeouts.connect.t2",
        "retries.conditions.status_codes",
        "retries.conditions.error_keywords",
        "params.global_params.model",
        "router.mode",
        "router.default_tier",
        "server.port",
        "server.bind",
        "server.tls",
        "server.tls.cert",
        "limits.body_bytes",
        "cors.origins"}) {
    EXPECT_TRUE(std::find(paths.begin(), paths.end(), path) != paths.end()) << path;
  }
}

TEST(ConfigLoad, what_is_blank_is_no_key_and_no_keyword) {
  EXPECT_EQ(
      problem_paths(
          R"({"schema_version":1,"models":{"t1":["m"]},"providers":{"upstream":{"api_keys":["a-key",null,""]}}})"
      ),
      (std::vector<std::string>{"providers.upstream.api_keys[1].key", "providers.upstream.api_keys[2].key"})
  );
  const auto loaded = good(
      R"({"schema_version":1,"models":{"t1":["m"]},"retries":{"conditions":{"error_keywords":[""," \t","Busy now"]}}})"
  );
  EXPECT_EQ(loaded.config.retries.conditions.error_keywords, (std::vector<std::string>{"busy now"}));
}

TEST(ConfigLoad, syntax_errors_name_line_and_column_and_no_content) {
  LoadResult result = load("{\n  \"general\": {\"gateway_api_key\": \"sk-secret\" \"x\"}\n}", secrets_of({}));
  const auto& problems = std::get<std::vector<Problem>>(result);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_NE(problems[0].message.find("line 2"), std::string::npos) << problems[0].message;
  EXPECT_EQ(problems[0].message.find("secret"), std::string::npos);
  for (const char* const bad :
       {"", "[]", "5", "{", "null", "1e99999", R"({"general":{"log_retention_days":1e99999}})"}) {
    EXPECT_TRUE(std::holds_alternative<std::vector<Problem>>(load(bad, secrets_of({})))) << bad;
  }
  EXPECT_EQ(problem_paths(R"({"schema_version":2})"), (std::vector<std::string>{"schema_version"}));
}

TEST(ConfigLoad, syntax_errors_are_where_an_editor_shows_them) {
  struct Case {
    const char* name;
    std::string text;
    const char* where;
  };

  const Case cases[] = {
      {"a text too many", R"({"a": 1 "key-is-secret"})", "line 1, column 9"},
      {"an escaped quote in it", R"({"a": 1 "b\"c"})", "line 1, column 9"},
      {"a missing comma is before", "{\n  \"a\": 1\n  \"b\": 2\n}", "line 3, column 3"},
      {"columns are characters", "{\n \"中文名\": 2 x}", "line 2, column 11"},
      {"a word", "{\"a\": nonsense}", "line 1, column 7"},
      {"a comma too many", "{\"a\": [1,]}", "line 1, column 10"},
      {"the end", "{\"a\": [1]\n\n", "line 1, column 10"},
      {"an open quote", "{\"a\": \"b\n}", "line 1, column 9"},
      {"Windows line ends", "{\r\n\"a\": 1,\r\n}\r\n", "line 3, column 1"},
  };
  for (const Case& one : cases) {
    const LoadResult result = load(one.text, secrets_of({}));
    ASSERT_TRUE(std::holds_alternative<std::vector<Problem>>(result)) << one.name;
    const std::string& message = std::get<std::vector<Problem>>(result)[0].message;
    EXPECT_NE(message.find(std::string(one.where) + ";"), std::string::npos) << one.name << ": " << message;
    EXPECT_EQ(message.find("secret"), std::string::npos) << one.name;
  }
}

TEST(ConfigLoad, a_file_in_another_encoding_or_without_content_is_called_that) {
  const auto message_of = [](std::string_view text) {
    return std::get<std::vector<Problem>>(load(text, secrets_of({})))[0].message;
  };
  const std::string gbk = "{\n  \"\xC3\xFB\": 1}";  // "名" as GBK
  EXPECT_NE(message_of(gbk).find("UTF-8"), std::string::npos) << message_of(gbk);
  for (const char* const empty : {"", " \n\t\r\n"}) EXPECT_NE(message_of(empty).find("empty"), std::string::npos);
}

TEST(ConfigLoad, a_byte_order_mark_is_no_content) {
  EXPECT_TRUE(problem_paths("\xEF\xBB\xBF" + default_config_json()).empty());
}

TEST(ConfigLoad, listens_on_addresses_only) {
  for (const char* const good_one : {"0.0.0.0", "127.0.0.1", "::", "::1", "fe80::1%eth0", "192.168.1.7"})
    EXPECT_TRUE(is_listen_address(good_one)) << good_one;
  for (const char* const bad : {"", "localhost", "0.0.0.0:80", "[::]", "1.2.3", "1.2.3.4.5", "256.1.1.1", "*", " ::"})
    EXPECT_FALSE(is_listen_address(bad)) << bad;
}

TEST(ConfigLoad, named_files_are_looked_into_even_when_something_else_is_wrong) {
  const FileCheck files = [](const Config& config, std::vector<Problem>& problems) {
    EXPECT_EQ(config.router.mode, RouterMode::automatic) << "a wrong setting keeps its default";
    problems.push_back({"server.tls.key", "does not match"});
    problems.push_back({"router.mode", "again"});
  };
  const LoadResult result =
      load(R"({"schema_version":1,"models":{"t1":["m"]},"router":{"mode":"x"}})", secrets_of({}), files);
  const auto& problems = std::get<std::vector<Problem>>(result);
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_EQ(problems[0].path, "router.mode");
  EXPECT_NE(problems[0].message, "again");
  EXPECT_EQ(problems[1].path, "server.tls.key");
}

TEST(ConfigLoad, secrets_come_from_the_environment_or_a_file) {
  const Loaded loaded = good(R"({"schema_version":1,"general":{"gateway_api_key":"env:KEY"},
    "models":{"t1":["m"]},"providers":{"upstream":{"base_url":"https://x.example","api_key":"file:/run/key"}}})");
  EXPECT_TRUE(loaded.config.general.gateway_api_key.equals("from-env"));
  EXPECT_TRUE(loaded.config.providers.by_id.at("upstream")->keys.at(0).secret.equals("from-file"));
}

TEST(ConfigLoad, a_reference_to_nothing_never_means_no_key) {
  const auto secrets = secrets_of({{"EMPTY", ""}, {"BLANK", " \r\n"}, {"TWO", "a\nX-Other: b"}});
  for (const char* const key :
       {"env:MISSING", "file:/none", "env:EMPTY", "file:EMPTY", "file:BLANK", "env:TWO", "a\\nb"}) {
    const std::string text =
        R"({"schema_version":1,"models":{"t1":["m"]},"general":{"gateway_api_key":")" + std::string(key) + "\"}}";
    const LoadResult result = load(text, secrets);
    ASSERT_TRUE(std::holds_alternative<std::vector<Problem>>(result)) << key;
    EXPECT_EQ(std::get<std::vector<Problem>>(result)[0].path, "general.gateway_api_key") << key;
  }
}

TEST(ConfigLoad, nesting_without_end_is_a_problem_and_no_crash) {
  for (const std::string open : {"[", "{\"a\":"}) {
    std::string text = R"({"schema_version":1,"models":{"t1":["m"]},"odd":)";
    std::string deep = text;
    for (int i = 0; i < 200'000; ++i) deep += open;
    EXPECT_TRUE(std::holds_alternative<std::vector<Problem>>(load(deep, secrets_of({}))));
    std::string closed = text;
    for (int i = 0; i < 200'000; ++i) closed += "[";
    closed += std::string(200'000, ']') + "}";
    EXPECT_EQ(problem_paths(closed), (std::vector<std::string>{""}));
  }
  EXPECT_TRUE(problem_paths(R"({"models":{"t1":["m"]},"odd":[[[[[[[[[[1]]]]]]]]]]})").empty());
}

TEST(ConfigLoad, a_file_name_beyond_every_limit_is_a_problem_and_no_crash) {
  const std::string name(5000, 'a');
  EXPECT_EQ(
      problem_paths(
          R"({"schema_version":1,"models":{"t1":["m"]},"providers":{"upstream":{"base_url":"https://x.example","ca_file":")" +
          name + R"("}},"server":{"tls":{"cert":")" + name + R"(","key":")" + name + R"("}}})"
      ),
      (std::vector<std::string>{"providers.upstream.ca_file", "server.tls.cert", "server.tls.key"})
  );
}

// What the original lived with: put right once, with a warning, and good for ever.
TEST(ConfigLoad, an_upgraded_original_loads_again_as_the_same) {
  for (const char* const text :
       {R"({})",
        R"({"models":{"t1":["mine"]}})",
        R"({"models":null,"general":null,"router":null,"providers":null})",
        R"({"models":{"t1":["m"],"strategies":{"t1":"best","t2":"adaptive"}}})",
        R"({"models":{"t1":["m"]},"providers":{"custom":{"a":{"base_url":"https://a.example","api_key":"k","protocol":"smtp"}},
            "upstream":{"protocol":"other"},"map":{"m":"ghost","n":"a","o":"upstream"}}})",
        R"({"models":{"t1":["m"]},"retries":{"rounds":{"t1":0,"t2":-3,"t3":2}}})",
        R"({"models":{"t1":["a/b",7,true]},"router":{"enabled":true}})",
        R"({"t1_models":["m"],"providers":{},"timeouts":{}})"}) {
    const Loaded first = good(text);
    ASSERT_TRUE(first.rewritten) << text;
    const Loaded second = good(*first.rewritten);
    EXPECT_FALSE(second.rewritten) << text;
    EXPECT_EQ(first.config, second.config) << text << "\n" << *first.rewritten;
    EXPECT_TRUE(second.config.general.ignore_requested_model) << text;
  }
  const Loaded defaults = good(R"({"models":{"t1":["mine"]}})");
  EXPECT_EQ(names(defaults.config.models.entries[Tier::t1]), (std::vector<std::string>{"upstream | mine"}));
  EXPECT_EQ(
      names(defaults.config.models.entries[Tier::t3]),
      (std::vector<std::string>{"upstream | gpt-4-32k", "upstream | claude-3-opus"})
  ) << "a tier that is not written had the original's default, and now says so";
}

TEST(ConfigLoad, warns_of_what_has_no_effect) {
  const Loaded loaded = good(R"({"schema_version":1,"models":{"t1":["m"],"t9":[]},"modells":{},
    "providers":{"upstream":{"base_url":"https://x.example"}},"modells":{}})");
  std::vector<std::string> paths;
  for (const Problem& warning : loaded.warnings) paths.push_back(warning.path);
  for (const char* const path : {"models.t9", "modells", "general.gateway_api_key"}) {
    EXPECT_TRUE(std::find(paths.begin(), paths.end(), path) != paths.end()) << path;
  }
}

TEST(ConfigLoad, where_a_provider_is_and_how_it_is_told_who_asks) {
  const Loaded loaded = good(R"({"schema_version":1,"models":{"t1":["m"]},"providers":{"custom":{
    "old":{"base_url":"https://r.example/openai/deployments/{model}?api-version=2024-10-21","key_header":"api-key"},
    "bare":{"base_url":"https://r.example?a=b"},
    "preset":{"preset":"azure","base_url":"https://r.example/openai/v1/"},
    "token":{"preset":"azure","base_url":"https://r.example/openai/v1","key_header":"Authorization"}}}})");
  const auto& by_id = loaded.config.providers.by_id;
  EXPECT_EQ(by_id.at("old")->base_url, "https://r.example/openai/deployments/{model}?api-version=2024-10-21");
  EXPECT_EQ(by_id.at("old")->key_header, "api-key");
  EXPECT_EQ(by_id.at("bare")->base_url, "https://r.example?a=b");
  EXPECT_EQ(by_id.at("bare")->key_header, "");
  EXPECT_EQ(by_id.at("preset")->key_header, "api-key");
  EXPECT_EQ(by_id.at("token")->key_header, "Authorization");
  for (const char* const bad :
       {R"("base_url":"https://r.example/v1?key=abc")",
        R"("base_url":"https://r.example/v1?a=1&Access_Token=abc")",
        R"("base_url":"https://r.example/v1?a=1#b")",
        R"("base_url":"https://r.example/v1?a=1?b")",
        R"("base_url":"https://r.example/v1?a b")",
        R"("base_url":"https://r.example/{deployment}/v1")",
        R"("base_url":"https://{model}.example/v1")",
        R"("base_url":"https://r.example/v1?m={model}")"}) {
    const std::string text = R"({"schema_version":1,"models":{"t1":["m"]},"providers":{"custom":{"a":{)";
    EXPECT_EQ(problem_paths(text + bad + "}}}}"), std::vector<std::string>{"providers.custom.a.base_url"}) << bad;
  }
  for (const char* const bad : {"a b", "Host", "content-length", "x:y"}) {
    const std::string text =
        R"({"schema_version":1,"models":{"t1":["m"]},"providers":{"upstream":{"key_header":")" + std::string(bad);
    EXPECT_EQ(problem_paths(text + "\"}}}"), std::vector<std::string>{"providers.upstream.key_header"}) << bad;
  }
}

TEST(ConfigLoad, what_a_provider_passes_through) {
  const Loaded loaded = good(R"({"schema_version":1,"models":{"t1":["m"]},"providers":{
    "upstream":{"passthrough":["moderations"],"passthrough_max_mb":1},
    "custom":{"z":{"base_url":"https://z.example/v1","passthrough":["images","audio","images"]},
              "a":{"base_url":"https://a.example/v1"}}}})");
  const Providers& providers = loaded.config.providers;
  EXPECT_EQ(providers.in_order, (std::vector<std::string>{"upstream", "z", "a"}));
  EXPECT_TRUE(providers.by_id.at("upstream")->passes(Passthrough::moderations));
  EXPECT_FALSE(providers.by_id.at("upstream")->passes(Passthrough::images));
  EXPECT_EQ(providers.by_id.at("upstream")->passthrough_bytes, 1024U * 1024U);
  EXPECT_EQ(providers.by_id.at("z")->passthrough, (std::vector<Passthrough>{Passthrough::images, Passthrough::audio}));
  EXPECT_EQ(providers.by_id.at("z")->passthrough_bytes, 64U * 1024U * 1024U);
  EXPECT_TRUE(providers.by_id.at("a")->passthrough.empty());
}

TEST(ConfigLoad, what_a_provider_cannot_pass_through) {
  EXPECT_EQ(
      problem_paths(
          R"({"schema_version":1,"models":{"t1":["m"]},"providers":{"upstream":{"passthrough":["video"]},"custom":{
        "a":{"base_url":"https://a.example","protocol":"gemini","passthrough":["images"]},
        "b":{"base_url":"https://b.example","passthrough":"images"},
        "c":{"base_url":"https://c.example","passthrough_max_mb":0}}}})"
      ),
      (std::vector<std::string>{
          "providers.upstream.passthrough",
          "providers.custom.a.passthrough",
          "providers.custom.b.passthrough",
          "providers.custom.c.passthrough_max_mb"})
  );
}

}  // namespace
}  // namespace gw::config
