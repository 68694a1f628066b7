// What a start checks before it listens, and `smartroute config check` without starting: one code, so that a file that
// was checked also starts.
#pragma once

#include "config/store.hpp"

#include <filesystem>
#include <iosfwd>
#include <string_view>
#include <vector>

namespace gw::app {

/// The files that a configuration names: certificate with key, providers' authorities. A config::FileCheck.
void check_files(const config::Config& config, std::vector<config::Problem>& problems);

/// "INTRO" and a line a problem.
void print_problems(std::ostream& out, std::string_view intro, const std::vector<config::Problem>& problems);

/// `smartroute config check FILE`: what a start with this file and folder would say, and nothing written. A gateway
/// that already runs there is no problem. Notes go to `out`, problems to `err`; the exit code.
[[nodiscard]] int check_config(
    const std::filesystem::path& file, const std::filesystem::path& data_dir, std::ostream& out, std::ostream& err
);

}  // namespace gw::app
