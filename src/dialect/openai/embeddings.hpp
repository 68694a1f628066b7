// Clients that ask for embeddings, and what a provider's answer to them holds.
#pragma once

#include "dialect/client.hpp"
#include "dialect/dialect.hpp"

#include <string_view>

namespace gw::dialect::openai {

[[nodiscard]] const Client& embeddings_client();

/// A plain 2xx answer. Errors: as Dialect::reply; upstream_empty, when a vector is missing.
[[nodiscard]] Result<ReplyFacts> read_embeddings_reply(const config::Provider& provider, std::string_view body);

/// Whether a large one begins as one.
[[nodiscard]] bool begins_embeddings_reply(std::string_view begun);

}  // namespace gw::dialect::openai
