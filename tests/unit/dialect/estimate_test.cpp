#include "dialect/estimate.hpp"

#include "base/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

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
  constexpr auto pieces =
      std::to_array<std::string_view>({"a", " ", "é", "你", "😀", R"(\n)", R"(\")", R"(\u4f60)", "zz"});
  Random random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (std::uint32_t left = random.below(40); left != 0; --left) text += pieces.at(random.below(pieces.size()));
    ASSERT_EQ(quarter_tokens(text), slowly(text)) << text;
  }
}

Part part(Part::Kind kind, Raw text = {}) {
  Part out;
  out.kind = kind;
  out.text = text;
  return out;
}

// Of one message of the user, changed.
template <class Change>
std::uint64_t with(Change change) {
  Conversation conversation;
  conversation.turns.emplace_back().parts.push_back(part(Part::Kind::text, "12345678"));
  change(conversation);
  return estimated_tokens(conversation);
}

std::uint64_t with_part(Part more) {
  return with([&](Conversation& conversation) { conversation.turns[0].parts.push_back(std::move(more)); });
}

Part document(Raw media_type, Raw data) {
  Part out = part(Part::Kind::file);
  out.media_type = media_type;
  out.data = data;
  return out;
}

TEST(Estimate, everything_that_is_sent_counts) {
  const std::uint64_t plain = with([](Conversation&) {});
  EXPECT_EQ(plain, 2U + 4U + 2U);
  EXPECT_EQ(with([](Conversation& c) { c.turns[0].speaker = Speaker::system; }), plain - 4);
  EXPECT_EQ(with([](Conversation& c) { c.turns.emplace_back(); }), plain + 4);

  EXPECT_EQ(with_part(part(Part::Kind::image)), plain + 1590);
  EXPECT_EQ(with_part(part(Part::Kind::reasoning, "a long thought")), plain) << "is not sent again";
  Part call = part(Part::Kind::call);
  call.name = "abcd";
  call.arguments.object = R"({"a":1234})";
  EXPECT_EQ(with_part(call), plain + 8 + 1 + 4) << "ten characters and a third more";
  Part result = part(Part::Kind::result);
  result.parts.push_back(part(Part::Kind::text, "abcd"));
  EXPECT_EQ(with_part(result), plain + 8 + 1);
  EXPECT_EQ(with_part(document("text/plain", "abcd")), plain + 1);
  const std::string pdf(250'000, 'A');
  EXPECT_EQ(with_part(document("application/pdf", pdf)), plain + 9000);
}

TEST(Estimate, tools_have_instructions_of_their_own) {
  const std::uint64_t plain = with([](Conversation&) {});
  const std::uint64_t tools = with([](Conversation& c) {
    for (int i = 0; i < 2; ++i) {
      Tool& tool = c.tools.emplace_back();
      tool.name = "abcd";
      tool.description = "abcdefgh";
      tool.schema = R"({"a":1,"b":2})";  // 13 characters: 17 quarters
    }
  });
  EXPECT_EQ(tools, plain + 340 + 2 * (12 + 1 + 2) + (2 * 17 + 3) / 4);
}

TEST(Estimate, of_anthropic_s_own_example) {
  Conversation conversation;
  Turn& system = conversation.turns.emplace_back();
  system.speaker = Speaker::system;
  system.parts.push_back(part(Part::Kind::text, "You are a scientist"));
  conversation.turns.emplace_back().parts.push_back(part(Part::Kind::text, "Hello, Claude"));
  EXPECT_EQ(estimated_tokens(conversation), 14U);
}

}  // namespace
}  // namespace gw::dialect
