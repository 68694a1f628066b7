#include "relay/relay.hpp"

#include "relay/attempt.hpp"
#include "relay/books.hpp"
#include "relay/count.hpp"
#include "relay/demo.hpp"
#include "relay/passthrough.hpp"
#include "relay/reply.hpp"
#include "relay/tries.hpp"
#include "relay/vision.hpp"
#include "relay/waiting.hpp"

#include <algorithm>

namespace gw::relay {
namespace {

using Answer = std::optional<Error>;
using Step = Tries::Step;

// Who was sent the request; neither, when the gateway answers by itself.
struct Asked {
  std::optional<UpstreamAttempt> attempt;
  std::unique_ptr<PassthroughAttempt> passing;
};

net::Task<Answer> start_now(Context& context, Services services, const Step& step, ClientReply& reply, Asked& asked) {
  const routing::Candidate& candidate = *step.candidate;
  if (context.passage) {
    asked.passing = std::make_unique<PassthroughAttempt>(context, services, candidate, step.ticket.key(), reply);
    return asked.passing->ask();
  }
  if (needs_estimate(context, candidate)) return answer_estimate(context, candidate, reply);
  if (candidate.provider->protocol == config::Protocol::demo) return run_demo(context, candidate, reply);
  return asked.attempt.emplace(context, services, candidate, step.ticket.key(), reply).ask();
}

net::Task<Answer> start_described(
    Context& context, Services services, const Step& step, ClientReply& reply, Asked& asked
) {
  net::Task<Answer> task = describe_images(context, services);
  Answer error = co_await task;
  if (error) co_return error;
  task = start_now(context, services, step, reply, asked);
  error = co_await task;
  co_return error;
}

net::Task<Answer> start(Context& context, Services services, const Step& step, ClientReply& reply, Asked& asked) {
  // Tokens are counted of the images, not of a description that nobody may ever want.
  const bool is_as_it_is = context.passage || is_count(context);
  const bool has_words = is_as_it_is || context.described || !needs_words(context, *step.candidate);
  if (has_words) return start_now(context, services, step, reply, asked);
  return start_described(context, services, step, reply, asked);
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
net::Task<Step> next_to_ask(Context& context, Services services, Tries& tries, Step step) {
  const Waiting waiting{context.exchange.shard(), *context.config, context.cancel, services};
  for (;;) {
    net::Task<Step> next = wait_for_step(waiting, tries, std::move(step));
    step = co_await next;
    if (step.kind != Step::Kind::escalate) co_return step;
    escalate(context, services, tries);
    step = tries.next(Clock::now(), services.random, services.budget);
  }
}

// Why the request ends without an answer.
Error end_of(const Context& context, const Tries& tries) {
  if (context.cancel.reason() != net::Stop::none) return stopped_error(context.cancel.reason());
  const BlockVector<Attempt>& attempts = context.outcome.attempts;
  if (attempts.empty()) return tries.nobody_asked(Clock::now());
  return all_failed(attempts, context.config->health.cooldown.first);
}

// The request is over whoever is asked: its client left or we stop, or it is itself at fault.
bool is_not_the_model_s(const Context& context, const Error& error) {
  const bool is_wrong = error.code == Errc::invalid_request;  // seen when it was to be said in another dialect
  const bool is_of_body = error.origin == Origin::client && (context.passage || is_wrong);
  return error.code == Errc::client_gone || error.code == Errc::shutting_down || is_of_body;
}

// What a passed-through request met that is the fault of nobody.
bool is_nobody_s(const Context& context) {
  return context.passage && context.passage->is_nobody_s;
}

// Whether the model's health learns from how an attempt ended.
bool learns(
    const Context& context, const Asked& asked, const std::optional<Error>& error, TimePoint now, bool committed
) {
  if (asked.attempt && !asked.attempt->has_begun()) return false;
  // A count of tokens is no work for the model, and has a limit of its own.
  if (!error) return !is_count(context);
  if (is_count(context) && error->code == Errc::rate_limited) return false;
  // A model that our own deadline left too little time is not slow.
  const bool is_cut = error->code == Errc::total_timeout && !committed &&
                      now >= context.exchange.received() + context.config->retries.deadline;
  return !is_cut && !is_nobody_s(context);
}

// The books of one attempt: its record, its model's health, its tier's winners.
void settle(Context& context, Services services, Step& step, const Asked& asked, Attempt attempt, bool committed) {
  const routing::Candidate& candidate = *step.candidate;
  Outcome& outcome = context.outcome;
  if (outcome.is_own) return;
  const TimePoint now = attempt.begun + attempt.duration;
  if (committed) attempt.first_content = outcome.first_content - attempt.begun;
  Ending ending{attempt.error, attempt.duration, now};
  // A plain answer comes whole: when it began is not known.
  if (context.is_stream) ending.how.to_first_content = attempt.first_content;
  ending.how.total = attempt.duration;
  if (outcome.usage) ending.how.completion_tokens = outcome.usage->completion;
  ending.is_learnt = learns(context, asked, attempt.error, now, committed);
  ending.is_alarming = !is_nobody_s(context);
  enter_in_books(context.config->health, services.metrics, step, ending);
  if (!attempt.error && ending.is_learnt) services.routing.won(candidate);
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
  const bool needs_eyes = has_images && context.catalog->vision().empty();
  Tries tries({*context.config, context.exchange.received(), needs_eyes, may_escalate});
  tries.add(context.plan);
  services.budget.request(Clock::now());
  for (;;) {
    Step step = tries.next(Clock::now(), services.random, services.budget);
    if (step.kind != Step::Kind::ask && step.kind != Step::Kind::stop) {
      net::Task<Step> waiting = next_to_ask(context, services, tries, std::move(step));
      step = co_await waiting;
    }
    if (step.kind == Step::Kind::stop) break;
    const routing::Candidate& candidate = *step.candidate;
    outcome.tier = step.tier;
    const bool is_probe = step.ticket.is_probe();  // it may be none any more once the endpoint was reached
    const TimePoint begun = Clock::now();
    Asked asked;
    net::Task<Answer> task = start(context, services, step, reply, asked);
    Answer error = co_await task;
    if (!error && (asked.attempt || asked.passing)) {
      step.ticket.reached(context.config->health, Clock::now());
      task = asked.passing ? asked.passing->take_reply() : asked.attempt->take_reply();
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
    // Descriptions of images go before the attempt.
    if (outcome.images) record.begun = std::max(begun, outcome.images->begun + outcome.images->duration);
    record.duration = Clock::now() - record.begun;
    record.is_repeat = step.is_repeat;
    record.is_probe = is_probe;
    record.is_last_resort = step.is_last_resort;
    if (asked.attempt) record.upstream_request_id = asked.attempt->upstream_request_id();
    if (asked.passing) record.upstream_request_id = asked.passing->upstream_request_id();
    settle(context, services, step, asked, std::move(record), reply.committed());
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
