// Models, a plan and requests that are tried without sockets and without waiting: what the tests of the attempt loop
// stand upon. Health, catalogue and plan are the real ones.
#pragma once

#include "relay/tries.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gw::relay::test {

using namespace std::chrono_literals;
using config::Strategy;
using config::Tier;

inline const TimePoint t0{std::chrono::hours{100}};

struct Model {
  std::string name;
  Tier tier = Tier::t1;
  std::size_t keys = 1;
  std::uint32_t max_concurrent = 0;
  std::optional<int> rounds = {};
  std::uint64_t window = 0;
  bool multimodal = true;
};

/// Every model has a provider of its own, "p" and its name.
inline void add_model(config::Config& config, const Model& model) {
  const std::string id = "p" + model.name;
  if (config.providers.by_id.count(id) == 0) {
    auto provider = std::make_shared<config::Provider>();
    provider->id = id;
    provider->base_url = "https://" + model.name + ".example/v1";
    provider->keys.clear();
    for (std::size_t k = 0; k < model.keys; ++k) {
      provider->keys.push_back({Secret(model.name + std::to_string(k)), 1});
    }
    config.providers.by_id[id] = std::move(provider);
  }
  config::ModelEntry entry;
  entry.model = model.name;
  entry.provider = id;
  entry.max_concurrent = model.max_concurrent;
  entry.rounds = model.rounds;
  entry.context_window = model.window;
  entry.multimodal = model.multimodal;
  config.models.entries[model.tier].push_back(std::move(entry));
}

inline Error error_of(Errc code, std::optional<Millis> retry_after = {}, std::optional<std::uint16_t> status = {}) {
  Error error = upstream_error(code, "said so");
  error.retry_after = retry_after;
  error.upstream_status = status;
  return error;
}

/// What each model says, call by call; the last word is said again and again. A model that is not here answers.
using Script = std::map<std::string, std::vector<Error>>;

/// One shard's world.
struct Scene {
  using Configure = void (*)(config::Config& config);

  explicit Scene(const std::vector<Model>& models, Configure configure = nullptr) {
    config.retries.backoff = Millis{0};
    for (const Model& model : models) add_model(config, model);
    if (configure != nullptr) configure(config);
    catalog = routing::Catalog::make(config, book);
  }

  [[nodiscard]] const routing::Candidate& candidate(const std::string& name) const {
    return *catalog->named(name).front();
  }

  [[nodiscard]] health::Reading read(const std::string& name) const {
    return candidate(name).health->read(config.health, now, health::Detail::all);
  }

  /// An attempt of somebody else that stays under way.
  [[nodiscard]] health::Ticket hold(const std::string& name, bool is_last_resort = false) {
    health::Ticket ticket;
    health::Target::Begin how;
    how.last_resort = is_last_resort;
    (void)candidate(name).health->begin(how, now, ticket);
    return ticket;
  }

  /// Puts a model to rest.
  void rest(const std::string& name, Millis length) {
    health::Ticket ticket = hold(name, true);
    ticket.failed(config.health, error_of(Errc::rate_limited, length), now);
  }

  /// In the configured order, whatever the strategy.
  [[nodiscard]] routing::Plan plan(Tier tier) const {
    routing::Plan plan;
    plan.tier = tier;
    plan.strategy = config.models.strategies[tier];
    plan.tried[tier] = true;
    plan.catalog = catalog;
    for (const routing::Candidate& candidate : catalog->tier(tier)) plan.candidates.push_back(&candidate);
    return plan;
  }

  config::Config config;
  health::Book book;
  std::shared_ptr<const routing::Catalog> catalog;
  Random random{7};
  RepeatBudget budget;
  TimePoint now = t0;
};

/// One request, as the relay runs it.
struct Request {
  explicit Request(Scene& in, bool escalates = false, bool has_images = false)
      : scene(in), tries({in.config, in.now, has_images, escalates}) {
    scene.budget.request(scene.now);
    tries.add(scene.plan(Tier::t1));
  }

  Tries::Step::Kind next() {
    step = tries.next(scene.now, scene.random, scene.budget);
    return step.kind;
  }

  [[nodiscard]] std::string model() const { return step.candidate == nullptr ? "" : step.candidate->model; }

  void fail(const Error& error) {
    const std::size_t key = step.ticket.key();
    step.ticket.failed(scene.config.health, error, scene.now);
    step.ticket = {};
    tries.failed(error, key, scene.now, scene.random);
  }

  void answer() {
    step.ticket.succeeded(scene.config.health, {}, scene.now);
    step.ticket = {};
  }

  /// Goes on to the end and tells of it: "a b ~ a* stop". A wait is "~" and passes in no time, "queue" one that was in
  /// vain; "*" is a repeat, "!" a last resort, "?" a probe, "^" the next tier, "ok" an answer.
  std::string run(const Script& script) {
    std::string story;
    const auto tell = [&](const std::string& word) { story.append(story.empty() ? "" : " ").append(word); };
    for (;;) {
      switch (next()) {
        case Tries::Step::Kind::ask:
          tell(
              model() + (step.is_repeat ? "*" : "") + (step.is_last_resort ? "!" : "") +
              (step.ticket.is_probe() ? "?" : "")
          );
          if (!speak(script)) {
            tell("ok");
            return story;
          }
          break;
        case Tries::Step::Kind::wait:
          tell("~");
          waited.push_back(step.until - scene.now);
          scene.now = step.until;
          break;
        case Tries::Step::Kind::queue:
          tell("queue");
          waited.push_back(step.until - scene.now);
          scene.now = step.until;
          tries.no_more_waiting();
          break;
        case Tries::Step::Kind::escalate:
          tell("^");
          escalate();
          break;
        case Tries::Step::Kind::stop:
          tell("stop");
          return story;
      }
    }
  }

  Scene& scene;
  Tries tries;
  Tries::Step step;
  std::map<std::string, std::size_t> asked;
  std::vector<Duration> waited;
  std::vector<Tier> further{Tier::t2, Tier::t3};

 private:
  // False: it answered.
  bool speak(const Script& script) {
    const std::size_t nth = asked[model()]++;
    const auto words = script.find(model());
    if (words == script.end() || words->second.empty()) {
      answer();
      return false;
    }
    fail(words->second[std::min(nth, words->second.size() - 1)]);
    return true;
  }

  void escalate() {
    while (!further.empty()) {
      const Tier tier = further.front();
      further.erase(further.begin());
      if (scene.catalog->tier(tier).empty()) continue;
      tries.add(scene.plan(tier));
      return;
    }
    tries.no_more_tiers();
  }
};

}  // namespace gw::relay::test
