// Tries the plan's candidates until one answers, and relays that answer. Owns the streaming contract of design
// section 4.
#pragma once

#include "relay/budget.hpp"
#include "relay/context.hpp"
#include "relay/queue.hpp"
#include "routing/state.hpp"
#include "telemetry/metrics.hpp"
#include "upstream/pool.hpp"

#include <span>
#include <string>
#include <string_view>

namespace gw::relay {

/// What the relay of one shard works with; outlives its requests.
struct Services {
  upstream::Pool& pool;
  telemetry::ShardMetrics& metrics;
  routing::State& routing;  ///< of all shards
  RepeatBudget& budget;
  Queue& queue;
  Random& random;
};

/// What a plan for this request is made from; views into `context`.
[[nodiscard]] routing::Input planning(const Context& context, const routing::State& state, Random& random);

/// From a planned context to a finished reply: an answer, or one clear error. Fills `context.outcome`.
net::Task<void> run(Context& context, Services services);

/// The error for a client when every attempt failed: status that tells the truth, a message that names each attempt's
/// model and class, nothing of a provider's raw body. `patience`: what it is told to wait when every provider limited
/// the rate and none said for how long.
[[nodiscard]] Error all_failed(std::span<const Attempt> attempts, Millis patience);

/// What a client is told of a failure. A provider's words about our key, account, limits or choice of model are none of
/// its business and would send it looking for a fault of its own: it gets ours, the log has theirs.
[[nodiscard]] std::string told(const Error& error);

/// What went wrong, for the log: every failed attempt in the provider's own words, also when another one answered.
[[nodiscard]] std::string reasons(const Outcome& outcome);

/// {"error":{"message","type","param","code"}}, OpenAI's shape.
[[nodiscard]] std::string error_body(const Error& error, int status);

/// The same as the data of a last SSE event.
[[nodiscard]] std::string error_event(const Error& error, int status);

}  // namespace gw::relay
