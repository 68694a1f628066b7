// Private to routing: the order in which a strategy asks (docs/routing.md has the formulas).
#pragma once

#include "routing/fit.hpp"
#include "routing/routing.hpp"

#include <span>

namespace gw::routing {

/// Puts `candidates`, which stand in the configured order, into the strategy's. `tier` says whose winners count. Those
/// that rest come last where the strategy reads health, the one that rests least first, and count in no formula.
void order(
    std::span<const Candidate*> candidates,
    config::Strategy strategy,
    config::Tier tier,
    const Size& size,
    const Input& input
);

}  // namespace gw::routing
