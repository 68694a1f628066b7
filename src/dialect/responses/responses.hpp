// Providers that speak OpenAI's Responses (POST /responses). Facts: OpenAI's API reference (create a model response,
// the response object, streaming events) and the migration guide from chat completions. There is no [DONE]: the event
// with the finished response ends a stream.
#pragma once

#include "dialect/dialect.hpp"

namespace gw::dialect::responses {

[[nodiscard]] const Dialect& dialect();

}  // namespace gw::dialect::responses
