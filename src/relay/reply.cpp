#include "relay/reply.hpp"

#include "http/session.hpp"
#include "relay/relay.hpp"
#include "relay/trace.hpp"

namespace gw::relay {
namespace {

constexpr std::string_view event_stream = "text/event-stream; charset=utf-8";
constexpr std::string_view comment = ": keep-alive\n\n";

}  // namespace

void Context::release_request() {
  body = {};
  request.reset();
  described.reset();
  exchange.release_request();
}

ClientReply::ClientReply(Context& context)
    : context_(context),
      hold_(
          context.exchange.shard().timers(), [](void* self) { static_cast<ClientReply*>(self)->heartbeat(); }, this
      ),
      last_write_(context.exchange.received()) {
  if (context.is_stream) hold_.at(last_write_ + context.config->stream.hold);
}

// Silence spends the status: 200 and a comment, then more comments, while candidates are still tried.
void ClientReply::heartbeat() {
  http::Exchange& exchange = context_.exchange;
  const TimePoint now = Clock::now();
  const Millis pause = exchange.head_sent() ? context_.config->stream.heartbeat : context_.config->stream.hold;
  if (now - last_write_ < pause) {
    hold_.at(last_write_ + pause);
    return;
  }
  if (!exchange.begun()) {
    head(200);
    exchange.begin_stream(200, event_stream);
  }
  last_write_ = now;
  hold_.at(now + context_.config->stream.heartbeat);
  exchange.shard().gate().spawn("heartbeat", exchange.comment(comment));
}

void ClientReply::describe(const routing::Candidate& candidate) {
  if (context_.exchange.begun() || described_) return;
  described_ = true;
  context_.exchange.header("x-smartroute-model", candidate.display_name);
  const Images* const images = context_.outcome.images.get();
  if (candidate.multimodal || !context_.described || images == nullptr) return;
  context_.exchange.header(
      "x-smartroute-vision",
      images->model + "; described=" + std::to_string(images->described) + "; cached=" + std::to_string(images->cached)
  );
}

void ClientReply::dropped(std::string_view members) {
  if (context_.exchange.begun() || members.empty()) return;
  context_.exchange.header("x-smartroute-dropped", members);
}

void ClientReply::head(int status) {
  http::Exchange& exchange = context_.exchange;
  exchange.header("x-smartroute-request-id", context_.id.text());
  const Outcome& outcome = context_.outcome;
  if (!context_.passage) {
    if (context_.plan.has_tier) exchange.header("x-smartroute-tier", config::to_string(outcome.tier));
    exchange.header("x-smartroute-decision", intent::decision_header(context_.verdict));
  }
  if (!outcome.attempts.empty()) {
    if (const std::string failed = failed_header(outcome); !failed.empty()) {
      exchange.header("x-smartroute-failed", failed);
    }
  }
  const bool has_one_more = status < 400 && !outcome.is_own;
  exchange.header("x-smartroute-attempts", std::to_string(outcome.attempts.size() + (has_one_more ? 1U : 0U)));
}

void ClientReply::commit() {
  committed_ = true;
  context_.outcome.first_content = Clock::now();
}

net::Task<bool> ClientReply::write_events(std::string_view bytes) {
  http::Exchange& exchange = context_.exchange;
  if (!exchange.begun()) {
    head(200);
    exchange.begin_stream(200, event_stream);
  }
  last_write_ = Clock::now();
  const bool ok = co_await exchange.write(bytes);
  co_return ok;
}

net::Task<bool> ClientReply::send_plain(std::string_view content_type, std::string_view body) {
  head(200);
  const bool ok = co_await context_.exchange.reply(200, content_type, body);
  co_return ok;
}

void ClientReply::begin_plain(std::string_view content_type, std::uint64_t length) {
  head(200);
  if (length != 0) {
    context_.exchange.begin(200, content_type, length);
  } else {
    context_.exchange.begin_stream(200, content_type);
  }
}

void ClientReply::begin_passed(
    int status, std::string_view content_type, const routing::Candidate& candidate, std::optional<std::uint64_t> length
) {
  head(status);
  context_.exchange.header("x-smartroute-provider", candidate.provider->id);
  if (length) {
    context_.exchange.begin(status, content_type, *length);
  } else {
    context_.exchange.begin_stream(status, content_type);
  }
}

net::Task<void> ClientReply::refuse(const Passage::Refusal& refusal) {
  head(refusal.status);
  (void)co_await context_.exchange.reply(refusal.status, refusal.content_type, refusal.body);
}

net::Task<bool> ClientReply::write_body(std::string_view bytes) {
  const bool ok = co_await context_.exchange.write(bytes);
  co_return ok;
}

net::Task<bool> ClientReply::end() {
  hold_.clear();
  const bool ok = co_await context_.exchange.end();
  co_return ok;
}

net::Task<void> ClientReply::fail(const Error& error) {
  hold_.clear();
  http::Exchange& exchange = context_.exchange;
  const int status = http::status_of(error);
  if (!exchange.begun()) {
    head(status);
    if (error.retry_after && (status == 429 || status == 503)) {
      exchange.header("Retry-After", std::to_string(std::chrono::ceil<Seconds>(*error.retry_after).count()));
    }
    const std::string body = context_.client.error_body(error, status);
    (void)co_await exchange.reply(status, "application/json", body);
    co_return;
  }
  if (exchange.finished()) co_return;
  if (!context_.is_stream) {  // a plain answer under way cannot carry an error: the cut tells
    exchange.abort();
    co_return;
  }
  const std::string event = context_.client.error_event(error, status);
  const bool written = co_await exchange.write(event);
  if (written) (void)co_await exchange.end();
}

}  // namespace gw::relay
