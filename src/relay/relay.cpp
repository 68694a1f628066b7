#include "relay/relay.hpp"

#include "relay/attempt.hpp"
#include "relay/demo.hpp"
#include "relay/reply.hpp"

namespace gw::relay {
namespace {

net::Task<std::optional<Error>> start(
    Context& context,
    Services services,
    const routing::Candidate& candidate,
    ClientReply& reply,
    std::optional<UpstreamAttempt>& attempt
) {
  if (candidate.provider->protocol == config::Protocol::demo) return run_demo(context, candidate, reply);
  return attempt.emplace(context, services, candidate, reply).ask();
}

}  // namespace

net::Task<void> run(Context& context, Services services) {
  ClientReply reply(context);
  Outcome& outcome = context.outcome;
  for (const routing::Candidate& candidate : context.plan.candidates) {
    const TimePoint begun = Clock::now();
    std::optional<UpstreamAttempt> attempt;
    net::Task<std::optional<Error>> task = start(context, services, candidate, reply, attempt);
    std::optional<Error> error = co_await task;
    if (!error && attempt) {
      task = attempt->take_reply();
      error = co_await task;
    }
    const Duration took = Clock::now() - begun;
    services.metrics.attempt(
        {candidate.entry_id, candidate.provider->id, error ? std::optional(error->code) : std::nullopt, took}
    );
    outcome.attempts.push_back(
        {candidate.entry_id,
         candidate.display_name,
         candidate.provider->id,
         error,
         took,
         attempt ? attempt->upstream_request_id() : std::string{}}
    );
    if (!error || reply.committed()) {
      outcome.model = candidate.display_name;
      outcome.error = std::move(error);
      co_return;
    }
    if (error->code == Errc::client_gone) {
      context.exchange.client_left();
      outcome.error = std::move(error);
      co_return;
    }
    if (error->code == Errc::shutting_down) {
      outcome.error = std::move(error);
      break;
    }
  }
  if (!outcome.error) outcome.error = all_failed(outcome.attempts);
  co_await reply.fail(*outcome.error);
}

}  // namespace gw::relay
