// GET /api/status: how the gateway is, for the status page. Holds no secret.
#pragma once

#include "config/load.hpp"
#include "health/health.hpp"
#include "telemetry/metrics.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace gw::admin {

struct StatusInput {
  std::string_view version;
  std::int64_t started = 0;  ///< unix seconds
  bool draining = false;
  std::vector<config::Problem> rejected;  ///< of the last edit that was refused
  std::string data_dir;
  std::string config_path;
  std::vector<health::Row> health;  ///< as of now
  bool show_paths = false;          ///< the caller sits on this machine
};

[[nodiscard]] std::string status_json(
    const config::Config& config, const telemetry::Registry& registry, const StatusInput& input
);

}  // namespace gw::admin
