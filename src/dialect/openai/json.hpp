// Private to the dialect: on-demand parsing of provider JSON, which is small and not padded.
#pragma once

#include "dialect/dialect.hpp"

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>

namespace gw::dialect::openai {

/// Parses a copy of `json` held by this thread until its next use. `out` refers to that copy.
[[nodiscard]] simdjson::error_code parse(std::string_view json, simdjson::ondemand::document& out);

/// usage{prompt_tokens,...,prompt_tokens_details{cached_tokens},completion_tokens_details{reasoning_tokens}};
/// DeepSeek's prompt_cache_hit_tokens and Moonshot's cached_tokens count as cached.
[[nodiscard]] Usage read_usage(simdjson::ondemand::object object);

/// An `error` member, whatever its shape: object, string, or number.
[[nodiscard]] Error read_error(simdjson::ondemand::value value, int http_status);

}  // namespace gw::dialect::openai
