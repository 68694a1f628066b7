// Logging: events with fields on standard error, through spdlog. Prompts, keys and raw provider bodies never reach it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gw::telemetry {

enum class Level { debug, info, warn, error };

/// Once, at start: level by name ("debug", "info", "warn", "error", "off"); unknown names mean info.
void start_log(std::string_view level);

/// Flushes and stops the writer thread.
void stop_log();

[[nodiscard]] bool log_enabled(Level level) noexcept;

/// `event` is a short literal ("config_reloaded"); `fields` is "key=value ..." text. Any thread; never blocks: the
/// queue is bounded and drops the oldest when full (counted by `dropped_log_lines`).
void log(Level level, std::string_view event, std::string_view fields = {});

[[nodiscard]] std::uint64_t dropped_log_lines() noexcept;

/// A field value: quoted and escaped when it holds anything but plain characters.
[[nodiscard]] std::string field(std::string_view value);
void append_field(std::string& line, std::string_view value);

/// Request lines of one shard: collected, handed to the log in one go (on the shard's tick or at 32 KiB), so that a
/// request costs no wake-up of another thread.
class RequestLines {
 public:
  void add(std::string_view line);
  void flush();

 private:
  std::string lines_;
};

}  // namespace gw::telemetry
