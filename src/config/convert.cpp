// Originals into today's shape: the flat files of January 2026, string lists, every prefix in time (contract 1.2, 1.3).
#include "config/json.hpp"

#include <algorithm>
#include <array>

namespace gw::config {
namespace {

constexpr std::array<std::string_view, 14> flat_keys{
    "t1_models",
    "t2_models",
    "t3_models",
    "routing_strategies",
    "stream_timeouts",
    "retry_rounds",
    "retry_config",
    "upstream_base_url",
    "upstream_api_key",
    "model_provider_map",
    "router_config",
    "health_check_config",
    "gateway_api_key",
    "log_retention_days",
};

bool is_flat(const Json& root) {
  return std::any_of(flat_keys.begin(), flat_keys.end(), [&](std::string_view key) {
    return root.contains(std::string(key));
  });
}

void move_key(Json& from, const char* key, Json& to, const char* name) {
  if (const auto at = from.find(key); at != from.end()) {
    to[name] = *at;
    from.erase(key);
  }
}

// Name clashes: flat `providers` and `timeouts` mean something else than the nested ones.
Json nested_from_flat(Json flat) {
  Json out = Json::object();
  Json general = Json::object();
  move_key(flat, "log_retention_days", general, "log_retention_days");
  move_key(flat, "gateway_api_key", general, "gateway_api_key");
  Json models = Json::object();
  move_key(flat, "t1_models", models, "t1");
  move_key(flat, "t2_models", models, "t2");
  move_key(flat, "t3_models", models, "t3");
  move_key(flat, "routing_strategies", models, "strategies");
  Json timeouts = Json::object();
  move_key(flat, "timeouts", timeouts, "connect");
  move_key(flat, "stream_timeouts", timeouts, "generation");
  for (const char* const map : {"connect", "generation"}) {
    if (timeouts.contains(map) && timeouts[map].empty()) timeouts.erase(map);
  }
  Json retries = Json::object();
  move_key(flat, "retry_rounds", retries, "rounds");
  move_key(flat, "retry_config", retries, "conditions");
  Json providers = Json::object();
  Json upstream = Json::object();
  move_key(flat, "upstream_base_url", upstream, "base_url");
  move_key(flat, "upstream_api_key", upstream, "api_key");
  if (!upstream.empty()) providers["upstream"] = upstream;
  move_key(flat, "providers", providers, "custom");
  move_key(flat, "model_provider_map", providers, "map");
  Json params = Json::object();
  move_key(flat, "global_params", params, "global_params");
  move_key(flat, "model_params", params, "model_params");
  const std::pair<const char*, Json*> sections[] = {
      {"general", &general},
      {"models", &models},
      {"timeouts", &timeouts},
      {"retries", &retries},
      {"providers", &providers},
      {"params", &params},
  };
  for (const auto& [name, section] : sections) {
    if (!section->empty()) out[name] = *section;
  }
  move_key(flat, "router_config", out, "router");
  move_key(flat, "health_check_config", out, "health");
  for (const auto& [key, value] : flat.items()) out[key] = value;  // what nobody knows is kept
  return out;
}

// The README release's rule: a prefix is a provider only when it is one; otherwise the whole string is the model's
// name.
Json entry_from_text(const std::string& text, const Json& custom) {
  const std::size_t slash = text.find('/');
  const std::string prefix = text.substr(0, slash);
  const bool is_provider = slash != std::string::npos && slash + 1 < text.size() &&
                           (prefix == "upstream" || (custom.is_object() && custom.contains(prefix)));
  Json entry = Json::object();
  entry["model"] = is_provider ? text.substr(slash + 1) : text;
  entry["provider"] = is_provider ? prefix : "upstream";
  return entry;
}

void convert_entries(Json& list, const Json& custom) {
  if (!list.is_array()) return;  // validation says what is wrong with it
  for (Json& item : list) {
    if (item.is_string()) {
      item = entry_from_text(item.get<std::string>(), custom);
    } else if (item.is_number() || item.is_boolean()) {
      item = entry_from_text(item.dump(), custom);
    }
  }
}

}  // namespace

bool is_original(const Json& root) {
  return !root.contains("schema_version");
}

Json converted(const Json& original) {
  const Json nested = is_flat(original) ? nested_from_flat(original) : original;
  Json out = Json::object();
  out["schema_version"] = 1;
  for (const auto& [key, value] : nested.items()) out[key] = value;

  const Json custom = out.contains("providers") && out["providers"].is_object() && out["providers"].contains("custom")
                          ? out["providers"]["custom"]
                          : Json::object();
  if (out.contains("models") && out["models"].is_object()) {
    for (const char* const tier : {"t1", "t2", "t3"}) {
      if (out["models"].contains(tier)) convert_entries(out["models"][tier], custom);
    }
  }
  if (out.contains("providers") && out["providers"].is_object() && out["providers"].contains("image_description")) {
    convert_entries(out["providers"]["image_description"], custom);
  }

  // What the original did, said in today's words.
  if (!out.contains("general")) out["general"] = Json::object();
  if (out["general"].is_object() && !out["general"].contains("ignore_requested_model")) {
    out["general"]["ignore_requested_model"] = true;
  }
  if (!out.contains("router")) out["router"] = Json::object();
  Json& router = out["router"];
  if (router.is_object() && !router.contains("mode")) {
    const bool enabled = router.contains("enabled") && router["enabled"].is_boolean() && router["enabled"].get<bool>();
    router["mode"] = enabled ? "llm" : "fixed";
  }
  return out;
}

}  // namespace gw::config
