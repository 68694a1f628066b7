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
    config::Tier tier{};          ///< that the candidate stands for
    bool is_repeat = false;       ///< the same model again
    bool is_last_resort = false;  ///< it rests, and so does everybody else
    health::Ticket ticket{};
  };

  struct Rules {
    const config::Config& config;
    TimePoint received;         ///< the deadline counts from it
    bool has_images = false;    ///< in the request, and nobody describes them for models that cannot see
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

  /// A place at this model would be of use: `next` found it full. While waiting for a place.
  [[nodiscard]] bool wants(const health::Target& target) const noexcept;

  /// For somebody who `wants` it: it has one now.
  [[nodiscard]] bool has_place(const health::Target& target, TimePoint now) const noexcept;

  /// Requests sent to providers so far.
  [[nodiscard]] int asked() const noexcept { return asked_; }

  /// Why nobody was asked, when nobody was. After `stop`.
  [[nodiscard]] Error nobody_asked(TimePoint now) const;

 private:
  struct Seat {
    const routing::Candidate* candidate = nullptr;
    config::Tier tier = config::Tier::t1;  // that it stands for; of a pinned model not always its own
    bool is_out = false;                   // for the rest of this request
    bool is_fresh = true;                  // not asked yet, or a key is left: no repeat
    bool timed_out = false;                // asked again only when nobody else waits
    bool is_full = false;                  // when it was last to be asked
    std::uint16_t passes = 0;              // its keys are asked once in each
    std::uint64_t bad_keys = 0;            // bits of the keys that failed in this pass
    std::uint64_t dead_keys = 0;           // and of those that are not mended by waiting
    TimePoint again{};                     // not asked again before
    TimePoint probe_until{};               // somebody else's probe is not waited for beyond that
  };

  struct Rank {
    config::Strategy strategy = config::Strategy::sequential;
    int positions = 0;  // candidates asked, of `retries.max_retries`
  };

  [[nodiscard]] bool is_over(TimePoint now) const noexcept;
  [[nodiscard]] bool begin(Seat& seat, bool is_last_resort, TimePoint now, Random& random, Step& step);
  [[nodiscard]] bool would_starve(const Seat& seat) const noexcept;
  [[nodiscard]] bool first_try(TimePoint now, Random& random, Step& step);
  [[nodiscard]] bool wait_for_place(TimePoint now, Step& step);
  [[nodiscard]] bool repeat(TimePoint now, Random& random, RepeatBudget& budget, Step& step);
  [[nodiscard]] bool repeat_those(bool timed_out, TimePoint now, Random& random, Step& step, TimePoint& soonest);
  [[nodiscard]] bool last_resort(TimePoint now, Random& random, Step& step);
  void refused(Seat& seat, const Error& error);
  void rule_out(Seat& seat) const noexcept;
  [[nodiscard]] bool has_key_left(Seat& seat, const Error& error, std::size_t key) const noexcept;
  [[nodiscard]] bool may_be_first(const Seat& seat) const noexcept;
  [[nodiscard]] bool may_repeat(const Seat& seat) const noexcept;
  [[nodiscard]] health::Reading rest_of(const Seat& seat, TimePoint now) const noexcept;

  Rules rules_;
  BlockVector<Seat> seats_;
  config::PerTier<Rank> ranks_{};
  std::size_t current_ = 0;
  std::uint64_t exceeded_window_ = 0;  // a model with this many tokens, or fewer, has not the room
  TimePoint queue_until_{};            // from when the request first waited for a place
  int asked_ = 0;
  std::uint8_t refusals_ = 0;
  bool may_wait_ = true;
  bool needs_eyes_ = false;  // images are there, and words for them are not
  bool is_final_ = false;    // nobody else is to be asked
  bool used_last_resort_ = false;
  bool any_full_ = false;
  bool had_full_ = false;
};

}  // namespace gw::relay
