#include "routing/order.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gw::routing {
namespace {

using config::AdaptiveWeights;
using config::Strategy;
using config::Tier;

constexpr double always = std::numeric_limits<double>::infinity();
constexpr double never = -always;

// What one is compared by; a higher key is asked earlier.
struct Ranked {
  const Candidate* candidate = nullptr;
  std::size_t place = 0;  // in the configuration: decides between equals
  double key = 0;
  health::Reading reading{};
};

using Ranking = BlockVector<Ranked>;

bool before(const Ranked& a, const Ranked& b) noexcept {
  if (a.reading.rests != b.reading.rests) return b.reading.rests;
  if (a.reading.rests && a.reading.until != b.reading.until) return a.reading.until < b.reading.until;
  if (!a.reading.rests && a.key != b.key) return a.key > b.key;
  return a.place < b.place;
}

double most_used(std::span<const Ranked> awake) noexcept {
  double most = 0;
  for (const Ranked& one : awake) most = std::max(most, one.reading.usage);
  return most;
}

// Contract 4.2, with the last winners of this tier alone, and the operator's weight: 0.5, the default, changes nothing.
void rank_random(std::span<Ranked> awake, Tier tier, const Input& input) {
  const AdaptiveWeights& weights = input.config.adaptive_weights;
  const Winners winners = input.state.winners(tier, weights.history);
  const double most = most_used(awake);
  for (Ranked& one : awake) {
    const double unused = 1 + most - one.reading.usage;
    const double weight =
        unused * (1 - winners.penalty(*one.candidate, weights.consecutive_penalty)) * 2 * one.candidate->weight;
    // Weighted sampling without replacement in one pass (Efraimidis, Spirakis). 1 - u is never 0.
    one.key = weight > 0 ? std::log(1 - input.random.uniform()) / weight : never;
  }
}

// How long an answer of usual length takes. The original took whole requests, failed attempts of others included, so
// that long answers looked slow; here each piece is the model's own and the length is the same for all.
double usual_ms(const health::Reading& reading) noexcept {
  constexpr double usual_tokens = 500;
  if (reading.tokens_per_second > 0) return reading.ttft_ms + 1000 * usual_tokens / reading.tokens_per_second;
  return reading.total_ms > 0 ? reading.total_ms : reading.ttft_ms;
}

double speed_of(const health::Reading& reading) noexcept {
  constexpr double slowest_ms = 30000;
  const double ms = usual_ms(reading);
  return ms > 0 ? 1 - std::min(ms / slowest_ms, 1.0) : 0.8;
}

// Contract 4.2.
void rank_adaptive(std::span<Ranked> awake, Tier tier, const Input& input) {
  const AdaptiveWeights& weights = input.config.adaptive_weights;
  const Winners winners = input.state.winners(tier, weights.history);
  const double most = most_used(awake);
  for (Ranked& one : awake) {
    const double usage = most == 0 ? 0 : one.reading.usage / most;
    const double merit = input.random.uniform() * weights.random + one.reading.score / 100 * weights.health +
                         speed_of(one.reading) * weights.speed + one.candidate->weight * weights.user;
    one.key = merit * (1 - 0.7 * usage) - winners.penalty(*one.candidate, weights.consecutive_penalty);
  }
}

// To the first content; a model of which only plain answers are known has just their whole time.
double first_ms(const health::Reading& reading) noexcept {
  return reading.ttft_ms > 0 ? reading.ttft_ms : reading.total_ms;
}

// Known ones by their time. One that is not known, or was not heard of for a minute, is asked first now and then,
// unless somebody is asking it right now: so a minute holds few such requests, however many there are.
void rank_fastest(std::span<Ranked> awake, const Input& input) {
  constexpr double explored = 0.1;
  const bool explores = input.random.uniform() < explored;
  Ranked* chosen = nullptr;
  std::uint32_t unheard = 0;
  for (Ranked& one : awake) {
    const double ms = first_ms(one.reading);
    one.key = ms > 0 ? -ms : never;
    const bool is_unheard = ms <= 0 || one.reading.recent == 0;
    if (explores && is_unheard && one.reading.in_flight == 0 && input.random.below(++unheard) == 0) chosen = &one;
  }
  if (chosen != nullptr) chosen->key = always;
}

// Requests under way for its weight, this one included; a full one is busier than any other.
double load_of(const Ranked& one) noexcept {
  const std::uint32_t limit = one.candidate->max_concurrent;
  if (limit != 0 && one.reading.in_flight >= limit) return always;
  return (static_cast<double>(one.reading.in_flight) + 1) / std::max(one.candidate->weight, 0.01);
}

// The less busy of two chosen at random, again for each place: the least busy of all would get every request that comes
// before its count is seen to rise.
void draw_least_busy(std::span<Ranked> awake, Random& random) {
  for (std::size_t i = 0; i + 1 < awake.size(); ++i) {
    const auto left = static_cast<std::uint32_t>(awake.size() - i);
    const std::size_t one = i + random.below(left);
    std::size_t two = i + random.below(left - 1);
    if (two >= one) ++two;
    std::swap(awake[i], awake[load_of(awake[two]) < load_of(awake[one]) ? two : one]);
  }
}

double cost_of(const config::Price& price, const Size& size) noexcept {
  constexpr std::uint64_t usual_tokens = 500;
  const std::uint64_t answer = size.answer == 0 ? usual_tokens : std::min(size.answer, usual_tokens);
  return price.input * static_cast<double>(size.prompt) + price.output * static_cast<double>(answer * size.choices);
}

void order_by_health(std::span<const Candidate*> candidates, Strategy strategy, Tier tier, const Input& input) {
  const health::Detail detail = needs(strategy).value_or(health::Detail::rest);
  Ranking ranking;
  ranking.reserve(candidates.size());
  for (const Candidate* const candidate : candidates) {
    ranking.push_back({candidate, ranking.size(), 0, candidate->health->read(input.config.health, input.now, detail)});
  }
  std::sort(ranking.begin(), ranking.end(), before);
  const auto resting = std::find_if(ranking.begin(), ranking.end(), [](const Ranked& r) { return r.reading.rests; });
  const std::span awake(ranking.begin(), resting);
  if (strategy == Strategy::random) rank_random(awake, tier, input);
  if (strategy == Strategy::adaptive) rank_adaptive(awake, tier, input);
  if (strategy == Strategy::fastest) rank_fastest(awake, input);
  if (strategy == Strategy::least_busy) {
    draw_least_busy(awake, input.random);
  } else {
    std::sort(awake.begin(), awake.end(), before);
  }
  for (std::size_t i = 0; i < candidates.size(); ++i) candidates[i] = ranking[i].candidate;
}

void order_by_cost(std::span<const Candidate*> candidates, const Size& size) {
  Ranking ranking;
  ranking.reserve(candidates.size());
  for (const Candidate* const candidate : candidates) {
    const double key = candidate->price ? -cost_of(*candidate->price, size) : never;
    ranking.push_back({candidate, ranking.size(), key});
  }
  std::sort(ranking.begin(), ranking.end(), before);
  for (std::size_t i = 0; i < candidates.size(); ++i) candidates[i] = ranking[i].candidate;
}

}  // namespace

std::optional<health::Detail> needs(Strategy strategy) noexcept {
  switch (strategy) {
    case Strategy::sequential:
    case Strategy::cheapest:
      return std::nullopt;
    case Strategy::least_busy:
      return health::Detail::standing;
    case Strategy::random:
    case Strategy::adaptive:
    case Strategy::fastest:
      return health::Detail::all;
  }
  return std::nullopt;
}

void order(std::span<const Candidate*> candidates, Strategy strategy, Tier tier, const Size& size, const Input& input) {
  switch (strategy) {
    case Strategy::sequential:
      return;
    case Strategy::cheapest:
      return order_by_cost(candidates, size);
    case Strategy::random:
    case Strategy::adaptive:
    case Strategy::fastest:
    case Strategy::least_busy:
      return order_by_health(candidates, strategy, tier, input);
  }
}

}  // namespace gw::routing
