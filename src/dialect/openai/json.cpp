#include "dialect/openai/json.hpp"

namespace gw::dialect::openai {

namespace od = simdjson::ondemand;

JsonText whole(od::value& value) noexcept {
  const std::string_view token = token_of(value);
  std::string_view text;
  if (token.starts_with('{')) {
    od::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return {};
    if (object.raw_json().get(text) != simdjson::SUCCESS) return {};
    return trimmed(text);
  }
  if (token.starts_with('[')) {
    od::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) return {};
    if (array.raw_json().get(text) != simdjson::SUCCESS) return {};
    return trimmed(text);
  }
  return token;
}

bool is_json(std::string_view text) {
  if (text.empty()) return false;
  thread_local simdjson::dom::parser parser;
  let_go_of_large(parser);
  return parser.parse(text.data(), text.size()).error() == simdjson::SUCCESS;
}

}  // namespace gw::dialect::openai
