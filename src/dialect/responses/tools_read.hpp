// Private to responses: the tools of a request and which of them is to be used.
#pragma once

#include "dialect/body_read.hpp"

#include <vector>

namespace gw::dialect::responses {

/// Appends to the conversation's tools. Each function returns false with the reader's error set.
[[nodiscard]] bool read_tools(BodyReader& reader, BodyReader::Value& value, const Path& path);

/// What `tool_choice` says; applied to the tools by `apply_choice` when all of them are known.
struct Choice {
  bool is_limited = false;
  std::vector<Raw> allowed;  ///< names of functions, of {"type":"allowed_tools"}
};

[[nodiscard]] bool read_tool_choice(BodyReader& reader, BodyReader::Value& value, const Path& path, Choice& out);

void apply_choice(BodyReader& reader, const Choice& choice);

}  // namespace gw::dialect::responses
