#include "base/blocks.hpp"

#include <sys/mman.h>

#include <array>
#include <cstdint>
#include <new>

namespace gw {
namespace {

// Under a sanitizer every block is the allocator's, so that its use after its end is seen.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool has_chunks = false;
#else
constexpr bool has_chunks = true;
#endif

constexpr std::size_t step = 64;
constexpr std::size_t sizes = 32;  // up to 2 KiB; larger ones are rare and the allocator's
constexpr std::size_t chunk_bytes = std::size_t{32} * 1024;
constexpr std::uint8_t max_recent = 6;  // blocks of a size that are kept at hand
constexpr std::size_t max_spare = 8;    // empty chunks a thread keeps

struct Free {
  Free* next;
};

class Store;

// One mapping, aligned to its size, so that a block finds its chunk by its address.
struct alignas(step) Chunk {
  Store* owner = nullptr;
  Chunk* previous = nullptr;  // among the chunks of its size that have room
  Chunk* next = nullptr;
  Free* free = nullptr;
  char* fresh = nullptr;  // what was never used begins here
  std::uint32_t live = 0;
  std::uint32_t index = 0;

  [[nodiscard]] std::size_t block_bytes() const noexcept { return (index + 1) * step; }

  [[nodiscard]] bool has_room() const noexcept {
    return free != nullptr || fresh + block_bytes() <= reinterpret_cast<const char*>(this) + chunk_bytes;
  }
};

Chunk* map_chunk() {
  // Twice the size holds an aligned one; the rest is given back.
  void* const whole = ::mmap(nullptr, 2 * chunk_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (whole == MAP_FAILED) throw std::bad_alloc();
  char* const begin = static_cast<char*>(whole);
  const auto misplaced = reinterpret_cast<std::uintptr_t>(begin) % chunk_bytes;
  char* const at = misplaced == 0 ? begin : begin + (chunk_bytes - misplaced);
  if (at != begin) ::munmap(begin, static_cast<std::size_t>(at - begin));
  const std::size_t behind = static_cast<std::size_t>(begin + chunk_bytes - at);
  if (behind != 0) ::munmap(at + chunk_bytes, behind);
  return new (at) Chunk;
}

Chunk* chunk_of(void* block) noexcept {
  const auto inside = reinterpret_cast<std::uintptr_t>(block) % chunk_bytes;
  return reinterpret_cast<Chunk*>(static_cast<char*>(block) - inside);
}

class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Chunks with live blocks stay where they are: whoever has them may still use them.
  ~Store() {
    while (spare_ != nullptr) {
      Chunk* const one = spare_;
      spare_ = one->next;
      ::munmap(one, chunk_bytes);
    }
    spares_ = max_spare;
  }

  // What was given back last is taken first, without a look at its chunk.
  void* take(std::size_t index) {
    if (Free* const one = recent_[index]; one != nullptr) {
      recent_[index] = one->next;
      --recent_count_[index];
      return one;
    }
    return take_from_chunk(index);
  }

  void give(void* block, std::size_t index) noexcept {
    if (recent_count_[index] < max_recent) {
      auto* const one = static_cast<Free*>(block);
      one->next = recent_[index];
      recent_[index] = one;
      ++recent_count_[index];
      return;
    }
    Chunk& chunk = *chunk_of(block);
    if (chunk.owner == this) give_to_chunk(chunk, block);
  }

  void* take_from_chunk(std::size_t index) {
    Chunk* chunk = rooms_[index];
    if (chunk == nullptr) chunk = add_chunk(index);
    void* block = chunk->free;
    if (block != nullptr) {
      chunk->free = chunk->free->next;
    } else {
      block = chunk->fresh;
      chunk->fresh += chunk->block_bytes();
    }
    ++chunk->live;
    if (!chunk->has_room()) unlink(*chunk);
    return block;
  }

  void give_to_chunk(Chunk& chunk, void* block) noexcept {
    const bool had_room = chunk.has_room();
    auto* const one = static_cast<Free*>(block);
    one->next = chunk.free;
    chunk.free = one;
    if (!had_room) link(chunk);
    // The last chunk of a size stays: a connection alone would map and unmap it again and again.
    const bool is_only = rooms_[chunk.index] == &chunk && chunk.next == nullptr;
    if (--chunk.live == 0 && !is_only) drop(chunk);
  }

 private:
  Chunk* add_chunk(std::size_t index) {
    Chunk* chunk = spare_;
    if (chunk != nullptr) {
      spare_ = chunk->next;
      --spares_;
      chunk = new (chunk) Chunk;
    } else {
      chunk = map_chunk();
    }
    chunk->owner = this;
    chunk->index = static_cast<std::uint32_t>(index);
    chunk->fresh = reinterpret_cast<char*>(chunk) + sizeof(Chunk);
    link(*chunk);
    return chunk;
  }

  void drop(Chunk& chunk) noexcept {
    unlink(chunk);
    if (spares_ >= max_spare) {
      ::munmap(&chunk, chunk_bytes);
      return;
    }
    chunk.next = spare_;
    spare_ = &chunk;
    ++spares_;
  }

  void link(Chunk& chunk) noexcept {
    Chunk*& first = rooms_[chunk.index];
    chunk.previous = nullptr;
    chunk.next = first;
    if (first != nullptr) first->previous = &chunk;
    first = &chunk;
  }

  void unlink(Chunk& chunk) noexcept {
    (chunk.previous != nullptr ? chunk.previous->next : rooms_[chunk.index]) = chunk.next;
    if (chunk.next != nullptr) chunk.next->previous = chunk.previous;
  }

  std::array<Free*, sizes> recent_{};
  std::array<std::uint8_t, sizes> recent_count_{};
  std::array<Chunk*, sizes> rooms_{};  // by size: the chunks with room
  Chunk* spare_ = nullptr;
  std::size_t spares_ = 0;
};

thread_local Store store;

constexpr std::size_t index_of(std::size_t bytes) noexcept {
  return (bytes + step - 1) / step - 1;
}

}  // namespace

void* take_block(std::size_t bytes) {
  const std::size_t index = index_of(bytes);
  if (!has_chunks || index >= sizes) return ::operator new(bytes);
  return store.take(index);
}

void give_block(void* block, std::size_t bytes) noexcept {
  if (!has_chunks || index_of(bytes) >= sizes) {
    ::operator delete(block);
    return;
  }
  store.give(block, index_of(bytes));
}

}  // namespace gw
