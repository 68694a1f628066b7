#include "relay/books.hpp"

#include "telemetry/log.hpp"

namespace gw::relay {
namespace {

// What waits for the operator: no retry mends a key that is refused, or an account that is used up. The key then rests
// long, and a last resort says nothing new, so this is no line a request.
void alert(const routing::Candidate& candidate, std::size_t key, const Error& error) {
  if (error.code != Errc::upstream_auth && error.code != Errc::billing) return;
  telemetry::log(
      telemetry::Level::error,
      "provider_alert",
      "provider=" + telemetry::field(candidate.provider->id) + " key=" + std::to_string(key + 1) +
          " model=" + telemetry::field(candidate.model) + " class=" + std::string(to_string(error.code)) +
          " why=" + telemetry::field(error.message)
  );
}

}  // namespace

void enter_in_books(
    const config::Health& policy, telemetry::ShardMetrics& metrics, Tries::Step& step, const Ending& ending
) {
  const routing::Candidate& candidate = *step.candidate;
  metrics.attempt(
      {candidate.entry_id,
       candidate.provider->id,
       ending.error ? std::optional(ending.error->code) : std::nullopt,
       ending.duration}
  );
  if (!ending.error) {
    if (ending.is_learnt) step.ticket.succeeded(policy, ending.how, ending.now);
    return;
  }
  if (ending.is_learnt) step.ticket.failed(policy, *ending.error, ending.now);
  if (ending.is_alarming && !step.is_last_resort) alert(candidate, step.ticket.key(), *ending.error);
}

}  // namespace gw::relay
