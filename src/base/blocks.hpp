// Memory of what a connection and a request are made of: coroutine frames, connections, small buffers and lists. Blocks
// stand in chunks of their own, a chunk a size, apart from the texts that come and go: so a stream that waits keeps no
// holes open where its request was, and a block costs a list's head.
#pragma once

#include <cstddef>
#include <vector>

namespace gw {

/// At least `bytes`, aligned for any type. Errors: std::bad_alloc.
[[nodiscard]] void* take_block(std::size_t bytes);

/// What `take_block` gave for the same `bytes`. On the thread that took it: on another one, which happens when a
/// program ends, the memory is not used again.
void give_block(void* block, std::size_t bytes) noexcept;

/// For containers that live as long as a request and on its thread.
template <class T>
struct BlockAllocator {
  using value_type = T;

  BlockAllocator() = default;

  template <class U>
  BlockAllocator(const BlockAllocator<U>& /*other*/) noexcept {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] T* allocate(std::size_t count) { return static_cast<T*>(take_block(count * item_bytes)); }

  void deallocate(T* memory, std::size_t count) noexcept { give_block(memory, count * item_bytes); }

  friend bool operator==(const BlockAllocator& /*a*/, const BlockAllocator& /*b*/) noexcept { return true; }

 private:
  // NOLINTNEXTLINE(bugprone-sizeof-expression): a list of pointers is meant to hold pointers
  static constexpr std::size_t item_bytes = sizeof(T);
};

template <class T>
using BlockVector = std::vector<T, BlockAllocator<T>>;

}  // namespace gw
