#include "health/cells.hpp"

#include <algorithm>
#include <limits>

namespace gw::health {
namespace {

bool is_without(std::uint64_t without, std::size_t key) noexcept {
  return key < 64 && (without >> key & 1) != 0;
}

// In its cooldown, or half-open while somebody else probes.
bool rests(std::uint64_t word, std::int64_t now_ms) noexcept {
  return is_open(word) && admit(rest_of(word), false, now_ms) == Admission::rests;
}

}  // namespace

// --- Cell ------------------------------------------------------------------------------------------------------------

void Cell::failed(
    Stake& mine, const Charge& charge, std::int64_t retry_after_ms, const config::Health& policy, std::int64_t now_ms
) noexcept {
  failures.fetch_add(1, std::memory_order_relaxed);
  const std::uint64_t answers = successes.load(std::memory_order_relaxed);
  const std::uint64_t before = answered_before.exchange(answers, std::memory_order_relaxed);
  const double penalty = charge.penalty == Charge::Penalty::heavy    ? policy.heavy
                         : charge.penalty == Charge::Penalty::medium ? policy.medium
                                                                     : policy.light;
  std::uint64_t word = standing.load(std::memory_order_relaxed);
  Standing next;
  for (int i = 0; i < most_tries; ++i) {
    next = after_failure(standing_of(word), penalty, policy, now_ms);
    if (standing.compare_exchange_weak(word, pack(next), std::memory_order_relaxed)) break;
  }

  Wish wish;
  wish.is_streak = static_cast<int>(next.streak) >= policy.failures_before_rest;
  wish.cooldown = charge.pause == Charge::Pause::lengthy ? &policy.long_cooldown
                  : charge.pause == Charge::Pause::brief ? &policy.connect_cooldown
                                                         : &policy.cooldown;
  if (charge.heeds_retry_after && retry_after_ms > 0) {
    wish.retry_after = std::min<std::int64_t>(retry_after_ms, policy.retry_after_max.count());
  }
  // Rare failures among many answers would else add up to a ban, the more traffic the sooner. What the provider says
  // outright (its Retry-After, an account's refusal) is no accident.
  wish.is_isolated = answers > before && answers - before >= answers_to_be_well;
  const bool is_said = wish.retry_after || charge.pause == Charge::Pause::lengthy;
  wish.due = wish.is_streak || (charge.pause != Charge::Pause::repeated && (is_said || !wish.is_isolated));
  word = rest.load(std::memory_order_relaxed);
  for (int i = 0; i < most_tries; ++i) {
    const std::uint64_t after = pack(after_failure(rest_of(word), mine, wish, policy, now_ms));
    if (after == word || rest.compare_exchange_weak(word, after, std::memory_order_relaxed)) {
      mine.probe = false;
      return;
    }
  }
  leave(mine);
}

// --- Target: reading -------------------------------------------------------------------------------------------------

Reading Target::read(const config::Health& policy, TimePoint now, Detail detail) const noexcept {
  Reading out;
  const std::uint64_t own = entry_->rest.load(std::memory_order_relaxed);
  const std::uint64_t endpoint = endpoint_->rest.load(std::memory_order_relaxed);
  const std::uint64_t key = keys_.front().cell->rest.load(std::memory_order_relaxed);
  // Almost always nothing rests, and nothing more is looked at: this stands on the path of every request.
  const bool any_open = is_open(own | endpoint | key);
  if (!any_open && detail == Detail::rest) return out;
  const std::int64_t now_ms = ms_of(now);
  if (any_open) read_rest(now_ms, out);
  if (detail != Detail::rest) read_more(policy, now_ms, detail, out);
  return out;
}

void Target::read_rest(std::int64_t now_ms, Reading& out) const noexcept {
  constexpr std::int64_t never = std::numeric_limits<std::int64_t>::min();
  std::int64_t until = never;
  for (const Cell* const cell : {static_cast<const Cell*>(entry_), static_cast<const Cell*>(endpoint_)}) {
    const std::uint64_t word = cell->rest.load(std::memory_order_relaxed);
    if (rests(word, now_ms)) until = std::max(until, rest_of(word).until);
  }
  // The first of its keys that is there again is enough.
  std::int64_t first_key = std::numeric_limits<std::int64_t>::max();
  for (const Key& key : keys_) {
    const std::uint64_t word = key.cell->rest.load(std::memory_order_relaxed);
    first_key = std::min(first_key, rests(word, now_ms) ? rest_of(word).until : never);
  }
  until = std::max(until, first_key);
  if (until == never) return;
  out.rests = true;
  out.until = time_of(until);
}

void Target::read_more(const config::Health& policy, std::int64_t now_ms, Detail detail, Reading& out) const noexcept {
  double best_key = score_limit;
  for (const Key& key : keys_) best_key = std::min(best_key, key.cell->score(policy, now_ms));
  const double worst = std::max({entry_->score(policy, now_ms), endpoint_->score(policy, now_ms), best_key});
  if (worst > 0) out.score = shown(worst);
  out.in_flight = entry_->in_flight.load(std::memory_order_relaxed);
  if (detail != Detail::all) return;
  const Speeds::Values speeds = entry_->speeds.load();
  if (speeds.total_ms > 0 && ms_since(speeds.tick, now_ms) <= policy.speed_memory.count()) {
    out.ttft_ms = speeds.ttft_ms;
    out.tokens_per_second = speeds.tokens_per_second;
    out.total_ms = speeds.total_ms;
  }
  const Recent::Sums recent = entry_->recent.sums(now_ms);
  out.recent = recent.count;
  out.usage = recent.faded + out.in_flight;
}

// --- Target: beginning -----------------------------------------------------------------------------------------------

bool Target::take_place(std::uint32_t max_concurrent) const noexcept {
  std::atomic<std::uint32_t>& in_flight = entry_->in_flight;
  if (max_concurrent == 0) {
    in_flight.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  // Never more than the limit, not even for a moment: a place that one takes and gives back at once would be missing
  // for another.
  std::uint32_t held = in_flight.load(std::memory_order_relaxed);
  for (int i = 0; i < most_tries; ++i) {
    if (held >= max_concurrent) return false;
    if (in_flight.compare_exchange_weak(held, held + 1, std::memory_order_relaxed)) return true;
  }
  return false;
}

std::optional<Target::Refusal> Target::begin(const Begin& how, TimePoint now, Ticket& out) noexcept {
  out = Ticket();
  if (!take_place(how.max_concurrent)) return Refusal::full;
  // From here the ticket gives back what it holds, whatever is refused below.
  Ticket ticket;
  ticket.target_ = this;
  const std::int64_t now_ms = ms_of(now);
  Stake mine;
  if (entry_->enter(how.last_resort, now_ms, mine) == Admission::rests) return Refusal::rests;
  ticket.hold(0, mine);
  if (endpoint_->enter(how.last_resort, now_ms, mine) == Admission::rests) return Refusal::rests;
  ticket.hold(1, mine);
  if (const auto refusal = choose_key(how, now_ms, ticket)) return refusal;
  out = std::move(ticket);
  return std::nullopt;
}

std::optional<Target::Refusal> Target::choose_key(const Begin& how, std::int64_t now_ms, Ticket& out) const noexcept {
  Stake mine;
  if (keys_.size() == 1) {
    if (is_without(how.without, 0)) return Refusal::no_key;
    if (keys_.front().cell->enter(how.last_resort, now_ms, mine) == Admission::rests) return Refusal::rests;
    out.hold(2, mine);
    return std::nullopt;
  }
  // Another may take a key's probe between the look and the grasp; then it rests, and the next look sees that.
  for (int i = 0; i < 8; ++i) {
    const Choice choice = look_for_key(how, now_ms);
    if (choice.key == keys_.size()) return choice.any_left ? Refusal::rests : Refusal::no_key;
    if (keys_[choice.key].cell->enter(how.last_resort && choice.is_last_resort, now_ms, mine) == Admission::rests) {
      continue;
    }
    out.key_ = static_cast<std::uint32_t>(choice.key);
    out.hold(2, mine);
    return std::nullopt;
  }
  return Refusal::rests;
}

Target::Choice Target::look_for_key(const Begin& how, std::int64_t now_ms) const noexcept {
  const std::size_t none = keys_.size();
  double weight = 0;
  std::size_t spares = 0;  // weight 0: only when no other is left
  std::size_t soonest = none;
  std::int64_t soonest_until = std::numeric_limits<std::int64_t>::max();
  const auto is_usable = [&](std::size_t k) {
    return !is_without(how.without, k) && !rests(keys_[k].cell->rest.load(std::memory_order_relaxed), now_ms);
  };
  for (std::size_t k = 0; k < keys_.size(); ++k) {
    if (is_without(how.without, k)) continue;
    const std::uint64_t word = keys_[k].cell->rest.load(std::memory_order_relaxed);
    if (!rests(word, now_ms)) {
      weight += std::max(0.0, keys_[k].weight);
      spares += keys_[k].weight <= 0 ? 1 : 0;
    } else if (rest_of(word).until < soonest_until) {
      soonest = k;
      soonest_until = rest_of(word).until;
    }
  }
  if (weight <= 0 && spares == 0) return {how.last_resort ? soonest : none, true, soonest != none};

  // Where the chance falls; rounding, or a key that came to rest meanwhile, leaves it at the last usable one.
  double left = how.chance * (weight > 0 ? weight : static_cast<double>(spares));
  std::size_t chosen = none;
  for (std::size_t k = 0; k < keys_.size(); ++k) {
    const double share = weight > 0 ? std::max(0.0, keys_[k].weight) : 1;
    if (share <= 0 || !is_usable(k)) continue;
    chosen = k;
    if (left < share) break;
    left -= share;
  }
  return {chosen, false, true};
}

// --- Ticket ----------------------------------------------------------------------------------------------------------

void Ticket::hold(std::size_t which, const Stake& mine) noexcept {
  generations_[which] = mine.generation;
  if (mine.probe) held_ = static_cast<std::uint8_t>(held_ | 1U << which);
}

Stake Ticket::stake(std::size_t which) const noexcept {
  return {generations_[which], (held_ >> which & 1) != 0};
}

void Ticket::release() noexcept {
  const Target& target = *std::exchange(target_, nullptr);
  if (is_probe()) {
    Cell* const cells[] = {target.entry_, target.endpoint_, target.keys_[key_].cell};
    for (std::size_t which = 0; which < 3; ++which) {
      Stake mine = stake(which);
      cells[which]->leave(mine);
    }
  }
  held_ = 0;
  target.entry_->in_flight.fetch_sub(1, std::memory_order_relaxed);
}

void Ticket::reached(const config::Health& policy, TimePoint now) {
  if (target_ == nullptr || (held_ & was_reached) != 0) return;
  Stake mine = stake(1);
  target_->endpoint_->answered(mine, policy, ms_of(now));
  held_ = static_cast<std::uint8_t>((held_ & ~unsigned{endpoint_probe}) | was_reached);
}

void Ticket::succeeded(const config::Health& policy, const Answered& how, TimePoint now) {
  if (target_ == nullptr) return;
  const std::int64_t now_ms = ms_of(now);
  reached(policy, now);
  Entry& entry = *target_->entry_;
  Cell* const cells[] = {&entry, target_->endpoint_, target_->keys_[key_].cell};
  for (const std::size_t which : {std::size_t{0}, std::size_t{2}}) {
    Stake mine = stake(which);
    cells[which]->answered(mine, policy, now_ms);
  }
  for (Cell* const cell : cells) cell->successes.fetch_add(1, std::memory_order_relaxed);
  entry.speeds.add(how, now_ms);
  entry.recent.add(now_ms);
  held_ = 0;  // given back with the answer
  release();
}

void Ticket::failed(const config::Health& policy, const Error& error, TimePoint now) {
  if (target_ == nullptr) return;
  const Charge charge = charge_of(error.code, target_->keys_.size() > 1);
  const std::int64_t now_ms = ms_of(now);
  if (shows_endpoint_reached(error.code)) reached(policy, now);
  if (charge.to != Charge::To::nobody) {
    Entry& entry = *target_->entry_;
    Cell* const cells[] = {&entry, target_->endpoint_, target_->keys_[key_].cell};
    const std::size_t which = charge.to == Charge::To::entry ? 0 : charge.to == Charge::To::endpoint ? 1 : 2;
    // The entry's row counts every attempt that failed there, whoever is to blame.
    if (which != 0) entry.failures.fetch_add(1, std::memory_order_relaxed);
    Stake mine = stake(which);
    const std::int64_t retry_after = error.retry_after ? error.retry_after->count() : 0;
    cells[which]->failed(mine, charge, retry_after, policy, now_ms);
    held_ = static_cast<std::uint8_t>(held_ & ~(1U << which));
  }
  release();
}

}  // namespace gw::health
