#include "relay/tries.hpp"

#include <algorithm>

namespace gw::relay {

using health::Target;
using routing::Candidate;

namespace {

constexpr std::size_t counted_keys = 64;

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
  tier_ = plan.tier;
  strategy_ = plan.strategy;
  seats_.reserve(seats_.size() + plan.candidates.size());
  for (const Candidate* const candidate : plan.candidates) {
    // A model that stands in two tiers is one model: what it was asked counts.
    const bool is_seated = std::any_of(seats_.begin(), seats_.end(), [&](const Seat& seat) {
      return seat.candidate->health == candidate->health;
    });
    if (!is_seated) seats_.push_back({candidate});
  }
  positions_ = 0;
}

bool Tries::is_over(TimePoint now) const noexcept {
  const config::Retries& retries = rules_.config.retries;
  return is_final_ || asked_ >= retries.max_attempts || now >= rules_.received + retries.deadline;
}

int Tries::passes(const Seat& seat) const noexcept {
  return strategy_ == config::Strategy::sequential ? seat.candidate->rounds : 1;
}

bool Tries::begin(Seat& seat, bool is_last_resort, TimePoint now, Random& random, Step& step) {
  const Candidate& candidate = *seat.candidate;
  Target::Begin how;
  how.max_concurrent = candidate.max_concurrent;
  how.last_resort = is_last_resort;
  how.without = seat.bad_keys;
  if (candidate.provider->keys.size() > 1) how.chance = random.uniform();
  const std::optional<Target::Refusal> refusal = candidate.health->begin(how, now, step.ticket);
  if (refusal) {
    if (*refusal == Target::Refusal::full) any_full_ = true;
    if (*refusal == Target::Refusal::no_key) seat.is_out = true;
    return false;
  }
  if (seat.is_new()) ++positions_;
  step.kind = Step::Kind::ask;
  step.candidate = &candidate;
  step.is_repeat = !seat.is_fresh;
  step.is_last_resort = is_last_resort;
  seat.is_fresh = false;
  ++seat.asked;
  ++asked_;
  current_ = static_cast<std::size_t>(&seat - seats_.data());
  return true;
}

bool Tries::first_try(TimePoint now, Random& random, Step& step) {
  const bool counts = strategy_ != config::Strategy::sequential;
  const int most = std::max(1, rules_.config.retries.max_retries[tier_]);
  for (Seat& seat : seats_) {
    if (seat.is_out || !seat.is_fresh) continue;
    if (counts && seat.is_new() && positions_ >= most) continue;
    if (begin(seat, false, now, random, step)) return true;
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

// Whole passes: who was asked less often comes first.
bool Tries::repeat(TimePoint now, Random& random, RepeatBudget& budget, Step& step) {
  TimePoint soonest = far_future;
  int most = 0;
  for (const Seat& seat : seats_) most = std::max(most, int{seat.asked});
  for (const bool timed_out : {false, true}) {
    for (int asked = 1; asked <= most; ++asked) {
      for (Seat& seat : seats_) {
        if (seat.is_out || seat.is_fresh || seat.timed_out != timed_out || seat.asked != asked) continue;
        if (seat.asked >= passes(seat)) continue;
        const health::Reading reading = seat.candidate->health->read(rules_.config.health, now, health::Detail::rest);
        // A rest that is over by then is the provider's Retry-After.
        if (reading.rests && (now >= seat.again || reading.until > seat.again)) continue;
        if (now < seat.again) {
          soonest = std::min(soonest, seat.again);
          continue;
        }
        if (!budget.take(rules_.config.retries, now)) return false;
        if (begin(seat, false, now, random, step)) return true;
      }
    }
    if (soonest != far_future) break;  // who only answered too late comes after those
  }
  if (soonest >= rules_.received + rules_.config.retries.deadline) return false;
  step.kind = Step::Kind::wait;
  step.until = soonest;
  return true;
}

bool Tries::last_resort(TimePoint now, Random& random, Step& step) {
  if (used_last_resort_ || !rules_.config.retries.last_resort) return false;
  Seat* least_bad = nullptr;
  health::Reading best;
  for (Seat& seat : seats_) {
    if (seat.is_out || !seat.is_fresh) continue;
    const health::Reading reading = seat.candidate->health->read(rules_.config.health, now, health::Detail::standing);
    if (!reading.rests) continue;  // it is full, or beyond `max_retries`
    if (least_bad != nullptr && reading.until >= best.until) continue;
    least_bad = &seat;
    best = reading;
  }
  if (least_bad == nullptr) return false;
  used_last_resort_ = true;
  return begin(*least_bad, true, now, random, step);
}

bool Tries::wants(const Target& target) const noexcept {
  return std::any_of(seats_.begin(), seats_.end(), [&](const Seat& seat) {
    return seat.candidate->health == &target && seat.is_fresh && !seat.is_out;
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
  if (last_resort(now, random, step)) return step;
  return step;
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
      if (seat.candidate->context_window == 0) return;
      for (Seat& other : seats_) {
        const std::uint64_t room = other.candidate->context_window;
        if (room != 0 && room <= seat.candidate->context_window) other.is_out = true;
      }
      return;
    case Errc::unsupported_input:
      for (Seat& other : seats_) {
        if (rules_.has_images && !other.candidate->multimodal) other.is_out = true;
      }
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

void Tries::failed(const Error& error, std::size_t key, TimePoint now, Random& random) {
  const config::Retries& retries = rules_.config.retries;
  Seat& seat = seats_[current_];
  if (is_refusal(error.code)) {
    refused(seat, error);
    return;
  }
  seat.timed_out = is_timeout(error.code);
  const std::size_t keys = seat.candidate->provider->keys.size();
  if (keys > 1 && is_key_s(error.code) && key < counted_keys) {
    // Another key is another account: no repeat.
    seat.bad_keys |= std::uint64_t{1} << key;
    const std::uint64_t all = keys >= counted_keys ? ~std::uint64_t{0} : (std::uint64_t{1} << keys) - 1;
    if ((seat.bad_keys & all) != all) {
      seat.is_fresh = true;
      --seat.asked;
      return;
    }
    if (error.code != Errc::rate_limited) seat.is_out = true;
    seat.bad_keys = 0;
  }
  if (is_lasting(error.code)) seat.is_out = true;
  if (seat.is_out || seat.asked >= passes(seat)) return;
  // Doubled each time, less up to a half by chance: requests that failed together do not come back together.
  Millis pause = retries.backoff;
  for (int i = 1; i < seat.asked && pause < retries.backoff_max; ++i) pause *= 2;
  pause = std::min(pause, retries.backoff_max);
  seat.again = now + std::chrono::duration_cast<Duration>(pause * (1 - random.uniform() / 2));
  if (!error.retry_after) return;
  if (*error.retry_after > retries.max_wait) {
    seat.is_out = true;
  } else {
    seat.again = std::max(seat.again, now + Duration{*error.retry_after});
  }
}

Error Tries::nobody_asked(TimePoint now) const {
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
