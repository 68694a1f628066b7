// Private to messages: a call's arguments are an object here, and a text that should hold one elsewhere.
#pragma once

#include "dialect/conversation.hpp"

#include <string>

namespace gw::dialect::messages {

/// The text is a whole JSON value.
[[nodiscard]] bool is_whole(Raw arguments);

/// JSON of an object. What is none becomes the only member of one, so that nothing is lost.
[[nodiscard]] std::string input_of(const Arguments& arguments);

}  // namespace gw::dialect::messages
