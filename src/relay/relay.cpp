#include "relay/relay.hpp"

#include "relay/attempt.hpp"
#include "relay/count.hpp"
#include "relay/demo.hpp"
#include "relay/passthrough.hpp"
#include "relay/pause.hpp"
#include "relay/reply.hpp"
#include "relay/tries.hpp"
#include "telemetry/log.hpp"

namespace gw::relay {
namespace {

using Answer = std::optional<Error>;
using Step = Tries::Step;

net::Task<Answer> start(
    Context& context,
    Services services,
    const Step& step,
    ClientReply& reply,
    std::optional<UpstreamAttempt>& attempt,
    std::unique_ptr<PassthroughAttempt>& passing
) {
  const routing::Candidate& candidate = *step.candidate;
  if (context.passage) {
    passing = std::make_unique<PassthroughAttempt>(context, services, candidate, step.ticket.key(), reply);
    return passing->ask();
  }
  if (needs_estimate(context, candidate)) return answer_estimate(context, candidate, reply);
  if (candidate.provider->protocol == config::Protocol::demo) return run_demo(context, candidate, reply);
  return attempt.emplace(context, services, candidate, step.ticket.key(), reply).ask();
}

// Stands in line until somebody may be asked, or nobody any more.
net::Task<Step> stand_in_line(Context& context, Services services, Tries& tries, TimePoint until) {
  Step step;
  const std::size_t most = context.config->limits.queue;
  if (services.queue.waiting() >= most) until = TimePoint{};
  Queue::Place place(services.queue, tries);
  for (;;) {
    if (until > Clock::now()) {
      const bool goes_on = co_await place.wait(until, context.cancel);
      if (!goes_on) break;
    } else {
      tries.no_more_waiting();
    }
    step = tries.next(Clock::now(), services.random, services.budget);
    if (step.kind != Step::Kind::queue) break;
    until = step.until;
  }
  co_return step;
}

void escalate(Context& context, Services services, Tries& tries) {
  const routing::Input input = planning(context, services.routing, services.random);
  if (auto next = routing::escalated(context.plan, *context.request, input)) {
    context.plan = std::move(*next);
    tries.add(context.plan);
  } else {
    tries.no_more_tiers();
  }
}

// What else there is to do before the next candidate can be asked. Ends with `ask` or `stop`.
net::Task<Step> wait_for_step(Context& context, Services services, Tries& tries, Step step) {
  while (context.cancel.reason() == net::Stop::none) {
    switch (step.kind) {
      case Step::Kind::ask:
      case Step::Kind::stop:
        co_return step;
      case Step::Kind::queue: {
        net::Task<Step> line = stand_in_line(context, services, tries, step.until);
        step = co_await line;
        continue;
      }
      case Step::Kind::wait: {
        net::Wakeup nobody_s;
        net::Task<bool> waiting = pause(context.exchange.shard(), step.until, context.cancel, nobody_s);
        const bool goes_on = co_await waiting;
        if (!goes_on) continue;  // nobody is asked any more
        break;
      }
      case Step::Kind::escalate:
        escalate(context, services, tries);
        break;
    }
    step = tries.next(Clock::now(), services.random, services.budget);
  }
  step = {};
  co_return step;
}

// Why the request ends without an answer.
Error end_of(const Context& context, const Tries& tries) {
  switch (context.cancel.reason()) {
    case net::Stop::client_gone:
      return client_error(Errc::client_gone, "the client closed the connection");
    case net::Stop::none:
      break;
    default:
      return gateway_error(Errc::shutting_down, "The gateway is stopping; try again.");
  }
  const BlockVector<Attempt>& attempts = context.outcome.attempts;
  if (attempts.empty()) return tries.nobody_asked(Clock::now());
  return all_failed(attempts, context.config->health.cooldown.first);
}

// The request is over whoever is asked: its client left or we stop, or its body, which is passed on as it comes, is at
// fault.
bool is_not_the_model_s(const Context& context, const Error& error) {
  const bool is_of_body = context.passage && error.origin == Origin::client;
  return error.code == Errc::client_gone || error.code == Errc::shutting_down || is_of_body;
}

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

// What the model's health learns from an answer, and its tier's winners. From a count of tokens nothing: it is no work
// for the model.
void learn_success(Context& context, Services services, Step& step, const Attempt& attempt, TimePoint now) {
  if (is_count(context)) return;
  health::Answered how;
  // A plain answer comes whole: when it began is not known.
  if (context.is_stream) how.to_first_content = attempt.first_content;
  how.total = attempt.duration;
  if (context.outcome.usage) how.completion_tokens = context.outcome.usage->completion;
  step.ticket.succeeded(context.config->health, how, now);
  services.routing.won(*step.candidate);
}

// What a passed-through request met that is the fault of nobody.
bool is_nobody_s(const Context& context) {
  return context.passage && context.passage->is_nobody_s;
}

void learn_failure(Context& context, Step& step, const Error& error, TimePoint now, bool committed) {
  // A model that our own deadline left too little time is not slow.
  const bool is_cut = error.code == Errc::total_timeout && !committed &&
                      now >= context.exchange.received() + context.config->retries.deadline;
  // Counts have a limit of their own.
  const bool is_another_s = is_count(context) && error.code == Errc::rate_limited;
  if (!is_cut && !is_another_s && !is_nobody_s(context)) step.ticket.failed(context.config->health, error, now);
}

// The books of one attempt: its record, its model's health, its tier's winners.
void settle(Context& context, Services services, Step& step, Attempt attempt, bool committed) {
  const routing::Candidate& candidate = *step.candidate;
  Outcome& outcome = context.outcome;
  if (outcome.is_own) return;
  const TimePoint now = attempt.begun + attempt.duration;
  if (committed) attempt.first_content = outcome.first_content - attempt.begun;
  services.metrics.attempt(
      {candidate.entry_id,
       candidate.provider->id,
       attempt.error ? std::optional(attempt.error->code) : std::nullopt,
       attempt.duration}
  );
  if (attempt.error) {
    learn_failure(context, step, *attempt.error, now, committed);
    if (!step.is_last_resort && !is_nobody_s(context)) alert(candidate, step.ticket.key(), *attempt.error);
  } else {
    learn_success(context, services, step, attempt, now);
  }
  outcome.attempts.push_back(std::move(attempt));
}

}  // namespace

routing::Input planning(const Context& context, const routing::State& state, Random& random) {
  return {
      *context.config,
      context.catalog,
      state,
      random,
      Clock::now(),
      context.body,
      context.affinity,
      context.caller.key_id};
}

net::Task<void> run(Context& context, Services services) {
  ClientReply reply(context);
  Outcome& outcome = context.outcome;
  outcome.tier = context.plan.tier;
  const bool may_escalate = context.config->retries.escalate != config::Escalate::none && !context.plan.is_pinned;
  const bool has_images = context.request && context.request->images != 0;
  Tries tries({*context.config, context.exchange.received(), has_images, may_escalate});
  tries.add(context.plan);
  services.budget.request(Clock::now());
  for (;;) {
    Step step = tries.next(Clock::now(), services.random, services.budget);
    if (step.kind != Step::Kind::ask && step.kind != Step::Kind::stop) {
      net::Task<Step> waiting = wait_for_step(context, services, tries, std::move(step));
      step = co_await waiting;
    }
    if (step.kind == Step::Kind::stop) break;
    const routing::Candidate& candidate = *step.candidate;
    outcome.tier = step.tier;
    const bool is_probe = step.ticket.is_probe();  // it may be none any more once the endpoint was reached
    const TimePoint begun = Clock::now();
    std::optional<UpstreamAttempt> attempt;
    std::unique_ptr<PassthroughAttempt> passing;
    net::Task<Answer> task = start(context, services, step, reply, attempt, passing);
    Answer error = co_await task;
    if (!error && (attempt || passing)) {
      step.ticket.reached(context.config->health, Clock::now());
      task = passing ? passing->take_reply() : attempt->take_reply();
      error = co_await task;
    }
    if (error && lacks_counts(context, *error)) {
      task = answer_estimate(context, candidate, reply);
      error = co_await task;
    }
    Attempt record;
    record.entry_id = candidate.entry_id;
    record.display_name = candidate.display_name;
    record.provider = candidate.provider->id;
    record.error = error;
    record.begun = begun;
    record.duration = Clock::now() - begun;
    record.is_repeat = step.is_repeat;
    record.is_probe = is_probe;
    record.is_last_resort = step.is_last_resort;
    if (attempt) record.upstream_request_id = attempt->upstream_request_id();
    if (passing) record.upstream_request_id = passing->upstream_request_id();
    settle(context, services, step, std::move(record), reply.committed());
    const std::size_t key = step.ticket.key();
    step.ticket = {};
    services.queue.place_free(*candidate.health);
    if (!error || reply.committed()) {
      outcome.model = candidate.display_name;
      outcome.error = std::move(error);
      co_return;
    }
    if (is_not_the_model_s(context, *error)) {
      outcome.error = std::move(error);
      break;
    }
    tries.failed(*error, key, Clock::now(), services.random);
    if (context.passage && context.passage->is_spent) break;
  }
  if (!outcome.error) outcome.error = end_of(context, tries);
  if (outcome.error->code == Errc::client_gone) {
    context.exchange.client_left();
    co_return;
  }
  const bool has_words = context.passage && context.passage->refusal && is_refusal(outcome.error->code);
  net::Task<void> last = has_words ? reply.refuse(*context.passage->refusal) : reply.fail(*outcome.error);
  co_await last;
}

}  // namespace gw::relay
