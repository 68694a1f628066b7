#include "admin/status.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace gw::admin {

using Json = nlohmann::ordered_json;

namespace {

Json tiers_json(const config::Config& config) {
  Json tiers = Json::array();
  for (const config::Tier tier : config::tiers) {
    Json models = Json::array();
    for (const config::ModelEntry& entry : config.models.entries[tier]) {
      const auto provider = config.provider_of(entry);
      models.push_back({
          {"id", entry.id()},
          {"model", entry.model},
          {"provider", provider ? provider->id : entry.provider},
          {"protocol", provider ? std::string(config::to_string(provider->protocol)) : std::string{}},
      });
    }
    tiers.push_back({
        {"tier", std::string(config::to_string(tier))},
        {"strategy", std::string(config::to_string(config.models.strategies[tier]))},
        {"models", std::move(models)},
    });
  }
  return tiers;
}

// Refused, used up or limited: a person may have to do something about it.
Json resting_keys(const std::vector<health::Row>& rows) {
  Json keys = Json::array();
  for (const health::Row& row : rows) {
    if (row.kind != health::Row::Kind::key || !row.current || !row.rests) continue;
    keys.push_back({{"id", row.id}, {"until", static_cast<std::int64_t>(row.cooldown_until)}});
  }
  return keys;
}

}  // namespace

std::string status_json(const config::Config& config, const telemetry::Registry& registry, const StatusInput& input) {
  const telemetry::Totals totals = registry.totals();
  Json problems = Json::array();
  for (const config::Problem& problem : input.rejected) {
    problems.push_back({{"path", problem.path}, {"message", problem.message}});
  }
  Json status{
      {"name", "SmartRoute AI Gateway"},
      {"version", std::string(input.version)},
      {"started", input.started},
      {"uptime_seconds", unix_seconds() - input.started},
      {"draining", input.draining},
      {"open", config.general.gateway_api_key.empty()},
      {"open_to_public", config.general.gateway_api_key.empty() && config.general.open_to_public},
      {"router_mode", std::string(config::to_string(config.router.mode))},
      {"tiers", tiers_json(config)},
      {"totals",
       {{"requests", totals.requests},
        {"chat_requests", totals.chat_requests},
        {"failures", totals.failures},
        {"chat_failures", totals.chat_failures},
        {"in_flight", std::max<std::int64_t>(totals.in_flight - 1, 0)},  // less the request that asks
        {"streams", totals.streams},
        {"connections", totals.connections},
        {"prompt_tokens", totals.prompt_tokens},
        {"completion_tokens", totals.completion_tokens},
        {"by_tier", {{"t1", totals.by_tier[0]}, {"t2", totals.by_tier[1]}, {"t3", totals.by_tier[2]}}}}},
      {"config_problems", std::move(problems)},
      {"resting_keys", resting_keys(input.health)},
  };
  if (input.show_paths) status["paths"] = {{"data", input.data_dir}, {"config", input.config_path}};
  return status.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace gw::admin
