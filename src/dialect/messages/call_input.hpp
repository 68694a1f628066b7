// Private to messages: a call's id is held to a pattern here, and its arguments are an object, which elsewhere is a
// text that should hold one.
#pragma once

#include "dialect/conversation.hpp"

#include <string>

namespace gw::dialect::messages {

/// An id as Anthropic takes it. The same id gives the same text, so that a result still finds its call.
[[nodiscard]] std::string call_id(Raw id);

/// JSON of an object. What is none becomes the only member of one, so that nothing is lost.
[[nodiscard]] std::string input_of(const Arguments& arguments);

}  // namespace gw::dialect::messages
