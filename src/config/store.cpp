#include "config/store.hpp"

#include "base/file.hpp"

#include <unistd.h>

namespace gw::config {
namespace {

namespace fs = std::filesystem;

// Beyond this, what is in the way is no configuration.
constexpr std::size_t max_file_bytes = std::size_t{8} * 1024 * 1024;

fs::path backup_name(const fs::path& dir) {
  fs::path name = dir / "config.backup.json";
  std::error_code ec;
  for (int i = 2; fs::exists(name, ec); ++i) name = dir / ("config.backup-" + std::to_string(i) + ".json");
  return name;
}

std::vector<Problem> io_problem(const Error& error) {
  return {{"", error.message}};
}

// Problems of a file are told under its name.
std::vector<Problem> unreadable(const fs::path& file, const Error& error) {
  const std::string name = file.string() + " ";
  return {{"", error.message.starts_with(name) ? error.message.substr(name.size()) : error.message}};
}

bool is_writable_folder(const fs::path& path) {
  std::error_code ec;
  return fs::is_directory(path, ec) && ::access(path.c_str(), R_OK | W_OK | X_OK) == 0;
}

}  // namespace

std::optional<Problem> data_dir_problem(const fs::path& data_dir) {
  const std::string name = "the data folder " + data_dir.string();
  std::error_code ec;
  if (fs::exists(data_dir, ec)) {
    if (is_writable_folder(data_dir)) return std::nullopt;
    if (!fs::is_directory(data_dir, ec)) return Problem{"", name + " is a file; choose another (--data DIR)"};
    return Problem{"", name + " cannot be written; change its owner or choose another (--data DIR)"};
  }
  fs::path parent = fs::absolute(data_dir, ec).lexically_normal();
  while (parent.has_relative_path() && !fs::exists(parent, ec)) parent = parent.parent_path();
  if (is_writable_folder(parent)) return std::nullopt;
  return Problem{
      "", name + " cannot be created in " + parent.string() + "; create it there or choose another (--data DIR)"};
}

LoadResult check(const fs::path& file, const SecretSource& secrets, const FileCheck& files) {
  const Result<std::string> text = read_file(file, max_file_bytes);
  if (!text) return unreadable(file, text.error());
  return load(*text, secrets, files);
}

std::variant<Opened, std::vector<Problem>> open(
    const fs::path& data_dir, const SecretSource& secrets, const FileCheck& files
) {
  if (auto problem = data_dir_problem(data_dir)) return std::vector<Problem>{std::move(*problem)};
  std::error_code ec;
  if (!fs::exists(data_dir, ec)) {
    fs::create_directories(data_dir, ec);
    if (ec) {
      return std::vector<Problem>{{"", "the data folder " + data_dir.string() + " cannot be created: " + ec.message()}};
    }
    fs::permissions(data_dir, fs::perms::owner_all, ec);
  }
  const fs::path file = data_dir / "config.json";
  Opened opened;
  if (!fs::exists(file, ec)) {
    const Result<void> written = write_atomically(file, default_config_json());
    if (!written) return io_problem(written.error());
    opened.created = true;
  }
  const Result<std::string> text = read_file(file, max_file_bytes);
  if (!text) return unreadable(file, text.error());
  LoadResult result = load(*text, secrets, files);
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
