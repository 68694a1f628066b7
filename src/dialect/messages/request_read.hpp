// Private to messages: a client's request as a conversation. docs/dialects/messages.md says what becomes of each field.
#pragma once

#include "base/error.hpp"
#include "dialect/conversation.hpp"

#include <string_view>

namespace gw::dialect::messages {

/// `body` passed `chat::read_messages`, with its padding behind it. Errors: client_error with `param`; or
/// unsupported_input, for what only a provider of this dialect can do.
[[nodiscard]] Result<Conversation> read_request(std::string_view body, Keep& keep);

}  // namespace gw::dialect::messages
