// Private to responses: a provider's request body from a conversation. docs/dialects/responses.md says what becomes of
// each field.
#pragma once

#include "dialect/conversation.hpp"
#include "dialect/dialect.hpp"

namespace gw::dialect::responses {

/// Errors: unsupported_input, for what cannot be said here and would be missed.
[[nodiscard]] Result<Written> write_request(const Conversation& conversation, const WriteInput& input);

}  // namespace gw::dialect::responses
