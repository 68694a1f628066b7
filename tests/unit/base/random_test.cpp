#include "base/random.hpp"

#include "base/hash.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

namespace gw {
namespace {

TEST(RandomTest, a_seed_is_a_sequence) {
  Random a(7);
  Random b(7);
  Random other(8);
  int same_as_other = 0;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t one = a.next();
    EXPECT_EQ(one, b.next());
    same_as_other += one == other.next() ? 1 : 0;
  }
  EXPECT_EQ(same_as_other, 0) << "near seeds, far sequences";
  EXPECT_NE(Random(0).next(), 0U) << "a seed of zero is one like any other";
}

// The vector of the authors' code (xoshiro256plusplus.c, splitmix64.c) for a state seeded by splitmix64 from 0.
TEST(RandomTest, is_xoshiro256plusplus) {
  Random random(0);
  EXPECT_EQ(random.next(), 0x53175D61490B23DFU);
  EXPECT_EQ(random.next(), 0x61DA6F3DC380D507U);
  EXPECT_EQ(random.next(), 0x5C0FDF91EC9A7BFCU);
}

TEST(RandomTest, uniform_fills_its_interval_evenly) {
  Random random(3);
  std::array<int, 10> tenths{};
  double sum = 0;
  for (int i = 0; i < 100000; ++i) {
    const double value = random.uniform();
    ASSERT_GE(value, 0);
    ASSERT_LT(value, 1);
    ++tenths[static_cast<std::size_t>(value * 10)];
    sum += value;
  }
  for (const int count : tenths) EXPECT_NEAR(count, 10000, 500);
  EXPECT_NEAR(sum / 100000, 0.5, 0.01);
}

TEST(RandomTest, below_gives_every_number_alike_and_no_other) {
  Random random(4);
  std::array<int, 7> counts{};
  for (int i = 0; i < 70000; ++i) {
    const std::uint32_t value = random.below(7);
    ASSERT_LT(value, 7U);
    ++counts[value];
  }
  for (const int count : counts) EXPECT_NEAR(count, 10000, 500);
  EXPECT_EQ(random.below(1), 0U);
  EXPECT_EQ(random.below(0), 0U);
}

// These values say where conversations live: they would move if one changed.
TEST(StableHash, means_the_same_for_ever) {
  EXPECT_EQ(stable_hash(""), 0x48218226FF3CD4BFU);
  EXPECT_EQ(stable_hash("p/m"), 0x74C2BAA6AB07647U);
  EXPECT_EQ(stable_hash("upstream/gpt-4o-mini"), 0xFC0022E74519F5CDU);
}

TEST(StableHash, every_byte_and_the_length_count) {
  std::set<std::uint64_t> seen;
  std::size_t texts = 0;
  for (std::size_t length = 0; length < 40; ++length) {
    seen.insert(stable_hash(std::string(length, '\0')));
    ++texts;
    for (std::size_t i = 0; i < length; ++i) {
      std::string text(length, '\0');
      text[i] = 'x';
      seen.insert(stable_hash(text));
      ++texts;
    }
  }
  EXPECT_EQ(seen.size(), texts);
}

TEST(StableHash, a_seed_makes_another_hash) {
  EXPECT_NE(stable_hash("a", 1), stable_hash("a", 2));
  EXPECT_NE(stable_hash("b", stable_hash("a")), stable_hash("a", stable_hash("b"))) << "the order counts";
}

}  // namespace
}  // namespace gw
