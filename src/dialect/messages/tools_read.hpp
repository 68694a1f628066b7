// Private to messages: what a client lets the model call.
#pragma once

#include "dialect/body_read.hpp"

namespace gw::dialect::messages {

[[nodiscard]] bool read_tools(BodyReader& reader, BodyReader::Value& value, const Path& path);
[[nodiscard]] bool read_tool_choice(BodyReader& reader, BodyReader::Value& value, const Path& path);

}  // namespace gw::dialect::messages
