// Private to responses: a custom tool takes one free text. Elsewhere it is a function with one parameter, `input`; its
// name gets a prefix, so that a call of it is known again, by whoever writes the answer.
#pragma once

#include <string_view>

namespace gw::dialect::responses {

inline constexpr std::string_view custom_prefix = "custom__";
inline constexpr std::string_view custom_schema =
    R"({"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false})";

}  // namespace gw::dialect::responses
