// Private to responses: the items of `input` as turns of a conversation.
#pragma once

#include "dialect/body_read.hpp"

#include <vector>

namespace gw::dialect::responses {

/// `value` is a text or a list of items. Each function returns false with the reader's error set.
[[nodiscard]] bool read_input(BodyReader& reader, BodyReader::Value& value, const Path& path);

}  // namespace gw::dialect::responses
