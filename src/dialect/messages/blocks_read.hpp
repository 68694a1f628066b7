// Private to messages: the content of turns, of `system` and of the results of calls.
#pragma once

#include "dialect/body_read.hpp"

#include <vector>

namespace gw::dialect::messages {

/// A text or a list of blocks, appended to `out`; null is nothing. False with the reader's error set.
[[nodiscard]] bool read_content(BodyReader& reader, BodyReader::Value& value, const Path& path, std::vector<Part>& out);

}  // namespace gw::dialect::messages
