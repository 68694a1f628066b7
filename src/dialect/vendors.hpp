// What the errors of known vendors mean: data. `failure.hpp` applies it.
#pragma once

#include "base/error.hpp"
#include "config/config.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace gw::dialect {

/// One line of a vendor's map. Unset fields hold for everything.
struct ShippedRule {
  /// Of `status`: 400, 413, 422, or an error inside a 200 that names no status: where words in a message are about the
  /// request.
  static constexpr std::int16_t refused = -1;

  std::int16_t status;       ///< 0 = any; `refused`; else this one
  std::string_view name;     ///< the error's `code` or its `type`, without regard to case; '*' at the end: any ending
  std::string_view message;  ///< stands in its message, without regard to case
  Errc becomes;
};

/// The provider's setting or, when that is `automatic`, what the host of its base_url says.
[[nodiscard]] config::Vendor vendor_of(const config::Provider& provider) noexcept;

/// The map of one vendor; empty for `generic` and `automatic`.
[[nodiscard]] std::span<const ShippedRule> rules_of(config::Vendor vendor) noexcept;

/// What OpenAI began and its followers took over: asked after the vendor's own map.
[[nodiscard]] std::span<const ShippedRule> common_rules() noexcept;

}  // namespace gw::dialect
