#include "routing/routing.hpp"

#include <algorithm>
#include <array>

namespace gw::routing {
namespace {

using config::Config;
using config::ModelEntry;
using config::Tier;

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

std::optional<Plan> tier_plan(Tier tier, const chat::ChatRequest& request, const Input& input) {
  for (const Tier one : with_fallbacks(tier)) {
    const auto list = input.catalog->tier(one);
    if (list.empty()) continue;
    Plan plan;
    plan.tier = one;
    plan.strategy = input.config.models.strategies[one];
    plan.tried[one] = true;
    plan.catalog = input.catalog;
    plan.candidates.reserve(list.size());
    for (const Candidate& candidate : list) plan.candidates.push_back(&candidate);
    if (request.images != 0) {
      std::stable_partition(plan.candidates.begin(), plan.candidates.end(), [](const Candidate* c) {
        return c->multimodal;
      });
    }
    return plan;
  }
  return std::nullopt;
}

std::optional<Plan> pinned_plan(const intent::Verdict& verdict, const chat::ChatRequest& request, const Input& input) {
  (void)request;
  const auto list = input.catalog->named(verdict.pinned_model);
  if (list.empty()) return std::nullopt;
  Plan plan;
  plan.tier = list.front()->tier;
  plan.strategy = input.config.models.strategies[plan.tier];
  plan.tried[plan.tier] = true;
  plan.is_pinned = true;
  plan.catalog = input.catalog;
  plan.candidates.assign(list.begin(), list.end());
  return plan;
}

}  // namespace

std::optional<health::Detail> needs(config::Strategy strategy) noexcept {
  switch (strategy) {
    case config::Strategy::sequential:
    case config::Strategy::cheapest:
      return std::nullopt;
    case config::Strategy::least_busy:
      return health::Detail::standing;
    case config::Strategy::random:
    case config::Strategy::adaptive:
    case config::Strategy::fastest:
      return health::Detail::all;
  }
  return std::nullopt;
}

Result<Plan> plan(const intent::Verdict& verdict, const chat::ChatRequest& request, const Input& input) {
  std::optional<Plan> plan =
      verdict.pinned_model.empty() ? tier_plan(verdict.tier, request, input) : pinned_plan(verdict, request, input);
  if (!plan) return no_route(verdict.pinned_model, input.config);
  return std::move(*plan);
}

std::optional<Plan> escalated(const Plan& plan, const chat::ChatRequest& request, const Input& input) {
  (void)plan;
  (void)request;
  (void)input;
  return std::nullopt;
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
