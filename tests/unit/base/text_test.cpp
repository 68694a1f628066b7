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

// Every byte value at every place, in texts shorter and longer than a vector.
TEST(Text, kinds_of_bytes_are_found_wherever_they_stand) {
  for (const std::size_t size : {1U, 7U, 15U, 16U, 17U, 33U}) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int value = 0; value < 256; ++value) {
        std::string text(size, 'x');
        text[at] = static_cast<char>(value);
        EXPECT_EQ(has_control(text), (value < 0x20 && value != '\t') || value == 0x7F)
            << size << " " << at << " " << value;
        EXPECT_EQ(is_printable_ascii(text), value >= 0x20 && value < 0x7F) << size << " " << at << " " << value;
      }
    }
  }
  EXPECT_FALSE(has_control(""));
  EXPECT_TRUE(is_printable_ascii(""));
}

// Against the plain rule, for every pair of byte values and several lengths.
TEST(Text, case_is_ignored_for_ascii_letters_alone) {
  const auto lower = [](int c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; };
  for (const std::size_t size : {1U, 7U, 8U, 9U, 20U}) {
    for (int a = 0; a < 256; ++a) {
      for (int b = 0; b < 256; ++b) {
        std::string left(size, 'q');
        std::string right(size, 'Q');
        left[size / 2] = static_cast<char>(a);
        right[size / 2] = static_cast<char>(b);
        ASSERT_EQ(iequals(left, right), lower(a) == lower(b)) << size << " " << a << " " << b;
      }
    }
  }
  EXPECT_FALSE(iequals("a", "ab"));
}

}  // namespace
}  // namespace gw
