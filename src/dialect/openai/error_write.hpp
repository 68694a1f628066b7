// Private to openai: the one clear error, as OpenAI's SDKs expect it.
#pragma once

#include "base/error.hpp"

#include <string>

namespace gw::dialect::openai {

/// {"error":{"message","type","param","code"}}
[[nodiscard]] std::string error_body(const Error& error, int status);

/// The same as the data of a last event.
[[nodiscard]] std::string error_event(const Error& error, int status);

}  // namespace gw::dialect::openai
