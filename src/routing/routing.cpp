#include "routing/routing.hpp"

#include <algorithm>

namespace gw::routing {
namespace {

using config::Config;
using config::ModelEntry;
using config::Tier;

bool is_usable(const config::Provider& provider) {
  return provider.protocol == config::Protocol::openai || provider.protocol == config::Protocol::demo;
}

Candidate candidate_of(const ModelEntry& entry, Tier tier, std::shared_ptr<const config::Provider> provider) {
  Candidate candidate;
  candidate.model = entry.model;
  candidate.entry_id = entry.id();
  candidate.display_name = entry.provider + "/" + entry.model;
  candidate.tier = tier;
  candidate.provider = std::move(provider);
  candidate.multimodal = entry.multimodal;
  return candidate;
}

void add_tier(Tier tier, const Config& config, std::vector<Candidate>& out) {
  for (const ModelEntry& entry : config.models.entries[tier]) {
    auto provider = config.provider_of(entry);
    if (provider && is_usable(*provider)) out.push_back(candidate_of(entry, tier, std::move(provider)));
  }
}

// The tier itself, then upwards, then downwards: an answer from a stronger model is better than none.
std::vector<Tier> with_fallbacks(Tier tier) {
  switch (tier) {
    case Tier::t1:
      return {Tier::t1, Tier::t2, Tier::t3};
    case Tier::t2:
      return {Tier::t2, Tier::t3, Tier::t1};
    case Tier::t3:
      return {Tier::t3, Tier::t2, Tier::t1};
  }
  return {Tier::t1, Tier::t2, Tier::t3};
}

bool goes_by(const ModelEntry& entry, std::string_view name) {
  return entry.model == name || entry.provider + "/" + entry.model == name;
}

std::vector<Candidate> pinned_candidates(std::string_view name, const Config& config) {
  std::vector<Candidate> out;
  for (const Tier tier : config::tiers) {
    for (const ModelEntry& entry : config.models.entries[tier]) {
      if (!goes_by(entry, name)) continue;
      auto provider = config.provider_of(entry);
      if (!provider || !is_usable(*provider)) continue;
      Candidate candidate = candidate_of(entry, tier, std::move(provider));
      const bool known = std::any_of(out.begin(), out.end(), [&](const Candidate& c) {
        return c.display_name == candidate.display_name;
      });
      if (!known) out.push_back(std::move(candidate));
    }
  }
  return out;
}

Error no_route(std::string message) {
  return gateway_error(Errc::no_route, std::move(message));
}

}  // namespace

Result<Plan> plan(const intent::Verdict& verdict, const chat::ChatRequest& request, const Config& config) {
  Plan plan;
  if (!verdict.pinned_model.empty()) {
    plan.candidates = pinned_candidates(verdict.pinned_model, config);
    if (plan.candidates.empty()) {
      return no_route(
          "The model " + verdict.pinned_model + " belongs to a provider whose protocol this release does not speak yet."
      );
    }
  } else {
    for (const Tier tier : with_fallbacks(verdict.tier)) {
      add_tier(tier, config, plan.candidates);
      if (!plan.candidates.empty()) break;
    }
    if (plan.candidates.empty()) {
      return no_route(
          "No model can be asked: add one to models.t1, models.t2 or models.t3 with a provider of protocol openai."
      );
    }
  }
  if (request.images != 0) {
    std::stable_partition(plan.candidates.begin(), plan.candidates.end(), [](const Candidate& c) {
      return c.multimodal;
    });
  }
  plan.tier = plan.candidates.front().tier;
  return plan;
}

std::vector<ListedModel> listed_models(const Config& config) {
  std::vector<ListedModel> out;
  for (const Tier tier : config::tiers) {
    for (const ModelEntry& entry : config.models.entries[tier]) {
      const std::string id = entry.id();
      const bool known = std::any_of(out.begin(), out.end(), [&](const ListedModel& m) { return m.id == id; });
      if (!known) out.push_back({id, entry.provider});
    }
  }
  return out;
}

}  // namespace gw::routing
