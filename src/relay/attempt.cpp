#include "relay/attempt.hpp"

#include "base/text.hpp"
#include "chat/splice.hpp"
#include "http/session.hpp"

#include <algorithm>

namespace gw::relay {

using upstream::Call;
using upstream::Pool;

namespace {

constexpr std::size_t max_failure_body = 64 * 1024;      // fault U14
constexpr std::size_t max_inspected_body = 1024 * 1024;  // a plain answer beyond this is relayed as it comes
constexpr Millis finish_linger{1000};                    // after the finish reason: for usage and [DONE]
constexpr std::size_t max_drained = 64 * 1024;

bool is_event_stream(std::string_view content_type) {
  constexpr std::string_view wanted = "text/event-stream";
  return content_type.size() >= wanted.size() && iequals(content_type.substr(0, wanted.size()), wanted);
}

// Reads the end of a stream's framing that came after its last event, so that the connection can serve again.
net::Task<void> drain(Pool& pool, Pool::Host& host, Call call, config::Snapshot config) {
  call.connection().deadline(Clock::now() + finish_linger);
  std::size_t drained = 0;
  while (drained < max_drained) {
    const Result<Call::Piece> piece = co_await call.read();
    if (!piece) co_return;
    drained += piece->bytes.size();
    if (!piece->end) continue;
    if (call.reusable()) pool.release(host, call.take(), config->upstream);
    co_return;
  }
}

}  // namespace

UpstreamAttempt::UpstreamAttempt(
    Context& context, Services services, const routing::Candidate& candidate, ClientReply& reply
)
    : context_(context),
      pool_(services.pool),
      candidate_(candidate),
      reply_(reply),
      metrics_(services.metrics),
      dialect_(*dialect::for_protocol(candidate.provider->protocol)),
      begun_(Clock::now()),
      first_content_by_(begun_ + context.config->timeouts.connect[candidate.tier]),
      total_by_(begun_ + context.config->timeouts.generation[candidate.tier]) {
  // A plain answer's first content is its last: the time to it is the time of the whole generation.
  if (!context.is_stream) first_content_by_ = total_by_;
  first_content_by_ = std::min(first_content_by_, total_by_);
}

net::Task<std::optional<Error>> UpstreamAttempt::run() {
  const Result<Pool::Host*> host = pool_.host_of(candidate_.provider);
  if (!host) co_return host.error();
  Answer answer = co_await call_once(**host, Pool::Reuse::allowed);
  if (answer && answer->retry == Retry::same_or_elsewhere) {
    metrics_.keepalive_races.fetch_add(1, std::memory_order_relaxed);
    answer = co_await call_once(**host, Pool::Reuse::fresh_only);
  }
  co_return answer;
}

net::Task<UpstreamAttempt::Answer> UpstreamAttempt::call_once(Pool::Host& host, Pool::Reuse reuse) {
  const config::Upstream& settings = context_.config->upstream;
  const TimePoint connect_by = std::min(total_by_, begun_ + context_.config->timeouts.connect[candidate_.tier]);
  TimePoint asked = Clock::now();
  Result<Pool::Lease> lease = co_await pool_.acquire(host, reuse, connect_by, settings, context_.cancel);
  context_.outcome.upstream_wait += Clock::now() - asked;
  if (!lease) co_return lease.error();

  Call call(context_.exchange.shard(), std::move(*lease));
  const net::Cancel::Hook hook(context_.cancel, net::Cancel::stop_connection, &call.connection());
  if (context_.cancel.reason() != net::Stop::none) call.connection().stop(context_.cancel.reason());
  call.connection().deadline(first_content_by_);
  const Result<void> sent = co_await send_request(call, host.endpoint);
  if (!sent) co_return sent.error();

  asked = Clock::now();
  const Result<upstream::ReplyHead> head = co_await call.read_head();
  context_.outcome.upstream_wait += Clock::now() - asked;
  if (!head) co_return head.error();
  request_id_ = head->request_id;

  if (!head->content_encoding.empty() && !iequals(head->content_encoding, "identity")) {
    co_return upstream_error(Errc::upstream_protocol, "the provider sent a compressed reply unasked");
  }
  Answer answer;
  if (head->status < 200 || head->status > 299) {
    answer = co_await take_failure(host, call, head->status);
  } else if (!context_.is_stream) {
    answer = co_await take_plain(host, call, head->content_type);
  } else if (!is_event_stream(head->content_type)) {
    answer = co_await refuse_non_stream(call);
  } else {
    answer = co_await take_stream(host, call);
  }
  co_return answer;
}

bool UpstreamAttempt::injects_usage() const {
  return context_.is_stream && !context_.request.include_usage &&
         candidate_.provider->stream_usage == config::StreamUsage::inject;
}

net::Task<Result<void>> UpstreamAttempt::send_request(Call& call, const upstream::Endpoint& endpoint) {
  const config::Params& params = context_.config->params;
  chat::SpliceInput input;
  input.model = candidate_.model;
  input.inject_usage = injects_usage();
  for (const auto& p : params.global) input.defaults.push_back({p.key, p.json});
  if (const auto own = params.by_model.find(candidate_.model); own != params.by_model.end()) {
    for (const auto& p : own->second) input.defaults.push_back({p.key, p.json});
  }
  if (const auto forced = params.forced_by_model.find(candidate_.model); forced != params.forced_by_model.end()) {
    for (const auto& p : forced->second) input.forced.push_back({p.key, p.json});
  }
  const chat::Spliced body = chat::splice(context_.body, context_.request, input);
  const dialect::Request request = dialect_.request(*candidate_.provider, endpoint.base_path);

  std::string head;
  head.reserve(512);
  head.append("POST ").append(request.target).append(" HTTP/1.1\r\nHost: ").append(endpoint.host_header);
  head.append("\r\n").append(request.header_lines).append(context_.forwarded_headers);
  head.append(context_.is_stream ? "Accept: text/event-stream\r\n" : "Accept: application/json\r\n");
  head.append("Content-Length: ").append(std::to_string(body.size)).append("\r\n\r\n");

  std::vector<iovec> pieces;
  pieces.reserve(body.pieces.size() + 1);
  pieces.push_back(net::piece(head));
  for (const std::string_view part : body.pieces) pieces.push_back(net::piece(part));
  Result<void> sent = co_await call.send(pieces);
  co_return sent;
}

void UpstreamAttempt::give_back(Pool::Host& host, Call& call) {
  if (call.reusable()) pool_.release(host, call.take(), context_.config->upstream);
}

net::Task<Result<Call::Piece>> UpstreamAttempt::read_piece(Call& call) {
  const TimePoint asked = Clock::now();
  Result<Call::Piece> piece = co_await call.read();
  context_.outcome.upstream_wait += Clock::now() - asked;
  co_return piece;
}

net::Task<Result<std::string>> UpstreamAttempt::read_bounded(Call& call, std::size_t limit) {
  std::string body;
  while (body.size() < limit) {
    const Result<Call::Piece> piece = co_await read_piece(call);
    if (!piece) co_return piece.error();
    body.append(piece->bytes);
    if (piece->end) break;
  }
  co_return body;
}

net::Task<UpstreamAttempt::Answer> UpstreamAttempt::take_failure(Pool::Host& host, Call& call, int status) {
  call.connection().deadline(std::min(total_by_, Clock::now() + context_.config->timeouts.idle));
  const Result<std::string> body = co_await read_bounded(call, max_failure_body);
  Error error = dialect_.failure(status, body ? std::string_view(*body) : std::string_view{});
  error.upstream_status = static_cast<std::uint16_t>(status);
  if (!body && body.error().origin != Origin::upstream) co_return body.error();
  give_back(host, call);
  co_return error;
}

JudgeRules UpstreamAttempt::rules() const {
  JudgeRules rules;
  const config::RetryConditions& conditions = context_.config->retries.conditions;
  rules.retry_on_empty = conditions.retry_on_empty;
  rules.strip_usage = injects_usage();
  rules.keyword_max_chars = conditions.keyword_max_chars;
  // Used before the commit only, while the request still stands.
  rules.keyword_in = [this](std::string_view text) {
    return dialect::keyword_rule(text, context_.config->retries.conditions, context_.request, context_.body);
  };
  return rules;
}

net::Task<UpstreamAttempt::Answer> UpstreamAttempt::take_plain(
    Pool::Host& host, Call& call, const std::string& content_type
) {
  call.connection().deadline(total_by_);
  Result<std::string> body = co_await read_bounded(call, max_inspected_body);
  if (!body) co_return body.error();
  if (body->size() >= max_inspected_body && !call.ended()) {
    Answer answer = co_await relay_large(call, content_type, std::move(*body));
    co_return answer;
  }
  const Result<dialect::ReplyFacts> facts = dialect_.reply(*body);
  if (!facts) co_return facts.error();
  if (auto failure = judge_plain(*facts, rules())) co_return failure;
  context_.outcome.usage = facts->usage;
  give_back(host, call);

  reply_.describe(candidate_);
  reply_.commit();
  context_.release_request();
  const bool sent = co_await reply_.send_plain(content_type, *body);
  if (!sent) co_return client_error(Errc::client_gone, "the client closed the connection");
  co_return std::nullopt;
}

// Too large to be held whole: what has come looks like an answer, the rest follows under back-pressure.
net::Task<UpstreamAttempt::Answer> UpstreamAttempt::relay_large(
    Call& call, const std::string& content_type, std::string begun
) {
  const std::size_t first = begun.find_first_not_of(" \t\r\n");
  if (first == std::string::npos || begun[first] != '{') {
    co_return upstream_error(Errc::upstream_protocol, "the provider's reply is not JSON");
  }
  reply_.describe(candidate_);
  reply_.commit();
  context_.release_request();
  reply_.begin_plain(content_type, call.length());
  bool sent = co_await reply_.write_body(begun);
  begun.clear();
  begun.shrink_to_fit();
  while (sent) {
    const Result<Call::Piece> piece = co_await read_piece(call);
    if (!piece) {
      Error error = upstream_error(Errc::interrupted, piece.error().message, Retry::never);
      co_await reply_.fail(error);
      co_return error;
    }
    if (!piece->bytes.empty()) sent = co_await reply_.write_body(piece->bytes);
    if (!piece->end) continue;
    if (sent) sent = co_await reply_.end();
    break;
  }
  if (!sent) co_return client_error(Errc::client_gone, "the client closed the connection");
  co_return std::nullopt;
}

// A stream was asked for and something else came: an error with status 200, or HTML.
net::Task<UpstreamAttempt::Answer> UpstreamAttempt::refuse_non_stream(Call& call) {
  const Result<std::string> body = co_await read_bounded(call, max_failure_body);
  if (!body) co_return body.error();
  const Result<dialect::ReplyFacts> facts = dialect_.reply(*body);
  if (!facts) co_return facts.error();
  co_return upstream_error(Errc::upstream_protocol, "the provider answered a streamed request with a plain reply");
}

TimePoint UpstreamAttempt::stream_deadline(const StreamJudge& judge) const {
  if (!judge.committed()) return first_content_by_;
  const Millis patience =
      judge.finished() ? std::min(finish_linger, context_.config->timeouts.idle) : context_.config->timeouts.idle;
  return std::min(total_by_, Clock::now() + patience);
}

StreamJudge::Step UpstreamAttempt::take_events(
    http::SseSplitter& events, dialect::ReplyStream& meanings, StreamJudge& judge, bool last
) {
  using Step = StreamJudge::Step;
  std::string& out = context_.exchange.shard().out();
  http::SseEvent event;
  for (;;) {
    const Result<bool> more = last ? Result<bool>(events.finish(event)) : events.next(event);
    if (!more) return judge.on_failure(more.error());
    if (!*more) return Step::hold;
    const Step step = event.has_data ? judge.on_event(meanings.read(event)) : judge.on_comment();
    switch (step) {
      case Step::drop:
        break;
      case Step::hold:
        held_.append(event.raw);
        break;
      case Step::forward:
        out.append(event.raw);
        break;
      case Step::complete:
        out.append(event.raw);
        return step;
      case Step::fail:
      case Step::interrupt:
        return step;
    }
    if (last) return Step::hold;
  }
}

net::Task<UpstreamAttempt::Answer> UpstreamAttempt::take_stream(Pool::Host& host, Call& call) {
  using Step = StreamJudge::Step;
  StreamJudge judge(rules());
  http::SseSplitter events(context_.config->limits.event_bytes);
  const std::unique_ptr<dialect::ReplyStream> meanings = dialect_.stream();
  held_.clear();
  for (;;) {
    call.connection().deadline(stream_deadline(judge));
    const bool was_committed = judge.committed();
    const Result<Call::Piece> piece = co_await read_piece(call);

    std::string& out = context_.exchange.shard().out();
    out.clear();
    Step step = Step::hold;
    if (!piece) {
      step = judge.on_failure(piece.error());
    } else {
      if (!piece->bytes.empty()) {
        events.feed(piece->bytes);
        step = take_events(events, *meanings, judge, false);
      }
      if (step == Step::hold && piece->end) {
        step = take_events(events, *meanings, judge, true);
        if (step == Step::hold) step = judge.on_end();
      }
    }
    context_.outcome.usage = judge.usage();
    if (step == Step::fail) co_return judge.error();
    if (held_.size() > context_.config->limits.event_bytes) {
      co_return upstream_error(Errc::upstream_protocol, "the provider sent no content within limits.event_bytes");
    }
    if (judge.committed() && !was_committed) {
      reply_.describe(candidate_);
      reply_.commit();
      context_.release_request();
      out.insert(0, held_);
      std::string{}.swap(held_);
    }
    if (!out.empty()) {
      const bool written = co_await reply_.write_events(out);
      if (!written) co_return client_error(Errc::client_gone, "the client closed the connection");
    }
    if (step == Step::complete) break;
    if (step == Step::interrupt) {
      Error error = judge.error();
      if (error.origin == Origin::upstream) error.code = Errc::interrupted;
      error.retry = Retry::never;
      co_await reply_.fail(error);
      co_return error;
    }
  }
  Answer answer = co_await end_stream(host, call);
  co_return answer;
}

net::Task<UpstreamAttempt::Answer> UpstreamAttempt::end_stream(Pool::Host& host, Call& call) {
  const bool ended = co_await reply_.end();
  if (call.ended()) {
    give_back(host, call);
  } else if (call.connection().stopped() == net::Stop::none) {
    net::Gate& gate = context_.exchange.shard().gate();
    gate.spawn("drain", drain(pool_, host, std::move(call), context_.config));
  }
  if (!ended) co_return client_error(Errc::client_gone, "the client closed the connection");
  co_return std::nullopt;
}

}  // namespace gw::relay
