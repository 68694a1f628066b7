// Private to responses: the one clear error, as OpenAI's SDKs and Codex expect it.
#pragma once

#include "base/error.hpp"

#include <string>

namespace gw::dialect::responses {

/// {"error":{"message":...,"type":...,"param":...,"code":...}}
[[nodiscard]] std::string error_body(const Error& error, int status);

/// Two events: `error`, which the SDKs raise, and `response.failed`, which Codex waits for.
[[nodiscard]] std::string error_event(const Error& error, int status);

}  // namespace gw::dialect::responses
