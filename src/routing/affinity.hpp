// Private to routing: conversations stay with their model, so that prompt caches pay. Nothing is remembered: the model
// follows from what the conversation is known by (rendezvous hashing), on every shard and machine alike. When models
// come or go, only the conversations of those that changed move.
#pragma once

#include "routing/routing.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace gw::routing {

/// By what the conversation is known; nullopt = by nothing that `routing.affinity` allows.
[[nodiscard]] std::optional<std::uint64_t> conversation_of(const chat::ChatRequest& request, const Input& input);

/// Puts the conversation's candidate first: shares go by weight, one of weight 0 is nobody's. While it rests, the next
/// in the conversation's own order takes its place; when all rest, nothing changes.
void prefer(std::span<const Candidate*> candidates, std::uint64_t conversation, const Input& input);

}  // namespace gw::routing
