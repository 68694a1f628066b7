// Which path is answered by what. The routes that models answer are in chat_route.cpp, GET /v1/models in
// models_route.cpp.
#include "admin/assets.hpp"
#include "admin/health.hpp"
#include "admin/status.hpp"
#include "app/shard_service.hpp"
#include "base/text.hpp"
#include "dialect/client.hpp"
#include "http/write.hpp"

#include <array>

namespace gw::app {
namespace {

constexpr std::string_view json = "application/json";
constexpr std::string_view models_prefix = "/v1/models/";
constexpr std::string_view stats_models = "/api/stats/models";
constexpr std::string_view stats_providers = "/api/stats/providers";

}  // namespace

// Only chooses: the handler's task is the caller's to await, without a frame in between.
net::Task<void> ShardService::route(http::Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  const std::string_view path = head.path;
  if (path.starts_with("/v1/")) return route_v1(exchange);
  if (head.method != "GET" && head.method != "HEAD") {
    const bool known = path == "/healthz" || path == "/livez" || path == "/readyz" || path == "/metrics" ||
                       path == "/api/status" || path == stats_models || path == stats_providers || path == "/";
    if (known) return not_allowed(exchange, "GET, HEAD");
    return refuse(
        exchange, client_error(Errc::not_found, "There is no " + std::string(clip_utf8(path, 100)) + " here.")
    );
  }
  if (path == "/healthz" || path == "/livez") return answer_alive(exchange);
  if (path == "/readyz") return answer_ready(exchange);
  if (path == "/metrics") return answer_metrics(exchange);
  if (path == "/api/status") return answer_status(exchange);
  if (path == stats_models || path == stats_providers) return answer_health(exchange, path == stats_models);
  return answer_asset(exchange);
}

net::Task<void> ShardService::route_v1(http::Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  const std::string_view path = head.path;
  add_cors(exchange);
  const dialect::Client* const client = dialect::client_of_path(path);
  const bool is_model = path.starts_with(models_prefix);
  const bool is_models = path == "/v1/models" || is_model;
  std::optional<relay::PassthroughPath> passed;
  if (client == nullptr) passed = relay::passthrough_of_path(path);
  const bool is_posted = client != nullptr || passed;
  const std::string_view allow = is_posted ? "POST, OPTIONS" : "GET, HEAD, OPTIONS";
  if (!is_posted && !is_models) {
    return refuse(
        exchange,
        client_error(
            Errc::not_found,
            "There is no " + std::string(clip_utf8(path, 100)) +
                " here. This release answers POST /v1/chat/completions, /v1/completions, /v1/embeddings, /v1/messages, "
                "/v1/messages/count_tokens, /v1/responses, /v1/images/*, /v1/audio/*, /v1/moderations and /v1/rerank, "
                "GET /v1/models and GET /v1/models/{id}."
        )
    );
  }
  if (head.method == "OPTIONS") return answer_preflight(exchange, allow);
  if (client != nullptr && head.method == "POST") return answer_chat(exchange, *client);
  if (passed && head.method == "POST") return answer_passthrough(exchange, *passed);
  if (is_models && (head.method == "GET" || head.method == "HEAD")) {
    return answer_models(exchange, is_model ? path.substr(models_prefix.size()) : std::string_view{});
  }
  return not_allowed(exchange, allow);
}

net::Task<void> ShardService::answer_alive(http::Exchange& exchange) {
  (void)co_await exchange.reply(200, json, R"({"status":"ok"})");
  record_simple(exchange, telemetry::Route::health);
}

net::Task<void> ShardService::answer_preflight(http::Exchange& exchange, std::string_view allow) {
  const std::string_view wanted = exchange.head().headers.find("access-control-request-headers");
  if (access::cors(exchange.head().headers.find("origin"), *config_).allowed) {
    exchange.header("Access-Control-Allow-Methods", allow);
    if (!wanted.empty()) exchange.header("Access-Control-Allow-Headers", wanted);
    exchange.header("Access-Control-Max-Age", "600");
  }
  exchange.header("Allow", allow);
  (void)co_await exchange.reply(204, {}, {});
  record_simple(exchange, telemetry::Route::other);
}

void ShardService::add_cors(http::Exchange& exchange) const {
  const access::CorsAnswer answer = access::cors(exchange.head().headers.find("origin"), *config_);
  if (!answer.allowed) return;
  exchange.header("Access-Control-Allow-Origin", answer.allow_origin);
  if (answer.allow_origin != "*") exchange.header("Vary", "Origin");
  exchange.header(
      "Access-Control-Expose-Headers",
      "x-smartroute-request-id, x-smartroute-tier, x-smartroute-model, x-smartroute-attempts, x-smartroute-failed, "
      "x-smartroute-decision, x-smartroute-dropped, x-smartroute-token-count, x-smartroute-provider, "
      "x-smartroute-upstream-request-id, x-smartroute-vision"
  );
}

Result<access::Caller> ShardService::authenticate(http::Exchange& exchange) const {
  const http::Headers& headers = exchange.head().headers;
  return access::authenticate(
      {headers.find("authorization"), headers.find("x-api-key")}, exchange.connection().peer(), *config_
  );
}

net::Task<void> ShardService::answer_ready(http::Exchange& exchange) {
  const bool ready = !draining();
  const int status = ready ? 200 : 503;
  const std::string_view body = ready ? R"({"status":"ready"})" : R"({"status":"draining"})";
  (void)co_await exchange.reply(status, json, body);
  record_simple(exchange, telemetry::Route::health);
}

net::Task<void> ShardService::answer_metrics(http::Exchange& exchange) {
  flush();
  const std::string body = runtime_.metrics.render();
  (void)co_await exchange.reply(200, "text/plain; version=0.0.4; charset=utf-8", body);
  record_simple(exchange, telemetry::Route::metrics);
}

// Until there are users, who may look is who sits in the same network, or has the gateway key.
std::optional<Error> ShardService::may_look(http::Exchange& exchange) const {
  const Result<access::Caller> caller = authenticate(exchange);
  if (caller || access::is_private_address(exchange.connection().peer())) return std::nullopt;
  return caller.error();
}

net::Task<void> ShardService::answer_health(http::Exchange& exchange, bool of_models) {
  if (auto refused = may_look(exchange)) {
    co_await refuse(exchange, std::move(*refused));
    co_return;
  }
  const std::vector<health::Row> rows = runtime_.health.rows(config_->health, Clock::now());
  const std::string body = of_models ? admin::models_json(rows) : admin::providers_json(rows);
  exchange.header("Cache-Control", "no-store");
  (void)co_await exchange.reply(200, json, body);
  record_simple(exchange, telemetry::Route::admin);
}

net::Task<void> ShardService::answer_status(http::Exchange& exchange) {
  const std::string& peer = exchange.connection().peer();
  if (auto refused = may_look(exchange)) {
    co_await refuse(exchange, std::move(*refused));
    co_return;
  }
  admin::StatusInput input;
  input.version = version;
  input.started = runtime_.started;
  input.draining = draining();
  input.rejected = runtime_.rejected();
  input.data_dir = runtime_.data_dir.string();
  input.config_path = runtime_.config_path.string();
  input.health = runtime_.health.rows(config_->health, Clock::now());
  input.show_paths = peer == "127.0.0.1" || peer == "::1";
  const std::string body = admin::status_json(*config_, runtime_.metrics, input);
  exchange.header("Cache-Control", "no-store");
  (void)co_await exchange.reply(200, json, body);
  record_simple(exchange, telemetry::Route::admin);
}

net::Task<void> ShardService::answer_asset(http::Exchange& exchange) {
  const http::Headers& headers = exchange.head().headers;
  const std::string_view path = exchange.head().path;
  const admin::Asset* asset = admin::find_asset(path == "/" ? "/index.html" : path);
  if (asset == nullptr) {
    co_await refuse(
        exchange, client_error(Errc::not_found, "There is no " + std::string(clip_utf8(path, 100)) + " here.")
    );
    co_return;
  }
  exchange.header("ETag", asset->etag);
  exchange.header("Cache-Control", asset->is_hashed ? "public, max-age=31536000, immutable" : "no-cache");
  exchange.header("X-Content-Type-Options", "nosniff");
  exchange.header("Referrer-Policy", "no-referrer");
  exchange.header(
      "Content-Security-Policy",
      "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'; base-uri "
      "'none'"
  );
  exchange.header("Vary", "Accept-Encoding");
  if (headers.find("if-none-match") == asset->etag) {
    (void)co_await exchange.reply(304, {}, {});
  } else if (headers.find("accept-encoding").find("gzip") != std::string_view::npos && !asset->gzip.empty()) {
    exchange.header("Content-Encoding", "gzip");
    (void)co_await exchange.reply(200, asset->content_type, asset->gzip);
  } else {
    (void)co_await exchange.reply(200, asset->content_type, asset->bytes);
  }
  record_simple(exchange, telemetry::Route::admin);
}

net::Task<void> ShardService::not_allowed(http::Exchange& exchange, std::string_view allow) {
  exchange.header("Allow", allow);
  co_await refuse(
      exchange,
      client_error(
          Errc::method_not_allowed,
          "This path answers " + std::string(allow) + ", not " + std::string(clip_utf8(exchange.head().method, 20)) +
              "."
      )
  );
}

net::Task<void> ShardService::refuse(http::Exchange& exchange, Error error) {
  const int status = http::status_of(error);
  if (status == 401) exchange.header("WWW-Authenticate", "Bearer");
  const std::string body = refusal(error, status);
  (void)co_await exchange.reply(status, json, body);
}

void ShardService::record_simple(const http::Exchange& exchange, telemetry::Route route) {
  telemetry::RequestSample sample;
  sample.route = route;
  sample.status = static_cast<std::uint16_t>(exchange.status());
  sample.duration = Clock::now() - exchange.received();
  sample.own = sample.duration;
  metrics_.request(sample);
}

}  // namespace gw::app
