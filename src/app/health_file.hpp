// Saves what health has learnt, now and then and at the end, on a thread of its own: files may block.
#pragma once

#include "health/keep.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace gw::app {

class HealthFile {
 public:
  HealthFile(health::Book& book, const std::filesystem::path& data_dir);

  /// Saves once more.
  ~HealthFile();
  HealthFile(const HealthFile&) = delete;
  HealthFile& operator=(const HealthFile&) = delete;

  /// Before the first configuration is compiled. What is wrong with a file is logged; the start goes on.
  void load(const config::Health& policy);

  /// Begins to save.
  void start();

  /// Saves without waiting for the next time: a stop may be cut short.
  void soon();

 private:
  void run();
  void save();

  health::Keeper keeper_;
  std::mutex mutex_;
  std::condition_variable told_;
  bool ending_ = false;
  bool is_asked_ = false;  // by `soon`
  bool failed_ = false;    // the last save: one line a failure is enough
  std::thread thread_;
};

}  // namespace gw::app
