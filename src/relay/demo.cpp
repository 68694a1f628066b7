#include "relay/demo.hpp"

#include "dialect/demo/demo.hpp"
#include "net/wakeup.hpp"
#include "relay/translation.hpp"

namespace gw::relay {
namespace {

// Short enough that a cancellation may wait for its end.
net::Task<bool> pause(Context& context, Millis length) {
  net::Wakeup done;
  net::Shard& shard = context.exchange.shard();
  net::Deadline timer(
      shard.timers(), [](void* wakeup) { static_cast<net::Wakeup*>(wakeup)->set(); }, &done
  );
  timer.at(Clock::now() + length);
  co_await done;
  co_return context.cancel.reason() == net::Stop::none;
}

// The demo's words, which are chat completions, in the client's dialect.
class Words {
 public:
  Words(const Context& context, const routing::Candidate& candidate)
      : dialect_(*dialect::for_protocol(config::Protocol::openai)), provider_(*candidate.provider) {
    if (!speaks_alike(context, provider_)) translation_.emplace(context, candidate).begin_answer();
    if (context.is_stream) meanings_ = dialect_.stream(provider_);
  }

  [[nodiscard]] std::string_view event(std::string_view raw) {
    if (!translation_) return raw;
    http::SseEvent event;
    events_.feed(raw);
    for (Result<bool> more = events_.next(event); more && *more; more = events_.next(event)) {
      (void)meanings_->read(event, translation_->sink());
    }
    said_.clear();
    translation_->said(said_);
    return said_;
  }

  [[nodiscard]] std::string_view end() {
    said_.clear();
    if (!translation_) return said_;
    translation_->end();
    translation_->said(said_);
    std::string more;
    while (translation_->more(more)) said_.append(more);
    return said_;
  }

  [[nodiscard]] std::string_view whole(std::string_view body, std::optional<dialect::Usage>& usage) {
    const auto facts = dialect_.reply(provider_, body, translation_ ? translation_->sink() : nullptr);
    if (facts) usage = facts->usage;
    return translation_ ? end() : body;
  }

 private:
  const dialect::Dialect& dialect_;
  const config::Provider& provider_;
  std::optional<Translation> translation_;
  std::unique_ptr<dialect::ReplyStream> meanings_;
  std::string said_;
  http::SseSplitter events_{std::size_t{1024} * 1024};
};

}  // namespace

net::Task<std::optional<Error>> run_demo(Context& context, const routing::Candidate& candidate, ClientReply& reply) {
  namespace demo = dialect::demo;
  const Context::Wording wording = context.wording(candidate);
  const demo::Input input{wording.request, wording.body, context.verdict, candidate, context.id.text(), unix_seconds()};
  reply.describe(candidate);
  if (!context.is_stream) {
    const std::string body = demo::completion(input);
    Words words(context, candidate);
    const std::string_view said = words.whole(body, context.outcome.usage);
    reply.commit();
    context.release_request();
    const bool sent = co_await reply.send_plain("application/json", said);
    if (sent) co_return std::nullopt;
    co_return client_error(Errc::client_gone, "the client closed the connection");
  }
  const std::vector<std::string> events = demo::stream(input);
  Words words(context, candidate);
  reply.commit();
  context.release_request();
  for (const std::string& event : events) {
    const bool written = co_await reply.write_events(words.event(event));
    if (!written) co_return client_error(Errc::client_gone, "the client closed the connection");
    const bool goes_on = co_await pause(context, Millis{demo::pace_ms});
    if (!goes_on) co_return client_error(Errc::client_gone, "the client closed the connection");
  }
  const std::string_view last = words.end();
  if (!last.empty()) (void)co_await reply.write_events(last);
  const bool ended = co_await reply.end();
  if (ended) co_return std::nullopt;
  co_return client_error(Errc::client_gone, "the client closed the connection");
}

}  // namespace gw::relay
