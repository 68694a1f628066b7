// Private to messages: the one clear error, as Anthropic's SDKs and Claude Code expect it.
#pragma once

#include "base/error.hpp"

#include <string>

namespace gw::dialect::messages {

/// {"type":"error","error":{"type":...,"message":...}}
[[nodiscard]] std::string error_body(const Error& error, int status);

/// The same as the event `error`.
[[nodiscard]] std::string error_event(const Error& error, int status);

}  // namespace gw::dialect::messages
