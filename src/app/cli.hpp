// The command line: serve, config check, --version.
#pragma once

namespace gw::app {

/// The process' exit code: 0 done, 1 failed, 2 for a command line that makes no sense.
[[nodiscard]] int run_cli(int argc, char** argv);

}  // namespace gw::app
