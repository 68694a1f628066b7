#include "telemetry/metrics.hpp"

#include "telemetry/process.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <map>
#include <unordered_map>

namespace gw::telemetry {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr std::size_t routes = static_cast<std::size_t>(Route::other) + 1;
constexpr std::size_t tier_slots = 4;                                           // none, t1, t2, t3
constexpr std::size_t outcomes = static_cast<std::size_t>(Errc::internal) + 2;  // success, then each Errc
constexpr std::size_t max_names = 4096;

// Seconds. Own overhead is microseconds; answers take seconds to minutes.
constexpr std::array<double, 14> duration_bounds{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300};
constexpr std::array<double, 14> own_bounds{
    0.00002, 0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1};

using Counter = std::atomic<std::uint64_t>;

// Only its shard writes; a plain add would do, were it not read by others at the same time.
void bump(Counter& counter, std::uint64_t by = 1) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

std::uint64_t value(const Counter& counter) {
  return counter.load(std::memory_order_relaxed);
}

std::size_t outcome_slot(const std::optional<Errc>& error) {
  return error ? static_cast<std::size_t>(*error) + 1 : 0;
}

std::string_view outcome_name(std::size_t slot) {
  return slot == 0 ? "success" : to_string(static_cast<Errc>(slot - 1));
}

std::size_t tier_slot(std::string_view tier) {
  if (tier == "t1") return 1;
  if (tier == "t2") return 2;
  return tier == "t3" ? 3 : 0;
}

constexpr std::array<std::string_view, tier_slots> tier_names{"none", "t1", "t2", "t3"};

template <std::size_t N>
struct Histogram {
  std::array<Counter, N + 1> buckets{};
  std::atomic<double> sum{0};

  void observe(const std::array<double, N>& bounds, Duration duration) {
    const double seconds = std::chrono::duration<double>(duration).count();
    const auto at = std::lower_bound(bounds.begin(), bounds.end(), seconds) - bounds.begin();
    bump(buckets[static_cast<std::size_t>(at)]);
    sum.store(sum.load(std::memory_order_relaxed) + seconds, std::memory_order_relaxed);
  }
};

// Attempts at one configured name.
struct Name {
  std::string entry;
  std::string provider;
  std::array<Counter, outcomes> attempts{};
  Histogram<duration_bounds.size()> duration;
  Name* next = nullptr;
};

}  // namespace

struct ShardMetrics::Impl {
  std::array<std::array<std::array<std::array<Counter, 2>, outcomes>, tier_slots>, routes> requests{};
  std::array<std::array<Counter, 6>, routes> statuses{};  // by the status' first digit; 0: none was sent
  std::array<Histogram<duration_bounds.size()>, 2> duration;
  Histogram<duration_bounds.size()> first_content;
  Histogram<own_bounds.size()> own;
  Counter prompt_tokens{0};
  Counter completion_tokens{0};
  // Names are added by the shard and never removed; a scrape follows the list, the shard looks up in the map.
  std::atomic<Name*> names{nullptr};
  std::unordered_map<std::string, std::unique_ptr<Name>> by_entry;

  Name& name_of(std::string_view entry, std::string_view provider) {
    std::string key(entry);
    if (const auto known = by_entry.find(key); known != by_entry.end()) return *known->second;
    if (by_entry.size() >= max_names) key = "other";
    auto& place = by_entry[key];
    if (!place) {
      place = std::make_unique<Name>();
      place->entry = key;
      place->provider = provider;
      place->next = names.load(std::memory_order_relaxed);
      names.store(place.get(), std::memory_order_release);
    }
    return *place;
  }
};

std::string_view to_string(Route route) noexcept {
  switch (route) {
    case Route::chat:
      return "chat";
    case Route::messages:
      return "messages";
    case Route::responses:
      return "responses";
    case Route::passthrough:
      return "passthrough";
    case Route::completions:
      return "completions";
    case Route::embeddings:
      return "embeddings";
    case Route::count_tokens:
      return "count_tokens";
    case Route::models:
      return "models";
    case Route::health:
      return "health";
    case Route::metrics:
      return "metrics";
    case Route::admin:
      return "admin";
    case Route::other:
      return "other";
  }
  return "other";
}

ShardMetrics::ShardMetrics() : impl_(std::make_unique<Impl>()) {}

ShardMetrics::~ShardMetrics() = default;

void ShardMetrics::request(const RequestSample& sample) {
  Impl& m = *impl_;
  const auto route = static_cast<std::size_t>(sample.route);
  const std::size_t stream = sample.stream ? 1 : 0;
  bump(m.requests[route][tier_slot(sample.tier)][outcome_slot(sample.error)][stream]);
  bump(m.statuses[route][std::min<std::size_t>(sample.status / 100U, 5)]);
  bump(m.prompt_tokens, sample.prompt_tokens);
  bump(m.completion_tokens, sample.completion_tokens);
  if (!is_answered_by_a_model(sample.route)) return;
  m.duration[stream].observe(duration_bounds, sample.duration);
  if (sample.first_content.count() != 0) m.first_content.observe(duration_bounds, sample.first_content);
  m.own.observe(own_bounds, sample.own);
}

void ShardMetrics::attempt(const AttemptSample& sample) {
  Name& name = impl_->name_of(sample.entry_id, sample.provider);
  bump(name.attempts[outcome_slot(sample.error)]);
  name.duration.observe(duration_bounds, sample.duration);
}

Registry::Registry(std::size_t shards) {
  for (std::size_t i = 0; i < shards; ++i) shards_.push_back(std::make_unique<ShardMetrics>());
}

Registry::~Registry() = default;

ShardMetrics& Registry::shard(std::size_t index) {
  return *shards_.at(index);
}

Totals Registry::totals() const {
  Totals totals;
  for (const auto& shard : shards_) {
    const ShardMetrics::Impl& m = *shard->impl_;
    for (std::size_t route = 0; route < routes; ++route) {
      for (std::size_t tier = 0; tier < tier_slots; ++tier) {
        for (std::size_t outcome = 0; outcome < outcomes; ++outcome) {
          const std::uint64_t count =
              value(m.requests[route][tier][outcome][0]) + value(m.requests[route][tier][outcome][1]);
          totals.requests += count;
          const bool is_failure = outcome != 0 && outcome != outcome_slot(Errc::client_gone);
          if (is_failure) totals.failures += count;
          if (is_answered_by_a_model(static_cast<Route>(route))) {
            totals.chat_requests += count;
            if (is_failure) totals.chat_failures += count;
            if (tier != 0) totals.by_tier[tier - 1] += count;
          }
        }
      }
    }
    totals.prompt_tokens += value(m.prompt_tokens);
    totals.completion_tokens += value(m.completion_tokens);
    totals.connections += shard->connections.load(std::memory_order_relaxed);
    totals.in_flight += shard->in_flight.load(std::memory_order_relaxed);
    totals.streams += shard->streams.load(std::memory_order_relaxed);
  }
  return totals;
}

namespace {

// Collects families in the order in which they are asked for, samples summed over shards by their labels.
class Exposition {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;

  void counter(const std::string& name, const std::string& help, const Labels& labels, double amount) {
    add(name, help, MetricType::Counter, labels).counter.value += amount;
  }

  void gauge(const std::string& name, const std::string& help, const Labels& labels, double amount) {
    add(name, help, MetricType::Gauge, labels).gauge.value += amount;
  }

  template <std::size_t N>
  void histogram(
      const std::string& name,
      const std::string& help,
      const Labels& labels,
      const std::array<double, N>& bounds,
      const Histogram<N>& from
  ) {
    ClientMetric::Histogram& to = add(name, help, MetricType::Histogram, labels).histogram;
    if (to.bucket.empty()) {
      for (const double bound : bounds) to.bucket.push_back({0, bound});
      to.bucket.push_back({0, std::numeric_limits<double>::infinity()});
    }
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i <= N; ++i) {
      cumulative += value(from.buckets[i]);
      to.bucket[i].cumulative_count += cumulative;
    }
    to.sample_count += cumulative;
    to.sample_sum += from.sum.load(std::memory_order_relaxed);
  }

  [[nodiscard]] std::string text() const { return prometheus::TextSerializer{}.Serialize(families_); }

 private:
  ClientMetric& add(const std::string& name, const std::string& help, MetricType type, const Labels& labels) {
    const auto [at, is_new] = index_.try_emplace(name, families_.size());
    if (is_new) families_.push_back({"smartroute_" + name, help, type, {}});
    MetricFamily& family = families_[at->second];
    std::string key = name;
    for (const auto& [label, text] : labels) {
      key.push_back('\0');
      key.append(label).push_back('\0');
      key.append(text);
    }
    const auto [sample, is_new_sample] = samples_.try_emplace(key, family.metric.size());
    if (is_new_sample) {
      ClientMetric metric;
      for (const auto& [label, text] : labels) metric.label.push_back({label, text});
      family.metric.push_back(std::move(metric));
    }
    return family.metric[sample->second];
  }

  std::vector<MetricFamily> families_;
  std::map<std::string, std::size_t> index_;
  std::map<std::string, std::size_t> samples_;
};

void expose_requests(Exposition& out, const ShardMetrics::Impl& m) {
  for (std::size_t route = 0; route < routes; ++route) {
    const std::string name(to_string(static_cast<Route>(route)));
    for (std::size_t tier = 0; tier < tier_slots; ++tier) {
      for (std::size_t outcome = 0; outcome < outcomes; ++outcome) {
        for (std::size_t stream = 0; stream < 2; ++stream) {
          const std::uint64_t count = value(m.requests[route][tier][outcome][stream]);
          if (count == 0) continue;
          out.counter(
              "requests_total",
              "Finished requests",
              {{"route", name},
               {"tier", std::string(tier_names[tier])},
               {"outcome", std::string(outcome_name(outcome))},
               {"stream", stream != 0 ? "true" : "false"}},
              static_cast<double>(count)
          );
        }
      }
    }
    for (std::size_t digit = 0; digit < 6; ++digit) {
      const std::uint64_t count = value(m.statuses[route][digit]);
      if (count == 0) continue;
      out.counter(
          "responses_total",
          "Replies by the first digit of their status; none when the client left before",
          {{"route", name}, {"status", digit == 0 ? "none" : std::to_string(digit) + "xx"}},
          static_cast<double>(count)
      );
    }
  }
}

void expose_times(Exposition& out, const ShardMetrics::Impl& m) {
  for (std::size_t stream = 0; stream < 2; ++stream) {
    out.histogram(
        "request_duration_seconds",
        "Chat requests, head received to end of reply",
        {{"stream", stream != 0 ? "true" : "false"}},
        duration_bounds,
        m.duration[stream]
    );
  }
  out.histogram(
      "first_content_seconds",
      "Chat requests, head received to first content sent (TTFT)",
      {},
      duration_bounds,
      m.first_content
  );
  out.histogram("overhead_seconds", "Chat requests, time not spent waiting for a provider", {}, own_bounds, m.own);
  out.counter(
      "tokens_total",
      "Tokens as the providers counted them",
      {{"kind", "prompt"}},
      static_cast<double>(value(m.prompt_tokens))
  );
  out.counter(
      "tokens_total",
      "Tokens as the providers counted them",
      {{"kind", "completion"}},
      static_cast<double>(value(m.completion_tokens))
  );
}

void expose_attempts(Exposition& out, const ShardMetrics::Impl& m) {
  for (const Name* name = m.names.load(std::memory_order_acquire); name != nullptr; name = name->next) {
    for (std::size_t outcome = 0; outcome < outcomes; ++outcome) {
      const std::uint64_t count = value(name->attempts[outcome]);
      if (count == 0) continue;
      out.counter(
          "attempts_total",
          "Attempts at models",
          {{"model", name->entry}, {"provider", name->provider}, {"outcome", std::string(outcome_name(outcome))}},
          static_cast<double>(count)
      );
    }
    out.histogram(
        "attempt_duration_seconds",
        "Attempts at models",
        {{"model", name->entry}, {"provider", name->provider}},
        duration_bounds,
        name->duration
    );
  }
}

void expose_shard(Exposition& out, const ShardMetrics& shard) {
  const auto signed_gauge = [&](const char* name, const char* help, const std::atomic<std::int64_t>& from) {
    out.gauge(name, help, {}, static_cast<double>(from.load(std::memory_order_relaxed)));
  };
  const auto total = [&](const char* name, const char* help, const std::atomic<std::uint64_t>& from) {
    out.counter(name, help, {}, static_cast<double>(from.load(std::memory_order_relaxed)));
  };
  signed_gauge("connections", "Client connections open", shard.connections);
  signed_gauge("requests_in_flight", "Requests being answered", shard.in_flight);
  signed_gauge("streams_open", "Streamed requests being answered", shard.streams);
  signed_gauge("upstream_idle_connections", "Pooled connections to providers", shard.upstream_idle);
  total("connections_accepted_total", "Client connections accepted", shard.connections_accepted);
  total("connections_refused_total", "Client connections turned away", shard.connections_refused);
  total("upstream_connections_opened_total", "Connections opened to providers", shard.upstream_opened);
  total("upstream_connections_reused_total", "Requests sent on a pooled connection", shard.upstream_reused);
  total(
      "keepalive_races_total", "Requests sent again because a pooled connection had just closed", shard.keepalive_races
  );
  const auto labelled =
      [&](const char* name, const char* help, const char* key, const char* text, const std::atomic<std::uint64_t>& from
      ) {
        out.counter(name, help, {{key, text}}, static_cast<double>(from.load(std::memory_order_relaxed)));
      };
  const char* const images = "image_descriptions_total";
  const char* const images_help = "Images described for models that cannot see, and requests where that failed";
  labelled(images, images_help, "source", "model", shard.images_described);
  labelled(images, images_help, "source", "cache", shard.images_cached);
  labelled(images, images_help, "source", "none", shard.images_undescribed);
  const char* const inner = "inner_tokens_total";
  const char* const inner_help = "Tokens of the gateway's own questions, which are not the answers'";
  labelled(inner, inner_help, "kind", "prompt", shard.inner_prompt_tokens);
  labelled(inner, inner_help, "kind", "completion", shard.inner_completion_tokens);
  total("received_bytes_total", "Bodies of chat requests", shard.bytes_received);
  total("sent_bytes_total", "Replies to chat requests", shard.bytes_sent);
}

}  // namespace

std::string Registry::render() const {
  Exposition out;
  for (const auto& shard : shards_) {
    expose_requests(out, *shard->impl_);
    expose_times(out, *shard->impl_);
    expose_attempts(out, *shard->impl_);
    expose_shard(out, *shard);
  }
  out.counter(
      "config_reloads_total",
      "Edits of the configuration that took effect",
      {},
      static_cast<double>(value(config_reloads))
  );
  out.counter(
      "config_rejected_total",
      "Edits of the configuration that were refused",
      {},
      static_cast<double>(value(config_rejected))
  );
  return out.text() + process_metrics();
}

}  // namespace gw::telemetry
