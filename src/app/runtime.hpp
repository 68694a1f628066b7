// What the shards and the control thread share: a few flags, and the answers to "how are we".
#pragma once

#include "base/clock.hpp"
#include "config/load.hpp"
#include "health/health.hpp"
#include "relay/vision_cache.hpp"
#include "routing/state.hpp"
#include "telemetry/metrics.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

namespace gw::app {

inline constexpr std::string_view version = "0.1.0";

struct Runtime {
  explicit Runtime(std::size_t shards) : metrics(shards) {}

  telemetry::Registry metrics;
  health::Book health;
  routing::State routing;
  relay::VisionCache descriptions;
  std::int64_t started = unix_seconds();
  std::filesystem::path data_dir;
  std::filesystem::path config_path;

  std::atomic<std::size_t> chats{0};  ///< chat requests under way, of `limits.in_flight`

  std::atomic<bool> draining{false};  ///< SIGTERM came: not ready, replies say Connection: close
  std::atomic<bool> closing{false};   ///< the drain delay is over: no request is waited for

  /// The problems of the last edit that was refused; empty when the file in use is the file on disk.
  [[nodiscard]] std::vector<config::Problem> rejected() const {
    const std::lock_guard lock(mutex_);
    return rejected_;
  }

  void rejected(std::vector<config::Problem> problems) {
    const std::lock_guard lock(mutex_);
    rejected_ = std::move(problems);
  }

 private:
  mutable std::mutex mutex_;  // the status page and the watcher only, never a request
  std::vector<config::Problem> rejected_;
};

}  // namespace gw::app
