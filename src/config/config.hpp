// The settings, as the program uses them, and the manual of each: what it bounds, its unit, its default.
// Decides nothing; `load.hpp` reads every historical shape of config.json into this, `store.hpp` keeps the file.
// Immutable once published: a request holds the Snapshot it began with.
#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/secret.hpp"
#include "config/provider.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gw::config {

enum class Tier : std::uint8_t { t1, t2, t3 };
inline constexpr std::array<Tier, 3> tiers{Tier::t1, Tier::t2, Tier::t3};

[[nodiscard]] std::string_view to_string(Tier tier) noexcept;                 // "t1"
[[nodiscard]] std::optional<Tier> tier_from(std::string_view name) noexcept;  // "t1", "T1"

/// One value a tier, as the file's tier maps.
template <class T>
struct PerTier {
  std::array<T, 3> values{};

  T& operator[](Tier t) { return values[static_cast<std::size_t>(t)]; }

  const T& operator[](Tier t) const { return values[static_cast<std::size_t>(t)]; }

  friend bool operator==(const PerTier&, const PerTier&) = default;
};

/// A request parameter an operator set: its key and its value as JSON text, sent as written.
struct Parameter {
  std::string key;
  std::string json;

  friend bool operator==(const Parameter&, const Parameter&) = default;
};

using Parameters = std::vector<Parameter>;

struct Price {
  double input = 0;
  double output = 0;

  friend bool operator==(const Price&, const Price&) = default;
};

/// One entry of a tier's list. Id in statistics: `model`, or `provider/model` when the provider is not "upstream".
struct ModelEntry {
  std::string model;
  std::string provider = "upstream";
  bool multimodal = true;
  double weight = 0.5;
  std::uint64_t context_window = 0;  ///< tokens of prompt and answer; 0 = not known: never left out for a long prompt
  std::uint64_t max_output = 0;      ///< tokens of an answer; 0 = not known
  std::uint32_t max_concurrent = 0;  ///< requests under way at once, on all shards; 0 = any number
  /// Its own `timeouts.connect`, `.generation`, `.idle` and its own number of passes instead of `retries.rounds`.
  std::optional<Millis> connect;
  std::optional<Millis> generation;
  std::optional<Millis> idle;
  std::optional<int> rounds;
  /// Money per million tokens of prompt and of answer, in one currency for all entries; for strategy `cheapest`.
  std::optional<Price> price;

  /// The key of health statistics and of `/v1/models` (contract 1.1 "Model id").
  [[nodiscard]] std::string id() const { return provider == "upstream" ? model : provider + "/" + model; }

  friend bool operator==(const ModelEntry&, const ModelEntry&) = default;
};

enum class Strategy : std::uint8_t {
  sequential,  ///< the configured order
  random,      ///< weighted: the less used of late, the likelier first
  adaptive,    ///< by health, speed, weight and chance (contract 4.2)
  fastest,     ///< by the time to the first content
  cheapest,    ///< by price
  least_busy,  ///< the less busy of two chosen at random
};
inline constexpr std::array<Strategy, 6> strategies{
    Strategy::sequential,
    Strategy::random,
    Strategy::adaptive,
    Strategy::fastest,
    Strategy::cheapest,
    Strategy::least_busy};
[[nodiscard]] std::string_view to_string(Strategy strategy) noexcept;

struct General {
  int log_retention_days = 7;
  /// Bearer key for /v1. Empty = open, for callers on loopback and private addresses only unless `open_to_public`.
  Secret gateway_api_key;
  /// With an empty key: also answer callers on public addresses.
  bool open_to_public = false;
  /// True routes everything but the tier names, as the original did. Set when an original's file is upgraded.
  bool ignore_requested_model = false;
  friend bool operator==(const General&, const General&) = default;
};

/// A model that makes embeddings. Those of one name stand in for each other, so they must be the same model.
struct EmbeddingEntry {
  ModelEntry entry;  ///< of a provider of protocol openai; what is said of answers' and prompts' sizes is not used
  std::string name;  ///< what clients ask for; the model's own, unless another is given

  friend bool operator==(const EmbeddingEntry&, const EmbeddingEntry&) = default;
};

struct Models {
  PerTier<std::vector<ModelEntry>> entries;
  PerTier<Strategy> strategies;
  std::vector<EmbeddingEntry> embeddings;
  Strategy embeddings_strategy = Strategy::sequential;
  friend bool operator==(const Models&, const Models&) = default;
};

struct Timeouts {
  /// From the start of an attempt to the first real content (design section 4). Covers connect, TLS and headers.
  PerTier<Millis> connect{{Millis{5000}, Millis{15000}, Millis{30000}}};
  /// Whole attempt, a true total.
  PerTier<Millis> generation{{Millis{300000}, Millis{300000}, Millis{300000}}};
  /// Longest silence between two pieces of an answer that has begun. Heartbeats of the provider count as life.
  Millis idle{60000};
  /// A stream that is slower than this after its first ten seconds is ended; 0 = no minimum. Tokens are estimated.
  double min_tokens_per_second = 0;
  friend bool operator==(const Timeouts&, const Timeouts&) = default;
};

struct RetryConditions {
  std::vector<int> status_codes{429, 500, 502, 503, 504};
  /// Kept in lower case; matched without regard to case.
  std::vector<std::string> error_keywords{"rate limit", "quota exceeded", "overloaded", "timeout", "try again"};
  bool retry_on_empty = true;
  /// A keyword in a completion counts only when the answer is at most this long (design section 4).
  std::size_t keyword_max_chars = 200;
  friend bool operator==(const RetryConditions&, const RetryConditions&) = default;
};

/// What a provider's refusal of the request itself (400, 404, 413, 422) leads to.
enum class ClientErrors : std::uint8_t {
  one_other,  ///< one other candidate is asked; when it refuses too, the first refusal goes back
  give_back,  ///< "return": it goes back at once
  all,        ///< every candidate is asked
};
[[nodiscard]] std::string_view to_string(ClientErrors value) noexcept;

/// Where a request goes on when every candidate of its tier has failed.
enum class Escalate : std::uint8_t {
  none,
  up,   ///< to the next higher tiers
  any,  ///< to the higher ones, then to the lower ones
};
[[nodiscard]] std::string_view to_string(Escalate value) noexcept;

struct Retries {
  /// Passes over the tier's list (strategy sequential; the others make one): the second asks the same models again.
  PerTier<int> rounds{{1, 1, 1}};
  /// Candidates tried at most (the other strategies). One that rests does not count.
  PerTier<int> max_retries{{3, 3, 3}};
  RetryConditions conditions;
  ClientErrors client_errors = ClientErrors::one_other;
  /// `retries.content_policy`: "next" asks another candidate after a content filter's refusal, "return" does not.
  bool content_policy_next = false;
  Escalate escalate = Escalate::none;
  /// Whatever the lists and rounds say, one request sends this many requests to providers, and starts none after
  /// `deadline` from its arrival.
  int max_attempts = 12;
  Millis deadline{600000};
  /// Before the same model is asked again: this long, doubled each time up to `backoff_max`, less a random part.
  Millis backoff{500};
  Millis backoff_max{8000};
  /// The longest that a request waits for a provider's `Retry-After` when nobody else is left to ask.
  Millis max_wait{5000};
  /// Repeats at the same model, in percent of the requests of the last ten seconds, and how many are always allowed.
  int budget_percent = 20;
  int budget_min = 3;
  /// When every candidate rests: the least bad is asked all the same (true), or 503 at once.
  bool last_resort = true;
  friend bool operator==(const Retries&, const Retries&) = default;
};

/// What is asked of a vision model unless the operator says otherwise.
inline constexpr std::string_view default_image_prompt =
    "Describe this image faithfully for a reader who cannot see it: objects, people, scene, layout, colours and what "
    "is "
    "going on; of charts and tables the values, of user interfaces their elements and state. Copy all text in the "
    "image "
    "word for word. Answer in the language of that text, or in English if there is none. Say only what can be seen, "
    "and "
    "nothing about yourself.";

/// How images are described for models that cannot see (docs/vision.md).
struct ImageDescription {
  std::vector<ModelEntry> entries;  ///< vision models, asked in this order; none = no image is described
  std::string prompt{default_image_prompt};
  Seconds cache_ttl{86400};   ///< how long a description serves again
  std::size_t cache_mb = 16;  ///< MiB of descriptions kept; 0 = none
  Millis timeout{30000};      ///< of one call of a vision model, unless its entry says otherwise
  friend bool operator==(const ImageDescription&, const ImageDescription&) = default;
};

struct Providers {
  /// By id, "upstream" included.
  std::map<std::string, std::shared_ptr<const Provider>, std::less<>> by_id;
  /// Their ids as the file has them, "upstream" first: the order in which a pass-through looks for a provider.
  std::vector<std::string> in_order;
  /// Model name -> provider id, for entries whose provider is "upstream".
  std::map<std::string, std::string, std::less<>> model_map;
  ImageDescription image_description;

  /// By what the providers are, not where they lie in memory.
  friend bool operator==(const Providers& a, const Providers& b);
};

/// The length of a rest: the first, and each that follows soon after longer by `growth`, up to `max`.
struct Cooldown {
  Millis first{5000};
  double growth = 2;
  Millis max{60000};
  friend bool operator==(const Cooldown&, const Cooldown&) = default;
};

/// How a model's failures weigh, fade and lead to rests (docs/health.md). Points are those of the failure score.
struct Health {
  double decay_rate = 0.05;  ///< the original's: points that go away a minute
  Millis half_life{120000};  ///< and half of what is left goes away in this time; 0 = `decay_rate` alone
  /// What a failure costs: a server error or timeout; a rate limit, a missing model or no connection; a key refused.
  double light = 1;
  double medium = 5;
  double heavy = 20;
  double success_bonus = 0.5;  ///< what an answer takes away
  double max_score = 50;       ///< more is not remembered, so that the way back is not endless; 50 shows as 9 of 100
  /// A failure that follows another within this time, no answer between them, weighs `repeat_factor` times as much.
  Millis repeat_window{300000};
  double repeat_factor = 1.5;
  int failures_before_rest = 5;  ///< so many light failures, no answer between them, lead to a rest
  Cooldown cooldown{};           ///< of rate limits, missing models, repeated light failures
  Cooldown connect_cooldown{Millis{1000}, 2, Millis{60000}};
  Cooldown long_cooldown{Millis{300000}, 2, Millis{3600000}};  ///< of keys refused or without money
  Millis retry_after_max{600000};                              ///< the longest `Retry-After` that is believed
  Millis speed_memory{3600000};  ///< speeds that were not measured for so long are not known any more
  friend bool operator==(const Health&, const Health&) = default;
};

struct AdaptiveWeights {
  double random = 0.3;
  double health = 0.1;
  double speed = 0.3;
  double user = 0.2;
  double consecutive_penalty = 0.3;  ///< also of strategy `random`
  int history = 3;                   ///< `consecutive_history_size`: winners remembered, a tier; 0 = none
  static constexpr int max_history = 64;
  static constexpr double max_weight = 1000;
  friend bool operator==(const AdaptiveWeights&, const AdaptiveWeights&) = default;
};

/// By what a conversation is known, so that it stays with its model (prompt caches pay).
enum class Affinity : std::uint8_t {
  off,
  automatic,  ///< the header x-smartroute-affinity, else `prompt_cache_key`, else `user`, else the conversation's start
  header,
  user,
  prompt_cache_key,
  prefix,  ///< the conversation's start: all up to its first user message
};
inline constexpr std::array<Affinity, 6> affinities{
    Affinity::off, Affinity::automatic, Affinity::header, Affinity::user, Affinity::prompt_cache_key, Affinity::prefix};
[[nodiscard]] std::string_view to_string(Affinity value) noexcept;  // "off", "auto", "header", ...

struct Routing {
  Affinity affinity = Affinity::off;
  /// `pinned_fallback: tier`: a model that the client named and that failed is followed by its tier's others.
  bool pinned_fallback = false;
  friend bool operator==(const Routing&, const Routing&) = default;
};

enum class RouterMode : std::uint8_t { automatic, keyword, local, llm, fixed };
[[nodiscard]] std::string_view to_string(RouterMode mode) noexcept;  // "auto", "keyword", "local", "llm", "fixed"

struct Router {
  RouterMode mode = RouterMode::automatic;
  /// The tier of mode `fixed`, and of a request no step decided.
  Tier default_tier = Tier::t1;
  friend bool operator==(const Router&, const Router&) = default;
};

/// A parameter that a model's provider calls otherwise than the client does.
struct Rename {
  std::string from;
  std::string to;

  friend bool operator==(const Rename&, const Rename&) = default;
};

/// What happens to the parameters of a request to one model. First the client's are renamed; then there are defaults,
/// drops and forced values, each by the name sent. Put together at load from everything that concerns the model, so
/// that a request has nothing to weigh: a name stands in one of `defaults`, `forced` and `dropped` only, no two renames
/// share a name, what is dropped is in no rename, what is renamed away is in no list, and model, messages, stream and
/// stream_options are nowhere.
struct ParameterRules {
  /// When a request has both names, the value under `to` counts; a null is no value.
  std::vector<Rename> renamed;
  Parameters defaults;  ///< sent unless the request has a value that is not null
  Parameters forced;    ///< sent whatever the request says
  std::vector<std::string> dropped;

  [[nodiscard]] bool empty() const noexcept {
    return renamed.empty() && defaults.empty() && forced.empty() && dropped.empty();
  }

  friend bool operator==(const ParameterRules&, const ParameterRules&) = default;
};

struct Params {
  /// By bare model name: every model that has rules of its own, those for all models included.
  std::map<std::string, ParameterRules, std::less<>> by_model;
  /// Of every other model.
  ParameterRules others;

  /// The same in the words of Messages and Responses (dialect_params.hpp); null until the configuration is read.
  std::shared_ptr<const Params> of_messages;
  std::shared_ptr<const Params> of_responses;

  /// In the words of a body's dialect. Null when there is nothing to do. Lives as long as the configuration.
  [[nodiscard]] const ParameterRules* of(std::string_view model, Protocol dialect = Protocol::openai) const noexcept;

  friend bool operator==(const Params& a, const Params& b) { return a.by_model == b.by_model && a.others == b.others; }
};

struct Tls {
  std::string cert_file;  ///< PEM chain; empty = plain HTTP
  std::string key_file;
  friend bool operator==(const Tls&, const Tls&) = default;
};

struct Server {
  std::string bind = "0.0.0.0";
  std::uint16_t port = 6688;
  Tls tls;
  /// 0 = one a core.
  unsigned shards = 0;
  /// After SIGTERM: how long to go on accepting with /readyz false, so that a load balancer notices.
  Millis drain_delay{0};
  /// After that: how long running requests may take to finish.
  Millis grace{30000};
  friend bool operator==(const Server&, const Server&) = default;
};

struct Limits {
  std::size_t head_bytes = std::size_t{32} * 1024;
  std::size_t header_count = 100;
  std::size_t body_bytes = std::size_t{32} * 1024 * 1024;
  std::size_t connections = 10000;
  /// One SSE event of a provider, and a plain answer's inspected part.
  std::size_t event_bytes = std::size_t{16} * 1024 * 1024;
  Millis head_timeout{15000};  ///< first byte of a head to its end
  Millis body_timeout{60000};  ///< longest silence while a body arrives
  /// Bytes a second that a body must average once `body_timeout` has passed: a drip never ends otherwise. Below any
  /// usable line; 0 = no minimum.
  std::uint64_t body_min_rate = 1024;
  Millis idle_timeout{75000};     ///< keep-alive connection without a request
  Millis write_timeout{60000};    ///< longest time a client may take nothing
  std::size_t in_flight = 10000;  ///< chat requests at once; 503 with Retry-After beyond
  std::size_t queue = 1000;       ///< requests that wait for a place at a full model, a shard; 503 beyond
  Millis queue_ms{2000};          ///< how long one waits at most; 0 = no waiting
  friend bool operator==(const Limits&, const Limits&) = default;
};

struct Upstream {
  /// A pooled connection is closed after this long without use. Short: many servers close idle ones after 5 s or so.
  Millis pool_idle{4000};
  std::size_t pool_size = 128;  ///< idle connections kept, a shard and endpoint
  Millis connect{4000};         ///< TCP and TLS together, within `timeouts.connect`
  Millis dns_ttl{30000};
  Millis dns_stale{600000};  ///< how long the last good answer serves while resolving fails
  friend bool operator==(const Upstream&, const Upstream&) = default;
};

struct Stream {
  Millis hold{10000};       ///< silence before the status is spent and comments begin
  Millis heartbeat{15000};  ///< between comments
  friend bool operator==(const Stream&, const Stream&) = default;
};

struct Cors {
  /// Unset: any origin when a gateway key is required, none when the gateway is open. Set: these only ("*" = any).
  std::optional<std::vector<std::string>> origins;
  friend bool operator==(const Cors&, const Cors&) = default;
};

struct Config {
  int schema_version = 1;
  General general;
  Models models;
  Timeouts timeouts;
  Retries retries;
  Providers providers;
  Router router;
  Routing routing;
  Health health;
  AdaptiveWeights adaptive_weights;
  Params params;
  Server server;
  Limits limits;
  Upstream upstream;
  Stream stream;
  Cors cors;

  /// The provider that answers for an entry: its own, or for "upstream" what `providers.map` says (contract 4.4).
  /// Null only for an entry that validation would have refused.
  [[nodiscard]] std::shared_ptr<const Provider> provider_of(const ModelEntry& entry) const;

  friend bool operator==(const Config&, const Config&) = default;
};

using Snapshot = std::shared_ptr<const Config>;

}  // namespace gw::config
