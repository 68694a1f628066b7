#include "dialect/estimate.hpp"

#include "base/random.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace gw::dialect {
namespace {

// The same, a character at a time.
std::uint64_t slowly(std::string_view text) {
  std::uint64_t out = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte == '\\') {
      const bool is_numbered = text[at + 1] == 'u';
      out += is_numbered ? 4 : 1;
      at += is_numbered ? 6 : 2;
    } else if (byte < 0x80) {
      out += 1;
      at += 1;
    } else {
      const std::size_t length = byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
      out += length == 2 ? 2 : length == 3 ? 4 : 8;
      at += length;
    }
  }
  return out;
}

TEST(Estimate, a_text_by_its_characters) {
  EXPECT_EQ(quarter_tokens(""), 0U);
  EXPECT_EQ(quarter_tokens("a"), 1U);
  EXPECT_EQ(quarter_tokens("abcdefgh"), 8U);
  EXPECT_EQ(quarter_tokens("abcdefghi"), 9U);
  EXPECT_EQ(quarter_tokens("привет"), 12U);
  EXPECT_EQ(quarter_tokens("你好，世界"), 20U);
  EXPECT_EQ(quarter_tokens(R"(\u4f60\u597d)"), 8U) << "escaped as Python does";
  EXPECT_EQ(quarter_tokens("😀"), 8U);
  EXPECT_EQ(quarter_tokens(R"(\ud83d\ude00)"), 8U);
  EXPECT_EQ(quarter_tokens(R"(a\nb\"c)"), 5U);
}

TEST(Estimate, counts_alike_wherever_a_word_of_eight_bytes_ends) {
  constexpr std::string_view pieces[] = {"a", " ", "é", "你", "😀", R"(\n)", R"(\")", R"(\u4f60)", "zz"};
  Random random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (std::uint32_t left = random.below(40); left != 0; --left) text += pieces[random.below(std::size(pieces))];
    ASSERT_EQ(quarter_tokens(text), slowly(text)) << text;
  }
}

TEST(Estimate, everything_that_is_sent_counts) {
  const auto with = [](auto change) {
    Conversation conversation;
    Turn& turn = conversation.turns.emplace_back();
    turn.parts.emplace_back().text = "12345678";
    change(conversation);
    return estimated_tokens(conversation);
  };
  const auto add = [&](Part part) {
    return with([&](Conversation& conversation) { conversation.turns[0].parts.push_back(std::move(part)); });
  };
  const std::uint64_t plain = with([](Conversation&) {});
  EXPECT_EQ(plain, 2U + 4U + 2U);
  EXPECT_EQ(with([](Conversation& c) { c.turns[0].speaker = Speaker::system; }), plain - 4);
  EXPECT_EQ(with([](Conversation& c) { c.turns.emplace_back(); }), plain + 4);

  EXPECT_EQ(add({.kind = Part::Kind::image, .url = "https://a.example/b.png"}), plain + 1590);
  EXPECT_EQ(add({.kind = Part::Kind::reasoning, .text = "a long thought"}), plain) << "is not sent again";
  EXPECT_EQ(
      add({.kind = Part::Kind::call, .name = "abcd", .arguments = {.object = R"({"a":123})"}}), plain + 8 + 1 + 3
  );
  EXPECT_EQ(add({.kind = Part::Kind::result, .parts = {{.kind = Part::Kind::text, .text = "abcd"}}}), plain + 8 + 1);
  EXPECT_EQ(add({.kind = Part::Kind::file, .media_type = "text/plain", .data = "abcd"}), plain + 1);
  const std::string pdf(250'000, 'A');
  EXPECT_EQ(add({.kind = Part::Kind::file, .media_type = "application/pdf", .data = pdf}), plain + 9000);

  const std::uint64_t tool = with([](Conversation& c) {
    c.tools.push_back({.name = "abcd", .description = "abcdefgh", .schema = R"({"a":1,"b":)"});
  });
  EXPECT_EQ(tool, plain + 340 + 12 + 1 + 2 + 4);
}

TEST(Estimate, of_anthropic_s_own_example) {
  Conversation conversation;
  Turn& system = conversation.turns.emplace_back();
  system.speaker = Speaker::system;
  system.parts.emplace_back().text = "You are a scientist";
  conversation.turns.emplace_back().parts.emplace_back().text = "Hello, Claude";
  EXPECT_EQ(estimated_tokens(conversation), 14U);
}

}  // namespace
}  // namespace gw::dialect
