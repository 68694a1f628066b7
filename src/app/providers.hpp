// `smartroute providers list`: the presets, for people.
#pragma once

#include <iosfwd>
#include <string_view>

namespace gw::app {

/// All presets, or the models of the one that is named. The exit code.
[[nodiscard]] int list_providers(std::string_view name, std::ostream& out, std::ostream& err);

}  // namespace gw::app
