// The composition root: builds everything, starts the shards and the listener, applies edits of the configuration,
// stops.
#pragma once

#include "base/error.hpp"
#include "config/store.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace gw::app {

/// From the command line and the environment; unset = as configured.
struct ServeOptions {
  std::filesystem::path data_dir = "./data";
  std::optional<std::uint16_t> port;
  std::optional<std::string> bind;
  std::string log_level = "info";
};

/// Runs until SIGTERM or SIGINT and the end of what is under way. The process' exit code: 0 after a clean stop, 1 when
/// it could not start (what to change is on standard error).
[[nodiscard]] int serve(const ServeOptions& options);

}  // namespace gw::app
