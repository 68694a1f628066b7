// Private to Gemini: what a model's name says about it. Names that say nothing (gemini-flash-latest) are the newest.
#pragma once

#include "base/text.hpp"

#include <cstdint>
#include <string_view>

namespace gw::dialect::gemini {

/// What differs between generations, as the documentation puts it.
enum class Generation : std::uint8_t {
  plain,   ///< before 2.5, and Gemma: no thinking
  budget,  ///< 2.5: thinks within a number of tokens
  level,   ///< 3 and later: thinks by level; checks signatures of calls
};

[[nodiscard]] inline std::string_view base_name(std::string_view model) noexcept {
  const std::size_t slash = model.rfind('/');
  return slash == std::string_view::npos ? model : model.substr(slash + 1);
}

[[nodiscard]] inline Generation generation_of(std::string_view model) noexcept {
  const std::string_view name = base_name(model);
  for (const std::string_view before : {"gemini-1", "gemini-2.0", "gemini-pro", "gemma", "learnlm"}) {
    if (iequals(name.substr(0, before.size()), before)) return Generation::plain;
  }
  constexpr std::string_view second = "gemini-2";
  return iequals(name.substr(0, second.size()), second) ? Generation::budget : Generation::level;
}

/// Knows the level "minimal": the small ones of 3 to 3.7. The others refuse it.
[[nodiscard]] inline bool has_minimal_level(std::string_view model) noexcept {
  const std::string_view name = base_name(model);
  constexpr std::string_view third = "gemini-3";
  if (!name.starts_with(third) || name.find("-pro") != std::string_view::npos) return false;
  const std::string_view rest = name.substr(third.size());
  return rest.starts_with('-') || (rest.size() >= 3 && rest[0] == '.' && rest[1] < '8' && rest[2] == '-');
}

[[nodiscard]] inline bool is_pro(std::string_view model) noexcept {
  return base_name(model).find("-pro") != std::string_view::npos;
}

}  // namespace gw::dialect::gemini
