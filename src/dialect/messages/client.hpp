// Clients that speak Anthropic's Messages: Claude Code, Anthropic's SDKs and agents built upon them.
#pragma once

#include "dialect/client.hpp"

namespace gw::dialect::messages {

[[nodiscard]] const Client& client();

}  // namespace gw::dialect::messages
