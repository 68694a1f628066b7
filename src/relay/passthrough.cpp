#include "relay/passthrough.hpp"

#include "base/text.hpp"
#include "dialect/target.hpp"
#include "http/retry_after.hpp"
#include "http/write.hpp"
#include "relay/passage.hpp"

#include <algorithm>
#include <array>

namespace gw::relay {

using upstream::Call;
using upstream::Pool;

namespace {

constexpr std::size_t max_failure_body = std::size_t{64} * 1024;
constexpr Millis failure_patience{2000};             // for what a failure's body adds to its status
constexpr Millis max_retry_after{24 * 3600 * 1000};  // longer ones are mistakes
constexpr std::size_t kept_tail = 4096;

bool is_json(std::string_view content_type) {
  constexpr std::string_view wanted = "application/json";
  return content_type.size() >= wanted.size() && iequals(content_type.substr(0, wanted.size()), wanted);
}

bool is_timeout(Errc code) noexcept {
  return code == Errc::first_byte_timeout || code == Errc::idle_timeout || code == Errc::total_timeout;
}

Error client_left() {
  return client_error(Errc::client_gone, "the client closed the connection");
}

}  // namespace

PassthroughAttempt::PassthroughAttempt(
    Context& context, Services services, const routing::Candidate& candidate, std::size_t key, ClientReply& reply
)
    : context_(context),
      passage_(*context.passage),
      pool_(services.pool),
      metrics_(services.metrics),
      candidate_(candidate),
      reply_(reply),
      dialect_(*dialect::for_protocol(config::Protocol::openai)),
      key_(key) {}

http::BodyBound PassthroughAttempt::bound() const {
  const config::Provider& provider = *candidate_.provider;
  const std::string path = provider.id == "upstream" ? "providers.upstream" : "providers.custom." + provider.id;
  return {provider.passthrough_bytes, path + ".passthrough_max_mb"};
}

net::Task<std::optional<Error>> PassthroughAttempt::ask() {
  passage_.is_nobody_s = false;
  const Result<Pool::Target*> target = pool_.target_of(candidate_.provider);
  if (!target) co_return target.error();
  host_ = (*target)->host;
  const std::string& model = passage_.model;
  if (dialect::BasePath(host_->endpoint.base_path).names_model() && (model.empty() || model == "." || model == "..")) {
    co_return client_error(
        Errc::invalid_request, "this provider wants the model in its path: name one, before anything large in the body"
    );
  }
  const Result<void> fits = context_.exchange.bound_body(bound());
  if (!fits) co_return fits.error();
  // A body that is not held cannot be sent again after a keep-alive race: it gets a connection of its own.
  Pool::Reuse reuse = passage_.is_whole ? Pool::Reuse::allowed : Pool::Reuse::fresh_only;
  for (;; reuse = Pool::Reuse::fresh_only) {
    Answer failed = co_await open(reuse);
    if (!failed) co_return std::nullopt;
    if (reuse == Pool::Reuse::fresh_only || failed->retry != Retry::same_or_elsewhere) co_return failed;
    metrics_.keepalive_races.fetch_add(1, std::memory_order_relaxed);
  }
}

net::Task<PassthroughAttempt::Answer> PassthroughAttempt::open(Pool::Reuse reuse) {
  const config::Upstream& settings = context_.config->upstream;
  hook_.reset();
  call_.reset();
  TimePoint asked = Clock::now();
  Result<Pool::Lease> lease =
      co_await pool_.acquire(*host_, reuse, asked + candidate_.connect, settings, context_.cancel);
  context_.outcome.upstream_wait += Clock::now() - asked;
  if (!lease) co_return lease.error();
  call_.emplace(context_.exchange.shard(), std::move(*lease));
  hook_.emplace(context_.cancel, net::Cancel::stop_connection, &call_->connection());
  if (context_.cancel.reason() != net::Stop::none) call_->connection().stop(context_.cancel.reason());

  limit(idle_deadline());
  Result<void> sent = co_await send_begin();
  if (!sent) co_return late(sent.error());
  if (!passage_.is_whole) {
    sent = co_await send_rest();
    if (!sent) co_return late(sent.error());
  } else {
    has_sent_all_ = true;
  }

  asked = Clock::now();
  total_by_ = asked + candidate_.generation;
  limit(total_by_);
  upstream::ReplyHead head;
  const Result<void> begun = co_await call_->read_head(head);
  context_.outcome.upstream_wait += Clock::now() - asked;
  if (!begun) {
    // It has the request and may be at work: asked twice, it would be paid twice.
    if (begun.error().retry != Retry::same_or_elsewhere) passage_.is_spent = true;
    co_return late(begun.error());
  }
  head_ = std::move(head);
  co_return std::nullopt;
}

// --- There -----------------------------------------------------------------------------------------------------------

std::string PassthroughAttempt::request_head() const {
  const config::Provider& provider = *candidate_.provider;
  dialect::BasePath base(host_->endpoint.base_path);
  base.drop("/chat/completions");
  std::string head = "POST " + base.with(passage_.target, passage_.model) + " HTTP/1.1\r\nHost: ";
  head.append(host_->endpoint.host_header).append("\r\n").append(passage_.header_lines);
  dialect::add_key(head, provider, provider.keys[key_].secret, "Authorization");
  dialect::add_operators_headers(head, provider);
  head.append(context_.forwarded.for_all).append(context_.forwarded.for_alike);
  if (passage_.length) {
    head.append("Content-Length: ");
    append_number(head, *passage_.length - passage_.cut.length);
    head.append("\r\n\r\n");
  } else {
    head.append("Transfer-Encoding: chunked\r\n\r\n");
  }
  return head;
}

// The head, and what was read of the body to find out whose it is.
net::Task<Result<void>> PassthroughAttempt::send_begin() {
  const std::string head = request_head();
  const std::string_view before = passage_.begun.substr(0, passage_.cut.offset);
  const std::string_view behind = passage_.begun.substr(passage_.cut.offset + passage_.cut.length);
  std::array<char, 24> frame{};
  std::size_t frame_length = 0;
  const std::size_t size = before.size() + behind.size();
  if (!passage_.length && size != 0) frame_length = http::append_chunk_head(frame.data(), size);
  const std::string_view tail = frame_length == 0 ? "" : "\r\n";
  std::array<iovec, 5> pieces{
      net::piece(head),
      net::piece({frame.data(), frame_length}),
      net::piece(before),
      net::piece(behind),
      net::piece(tail)};
  Result<void> sent = co_await call_->send(pieces);
  co_return sent;
}

net::Task<Result<void>> PassthroughAttempt::send_rest() {
  http::Exchange& exchange = context_.exchange;
  passage_.is_spent = true;
  while (!exchange.body_ended()) {
    limit(far_future);  // the client is waited for, at its own pace
    const Result<std::string_view> piece = co_await exchange.read_piece();
    if (!piece) co_return piece.error();
    // A provider that answers before it has everything wants no more, and one that left gets no more.
    if (call_->connection().is_stale()) co_return Result<void>{};
    if (piece->empty()) continue;
    limit(idle_deadline());
    const Result<void> sent = co_await send_piece(*piece);
    if (sent) continue;
    // It may have answered while it took nothing.
    limit(idle_deadline());
    if (is_timeout(sent.error().code) && call_->connection().is_stale()) co_return Result<void>{};
    co_return sent.error();
  }
  has_sent_all_ = true;
  if (passage_.length) co_return Result<void>{};
  std::array<iovec, 1> end{net::piece("0\r\n\r\n")};
  limit(idle_deadline());
  Result<void> sent = co_await call_->send(end);
  co_return sent;
}

net::Task<Result<void>> PassthroughAttempt::send_piece(std::string_view bytes) {
  std::array<char, 24> frame{};
  std::size_t frame_length = 0;
  if (!passage_.length) frame_length = http::append_chunk_head(frame.data(), bytes.size());
  const std::string_view tail = frame_length == 0 ? "" : "\r\n";
  std::array<iovec, 3> pieces{net::piece({frame.data(), frame_length}), net::piece(bytes), net::piece(tail)};
  Result<void> sent = co_await call_->send(pieces);
  co_return sent;
}

// --- And back --------------------------------------------------------------------------------------------------------

net::Task<std::optional<Error>> PassthroughAttempt::take_reply() {
  const bool is_good = head_.status >= 200 && head_.status <= 299;
  return is_good ? pass_reply() : take_failure();
}

net::Task<Result<Call::Piece>> PassthroughAttempt::read() {
  const TimePoint asked = Clock::now();
  Result<Call::Piece> piece = co_await call_->read();
  context_.outcome.upstream_wait += Clock::now() - asked;
  co_return piece;
}

net::Task<PassthroughAttempt::Answer> PassthroughAttempt::take_failure() {
  limit(std::min(idle_deadline(), Clock::now() + failure_patience));
  std::string body;
  while (body.size() < max_failure_body) {
    const Result<Call::Piece> piece = co_await read();
    if (!piece && piece.error().origin != Origin::upstream) co_return piece.error();
    if (!piece) break;
    body.append(piece->bytes);
    if (piece->end) break;
  }
  Error error = dialect_.failure(*candidate_.provider, head_.status, body);
  const auto now = std::chrono::system_clock::now();
  const auto asked_to_wait = http::retry_after({head_.retry_after, head_.retry_after_ms}, now, max_retry_after);
  if (asked_to_wait && *asked_to_wait != Millis{0}) error.retry_after = asked_to_wait;
  const bool is_whole = call_->ended();
  give_back();
  Error refusal = refusal_of(error, body, is_whole);
  co_return refusal;
}

// Names of models are the client's: what a provider says of one it does not have, or that this account may not use, is
// no failure of the provider or the key, which other requests need.
Error PassthroughAttempt::refusal_of(Error error, const std::string& body, bool is_whole) {
  constexpr int forbidden = 403;
  const bool is_unknown_model = error.code == Errc::model_unavailable && head_.status != forbidden;
  passage_.is_nobody_s = error.code == Errc::model_unavailable || head_.status == forbidden;
  if (is_unknown_model) error.code = Errc::upstream_refused;
  if (!is_refusal(error.code)) return error;
  if (!is_unknown_model) passage_.is_spent = true;  // the next would say the same of the same request
  const std::string_view key = candidate_.provider->keys[key_].secret.reveal();
  const bool tells_key = !key.empty() && body.find(key) != std::string::npos;
  const bool fits = is_whole && !tells_key && head_.status >= 400 && head_.status < 500;
  if (fits && !passage_.refusal) {
    passage_.refusal = Passage::Refusal{head_.status, head_.content_type, body};
  }
  return error;
}

// `first`: what is there of the body. When that is all, its length is known however it was framed.
void PassthroughAttempt::begin_reply(const Call::Piece& first) {
  http::Exchange& exchange = context_.exchange;
  reply_.commit();
  const auto pass = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) exchange.header(name, value);
  };
  pass("Content-Encoding", head_.content_encoding);
  pass("Content-Disposition", head_.content_disposition);
  pass("x-smartroute-upstream-request-id", head_.request_id);
  std::optional<std::uint64_t> length;
  if (first.end) {
    length = first.bytes.size();
  } else if (call_->length() != 0) {
    length = call_->length();
  }
  reply_.begin_passed(head_.status, head_.content_type, candidate_, length);
  context_.release_request();
}

net::Task<PassthroughAttempt::Answer> PassthroughAttempt::pass_reply() {
  passage_.is_spent = true;  // the work is done
  // Until something is there to be passed on, a failure can still be told as one.
  limit(total_by_);
  Result<Call::Piece> piece = co_await read();
  if (!piece) co_return late(piece.error());
  begin_reply(*piece);
  for (;;) {
    bool sent = true;
    const bool is_end = piece->end;
    take_usage(piece->bytes);
    if (!piece->bytes.empty()) sent = co_await reply_.write_body(piece->bytes);
    if (sent && is_end) sent = co_await reply_.end();
    if (!sent) co_return client_left();
    if (is_end) break;
    limit(idle_deadline());
    piece = co_await read();
    if (!piece) {
      if (piece.error().origin != Origin::upstream) co_return piece.error();
      Error error = upstream_error(Errc::interrupted, late(piece.error()).message, Retry::never);
      co_await reply_.fail(error);
      co_return error;
    }
  }
  give_back();
  co_return std::nullopt;
}

// Images and transcriptions count as Responses do, the rest as chat completions.
void PassthroughAttempt::take_usage(std::string_view piece) {
  if (!is_json(head_.content_type) || !head_.content_encoding.empty()) return;
  if (piece.size() >= kept_tail) tail_.clear();
  tail_.append(piece.substr(piece.size() - std::min(piece.size(), kept_tail)));
  if (tail_.size() > 2 * kept_tail) tail_.erase(0, tail_.size() - kept_tail);
  if (!call_->ended()) return;
  for (const config::Protocol protocol : {config::Protocol::openai, config::Protocol::v1_response}) {
    const std::optional<dialect::Usage> usage = dialect::for_protocol(protocol)->usage_within(tail_);
    if (!usage || usage->prompt + usage->completion == 0) continue;
    context_.outcome.usage = usage;
    return;
  }
}

void PassthroughAttempt::limit(TimePoint due) {
  call_->connection().deadline(due);
}

Error PassthroughAttempt::late(const Error& error) const {
  if (!is_timeout(error.code) || error.origin != Origin::upstream) return error;
  if (Clock::now() >= total_by_) {
    return upstream_error(Errc::total_timeout, "no whole answer within timeouts.generation.t2");
  }
  return upstream_error(Errc::idle_timeout, "the provider was silent for timeouts.idle");
}

TimePoint PassthroughAttempt::idle_deadline() const {
  return std::min(total_by_, Clock::now() + candidate_.idle);
}

// From here on the connection may serve another request: nothing of this one may stop it any more.
void PassthroughAttempt::give_back() {
  hook_.reset();
  if (has_sent_all_ && call_->reusable()) pool_.release(*host_, call_->take(), context_.config->upstream);
}

}  // namespace gw::relay
