#include "app/data_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace gw::app {

Result<DataLock> DataLock::acquire(const std::filesystem::path& data_dir) {
  const std::string path = (data_dir / "smartroute.lock").string();
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return gateway_error(Errc::io, path + " cannot be written: " + std::strerror(errno));
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

DataLock::~DataLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace gw::app
