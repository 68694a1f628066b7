// Clients that speak OpenAI's Responses: Codex, OpenAI's SDKs and agents built upon them. What needs a memory on the
// server (earlier responses, conversations, stored prompts, background work) is refused: the gateway keeps nothing.
#pragma once

#include "dialect/client.hpp"

namespace gw::dialect::responses {

[[nodiscard]] const Client& client();

}  // namespace gw::dialect::responses
