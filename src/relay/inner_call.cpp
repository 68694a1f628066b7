#include "relay/inner_call.hpp"

#include "base/text.hpp"
#include "chat/splice.hpp"
#include "relay/books.hpp"
#include "relay/judge.hpp"
#include "relay/wire.hpp"
#include "upstream/call.hpp"

#include <algorithm>

namespace gw::relay {

using upstream::Call;
using upstream::Pool;

namespace {

constexpr std::size_t max_answer = std::size_t{1024} * 1024;
constexpr std::size_t max_failure = std::size_t{64} * 1024;

// A call's request, the same on a second connection.
struct Outgoing {
  const dialect::Dialect& dialect;
  const routing::Candidate& candidate;
  TimePoint due;
  Pool::Host* host = nullptr;
  std::shared_ptr<const std::string> head;
  std::string written;
  chat::Spliced body{};  // views into it
};

// The first choice's text.
class Gatherer final : public dialect::EventSink {
 public:
  void on(const dialect::Event& event) override {
    if (event.kind == dialect::Event::Kind::text && event.choice == 0) raw_.append(event.text);
  }

  [[nodiscard]] std::string text() const { return dialect::from_raw(raw_); }

 private:
  std::string raw_;
};

Error late(const Error& error, TimePoint due) {
  const bool is_timeout = error.code == Errc::first_byte_timeout || error.code == Errc::idle_timeout;
  const bool is_at_end = error.origin == Origin::upstream && Clock::now() >= due;
  if (!is_timeout && !is_at_end) return error;
  return upstream_error(Errc::total_timeout, "no answer within the time that a question of the gateway's own may take");
}

// How long the answer may be is the question's to say.
config::ParameterRules without_limits(config::ParameterRules rules) {
  const auto is_limit = [](const config::Parameter& one) {
    return one.key == "max_tokens" || one.key == "max_completion_tokens" || one.key == "max_output_tokens";
  };
  std::erase_if(rules.defaults, is_limit);
  std::erase_if(rules.forced, is_limit);
  return rules;
}

std::optional<Error> write(Outgoing& out, const dialect::Conversation& conversation, const config::Config& config) {
  const routing::Candidate& candidate = out.candidate;
  const dialect::WriteInput input{candidate.model, *candidate.provider, candidate.max_output, false};
  Result<dialect::Written> written = out.dialect.write(conversation, input);
  if (!written) return written.error();
  out.written = std::move(written->body);
  const config::Protocol protocol = candidate.provider->protocol;
  const config::ParameterRules* const rules =
      protocol == config::Protocol::gemini ? nullptr : config.params.of(candidate.model, protocol);
  if (rules != nullptr) {
    out.written.reserve(out.written.size() + chat::padding);
    out.body = chat::splice_rules(out.written, without_limits(*rules));
  } else {
    out.body.pieces.emplace_back(out.written);
    out.body.size = out.written.size();
  }
  return std::nullopt;
}

net::Task<Result<void>> send(Call& call, const Outgoing& out) {
  std::string own = "Accept: application/json\r\nContent-Length: ";
  append_number(own, out.body.size);
  own.append("\r\n\r\n");
  std::vector<iovec> pieces;
  pieces.reserve(out.body.pieces.size() + 2);
  pieces.push_back(net::piece(*out.head));
  pieces.push_back(net::piece(own));
  for (const std::string_view part : out.body.pieces) pieces.push_back(net::piece(part));
  Result<void> sent = co_await call.send(pieces);
  co_return sent;
}

// Up to `most` bytes of the body; more is left unread.
net::Task<Result<std::string>> read_bounded(Call& call, std::size_t most) {
  std::string body;
  while (body.size() < most) {
    const Result<Call::Piece> piece = co_await call.read();
    if (!piece) co_return piece.error();
    body.append(piece->bytes);
    if (piece->end) break;
  }
  co_return body;
}

// What the reply says, or why there is none; the connection is then as good as before.
net::Task<Result<std::string>> take_reply(Call& call, const Outgoing& out) {
  upstream::ReplyHead head;
  const Result<void> begun = co_await call.read_head(head);
  if (!begun) co_return begun.error();
  if (!head.content_encoding.empty() && !iequals(head.content_encoding, "identity")) {
    co_return upstream_error(Errc::upstream_protocol, "the provider sent a compressed reply unasked");
  }
  const bool is_answer = head.status >= 200 && head.status <= 299;
  const std::size_t most = is_answer ? max_answer : max_failure;
  Result<std::string> body = co_await read_bounded(call, most);
  if (is_answer) {
    if (body && !call.ended())
      co_return upstream_error(Errc::upstream_protocol, "the provider's reply is beyond 1 MiB");
    co_return body;
  }
  if (!body && body.error().origin != Origin::upstream) co_return body.error();
  const std::string_view said = body ? std::string_view(*body) : std::string_view{};
  Error error = out.dialect.failure(*out.candidate.provider, head.status, said);
  error.retry_after = wait_asked_for(head);
  co_return error;
}

// Over one connection.
net::Task<Result<std::string>> exchange(const Waiting& with, const Outgoing& out, Pool::Reuse reuse) {
  Pool& pool = with.services.pool;
  Result<Pool::Lease> lease = co_await pool.acquire(*out.host, reuse, out.due, with.config.upstream, with.cancel);
  if (!lease) co_return late(lease.error(), out.due);
  Call call(with.shard, std::move(*lease));
  std::optional<net::Cancel::Hook> hook(std::in_place, with.cancel, net::Cancel::stop_connection, &call.connection());
  if (with.cancel.reason() != net::Stop::none) call.connection().stop(with.cancel.reason());
  call.connection().deadline(out.due);
  const Result<void> sent = co_await send(call, out);
  if (!sent) co_return late(sent.error(), out.due);
  Result<std::string> body = co_await take_reply(call, out);
  hook.reset();
  if (call.reusable()) pool.release(*out.host, call.take(), with.config.upstream);
  if (!body) co_return late(body.error(), out.due);
  co_return body;
}

// The text. `usage` is what it cost, also when it is no answer.
Result<std::string> said_in(const Outgoing& out, std::string_view body, std::optional<dialect::Usage>& usage) {
  Gatherer gatherer;
  const Result<dialect::ReplyFacts> facts = out.dialect.reply(*out.candidate.provider, body, &gatherer);
  if (!facts) return facts.error();
  usage = facts->usage;
  JudgeRules rules;
  rules.keyword_in = [](std::string_view) { return std::optional<std::string_view>(); };
  if (auto failure = judge_plain(*facts, rules)) return *failure;
  std::string text = gatherer.text();
  if (text.empty()) return upstream_error(Errc::upstream_empty, "the model's answer has no text");
  return text;
}

// One candidate by one key; again on a fresh connection after a keep-alive race.
net::Task<Result<std::string>> call_once(
    const Asker& asker,
    const Tries::Step& step,
    TimePoint due,
    const dialect::Conversation& conversation,
    std::optional<dialect::Usage>& usage
) {
  const Waiting& with = asker.with;
  const routing::Candidate& candidate = *step.candidate;
  const dialect::Dialect* const dialect = dialect::for_protocol(candidate.provider->protocol);
  if (dialect == nullptr) co_return upstream_error(Errc::model_unavailable, "demo answers clients only");
  const Result<Pool::Target*> target = with.services.pool.target_of(candidate.provider);
  if (!target) co_return target.error();
  Outgoing out{*dialect, candidate, due, (*target)->host, {}, {}};
  out.head = request_head(**target, *dialect, candidate, {.key = step.ticket.key()});
  if (auto failed = write(out, conversation, with.config)) co_return *failed;
  for (Pool::Reuse reuse = Pool::Reuse::allowed;; reuse = Pool::Reuse::fresh_only) {
    net::Task<Result<std::string>> task = exchange(with, out, reuse);
    const Result<std::string> body = co_await task;
    if (body) co_return said_in(out, *body, usage);
    if (reuse == Pool::Reuse::fresh_only || body.error().retry != Retry::same_or_elsewhere) co_return body.error();
    with.services.metrics.keepalive_races.fetch_add(1, std::memory_order_relaxed);
  }
}

Attempt record_of(const routing::Candidate& candidate, const Error& error, TimePoint begun, Duration duration) {
  Attempt out;
  out.entry_id = candidate.entry_id;
  out.display_name = candidate.display_name;
  out.provider = candidate.provider->id;
  out.error = error;
  out.begun = begun;
  out.duration = duration;
  return out;
}

}  // namespace

net::Task<Result<InnerAnswer>> ask(
    const Asker& asker, std::span<const routing::Candidate> candidates, const dialect::Conversation& conversation
) {
  using Kind = Tries::Step::Kind;
  const Services& services = asker.with.services;
  const config::Config& config = asker.with.config;
  const TimePoint deadline = asker.received + config.retries.deadline;
  Tries tries({config, asker.received, false, false});
  routing::Plan plan;
  for (const routing::Candidate& candidate : candidates) plan.candidates.push_back(&candidate);
  tries.add(plan);
  BlockVector<Attempt> failed;
  while (asker.with.cancel.reason() == net::Stop::none) {
    Tries::Step step = tries.next(Clock::now(), services.random, services.budget);
    net::Task<Tries::Step> waiting = wait_for_step(asker.with, tries, std::move(step));
    step = co_await waiting;
    if (step.kind != Kind::ask) break;
    const routing::Candidate& candidate = *step.candidate;
    const TimePoint begun = Clock::now();
    std::optional<dialect::Usage> usage;
    net::Task<Result<std::string>> calling =
        call_once(asker, step, std::min(begun + candidate.generation, deadline), conversation, usage);
    Result<std::string> said = co_await calling;
    const TimePoint now = Clock::now();

    InnerCall call{asker.purpose, candidate.display_name, {}, usage, begun, now - begun};
    if (!said) call.error = said.error();
    health::Answered how;
    how.total = now - begun;
    if (usage) how.completion_tokens = usage->completion;
    const bool is_cut = call.error && call.error->code == Errc::total_timeout && now >= deadline;
    enter_in_books(config.health, services.metrics, step, {call.error, now - begun, now, how, !is_cut});
    asker.calls.push_back(std::move(call));
    const std::size_t key = step.ticket.key();
    step.ticket = {};
    services.queue.place_free(*candidate.health);
    if (said) co_return InnerAnswer{std::move(*said), candidate.display_name};
    const Error& error = said.error();
    if (error.code == Errc::client_gone || error.code == Errc::shutting_down) co_return error;
    failed.push_back(record_of(candidate, error, begun, now - begun));
    tries.failed(error, key, now, services.random);
  }
  if (asker.with.cancel.reason() != net::Stop::none) co_return stopped_error(asker.with.cancel.reason());
  if (failed.empty()) co_return tries.nobody_asked(Clock::now());
  co_return all_failed(failed, config.health.cooldown.first);
}

}  // namespace gw::relay
