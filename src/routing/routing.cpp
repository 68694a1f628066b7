#include "routing/routing.hpp"

#include "base/text.hpp"
#include "routing/affinity.hpp"
#include "routing/fit.hpp"
#include "routing/order.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace gw::routing {
namespace {

using config::Config;
using config::ModelEntry;
using config::Strategy;
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

Error no_route(std::string_view pinned_name) {
  std::string message =
      "No model can be asked: no entry of models.t1, models.t2 or models.t3 has a known provider. Add one.";
  if (!pinned_name.empty()) {
    message = "The model \"" + std::string(pinned_name) +
              "\" cannot be asked: no entry of models.t1, models.t2 or models.t3 with a known provider has this name. "
              "Ask for model auto, or add it.";
  }
  return gateway_error(Errc::no_route, std::move(message));
}

// These go on asking the same model as long as it answers: a conversation stays where it is without our help, and
// spreading conversations would take the operator's order from him.
bool is_steady(Strategy strategy) noexcept {
  return strategy == Strategy::sequential || strategy == Strategy::cheapest;
}

bool wants_size(Strategy strategy, std::span<const Candidate* const> candidates) noexcept {
  if (strategy == Strategy::cheapest) return true;
  return std::any_of(candidates.begin(), candidates.end(), [](const Candidate* c) {
    return c->context_window != 0 || c->max_output != 0;
  });
}

// The final order of candidates that stand in the configured one.
void arrange(
    BlockVector<const Candidate*>& candidates, Tier tier, const chat::ChatRequest& request, const Input& input
) {
  if (candidates.size() < 2) return;
  const Strategy strategy = input.config.models.strategies[tier];
  const bool is_sized = wants_size(strategy, candidates);
  const Size size = is_sized ? size_of(request) : Size{};
  order(candidates, strategy, tier, size, input);
  std::size_t can = candidates.size();
  if (is_sized || request.images != 0) can = fit(candidates, request, size, !input.catalog->vision().empty());
  if (is_steady(strategy)) return;
  if (const auto conversation = conversation_of(request, input)) {
    const std::span<const Candidate*> all(candidates);
    prefer(can == 0 ? all : all.first(can), *conversation, input);
  }
}

// Of a tier that has candidates.
Plan tier_plan(Tier tier, const chat::ChatRequest& request, const Input& input) {
  const auto list = input.catalog->tier(tier);
  Plan plan;
  plan.tier = tier;
  plan.strategy = input.config.models.strategies[tier];
  plan.tried[tier] = true;
  plan.catalog = input.catalog;
  plan.candidates.reserve(list.size());
  for (const Candidate& candidate : list) plan.candidates.push_back(&candidate);
  arrange(plan.candidates, tier, request, input);
  return plan;
}

void add_others(Plan& plan, const chat::ChatRequest& request, const Input& input) {
  BlockVector<const Candidate*> others;
  for (const Candidate& candidate : input.catalog->tier(plan.tier)) {
    const bool is_there = std::any_of(plan.candidates.begin(), plan.candidates.end(), [&](const Candidate* c) {
      return c->display_name == candidate.display_name;
    });
    if (!is_there) others.push_back(&candidate);
  }
  arrange(others, plan.tier, request, input);
  plan.candidates.insert(plan.candidates.end(), others.begin(), others.end());
}

Plan pinned_plan(std::span<const Candidate* const> named, const chat::ChatRequest& request, const Input& input) {
  Plan plan;
  plan.catalog = input.catalog;
  plan.candidates.assign(named.begin(), named.end());
  plan.tier = named.front()->tier;
  arrange(plan.candidates, plan.tier, request, input);
  plan.tier = plan.candidates.front()->tier;
  plan.strategy = input.config.models.strategies[plan.tier];
  plan.tried[plan.tier] = true;
  plan.is_pinned = !input.config.routing.pinned_fallback;
  if (!plan.is_pinned) add_others(plan, request, input);
  return plan;
}

Error no_embeddings(std::string_view name, const Config& config) {
  constexpr std::size_t most_names = 20;
  if (config.models.embeddings.empty()) {
    return client_error(
        Errc::not_found,
        "This gateway has no embedding models; models.embeddings of its configuration names them.",
        "model"
    );
  }
  std::vector<std::string_view> names;
  for (const config::EmbeddingEntry& embedding : config.models.embeddings) {
    const bool is_known = std::find(names.begin(), names.end(), embedding.name) != names.end();
    if (!is_known && names.size() < most_names) names.emplace_back(embedding.name);
  }
  std::string message = "The model \"" + std::string(clip_utf8(name, 100)) + "\" makes no embeddings here; known are: ";
  for (const std::string_view& known : names) message.append(&known == names.data() ? "" : ", ").append(known);
  return client_error(Errc::not_found, message + ".", "model");
}

}  // namespace

Result<Plan> embeddings_plan(const chat::ChatRequest& request, const Input& input) {
  const auto named = input.catalog->embeddings(request.model);
  if (named.empty()) return no_embeddings(request.model, input.config);
  constexpr std::uint64_t bytes_a_token = 3;
  Plan plan;
  plan.catalog = input.catalog;
  plan.is_pinned = true;
  plan.has_tier = false;
  plan.strategy = input.config.models.embeddings_strategy;
  plan.candidates.assign(named.begin(), named.end());
  Size size;
  size.prompt = 1 + request.text_bytes / bytes_a_token;
  order(plan.candidates, plan.strategy, plan.tier, size, input);
  return plan;
}

Result<Plan> plan(const intent::Verdict& verdict, const chat::ChatRequest& request, const Input& input) {
  if (!verdict.pinned_model.empty()) {
    const auto named = input.catalog->named(verdict.pinned_model);
    if (named.empty()) return no_route(verdict.pinned_model);
    return pinned_plan(named, request, input);
  }
  for (const Tier tier : with_fallbacks(verdict.tier)) {
    if (!input.catalog->tier(tier).empty()) return tier_plan(tier, request, input);
  }
  return no_route({});
}

std::optional<Plan> escalated(const Plan& plan, const chat::ChatRequest& request, const Input& input) {
  const config::Escalate escalate = input.config.retries.escalate;
  if (escalate == config::Escalate::none || plan.is_pinned) return std::nullopt;
  for (const Tier tier : with_fallbacks(plan.tier)) {
    if (plan.tried[tier] || plan.catalog->tier(tier).empty()) continue;
    if (escalate == config::Escalate::up && tier < plan.tier) continue;
    Plan next = tier_plan(tier, request, input);
    for (const Tier before : config::tiers) next.tried[before] = next.tried[before] || plan.tried[before];
    return next;
  }
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
  for (const config::EmbeddingEntry& embedding : config.models.embeddings) {
    const bool known =
        std::any_of(out.begin(), out.end(), [&](const ListedModel& m) { return m.id == embedding.name; });
    if (!known) out.push_back({embedding.name, embedding.entry.provider});
  }
  return out;
}

}  // namespace gw::routing
