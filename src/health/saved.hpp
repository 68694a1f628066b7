// What of the cells is kept between two runs, and its file forms: health.json, and an original's model_stats.json.
// Pure: text and clocks in, values out. A file is not trusted: what it says is bounded here. Private to health.
#pragma once

#include "base/clock.hpp"
#include "config/config.hpp"
#include "health/health.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace gw::health {

using WallTime = std::chrono::system_clock::time_point;

/// The same instant on both clocks. The wall clock may be set while we run; each use brings its own pair.
struct Clocks {
  TimePoint steady;
  WallTime wall;

  [[nodiscard]] std::int64_t steady_ms() const noexcept;
  [[nodiscard]] std::int64_t wall_ms() const noexcept;
};

/// Whose cell: an entry of a provider ("" = whichever, as an original's file does not say), a provider's endpoint, a
/// provider's key. `mark` of the latter two is a one-way fingerprint.
struct Name {
  Row::Kind kind = Row::Kind::entry;
  std::string id;    ///< the entry's id, or the provider's
  std::string mark;  ///< the entry's provider, or the fingerprint

  friend bool operator==(const Name&, const Name&) = default;

  friend bool operator<(const Name& a, const Name& b) {
    return std::tie(a.kind, a.id, a.mark) < std::tie(b.kind, b.id, b.mark);
  }
};

/// A cell's content. Moments are milliseconds of the monotonic clock; they may lie before its zero.
struct State {
  std::uint64_t successes = 0;
  std::uint64_t failures = 0;
  double score = 0;
  unsigned streak = 0;
  std::int64_t updated = 0;  ///< of score and streak
  bool rested = false;       ///< ever; else the next three say nothing
  bool open = false;
  unsigned step = 0;
  std::int64_t until = 0;
  double ttft_ms = 0;
  double tokens_per_second = 0;
  double total_ms = 0;
  std::int64_t measured = 0;
  std::int64_t seen = 0;  ///< last in the configuration

  friend bool operator==(const State&, const State&) = default;
};

struct Kept {
  Name name;
  State state;

  friend bool operator==(const Kept&, const Kept&) = default;
};

inline constexpr std::size_t max_kept = 2000;  ///< of those that are in no configuration now; the oldest go first
inline constexpr std::int64_t keep_ms = std::int64_t{7} * 24 * 3600 * 1000;
inline constexpr std::size_t max_saved_bytes = std::size_t{16} << 20;

struct Parsed {
  std::vector<Kept> kept;
  std::size_t left_out = 0;            ///< records that were unusable or too old
  std::optional<std::string> problem;  ///< the file is unusable, or in part: for people
};

/// health.json.
[[nodiscard]] Parsed parse_saved(std::string_view text, const config::Health& policy, const Clocks& now);
[[nodiscard]] std::string write_saved(const std::vector<Kept>& kept, const Clocks& now);

/// model_stats.json of an original, in every shape it had (contract section 2).
[[nodiscard]] Parsed parse_original(std::string_view text, const config::Health& policy, const Clocks& now);

/// Drops what has been in no configuration for `keep_ms`, and the oldest beyond `max_kept`.
void drop_forgotten(std::vector<Kept>& kept, std::int64_t now_ms);

}  // namespace gw::health
