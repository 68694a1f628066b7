// Clients that speak chat completions: OpenAI's SDKs and nearly everybody else's.
#pragma once

#include "dialect/client.hpp"

namespace gw::dialect::openai {

[[nodiscard]] const Client& client();

}  // namespace gw::dialect::openai
