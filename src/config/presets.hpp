// What providers have in common for everybody who uses them: where they are, what they speak, what their models can
// hold and cost. Data; `preset` in a provider's configuration fills in what the operator does not say.
// docs/providers.md is the manual.
#pragma once

#include "config/config.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gw::config {

struct PresetModel {
  std::string_view name;         ///< as the provider knows it
  std::uint64_t context_window;  ///< 0 = not known
  std::uint64_t max_output;      ///< 0 = not known
  std::optional<Price> price;    ///< US dollars a million tokens; the list price of a short prompt
  std::string_view read;         ///< when the facts were read, e.g. 2026-07-02
};

struct Preset {
  std::string_view name;
  std::string_view base_url;  ///< empty: the operator's own, like `example`
  std::string_view example;
  Protocol protocol;
  Vendor vendor;
  std::span<const PresetModel> models;
  bool has_prices;          ///< the models' prices are those of this site: others charge in another currency
  std::string_view source;  ///< the documentation
  std::string_view key_header{};
};

/// By name.
[[nodiscard]] std::span<const Preset> presets() noexcept;

/// Null for a name that is none.
[[nodiscard]] const Preset* find_preset(std::string_view name) noexcept;

/// "anthropic, azure, ...", for complaints.
[[nodiscard]] std::string preset_names();

/// Null for a model it does not know.
[[nodiscard]] const PresetModel* find_model(const Preset& preset, std::string_view model) noexcept;

}  // namespace gw::config
