// What a start prints: where the dashboard is, a line that can be pasted, where the configuration lies, loud warnings.
#pragma once

#include "app/runtime.hpp"
#include "config/config.hpp"

#include <cstdint>
#include <iosfwd>

namespace gw::app {

void print_greeting(std::ostream& out, const config::Config& config, const Runtime& runtime, std::uint16_t port);

}  // namespace gw::app
