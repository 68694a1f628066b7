#include "base/text.hpp"
#include "config/json.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace gw::config {
namespace {

constexpr std::int64_t mib = std::int64_t{1024} * 1024;

bool is_file(const std::string& path) {
  std::error_code ec;  // a name that is too long, a folder that may not be entered
  return std::filesystem::is_regular_file(path, ec);
}

template <class T, class Read>
void read_per_tier(const Section& section, PerTier<T>& out, Read read) {
  for (const Tier tier : tiers) read(section, to_string(tier), out[tier]);
  section.warn_unknown({"t1", "t2", "t3"});
}

// --- Secrets ---------------------------------------------------------------------------------------------------------

// What a secret's setting says: itself, or where it is. Nullopt after a problem.
std::optional<std::string> resolved(const std::string& text, const SecretSource& secrets, std::string& problem) {
  const std::string_view view = text;
  std::optional<std::string> value;
  if (view.starts_with("env:")) {
    value = secrets.env(view.substr(4));
    if (!value) problem = "names the environment variable " + text.substr(4) + ", which is not set";
  } else if (view.starts_with("file:")) {
    value = secrets.file(view.substr(5));
    if (!value) problem = "names " + text.substr(5) + ", which is no file that can be read";
  } else {
    return text;
  }
  if (!value) return std::nullopt;
  while (!value->empty() && (value->back() == '\n' || value->back() == '\r' || value->back() == ' ')) value->pop_back();
  // An empty gateway key opens the gateway: never by accident.
  if (value->empty()) problem = "names " + text + ", which is empty; for no key write \"\" here";
  return value;
}

Secret read_secret(const Section& section, std::string_view key, const SecretSource& secrets) {
  std::string text;
  section.read(key, text);
  std::string problem;
  std::optional<std::string> value = resolved(text, secrets, problem);
  // It goes into a header line.
  const bool is_line = !value || std::none_of(value->begin(), value->end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
  if (problem.empty() && !is_line) problem = "must be one line without control characters";
  if (!problem.empty()) {
    section.findings().problem(section.path_of(key), problem);
    return {};
  }
  return Secret(std::move(*value));
}

// --- Providers -------------------------------------------------------------------------------------------------------

bool is_url(std::string_view url, bool user_info_allowed) {
  std::size_t scheme = 0;
  if (iequals(url.substr(0, 7), "http://")) scheme = 7;
  if (iequals(url.substr(0, 8), "https://")) scheme = 8;
  if (scheme == 0) return false;
  std::string_view rest = url.substr(scheme);
  for (const char c : rest) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '?' || c == '#') return false;
  }
  std::string_view authority = rest.substr(0, rest.find('/'));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    if (!user_info_allowed) return false;
    authority.remove_prefix(at + 1);
  }
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos || close < 3) return false;
    port = authority.substr(close + 1);
  } else {
    const std::size_t colon = authority.find(':');
    if (colon == 0 || authority.empty()) return false;
    port = colon == std::string_view::npos ? std::string_view{} : authority.substr(colon);
  }
  if (port.empty()) return true;
  const auto number = parse_u64(port.substr(1));
  return port.front() == ':' && number && *number >= 1 && *number <= 65535;
}

Protocol read_protocol(const Section& section) {
  std::string name = "openai";
  section.read("protocol", name);
  for (const Protocol protocol : {Protocol::openai, Protocol::v1_messages, Protocol::v1_response, Protocol::demo}) {
    if (name == to_string(protocol)) return protocol;
  }
  section.findings().problem(
      section.path_of("protocol"), "is \"" + name + "\"; use openai, v1-messages, v1-response or demo"
  );
  return Protocol::openai;
}

void read_headers(const Section& section, Provider& provider) {
  const Section headers = section.section("headers");
  if (!headers.exists()) return;
  constexpr std::string_view forbidden[] = {
      "host", "content-length", "transfer-encoding", "connection", "content-type"};
  for (const auto& [name, value] : headers.json()->items()) {
    constexpr std::string_view token = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz";
    const std::string lower = to_lower(name);
    if (lower.empty() || lower.find_first_not_of(token) != std::string::npos) {
      section.findings().problem(headers.path_of(name), "is not a header name");
    } else if (std::find(std::begin(forbidden), std::end(forbidden), lower) != std::end(forbidden)) {
      section.findings().problem(headers.path_of(name), "is set by the gateway itself; remove it here");
    } else if (!value.is_string() || value.get<std::string>().find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
      section.findings().problem(headers.path_of(name), "must be one line of text");
    } else {
      provider.headers.emplace_back(name, value.get<std::string>());
    }
  }
}

std::shared_ptr<const Provider> read_provider(const Section& section, std::string id, const SecretSource& secrets) {
  auto provider = std::make_shared<Provider>();
  provider->id = std::move(id);
  provider->protocol = read_protocol(section);
  if (provider->id == "upstream") provider->base_url = "https://api.openai.com/v1";
  section.read("base_url", provider->base_url);
  while (!provider->base_url.empty() && provider->base_url.back() == '/') provider->base_url.pop_back();
  if (provider->protocol != Protocol::demo && !is_url(provider->base_url, false)) {
    section.findings().problem(
        section.path_of("base_url"),
        provider->base_url.empty()
            ? "is missing; give the provider's API root, e.g. https://api.openai.com/v1"
            : "is not a usable URL; it must be http:// or https:// with a host, without user name, '?' and '#'"
    );
  }
  provider->api_key = read_secret(section, "api_key", secrets);
  section.read("verify_ssl", provider->verify_ssl);
  section.read("ca_file", provider->ca_file);
  if (!provider->ca_file.empty() && !is_file(provider->ca_file)) {
    section.findings().problem(section.path_of("ca_file"), "is no file that can be read: " + provider->ca_file);
  }
  section.read("proxy", provider->proxy);
  if (!provider->proxy.empty() && (!is_url(provider->proxy, true) || iequals(provider->proxy.substr(0, 6), "https:"))) {
    section.findings().problem(section.path_of("proxy"), "must be http://[user:password@]host:port");
  }
  read_headers(section, *provider);
  std::string usage = "inject";
  section.read("stream_usage", usage);
  if (usage != "inject" && usage != "as_is") {
    section.findings().problem(section.path_of("stream_usage"), "must be inject or as_is");
  }
  provider->stream_usage = usage == "as_is" ? StreamUsage::as_is : StreamUsage::inject;
  read_error_map(section, *provider);
  section.warn_unknown(
      {"base_url",
       "api_key",
       "protocol",
       "verify_ssl",
       "ca_file",
       "proxy",
       "headers",
       "stream_usage",
       "vendor",
       "error_map"}
  );
  if (provider->protocol == Protocol::v1_messages || provider->protocol == Protocol::v1_response) {
    section.findings().warning(
        section.path_of("protocol"),
        std::string(to_string(provider->protocol)) +
            " is not spoken by this release yet; the provider's models are left out"
    );
  }
  return provider;
}

void read_providers(const Section& root, const SecretSource& secrets, Config& config) {
  const Section section = root.section("providers");
  config.providers.by_id["upstream"] = read_provider(section.section("upstream"), "upstream", secrets);
  const Section custom = section.section("custom");
  if (custom.exists()) {
    for (const auto& [id, value] : custom.json()->items()) {
      if (id == "upstream" || id.empty() || id.find('/') != std::string::npos) {
        root.findings().problem(
            custom.path_of(id), "is not usable as a provider id: no \"upstream\", no '/', not empty"
        );
        continue;
      }
      config.providers.by_id[id] = read_provider(custom.section(id), id, secrets);
    }
  }
  const Section map = section.section("map");
  if (map.exists()) {
    for (const auto& [model, value] : map.json()->items()) {
      std::string id;
      map.read(model, id);
      if (config.providers.by_id.contains(id)) {
        config.providers.model_map[model] = id;
      } else {
        root.findings().problem(map.path_of(model), "names the provider \"" + id + "\", which does not exist");
      }
    }
  }
  section.warn_unknown(
      {"upstream", "custom", "map", "image_description", "image_description_prompt", "image_description_cache_ttl"}
  );
}

// --- Models ----------------------------------------------------------------------------------------------------------

void read_entry(const Section& section, const Config& config, std::vector<ModelEntry>& out) {
  ModelEntry entry;
  section.read("model", entry.model);
  section.read("provider", entry.provider);
  section.read("multimodal", entry.multimodal);
  section.read("weight", entry.weight, -1e9, 1e9);
  entry.weight = std::clamp(entry.weight, 0.0, 1.0);
  section.warn_unknown({"model", "provider", "multimodal", "weight"});
  if (entry.model.empty()) {
    section.findings().problem(section.path_of("model"), "is missing: the name by which the provider knows the model");
  }
  if (!config.providers.by_id.contains(entry.provider)) {
    std::string known;
    for (const auto& [id, provider] : config.providers.by_id) known += (known.empty() ? "" : ", ") + id;
    section.findings().problem(
        section.path_of("provider"), "is \"" + entry.provider + "\", which is not configured; known are: " + known
    );
  }
  out.push_back(std::move(entry));
}

void read_entries(const Section& models, Tier tier, const Config& config, std::vector<ModelEntry>& out) {
  const Json* const list = models.find(to_string(tier));
  if (list == nullptr || list->is_null()) return;
  const std::string path = models.path_of(to_string(tier));
  if (!list->is_array()) {
    models.findings().problem(path, "must be a list of models");
    return;
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string at = path + "[" + std::to_string(i) + "]";
    const Json& item = (*list)[i];
    if (item.is_string()) {
      // Also today: a hand may write a name only. The same rule as for originals.
      Json wrapped = Json::object();
      const auto text = item.get<std::string>();
      const std::size_t slash = text.find('/');
      const bool split = slash != std::string::npos && config.providers.by_id.contains(text.substr(0, slash));
      wrapped["model"] = split ? text.substr(slash + 1) : text;
      wrapped["provider"] = split ? text.substr(0, slash) : "upstream";
      read_entry(Section(&wrapped, at, models.findings()), config, out);
    } else if (item.is_object()) {
      read_entry(Section(&item, at, models.findings()), config, out);
    } else {
      models.findings().problem(at, "must be an object {\"model\": ..., \"provider\": ...}");
    }
  }
}

void read_models(const Section& root, Config& config) {
  const Section section = root.section("models");
  std::size_t count = 0;
  for (const Tier tier : tiers) {
    read_entries(section, tier, config, config.models.entries[tier]);
    count += config.models.entries[tier].size();
  }
  if (count == 0) {
    root.findings().problem("models", "has no model in any tier; add one to t1, t2 or t3");
  }
  read_per_tier(
      section.section("strategies"),
      config.models.strategies,
      [&](const Section& s, std::string_view key, Strategy& out) {
        std::string name(to_string(out));
        s.read(key, name);
        for (const Strategy strategy : {Strategy::sequential, Strategy::random, Strategy::adaptive}) {
          if (name == to_string(strategy)) {
            out = strategy;
            return;
          }
        }
        s.findings().problem(s.path_of(key), "must be sequential, random or adaptive");
      }
  );
  section.warn_unknown({"t1", "t2", "t3", "strategies"});
}

// --- Timeouts, retries -----------------------------------------------------------------------------------------------

void read_timeouts(const Section& root, Config& config) {
  const Section section = root.section("timeouts");
  const auto read_ms = [](const Section& s, std::string_view key, Millis& out) { s.read(key, out, 1); };
  read_per_tier(section.section("connect"), config.timeouts.connect, read_ms);
  read_per_tier(section.section("generation"), config.timeouts.generation, read_ms);
  section.read("idle", config.timeouts.idle, 1);
  section.warn_unknown({"connect", "generation", "idle"});
}

void read_retries(const Section& root, Config& config) {
  const Section section = root.section("retries");
  const auto read_int = [](const Section& s, std::string_view key, int& out) { s.read_count(key, out, 0, 1000); };
  read_per_tier(section.section("rounds"), config.retries.rounds, read_int);
  read_per_tier(section.section("max_retries"), config.retries.max_retries, read_int);
  const Section conditions = section.section("conditions");
  RetryConditions& out = config.retries.conditions;
  if (const Json* const codes = conditions.find("status_codes"); codes != nullptr && !codes->is_null()) {
    std::vector<int> values;
    bool good = codes->is_array();
    for (std::size_t i = 0; good && i < codes->size(); ++i) {
      const Json wrapped{{"code", (*codes)[i]}};
      int code = -1;
      Findings inner;
      Section(&wrapped, "", inner).read_count("code", code, 100, 599);
      good = inner.problems.empty() && code > 0;
      values.push_back(code);
    }
    if (good) {
      out.status_codes = std::move(values);
    } else {
      root.findings().problem(conditions.path_of("status_codes"), "must be a list of HTTP statuses from 100 to 599");
    }
  }
  if (conditions.read("error_keywords", out.error_keywords)) {
    std::erase_if(out.error_keywords, [](const std::string& keyword) { return keyword.empty(); });
    for (std::string& keyword : out.error_keywords) keyword = to_lower(keyword);
  }
  conditions.read("retry_on_empty", out.retry_on_empty);
  conditions.read_count("keyword_max_chars", out.keyword_max_chars, 0, 100000);
  conditions.warn_unknown({"status_codes", "error_keywords", "retry_on_empty", "keyword_max_chars"});
  section.warn_unknown({"rounds", "max_retries", "conditions"});
}

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
       "write_timeout"}
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
  read_timeouts(root, config);
  read_retries(root, config);
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
