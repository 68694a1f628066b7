#include "base/text.hpp"
#include "config/json.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace gw::config {
namespace {

constexpr std::int64_t mib = std::int64_t{1024} * 1024;

// --- The gateway itself ----------------------------------------------------------------------------------------------

void read_general(const Section& root, const SecretSource& secrets, Config& config) {
  const Section section = root.section("general");
  section.read_count("log_retention_days", config.general.log_retention_days, 0, 36500);
  config.general.gateway_api_key = read_secret(section, "gateway_api_key", secrets);
  section.read("open_to_public", config.general.open_to_public);
  section.read("ignore_requested_model", config.general.ignore_requested_model);
  section.warn_unknown({"log_retention_days", "gateway_api_key", "open_to_public", "ignore_requested_model"});
  const std::size_t length = config.general.gateway_api_key.reveal().size();
  if (length == 0) {
    root.findings().warning("general.gateway_api_key", "is empty: the gateway answers without a key");
  } else if (length < 16) {
    root.findings().warning("general.gateway_api_key", "is short; 16 characters or more are hard to guess");
  }
}

void read_router(const Section& root, Config& config) {
  const Section section = root.section("router");
  std::string mode(to_string(config.router.mode));
  section.read("mode", mode);
  bool known = false;
  for (const RouterMode one :
       {RouterMode::automatic, RouterMode::keyword, RouterMode::local, RouterMode::llm, RouterMode::fixed}) {
    if (mode != to_string(one)) continue;
    config.router.mode = one;
    known = true;
  }
  if (!known) root.findings().problem(section.path_of("mode"), "must be auto, keyword, local, llm or fixed");
  std::string tier(to_string(config.router.default_tier));
  section.read("default_tier", tier);
  if (const auto found = tier_from(tier)) {
    config.router.default_tier = *found;
  } else {
    root.findings().problem(section.path_of("default_tier"), "must be t1, t2 or t3");
  }
  section.warn_unknown(
      {"mode", "default_tier", "enabled", "model", "base_url", "api_key", "verify_ssl", "prompt_template"}
  );
}

void read_server(const Section& root, Config& config) {
  const Section section = root.section("server");
  section.read("bind", config.server.bind);
  if (!is_listen_address(config.server.bind)) {
    root.findings().problem(
        section.path_of("bind"),
        "is \"" + config.server.bind +
            "\", which is no address; use 0.0.0.0 (every network), 127.0.0.1 (this machine only), :: (IPv6 too) or one "
            "of "
            "this machine's own"
    );
  }
  section.read_count("port", config.server.port, 0, 65535);
  section.read_count("shards", config.server.shards, 0, 256);
  section.read("drain_delay", config.server.drain_delay);
  section.read("grace", config.server.grace);
  const Section tls = section.section("tls");
  tls.read("cert", config.server.tls.cert_file);
  tls.read("key", config.server.tls.key_file);
  if (config.server.tls.cert_file.empty() != config.server.tls.key_file.empty()) {
    root.findings().problem("server.tls", "needs both cert and key, or neither");
  }
  const std::pair<const char*, const std::string*> files[] = {
      {"cert", &config.server.tls.cert_file}, {"key", &config.server.tls.key_file}};
  for (const auto& [name, file] : files) {
    if (!file->empty() && !is_file(*file)) {
      root.findings().problem(tls.path_of(name), "is no file that can be read: " + *file);
    }
  }
  tls.warn_unknown({"cert", "key"});
  section.warn_unknown({"bind", "port", "shards", "drain_delay", "grace", "tls"});
}

void read_limits(const Section& root, Config& config) {
  const Section section = root.section("limits");
  Limits& out = config.limits;
  section.read_count("head_bytes", out.head_bytes, 1024, mib);
  section.read_count("header_count", out.header_count, 8, 128);
  section.read_count("body_bytes", out.body_bytes, 1024, 1024 * mib);
  section.read_count("connections", out.connections, 1, 1000000);
  section.read_count("event_bytes", out.event_bytes, 4096, 256 * mib);
  section.read("head_timeout", out.head_timeout, 1);
  section.read("body_timeout", out.body_timeout, 1);
  section.read_count("body_min_rate", out.body_min_rate, 0, mib);
  section.read("idle_timeout", out.idle_timeout, 1);
  section.read("write_timeout", out.write_timeout, 1);
  section.read_count("in_flight", out.in_flight, 1, 1000000);
  section.read_count("queue", out.queue, 0, 1000000);
  section.read("queue_ms", out.queue_ms, 0, 600'000);
  section.warn_unknown(
      {"head_bytes",
       "header_count",
       "body_bytes",
       "connections",
       "event_bytes",
       "head_timeout",
       "body_timeout",
       "body_min_rate",
       "idle_timeout",
       "write_timeout",
       "in_flight",
       "queue",
       "queue_ms"}
  );
}

void read_upstream(const Section& root, Config& config) {
  const Section section = root.section("upstream");
  section.read("pool_idle", config.upstream.pool_idle);
  section.read_count("pool_size", config.upstream.pool_size, 0, 100000);
  section.read("connect", config.upstream.connect, 1);
  section.read("dns_ttl", config.upstream.dns_ttl);
  section.read("dns_stale", config.upstream.dns_stale);
  section.warn_unknown({"pool_idle", "pool_size", "connect", "dns_ttl", "dns_stale"});
}

void read_stream_and_cors(const Section& root, Config& config) {
  const Section stream = root.section("stream");
  stream.read("hold", config.stream.hold, 1);
  stream.read("heartbeat", config.stream.heartbeat, 1);
  stream.warn_unknown({"hold", "heartbeat"});
  const Section cors = root.section("cors");
  std::vector<std::string> origins;
  if (cors.read("origins", origins)) config.cors.origins = std::move(origins);
  cors.warn_unknown({"origins"});
}

}  // namespace

bool is_listen_address(std::string_view text) {
  const std::string address(text.substr(0, text.find('%')));  // a zone id says which link
  std::array<unsigned char, 16> bytes{};
  return ::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1;
}

Config read_config(const Json& json, const SecretSource& secrets, Findings& findings) {
  Config config;
  const Section root(&json, "", findings);
  std::int64_t version = 1;
  root.read_integer("schema_version", 1, 1, version);
  read_general(root, secrets, config);
  read_providers(root, secrets, config);
  read_models(root, config);
  read_image_description(root, config);
  read_routing(root, config);
  read_adaptive_weights(root, config);
  read_timeouts(root, config);
  read_retries(root, config);
  read_health(root, config);
  read_params(root, config);
  read_router(root, config);
  read_server(root, config);
  read_limits(root, config);
  read_upstream(root, config);
  read_stream_and_cors(root, config);
  // Sections of the original that later releases use are known, and kept as they are.
  root.warn_unknown(
      {"schema_version",
       "general",
       "security",
       "models",
       "timeouts",
       "retries",
       "providers",
       "router",
       "routing",
       "health",
       "adaptive_weights",
       "params",
       "server",
       "limits",
       "upstream",
       "stream",
       "cors"}
  );
  return config;
}

}  // namespace gw::config
