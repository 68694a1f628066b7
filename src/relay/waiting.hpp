// What a request waits for before somebody can be asked: a pause, or a place in the line.
#pragma once

#include "base/error.hpp"
#include "net/cancel.hpp"
#include "net/shard.hpp"
#include "relay/relay.hpp"
#include "relay/tries.hpp"

namespace gw::relay {

/// What there is to wait with; everything outlives the waiting.
struct Waiting {
  net::Shard& shard;
  const config::Config& config;
  net::Cancel& cancel;
  Services services;
};

/// Waits as `step` says, and as those say that follow it, up to one that is not answered by waiting: ask, escalate,
/// stop. Stop also when `cancel` was told.
net::Task<Tries::Step> wait_for_step(const Waiting& waiting, Tries& tries, Tries::Step step);

/// The error of a request that `cancel` ended.
[[nodiscard]] Error stopped_error(net::Stop reason);

}  // namespace gw::relay
