// OpenAI chat completions, and the many providers that speak it. Facts: the API reference of OpenAI (chat object, chat
// completion chunk object, error codes) and of the providers named at each deviation.
#pragma once

#include "dialect/dialect.hpp"

namespace gw::dialect::openai {

[[nodiscard]] const Dialect& dialect();

}  // namespace gw::dialect::openai
