#include "admin/status.hpp"

#include "admin/assets.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace gw::admin {
namespace {

TEST(Status, tells_how_the_gateway_is_and_never_a_secret) {
  const std::string text = R"({"schema_version":1,"general":{"gateway_api_key":"RECOGNISABLE-1"},
    "models":{"t1":["m"]},"providers":{"upstream":{"base_url":"https://x.example","api_key":"RECOGNISABLE-2",
    "proxy":"http://u:RECOGNISABLE-3@proxy:1","headers":{"X-Key":"RECOGNISABLE-4"}}}})";
  const auto loaded = config::load(text, config::SecretSource::system());
  ASSERT_TRUE(std::holds_alternative<config::Loaded>(loaded));
  telemetry::Registry registry(1);
  StatusInput input;
  input.version = "1";
  input.config_path = "/somewhere/config.json";
  input.rejected = {{"models.t1", "is wrong"}};
  const auto& config = std::get<config::Loaded>(loaded).config;
  const std::string status = status_json(config, registry, input);
  EXPECT_EQ(status.find("RECOGNISABLE"), std::string::npos);
  EXPECT_EQ(status.find("somewhere"), std::string::npos) << "paths are for this machine only";
  const auto json = nlohmann::json::parse(status);
  EXPECT_EQ(json["open"], false);
  EXPECT_EQ(json["tiers"][0]["models"][0]["model"], "m");
  EXPECT_EQ(json["config_problems"][0]["path"], "models.t1");
  EXPECT_EQ(json["resting_keys"], nlohmann::json::array());
  health::Row key;
  key.id = "upstream#1";
  key.kind = health::Row::Kind::key;
  key.rests = true;
  key.cooldown_until = 1700000000.5;
  health::Row other = key;
  other.kind = health::Row::Kind::entry;
  health::Row well = key;
  well.rests = false;
  input.health = {key, other, well};
  const auto resting = nlohmann::json::parse(status_json(config, registry, input))["resting_keys"];
  EXPECT_EQ(resting, nlohmann::json::parse(R"([{"id":"upstream#1","until":1700000000}])"));
  input.show_paths = true;
  EXPECT_NE(status_json(config, registry, input).find("somewhere"), std::string::npos);
}

TEST(Assets, the_page_is_in_the_binary) {
  const Asset* const page = find_asset("/index.html");
  ASSERT_NE(page, nullptr);
  EXPECT_NE(page->bytes.find("SmartRoute"), std::string_view::npos);
  EXPECT_FALSE(page->is_hashed);
  for (const char* const none : {"", "/", "/../etc/passwd", "/index.html/", "index.html"})
    EXPECT_EQ(find_asset(none), nullptr) << none;
}

}  // namespace
}  // namespace gw::admin
