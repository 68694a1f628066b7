// What the tests of health share: a moment, a provider, an entry, a ticket.
#pragma once

#include "health/health.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace gw::health {

inline const TimePoint t0{std::chrono::hours{100}};
inline const config::Health policy;

inline config::Provider provider_with(std::vector<std::string> keys, std::string id = "p") {
  config::Provider out;
  out.id = std::move(id);
  out.base_url = "https://a.example/v1";
  out.keys.clear();
  for (std::string& key : keys) out.keys.push_back({Secret(std::move(key)), 1});
  return out;
}

inline config::ModelEntry entry_of(std::string model, std::string provider = "p") {
  config::ModelEntry out;
  out.model = std::move(model);
  out.provider = std::move(provider);
  return out;
}

inline Error error_of(Errc code, std::optional<Millis> retry_after = {}) {
  Error out = upstream_error(code, "said so");
  out.retry_after = retry_after;
  return out;
}

inline Ticket ticket_of(Target& target, TimePoint now, const Target::Begin& how = {}) {
  Ticket out;
  EXPECT_EQ(target.begin(how, now, out), std::nullopt);
  return out;
}

inline std::optional<Target::Refusal> refusal_of(Target& target, TimePoint now, const Target::Begin& how = {}) {
  Ticket out;
  return target.begin(how, now, out);
}

}  // namespace gw::health
