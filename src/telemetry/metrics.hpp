// Counters of the program, exposed in Prometheus' text format. Each shard writes its own block (plain relaxed atomics,
// single writer, nothing locked on the request path); a scrape sums the blocks. Labels come from enums and configured
// names only, never from a request.
#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gw::telemetry {

enum class Route : std::uint8_t {
  chat,
  messages,
  responses,
  completions,
  embeddings,
  count_tokens,
  passthrough,
  models,
  health,
  metrics,
  admin,
  other
};

/// Not so a count of tokens: it is quick and costs nothing, and would make every figure look better than it is.
[[nodiscard]] constexpr bool is_answered_by_a_model(Route route) noexcept {
  return route == Route::chat || route == Route::messages || route == Route::responses || route == Route::completions ||
         route == Route::embeddings;
}

[[nodiscard]] std::string_view to_string(Route route) noexcept;

/// One finished request. Durations are zero when they do not apply.
struct RequestSample {
  Route route = Route::other;
  std::string_view tier;      ///< "t1".."t3", or empty: before routing, or of embeddings
  std::uint16_t status = 0;   ///< as sent to the client; 0 when it left before one was sent
  std::optional<Errc> error;  ///< nullopt = success
  bool stream = false;
  Duration duration{};
  Duration first_content{};  ///< TTFT: request received to first content sent
  Duration own{};            ///< duration less the time spent waiting for providers
  std::uint64_t prompt_tokens = 0;
  std::uint64_t completion_tokens = 0;
};

/// One attempt at a candidate.
struct AttemptSample {
  std::string_view entry_id;  ///< a configured name
  std::string_view provider;  ///< a configured id
  std::optional<Errc> error;
  Duration duration{};
};

/// One shard's block. Every method but the gauges' readers is called on that shard's thread only.
class ShardMetrics {
 public:
  ShardMetrics();
  ~ShardMetrics();
  ShardMetrics(const ShardMetrics&) = delete;
  ShardMetrics& operator=(const ShardMetrics&) = delete;

  void request(const RequestSample& sample);
  void attempt(const AttemptSample& sample);

  // Gauges, written by the shard, read by anyone.
  std::atomic<std::int64_t> connections{0};    ///< client connections open
  std::atomic<std::int64_t> in_flight{0};      ///< requests between head and end of reply
  std::atomic<std::int64_t> streams{0};        ///< of these, streams whose head was sent
  std::atomic<std::int64_t> upstream_idle{0};  ///< pooled connections
  // Totals.
  std::atomic<std::uint64_t> connections_accepted{0};
  std::atomic<std::uint64_t> connections_refused{0};
  std::atomic<std::uint64_t> upstream_opened{0};
  std::atomic<std::uint64_t> upstream_reused{0};
  std::atomic<std::uint64_t> keepalive_races{0};
  std::atomic<std::uint64_t> bytes_received{0};
  std::atomic<std::uint64_t> bytes_sent{0};
  std::atomic<std::uint64_t> images_described{0};     ///< for models that cannot see: by a call
  std::atomic<std::uint64_t> images_cached{0};        ///< without one
  std::atomic<std::uint64_t> images_undescribed{0};   ///< requests whose images could not be
  std::atomic<std::uint64_t> inner_prompt_tokens{0};  ///< of questions of our own
  std::atomic<std::uint64_t> inner_completion_tokens{0};

  struct Impl;

 private:
  friend class Registry;
  std::unique_ptr<Impl> impl_;
};

/// Numbers for the status page and `/api/status`; sums over all shards since start.
struct Totals {
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;  ///< with an error other than client_gone
  std::uint64_t chat_requests = 0;
  std::uint64_t chat_failures = 0;
  std::uint64_t prompt_tokens = 0;
  std::uint64_t completion_tokens = 0;
  std::int64_t connections = 0;
  std::int64_t in_flight = 0;
  std::int64_t streams = 0;
  std::array<std::uint64_t, 3> by_tier{};
};

/// All shards. `render` may be called on any thread and at any time.
class Registry {
 public:
  explicit Registry(std::size_t shards);
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  [[nodiscard]] ShardMetrics& shard(std::size_t index);
  [[nodiscard]] Totals totals() const;

  /// Prometheus text exposition format 0.0.4. Names begin with `smartroute_`; process figures (resident memory, CPU,
  /// open files, start time, build info) are included.
  [[nodiscard]] std::string render() const;

  std::atomic<std::uint64_t> config_reloads{0};
  std::atomic<std::uint64_t> config_rejected{0};

 private:
  std::vector<std::unique_ptr<ShardMetrics>> shards_;
};

}  // namespace gw::telemetry
