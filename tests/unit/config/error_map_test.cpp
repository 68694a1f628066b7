#include "config/load.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gw::config {
namespace {

const SecretSource no_secrets{
    [](std::string_view) { return std::optional<std::string>{}; },
    [](std::string_view) { return std::optional<std::string>{}; }};

LoadResult load_provider(const std::string& members) {
  return load(
      R"({"schema_version":1,"models":{"t1":["m"]},"providers":{"upstream":{"base_url":"https://a.example",)" +
          members + "}}}",
      no_secrets
  );
}

std::vector<Problem> problems_of(const std::string& members) {
  LoadResult result = load_provider(members);
  if (auto* problems = std::get_if<std::vector<Problem>>(&result)) return *problems;
  return {};
}

TEST(ErrorMap, reads_ordered_rules) {
  LoadResult result = load_provider(R"("vendor":"dashscope","error_map":[
      {"status":403,"message":"余额不足","class":"billing"},
      {"code":1301,"class":"content_policy"},
      {"code":"Throttling*","type":"x","class":"rate_limited"}])");
  ASSERT_TRUE(std::holds_alternative<Loaded>(result));
  const Provider& provider = *std::get<Loaded>(result).config.providers.by_id.at("upstream");
  EXPECT_EQ(provider.vendor, Vendor::dashscope);
  EXPECT_EQ(
      provider.error_map,
      (std::vector<ErrorRule>{
          {403, "", "", "余额不足", Errc::billing},
          {0, "1301", "", "", Errc::content_policy},
          {0, "Throttling*", "x", "", Errc::rate_limited}})
  );
  for (const Problem& warning : std::get<Loaded>(result).warnings) {
    EXPECT_EQ(warning.path.find("providers."), std::string::npos) << warning.path;
  }
}

TEST(ErrorMap, every_class_and_vendor_can_be_named) {
  for (const Errc code : rule_classes) {
    const std::string rule = R"("error_map":[{"code":"x","class":")" + std::string(to_string(code)) + R"("}])";
    EXPECT_TRUE(std::holds_alternative<Loaded>(load_provider(rule))) << rule;
  }
  for (const Vendor vendor : vendors) {
    const std::string member = R"("vendor":")" + std::string(to_string(vendor)) + "\"";
    EXPECT_TRUE(std::holds_alternative<Loaded>(load_provider(member))) << member;
  }
}

TEST(ErrorMap, what_is_wrong_is_said_with_its_place) {
  struct Case {
    const char* members;
    const char* path;
    const char* says;
  };

  for (const Case& c : {
           Case{R"("vendor":"acme")", "vendor", "zhipu"},
           Case{R"("vendor":7)", "vendor", "text"},
           Case{R"("error_map":{})", "error_map", "list"},
           Case{R"("error_map":[7])", "error_map[0]", "object"},
           Case{R"("error_map":[null])", "error_map[0]", "object"},
           Case{R"("error_map":[{"code":"x"}])", "error_map[0].class", "rate_limited"},
           Case{R"("error_map":[{"code":"x","class":"client_gone"}])", "error_map[0].class", "client_gone"},
           Case{R"("error_map":[{"class":"billing"}])", "error_map[0].class", "no condition"},
           Case{R"("error_map":[{"message":"","class":"billing"}])", "error_map[0].class", "no condition"},
           Case{R"("error_map":[{"status":503,"class":"billing"}])", "error_map[0].status", "5xx"},
           Case{R"("error_map":[{"status":200,"code":"x","class":"billing"}])", "error_map[0].status", "inside a 200"},
           Case{R"("error_map":[{"status":"odd","class":"billing"}])", "error_map[0].status", "whole number"},
           Case{R"("error_map":[{"code":true,"class":"billing"}])", "error_map[0].code", "text"},
           Case{R"("error_map":[{"code":"","class":"billing"}])", "error_map[0].code", "name"},
           Case{R"("error_map":[{"code":"*","class":"billing"}])", "error_map[0].code", "name"},
           Case{R"("error_map":[{"type":"a*b","class":"billing"}])", "error_map[0].type", "name"},
           Case{R"("error_map":[{"type":"a**","class":"billing"}])", "error_map[0].type", "name"},
           Case{R"("error_map":[{"status":400,"mesage":"x","class":"billing"}])", "error_map[0].mesage", "condition"},
       }) {
    const std::vector<Problem> problems = problems_of(c.members);
    ASSERT_EQ(problems.size(), 1U) << c.members;
    EXPECT_EQ(problems[0].path, std::string("providers.upstream.") + c.path) << c.members;
    EXPECT_NE(problems[0].message.find(c.says), std::string::npos) << c.members << ": " << problems[0].message;
  }
}

}  // namespace
}  // namespace gw::config
