// One gateway a data folder: a lock that the kernel drops with the process (fault S14).
#pragma once

#include "base/error.hpp"

#include <filesystem>
#include <utility>

namespace gw::app {

class DataLock {
 public:
  /// Errors: io, when another process holds it or the folder cannot be written.
  [[nodiscard]] static Result<DataLock> acquire(const std::filesystem::path& data_dir);

  /// Whether `acquire` could take the lock file, held or not. Creates nothing.
  [[nodiscard]] static Result<void> check(const std::filesystem::path& data_dir);

  DataLock(DataLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

  DataLock& operator=(DataLock&&) = delete;
  DataLock(const DataLock&) = delete;
  DataLock& operator=(const DataLock&) = delete;
  ~DataLock();

 private:
  explicit DataLock(int fd) noexcept : fd_(fd) {}

  int fd_;
};

}  // namespace gw::app
