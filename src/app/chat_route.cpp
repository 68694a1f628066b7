// The routes that are answered by a model: the life of a request (ARCHITECTURE.md), stage by stage. They differ in the
// client's dialect alone.
#include "app/shard_service.hpp"
#include "base/text.hpp"
#include "intent/intent.hpp"
#include "relay/trace.hpp"
#include "routing/routing.hpp"

namespace gw::app {
namespace {

constexpr std::size_t max_logged_reasons = 1000;  // three attempts with the longest messages of providers

void cancel_request(void* cancel) {
  static_cast<net::Cancel*>(cancel)->request(net::Stop::client_gone);
}

void append_ms(std::string& line, std::string_view key, Duration value) {
  const auto tenths =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(value).count()) / 100;
  line.append(key);
  append_number(line, tenths / 10);
  line.push_back('.');
  line.push_back(static_cast<char>('0' + tenths % 10));
}

void append_count(std::string& line, std::string_view key, std::uint64_t value) {
  line.append(key);
  append_number(line, value);
}

// What was asked for the answer's sake, apart from the answer's own figures.
void append_inner(std::string& line, const relay::Outcome& outcome) {
  if (outcome.images) {
    const relay::Images& images = *outcome.images;
    append_count(line, " images=", images.described);
    append_count(line, "+", images.cached);
    line.append(" images_by=");
    telemetry::append_field(line, images.model.empty() ? "-" : images.model);
    append_ms(line, " images_ms=", images.duration);
  }
  if (outcome.inner.empty()) return;
  dialect::Usage sum;
  for (const relay::InnerCall& call : outcome.inner) {
    if (!call.usage) continue;
    sum.prompt += call.usage->prompt;
    sum.completion += call.usage->completion;
  }
  append_count(line, " inner_calls=", outcome.inner.size());
  append_count(line, " inner_tokens=", sum.prompt);
  append_count(line, "+", sum.completion);
}

telemetry::Route route_of(const relay::Context& context) noexcept {
  if (context.passage) return telemetry::Route::passthrough;
  switch (context.client.operation()) {
    case dialect::Operation::completions:
      return telemetry::Route::completions;
    case dialect::Operation::embeddings:
      return telemetry::Route::embeddings;
    case dialect::Operation::count_tokens:
      return telemetry::Route::count_tokens;
    case dialect::Operation::chat:
      break;
  }
  switch (context.client.own()) {
    case config::Protocol::v1_messages:
      return telemetry::Route::messages;
    case config::Protocol::v1_response:
      return telemetry::Route::responses;
    default:
      return telemetry::Route::chat;
  }
}

// Names of a client's models may be long.
void append_passage(std::string& line, const relay::Context& context) {
  constexpr std::size_t max_model = 200;
  const relay::Passage& passage = *context.passage;
  const auto& attempts = context.outcome.attempts;
  line.append(" passthrough=").append(to_string(passage.group)).append(" provider=");
  telemetry::append_field(line, attempts.empty() ? "-" : attempts.back().provider);
  line.append(" model=");
  telemetry::append_field(line, passage.model.empty() ? "-" : clip_utf8(passage.model, max_model));
  append_count(line, " attempts=", attempts.size());
  append_count(line, " bytes_in=", context.exchange.body_taken());
  append_count(line, " bytes_out=", context.exchange.sent_bytes());
}

double unix_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// How hard a request is decides who is asked; but for embeddings, which only the model that was named can make.
Result<routing::Plan> plan_of(relay::Context& context, const routing::Input& input) {
  if (context.client.operation() == dialect::Operation::embeddings) {
    context.verdict.source = intent::Source::pinned;
    context.verdict.reason = "embeddings are of the model that the client named";
    return routing::embeddings_plan(*context.request, input);
  }
  context.verdict = intent::classify(*context.request, context.body, *context.config);
  return routing::plan(context.verdict, *context.request, input);
}

}  // namespace

// The key is checked before the body is read: a stranger costs no memory.
Result<void> ShardService::admit(relay::Context& context, bool is_admitted) const {
  Result<access::Caller> caller = authenticate(context.exchange);
  if (!caller) return caller.error();
  context.caller = std::move(*caller);
  if (is_admitted) return {};
  return gateway_error(
      Errc::overloaded,
      "The gateway answers as many requests as it may (limits.in_flight, " +
          std::to_string(context.config->limits.in_flight) + "); try again."
  );
}

net::Task<Result<void>> ShardService::prepare(relay::Context& context, bool is_admitted) {
  http::Exchange& exchange = context.exchange;
  if (const Result<void> admitted = admit(context, is_admitted); !admitted) co_return admitted.error();
  const Result<std::string_view> body = co_await exchange.read_body();
  if (!body) co_return body.error();
  context.body = *body;
  metrics_.bytes_received.fetch_add(body->size(), std::memory_order_relaxed);

  Result<chat::ChatRequest> request = context.client.read(context.body);
  if (!request) co_return request.error();
  context.request = std::make_unique<const chat::ChatRequest>(std::move(*request));
  context.is_stream = context.request->stream;

  context.affinity = exchange.head().headers.find("x-smartroute-affinity");
  Result<routing::Plan> plan = plan_of(context, relay::planning(context, runtime_.routing, random_));
  if (!plan) co_return plan.error();
  context.plan = std::move(*plan);
  context.forwarded = relay::forwarded(exchange.head().headers);
  exchange.release_head();
  co_return Result<void>{};
}

net::Task<void> ShardService::refuse_chat(relay::Context& context, Error error) {
  http::Exchange& exchange = context.exchange;
  const int status = http::status_of(error);
  exchange.header("x-smartroute-request-id", context.id.text());
  if (status == 401) exchange.header("WWW-Authenticate", "Bearer");
  if (status == 503) exchange.header("Retry-After", "1");
  const std::string body = context.client.error_body(error, status);
  context.outcome.error = std::move(error);
  if (!exchange.client_gone()) (void)co_await exchange.reply(status, "application/json", body);
}

net::Task<void> ShardService::relay_chat(relay::Context& context, net::Cancel& cancel) {
  const net::Connection::OnHangup watch(context.exchange.connection(), cancel_request, &cancel);
  const InFlight counted(context.is_stream ? &metrics_.streams : nullptr);
  co_await relay::run(
      context, relay::Services{pool_, metrics_, runtime_.routing, budget_, queue_, random_, runtime_.descriptions}
  );
}

// Its frame lives as long as the longest stream: what only the beginning needs has frames of its own.
net::Task<void> ShardService::answer_chat(http::Exchange& exchange, const dialect::Client& client) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const Admission admission(runtime_.chats, config_->limits.in_flight);
  net::Cancel cancel;
  relay::Context context{
      exchange, config_, catalog_, ids_.next(std::chrono::duration_cast<Millis>(now).count()), cancel, client};
  const Result<void> prepared = co_await prepare(context, admission.is_in());
  net::Task<void> rest = prepared ? relay_chat(context, cancel) : refuse_chat(context, prepared.error());
  co_await rest;
  record(context);
}

void ShardService::record(const relay::Context& context) {
  const http::Exchange& exchange = context.exchange;
  const relay::Outcome& outcome = context.outcome;
  telemetry::RequestSample sample;
  sample.route = route_of(context);
  const bool routed = !context.plan.candidates.empty() && !context.passage;
  if (routed && context.plan.has_tier) sample.tier = config::to_string(outcome.tier);
  sample.status = static_cast<std::uint16_t>(exchange.status());
  if (outcome.error) sample.error = outcome.error->code;
  sample.stream = context.is_stream;
  sample.duration = Clock::now() - exchange.received();
  if (outcome.first_content != TimePoint{}) sample.first_content = outcome.first_content - exchange.received();
  sample.own = sample.duration - outcome.upstream_wait;
  if (outcome.usage) {
    sample.prompt_tokens = outcome.usage->prompt;
    sample.completion_tokens = outcome.usage->completion;
  }
  metrics_.request(sample);
  metrics_.bytes_sent.fetch_add(exchange.sent_bytes(), std::memory_order_relaxed);

  if (!telemetry::log_enabled(telemetry::Level::info)) return;
  std::string& line = shard_.out();
  line.assign("id=").append(context.id.text());
  append_count(line, " status=", sample.status);
  if (routed) {
    if (context.client.operation() != dialect::Operation::chat) {
      line.append(" route=").append(to_string(sample.route));
    }
    line.append(" tier=")
        .append(sample.tier.empty() ? std::string_view("-") : sample.tier)
        .append(" by=")
        .append(intent::to_string(context.verdict.source));
    line.append(" model=");
    telemetry::append_field(line, outcome.model.empty() ? "-" : outcome.model);
    append_count(line, " attempts=", outcome.attempts.size());
    line.append(context.is_stream ? " stream=1" : " stream=0");
  }
  if (context.passage) append_passage(line, context);
  append_ms(line, " ms=", sample.duration);
  append_ms(line, " own_ms=", sample.own);
  if (sample.first_content.count() != 0) append_ms(line, " ttft_ms=", sample.first_content);
  if (outcome.usage) {
    append_count(line, " tokens=", outcome.usage->prompt);
    append_count(line, "+", outcome.usage->completion);
  }
  append_inner(line, outcome);
  line.append(" key=").append(context.caller.key_id.empty() ? std::string_view("-") : context.caller.key_id);
  if (outcome.error) line.append(" error=").append(to_string(outcome.error->code));
  if (telemetry::log_enabled(telemetry::Level::debug)) {
    const double received = unix_now() - std::chrono::duration<double>(sample.duration).count();
    line.append(" trace=");
    telemetry::append_field(
        line, relay::trace_json(relay::trace(outcome, exchange.received(), Clock::now()), received)
    );
  }
  if (const std::string why = relay::reasons(outcome); !why.empty()) {
    line.append(" why=");
    telemetry::append_field(line, clip_utf8(why, max_logged_reasons));
  }
  lines_.add(line);
  if (flush_.due() == far_future) flush_.at(Clock::now() + Millis{200});
}

}  // namespace gw::app
