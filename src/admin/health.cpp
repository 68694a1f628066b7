#include "admin/health.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace gw::admin {

using Json = nlohmann::ordered_json;
using health::Row;

namespace {

double rounded(double value) {
  return std::round(value * 1000) / 1000;
}

// Not measured yet is not zero.
Json measured(double value) {
  if (value <= 0) return nullptr;
  return rounded(value);
}

Json row_json(const Row& row) {
  return {
      {"success", row.successes},
      {"failures", row.failures},
      {"failure_score", rounded(row.failure_score)},
      {"health_score", row.health_score},
      {"rests", row.rests},
      {"cooldown_until", rounded(row.cooldown_until)},
      {"last_updated", rounded(row.last_updated)},
      {"in_flight", row.reading.in_flight},
  };
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string models_json(std::span<const Row> rows) {
  Json out = Json::object();
  for (const Row& row : rows) {
    if (row.kind != Row::Kind::entry || !row.current) continue;
    Json one = row_json(row);
    one["avg_response_time"] = measured(row.reading.total_ms);
    one["ttft_ms"] = measured(row.reading.ttft_ms);
    one["tokens_per_second"] = measured(row.reading.tokens_per_second);
    one["answers_last_minute"] = row.reading.recent;
    out[row.id] = std::move(one);
  }
  return dump(out);
}

std::string providers_json(std::span<const Row> rows) {
  Json out = Json::object();
  for (const Row& row : rows) {
    if (row.kind == Row::Kind::entry || !row.current) continue;
    Json one = row_json(row);
    one.erase("in_flight");  // counted by model
    one["kind"] = row.kind == Row::Kind::key ? "key" : "endpoint";
    out[row.id] = std::move(one);
  }
  return dump(out);
}

}  // namespace gw::admin
