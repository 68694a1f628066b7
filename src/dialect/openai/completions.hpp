// Clients that ask for a completion of a text, the API before chat. Providers that have it get the client's body;
// others are asked for a chat completion with the prompt as the one message.
#pragma once

#include "dialect/client.hpp"

namespace gw::dialect::openai {

[[nodiscard]] const Client& completions_client();

}  // namespace gw::dialect::openai
