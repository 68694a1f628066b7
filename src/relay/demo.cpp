#include "relay/demo.hpp"

#include "dialect/demo/demo.hpp"
#include "net/wakeup.hpp"

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

}  // namespace

net::Task<std::optional<Error>> run_demo(Context& context, const routing::Candidate& candidate, ClientReply& reply) {
  namespace demo = dialect::demo;
  const demo::Input input{
      *context.request, context.body, context.verdict, candidate, context.id.text(), unix_seconds()};
  reply.describe(candidate);
  if (!context.is_stream) {
    const std::string body = demo::completion(input);
    const Result<dialect::ReplyFacts> facts =
        dialect::for_protocol(config::Protocol::openai)->reply(*candidate.provider, body);
    if (facts) context.outcome.usage = facts->usage;
    reply.commit();
    context.release_request();
    const bool sent = co_await reply.send_plain("application/json", body);
    if (sent) co_return std::nullopt;
    co_return client_error(Errc::client_gone, "the client closed the connection");
  }
  const std::vector<std::string> events = demo::stream(input);
  reply.commit();
  context.release_request();
  for (const std::string& event : events) {
    const bool written = co_await reply.write_events(event);
    if (!written) co_return client_error(Errc::client_gone, "the client closed the connection");
    const bool goes_on = co_await pause(context, Millis{demo::pace_ms});
    if (!goes_on) co_return client_error(Errc::client_gone, "the client closed the connection");
  }
  const bool ended = co_await reply.end();
  if (ended) co_return std::nullopt;
  co_return client_error(Errc::client_gone, "the client closed the connection");
}

}  // namespace gw::relay
