// A configuration with health, winners and chance around it, for tests that plan.
#pragma once

#include "routing/routing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace gw::routing {

using config::Strategy;
using config::Tier;
using Names = std::vector<std::string>;

/// A request as a client sends it; `read` points into `body`.
class Asked {
 public:
  explicit Asked(std::string json = R"({"messages":[{"role":"user","content":"hi"}]})")
      : body_(std::move(json)), size_(body_.size()) {
    body_.append(chat::padding, '\0');
    Result<chat::ChatRequest> read = chat::read(body());
    if (read) {
      request_ = std::move(*read);
    } else {
      ADD_FAILURE() << read.error().message << ": " << body();
    }
  }

  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;

  [[nodiscard]] std::string_view body() const { return std::string_view(body_).substr(0, size_); }

  [[nodiscard]] const chat::ChatRequest& request() const { return request_; }

 private:
  std::string body_;
  std::size_t size_;
  chat::ChatRequest request_;
};

/// Tier, provider, model, multimodal.
using Entry = std::tuple<Tier, std::string, std::string, bool>;

/// Providers: "upstream" and "p" speak OpenAI's protocol, "anth" Anthropic's.
class Scene {
 public:
  Scene() {
    for (const auto& [id, protocol] : std::vector<std::pair<std::string, config::Protocol>>{
             {"upstream", config::Protocol::openai},
             {"p", config::Protocol::openai},
             {"anth", config::Protocol::v1_messages}}) {
      auto provider = std::make_shared<config::Provider>();
      provider->id = id;
      provider->base_url = "https://" + id + ".example/v1";
      provider->protocol = protocol;
      config.providers.by_id[id] = provider;
    }
  }

  explicit Scene(const std::vector<Entry>& entries) : Scene() {
    for (const auto& [tier, provider, model, multimodal] : entries) {
      config::ModelEntry& entry = add(tier, model);
      entry.provider = provider;
      entry.multimodal = multimodal;
    }
  }

  /// Of provider "p".
  config::ModelEntry& add(Tier tier, const std::string& model, double weight = 0.5) {
    config::ModelEntry entry;
    entry.model = model;
    entry.provider = "p";
    entry.weight = weight;
    config.models.entries[tier].push_back(std::move(entry));
    catalog.reset();
    return config.models.entries[tier].back();
  }

  [[nodiscard]] Input input() {
    if (!catalog) catalog = Catalog::make(config, book);
    return {config, catalog, state, random, now, asked->body(), affinity, caller};
  }

  Result<Plan> plan(Tier tier, std::string pinned = {}) {
    intent::Verdict verdict;
    verdict.tier = tier;
    verdict.pinned_model = std::move(pinned);
    return routing::plan(verdict, asked->request(), input());
  }

  void ask(std::string json) { asked = std::make_unique<Asked>(std::move(json)); }

  /// The first candidate that goes by the model's name.
  const Candidate& candidate(const std::string& model) {
    (void)input();
    const auto named = catalog->named(model);
    if (named.empty()) throw std::invalid_argument(model);
    return *named.front();
  }

  health::Ticket begin(const std::string& model) {
    health::Target::Begin how;
    how.last_resort = true;
    health::Ticket ticket;
    EXPECT_FALSE(candidate(model).health->begin(how, now, ticket)) << model;
    return ticket;
  }

  void answered(const std::string& model, Millis to_first_content, Millis total, std::uint64_t tokens = 0) {
    begin(model).succeeded(config.health, {to_first_content, total, tokens}, now);
  }

  /// Rests from now on, for about so long.
  void rest(const std::string& model, Millis time = Millis{60000}) {
    Error error = upstream_error(Errc::rate_limited, "slow down");
    error.retry_after = time;
    begin(model).failed(config.health, error, now);
    ASSERT_TRUE(candidate(model).health->read(config.health, now, health::Detail::rest).rests) << model;
  }

  void win(const std::string& model) { state.won(candidate(model)); }

  /// How often each model stood first, in `plans` plans.
  std::map<std::string, double> first_shares(Tier tier, int plans = 20000) {
    std::map<std::string, double> out;
    for (int i = 0; i < plans; ++i) {
      const Result<Plan> made = plan(tier);
      out[made->candidates.front()->model] += 1.0 / plans;
    }
    return out;
  }

  config::Config config;
  health::Book book;
  State state;
  Random random{1};
  TimePoint now{std::chrono::hours{1}};
  std::string affinity;
  std::string caller;
  std::shared_ptr<const Catalog> catalog;
  std::unique_ptr<Asked> asked = std::make_unique<Asked>();
};

inline Names display_names(const Result<Plan>& plan) {
  Names out;
  if (!plan) return {"error: " + plan.error().message};
  for (const Candidate* const candidate : plan->candidates) out.push_back(candidate->display_name);
  return out;
}

inline Names models(const Plan& plan) {
  Names out;
  for (const Candidate* const candidate : plan.candidates) out.push_back(candidate->model);
  return out;
}

inline Names models(const Result<Plan>& plan) {
  return plan ? models(*plan) : Names{"error: " + plan.error().message};
}

}  // namespace gw::routing
