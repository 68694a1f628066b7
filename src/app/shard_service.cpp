#include "app/shard_service.hpp"

#include "app/tls_listener.hpp"
#include "http/write.hpp"

namespace gw::app {

ShardService::ShardService(
    net::Shard& shard, Runtime& runtime, upstream::ConnectServices connect, Published published, std::uint64_t seed
)
    : shard_(shard),
      runtime_(runtime),
      config_(std::move(published.config)),
      catalog_(std::move(published.catalog)),
      pool_(shard, connect),
      metrics_(runtime.metrics.shard(shard.index())),
      random_(seed),
      queue_(shard),
      flush_(
          shard.timers(), [](void* self) { static_cast<ShardService*>(self)->flush(); }, this
      ) {}

void ShardService::accept(
    std::unique_ptr<net::Connection> connection, std::shared_ptr<SSL_CTX> tls, std::function<void()> ended
) {
  metrics_.connections_accepted.fetch_add(1, std::memory_order_relaxed);
  shard_.gate().spawn("session", session(std::move(connection), std::move(tls), std::move(ended)));
}

net::Task<void> ShardService::session(
    std::unique_ptr<net::Connection> connection, std::shared_ptr<SSL_CTX> tls, std::function<void()> ended
) {
  metrics_.connections.fetch_add(1, std::memory_order_relaxed);
  bool usable = true;
  if (tls) {
    const http::Sessions::Entry waiting(sessions_, *connection);  // a stop need not wait for it
    connection->deadline(Clock::now() + config_->limits.head_timeout);
    const net::IoResult shaken =
        co_await connection->handshake(tls.get(), net::Connection::Side::server, configure_server, nullptr);
    usable = shaken.ok();
  }
  if (usable) co_await http::serve(shard_, sessions_, *this, std::move(connection));
  metrics_.connections.fetch_sub(1, std::memory_order_relaxed);
  ended();
}

void ShardService::publish(Published published) {
  config_ = std::move(published.config);
  catalog_ = std::move(published.catalog);
  pool_.configure(*config_);
}

http::ServerLimits ShardService::limits() const {
  const config::Limits& from = config_->limits;
  http::ServerLimits limits;
  limits.head = {from.head_bytes, from.header_count};
  limits.body_bytes = from.body_bytes;
  limits.head_timeout = from.head_timeout;
  limits.body_pace = {from.body_timeout, from.body_min_rate};
  limits.idle_timeout = from.idle_timeout;
  limits.write_timeout = from.write_timeout;
  return limits;
}

void ShardService::escaped(const std::exception_ptr& exception) noexcept {
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& e) {
    telemetry::log(telemetry::Level::error, "request_failed", "what=" + telemetry::field(e.what()));
  } catch (...) {
    telemetry::log(telemetry::Level::error, "request_failed", "what=unknown");
  }
}

std::string ShardService::refusal(const Error& error, int status) {
  metrics_.request(
      {telemetry::Route::other, {}, static_cast<std::uint16_t>(status), error.code, false, {}, {}, {}, 0, 0}
  );
  return relay::error_body(error, status);
}

net::Task<void> ShardService::handle(http::Exchange& exchange) {
  const InFlight counted(&metrics_.in_flight);
  co_await route(exchange);
}

void ShardService::flush() {
  lines_.flush();
  metrics_.upstream_idle.store(static_cast<std::int64_t>(pool_.counters().idle), std::memory_order_relaxed);
  metrics_.upstream_opened.store(pool_.counters().opened, std::memory_order_relaxed);
  metrics_.upstream_reused.store(pool_.counters().reused, std::memory_order_relaxed);
}

}  // namespace gw::app
