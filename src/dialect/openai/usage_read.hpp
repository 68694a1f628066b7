// Private to openai: the token counts of a chunk or an answer.
#pragma once

#include "dialect/usage.hpp"

#include <simdjson.h>

namespace gw::dialect::openai {

/// Counts of a `usage` object, in OpenAI's spelling and in that of providers that differ.
[[nodiscard]] Usage read_usage(simdjson::ondemand::object object);

}  // namespace gw::dialect::openai
