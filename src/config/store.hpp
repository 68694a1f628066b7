// The file config.json: created, upgraded with a backup, watched, and never replaced by a bad one.
#pragma once

#include "config/load.hpp"

#include <filesystem>
#include <functional>
#include <memory>

namespace gw::config {

struct Opened {
  Snapshot snapshot;
  std::vector<Problem> warnings;
  bool created = false;                         ///< there was no file; the default was written
  std::optional<std::filesystem::path> backup;  ///< the original's file was rewritten; its copy
};

/// What keeps a folder from being the data folder. One that does not exist is fine where it can be made. Writes
/// nothing.
[[nodiscard]] std::optional<Problem> data_dir_problem(const std::filesystem::path& data_dir);

/// The boot path: creates the default, loads, upgrades an original's file (copy to config.backup.json, or
/// config.backup-N.json when that exists). On problems: all of them, and the file untouched.
[[nodiscard]] std::variant<Opened, std::vector<Problem>> open(
    const std::filesystem::path& data_dir, const SecretSource& secrets, const FileCheck& files = {}
);

/// The same for one file, without writing anything.
[[nodiscard]] LoadResult check(
    const std::filesystem::path& file, const SecretSource& secrets, const FileCheck& files = {}
);

/// Watches the folder of `file` (inotify: survives editors that rename, symlink swaps, removal) on a thread of its own;
/// waits `debounce` after the last event, then calls `changed` on that thread. The destructor stops and joins.
class Watcher {
 public:
  Watcher(std::filesystem::path file, Millis debounce, std::function<void()> changed);
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gw::config
