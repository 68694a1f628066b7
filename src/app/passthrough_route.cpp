// The routes that are passed through (docs/passthrough.md): the same doors as a chat request's, then the provider that
// the request or the configuration names instead of a plan by tiers.
#include "app/shard_service.hpp"
#include "http/write.hpp"

#include <algorithm>

namespace gw::app {
namespace {

constexpr std::size_t peeked_bytes = std::size_t{64} * 1024;  // of a body, to find its model

// The most that any provider of the group takes: what is beyond that is refused before it is read.
http::BodyBound bound_of(std::span<const routing::Candidate> passing) {
  http::BodyBound bound{0, "providers.<id>.passthrough_max_mb"};
  for (const routing::Candidate& candidate : passing) {
    bound.bytes = std::max<std::uint64_t>(bound.bytes, candidate.provider->passthrough_bytes);
  }
  return bound;
}

std::string header_lines_of(const http::Headers& headers) {
  std::string lines;
  for (const std::string_view name : {"Content-Type", "Accept"}) {
    if (const std::string_view value = headers.find(name); !value.empty()) http::append_header(lines, name, value);
  }
  return lines;
}

std::string target_of(const relay::PassthroughPath& path, const http::RequestHead& head) {
  std::string target(path.below);
  if (!head.query.empty()) target.append("?").append(head.query);
  return target;
}

}  // namespace

net::Task<Result<void>> ShardService::prepare_passthrough(relay::Context& context, bool is_admitted) {
  http::Exchange& exchange = context.exchange;
  relay::Passage& passage = *context.passage;
  if (const Result<void> admitted = admit(context, is_admitted); !admitted) co_return admitted.error();
  const http::RequestHead& head = exchange.head();
  relay::PassthroughInput input{
      *context.config,
      *context.catalog,
      passage.group,
      head.headers.find("content-type"),
      head.headers.find("x-smartroute-provider"),
      {}};
  const std::span<const routing::Candidate> passing = context.catalog->passing(passage.group);
  if (!passing.empty()) {
    const Result<std::string_view> begun = co_await exchange.peek_body(peeked_bytes, bound_of(passing));
    if (!begun) co_return begun.error();
    input.begun = *begun;
  }
  Result<relay::PassthroughPlan> plan = relay::plan_passthrough(input);
  if (!plan) co_return plan.error();

  passage.begun = input.begun;
  passage.is_whole = exchange.body_ended();
  if (passage.is_whole) {
    passage.length = input.begun.size();
  } else if (head.framing == http::Framing::length) {
    passage.length = head.content_length;
  }
  passage.cut = plan->cut;
  passage.model = std::move(plan->model);
  passage.header_lines = header_lines_of(head.headers);
  context.forwarded = relay::forwarded(head.headers);
  context.plan.tier = config::Tier::t2;
  context.plan.is_pinned = true;  // there is no tier to go on with
  context.plan.candidates = std::move(plan->candidates);
  context.plan.catalog = context.catalog;
  co_return Result<void>{};
}

net::Task<void> ShardService::answer_passthrough(http::Exchange& exchange, relay::PassthroughPath path) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const Admission admission(runtime_.chats, config_->limits.in_flight);
  net::Cancel cancel;
  // Whatever is passed through, its clients know errors as OpenAI writes them.
  const dialect::Client& client = *dialect::client_of_path("/v1/chat/completions");
  relay::Context context{
      exchange, config_, catalog_, ids_.next(std::chrono::duration_cast<Millis>(now).count()), cancel, client};
  context.passage = std::make_unique<relay::Passage>();
  context.passage->group = path.group;
  context.passage->target = target_of(path, exchange.head());
  const Result<void> prepared = co_await prepare_passthrough(context, admission.is_in());
  net::Task<void> rest = prepared ? relay_chat(context, cancel) : refuse_chat(context, prepared.error());
  co_await rest;
  metrics_.bytes_received.fetch_add(exchange.body_taken(), std::memory_order_relaxed);
  record(context);
}

}  // namespace gw::app
