// Providers that speak Anthropic's Messages (POST /messages). Facts: Anthropic's API reference (create a message,
// streaming messages, errors, versions) and its guides (tool use, extended and adaptive thinking, vision, PDF support,
// structured outputs, prompt caching, model migration). There is no [DONE]: the event message_stop ends a stream.
#pragma once

#include "dialect/dialect.hpp"

namespace gw::dialect::messages {

[[nodiscard]] const Dialect& dialect();

}  // namespace gw::dialect::messages
