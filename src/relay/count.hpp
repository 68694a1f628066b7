// Counts of tokens for models whose provider has no endpoint for them: estimated here, and labelled so. What a provider
// says to a request for a count tells nothing of how its model answers.
#pragma once

#include "relay/context.hpp"
#include "relay/reply.hpp"

#include <optional>

namespace gw::relay {

[[nodiscard]] bool is_count(const Context& context) noexcept;

/// A count is wanted, and this candidate's provider speaks no dialect that has any.
[[nodiscard]] bool needs_estimate(const Context& context, const routing::Candidate& candidate) noexcept;

/// A count was asked for, and the provider has no such endpoint, though it speaks the dialect: many copies of
/// Anthropic's API do without.
[[nodiscard]] bool lacks_counts(const Context& context, const Error& error) noexcept;

/// Errors: as Client::conversation, when the request could not be said to this candidate either.
net::Task<std::optional<Error>> answer_estimate(
    Context& context, const routing::Candidate& candidate, ClientReply& reply
);

}  // namespace gw::relay
