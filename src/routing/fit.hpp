// Private to routing: what a request needs of a model, and who has it.
#pragma once

#include "base/blocks.hpp"
#include "chat/chat.hpp"
#include "routing/catalog.hpp"

#include <cstddef>
#include <cstdint>

namespace gw::routing {

/// What a request is likely to use, in tokens.
struct Size {
  /// A rough upper estimate: three bytes of text a token, as Chinese has it; English has four. Not counted: the
  /// arguments of earlier tool calls.
  std::uint64_t prompt = 0;
  std::uint64_t answer = 0;  ///< asked for at most; 0 = the request does not say
  std::uint32_t choices = 1;
};

[[nodiscard]] Size size_of(const chat::ChatRequest& request) noexcept;

/// Puts candidates that can serve the request before those that cannot: blind ones when there are images and nobody
/// `describes` them, those whose window it would fill, those that may not answer at the length asked for. Drops those
/// whose window would be too small at half the estimate, unless nothing else is there. The order within each group
/// stays.
/// Returns how many can.
std::size_t fit(
    BlockVector<const Candidate*>& candidates, const chat::ChatRequest& request, const Size& size, bool describes
);

}  // namespace gw::routing
