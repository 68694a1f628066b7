// How many tokens a conversation is likely to have, for models whose provider does not count them beforehand. A rough
// figure for deciding when to shorten, not for bills; docs/endpoints.md has the formula.
#pragma once

#include "dialect/conversation.hpp"

#include <cstdint>

namespace gw::dialect {

/// Of a text, in quarters of a token: a character of ASCII is one, of other alphabets two, of Chinese, Japanese, Korean
/// and the like four, of what lies beyond (emoji) eight; an escape is the character that it stands for. Eight bytes at
/// a time.
[[nodiscard]] std::uint64_t quarter_tokens(Raw text) noexcept;

/// Of all that is sent to the model.
[[nodiscard]] std::uint64_t estimated_tokens(const Conversation& conversation);

}  // namespace gw::dialect
