// Keeps what health has learnt between two runs: health.json in the data folder, and once an original's
// model_stats.json. Decides nothing about requests. Blocks on files: a thread of app's that may, never a shard.
#pragma once

#include "health/health.hpp"
#include "health/saved.hpp"

#include <filesystem>
#include <optional>

namespace gw::health {

class Keeper {
 public:
  /// Between two saves; what happened since the last is lost when the process is killed.
  static constexpr Millis period{30000};

  Keeper(Book& book, std::filesystem::path data_dir);

  struct Loaded {
    std::size_t restored = 0;      ///< records that wait for their entries
    std::size_t left_out = 0;      ///< too old, or unusable
    bool from_original = false;    ///< out of model_stats.json
    std::optional<Error> problem;  ///< Errc::io or invalid_config, naming the file; what was usable is restored
  };

  /// Before the first `Book::target`; cells that exist already are left as they are. No file is no problem.
  [[nodiscard]] Loaded load(const config::Health& policy, const Clocks& now);

  /// Writes whole and at once (base/file.hpp). Errors: Errc::io. One caller at a time.
  [[nodiscard]] Result<void> save(const Clocks& now);

 private:
  Book& book_;
  std::filesystem::path data_dir_;
};

}  // namespace gw::health
