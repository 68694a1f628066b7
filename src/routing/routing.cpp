#include "routing/routing.hpp"

#include <algorithm>
#include <array>

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

// An entry that is listed twice counts once: a pass asks each model once.
void add_entry(const ModelEntry& entry, Tier tier, const Config& config, std::vector<Candidate>& out) {
  auto provider = config.provider_of(entry);
  if (!provider || !is_usable(*provider)) return;
  Candidate candidate = candidate_of(entry, tier, std::move(provider));
  const bool known =
      std::any_of(out.begin(), out.end(), [&](const Candidate& c) { return c.display_name == candidate.display_name; });
  if (!known) out.push_back(std::move(candidate));
}

void add_tier(Tier tier, const Config& config, std::vector<Candidate>& out) {
  for (const ModelEntry& entry : config.models.entries[tier]) add_entry(entry, tier, config, out);
}

// The tier itself, then upwards, then downwards: an answer from a stronger model is better than none.
std::array<Tier, 3> with_fallbacks(Tier tier) {
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

std::vector<Candidate> pinned_candidates(std::string_view name, const Config& config) {
  std::vector<Candidate> out;
  for (const Tier tier : config::tiers) {
    for (const ModelEntry& entry : config.models.entries[tier]) {
      if (intent::goes_by(entry, name)) add_entry(entry, tier, config, out);
    }
  }
  return out;
}

// For when no entry is usable: the first that has a provider, and why that cannot be asked. Empty when there is none.
std::string left_out(std::string_view pinned_name, const Config& config) {
  for (const Tier tier : config::tiers) {
    for (const ModelEntry& entry : config.models.entries[tier]) {
      if (!pinned_name.empty() && !intent::goes_by(entry, pinned_name)) continue;
      const auto provider = config.provider_of(entry);
      if (!provider) continue;
      return "the provider \"" + provider->id + "\" of model \"" + entry.model + "\" has protocol " +
             std::string(to_string(provider->protocol)) + ", which this release does not speak yet";
    }
  }
  return {};
}

Error no_route(std::string_view pinned_name, const Config& config) {
  const std::string reason = left_out(pinned_name, config);
  std::string message = pinned_name.empty() ? std::string("No model can be asked: ")
                                            : "The model \"" + std::string(pinned_name) + "\" cannot be asked: ";
  if (!reason.empty()) {
    message += reason + ". ";
  } else if (!pinned_name.empty()) {
    message += "no entry of models.t1, models.t2 or models.t3 with a known provider has this name. ";
  } else {
    message += "models.t1, models.t2 and models.t3 are empty. ";
  }
  message += pinned_name.empty() ? "Add one to models.t1, models.t2 or models.t3 with a provider of protocol openai."
                                 : "Ask for model auto, or give it a provider of protocol openai.";
  return gateway_error(Errc::no_route, std::move(message));
}

}  // namespace

Result<Plan> plan(const intent::Verdict& verdict, const chat::ChatRequest& request, const Config& config) {
  Plan plan;
  if (!verdict.pinned_model.empty()) {
    plan.candidates = pinned_candidates(verdict.pinned_model, config);
  } else {
    for (const Tier tier : with_fallbacks(verdict.tier)) {
      add_tier(tier, config, plan.candidates);
      if (!plan.candidates.empty()) break;
    }
  }
  if (plan.candidates.empty()) return no_route(verdict.pinned_model, config);
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
