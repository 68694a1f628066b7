#include "relay/attempt.hpp"

#include "base/text.hpp"
#include "chat/splice.hpp"
#include "relay/wire.hpp"

#include <algorithm>

namespace gw::relay {

using upstream::Call;
using upstream::Pool;

namespace {

constexpr std::size_t max_failure_body = std::size_t{64} * 1024;  // fault U14
constexpr std::size_t max_inspected_body =
    std::size_t{1024} * 1024;             // a plain answer beyond this is relayed as it comes
constexpr Millis failure_patience{2000};  // for what a failure's body adds to its status
constexpr std::size_t kept_tail = 4096;   // of a large answer: its usage stands at an end

bool is_event_stream(std::string_view content_type) {
  constexpr std::string_view wanted = "text/event-stream";
  return content_type.size() >= wanted.size() && iequals(content_type.substr(0, wanted.size()), wanted);
}

}  // namespace

UpstreamAttempt::UpstreamAttempt(
    Context& context, Services services, const routing::Candidate& candidate, std::size_t key, ClientReply& reply
)
    : context_(context),
      pool_(services.pool),
      candidate_(candidate),
      reply_(reply),
      metrics_(services.metrics),
      dialect_(*dialect::for_protocol(candidate.provider->protocol)),
      key_(key),
      begun_(Clock::now()),
      first_content_by_(begun_ + candidate.connect),
      total_by_(begun_ + candidate.generation) {
  // A plain answer's first content is its last: the time to it is the time of the whole generation.
  if (!context.is_stream) first_content_by_ = total_by_;
  // The request's deadline bounds the search for an answer, not the answer.
  const TimePoint deadline = context.exchange.received() + context.config->retries.deadline;
  first_content_by_ = std::min({first_content_by_, total_by_, deadline});
}

net::Task<std::optional<Error>> UpstreamAttempt::ask() {
  const Result<Pool::Target*> target = pool_.target_of(candidate_.provider);
  if (!target) co_return target.error();
  host_ = (*target)->host;
  if (!speaks_alike(context_, *candidate_.provider)) {
    translation_ = std::make_unique<Translation>(context_, candidate_);
    if (auto failed = translation_->write(dialect_, injects_usage())) co_return failed;
  } else if (auto failed = take_out_foreign()) {
    co_return failed;
  }
  has_begun_ = true;
  for (Pool::Reuse reuse = Pool::Reuse::allowed;; reuse = Pool::Reuse::fresh_only) {
    Answer failed = co_await open(reuse);
    if (!failed) break;
    if (reuse == Pool::Reuse::fresh_only || failed->retry != Retry::same_or_elsewhere) co_return failed;
    metrics_.keepalive_races.fetch_add(1, std::memory_order_relaxed);
  }
  hook_.emplace(context_.cancel, net::Cancel::stop_connection, &call_->connection());
  co_return std::nullopt;
}

// What another provider's answer left in the conversation would be refused here.
std::optional<Error> UpstreamAttempt::take_out_foreign() {
  std::optional<std::string> body = dialect_.without_foreign(*candidate_.provider, context_.wording(candidate_).body);
  if (!body) return std::nullopt;
  own_words_ = std::make_unique<OwnWords>();
  own_words_->body = std::move(*body);
  Result<chat::ChatRequest> request = context_.client.read(own_words_->body);
  if (!request) return request.error();
  own_words_->request = std::make_unique<const chat::ChatRequest>(std::move(*request));
  return std::nullopt;
}

// The stage that the reply's head asks for.
net::Task<std::optional<Error>> UpstreamAttempt::take_reply() {
  if (status_ < 200 || status_ > 299) return take_failure();
  if (!context_.is_stream) return take_plain();
  if (!is_event_stream(content_type_)) return refuse_non_stream();
  return take_stream();
}

net::Task<UpstreamAttempt::Answer> UpstreamAttempt::open(Pool::Reuse reuse) {
  const config::Upstream& settings = context_.config->upstream;
  TimePoint asked = begun_;
  Result<Pool::Lease> lease = co_await pool_.acquire(*host_, reuse, first_content_by_, settings, context_.cancel);
  if (!lease || !lease->reused) context_.outcome.upstream_wait += Clock::now() - asked;
  if (!lease) {
    // A time for the content that was too short to connect in says nothing about the endpoint.
    const bool is_late = lease.error().origin == Origin::upstream && Clock::now() >= first_content_by_;
    if (!is_late) co_return lease.error();
    due_ = first_content_by_;
    co_return late(upstream_error(Errc::first_byte_timeout, lease.error().message));
  }

  call_.emplace(context_.exchange.shard(), std::move(*lease));
  const net::Cancel::Hook hook(context_.cancel, net::Cancel::stop_connection, &call_->connection());
  if (context_.cancel.reason() != net::Stop::none) call_->connection().stop(context_.cancel.reason());
  limit(first_content_by_);
  const Result<void> sent = co_await send_request();
  if (!sent) co_return late(sent.error());

  asked = Clock::now();
  upstream::ReplyHead head;
  const Result<void> begun = co_await call_->read_head(head);
  context_.outcome.upstream_wait += Clock::now() - asked;
  if (!begun) co_return late(begun.error());
  status_ = head.status;
  if (status_ < 200 || status_ > 299) retry_after_ = wait_asked_for(head);
  request_id_ = std::move(head.request_id);
  content_type_ = std::move(head.content_type);
  if (!head.content_encoding.empty() && !iequals(head.content_encoding, "identity")) {
    co_return upstream_error(Errc::upstream_protocol, "the provider sent a compressed reply unasked");
  }
  co_return std::nullopt;
}

// Only chat completions must be asked.
bool UpstreamAttempt::injects_usage() const {
  return context_.is_stream && candidate_.provider->protocol == config::Protocol::openai &&
         !context_.request->include_usage && candidate_.provider->stream_usage == config::StreamUsage::inject;
}

// What the provider is asked for. Whatever is written anew is a conversation.
dialect::Operation UpstreamAttempt::operation() const noexcept {
  return translation_ ? dialect::Operation::chat : context_.client.operation();
}

net::Task<Result<void>> UpstreamAttempt::send_request() {
  chat::Spliced own_words;
  if (!translation_) {
    chat::SpliceInput input;
    input.model = candidate_.model;
    if (dialect::takes_parameters(operation())) {
      input.rules = context_.config->params.of(candidate_.model, context_.client.own());
    }
    input.inject_usage = injects_usage();
    const Context::Wording wording = context_.wording(candidate_);
    own_words = own_words_ ? chat::splice(own_words_->body, *own_words_->request, input)
                           : chat::splice(wording.body, wording.request, input);
  }
  const chat::Spliced& body = translation_ ? translation_->body() : own_words;

  Pool::Target& target = **pool_.target_of(candidate_.provider);  // known since `ask`
  const std::string_view version = translation_ ? std::string_view{} : std::string_view(context_.forwarded.version);
  const HeadInput head{.key = key_, .is_stream = context_.is_stream, .operation = operation(), .version = version};
  const std::shared_ptr<const std::string> fixed = request_head(target, dialect_, candidate_, head);
  std::string own;
  const Forwarded& forwarded = context_.forwarded;
  own.reserve(forwarded.for_all.size() + forwarded.for_alike.size() + 96);
  own.append(forwarded.for_all);
  if (!translation_) own.append(forwarded.for_alike);
  own.append(context_.is_stream ? "Accept: text/event-stream\r\n" : "Accept: application/json\r\n");
  own.append("Content-Length: ");
  append_number(own, body.size);
  own.append("\r\n\r\n");

  std::vector<iovec> pieces;
  pieces.reserve(body.pieces.size() + 2);
  pieces.push_back(net::piece(*fixed));
  pieces.push_back(net::piece(own));
  for (const std::string_view part : body.pieces) pieces.push_back(net::piece(part));
  Result<void> sent = co_await call_->send(pieces);
  co_return sent;
}

// From here on the connection may serve another request: nothing of this one may stop it any more.
void UpstreamAttempt::give_back() {
  hook_.reset();
  if (call_->reusable()) pool_.release(*host_, call_->take(), context_.config->upstream);
}

void UpstreamAttempt::limit(TimePoint due) {
  due_ = due;
  call_->connection().deadline(due);
}

Error UpstreamAttempt::late(const Error& error) const {
  if (error.code != Errc::first_byte_timeout && error.code != Errc::idle_timeout) return error;
  if (due_ >= context_.exchange.received() + context_.config->retries.deadline && due_ == first_content_by_) {
    return upstream_error(Errc::total_timeout, "no answer within the request's retries.deadline");
  }
  if (due_ >= total_by_) return upstream_error(Errc::total_timeout, "no whole answer within timeouts.generation");
  if (due_ == first_content_by_) return upstream_error(Errc::first_byte_timeout, "no content within timeouts.connect");
  return upstream_error(Errc::idle_timeout, "silence of timeouts.idle within the answer");
}

TimePoint UpstreamAttempt::idle_deadline() const {
  return std::min(total_by_, Clock::now() + candidate_.idle);
}

net::Task<Result<std::string>> UpstreamAttempt::read_bounded(std::size_t most, Pace pace) {
  std::string body;
  while (body.size() < most) {
    const bool waits = !call_->has_more_now();
    const TimePoint asked = waits ? Clock::now() : TimePoint{};
    const Result<Call::Piece> piece = co_await call_->read();
    if (waits) context_.outcome.upstream_wait += Clock::now() - asked;
    if (!piece) co_return late(piece.error());
    body.append(piece->bytes);
    if (piece->end) break;
    if (pace == Pace::piecewise) limit(idle_deadline());
  }
  co_return body;
}

net::Task<UpstreamAttempt::Answer> UpstreamAttempt::take_failure() {
  limit(std::min({idle_deadline(), first_content_by_, Clock::now() + failure_patience}));
  const Result<std::string> body = co_await read_bounded(max_failure_body, Pace::whole);
  Error error = dialect_.failure(*candidate_.provider, status_, body ? std::string_view(*body) : std::string_view{});
  error.retry_after = retry_after_;
  if (!body && body.error().origin != Origin::upstream) co_return body.error();
  give_back();
  co_return error;
}

JudgeRules UpstreamAttempt::rules() const {
  JudgeRules rules;
  const config::RetryConditions& conditions = context_.config->retries.conditions;
  rules.retry_on_empty = conditions.retry_on_empty;
  rules.strip_usage = injects_usage() && !translation_;  // what is written anew has what the client asked for
  rules.keyword_max_chars = conditions.keyword_max_chars;
  rules.choices = context_.request->n;
  // Used before the commit only, while the request still stands.
  rules.keyword_in = [this](std::string_view text) {
    const Context::Wording wording = context_.wording(candidate_);
    return dialect::keyword_rule(text, context_.config->retries.conditions, wording.request, wording.body);
  };
  return rules;
}

Result<dialect::ReplyFacts> UpstreamAttempt::read_plain(std::string_view body) const {
  if (translation_) {
    Result<dialect::ReplyFacts> facts = dialect_.reply(*candidate_.provider, body, translation_->sink());
    if (facts) translation_->telling().correct(*facts);
    return facts;
  }
  return dialect_.reply_to(operation(), *candidate_.provider, body);
}

net::Task<UpstreamAttempt::Answer> UpstreamAttempt::take_plain() {
  limit(first_content_by_);
  const std::size_t most = translation_ ? max_translated : max_inspected_body;
  Result<std::string> body = co_await read_bounded(most, Pace::piecewise);
  if (!body) co_return body.error();
  if (body->size() >= most && !call_->ended()) {
    if (translation_) co_return upstream_error(Errc::upstream_protocol, "the provider's reply is beyond 32 MiB");
    Answer answer = co_await relay_large(std::move(*body));
    co_return answer;
  }
  if (translation_) translation_->begin_answer();
  const Result<dialect::ReplyFacts> facts = read_plain(*body);
  if (!facts) co_return facts.error();
  if (auto failure = judge_plain(*facts, rules())) co_return failure;
  context_.outcome.usage = facts->usage;
  give_back();
  if (translation_) {
    translation_->end();
    std::string{}.swap(*body);
    translation_->said(*body);
  }
  const std::string_view type = translation_ ? std::string_view("application/json") : std::string_view(content_type_);
  net::Task<Answer> rest = send_plain(type, *body);
  Answer answer = co_await rest;
  co_return answer;
}

net::Task<UpstreamAttempt::Answer> UpstreamAttempt::send_plain(std::string_view content_type, std::string_view body) {
  describe();
  reply_.commit();
  context_.release_request();
  const bool sent = co_await reply_.send_plain(content_type, body);
  if (!sent) co_return client_error(Errc::client_gone, "the client closed the connection");
  co_return std::nullopt;
}

void UpstreamAttempt::describe() {
  reply_.describe(candidate_);
  if (translation_) reply_.dropped(translation_->dropped());
  if (own_words_) reply_.dropped("reasoning of another provider");
  own_words_.reset();  // it was sent, and may be as large as the body
}

// Too large to be held whole: what has come looks like an answer, the rest follows under back-pressure.
net::Task<UpstreamAttempt::Answer> UpstreamAttempt::relay_large(std::string begun) {
  if (!dialect_.begins_reply_to(operation(), begun)) {
    co_return upstream_error(Errc::upstream_protocol, "the provider's large reply does not begin as an answer");
  }
  describe();
  reply_.commit();
  context_.release_request();
  reply_.begin_plain(content_type_, call_->length());
  bool sent = co_await reply_.write_body(begun);
  context_.outcome.usage = dialect_.usage_within(std::string_view(begun).substr(0, kept_tail));
  begun.erase(0, begun.size() - std::min(begun.size(), kept_tail));
  begun.shrink_to_fit();
  while (sent) {
    limit(idle_deadline());
    const TimePoint asked = Clock::now();
    const Result<Call::Piece> piece = co_await call_->read();
    context_.outcome.upstream_wait += Clock::now() - asked;
    if (!piece && piece.error().origin != Origin::upstream) co_return piece.error();
    if (!piece) {
      Error error = upstream_error(Errc::interrupted, late(piece.error()).message, Retry::never);
      co_await reply_.fail(error);
      co_return error;
    }
    begun.append(piece->bytes);
    if (begun.size() > 2 * kept_tail) begun.erase(0, begun.size() - kept_tail);
    if (!piece->bytes.empty()) sent = co_await reply_.write_body(piece->bytes);
    if (!piece->end) continue;
    if (const auto usage = dialect_.usage_within(begun)) context_.outcome.usage = usage;
    if (sent) sent = co_await reply_.end();
    break;
  }
  if (!sent) co_return client_error(Errc::client_gone, "the client closed the connection");
  co_return std::nullopt;
}

// A stream was asked for and something else came: an error with status 200, or HTML.
net::Task<UpstreamAttempt::Answer> UpstreamAttempt::refuse_non_stream() {
  const Result<std::string> body = co_await read_bounded(max_failure_body, Pace::whole);
  if (!body) co_return body.error();
  const Result<dialect::ReplyFacts> facts = dialect_.reply(*candidate_.provider, *body);
  if (!facts) co_return facts.error();
  co_return upstream_error(Errc::upstream_protocol, "the provider answered a streamed request with a plain reply");
}

}  // namespace gw::relay
