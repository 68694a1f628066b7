#include "health/keep.hpp"

#include "base/file.hpp"
#include "health/book.hpp"

namespace gw::health {
namespace {

constexpr const char* own_file = "health.json";
constexpr const char* originals_file = "model_stats.json";

}  // namespace

Keeper::Keeper(Book& book, std::filesystem::path data_dir) : book_(book), data_dir_(std::move(data_dir)) {}

Keeper::Loaded Keeper::load(const config::Health& policy, const Clocks& now) {
  std::error_code ec;
  Loaded out;
  std::filesystem::path file = data_dir_ / own_file;
  if (!std::filesystem::exists(file, ec) && !ec) {
    file = data_dir_ / originals_file;
    out.from_original = std::filesystem::exists(file, ec) && !ec;
    if (!out.from_original) return out;
  }
  const Result<std::string> text = read_file(file, max_saved_bytes);
  if (!text) {
    out.problem = text.error();
    return out;
  }
  Parsed parsed = out.from_original ? parse_original(*text, policy, now) : parse_saved(*text, policy, now);
  out.restored = parsed.kept.size();
  out.left_out = parsed.left_out;
  if (parsed.problem) out.problem = gateway_error(Errc::invalid_config, file.string() + " " + *parsed.problem);
  book_.impl_->restore(std::move(parsed.kept));
  return out;
}

Result<void> Keeper::save(const Clocks& now) {
  return write_atomically(data_dir_ / own_file, write_saved(book_.impl_->kept(now.steady_ms()), now));
}

}  // namespace gw::health
