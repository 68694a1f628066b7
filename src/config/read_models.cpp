// `models`, `routing` and `adaptive_weights`: what may be asked, and in which order; and
// `providers.image_description*`, whose entries are a tier's.
#include "config/json.hpp"
#include "config/presets.hpp"

#include <algorithm>

namespace gw::config {
namespace {

constexpr std::int64_t most_concurrent = 1'000'000;

std::optional<Millis> read_time(const Section& section, std::string_view key) {
  const Json* const value = section.find(key);
  if (value == nullptr || value->is_null()) return std::nullopt;
  Millis out{1};
  section.read(key, out, 1);
  return out;
}

void read_timeouts_of(const Section& section, ModelEntry& entry) {
  entry.connect = read_time(section, "connect");
  entry.generation = read_time(section, "generation");
  entry.idle = read_time(section, "idle");
  section.warn_unknown({"connect", "generation", "idle"});
}

void read_price(const Section& section, ModelEntry& entry) {
  if (!section.exists()) return;
  constexpr double highest = 1e6;
  Price price;
  const std::pair<const char*, double*> members[] = {{"input", &price.input}, {"output", &price.output}};
  for (const auto& [key, out] : members) {
    const Json* const value = section.find(key);
    if (value == nullptr || value->is_null()) {
      section.findings().problem(section.path_of(key), "is missing: the money for a million tokens, 0 for none");
    } else {
      section.read(key, *out, 0, highest);
    }
  }
  section.warn_unknown({"input", "output"});
  entry.price = price;
}

void read_rounds(const Section& section, ModelEntry& entry) {
  const Json* const rounds = section.find("rounds");
  if (rounds == nullptr || rounds->is_null()) return;
  int value = 1;
  section.read_count("rounds", value, 1, 1000);
  entry.rounds = value;
}

void read_abilities(const Section& section, ModelEntry& entry) {
  constexpr std::int64_t most_tokens = 1'000'000'000;
  section.read("multimodal", entry.multimodal);
  section.read_count("context_window", entry.context_window, 0, most_tokens);
  section.read_count("max_output", entry.max_output, 0, most_tokens);
  section.read_count("max_concurrent", entry.max_concurrent, 0, most_concurrent);
  read_rounds(section, entry);
  read_timeouts_of(section.section("timeouts"), entry);
  read_price(section.section("price"), entry);
}

bool says(const Section& section, std::string_view key) {
  const Json* const value = section.find(key);
  return value != nullptr && !value->is_null();
}

// What the entry does not say, its provider's preset may.
void fill_from_preset(const Section& section, const Config& config, ModelEntry& entry) {
  const auto provider = config.provider_of(entry);
  const Preset* const preset = provider ? find_preset(provider->preset) : nullptr;
  const PresetModel* const known = preset == nullptr ? nullptr : find_model(*preset, entry.model);
  if (known == nullptr) return;
  if (!says(section, "context_window")) entry.context_window = known->context_window;
  if (!says(section, "max_output")) entry.max_output = known->max_output;
  if (!says(section, "price") && preset->has_prices) entry.price = known->price;
}

// What entries of tiers and embedding models have in common: who is asked for what.
void read_who(const Section& section, const Config& config, ModelEntry& entry) {
  section.read("model", entry.model);
  section.read("provider", entry.provider);
  section.read("weight", entry.weight, -1e9, 1e9);  // the original took any number
  entry.weight = std::clamp(entry.weight, 0.0, 1.0);
  if (entry.model.empty()) {
    section.findings().problem(section.path_of("model"), "is missing: the name by which the provider knows the model");
  }
  if (!config.providers.by_id.contains(entry.provider)) {
    std::string known;
    for (const auto& [id, provider] : config.providers.by_id) known += (known.empty() ? "" : ", ") + id;
    section.findings().problem(
        section.path_of("provider"), "is \"" + entry.provider + "\", which is not configured; known are: " + known
    );
  }
}

void read_entry(const Section& section, const Config& config, std::vector<ModelEntry>& out) {
  ModelEntry entry;
  read_who(section, config, entry);
  read_abilities(section, entry);
  fill_from_preset(section, config, entry);
  section.warn_unknown(
      {"model",
       "provider",
       "multimodal",
       "weight",
       "context_window",
       "max_output",
       "max_concurrent",
       "timeouts",
       "rounds",
       "price"}
  );
  out.push_back(std::move(entry));
}

// An answer comes whole: there is no time to its first content.
void read_embedding_timeouts(const Section& section, ModelEntry& entry) {
  entry.generation = read_time(section, "generation");
  entry.idle = read_time(section, "idle");
  section.warn_unknown({"generation", "idle"});
}

void check_embedding_provider(const Section& section, const Config& config, const ModelEntry& entry) {
  const auto provider = config.provider_of(entry);
  if (!provider || provider->protocol == Protocol::openai) return;
  section.findings().problem(
      section.path_of("provider"),
      "is \"" + provider->id + "\", which speaks " + std::string(to_string(provider->protocol)) +
          "; embeddings are asked of providers of protocol openai (Gemini has them at its OpenAI-compatible address)"
  );
}

void read_embedding(const Section& section, const Config& config, std::vector<EmbeddingEntry>& out) {
  EmbeddingEntry embedding;
  ModelEntry& entry = embedding.entry;
  read_who(section, config, entry);
  section.read_count("max_concurrent", entry.max_concurrent, 0, most_concurrent);
  read_rounds(section, entry);
  read_embedding_timeouts(section.section("timeouts"), entry);
  read_price(section.section("price"), entry);
  check_embedding_provider(section, config, entry);
  embedding.name = entry.model;
  section.read("name", embedding.name);
  if (embedding.name.empty() && !entry.model.empty()) {
    section.findings().problem(section.path_of("name"), "is empty; clients ask for it");
  }
  section.warn_unknown({"name", "model", "provider", "weight", "max_concurrent", "timeouts", "rounds", "price"});
  out.push_back(std::move(embedding));
}

template <class Entry>
using ReadOne = void (*)(const Section&, const Config&, std::vector<Entry>&);

template <class Entry>
void read_entries(
    const Section& models, std::string_view key, const Config& config, std::vector<Entry>& out, ReadOne<Entry> read
) {
  const Json* const list = models.find(key);
  if (list == nullptr || list->is_null()) return;
  const std::string path = models.path_of(key);
  if (!list->is_array()) {
    models.findings().problem(path, "must be a list of models");
    return;
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string at = path + "[" + std::to_string(i) + "]";
    const Json& item = (*list)[i];
    if (item.is_string()) {
      // Also today: a hand may write a name only. The same rule as for originals.
      Json wrapped = Json::object();
      const auto text = item.get<std::string>();
      const std::size_t slash = text.find('/');
      const bool split = slash != std::string::npos && config.providers.by_id.contains(text.substr(0, slash));
      wrapped["model"] = split ? text.substr(slash + 1) : text;
      wrapped["provider"] = split ? text.substr(0, slash) : "upstream";
      read(Section(&wrapped, at, models.findings()), config, out);
    } else if (item.is_object()) {
      read(Section(&item, at, models.findings()), config, out);
    } else {
      models.findings().problem(at, "must be an object {\"model\": ..., \"provider\": ...}");
    }
  }
}

// Not wrong, but not what was meant either.
void warn_unpriced(const Section& models, std::string_view list, std::size_t place, const ModelEntry& entry) {
  if (entry.price) return;
  models.findings().warning(
      models.path_of(list) + "[" + std::to_string(place) + "].price",
      "is not given: under the strategy cheapest the model comes behind all that have one"
  );
}

void warn_unpriced(const Section& models, const Models& config) {
  for (const Tier tier : tiers) {
    if (config.strategies[tier] != Strategy::cheapest) continue;
    std::size_t place = 0;
    for (const ModelEntry& entry : config.entries[tier]) warn_unpriced(models, to_string(tier), place++, entry);
  }
  if (config.embeddings_strategy != Strategy::cheapest) return;
  std::size_t place = 0;
  for (const EmbeddingEntry& one : config.embeddings) warn_unpriced(models, "embeddings", place++, one.entry);
}

}  // namespace

void read_models(const Section& root, Config& config) {
  const Section section = root.section("models");
  std::size_t count = 0;
  for (const Tier tier : tiers) {
    read_entries(section, to_string(tier), config, config.models.entries[tier], read_entry);
    count += config.models.entries[tier].size();
  }
  read_entries(section, "embeddings", config, config.models.embeddings, read_embedding);
  count += config.models.embeddings.size();
  if (count == 0) {
    root.findings().problem("models", "has no model in any tier; add one to t1, t2 or t3");
  }
  const auto read_strategy = [](const Section& s, std::string_view key, Strategy& out) {
    read_name(s, key, strategies, out);
  };
  const Section strategies_section = section.section("strategies");
  for (const Tier tier : tiers) read_strategy(strategies_section, to_string(tier), config.models.strategies[tier]);
  read_strategy(strategies_section, "embeddings", config.models.embeddings_strategy);
  strategies_section.warn_unknown({"t1", "t2", "t3", "embeddings"});
  warn_unpriced(section, config.models);
  section.warn_unknown({"t1", "t2", "t3", "embeddings", "strategies"});
}

void read_image_description(const Section& root, Config& config) {
  constexpr std::int64_t longest_ttl = std::int64_t{366} * 24 * 3600;
  constexpr std::int64_t longest_call = 3'600'000;
  const Section section = root.section("providers");
  ImageDescription& out = config.providers.image_description;
  read_entries(section, "image_description", config, out.entries, read_entry);
  for (std::size_t i = 0; i < out.entries.size(); ++i) {
    const auto provider = config.provider_of(out.entries[i]);
    if (!provider || provider->protocol != Protocol::demo) continue;
    root.findings().warning(
        section.path_of("image_description") + "[" + std::to_string(i) + "]",
        "has a provider of protocol demo, which cannot see; the entry is left out"
    );
  }
  section.read("image_description_prompt", out.prompt);
  if (out.prompt.empty()) out.prompt = default_image_prompt;
  std::int64_t ttl = out.cache_ttl.count();
  section.read_integer("image_description_cache_ttl", 0, longest_ttl, ttl);
  if (ttl != 0) out.cache_ttl = Seconds{ttl};  // the original's 0 = default
  section.read_count("image_description_cache_mb", out.cache_mb, 0, 4096);
  section.read("image_description_timeout", out.timeout, 1, longest_call);
}

void read_routing(const Section& root, Config& config) {
  const Section section = root.section("routing");
  read_name(section, "affinity", affinities, config.routing.affinity);
  std::string fallback = config.routing.pinned_fallback ? "tier" : "none";
  section.read("pinned_fallback", fallback);
  if (fallback != "none" && fallback != "tier") {
    root.findings().problem(section.path_of("pinned_fallback"), "is \"" + fallback + "\"; it must be none or tier");
  }
  config.routing.pinned_fallback = fallback == "tier";
  section.warn_unknown({"affinity", "pinned_fallback"});
}

void read_adaptive_weights(const Section& root, Config& config) {
  const Section section = root.section("adaptive_weights");
  AdaptiveWeights& out = config.adaptive_weights;
  section.read("weight_random", out.random, 0, AdaptiveWeights::max_weight);
  section.read("weight_health", out.health, 0, AdaptiveWeights::max_weight);
  section.read("weight_speed", out.speed, 0, AdaptiveWeights::max_weight);
  section.read("weight_user", out.user, 0, AdaptiveWeights::max_weight);
  section.read("weight_consecutive_penalty", out.consecutive_penalty, 0, AdaptiveWeights::max_weight);
  section.read_count("consecutive_history_size", out.history, 0, AdaptiveWeights::max_history);
  section.warn_unknown(
      {"weight_random",
       "weight_health",
       "weight_speed",
       "weight_user",
       "weight_consecutive_penalty",
       "consecutive_history_size"}
  );
}

}  // namespace gw::config
