#include "routing/catalog.hpp"

#include "base/hash.hpp"

#include <algorithm>

namespace gw::routing {
namespace {

using config::Config;
using config::ModelEntry;
using config::Tier;

// Looks at the last winners when it orders (contract 4.2).
bool remembers_winners(const Config& config, Tier tier) {
  const config::Strategy strategy = config.models.strategies[tier];
  return config.adaptive_weights.history > 0 &&
         (strategy == config::Strategy::random || strategy == config::Strategy::adaptive);
}

Candidate candidate_of(const ModelEntry& entry, Tier tier, const Config& config) {
  Candidate out;
  out.model = entry.model;
  out.entry_id = entry.id();
  out.display_name = entry.provider + "/" + entry.model;
  out.tier = tier;
  out.multimodal = entry.multimodal;
  out.remembered = remembers_winners(config, tier);
  out.weight = std::clamp(entry.weight, 0.0, 1.0);
  out.context_window = entry.context_window;
  out.max_output = entry.max_output;
  out.max_concurrent = entry.max_concurrent;
  out.price = entry.price;
  out.connect = entry.connect.value_or(config.timeouts.connect[tier]);
  out.generation = entry.generation.value_or(config.timeouts.generation[tier]);
  out.idle = entry.idle.value_or(config.timeouts.idle);
  out.rounds = std::max(1, entry.rounds.value_or(config.retries.rounds[tier]));
  out.hash = stable_hash(out.display_name);
  return out;
}

}  // namespace

std::shared_ptr<const Catalog> Catalog::make(const Config& config, health::Book& book) {
  auto catalog = std::make_shared<Catalog>();
  for (const Tier tier : config::tiers) catalog->add_entries(tier, config, book);
  catalog->add_vision(config, book);
  for (const config::Passthrough group : config::passthroughs) catalog->add_passing(group, config, book);
  // Names point at candidates: not before the lists stand still.
  for (const Tier tier : config::tiers) {
    for (const Candidate& candidate : catalog->tiers_[tier]) {
      add_name(catalog->by_name_, candidate.model, candidate);
      add_name(catalog->by_name_, candidate.display_name, candidate);
    }
  }
  catalog->add_embeddings(config, book);
  return catalog;
}

void Catalog::add_entries(Tier tier, const Config& config, health::Book& book) {
  std::vector<Candidate>& list = tiers_[tier];
  list.reserve(config.models.entries[tier].size());
  for (const ModelEntry& entry : config.models.entries[tier]) {
    auto provider = config.provider_of(entry);
    if (!provider) continue;
    Candidate candidate = candidate_of(entry, tier, config);
    const auto is_same = [&](const Candidate& c) { return c.display_name == candidate.display_name; };
    if (std::any_of(list.begin(), list.end(), is_same)) continue;
    candidate.health = &book.target(entry, *provider);
    candidate.provider = std::move(provider);
    list.push_back(std::move(candidate));
  }
}

// No tier's: the times are those of a question of our own, and no strategy remembers who answered it.
void Catalog::add_vision(const Config& config, health::Book& book) {
  const config::ImageDescription& from = config.providers.image_description;
  vision_.reserve(from.entries.size());
  for (const ModelEntry& entry : from.entries) {
    auto provider = config.provider_of(entry);
    if (!provider || provider->protocol == config::Protocol::demo) continue;
    Candidate candidate = candidate_of(entry, Tier::t1, config);
    const auto is_same = [&](const Candidate& c) { return c.display_name == candidate.display_name; };
    if (std::any_of(vision_.begin(), vision_.end(), is_same)) continue;
    candidate.remembered = false;
    candidate.connect = entry.connect.value_or(from.timeout);
    candidate.generation = entry.generation.value_or(from.timeout);
    candidate.rounds = std::max(1, entry.rounds.value_or(1));
    candidate.health = &book.target(entry, *provider);
    candidate.provider = std::move(provider);
    vision_.push_back(std::move(candidate));
  }
}

// What they have learnt is kept by provider and group: names of models would be the client's to invent without end.
void Catalog::add_passing(config::Passthrough group, const config::Config& config, health::Book& book) {
  std::vector<Candidate>& list = passing_[static_cast<std::size_t>(group)];
  for (const std::string& id : config.providers.in_order) {
    const auto& provider = config.providers.by_id.at(id);
    if (!provider->passes(group)) continue;
    ModelEntry entry;
    entry.provider = id;
    entry.model = "v1/" + std::string(to_string(group));
    Candidate candidate = candidate_of(entry, Tier::t2, config);
    candidate.model.clear();
    candidate.remembered = false;
    candidate.rounds = 1;
    candidate.health = &book.target(entry, *provider);
    candidate.provider = provider;
    list.push_back(std::move(candidate));
  }
}

void Catalog::add_embeddings(const Config& config, health::Book& book) {
  embeddings_.reserve(config.models.embeddings.size());
  for (const config::EmbeddingEntry& embedding : config.models.embeddings) {
    auto provider = config.provider_of(embedding.entry);
    if (!provider) continue;
    Candidate& candidate = embeddings_.emplace_back(candidate_of(embedding.entry, Tier::t1, config));
    candidate.remembered = false;  // its answers say nothing of the tier's models
    candidate.health = &book.target(embedding.entry, *provider);
    candidate.provider = std::move(provider);
    add_name(embeddings_by_name_, embedding.name, candidate);
    add_name(embeddings_by_name_, candidate.display_name, candidate);
  }
}

void Catalog::add_name(Names& names, std::string name, const Candidate& candidate) {
  std::vector<const Candidate*>& list = names[std::move(name)];
  const auto is_same = [&](const Candidate* c) { return c->display_name == candidate.display_name; };
  if (std::none_of(list.begin(), list.end(), is_same)) list.push_back(&candidate);
}

std::span<const Candidate* const> Catalog::find(const Names& names, std::string_view name) noexcept {
  const auto found = names.find(name);
  if (found == names.end()) return {};
  return found->second;
}

std::span<const Candidate* const> Catalog::named(std::string_view name) const noexcept {
  return find(by_name_, name);
}

std::span<const Candidate* const> Catalog::embeddings(std::string_view name) const noexcept {
  return find(embeddings_by_name_, name);
}

}  // namespace gw::routing
