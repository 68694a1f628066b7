// Private to responses: the response object, as far as its writer knows it. What only the request said (instructions,
// tools, limits) stands there with its neutral value: whoever asked has it.
#pragma once

#include "dialect/answer.hpp"
#include "dialect/responses/answer_items.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gw::dialect::responses {

struct ResponseObject {
  std::string_view id;     ///< not escaped
  std::string_view model;  ///< not escaped
  std::uint64_t created = 0;
  std::string_view status = "in_progress";
  std::string_view incomplete_reason{};  ///< empty = none
  std::string_view error_code{};         ///< not escaped; empty = no error
  std::string_view error_message{};      ///< not escaped
  const std::vector<AnswerItem>* items = nullptr;
  std::optional<Usage> usage{};
};

void write_response(JsonWriter& json, const ResponseObject& response);

}  // namespace gw::dialect::responses
