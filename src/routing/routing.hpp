// Who could answer, in which order: verdict, policy and health in, ordered candidates out (docs/routing.md). Pure:
// chance and `now` are given. On the path of every request.
#pragma once

#include "base/blocks.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/random.hpp"
#include "chat/chat.hpp"
#include "config/config.hpp"
#include "intent/intent.hpp"
#include "routing/catalog.hpp"
#include "routing/state.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gw::routing {

struct Plan {
  config::Tier tier = config::Tier::t1;                      ///< of the first candidate
  config::Strategy strategy = config::Strategy::sequential;  ///< of that tier: how rounds and retries are counted
  config::PerTier<bool> tried{};                             ///< the tiers that this plan and those before it asked
  bool is_pinned = false;                                    ///< the client named the model: no other may answer, ever
  bool has_tier = true;  ///< false for embeddings: they are of one model, and `tier` means nothing
  BlockVector<const Candidate*> candidates{};  ///< never empty in a plan that was made
  std::shared_ptr<const Catalog> catalog{};    ///< keeps them alive
};

/// What a plan depends on beside the request. Everything outlives the call.
struct Input {
  const config::Config& config;
  const std::shared_ptr<const Catalog>& catalog;  ///< of that configuration
  const State& state;
  Random& random;  ///< the shard's
  TimePoint now;
  std::string_view body;        ///< what the request points into
  std::string_view affinity{};  ///< the value of x-smartroute-affinity; empty = the client sent none
  std::string_view caller{};    ///< who asks: two callers' users of one name are two users
};

/// Errors: no_route (503, the tier and every fallback are empty: says which setting to fill).
/// An empty tier moves to the next higher, then the next lower one. Its strategy orders the tier; affinity puts a
/// conversation's model first. A candidate that rests stays in the plan, behind the others where the strategy looks at
/// health at all: who asks skips it. Those that cannot serve the request stand behind those that can; one whose window
/// is surely too small is left out while another is there. A pinned model has exactly its entries, or with
/// `routing.pinned_fallback: tier` its tier's others behind them.
[[nodiscard]] Result<Plan> plan(const intent::Verdict& verdict, const chat::ChatRequest& request, const Input& input);

/// Who could make embeddings with the model that the request names: entries of that name in `models.embeddings` and no
/// others, since a vector of another model is a wrong answer. Errors: not_found, when there are none of that name.
[[nodiscard]] Result<Plan> embeddings_plan(const chat::ChatRequest& request, const Input& input);

/// Where the request goes on when every candidate of `plan` has failed: the next tier that `retries.escalate` allows
/// and that has candidates; nullopt when there is none, and for a pinned model. A model that stands in both tiers comes
/// again: who asks knows by its `health` that it failed.
[[nodiscard]] std::optional<Plan> escalated(const Plan& plan, const chat::ChatRequest& request, const Input& input);

/// What of each candidate's health a strategy reads; nullopt = nothing.
[[nodiscard]] std::optional<health::Detail> needs(config::Strategy strategy) noexcept;

struct ListedModel {
  std::string id;        ///< `name` or `provider/name`
  std::string provider;  ///< provider id
};

/// What /v1/models lists after the routing names: distinct entries of all tiers, then the names of embedding models, in
/// configuration order.
[[nodiscard]] std::vector<ListedModel> listed_models(const config::Config& config);

/// The names a client may address the router by.
inline constexpr std::string_view routing_names[] = {"auto", "t1", "t2", "t3"};

}  // namespace gw::routing
