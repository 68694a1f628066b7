// GET /api/stats/models and /api/stats/providers: how models, endpoints and keys behave. Holds no secret: keys are
// numbered.
#pragma once

#include "health/health.hpp"

#include <span>
#include <string>

namespace gw::admin {

/// By model id, the record of the original's model_stats.json decayed to now, and what it did not have. Only what is
/// configured now: a key or address that was replaced had the same name.
[[nodiscard]] std::string models_json(std::span<const health::Row> rows);

/// The same by provider id, and by "provider#2" for a provider's second key.
[[nodiscard]] std::string providers_json(std::span<const health::Row> rows);

}  // namespace gw::admin
