// Private to messages: what a model's name says about it. Names that tell no version are the newest of Anthropic's, or
// another vendor's that speaks like the older ones.
#pragma once

#include "base/text.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

namespace gw::dialect::messages {

/// What differs between generations, as the migration guides put it.
enum class Generation : std::uint8_t {
  plain,     ///< Claude before 3.7: does not think
  budget,    ///< thinks within a number of tokens
  adaptive,  ///< from 4.6: thinks as much as it finds right, by effort
  latest,    ///< from 4.7: refuses budgets and sampling parameters; does not show what it thinks unless asked
};

/// "claude-opus-4-6", "anthropic/claude-opus-4.6", "claude-3-7-sonnet-20250219": 406, 406, 307. Nothing of a name
/// without a version, or of another vendor's.
[[nodiscard]] inline std::optional<unsigned> claude_version(std::string_view model) noexcept {
  constexpr std::string_view name = "claude";
  const std::size_t at = model.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  model.remove_prefix(at + name.size());
  std::optional<unsigned> major;
  while (!model.empty()) {
    const std::size_t end = std::min(model.find_first_of("-._@:"), model.size());
    const std::string_view word = model.substr(0, end);
    model.remove_prefix(std::min(end + 1, model.size()));
    const auto number = word.size() <= 2 ? parse_u64(word) : std::nullopt;  // a date is longer
    if (major) return *major * 100 + static_cast<unsigned>(number.value_or(0));
    if (number) major = static_cast<unsigned>(*number);
  }
  if (major) return *major * 100;
  return std::nullopt;
}

[[nodiscard]] inline Generation generation_of(std::string_view model) noexcept {
  if (model.find("claude") == std::string_view::npos) return Generation::budget;
  const unsigned version = claude_version(model).value_or(9999);
  if (version >= 407) return Generation::latest;
  if (version >= 406) return Generation::adaptive;
  return version >= 307 ? Generation::budget : Generation::plain;
}

/// From Opus 4.1 and the 4.5 models on an answer can be held to a schema.
[[nodiscard]] inline bool takes_schema(std::string_view model) noexcept {
  const unsigned version = claude_version(model).value_or(9999);
  return version >= 405 || version == 401;
}

}  // namespace gw::dialect::messages
