#include "app/health_file.hpp"

#include "telemetry/log.hpp"

namespace gw::app {

using telemetry::Level;

namespace {

health::Clocks clocks() {
  return {Clock::now(), std::chrono::system_clock::now()};
}

}  // namespace

HealthFile::HealthFile(health::Book& book, const std::filesystem::path& data_dir) : keeper_(book, data_dir) {}

HealthFile::~HealthFile() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  told_.notify_one();
  thread_.join();
}

void HealthFile::load(const config::Health& policy) {
  const health::Keeper::Loaded loaded = keeper_.load(policy, clocks());
  if (loaded.problem) {
    telemetry::log(Level::warn, "health_not_restored", "why=" + telemetry::field(loaded.problem->message));
  }
  if (loaded.restored == 0 && loaded.left_out == 0) return;
  telemetry::log(
      Level::info,
      "health_restored",
      "records=" + std::to_string(loaded.restored) + " left_out=" + std::to_string(loaded.left_out) +
          (loaded.from_original ? " from=model_stats.json" : "")
  );
}

void HealthFile::start() {
  thread_ = std::thread([this] { run(); });
}

void HealthFile::soon() {
  {
    const std::lock_guard lock(mutex_);
    is_asked_ = true;
  }
  told_.notify_one();
}

void HealthFile::run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    told_.wait_for(lock, health::Keeper::period, [this] { return ending_ || is_asked_; });
    is_asked_ = false;
    lock.unlock();
    save();
    lock.lock();
  }
}

void HealthFile::save() {
  const Result<void> saved = keeper_.save(clocks());
  if (!saved && !failed_) {
    telemetry::log(Level::error, "health_not_saved", "why=" + telemetry::field(saved.error().message));
  }
  failed_ = !saved;
}

}  // namespace gw::app
