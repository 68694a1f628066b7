#include "net/frames.hpp"

#include <array>
#include <cstdint>
#include <new>

namespace gw::net {
namespace {

// Under a sanitizer every frame is the allocator's, so that its use after its end is seen.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool keeps_frames = false;
#else
constexpr bool keeps_frames = true;
#endif

constexpr std::size_t step = 64;
constexpr std::size_t sizes = 32;                          // up to 2 KiB; larger ones are rare
constexpr std::size_t max_kept = std::size_t{128} * 1024;  // bytes a thread

struct Free {
  Free* next;
};

struct Store {
  std::array<Free*, sizes> lists{};
  std::size_t kept = 0;

  ~Store() {
    for (Free*& list : lists) {
      while (list != nullptr) {
        Free* const one = list;
        list = one->next;
        ::operator delete(one);
      }
    }
    kept = max_kept;  // what comes later, at the thread's end, goes to the allocator
  }
};

thread_local Store store;

constexpr std::size_t index_of(std::size_t bytes) noexcept {
  return (bytes + step - 1) / step - 1;
}

}  // namespace

void* take_frame(std::size_t bytes) {
  const std::size_t index = index_of(bytes);
  if (!keeps_frames || index >= sizes) return ::operator new(bytes);
  Store& mine = store;
  if (Free* const one = mine.lists[index]; one != nullptr) {
    mine.lists[index] = one->next;
    mine.kept -= (index + 1) * step;
    return one;
  }
  return ::operator new((index + 1) * step);
}

void give_frame(void* frame, std::size_t bytes) noexcept {
  const std::size_t index = index_of(bytes);
  Store& mine = store;
  if (!keeps_frames || index >= sizes || mine.kept >= max_kept) {
    ::operator delete(frame);
    return;
  }
  mine.kept += (index + 1) * step;
  auto* const one = static_cast<Free*>(frame);
  one->next = mine.lists[index];
  mine.lists[index] = one;
}

}  // namespace gw::net
