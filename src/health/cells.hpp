// The cells: what is remembered of an entry, an endpoint, a key. Plain atomics, global to all shards; relaxed, since no
// value tells of another. Every loop is bounded: whoever loses the race that often leaves a point of score out, never a
// probe or a place. Private to health.
#pragma once

#include "health/cell.hpp"
#include "health/charge.hpp"
#include "health/health.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

namespace gw::health {

inline constexpr int most_tries = 64;

struct alignas(64) Cell {
  std::atomic<std::uint64_t> standing{0};  ///< a packed Standing
  std::atomic<std::uint64_t> rest{0};      ///< a packed Rest
  std::atomic<std::uint64_t> successes{0};
  std::atomic<std::uint64_t> failures{0};
  std::atomic<std::uint64_t> answered_before{0};  ///< `successes` at the last failure

  [[nodiscard]] double score(const config::Health& policy, std::int64_t now_ms) const noexcept {
    const std::uint64_t word = standing.load(std::memory_order_relaxed);
    return is_flawless(word) ? 0 : score_at(standing_of(word), policy, now_ms);
  }

  /// Enters or not; fills what the attempt must know at its end.
  [[nodiscard]] Admission enter(bool last_resort, std::int64_t now_ms, Stake& mine) noexcept {
    std::uint64_t word = rest.load(std::memory_order_relaxed);
    for (int i = 0; i < most_tries; ++i) {
      mine = {generation_of(word), false};
      if (!is_open(word)) return Admission::pass;
      const Admission admission = admit(rest_of(word), last_resort, now_ms);
      if (admission != Admission::probe) return admission;
      if (rest.compare_exchange_weak(word, word | probing_bit, std::memory_order_relaxed)) {
        mine.probe = true;
        return admission;
      }
    }
    return last_resort ? Admission::pass : Admission::rests;
  }

  /// The attempt ended, and that says nothing about the cell.
  void leave(Stake& mine) noexcept {
    if (mine.probe) rest.fetch_and(~probing_bit, std::memory_order_relaxed);
    mine.probe = false;
  }

  void answered(Stake& mine, const config::Health& policy, std::int64_t now_ms) noexcept {
    const bool closed = close(mine, now_ms);
    std::uint64_t word = standing.load(std::memory_order_relaxed);
    for (int i = 0; i < most_tries && !is_flawless(word); ++i) {
      const std::uint64_t next = pack(after_answer(standing_of(word), closed, policy, now_ms));
      if (standing.compare_exchange_weak(word, next, std::memory_order_relaxed)) return;
    }
  }

  void failed(
      Stake& mine, const Charge& charge, std::int64_t retry_after_ms, const config::Health& policy, std::int64_t now_ms
  ) noexcept;

 private:
  /// True when a rest ended by this.
  bool close(Stake& mine, std::int64_t now_ms) noexcept {
    std::uint64_t word = rest.load(std::memory_order_relaxed);
    if (!is_open(word) && !mine.probe) return false;
    for (int i = 0; i < most_tries; ++i) {
      const std::uint64_t next = pack(after_answer(rest_of(word), mine, now_ms));
      if (!rest.compare_exchange_weak(word, next, std::memory_order_relaxed)) continue;
      mine.probe = false;
      return is_open(word) && !is_open(next);
    }
    leave(mine);
    return false;
  }
};

/// Milliseconds and rates that move by a fifth of the difference with each answer. Written without compare: of two that
/// end at the same instant one may be forgotten.
class Speeds {
 public:
  struct Values {
    float ttft_ms = 0;
    float tokens_per_second = 0;
    float total_ms = 0;
    std::uint32_t tick = 0;  ///< of the last answer

    friend bool operator==(const Values&, const Values&) = default;
  };

  [[nodiscard]] Values load() const noexcept {
    const std::uint64_t pace = pace_.load(std::memory_order_relaxed);
    const std::uint64_t whole = whole_.load(std::memory_order_relaxed);
    return {first_of(pace), second_of(pace), first_of(whole), static_cast<std::uint32_t>(whole)};
  }

  void store(const Values& v) noexcept {
    pace_.store(both(v.ttft_ms, v.tokens_per_second), std::memory_order_relaxed);
    whole_.store(std::uint64_t{std::bit_cast<std::uint32_t>(v.total_ms)} << 32 | v.tick, std::memory_order_relaxed);
  }

  void add(const Answered& how, std::int64_t now_ms) noexcept {
    Values v = load();
    const auto to_ms = [](Duration d) { return std::chrono::duration<float, std::milli>(d).count(); };
    const float first = to_ms(how.to_first_content);
    const float total = to_ms(how.total);
    move(v.ttft_ms, first);
    move(v.total_ms, total);
    // Fewer tokens or less time say more about the network's packets than about the model.
    if (how.completion_tokens >= 8 && first > 0 && total - first >= 20) {
      move(v.tokens_per_second, static_cast<float>(how.completion_tokens) * 1000 / (total - first));
    }
    v.tick = tick_of(now_ms);
    store(v);
  }

 private:
  static void move(float& value, float sample) noexcept {
    if (sample > 0) value = value > 0 ? value + (sample - value) / 5 : sample;
  }

  static std::uint64_t both(float a, float b) noexcept {
    return std::uint64_t{std::bit_cast<std::uint32_t>(a)} << 32 | std::bit_cast<std::uint32_t>(b);
  }

  static float first_of(std::uint64_t w) noexcept { return std::bit_cast<float>(static_cast<std::uint32_t>(w >> 32)); }

  static float second_of(std::uint64_t w) noexcept { return std::bit_cast<float>(static_cast<std::uint32_t>(w)); }

  std::atomic<std::uint64_t> pace_{0};   ///< time to the first content, tokens a second
  std::atomic<std::uint64_t> whole_{0};  ///< total time, tick
};

/// Answers of the last minute, in slots of 4.096 s: a slot is a shift away from the time.
class Recent {
 public:
  void add(std::int64_t now_ms) noexcept {
    const std::uint32_t slot = slot_of(now_ms);
    std::atomic<std::uint64_t>& at = slots_[slot % slots_.size()];
    std::uint64_t word = at.load(std::memory_order_relaxed);
    for (int i = 0; i < most_tries; ++i) {
      const bool current = word != 0 && static_cast<std::uint32_t>(word >> 32) == slot;
      const std::uint64_t next = current ? word + 1 : (std::uint64_t{slot} << 32 | 1);
      if (at.compare_exchange_weak(word, next, std::memory_order_relaxed)) return;
    }
  }

  struct Sums {
    std::uint32_t count = 0;  ///< of the last 57 to 61 seconds
    double faded = 0;         ///< each counts 1 when new, less with age, nothing after a minute
  };

  /// A decision takes the faded sum: what leaves a window all at once comes back all at once, and a model that takes
  /// its share again after a rest would swing between everything and nothing for good.
  [[nodiscard]] Sums sums(std::int64_t now_ms) const noexcept {
    const std::uint32_t now = slot_of(now_ms);
    Sums out;
    for (const std::atomic<std::uint64_t>& at : slots_) {
      const std::uint64_t word = at.load(std::memory_order_relaxed);
      // A slot that is ahead was written by a thread whose `now` was.
      const auto age = static_cast<std::int32_t>(now - static_cast<std::uint32_t>(word >> 32));
      if (age >= 15 || age < -1) continue;
      const auto answers = static_cast<std::uint32_t>(word);
      out.count += answers;
      // From the middle of its slot.
      const std::int32_t within = static_cast<std::int32_t>(now_ms & (slot_ms - 1)) - half_slot_ms;
      const auto since = static_cast<double>(age * slot_ms + within);
      out.faded += answers * std::clamp(1 - since / (15 * slot_ms), 0.0, 1.0);
    }
    return out;
  }

 private:
  static constexpr std::int32_t slot_ms = 4096;
  static constexpr std::int32_t half_slot_ms = slot_ms / 2;

  static std::uint32_t slot_of(std::int64_t now_ms) noexcept {
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(now_ms / slot_ms));
  }

  std::array<std::atomic<std::uint64_t>, 16> slots_{};
};

struct Entry : Cell {
  std::atomic<std::uint32_t> in_flight{0};
  Speeds speeds;
  Recent recent;
};

}  // namespace gw::health
