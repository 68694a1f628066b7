// Who is asked next, and when it is over: the attempt loop's decisions (docs/failover.md). Pure but for the health
// cells it reads and takes tickets from; `now` and chance are given. No sockets, no waiting: it says what to wait for.
#pragma once

#include "base/blocks.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/random.hpp"
#include "config/config.hpp"
#include "health/health.hpp"
#include "relay/budget.hpp"
#include "routing/routing.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace gw::relay {

/// One request's tries. Its candidates, configuration and budget outlive it.
class Tries {
 public:
  /// What to do next.
  struct Step {
    enum class Kind : std::uint8_t {
      ask,       ///< send the request to `candidate`; `ticket` is its place
      wait,      ///< until `until`: the same model may do better then
      queue,     ///< for a place at a full model, at most until `until`
      escalate,  ///< the tier is at its end: `add` the next one's candidates, or say that there are none
      stop,      ///< nobody is left
    };

    Kind kind = Kind::stop;
    TimePoint until{};
    const routing::Candidate* candidate = nullptr;
    bool is_repeat = false;       ///< the same model again
    bool is_last_resort = false;  ///< it rests, and so does everybody else
    health::Ticket ticket{};
  };

  struct Rules {
    const config::Config& config;
    TimePoint received;         ///< the deadline counts from it
    bool has_images = false;    ///< in the request
    bool may_escalate = false;  ///< `next` may ask for another tier
  };

  explicit Tries(const Rules& rules) noexcept : rules_(rules) {}

  /// Appends a plan's candidates: the first tier's, or the next one's. Its tier and strategy hold from now on.
  void add(const routing::Plan& plan);

  /// There is no further tier.
  void no_more_tiers() noexcept { rules_.may_escalate = false; }

  [[nodiscard]] Step next(TimePoint now, Random& random, RepeatBudget& budget);

  /// The candidate that `next` named last has failed, before anything of it went to the client. Not for a client that
  /// left and not for our own stop: the request is over then.
  void failed(const Error& error, std::size_t key, TimePoint now, Random& random);

  /// There is no room to wait for a place at a full model.
  void no_more_waiting() noexcept { may_wait_ = false; }

  /// A place at this model would be of use: it was not asked yet.
  [[nodiscard]] bool wants(const health::Target& target) const noexcept;

  /// Requests sent to providers so far.
  [[nodiscard]] int asked() const noexcept { return asked_; }

  /// Why nobody was asked, when nobody was. After `stop`.
  [[nodiscard]] Error nobody_asked(TimePoint now) const;

 private:
  struct Seat {
    const routing::Candidate* candidate = nullptr;
    std::uint64_t bad_keys = 0;  // bits of the keys that failed for this request
    TimePoint again{};           // not asked again before
    std::uint16_t asked = 0;     // passes: the keys that one pass tries count once
    bool is_out = false;         // for the rest of this request
    bool is_fresh = true;        // not asked yet, or with another key: no repeat
    bool timed_out = false;      // asked again only when nobody else waits

    [[nodiscard]] bool is_new() const noexcept { return asked == 0 && bad_keys == 0; }
  };

  [[nodiscard]] bool is_over(TimePoint now) const noexcept;
  [[nodiscard]] bool begin(Seat& seat, bool is_last_resort, TimePoint now, Random& random, Step& step);
  [[nodiscard]] bool first_try(TimePoint now, Random& random, Step& step);
  [[nodiscard]] bool wait_for_place(TimePoint now, Step& step);
  [[nodiscard]] bool repeat(TimePoint now, Random& random, RepeatBudget& budget, Step& step);
  [[nodiscard]] bool last_resort(TimePoint now, Random& random, Step& step);
  void refused(Seat& seat, const Error& error);
  [[nodiscard]] int passes(const Seat& seat) const noexcept;

  Rules rules_;
  config::Tier tier_ = config::Tier::t1;
  config::Strategy strategy_ = config::Strategy::sequential;
  bool may_wait_ = true;
  BlockVector<Seat> seats_;
  std::size_t current_ = 0;
  TimePoint queue_until_{};  // from when the request first waited for a place
  int asked_ = 0;
  int positions_ = 0;  // candidates asked, of `retries.max_retries`
  std::uint8_t refusals_ = 0;
  bool is_final_ = false;  // nobody else is to be asked
  bool used_last_resort_ = false;
  bool any_full_ = false;
  bool had_full_ = false;
};

}  // namespace gw::relay
