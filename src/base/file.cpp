#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace gw {
namespace {

namespace fs = std::filesystem;

Error failure(const fs::path& path, std::string_view doing, int error) {
  return gateway_error(
      Errc::io,
      path.string() + " cannot be " + std::string(doing) + ": " +
          std::error_code(error, std::generic_category()).message()
  );
}

class Descriptor {
 public:
  explicit Descriptor(int fd) noexcept : fd_(fd) {}

  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

// 0, or the errno.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n == 0 ? EIO : errno;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

int write_private(const fs::path& path, std::string_view text) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (file.get() < 0 || ::fchmod(file.get(), 0600) != 0) return errno;
  if (const int error = write_all(file.get(), text); error != 0) return error;
  return ::fsync(file.get()) == 0 ? 0 : errno;
}

}  // namespace

Result<std::string> read_file(const fs::path& path, std::size_t max_bytes) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return failure(path, "read", errno);
  std::string text;
  constexpr std::size_t step = std::size_t{16} * 1024;
  while (text.size() <= max_bytes) {
    const std::size_t had = text.size();
    text.resize(had + step);
    ssize_t n = -1;
    do {
      n = ::read(file.get(), text.data() + had, step);
    } while (n < 0 && errno == EINTR);
    if (n < 0) return failure(path, "read", errno);
    text.resize(had + static_cast<std::size_t>(n));
    if (n == 0) return text;
  }
  return failure(path, "read", EFBIG);
}

Result<void> write_atomically(const fs::path& path, std::string_view text) {
  const fs::path temporary = path.string() + ".new";
  if (const int error = write_private(temporary, text); error != 0) {
    ::unlink(temporary.c_str());
    return failure(temporary, "written", error);
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    return failure(path, "replaced", error);
  }
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const Descriptor dir(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (dir.get() >= 0) (void)::fsync(dir.get());
  return {};
}

}  // namespace gw
