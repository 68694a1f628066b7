// Private to the dialects: on-demand parsing of provider JSON, which is small and not padded, and of their errors.
#pragma once

#include "dialect/failure.hpp"
#include "dialect/raw.hpp"

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gw::dialect {

/// Parses a copy of `json` held by this thread until its next use. `out` refers to that copy.
[[nodiscard]] simdjson::error_code parse(std::string_view json, simdjson::ondemand::document& out);

/// Before a use of a parser that a thread keeps: what a rare huge document made it hold is given back.
void let_go_of_large(simdjson::dom::parser& parser);

/// The part of `json` that `view` shows, where `view` points into the copy that `parse(json)` made.
[[nodiscard]] std::string_view original(std::string_view view, std::string_view json) noexcept;

/// A token without the white space behind it, which simdjson's raw tokens carry.
[[nodiscard]] inline std::string_view trimmed(std::string_view token) noexcept {
  while (!token.empty() && (token.back() == ' ' || token.back() == '\n' || token.back() == '\r' || token.back() == '\t')
  )
    token.remove_suffix(1);
  return token;
}

/// The inside of a string literal; empty for anything else. `value` is not consumed.
[[nodiscard]] inline Raw inside(simdjson::ondemand::value& value) noexcept {
  const std::string_view token = trimmed(value.raw_json_token());
  return token.size() >= 2 && token.front() == '"' ? token.substr(1, token.size() - 2) : Raw{};
}

/// A count of tokens: a whole number, also as servers write it that know only floating point ("7.0", "1e3"). nullopt
/// for anything else. `value` is not consumed.
[[nodiscard]] std::optional<std::uint64_t> count_in(simdjson::ondemand::value& value) noexcept;

/// The last object that is a member called `name` in a piece of JSON, which may begin and end anywhere: usage at an end
/// of an answer that was not read whole. Inside of a text its quotes would be escaped, so it is a member wherever it
/// stands. It must hold no texts with braces. nullopt: it is not there, or not all of it.
[[nodiscard]] std::optional<std::string_view> object_in(std::string_view piece, std::string_view name);

/// True for an `error` member that says there is none.
[[nodiscard]] bool is_no_error(simdjson::ondemand::value value);

/// What an error says, whatever its shape: object, text, or number. `http_status` 0: it came inside a 200; then a
/// status in the object counts.
[[nodiscard]] ErrorFacts read_error(simdjson::ondemand::value value, int http_status);

/// The same for a whole body: the error itself, or with something around it ({"error": {...}}, {"error": "..."}). One
/// that is no JSON says nothing. A list stands for its first element (Gemini).
[[nodiscard]] ErrorFacts read_error_body(std::string_view json, int http_status);

}  // namespace gw::dialect
