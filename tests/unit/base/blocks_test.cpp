#include "base/blocks.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

namespace gw {
namespace {

struct Taken {
  unsigned char* memory;
  std::size_t bytes;
  unsigned char mark;
};

// Thousands of blocks of all sizes, taken and given back in any order: none overlaps another, none loses its bytes.
TEST(Blocks, whatever_the_order_every_block_is_its_own) {
  std::mt19937 random(3);
  std::vector<Taken> live;
  const auto check_and_give = [&](std::size_t at) {
    const Taken one = live[at];
    for (std::size_t i = 0; i < one.bytes; ++i) ASSERT_EQ(one.memory[i], one.mark);
    give_block(one.memory, one.bytes);
    live[at] = live.back();
    live.pop_back();
  };
  for (int step = 0; step < 60'000; ++step) {
    // Grows to thousands, shrinks to few, twice: chunks fill, empty and come back.
    const bool grows = (step / 15'000) % 2 == 0;
    if (live.empty() || random() % 10 < (grows ? 7U : 3U)) {
      const std::size_t bytes = 1 + random() % (random() % 20 == 0 ? 6000 : 2100);
      auto* const memory = static_cast<unsigned char*>(take_block(bytes));
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(memory) % alignof(std::max_align_t), 0U);
      const auto mark = static_cast<unsigned char>(random());
      std::memset(memory, mark, bytes);
      live.push_back({memory, bytes, mark});
    } else {
      check_and_give(random() % live.size());
    }
  }
  while (!live.empty()) check_and_give(live.size() - 1);
}

TEST(Blocks, one_given_back_on_another_thread_is_left_alone) {
  void* const memory = take_block(100);
  std::thread other([&] { give_block(memory, 100); });
  other.join();
  void* const next = take_block(100);
  EXPECT_NE(next, nullptr);
  give_block(next, 100);
}

TEST(Blocks, a_thread_may_end_with_blocks_still_in_use) {
  BlockVector<int> outlives;
  std::thread other([&] { outlives.assign(10, 7); });
  other.join();
  EXPECT_EQ(outlives[9], 7);
}

}  // namespace
}  // namespace gw
