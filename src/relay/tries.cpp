#include "relay/tries.hpp"

#include <algorithm>

namespace gw::relay {

using health::Target;
using routing::Candidate;

namespace {

constexpr std::size_t counted_keys = 64;
constexpr Millis probe_look{50};  // between two looks at a model that somebody else probes

bool contains(const std::vector<int>& statuses, const std::optional<std::uint16_t>& status) {
  return status && std::find(statuses.begin(), statuses.end(), int{*status}) != statuses.end();
}

bool is_timeout(Errc code) noexcept {
  return code == Errc::first_byte_timeout || code == Errc::idle_timeout || code == Errc::total_timeout;
}

// Waiting does not mend these: the same model, asked by the same key, says the same again.
bool is_lasting(Errc code) noexcept {
  return is_refusal(code) || code == Errc::model_unavailable || code == Errc::billing || code == Errc::upstream_auth;
}

bool is_key_s(Errc code) noexcept {
  return code == Errc::rate_limited || code == Errc::billing || code == Errc::upstream_auth;
}

}  // namespace

void Tries::add(const routing::Plan& plan) {
  ranks_[plan.tier] = {plan.strategy, 0};
  seats_.reserve(seats_.size() + plan.candidates.size());
  for (const Candidate* const candidate : plan.candidates) {
    // A model that stands in two tiers is one model: what it was asked counts. One that its first tier did not come to
    // is the second's.
    const auto seated = std::find_if(seats_.begin(), seats_.end(), [&](const Seat& seat) {
      return seat.candidate->health == candidate->health;
    });
    if (seated != seats_.end()) {
      if (seated->passes != 0) continue;
      seats_.erase(seated);
    }
    seats_.push_back({candidate, plan.tier});
    rule_out(seats_.back());
  }
}

bool Tries::is_over(TimePoint now) const noexcept {
  const config::Retries& retries = rules_.config.retries;
  return is_final_ || asked_ >= retries.max_attempts || now >= rules_.received + retries.deadline;
}

bool Tries::may_be_first(const Seat& seat) const noexcept {
  if (seat.is_out || !seat.is_fresh) return false;
  const Rank& rank = ranks_[seat.tier];
  if (rank.strategy == config::Strategy::sequential || seat.passes != 0) return true;
  return rank.positions < std::max(1, rules_.config.retries.max_retries[seat.tier]);
}

bool Tries::may_repeat(const Seat& seat) const noexcept {
  if (seat.is_out || seat.passes == 0) return false;
  const bool makes_rounds = ranks_[seat.tier].strategy == config::Strategy::sequential;
  return seat.passes < (makes_rounds ? seat.candidate->rounds : 1);
}

health::Reading Tries::rest_of(const Seat& seat, TimePoint now) const noexcept {
  return seat.candidate->health->read(rules_.config.health, now, health::Detail::rest);
}

bool Tries::begin(Seat& seat, bool is_last_resort, TimePoint now, Random& random, Step& step) {
  const Candidate& candidate = *seat.candidate;
  Target::Begin how;
  how.max_concurrent = candidate.max_concurrent;
  how.last_resort = is_last_resort;
  how.without = seat.bad_keys;
  if (candidate.provider->keys.size() > 1) how.chance = random.uniform();
  const std::optional<Target::Refusal> refusal = candidate.health->begin(how, now, step.ticket);
  seat.is_full = refusal == Target::Refusal::full;
  if (refusal) {
    if (*refusal == Target::Refusal::no_key) seat.is_out = true;
    return false;
  }
  step.kind = Step::Kind::ask;
  step.candidate = &candidate;
  step.tier = seat.tier;
  step.is_repeat = !seat.is_fresh;
  step.is_last_resort = is_last_resort;
  if (seat.passes == 0) ++ranks_[seat.tier].positions;
  if (seat.passes == 0 || !seat.is_fresh) ++seat.passes;
  seat.is_fresh = false;
  ++asked_;
  current_ = static_cast<std::size_t>(&seat - seats_.data());
  return true;
}

// Another key of a model that failed takes no try from a model that was not asked yet.
bool Tries::would_starve(const Seat& seat) const noexcept {
  if (seat.passes == 0) return false;
  const auto waiting = std::count_if(seats_.begin(), seats_.end(), [&](const Seat& other) {
    return other.passes == 0 && may_be_first(other);
  });
  return rules_.config.retries.max_attempts - asked_ <= waiting;
}

bool Tries::first_try(TimePoint now, Random& random, Step& step) {
  bool any_stood_back = false;
  for (const bool stands_back : {true, false}) {
    for (Seat& seat : seats_) {
      if (!may_be_first(seat)) continue;
      if (stands_back && would_starve(seat)) {
        any_stood_back = true;
        continue;
      }
      if (begin(seat, false, now, random, step)) return true;
      // While it rests, a place at it is of use to a last resort only.
      if (seat.is_full && !rest_of(seat, now).rests) any_full_ = true;
    }
    if (!any_stood_back) break;
  }
  return false;
}

// A place at a model that nobody has asked yet is worth more than a repeat at one that has failed.
bool Tries::wait_for_place(TimePoint now, Step& step) {
  had_full_ = had_full_ || any_full_;
  if (!any_full_ || !may_wait_) return false;
  if (queue_until_ == TimePoint{}) queue_until_ = now + rules_.config.limits.queue_ms;
  if (now >= queue_until_) return false;
  step.kind = Step::Kind::queue;
  step.until = std::min(queue_until_, rules_.received + rules_.config.retries.deadline);
  return true;
}

// Round by round. `soonest`: when the next of those that may be repeated can be.
bool Tries::repeat_those(bool timed_out, TimePoint now, Random& random, Step& step, TimePoint& soonest) {
  const config::Retries& retries = rules_.config.retries;
  const TimePoint deadline = rules_.received + retries.deadline;
  int most = 0;
  for (const Seat& seat : seats_) most = std::max(most, int{seat.passes});
  for (int pass = 1; pass <= most; ++pass) {
    for (Seat& seat : seats_) {
      if (seat.passes != pass || seat.timed_out != timed_out || !may_repeat(seat)) continue;
      TimePoint ready = seat.again;
      const health::Reading reading = rest_of(seat, now);
      if (reading.rests) {
        TimePoint look = reading.until;
        if (look <= now) {  // somebody else's probe: its end is not known, so it is looked for now and then
          if (seat.probe_until == TimePoint{}) seat.probe_until = now + retries.max_wait;
          if (now >= seat.probe_until) continue;
          look = now + probe_look;
        }
        if (look > now + retries.max_wait) continue;  // too long for a request to wait for
        ready = std::max(ready, look);
      }
      if (now < ready) {
        if (ready < deadline) soonest = std::min(soonest, ready);
        continue;
      }
      seat.is_fresh = false;
      seat.bad_keys = seat.dead_keys;
      if (begin(seat, false, now, random, step)) return true;
      any_full_ = any_full_ || seat.is_full;
    }
  }
  return false;
}

bool Tries::repeat(TimePoint now, Random& random, RepeatBudget& budget, Step& step) {
  const config::Retries& retries = rules_.config.retries;
  if (!budget.allows(retries, now)) return false;
  TimePoint soonest = far_future;
  for (const bool timed_out : {false, true}) {
    if (repeat_those(timed_out, now, random, step, soonest)) {
      budget.repeat(now);
      return true;
    }
    // Who only answered too late comes after those that are waited for.
    if (wait_for_place(now, step)) return true;
    if (soonest != far_future) break;
  }
  if (soonest == far_future) return false;
  // Who was not asked yet may be there again before that.
  for (const Seat& seat : seats_) {
    if (!may_be_first(seat)) continue;
    const health::Reading reading = rest_of(seat, now);
    if (reading.rests && reading.until > now) soonest = std::min(soonest, reading.until);
  }
  step.kind = Step::Kind::wait;
  step.until = soonest;
  return true;
}

// The least bad of those that rest; when it is full, the next.
bool Tries::last_resort(TimePoint now, Random& random, Step& step) {
  if (used_last_resort_ || !rules_.config.retries.last_resort) return false;
  const Seat* refused = nullptr;
  TimePoint refused_until{};
  for (;;) {
    Seat* least_bad = nullptr;
    TimePoint until{};
    for (Seat& seat : seats_) {
      if (!may_be_first(seat)) continue;
      // A model that does not rest and yet was not begun is full, or is awake only by keys that this request has tried:
      // nothing better is known of its others.
      const health::Reading reading = rest_of(seat, now);
      if (!reading.rests && seat.is_full) continue;
      const TimePoint there = reading.rests ? reading.until : far_future;
      const bool was_refused =
          refused != nullptr && (there < refused_until || (there == refused_until && &seat <= refused));
      if (was_refused || (least_bad != nullptr && there >= until)) continue;
      least_bad = &seat;
      until = there;
    }
    if (least_bad == nullptr) break;
    if (begin(*least_bad, true, now, random, step)) {
      used_last_resort_ = true;
      return true;
    }
    any_full_ = any_full_ || least_bad->is_full;
    refused = least_bad;
    refused_until = until;
  }
  return wait_for_place(now, step);
}

bool Tries::wants(const Target& target) const noexcept {
  return std::any_of(seats_.begin(), seats_.end(), [&](const Seat& seat) {
    return seat.candidate->health == &target && seat.is_full && !seat.is_out;
  });
}

bool Tries::has_place(const Target& target, TimePoint now) const noexcept {
  return std::any_of(seats_.begin(), seats_.end(), [&](const Seat& seat) {
    if (seat.candidate->health != &target) return false;
    const std::uint32_t most = seat.candidate->max_concurrent;
    return most == 0 || target.read(rules_.config.health, now, health::Detail::standing).in_flight < most;
  });
}

Tries::Step Tries::next(TimePoint now, Random& random, RepeatBudget& budget) {
  Step step;
  if (is_over(now)) return step;
  any_full_ = false;
  if (first_try(now, random, step) || wait_for_place(now, step)) return step;
  if (repeat(now, random, budget, step)) return step;
  if (rules_.may_escalate) {
    step.kind = Step::Kind::escalate;
    return step;
  }
  // Another shard may have given a probe or a place back since the first look.
  if (first_try(now, random, step) || last_resort(now, random, step)) return step;
  return step;
}

// What earlier refusals say of a candidate.
void Tries::rule_out(Seat& seat) const noexcept {
  const std::uint64_t room = seat.candidate->context_window;
  if (room != 0 && room <= exceeded_window_) seat.is_out = true;
  if (needs_eyes_ && !seat.candidate->multimodal) seat.is_out = true;
}

void Tries::refused(Seat& seat, const Error& error) {
  const config::Retries& retries = rules_.config.retries;
  seat.is_out = true;
  switch (error.code) {
    case Errc::content_policy:
      is_final_ = !retries.content_policy_next;
      return;
    case Errc::context_exceeded:
      // Others may have more room; those known to have no more than this one have not.
      exceeded_window_ = std::max(exceeded_window_, seat.candidate->context_window);
      for (Seat& other : seats_) rule_out(other);
      return;
    case Errc::unsupported_input:
      needs_eyes_ = needs_eyes_ || rules_.has_images;
      for (Seat& other : seats_) rule_out(other);
      return;
    default:
      break;
  }
  // It may be this model's limit, so one other is asked; two that agree are right. Statuses that the operator calls
  // retryable are tried everywhere.
  if (contains(retries.conditions.status_codes, error.upstream_status)) return;
  ++refusals_;
  is_final_ = retries.client_errors == config::ClientErrors::give_back ||
              (retries.client_errors == config::ClientErrors::one_other && refusals_ >= 2);
}

// Another key is another account: asking with it is no repeat.
bool Tries::has_key_left(Seat& seat, const Error& error, std::size_t key) const noexcept {
  const std::size_t keys = seat.candidate->provider->keys.size();
  if (keys == 1 || !is_key_s(error.code) || key >= counted_keys) {
    seat.is_out = is_lasting(error.code);
    return false;
  }
  const std::uint64_t all = keys >= counted_keys ? ~std::uint64_t{0} : (std::uint64_t{1} << keys) - 1;
  const std::uint64_t bit = std::uint64_t{1} << key;
  seat.bad_keys |= bit;
  if (is_lasting(error.code)) seat.dead_keys |= bit;
  seat.is_out = seat.dead_keys == all;
  return seat.bad_keys != all;
}

void Tries::failed(const Error& error, std::size_t key, TimePoint now, Random& random) {
  const config::Retries& retries = rules_.config.retries;
  Seat& seat = seats_[current_];
  if (is_refusal(error.code)) {
    refused(seat, error);
    return;
  }
  if (error.code == Errc::image_undescribed) {
    needs_eyes_ = true;
    for (Seat& other : seats_) rule_out(other);
    return;
  }
  seat.timed_out = is_timeout(error.code);
  seat.is_fresh = has_key_left(seat, error, key);
  if (!may_repeat(seat)) return;
  // Doubled each time, less up to a half by chance: requests that failed together do not come back together.
  Millis pause = retries.backoff;
  for (int i = 1; i < seat.passes && pause < retries.backoff_max; ++i) pause *= 2;
  pause = std::min(pause, retries.backoff_max);
  seat.again = now + std::chrono::duration_cast<Duration>(pause * (1 - random.uniform() / 2));
  // One key of several rests as long as its account was told to: its model's rest says when the first is there again.
  if (!error.retry_after || seat.bad_keys != 0) return;
  if (*error.retry_after > retries.max_wait) {
    seat.is_out = true;
  } else {
    seat.again = std::max(seat.again, now + Duration{*error.retry_after});
  }
}

Error Tries::nobody_asked(TimePoint now) const {
  if (now >= rules_.received + rules_.config.retries.deadline) {
    return gateway_error(
        Errc::overloaded, "No model could be asked before the deadline (retries.deadline); try again."
    );
  }
  if (had_full_) {
    Error error = gateway_error(Errc::overloaded, "Every model that could answer is full (max_concurrent); try again.");
    error.retry_after = Millis{1000};
    return error;
  }
  TimePoint soonest = far_future;
  for (const Seat& seat : seats_) {
    const health::Reading reading = seat.candidate->health->read(rules_.config.health, now, health::Detail::rest);
    if (reading.rests) soonest = std::min(soonest, reading.until);
  }
  Error error = gateway_error(
      Errc::overloaded, "Every model that could answer rests after failures (retries.last_resort is false); try again."
  );
  error.retry_after = soonest == far_future || soonest <= now ? Millis{1000} : std::chrono::ceil<Millis>(soonest - now);
  return error;
}

}  // namespace gw::relay
