// How each model, key and endpoint behaves: attempts in; a score, a rest and speeds out. Decides what a failure costs
// and when a model is asked again (docs/health.md). Global: every shard reads and writes the same cells, which are
// plain atomics; nothing is locked. `now` is given. State outlives configurations and, by Keeper, restarts.
#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "config/config.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
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
  double usage = 0;              ///< those, the older the less, and `in_flight`
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
  Duration to_first_content{};          ///< from the attempt's start; 0 = not known, as for an answer that comes whole
  Duration total{};                     ///< of the attempt
  std::uint64_t completion_tokens = 0;  ///< 0 = not told
};

class Target;
struct Cell;
struct Entry;
struct Stake;

/// One attempt under way: holds its place among `max_concurrent`, and the probe if it is one. Every exit gives both
/// back; an end that nobody names (the client left, a stop) is nobody's failure. Move-only; any thread, one at a time.
class Ticket {
 public:
  Ticket() noexcept = default;

  Ticket(Ticket&& other) noexcept { take(other); }

  Ticket& operator=(Ticket&& other) noexcept {
    if (this == &other) return *this;
    end();
    take(other);
    return *this;
  }

  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;

  ~Ticket() { end(); }

  /// The key to use: an index into the provider's `keys`.
  [[nodiscard]] std::size_t key() const noexcept { return key_; }

  /// Of the entry, its endpoint or the key.
  [[nodiscard]] bool is_probe() const noexcept { return (held_ & any_probe) != 0; }

  /// The provider's first byte is here: what rests for want of a connection does not any more. Its head suffices; an
  /// endpoint is not to wait for the end of a long answer. Without this call the end of the answer says it.
  void reached(const config::Health& policy, TimePoint now);

  /// The answer is whole. Not at its headers.
  void succeeded(const config::Health& policy, const Answered& how, TimePoint now);

  /// Charges what the class stands for (design section 6): nothing for a refusal or a client that left; the key for
  /// authentication, billing and, when the provider has other keys, a rate limit; the endpoint for connect, TLS, DNS.
  void failed(const config::Health& policy, const Error& error, TimePoint now);

 private:
  friend class Target;

  enum Held : std::uint8_t { entry_probe = 1, endpoint_probe = 2, key_probe = 4, any_probe = 7, was_reached = 8 };

  void take(Ticket& other) noexcept {
    target_ = std::exchange(other.target_, nullptr);
    key_ = other.key_;
    generations_ = other.generations_;
    held_ = std::exchange(other.held_, std::uint8_t{0});
  }

  void end() noexcept {
    if (target_ != nullptr) release();
  }

  void release() noexcept;
  void hold(std::size_t which, const Stake& mine) noexcept;
  [[nodiscard]] Stake stake(std::size_t which) const noexcept;

  const Target* target_ = nullptr;
  std::uint32_t key_ = 0;
  std::array<std::uint32_t, 3> generations_{};  ///< of the rests of entry, endpoint and key when it began
  std::uint8_t held_ = 0;                       ///< bits of Held
};

/// The cells of one entry: its own, its endpoint's (one a provider), its provider's keys'. Made by Book.
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

  [[nodiscard]] std::size_t key_count() const noexcept { return keys_.size(); }

 private:
  friend class Book;
  friend class Ticket;

  struct Key {
    Cell* cell = nullptr;
    double weight = 1;
  };

  struct Choice {
    std::size_t key;      ///< or the number of keys: none
    bool is_last_resort;  ///< it rests
    bool any_left;        ///< that this request has not tried
  };

  [[nodiscard]] bool take_place(std::uint32_t max_concurrent) const noexcept;
  [[nodiscard]] std::optional<Refusal> choose_key(const Begin& how, std::int64_t now_ms, Ticket& out) const noexcept;
  [[nodiscard]] Choice look_for_key(const Begin& how, std::int64_t now_ms) const noexcept;
  void read_more(const config::Health& policy, std::int64_t now_ms, Detail detail, Reading& out) const noexcept;
  void read_rest(std::int64_t now_ms, Reading& out) const noexcept;

  Entry* entry_ = nullptr;
  Cell* endpoint_ = nullptr;
  std::vector<Key> keys_;  ///< never empty
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
  bool current = true;  ///< in the configuration that is valid now; else kept for the day it comes back
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
  /// known by a one-way fingerprint: a new key begins afresh, and so does an endpoint with another `base_url`. Other
  /// keys, or the same in another order, give another target upon the same cells: indices stay right for whoever still
  /// holds the old configuration.
  [[nodiscard]] Target& target(const config::ModelEntry& entry, const config::Provider& provider);

  /// Around the asking for the targets of a new configuration: what was not asked for between them is not `current`
  /// any more.
  void begin_configuration();
  void end_configuration();

  /// Any thread. `wall`: the wall clock at `now`.
  [[nodiscard]] std::vector<Row> rows(
      const config::Health& policy,
      TimePoint now,
      std::chrono::system_clock::time_point wall = std::chrono::system_clock::now()
  ) const;

 private:
  friend class Keeper;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gw::health
