// Who could answer, in which order: verdict and policy in, ordered candidates out. Pure.
#pragma once

#include "base/error.hpp"
#include "chat/chat.hpp"
#include "config/config.hpp"
#include "intent/intent.hpp"

#include <memory>
#include <string>
#include <vector>

namespace gw::routing {

struct Candidate {
  std::string model;         ///< what the provider is asked for
  std::string entry_id;      ///< key of statistics: the entry's id
  std::string display_name;  ///< "provider/model"
  config::Tier tier = config::Tier::t1;
  std::shared_ptr<const config::Provider> provider;  ///< after `providers.map`
  bool multimodal = true;
};

struct Plan {
  config::Tier tier = config::Tier::t1;  ///< of the first candidate
  std::vector<Candidate> candidates;     ///< never empty
};

/// Errors: no_route (503, the tier and every fallback are empty: says which setting to fill).
/// An empty tier moves to the next higher, then the next lower one. Images put candidates that cannot see behind those
/// that can. A pinned model has exactly its entries.
[[nodiscard]] Result<Plan> plan(
    const intent::Verdict& verdict, const chat::ChatRequest& request, const config::Config& config
);

struct ListedModel {
  std::string id;        ///< `name` or `provider/name`
  std::string provider;  ///< provider id
};

/// What /v1/models lists after the routing names: distinct entries of all tiers, in configuration order.
[[nodiscard]] std::vector<ListedModel> listed_models(const config::Config& config);

/// The names a client may address the router by.
inline constexpr std::string_view routing_names[] = {"auto", "t1", "t2", "t3"};

}  // namespace gw::routing
