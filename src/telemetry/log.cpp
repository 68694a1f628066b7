#include "telemetry/log.hpp"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <ctime>
#include <memory>

namespace gw::telemetry {
namespace {

constexpr std::size_t queue_lines = 1024;  // of 400 bytes each, taken at start; request lines come in batches
constexpr std::size_t flush_bytes = std::size_t{32} * 1024;

struct Log {
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;
};

Log& instance() {
  static Log log;
  return log;
}

std::atomic<int> threshold{SPDLOG_LEVEL_OFF};

spdlog::level::level_enum level_of(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

// "2026-11-24T13:08:21.983Z ", UTC; one formatting a second and thread.
void append_stamp(std::string& out) {
  thread_local std::time_t formatted = 0;
  thread_local std::array<char, 32> text{};
  const auto now = std::chrono::system_clock::now();
  const std::time_t second = std::chrono::system_clock::to_time_t(now);
  if (second != formatted) {
    std::tm parts{};
    ::gmtime_r(&second, &parts);
    (void)std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S.", &parts);
    formatted = second;
  }
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  out.append(text.data());
  out.push_back(static_cast<char>('0' + ms / 100));
  out.push_back(static_cast<char>('0' + ms / 10 % 10));
  out.push_back(static_cast<char>('0' + ms % 10));
  out.append("Z ");
}

std::string_view name_of(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warn:
      return "warn";
    case Level::error:
      return "error";
  }
  return "info";
}

}  // namespace

void start_log(std::string_view level) {
  auto parsed = spdlog::level::from_str(std::string(level));
  if (parsed == spdlog::level::off && level != "off") parsed = spdlog::level::info;
  Log& log = instance();
  log.pool = std::make_shared<spdlog::details::thread_pool>(queue_lines, 1);
  log.logger = std::make_shared<spdlog::async_logger>(
      "smartroute",
      std::make_shared<spdlog::sinks::stderr_sink_mt>(),
      log.pool,
      spdlog::async_overflow_policy::overrun_oldest
  );
  log.logger->set_pattern("%v");  // each line brings its own stamp: request lines are written in batches
  log.logger->set_level(parsed);
  log.logger->flush_on(spdlog::level::info);
  threshold.store(parsed, std::memory_order_relaxed);
}

void stop_log() {
  Log& log = instance();
  threshold.store(SPDLOG_LEVEL_OFF, std::memory_order_relaxed);
  if (log.logger) log.logger->flush();
  log.pool.reset();  // waits for the writer to have written what was queued; its messages refer to the logger
  log.logger.reset();
}

bool log_enabled(Level level) noexcept {
  return level_of(level) >= threshold.load(std::memory_order_relaxed);
}

void log(Level level, std::string_view event, std::string_view fields) {
  if (!log_enabled(level) || !instance().logger) return;
  std::string line;
  append_stamp(line);
  line.append(name_of(level)).append(" event=").append(event);
  if (!fields.empty()) line.append(" ").append(fields);
  instance().logger->log(level_of(level), "{}", line);
}

std::uint64_t dropped_log_lines() noexcept {
  const Log& log = instance();
  return log.pool ? log.pool->overrun_counter() : 0;
}

void append_field(std::string& line, std::string_view value) {
  const bool is_plain = std::none_of(value.begin(), value.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\\' || c == '=';
  });
  if (is_plain && !value.empty()) {
    line.append(value);
    return;
  }
  line.push_back('"');
  for (const char c : value) {
    if (c == '"' || c == '\\') line.push_back('\\');
    line.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  }
  line.push_back('"');
}

std::string field(std::string_view value) {
  std::string out;
  append_field(out, value);
  return out;
}

void RequestLines::add(std::string_view line) {
  if (!lines_.empty()) lines_.push_back('\n');
  append_stamp(lines_);
  lines_.append("info event=request ").append(line);
  if (lines_.size() >= flush_bytes) flush();
}

void RequestLines::flush() {
  if (lines_.empty()) return;
  if (instance().logger) instance().logger->log(spdlog::level::info, "{}", lines_);
  lines_.clear();
}

}  // namespace gw::telemetry
