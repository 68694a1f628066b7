// OpenAI chat completions, and the many providers that speak it. Facts: the API reference of OpenAI (chat object, chat
// completion chunk object, error codes) and of the providers named at each deviation.
#pragma once

#include "dialect/dialect.hpp"

namespace gw::dialect::openai {

[[nodiscard]] const Dialect& dialect();

/// The class of an `error` object, by its code, type and status; `http_status` 0 when it came inside a 200 and names
/// none itself.
[[nodiscard]] Errc class_of(std::string_view code, std::string_view type, int http_status) noexcept;

/// A provider's message as it may be shown: one line, at most 300 bytes, anything that looks like a key masked.
[[nodiscard]] std::string shown_message(std::string_view message);

}  // namespace gw::dialect::openai
