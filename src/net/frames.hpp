// Memory of coroutine frames. A request makes and ends a dozen of them, in the same few sizes: each thread keeps what
// was given back, up to a bound, and a new frame costs a list's head.
#pragma once

#include <cstddef>

namespace gw::net {

/// At least `bytes`, aligned for any type. Errors: std::bad_alloc.
[[nodiscard]] void* take_frame(std::size_t bytes);

/// What `take_frame` gave for the same `bytes`; on any thread.
void give_frame(void* frame, std::size_t bytes) noexcept;

}  // namespace gw::net
