#include "config/store.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace gw::config {
namespace {

namespace fs = std::filesystem;

Error failure(const fs::path& path, std::string_view doing) {
  return gateway_error(Errc::io, path.string() + " cannot be " + std::string(doing) + ": " + std::strerror(errno));
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

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::optional<std::string> read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream text;
  text << in.rdbuf();
  if (in.bad()) return std::nullopt;
  return text.str();
}

fs::path backup_name(const fs::path& dir) {
  fs::path name = dir / "config.backup.json";
  for (int i = 2; fs::exists(name); ++i) name = dir / ("config.backup-" + std::to_string(i) + ".json");
  return name;
}

std::vector<Problem> io_problem(const Error& error) {
  return {{"", error.message}};
}

}  // namespace

Result<void> write_atomically(const fs::path& path, std::string_view text) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const fs::path temporary = path.string() + ".new";
  {
    const Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (file.get() < 0) return failure(temporary, "written");
    if (::fchmod(file.get(), 0600) != 0 || !write_all(file.get(), text) || ::fsync(file.get()) != 0) {
      const Error error = failure(temporary, "written");
      ::unlink(temporary.c_str());
      return error;
    }
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const Error error = failure(path, "replaced");
    ::unlink(temporary.c_str());
    return error;
  }
  const Descriptor dir(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (dir.get() >= 0) (void)::fsync(dir.get());
  return {};
}

LoadResult check(const fs::path& file, const SecretSource& secrets) {
  const std::optional<std::string> text = read_file(file);
  if (!text) return io_problem(failure(file, "read"));
  return load(*text, secrets);
}

std::variant<Opened, std::vector<Problem>> open(const fs::path& data_dir, const SecretSource& secrets) {
  std::error_code ec;
  if (!fs::exists(data_dir, ec)) {
    fs::create_directories(data_dir, ec);
    if (ec) {
      return std::vector<Problem>{{"", "the data folder " + data_dir.string() + " cannot be created: " + ec.message()}};
    }
    fs::permissions(data_dir, fs::perms::owner_all, ec);
  }
  if (::access(data_dir.c_str(), R_OK | W_OK | X_OK) != 0 || !fs::is_directory(data_dir, ec)) {
    return std::vector<Problem>{
        {"",
         "the data folder " + data_dir.string() +
             " cannot be written; change its owner or choose another (--data DIR)"}};
  }
  const fs::path file = data_dir / "config.json";
  Opened opened;
  if (!fs::exists(file, ec)) {
    const Result<void> written = write_atomically(file, default_config_json());
    if (!written) return io_problem(written.error());
    opened.created = true;
  }
  const std::optional<std::string> text = read_file(file);
  if (!text) return io_problem(failure(file, "read"));
  LoadResult result = load(*text, secrets);
  if (auto* problems = std::get_if<std::vector<Problem>>(&result)) return std::move(*problems);
  auto& loaded = std::get<Loaded>(result);
  if (loaded.rewritten) {
    const fs::path copy = backup_name(data_dir);
    if (const Result<void> kept = write_atomically(copy, *text); !kept) return io_problem(kept.error());
    if (const Result<void> written = write_atomically(file, *loaded.rewritten); !written)
      return io_problem(written.error());
    opened.backup = copy;
  }
  opened.warnings = std::move(loaded.warnings);
  opened.snapshot = std::make_shared<const Config>(std::move(loaded.config));
  return opened;
}

}  // namespace gw::config
