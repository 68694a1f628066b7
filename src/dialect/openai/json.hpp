// Private to the dialect: on-demand parsing of provider JSON, which is small and not padded.
#pragma once

#include "dialect/dialect.hpp"
#include "dialect/failure.hpp"

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>

namespace gw::dialect::openai {

/// Parses a copy of `json` held by this thread until its next use. `out` refers to that copy.
[[nodiscard]] simdjson::error_code parse(std::string_view json, simdjson::ondemand::document& out);

/// The part of `json` that `view` shows, where `view` points into the copy that `parse(json)` made.
[[nodiscard]] std::string_view original(std::string_view view, std::string_view json) noexcept;

/// A token without the white space behind it, which simdjson's raw tokens carry.
[[nodiscard]] inline std::string_view trimmed(std::string_view token) noexcept {
  while (!token.empty() && (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' || token.back() == '\t')
  )
    token.remove_suffix(1);
  return token;
}

/// usage{prompt_tokens,...,prompt_tokens_details{cached_tokens},completion_tokens_details{reasoning_tokens}};
/// DeepSeek's prompt_cache_hit_tokens and Moonshot's cached_tokens count as cached.
[[nodiscard]] Usage read_usage(simdjson::ondemand::object object);

/// True for an `error` member that says there is none.
[[nodiscard]] bool is_no_error(simdjson::ondemand::value value);

/// What an error says, whatever its shape: object, text, or number. `http_status` 0: it came inside a 200; then a
/// status in the object counts.
[[nodiscard]] ErrorFacts read_error(simdjson::ondemand::value value, int http_status);

/// The same for a whole body: the error itself, or with something around it ({"error": {...}}, {"error": "..."}). One
/// that is no JSON says nothing. A list stands for its first element (Gemini).
[[nodiscard]] ErrorFacts read_error_body(std::string_view json, int http_status);

}  // namespace gw::dialect::openai
