// Whatever the topology, the policy and the faults: a request is not refused while somebody eligible was there, and
// nothing that it held is lost. The rules are stated here anew, from what each model said and from who holds what; they
// share nothing with the loop but the health cells.
#include "relay/tries.hpp"
#include "scene.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <sstream>

namespace gw::relay {
namespace {

using namespace test;
using config::Retries;
using health::Target;
using routing::Candidate;
using Kind = Tries::Step::Kind;
using Step = Tries::Step;

// What one request heard from one model.
struct Heard {
  const Candidate* candidate = nullptr;
  Tier home = Tier::t1;  // the last tier that lists it, until it is asked
  int asked = 0;
  int passes = 0;
  std::uint64_t bad_keys = 0;   // of this pass
  std::uint64_t dead_keys = 0;  // refused or without money
  bool is_lasting = false;      // it said something that it would say again
  bool is_too_small = false;    // or others' words say so of it
  bool has_key_left = false;
  bool timed_out = false;
  TimePoint ready_by{};  // no pause before its repeat lasts longer
};

struct World {
  explicit World(std::uint64_t seed) : random(seed), loop_random(seed + 1) { make_config(); }

  [[nodiscard]] int roll(int bound) { return static_cast<int>(random.below(static_cast<std::uint32_t>(bound))); }

  [[nodiscard]] bool chance(int percent) { return roll(100) < percent; }

  [[nodiscard]] Millis pick(std::initializer_list<int> ms) {
    return Millis{*(ms.begin() + roll(static_cast<int>(ms.size())))};
  }

  void make_config();
  void make_models();
  void make_retries();

  // Those that the budget counts, by the second that they were sent in.
  [[nodiscard]] bool budget_allows() const {
    const auto second = [](TimePoint t) { return std::chrono::floor<Seconds>(t.time_since_epoch()).count(); };
    const auto counted = [&](const std::vector<TimePoint>& all) {
      return std::count_if(all.begin(), all.end(), [&](TimePoint t) { return second(t) > second(now) - 10; });
    };
    const auto share = counted(requests) * config.retries.budget_percent / 100;
    return counted(repeats) < std::max<std::int64_t>(share, config.retries.budget_min);
  }

  [[nodiscard]] bool has_room(const Candidate& candidate) {
    return candidate.max_concurrent == 0 || held[candidate.health] < candidate.max_concurrent;
  }

  // Somebody could begin there, and gives back at once what he took.
  [[nodiscard]] bool could_begin(const Candidate& candidate, std::uint64_t without, bool is_last_resort = false) const {
    Target::Begin how;
    how.max_concurrent = candidate.max_concurrent;
    how.without = without;
    how.last_resort = is_last_resort;
    health::Ticket ticket;
    return !candidate.health->begin(how, now, ticket);
  }

  [[nodiscard]] bool rests(const Candidate& candidate) const {
    return candidate.health->read(config.health, now, health::Detail::rest).rests;
  }

  Random random;
  Random loop_random;
  config::Config config;
  health::Book book;
  std::shared_ptr<const routing::Catalog> catalog;
  routing::State state;
  RepeatBudget budget;
  TimePoint now = t0;
  std::vector<TimePoint> requests;
  std::vector<TimePoint> repeats;
  std::map<const Target*, std::uint32_t> held;
};

void World::make_models() {
  const int tiers = 1 + roll(3);
  int names = 0;
  for (int t = 0; t < tiers; ++t) {
    const Tier tier = config::tiers[static_cast<std::size_t>(t)];
    config.models.strategies[tier] =
        chance(50) ? Strategy::sequential : config::strategies[static_cast<std::size_t>(roll(6))];
    const int entries = 1 + roll(5);
    for (int e = 0; e < entries; ++e) {
      Model model;
      // Now and then one of a lower tier.
      model.name = "m" + std::to_string(names > 0 && chance(20) ? roll(names) : names++);
      model.tier = tier;
      model.keys = chance(70) ? 1 : static_cast<std::size_t>(2 + roll(3));
      model.max_concurrent = chance(50) ? 0 : static_cast<std::uint32_t>(1 + roll(2));
      if (chance(20)) model.rounds = roll(4);
      if (chance(40)) model.window = 4000U << static_cast<unsigned>(roll(3));
      model.multimodal = chance(70);
      add_model(config, model);
    }
  }
}

void World::make_retries() {
  Retries& retries = config.retries;
  for (const Tier tier : config::tiers) {
    retries.rounds[tier] = roll(4);
    retries.max_retries[tier] = roll(5);
  }
  if (chance(30)) retries.conditions.status_codes = {400, 429, 500};
  retries.client_errors = static_cast<config::ClientErrors>(roll(3));
  retries.content_policy_next = chance(50);
  retries.escalate = static_cast<config::Escalate>(roll(3));
  retries.max_attempts = chance(50) ? 100 : 1 + roll(12);
  retries.deadline = pick({1, 500, 5000, 20000, 600000});
  retries.backoff = pick({0, 1, 100, 500});
  retries.backoff_max = retries.backoff + pick({0, 400, 8000});
  retries.max_wait = pick({0, 1000, 5000});
  retries.budget_percent = roll(4) * 20;
  retries.budget_min = roll(5);
  retries.last_resort = chance(80);
  config.limits.queue_ms = pick({0, 200, 2000});
}

void World::make_config() {
  make_models();
  make_retries();
  config::Health& health = config.health;
  health.failures_before_rest = 1 + roll(5);
  health.cooldown = {pick({1, 200, 5000}), 2, pick({5000, 60000})};
  health.connect_cooldown = {pick({1, 1000}), 2, pick({1000, 30000})};
  catalog = routing::Catalog::make(config, book);
}

class Life {
 public:
  Life(World& world, std::ostream& log)
      : world_(world),
        log_(log),
        has_images_(world.chance(50)),
        received_(world.now),
        may_escalate_(world.config.retries.escalate != config::Escalate::none),
        tries_({world.config, world.now, has_images_, may_escalate_}) {
    request_.images = has_images_ ? 1 : 0;
    intent::Verdict verdict;
    verdict.tier = config::tiers[static_cast<std::size_t>(world.roll(3))];
    plan_ = std::move(*routing::plan(verdict, request_, input()));
    tries_.add(plan_);
    listen(plan_);
    world_.budget.request(world_.now);
    world_.requests.push_back(world_.now);
  }

  [[nodiscard]] bool is_over() const { return is_over_; }

  [[nodiscard]] TimePoint due() const { return due_; }

  void go_on() {
    if (step_.kind == Kind::ask && step_.candidate != nullptr) {
      end_attempt();
    } else {
      look();
    }
  }

 private:
  [[nodiscard]] const Retries& rules() const { return world_.config.retries; }

  [[nodiscard]] routing::Input input() {
    return {world_.config, world_.catalog, world_.state, world_.random, world_.now, {}, {}, {}};
  }

  void listen(const routing::Plan& plan) {
    ranks_[plan.tier] = plan.strategy;
    for (const Candidate* const candidate : plan.candidates) {
      Heard& heard = heard_[candidate->health];
      if (heard.asked != 0) continue;
      heard.candidate = candidate;
      heard.home = plan.tier;
      heard.is_too_small = false;  // each tier's entry states its own limits
    }
    judge_others();
  }

  // --- The rules ---

  [[nodiscard]] bool is_final() const {
    return ended_by_policy_ || (rules().client_errors == config::ClientErrors::give_back && refusals_ >= 1) ||
           (rules().client_errors == config::ClientErrors::one_other && refusals_ >= 2);
  }

  [[nodiscard]] bool may_still_ask() const {
    return !is_final() && asked_ < rules().max_attempts && world_.now < received_ + rules().deadline;
  }

  [[nodiscard]] bool is_out(const Heard& heard) const { return heard.is_lasting || heard.is_too_small; }

  // Never asked, and within its tier's number of candidates; or another account of it is left.
  [[nodiscard]] bool is_new(const Heard& heard) const {
    if (is_out(heard)) return false;
    if (heard.asked != 0) return heard.has_key_left;
    if (ranks_[heard.home] == Strategy::sequential) return true;
    const auto asked = std::count_if(heard_.begin(), heard_.end(), [&](const auto& other) {
      return other.second.asked != 0 && other.second.home == heard.home;
    });
    return asked < std::max(1, rules().max_retries[heard.home]);
  }

  [[nodiscard]] bool has_a_round_left(const Heard& heard) const {
    if (is_out(heard) || heard.asked == 0) return false;
    return heard.passes < (ranks_[heard.home] == Strategy::sequential ? heard.candidate->rounds : 1);
  }

  [[nodiscard]] std::string eligible() const {
    for (const auto& [target, heard] : heard_) {
      if (is_new(heard) && world_.could_begin(*heard.candidate, heard.bad_keys)) return heard.candidate->model;
    }
    return {};
  }

  [[nodiscard]] std::string could_be_repeated() const {
    if (!world_.budget_allows()) return {};
    for (const auto& [target, heard] : heard_) {
      if (!has_a_round_left(heard) || heard.ready_by >= received_ + rules().deadline) continue;
      if (world_.could_begin(*heard.candidate, heard.dead_keys)) return heard.candidate->model;
    }
    return {};
  }

  [[nodiscard]] std::string could_be_last_resort() const {
    if (!rules().last_resort || used_last_resort_) return {};
    for (const auto& [target, heard] : heard_) {
      if (is_new(heard) && world_.could_begin(*heard.candidate, heard.bad_keys, true)) return heard.candidate->model;
    }
    return {};
  }

  [[nodiscard]] std::string could_have_a_place() {
    const TimePoint until = std::min(queue_until_, received_ + rules().deadline);
    if (world_.now >= until || world_.config.limits.queue_ms.count() == 0) return {};
    for (const auto& [target, heard] : heard_) {
      if (is_new(heard) && !world_.rests(*heard.candidate) && !world_.has_room(*heard.candidate)) {
        return heard.candidate->model;
      }
    }
    return {};
  }

  // --- What the loop says, held against them ---

  void look() {
    const std::map<const Target*, Open> open = who_is_open();
    const std::string ready = may_still_ask() ? eligible() : "";
    step_ = tries_.next(world_.now, world_.loop_random, world_.budget);
    switch (step_.kind) {
      case Kind::ask:
        log_ << " ask " << step_.candidate->model << (step_.is_repeat ? "*" : "") << (step_.is_last_resort ? "!" : "");
        check_ask(open.at(step_.candidate->health), ready);
        begin_attempt();
        return;
      case Kind::wait:
        log_ << " wait " << std::chrono::duration_cast<Millis>(step_.until - world_.now).count();
        EXPECT_EQ(ready, "") << "is eligible, and the request waits";
        EXPECT_GT(step_.until, world_.now);
        EXPECT_LT(step_.until, received_ + rules().deadline);
        EXPECT_LE(step_.until, world_.now + std::max(rules().max_wait, rules().backoff_max));
        due_ = step_.until;
        return;
      case Kind::queue:
        log_ << " queue";
        check_queue(ready);
        // Looks again now and then, as when woken.
        due_ = std::min(step_.until, world_.now + Millis{1 + world_.roll(300)});
        if (world_.chance(2)) {
          tries_.no_more_waiting();
          queue_until_ = TimePoint{};
        }
        return;
      case Kind::escalate:
        log_ << " escalate";
        EXPECT_TRUE(may_escalate_);
        EXPECT_EQ(ready, "") << "is eligible in this tier";
        escalate();
        look();
        return;
      case Kind::stop:
        log_ << " stop";
        check_stop(ready);
        is_over_ = true;
        return;
    }
  }

  // Whether somebody could begin there without a last resort: with a key that this request has not tried in this pass,
  // and in a new pass.
  struct Open {
    bool now = false;
    bool again = false;
  };

  [[nodiscard]] std::map<const Target*, Open> who_is_open() const {
    std::map<const Target*, Open> out;
    for (const auto& [target, heard] : heard_) {
      const Candidate& candidate = *heard.candidate;
      out[target] = {world_.could_begin(candidate, heard.bad_keys), world_.could_begin(candidate, heard.dead_keys)};
    }
    return out;
  }

  void check_ask(const Open& open, const std::string& ready) {
    const Candidate& candidate = *step_.candidate;
    Heard& heard = heard_.at(candidate.health);
    EXPECT_TRUE(may_still_ask());
    EXPECT_EQ(heard.candidate, &candidate);
    EXPECT_FALSE(is_out(heard)) << "asked after it said something lasting";
    EXPECT_TRUE(world_.has_room(candidate)) << "beyond its max_concurrent";
    EXPECT_EQ(step_.is_last_resort, !(step_.is_repeat ? open.again : open.now))
        << "a resting one is the last resort only";
    const std::uint64_t key = std::uint64_t{1} << step_.ticket.key();
    EXPECT_EQ(heard.dead_keys & key, 0U) << "a key that was refused";
    if (step_.is_last_resort) {
      EXPECT_EQ(ready, "") << "is eligible";
      EXPECT_FALSE(used_last_resort_);
      EXPECT_TRUE(rules().last_resort);
      used_last_resort_ = true;
    }
    if (step_.is_repeat) {
      EXPECT_EQ(ready, "") << "was not asked yet";
      EXPECT_TRUE(has_a_round_left(heard));
      EXPECT_TRUE(world_.budget_allows());
      if (heard.timed_out) check_nobody_else_waits(heard);
      world_.repeats.push_back(world_.now);
      heard.bad_keys = heard.dead_keys;
      ++heard.passes;
    } else {
      EXPECT_TRUE(is_new(heard));
      EXPECT_EQ(heard.bad_keys & key, 0U) << "the same key";
      if (heard.asked == 0) heard.passes = 1;
    }
    heard.has_key_left = false;
    ++heard.asked;
    ++asked_;
  }

  void check_nobody_else_waits(const Heard& late) const {
    for (const auto& [target, heard] : heard_) {
      if (&heard == &late || heard.timed_out || !has_a_round_left(heard)) continue;
      if (heard.ready_by >= received_ + rules().deadline) continue;
      EXPECT_FALSE(world_.could_begin(*heard.candidate, heard.dead_keys))
          << heard.candidate->model << " did not time out, and waits";
    }
  }

  void check_queue(const std::string& ready) {
    EXPECT_EQ(ready, "") << "is eligible, and the request stands in line";
    if (queue_until_ == far_future) queue_until_ = world_.now + world_.config.limits.queue_ms;
    EXPECT_GT(step_.until, world_.now);
    EXPECT_LE(step_.until, queue_until_);
    EXPECT_LE(step_.until, received_ + rules().deadline);
    const bool is_useful = std::any_of(heard_.begin(), heard_.end(), [&](const auto& one) {
      const Heard& heard = one.second;
      return (is_new(heard) || has_a_round_left(heard)) && !world_.has_room(*heard.candidate) &&
             tries_.wants(*one.first);
    });
    EXPECT_TRUE(is_useful) << "stands in line for nothing";
  }

  void check_stop(const std::string& ready) {
    if (!may_still_ask()) return;
    EXPECT_FALSE(may_escalate_) << "there may be another tier";
    EXPECT_EQ(ready, "") << "was eligible";
    EXPECT_EQ(could_have_a_place(), "") << "may have a place soon";
    EXPECT_EQ(could_be_repeated(), "") << "may be asked again";
    EXPECT_EQ(could_be_last_resort(), "") << "is the last resort";
  }

  void escalate() {
    if (auto next = routing::escalated(plan_, request_, input())) {
      plan_ = std::move(*next);
      tries_.add(plan_);
      listen(plan_);
    } else {
      tries_.no_more_tiers();
      may_escalate_ = false;
    }
  }

  // --- The models ---

  void begin_attempt() {
    ++world_.held[step_.candidate->health];
    due_ = world_.now + world_.pick({0, 1, 50, 1000, 6000});
  }

  void give_back() {
    --world_.held[step_.candidate->health];
    step_.ticket = {};
  }

  void end_attempt() {
    const int how = world_.roll(100);
    if (how < 12) {
      log_ << " answers";
      step_.ticket.reached(world_.config.health, world_.now);
      step_.ticket.succeeded(world_.config.health, {}, world_.now);
    }
    if (how < 18) {  // or the client left
      give_back();
      is_over_ = true;
      return;
    }
    const Error error = fault();
    log_ << " " << to_string(error.code);
    const std::size_t key = step_.ticket.key();
    step_.ticket.failed(world_.config.health, error, world_.now);
    hear(error, key);
    give_back();
    tries_.failed(error, key, world_.now, world_.loop_random);
    look();
  }

  [[nodiscard]] Error fault() {
    constexpr std::array codes{
        Errc::upstream_server,  Errc::upstream_server,  Errc::upstream_empty,     Errc::upstream_protocol,
        Errc::upstream_connect, Errc::upstream_tls,     Errc::first_byte_timeout, Errc::first_byte_timeout,
        Errc::idle_timeout,     Errc::total_timeout,    Errc::rate_limited,       Errc::rate_limited,
        Errc::rate_limited,     Errc::billing,          Errc::upstream_auth,      Errc::model_unavailable,
        Errc::upstream_refused, Errc::context_exceeded, Errc::unsupported_input,  Errc::content_policy};
    const Errc code = codes[static_cast<std::size_t>(world_.roll(static_cast<int>(codes.size())))];
    Error error = error_of(code);
    if (world_.chance(30)) error.retry_after = world_.pick({0, 100, 2000, 5000, 6000, 100000});
    error.upstream_status = is_refusal(code) ? (world_.chance(50) ? 400 : 422) : 500;
    return error;
  }

  void hear(const Error& error, std::size_t key) {
    Heard& heard = heard_.at(step_.candidate->health);
    if (is_refusal(error.code)) {
      heard.is_lasting = true;
      hear_refusal(error, heard);
      return;
    }
    heard.timed_out =
        error.code == Errc::first_byte_timeout || error.code == Errc::idle_timeout || error.code == Errc::total_timeout;
    const std::size_t keys = heard.candidate->provider->keys.size();
    const std::uint64_t all = (std::uint64_t{1} << keys) - 1;
    const bool is_account_s = error.code == Errc::upstream_auth || error.code == Errc::billing;
    if (is_account_s) heard.dead_keys |= std::uint64_t{1} << key;
    if (is_account_s || error.code == Errc::rate_limited) {
      heard.bad_keys |= std::uint64_t{1} << key;
      heard.has_key_left = heard.bad_keys != all;
    }
    if (error.code == Errc::model_unavailable || heard.dead_keys == all) heard.is_lasting = true;
    heard.ready_by = world_.now + rules().backoff_max;
    if (!error.retry_after || (keys > 1 && error.code == Errc::rate_limited) || is_account_s) return;
    if (*error.retry_after > rules().max_wait) {
      heard.ready_by = far_future;  // not for this request
    } else {
      heard.ready_by = std::max(heard.ready_by, world_.now + *error.retry_after);
    }
  }

  void hear_refusal(const Error& error, const Heard& heard) {
    if (error.code == Errc::content_policy) {
      ended_by_policy_ = !rules().content_policy_next;
    } else if (error.code == Errc::context_exceeded) {
      too_small_ = std::max(too_small_, heard.candidate->context_window);
    } else if (error.code == Errc::unsupported_input) {
      needs_eyes_ = has_images_;
    } else {
      const std::vector<int>& everywhere = rules().conditions.status_codes;
      if (std::count(everywhere.begin(), everywhere.end(), *error.upstream_status) == 0) ++refusals_;
    }
    judge_others();
  }

  void judge_others() {
    for (auto& [target, heard] : heard_) {
      const std::uint64_t window = heard.candidate->context_window;
      if (window != 0 && window <= too_small_) heard.is_too_small = true;
      if (needs_eyes_ && !heard.candidate->multimodal) heard.is_too_small = true;
    }
  }

  World& world_;
  std::ostream& log_;
  chat::ChatRequest request_;
  bool has_images_;
  TimePoint received_;
  bool may_escalate_;
  routing::Plan plan_;
  Tries tries_;
  Step step_;
  TimePoint due_ = received_;
  TimePoint queue_until_ = far_future;
  std::map<const Target*, Heard> heard_;
  config::PerTier<Strategy> ranks_;
  std::uint64_t too_small_ = 0;
  int asked_ = 0;
  int refusals_ = 0;
  bool needs_eyes_ = false;
  bool ended_by_policy_ = false;
  bool used_last_resort_ = false;
  bool is_over_ = false;
};

void check_nothing_is_held(World& world) {
  world.now += 2h;
  for (const Tier tier : config::tiers) {
    for (const Candidate& candidate : world.catalog->tier(tier)) {
      const health::Reading reading = candidate.health->read(world.config.health, world.now, health::Detail::all);
      EXPECT_EQ(reading.in_flight, 0U) << candidate.model;
      EXPECT_FALSE(reading.rests) << candidate.model << "'s probe is held by nobody";
      EXPECT_TRUE(world.could_begin(candidate, 0)) << candidate.model;
    }
  }
}

void live(std::uint64_t seed) {
  World world(seed);
  std::ostringstream log;
  std::deque<std::unique_ptr<Life>> lives;
  int to_come = 1 + world.roll(12);
  const std::size_t at_once = 1 + static_cast<std::size_t>(world.roll(6));
  for (int step = 0; step < 5000 && (to_come > 0 || !lives.empty()); ++step) {
    if (to_come > 0 && lives.size() < at_once && (lives.empty() || world.chance(40))) {
      lives.push_back(std::make_unique<Life>(world, log));
      --to_come;
    }
    const auto next =
        std::min_element(lives.begin(), lives.end(), [](const auto& a, const auto& b) { return a->due() < b->due(); });
    world.now = std::max(world.now, (*next)->due()) + (world.chance(20) ? world.pick({1, 300, 4000}) : Millis{0});
    log << "\n" << std::chrono::duration_cast<Millis>(world.now - t0).count() << " #" << next - lives.begin() << ":";
    (*next)->go_on();
    if ((*next)->is_over()) lives.erase(next);
    if (::testing::Test::HasFailure()) break;
  }
  EXPECT_TRUE(lives.empty() || ::testing::Test::HasFailure()) << "a request does not end";
  lives.clear();
  if (!::testing::Test::HasFailure()) check_nothing_is_held(world);
  if (::testing::Test::HasFailure()) ADD_FAILURE() << "seed " << seed << log.str();
}

TEST(TriesProperty, nobody_is_refused_while_somebody_eligible_was_there_and_nothing_is_lost) {
  for (std::uint64_t seed = 1; seed <= 6000 && !HasFailure(); ++seed) live(seed);
}

}  // namespace
}  // namespace gw::relay
