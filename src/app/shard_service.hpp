// One shard's application: routes a request to its handler, owns the shard's pool and counters. One thread.
#pragma once

#include "app/runtime.hpp"
#include "base/id.hpp"
#include "config/config.hpp"
#include "http/session.hpp"
#include "relay/passthrough_plan.hpp"
#include "relay/relay.hpp"
#include "telemetry/log.hpp"
#include "upstream/pool.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace gw::app {

/// A configuration with what is compiled from it.
struct Published {
  config::Snapshot config;
  std::shared_ptr<const routing::Catalog> catalog;
};

// One more of what a gauge counts, for a scope; also when an exception ends it.
class InFlight {
 public:
  /// Null counts nothing.
  explicit InFlight(std::atomic<std::int64_t>* gauge) : gauge_(gauge) {
    if (gauge_ != nullptr) gauge_->fetch_add(1, std::memory_order_relaxed);
  }

  ~InFlight() {
    if (gauge_ != nullptr) gauge_->fetch_sub(1, std::memory_order_relaxed);
  }

  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;

 private:
  std::atomic<std::int64_t>* gauge_;
};

// One of `limits.in_flight`, for a scope.
class Admission {
 public:
  Admission(std::atomic<std::size_t>& chats, std::size_t most) noexcept
      : chats_(chats), is_in_(chats.fetch_add(1, std::memory_order_relaxed) < most) {}

  ~Admission() { chats_.fetch_sub(1, std::memory_order_relaxed); }

  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;

  [[nodiscard]] bool is_in() const noexcept { return is_in_; }

 private:
  std::atomic<std::size_t>& chats_;
  bool is_in_;
};

class ShardService final : public http::Service {
 public:
  /// `seed` is of the shard's chance.
  ShardService(
      net::Shard& shard, Runtime& runtime, upstream::ConnectServices connect, Published published, std::uint64_t seed
  );

  /// A new client; on the shard's thread. Ends with the connection; `ended` is called then.
  void accept(std::unique_ptr<net::Connection> connection, std::shared_ptr<SSL_CTX> tls, std::function<void()> ended);

  /// Installs a configuration; on the shard's thread. Requests under way keep theirs.
  void publish(Published published);

  void close_idle() { sessions_.close_idle(); }

  /// Hands over the request lines collected so far; on the shard's thread, on a tick and at the end.
  void flush();

  [[nodiscard]] net::Shard& shard() noexcept { return shard_; }

  // http::Service
  [[nodiscard]] http::ServerLimits limits() const override;
  net::Task<void> handle(http::Exchange& exchange) override;
  void escaped(const std::exception_ptr& exception) noexcept override;
  [[nodiscard]] std::string refusal(const Error& error, int status) override;

  [[nodiscard]] bool draining() const noexcept override { return runtime_.draining.load(std::memory_order_relaxed); }

  [[nodiscard]] bool closing() const noexcept override { return runtime_.closing.load(std::memory_order_relaxed); }

 private:
  net::Task<void> session(
      std::unique_ptr<net::Connection> connection, std::shared_ptr<SSL_CTX> tls, std::function<void()> ended
  );

  net::Task<void> route(http::Exchange& exchange);
  net::Task<void> route_v1(http::Exchange& exchange);
  net::Task<void> answer_chat(http::Exchange& exchange, const dialect::Client& client);
  net::Task<void> refuse_chat(relay::Context& context, Error error);
  net::Task<void> relay_chat(relay::Context& context, net::Cancel& cancel);
  net::Task<void> answer_passthrough(http::Exchange& exchange, relay::PassthroughPath path);
  net::Task<void> refuse_models(http::Exchange& exchange, Error error, bool is_anthropic);
  net::Task<void> answer_models(http::Exchange& exchange, std::string_view id);
  net::Task<void> answer_alive(http::Exchange& exchange);
  net::Task<void> answer_ready(http::Exchange& exchange);
  net::Task<void> answer_metrics(http::Exchange& exchange);
  net::Task<void> answer_status(http::Exchange& exchange);
  net::Task<void> answer_health(http::Exchange& exchange, bool of_models);
  net::Task<void> answer_asset(http::Exchange& exchange);
  net::Task<void> answer_preflight(http::Exchange& exchange, std::string_view allow);
  net::Task<void> refuse(http::Exchange& exchange, Error error);
  net::Task<void> not_allowed(http::Exchange& exchange, std::string_view allow);

  /// The stages of a chat request up to its plan. An error is the client's, or no_route.
  net::Task<Result<void>> prepare(relay::Context& context, bool is_admitted);
  /// The same of a request that is passed through; most of its body is still to come then.
  net::Task<Result<void>> prepare_passthrough(relay::Context& context, bool is_admitted);
  /// Who calls, and that there is room: both before anything of the body is read.
  [[nodiscard]] Result<void> admit(relay::Context& context, bool is_admitted) const;
  [[nodiscard]] Result<access::Caller> authenticate(http::Exchange& exchange) const;
  [[nodiscard]] std::optional<Error> may_look(http::Exchange& exchange) const;
  void add_cors(http::Exchange& exchange) const;
  void record(const relay::Context& context);
  void record_simple(const http::Exchange& exchange, telemetry::Route route);

  net::Shard& shard_;
  Runtime& runtime_;
  config::Snapshot config_;
  std::shared_ptr<const routing::Catalog> catalog_;  // of config_
  upstream::Pool pool_;
  telemetry::ShardMetrics& metrics_;
  Random random_;
  relay::RepeatBudget budget_;
  relay::Queue queue_;
  RequestIdSource ids_;
  http::Sessions sessions_;
  telemetry::RequestLines lines_;
  net::Deadline flush_;
};

}  // namespace gw::app
