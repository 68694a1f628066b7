// A hash that means the same for ever: what was chosen by it stays chosen after a restart and after an update. Not for
// tables that a stranger could fill (it has no secret), not for secrets.
#pragma once

#include <cstdint>
#include <string_view>

namespace gw {

/// Of the text's bytes, eight at a time. `seed` is the hash of what came before, when several texts make one key.
[[nodiscard]] std::uint64_t stable_hash(std::string_view text, std::uint64_t seed = 0) noexcept;

}  // namespace gw
