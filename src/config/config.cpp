#include "config/config.hpp"

#include <algorithm>

namespace gw::config {

std::string_view to_string(Tier tier) noexcept {
  switch (tier) {
    case Tier::t1:
      return "t1";
    case Tier::t2:
      return "t2";
    case Tier::t3:
      return "t3";
  }
  return "t1";
}

std::optional<Tier> tier_from(std::string_view name) noexcept {
  if (name == "t1" || name == "T1") return Tier::t1;
  if (name == "t2" || name == "T2") return Tier::t2;
  if (name == "t3" || name == "T3") return Tier::t3;
  return std::nullopt;
}

std::string_view to_string(Protocol protocol) noexcept {
  switch (protocol) {
    case Protocol::openai:
      return "openai";
    case Protocol::v1_messages:
      return "v1-messages";
    case Protocol::v1_response:
      return "v1-response";
    case Protocol::gemini:
      return "gemini";
    case Protocol::demo:
      return "demo";
  }
  return "openai";
}

std::string_view to_string(Vendor vendor) noexcept {
  switch (vendor) {
    case Vendor::automatic:
      return "auto";
    case Vendor::generic:
      return "generic";
    case Vendor::openai:
      return "openai";
    case Vendor::anthropic:
      return "anthropic";
    case Vendor::deepseek:
      return "deepseek";
    case Vendor::moonshot:
      return "moonshot";
    case Vendor::zhipu:
      return "zhipu";
    case Vendor::dashscope:
      return "dashscope";
    case Vendor::siliconflow:
      return "siliconflow";
    case Vendor::volcengine:
      return "volcengine";
    case Vendor::openrouter:
      return "openrouter";
    case Vendor::gemini:
      return "gemini";
  }
  return "auto";
}

std::string_view to_string(Completions value) noexcept {
  return value == Completions::native ? "native" : "chat";
}

std::string_view to_string(Strategy strategy) noexcept {
  switch (strategy) {
    case Strategy::sequential:
      return "sequential";
    case Strategy::random:
      return "random";
    case Strategy::adaptive:
      return "adaptive";
    case Strategy::fastest:
      return "fastest";
    case Strategy::cheapest:
      return "cheapest";
    case Strategy::least_busy:
      return "least_busy";
  }
  return "sequential";
}

std::string_view to_string(Affinity value) noexcept {
  switch (value) {
    case Affinity::off:
      return "off";
    case Affinity::automatic:
      return "auto";
    case Affinity::header:
      return "header";
    case Affinity::user:
      return "user";
    case Affinity::prompt_cache_key:
      return "prompt_cache_key";
    case Affinity::prefix:
      return "prefix";
  }
  return "off";
}

std::string_view to_string(ClientErrors value) noexcept {
  switch (value) {
    case ClientErrors::one_other:
      return "one_other";
    case ClientErrors::give_back:
      return "return";
    case ClientErrors::all:
      return "all";
  }
  return "one_other";
}

std::string_view to_string(Escalate value) noexcept {
  switch (value) {
    case Escalate::none:
      return "none";
    case Escalate::up:
      return "up";
    case Escalate::any:
      return "any";
  }
  return "none";
}

std::string_view to_string(RouterMode mode) noexcept {
  switch (mode) {
    case RouterMode::automatic:
      return "auto";
    case RouterMode::keyword:
      return "keyword";
    case RouterMode::local:
      return "local";
    case RouterMode::llm:
      return "llm";
    case RouterMode::fixed:
      return "fixed";
  }
  return "auto";
}

std::string_view to_string(Passthrough group) noexcept {
  switch (group) {
    case Passthrough::images:
      return "images";
    case Passthrough::audio:
      return "audio";
    case Passthrough::moderations:
      return "moderations";
    case Passthrough::rerank:
      return "rerank";
  }
  return "images";
}

bool Provider::passes(Passthrough group) const noexcept {
  return std::find(passthrough.begin(), passthrough.end(), group) != passthrough.end();
}

bool operator==(const Providers& a, const Providers& b) {
  return a.model_map == b.model_map && a.in_order == b.in_order && a.image_description == b.image_description &&
         std::equal(
             a.by_id.begin(),
             a.by_id.end(),
             b.by_id.begin(),
             b.by_id.end(),
             [](const auto& one, const auto& two) { return one.first == two.first && *one.second == *two.second; }
         );
}

const ParameterRules* Params::of(std::string_view model, Protocol dialect) const noexcept {
  if (dialect == Protocol::v1_messages) return of_messages ? of_messages->of(model) : nullptr;
  if (dialect == Protocol::v1_response) return of_responses ? of_responses->of(model) : nullptr;
  const auto own = by_model.find(model);
  const ParameterRules& rules = own == by_model.end() ? others : own->second;
  return rules.empty() ? nullptr : &rules;
}

std::shared_ptr<const Provider> Config::provider_of(const ModelEntry& entry) const {
  if (entry.provider == "upstream") {
    if (const auto mapped = providers.model_map.find(entry.model); mapped != providers.model_map.end()) {
      if (const auto found = providers.by_id.find(mapped->second); found != providers.by_id.end()) return found->second;
    }
  }
  const auto found = providers.by_id.find(entry.provider);
  return found == providers.by_id.end() ? nullptr : found->second;
}

}  // namespace gw::config
