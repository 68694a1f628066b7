// How each model, key and endpoint behaves: attempts in; a score, a rest and speeds out. Decides what a failure costs
// and when a model is asked again (docs/health.md). Global: every shard reads and writes the same cells, which are
// plain atomics; nothing is locked. `now` is given. State outlives configurations and, by Keeper, restarts.
#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "config/config.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gw::health {

/// A model as a decision sees it now. The worst of its entry, its endpoint and its best key counts.
struct Reading {
  double score = 100;            ///< 0 to 100
  bool rests = false;            ///< in its cooldown, or half-open with its probe under way: others first
  TimePoint until{};             ///< when it rests: the end of that; the least bad ends first
  double ttft_ms = 0;            ///< usual time to the first content; 0 = not known
  double tokens_per_second = 0;  ///< after it; 0 = not known
  double total_ms = 0;           ///< usual time of a whole answer; 0 = not known
  std::uint32_t recent = 0;      ///< answers of the last 60 s
  std::uint32_t in_flight = 0;   ///< attempts under way
};

/// What of a Reading a strategy needs; the rest may be left at its default. Readings are on the path of every request.
enum class Detail : std::uint8_t {
  rest,      ///< `rests`, `until`
  standing,  ///< and `score`, `in_flight`
  all,
};

/// How an answer went.
struct Answered {
  Duration to_first_content{};          ///< from the attempt's start
  Duration total{};                     ///< of the attempt
  std::uint64_t completion_tokens = 0;  ///< 0 = not told
};

class Target;

/// One attempt under way: holds its place among `max_concurrent`, and the probe if it is one. Every exit gives both
/// back; an end that nobody names (the client left, a stop) is nobody's failure. Move-only; any thread, one at a time.
class Ticket {
 public:
  Ticket() noexcept = default;
  Ticket(Ticket&& other) noexcept;
  Ticket& operator=(Ticket&& other) noexcept;
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;
  ~Ticket();

  /// The key to use: an index into the provider's `keys`.
  [[nodiscard]] std::size_t key() const noexcept { return key_; }

  [[nodiscard]] bool is_probe() const noexcept;

  /// The answer is whole. Not at its headers.
  void succeeded(const config::Health& policy, const Answered& how, TimePoint now);

  /// Charges what the class stands for (design section 6): nothing for a refusal or a client that left; the key for
  /// authentication, billing and, when the provider has other keys, a rate limit; the endpoint for connect, TLS, DNS.
  void failed(const config::Health& policy, const Error& error, TimePoint now);

 private:
  friend class Target;
  Target* target_ = nullptr;
  std::size_t key_ = 0;
  // and what probes it holds
};

/// The cells of one entry: its own, its endpoint's (one a provider), its provider's keys'.
class Target {
 public:
  [[nodiscard]] Reading read(const config::Health& policy, TimePoint now, Detail detail) const noexcept;

  enum class Refusal : std::uint8_t {
    full,    ///< `max_concurrent` are under way
    rests,   ///< and this is no last resort; or another has the probe
    no_key,  ///< every key not in `without` is gone
  };

  struct Begin {
    std::uint32_t max_concurrent = 0;  ///< 0 = any number
    bool last_resort = false;          ///< a rest does not count
    std::uint64_t without = 0;         ///< bits of keys that already failed for this request (the first 64)
    double chance = 0;                 ///< uniform in [0,1): chooses the key by weight
  };

  /// Takes a place (and the probe, if it is half-open). Wait-free but for a bounded number of tries.
  [[nodiscard]] std::optional<Refusal> begin(const Begin& how, TimePoint now, Ticket& out) noexcept;

  [[nodiscard]] std::size_t key_count() const noexcept;

 private:
  friend class Book;
  friend class Ticket;
};

/// One line of `GET /api/stats/models`. Wall-clock times are seconds since the epoch, 0 = never.
struct Row {
  std::string id;  ///< the entry's id, "provider", or "provider#2" for a key
  enum class Kind : std::uint8_t { entry, endpoint, key } kind = Kind::entry;
  std::uint64_t successes = 0;
  std::uint64_t failures = 0;
  double failure_score = 0;  ///< decayed to now
  int health_score = 100;    ///< 0 while it rests, as the original
  bool rests = false;
  double cooldown_until = 0;
  double last_updated = 0;
  Reading reading;
};

/// All cells, by id. `target` on the control thread when a configuration is published (it may allocate and lock); the
/// Targets stay where they are until the Book ends.
class Book {
 public:
  Book();
  ~Book();
  Book(const Book&) = delete;
  Book& operator=(const Book&) = delete;

  /// The same id and provider give the same target, with what it has learnt, also in later configurations. Keys are
  /// known by a one-way fingerprint: a new key begins afresh.
  [[nodiscard]] Target& target(const config::ModelEntry& entry, const config::Provider& provider);

  /// Any thread.
  [[nodiscard]] std::vector<Row> rows(const config::Health& policy, TimePoint now) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gw::health
