// Private to openai: walking JSON member by member, in the order in which it stands.
#pragma once

#include "dialect/provider_json.hpp"
#include "dialect/raw.hpp"

#include <simdjson.h>

#include <string_view>
#include <utility>

namespace gw::dialect::openai {

/// The text of a value, whatever it is. A container is consumed; empty when it is broken.
[[nodiscard]] JsonText whole(simdjson::ondemand::value& value) noexcept;

/// What a provider sent is JSON in every part, so that it may be passed on as it is.
[[nodiscard]] bool is_json(std::string_view text);

[[nodiscard]] inline std::string_view token_of(simdjson::ondemand::value& value) noexcept {
  return trimmed(value.raw_json_token());
}

/// Calls `take(key, value)` for each member until it says false. False: it did, or the object is broken.
template <class Take>
bool each_member(simdjson::ondemand::value& value, Take take) {
  simdjson::ondemand::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return false;
  for (auto member : object) {
    simdjson::ondemand::field field;
    if (std::move(member).get(field) != simdjson::SUCCESS) return false;
    std::string_view key;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) key = "?";  // a lone surrogate: no name of ours
    if (!take(key, field.value())) return false;
  }
  return true;
}

/// The same for the elements of an array.
template <class Take>
bool each_element(simdjson::ondemand::value& value, Take take) {
  simdjson::ondemand::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return false;
  for (auto element : array) {
    simdjson::ondemand::value item;
    if (static_cast<simdjson::simdjson_result<simdjson::ondemand::value>&&>(element).get(item) != simdjson::SUCCESS)
      return false;
    if (!take(item)) return false;
  }
  return true;
}

}  // namespace gw::dialect::openai
