// Where a JSON value that comes in pieces ends.
#include "dialect/messages/nesting.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace gw::dialect::messages::test {
namespace {

// Cut at every place that is not within an escape.
std::vector<std::string_view> pieces_of(std::string_view raw) {
  std::vector<std::string_view> out;
  while (!raw.empty()) {
    const std::size_t size = raw.front() != '\\' ? 1 : raw[1] == 'u' ? 6 : 2;
    out.push_back(raw.substr(0, size));
    raw.remove_prefix(size);
  }
  return out;
}

TEST(Nesting, is_whole_at_the_end_and_nowhere_before) {
  for (const std::string_view plain : {
           R"({})",
           R"([])",
           R"({"a":{"b":[1,{"c":"}"}]},"d":"]\"}\\"})",
           R"({"a\"}":"\\\\","b":"\"","c":"\u007d\u0022"})",
           R"([[[["[","{"]]]])",
           R"( { "a" : [ true , null ] })",
           R"({"你":"好🙂}"})",
       }) {
    const std::string raw = to_raw(plain);
    Nesting by_piece;
    const auto pieces = pieces_of(raw);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      EXPECT_FALSE(by_piece.is_whole()) << plain << " at " << i;
      by_piece.take(pieces[i]);
    }
    EXPECT_TRUE(by_piece.is_whole()) << plain;
    Nesting at_once;
    at_once.take(raw);
    EXPECT_TRUE(at_once.is_whole()) << plain;
  }
}

TEST(Nesting, quotes_and_brackets_may_be_written_as_numbers) {
  Nesting nesting;
  nesting.take(R"(\u007b\u0022a}\u0022:)");
  EXPECT_FALSE(nesting.is_whole());
  nesting.take(R"(\u007D\n)");
  EXPECT_TRUE(nesting.is_whole());
}

TEST(Nesting, what_is_no_object_or_list_is_never_whole) {
  for (const std::string_view raw : {"", " ", "12", "oops {}", R"(\"{}\")", "}", R"(\\)", R"(\)", R"(\u)"}) {
    Nesting nesting;
    nesting.take(raw);
    EXPECT_FALSE(nesting.is_whole()) << raw;
  }
}

TEST(Nesting, goes_on_behind_a_value) {
  Nesting nesting;
  nesting.take("{}");
  EXPECT_TRUE(nesting.is_whole());
  nesting.take(R"({\"q\")");
  EXPECT_FALSE(nesting.is_whole());
  nesting.take(R"(:1})");
  EXPECT_TRUE(nesting.is_whole());
}

}  // namespace
}  // namespace gw::dialect::messages::test
