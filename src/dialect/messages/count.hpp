// Clients that ask how many tokens a message has (POST /v1/messages/count_tokens), and what a provider answers.
#pragma once

#include "dialect/client.hpp"
#include "dialect/dialect.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gw::dialect::messages {

[[nodiscard]] const Client& count_client();

/// A plain 2xx answer: {"input_tokens": N}. Errors: as Dialect::reply.
[[nodiscard]] Result<ReplyFacts> read_count_reply(const config::Provider& provider, std::string_view body);

/// The answer for a client.
[[nodiscard]] std::string count_body(std::uint64_t tokens);

}  // namespace gw::dialect::messages
