// Private to messages: a conversation as a provider's request body. docs/dialects/messages.md has the table.
#pragma once

#include "dialect/dialect.hpp"

namespace gw::dialect::messages {

[[nodiscard]] Result<Written> write_request(const Conversation& conversation, const WriteInput& input);

}  // namespace gw::dialect::messages
