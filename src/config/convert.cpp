// Originals into today's shape: the flat files of January 2026, string lists, every prefix in time (contract 1.2, 1.3).
#include "config/json.hpp"

#include <algorithm>
#include <array>
#include <cmath>

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

// A missing member is made an empty object, as null is. Anything else stays for validation to judge.
Json& object_in(Json& parent, const char* key) {
  Json& member = parent[key];
  if (member.is_null()) member = Json::object();
  return member;
}

bool is_missing(const Json& object, const char* key) {
  const auto at = object.find(key);
  return at == object.end() || at->is_null();
}

void convert_models(Json& models, const Json& custom, Findings& findings) {
  if (!models.is_object()) return;
  constexpr std::array<std::array<std::string_view, 3>, 3> defaults{
      {{"t1", "gpt-3.5-turbo", "gpt-4o-mini"}, {"t2", "gpt-4", "gpt-4-turbo"}, {"t3", "gpt-4-32k", "claude-3-opus"}}};
  for (const auto& [tier, first, second] : defaults) {
    const std::string key(tier);
    if (is_missing(models, key.c_str())) models[key] = Json::array({std::string(first), std::string(second)});
    convert_entries(models[key], custom);
  }
  if (is_missing(models, "strategies") || !models["strategies"].is_object()) return;
  for (const auto& [tier, strategy] : models["strategies"].items()) {
    if (!strategy.is_string() || strategy == "sequential" || strategy == "random" || strategy == "adaptive") continue;
    findings.warning(
        "models.strategies." + tier, "was \"" + strategy.get<std::string>() + "\", which is none; taken as sequential"
    );
    strategy = "sequential";
  }
}

void convert_protocol(Json& provider, const std::string& path, Findings& findings) {
  if (!provider.is_object() || is_missing(provider, "protocol") || !provider["protocol"].is_string()) return;
  const auto name = provider["protocol"].get<std::string>();
  if (name == "openai" || name == "v1-messages" || name == "v1-response") return;
  findings.warning(path + ".protocol", "was \"" + name + "\", which is none; taken as openai, as before");
  provider["protocol"] = "openai";
}

void convert_providers(Json& providers, const Json& custom, Findings& findings) {
  if (!providers.is_object()) return;
  if (!is_missing(providers, "upstream")) convert_protocol(providers["upstream"], "providers.upstream", findings);
  if (custom.is_object()) {
    for (const auto& [id, provider] : custom.items()) {
      convert_protocol(providers["custom"][id], "providers.custom." + id, findings);
    }
  }
  if (!is_missing(providers, "map") && providers["map"].is_object()) {
    Json kept = Json::object();
    for (const auto& [model, id] : providers["map"].items()) {
      const bool is_known =
          !id.is_string() || id == "upstream" || (custom.is_object() && custom.contains(id.get<std::string>()));
      if (is_known) {
        kept[model] = id;
      } else {
        // The original sent such models to the default provider, which is what an absent line does.
        findings.warning(
            "providers.map." + model,
            "named the provider \"" + id.get<std::string>() + "\", which does not exist; left out, as it had no effect"
        );
      }
    }
    providers["map"] = std::move(kept);
  }
  if (!is_missing(providers, "image_description")) convert_entries(providers["image_description"], custom);
}

// Fewer than one round counted as one.
void convert_rounds(Json& retries) {
  if (!retries.is_object() || is_missing(retries, "rounds") || !retries["rounds"].is_object()) return;
  for (const auto& [tier, rounds] : retries["rounds"].items()) {
    if (rounds.is_number_integer() && rounds.get<std::int64_t>() < 1) rounds = 1;
  }
}

// Any number would do, also one that makes no sense; 0 winners meant that the list grew for ever.
void convert_adaptive_weights(Json& weights, Findings& findings) {
  if (!weights.is_object()) return;
  for (const auto& [key, value] : weights.items()) {
    if (!value.is_number()) continue;
    const bool is_size = key == "consecutive_history_size";
    if (!is_size && !key.starts_with("weight_")) continue;
    const double high = is_size ? AdaptiveWeights::max_history : AdaptiveWeights::max_weight;
    const auto number = value.get<double>();
    const double within = std::clamp(is_size ? std::floor(number) : number, 0.0, high);
    if (within == number) continue;
    const std::string was = value.dump();
    value = is_size ? Json(static_cast<int>(within)) : Json(within);
    findings.warning("adaptive_weights." + key, "was " + was + ", which has no use; taken as " + value.dump());
  }
}

}  // namespace

bool is_original(const Json& root) {
  return !root.contains("schema_version");
}

Json converted(const Json& original, Findings& findings) {
  const Json nested = is_flat(original) ? nested_from_flat(original) : original;
  Json out = Json::object();
  out["schema_version"] = 1;
  for (const auto& [key, value] : nested.items()) out[key] = value;

  Json& providers = object_in(out, "providers");
  const Json custom = providers.is_object() && providers.contains("custom") ? providers["custom"] : Json::object();
  convert_providers(providers, custom, findings);
  convert_models(object_in(out, "models"), custom, findings);
  if (out.contains("retries")) convert_rounds(out["retries"]);
  if (out.contains("adaptive_weights")) convert_adaptive_weights(out["adaptive_weights"], findings);

  // What the original did, said in today's words.
  Json& general = object_in(out, "general");
  if (general.is_object() && is_missing(general, "ignore_requested_model")) general["ignore_requested_model"] = true;
  Json& router = object_in(out, "router");
  if (router.is_object() && is_missing(router, "mode")) {
    const bool is_enabled = !is_missing(router, "enabled") && router["enabled"] == true;
    router["mode"] = is_enabled ? "llm" : "fixed";
  }
  return out;
}

}  // namespace gw::config
