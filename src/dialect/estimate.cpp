#include "dialect/estimate.hpp"

#include <bit>
#include <cstddef>
#include <cstring>

namespace gw::dialect {
namespace {

constexpr std::uint64_t request_tokens = 2;
constexpr std::uint64_t turn_tokens = 4;
constexpr std::uint64_t tool_tokens = 12;    // of a definition, beside its texts
constexpr std::uint64_t tools_tokens = 340;  // the vendor's own instructions, once there are tools
constexpr std::uint64_t call_tokens = 8;     // of a call or a result, beside its texts
// Anthropic's width * height / 750 at the largest size that is not scaled down (1092 * 1092 pixels).
constexpr std::uint64_t image_tokens = 1590;
constexpr std::uint64_t page_tokens = 3000;                      // of a document, Anthropic's upper figure
constexpr std::uint64_t page_bytes = std::uint64_t{100} * 1024;  // base64 of a usual one

constexpr std::uint64_t tops = 0x8080808080808080U;  // the highest bit of each byte

std::uint64_t word_at(const char* bytes) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

std::uint64_t count_of(std::uint64_t marks) noexcept {
  return static_cast<std::uint64_t>(std::popcount(marks));
}

// The highest bit of each byte that is `c`.
std::uint64_t equal_to(std::uint64_t word, char c) noexcept {
  const std::uint64_t differs = word ^ (0x0101010101010101U * static_cast<unsigned char>(c));
  return ~(((differs & ~tops) + ~tops) | differs) & tops;
}

// What a text is made of, in bytes.
struct Counts {
  std::uint64_t ascii = 0;
  std::uint64_t two = 0;  // begin a character of two bytes, and so on
  std::uint64_t three = 0;
  std::uint64_t four = 0;
  std::uint64_t escapes = 0;
  std::uint64_t numbered = 0;  // of these, \uXXXX

  // `next`: the same bytes, one further.
  void add(std::uint64_t word, std::uint64_t next) noexcept {
    const std::uint64_t high = word & tops;
    const std::uint64_t bit6 = high & (word << 1U);
    const std::uint64_t bit5 = bit6 & (word << 2U);
    const std::uint64_t bit4 = bit5 & (word << 3U);
    const std::uint64_t escape = equal_to(word, '\\');
    ascii += count_of(~word & tops);
    two += count_of(bit6 & ~bit5);
    three += count_of(bit5 & ~bit4);
    four += count_of(bit4);
    escapes += count_of(escape);
    numbered += count_of(escape & equal_to(next, 'u'));
  }
};

std::uint64_t less(std::uint64_t from, std::uint64_t what) noexcept {
  return from > what ? from - what : 0;
}

class Sum {
 public:
  void text(Raw text) noexcept { quarters_ += quarter_tokens(text); }

  // Braces, quotes and short names: three bytes a token.
  void json(JsonText text) noexcept { quarters_ += quarter_tokens(text) * 4 / 3; }

  void tokens(std::uint64_t count) noexcept { quarters_ += 4 * count; }

  void parts(const std::vector<Part>& parts) {
    for (const Part& each : parts) part(each);
  }

  void tool(const Tool& tool) noexcept {
    tokens(tool_tokens);
    text(tool.name);
    text(tool.description);
    json(tool.schema);
    json(tool.builtin);
  }

  [[nodiscard]] std::uint64_t total() const noexcept { return (quarters_ + 3) / 4; }

 private:
  void part(const Part& part) {
    switch (part.kind) {
      case Part::Kind::text:
      case Part::Kind::refusal:
        return text(part.text);
      case Part::Kind::reasoning:  // is not sent again
        return;
      case Part::Kind::image:
        return tokens(image_tokens);
      case Part::Kind::file:
        return file(part);
      case Part::Kind::audio:
        return tokens(page_tokens);
      case Part::Kind::call:
        tokens(call_tokens);
        text(part.name);
        json(part.arguments.object);
        return json(part.arguments.text);
      case Part::Kind::result:
        tokens(call_tokens);
        return parts(part.parts);
    }
  }

  void file(const Part& part) noexcept {
    if (says(part.media_type, "text/plain")) return text(part.data);
    tokens(page_tokens * (1 + part.data.size() / page_bytes));
  }

  std::uint64_t quarters_ = 0;
};

}  // namespace

std::uint64_t quarter_tokens(Raw text) noexcept {
  constexpr std::size_t step = sizeof(std::uint64_t);
  Counts counts;
  std::size_t at = 0;
  for (; at + step < text.size(); at += step) counts.add(word_at(text.data() + at), word_at(text.data() + at + 1));
  // The rest is at most eight bytes; what it is filled up with counts as ASCII, and is taken off again.
  char rest[2 * step] = {};
  if (!text.empty()) std::memcpy(static_cast<char*>(rest), text.data() + at, text.size() - at);
  counts.add(word_at(static_cast<char*>(rest)), word_at(static_cast<char*>(rest) + 1));
  const std::uint64_t filled = step - (text.size() - at);
  const std::uint64_t in_escapes = filled + 6 * counts.numbered + less(counts.escapes, counts.numbered);
  return less(counts.ascii, in_escapes) + 2 * counts.two + 4 * (counts.three + counts.numbered) + 8 * counts.four;
}

std::uint64_t estimated_tokens(const Conversation& conversation) {
  Sum sum;
  sum.tokens(request_tokens);
  for (const Turn& turn : conversation.turns) {
    if (turn.speaker != Speaker::system) sum.tokens(turn_tokens);
    sum.parts(turn.parts);
  }
  if (!conversation.tools.empty()) sum.tokens(tools_tokens);
  for (const Tool& tool : conversation.tools) sum.tool(tool);
  sum.json(conversation.format.schema);
  return sum.total();
}

}  // namespace gw::dialect
