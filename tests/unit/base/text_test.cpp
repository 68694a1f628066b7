#include "base/text.hpp"

#include "base/error.hpp"
#include "base/id.hpp"
#include "base/secret.hpp"

#include <gtest/gtest.h>

#include <set>

namespace gw {
namespace {

TEST(Text, json_strings_are_json_whatever_the_bytes) {
  EXPECT_EQ(json_string("plain"), "\"plain\"");
  EXPECT_EQ(json_string("a\"b\\c\n\x01"), "\"a\\\"b\\\\c\\n\\u0001\"");
  EXPECT_EQ(json_string("\xE4\xBD\xA0\xE5\xA5\xBD"), "\"\xE4\xBD\xA0\xE5\xA5\xBD\"");
  EXPECT_EQ(json_string("\xFF"), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(json_string("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"") << "an encoded surrogate";
  EXPECT_EQ(json_string("\xE4\xBD"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"") << "cut at the end";
}

TEST(Text, numbers_are_digits_only) {
  EXPECT_EQ(parse_u64("18446744073709551615"), 18446744073709551615ULL);
  for (const char* bad : {"", "+1", "-1", " 1", "1 ", "0x1", "18446744073709551616"})
    EXPECT_FALSE(parse_u64(bad)) << bad;
}

TEST(Text, clipping_never_splits_a_character) {
  EXPECT_EQ(clip_utf8("ab\xE4\xBD\xA0", 4), "ab");
  EXPECT_EQ(clip_utf8("ab\xE4\xBD\xA0", 5), "ab\xE4\xBD\xA0");
}

TEST(Secret, equality_covers_length_and_content) {
  const Secret key{std::string("sk-abc")};
  EXPECT_TRUE(key.equals("sk-abc"));
  EXPECT_FALSE(key.equals("sk-abd"));
  EXPECT_FALSE(key.equals("sk-abcsk-abc"));
  EXPECT_FALSE(key.equals(""));
  EXPECT_TRUE(Secret{}.equals(""));
}

TEST(RequestId, unique_and_ordered_by_time) {
  RequestIdSource source;
  std::set<std::string> seen;
  for (int i = 0; i < 10000; ++i) seen.insert(std::string(source.next(1'700'000'000'000).text()));
  EXPECT_EQ(seen.size(), 10000U);
  EXPECT_LT(source.next(1'700'000'000'000).text().substr(0, 10), source.next(1'700'000'000'001).text().substr(0, 10));
}

}  // namespace
}  // namespace gw
