#include "app/data_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace gw::app {
namespace {

std::string lock_file(const std::filesystem::path& data_dir) {
  return (data_dir / "smartroute.lock").string();
}

Error unwritable(const std::string& path) {
  return gateway_error(
      Errc::io, path + " cannot be written: " + std::strerror(errno) + "; change its owner or remove it"
  );
}

}  // namespace

Result<DataLock> DataLock::acquire(const std::filesystem::path& data_dir) {
  const std::string path = lock_file(data_dir);
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return unwritable(path);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd);
    return gateway_error(
        Errc::io,
        "another SmartRoute already uses the data folder " + data_dir.string() +
            "; stop it or choose another folder (--data DIR)"
    );
  }
  return DataLock(fd);
}

Result<void> DataLock::check(const std::filesystem::path& data_dir) {
  const std::string path = lock_file(data_dir);
  if (::access(path.c_str(), R_OK | W_OK) != 0 && errno != ENOENT) return unwritable(path);
  return {};
}

DataLock::~DataLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace gw::app
