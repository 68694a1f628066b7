// The two words of a cell and how they change: how it stands (a fading score) and whether it rests (a breaker with one
// probe). Pure: a word, the policy and `now` in, the next word out; cells.hpp makes them atomic. Private to health.
#pragma once

#include "base/clock.hpp"
#include "config/config.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <optional>

namespace gw::health {

/// Milliseconds of the monotonic clock; the cells count time in them.
[[nodiscard]] inline std::int64_t ms_of(TimePoint t) noexcept {
  return std::chrono::floor<Millis>(t.time_since_epoch()).count();
}

[[nodiscard]] inline TimePoint time_of(std::int64_t ms) noexcept {
  return TimePoint(Millis(ms));
}

// A moment in 32 bits, in units of 64 ms: it wraps, and differences are right within four years.
[[nodiscard]] constexpr std::uint32_t tick_of(std::int64_t ms) noexcept {
  return static_cast<std::uint32_t>(static_cast<std::uint64_t>(ms >> 6));
}

/// From `tick` to `now_ms`; not below 0: another thread's `now` may be a little ahead.
[[nodiscard]] constexpr std::int64_t ms_since(std::uint32_t tick, std::int64_t now_ms) noexcept {
  const auto ticks = static_cast<std::int32_t>(tick_of(now_ms) - tick);
  return ticks > 0 ? std::int64_t{ticks} * 64 : 0;
}

// --- How it stands ---------------------------------------------------------------------------------------------------

/// Word: | score, 1/2^20 of a point, 28 bits | streak 4 | tick 32 |. The upper half is 0 while nothing is held against
/// it, whatever the tick: the usual case costs one compare.
struct Standing {
  double score = 0;        ///< failure points at `tick`
  unsigned streak = 0;     ///< failures since the last answer, each within `repeat_window` of the one before; to 15
  std::uint32_t tick = 0;  ///< when that was so; while there is a streak: its last failure

  friend bool operator==(const Standing&, const Standing&) = default;
};

inline constexpr double score_unit = 1 << 20;
inline constexpr double score_limit = 255;  ///< what the word can hold; `max_score` is at most this

[[nodiscard]] constexpr bool is_flawless(std::uint64_t standing) noexcept {
  return standing >> 32 == 0;
}

[[nodiscard]] inline std::uint64_t pack(const Standing& s) noexcept {
  const auto score = static_cast<std::uint64_t>(std::clamp(s.score, 0.0, score_limit) * score_unit);
  return score << 36 | std::uint64_t{std::min(s.streak, 15U)} << 32 | s.tick;
}

[[nodiscard]] inline Standing standing_of(std::uint64_t word) noexcept {
  return {
      static_cast<double>(word >> 36) / score_unit,
      static_cast<unsigned>(word >> 32) & 15U,
      static_cast<std::uint32_t>(word)};
}

/// `score` after `age_ms`: the solution of ds/dt = -(ln 2 / half_life) s - decay_rate. So it does not matter in how
/// many steps one looks.
[[nodiscard]] inline double faded(double score, std::int64_t age_ms, const config::Health& policy) noexcept {
  const double age = static_cast<double>(age_ms);
  if (policy.half_life.count() <= 0) return std::max(0.0, score - policy.decay_rate * age / 60000);
  const double half_life = static_cast<double>(policy.half_life.count());
  const double offset = policy.decay_rate * half_life / (60000 * 0.69314718055994531);
  return std::max(0.0, (score + offset) * std::exp2(-age / half_life) - offset);
}

[[nodiscard]] inline double score_at(const Standing& s, const config::Health& policy, std::int64_t now_ms) noexcept {
  return s.score <= 0 ? 0 : faded(s.score, ms_since(s.tick, now_ms), policy);
}

/// What the dashboard and `adaptive` see: 100 / (1 + 0.2 score), the original's curve.
[[nodiscard]] constexpr double shown(double score) noexcept {
  return 100 / (1 + 0.2 * score);
}

/// `closed`: a rest ended by this answer. Then no more than one medium penalty is left: it just answered.
[[nodiscard]] inline Standing after_answer(
    const Standing& s, bool closed, const config::Health& policy, std::int64_t now_ms
) noexcept {
  double score = std::max(0.0, score_at(s, policy, now_ms) - policy.success_bonus);
  if (closed) score = std::min(score, policy.medium);
  return {score, 0, tick_of(now_ms)};
}

[[nodiscard]] inline Standing after_failure(
    const Standing& s, double penalty, const config::Health& policy, std::int64_t now_ms
) noexcept {
  const bool repeated = s.streak > 0 && ms_since(s.tick, now_ms) <= policy.repeat_window.count();
  const unsigned before = repeated ? s.streak : 0;
  // The fifth in a row weighs as much as any later one: factors beyond that only saturate.
  const double weight = std::pow(policy.repeat_factor, std::min(before, 4U));
  const double ceiling = std::min(policy.max_score, score_limit);
  return {
      std::min(score_at(s, policy, now_ms) + penalty * weight, ceiling), std::min(before + 1, 15U), tick_of(now_ms)};
}

// --- Whether it rests ------------------------------------------------------------------------------------------------

/// Word: | generation 17 | probing 1 | open 1 | step 5 | until, ms, signed 40 |.
///
///   closed --failure that calls for it--> open, until in the future: nobody asks
///   open, until past = half-open: the next one to ask is the probe (probing); others stay away
///   probe answers --> closed; probe fails --> open, longer; probe ends otherwise --> half-open
struct Rest {
  std::int64_t until = 0;        ///< its end; when closed: when that was
  unsigned step = 0;             ///< how often it grew
  bool open = false;             ///< not closed again by an answer
  bool probing = false;          ///< somebody owns the probe; only that ticket takes this back
  std::uint32_t generation = 0;  ///< counts the rests; 0 = never rested

  [[nodiscard]] bool is_over(std::int64_t now_ms) const noexcept { return until <= now_ms; }

  friend bool operator==(const Rest&, const Rest&) = default;
};

inline constexpr std::uint64_t open_bit = std::uint64_t{1} << 45;
inline constexpr std::uint64_t probing_bit = std::uint64_t{1} << 46;
inline constexpr std::uint32_t last_generation = (1U << 17) - 1;
inline constexpr unsigned last_step = 31;

[[nodiscard]] constexpr bool is_open(std::uint64_t rest) noexcept {
  return (rest & open_bit) != 0;
}

[[nodiscard]] constexpr std::uint32_t generation_of(std::uint64_t rest) noexcept {
  return static_cast<std::uint32_t>(rest >> 47);
}

[[nodiscard]] constexpr std::uint64_t pack(const Rest& r) noexcept {
  constexpr std::uint64_t until_mask = (std::uint64_t{1} << 40) - 1;
  return std::uint64_t{r.generation} << 47 | (r.probing ? probing_bit : 0) | (r.open ? open_bit : 0) |
         std::uint64_t{r.step} << 40 | (static_cast<std::uint64_t>(r.until) & until_mask);
}

[[nodiscard]] constexpr Rest rest_of(std::uint64_t word) noexcept {
  return {
      static_cast<std::int64_t>(word << 24) >> 24,
      static_cast<unsigned>(word >> 40) & last_step,
      (word & open_bit) != 0,
      (word & probing_bit) != 0,
      generation_of(word)};
}

enum class Admission : std::uint8_t { pass, probe, rests };

/// A probe also when it is a last resort, if nobody else has it: it is evidence all the same.
[[nodiscard]] constexpr Admission admit(const Rest& r, bool last_resort, std::int64_t now_ms) noexcept {
  if (!r.open) return Admission::pass;
  if (r.is_over(now_ms) && !r.probing) return Admission::probe;
  return last_resort ? Admission::pass : Admission::rests;
}

/// What an attempt knows about a cell from its beginning.
struct Stake {
  std::uint32_t generation = 0;  ///< of the cell's rests then
  bool probe = false;            ///< it owns the probe
};

/// An answer ends the rest that was there when its attempt began. One that began before the rest says nothing about it.
[[nodiscard]] constexpr Rest after_answer(Rest r, const Stake& mine, std::int64_t now_ms) noexcept {
  if (mine.probe) r.probing = false;
  if (!r.open || r.generation != mine.generation) return r;
  r.open = false;
  r.until = now_ms;
  return r;
}

[[nodiscard]] inline std::int64_t length_of(const config::Cooldown& c, unsigned step) noexcept {
  const auto most = static_cast<double>(c.max.count());
  return static_cast<std::int64_t>(std::min(most, static_cast<double>(c.first.count()) * std::pow(c.growth, step)));
}

/// So many answers since the last failure make the next one an accident: less than one in ten attempts fails.
inline constexpr std::uint64_t answers_to_be_well = 10;

/// How a failure wants the cell to rest.
struct Wish {
  bool due = false;          ///< the failure's class, or the streak, calls for a rest
  bool is_streak = false;    ///< it is the streak
  bool is_isolated = false;  ///< many answers came before it
  const config::Cooldown* cooldown = nullptr;
  std::optional<std::int64_t> retry_after{};  ///< ms, bounded; what the provider asked for
};

/// A burst counts as one: of the attempts that were under way when the rest began, none makes it longer but by a
/// Retry-After. Its probe that fails does, and a failure soon after it.
[[nodiscard]] inline Rest after_failure(
    Rest r, const Stake& mine, const Wish& wish, const config::Health& policy, std::int64_t now_ms
) noexcept {
  const bool others_probe = r.probing && !mine.probe;
  if (mine.probe) r.probing = false;
  if (r.open && !r.is_over(now_ms)) {
    if (wish.retry_after) r.until = std::max(r.until, now_ms + *wish.retry_after);
    if (!mine.probe) return r;
  }
  const bool failed_probe = r.open && (mine.probe || r.generation == mine.generation);
  if (r.generation != mine.generation || (r.open && others_probe) || !(failed_probe || wish.due)) return r;
  // A streak is no accident whenever it comes. Of the others one that comes after a good time starts anew, or a
  // connection that fails once a minute would lead to the longest rest.
  const std::int64_t soon = wish.is_streak ? policy.repeat_window.count() : length_of(*wish.cooldown, r.step);
  // Nor does one after many answers: where there is much traffic, even rare failures come soon after each other.
  const bool continues = r.open || (r.generation != 0 && !wish.is_isolated && now_ms - r.until <= soon);
  std::int64_t length = 0;
  if (wish.retry_after && *wish.retry_after > 0 && !failed_probe) {
    length = *wish.retry_after;  // the provider's word, and until now it was not wrong
    if (!continues) r.step = 0;
  } else {
    r.step = continues ? std::min(r.step + 1, last_step) : 0;
    length = std::max(length_of(*wish.cooldown, r.step), wish.retry_after.value_or(0));
  }
  r.until = std::max(r.open ? r.until : now_ms, now_ms + length);
  r.open = true;
  r.generation = r.generation == last_generation ? 1 : r.generation + 1;
  return r;
}

}  // namespace gw::health
