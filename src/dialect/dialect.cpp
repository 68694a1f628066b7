#include "dialect/dialect.hpp"

#include "dialect/gemini/gemini.hpp"
#include "dialect/messages/messages.hpp"
#include "dialect/openai/openai.hpp"
#include "dialect/responses/responses.hpp"
#include "intent/keywords.hpp"

#include <algorithm>

namespace gw::dialect {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return intent::find_ignoring_case(text, part) != std::string_view::npos;
}

void append_unit(std::string& out, std::uint32_t unit) {
  constexpr std::string_view hex = "0123456789abcdef";
  out.append("\\u");
  for (const unsigned shift : {12U, 8U, 4U, 0U}) out.push_back(hex[(unit >> shift) & 0xFU]);
}

// The keyword as a client writes it that escapes everything beyond ASCII (Python's json.dumps does). Empty when that
// is the keyword itself. `keyword` is UTF-8: the configuration was read as JSON.
std::string escaped_form(std::string_view keyword) {
  if (std::all_of(keyword.begin(), keyword.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
    return {};
  std::string out;
  for (std::size_t at = 0; at < keyword.size();) {
    const auto lead = static_cast<unsigned char>(keyword[at]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (length == 1) {
      out.push_back(keyword[at++]);
      continue;
    }
    std::uint32_t code = lead & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length && at + i < keyword.size(); ++i) {
      code = (code << 6U) | (static_cast<unsigned char>(keyword[at + i]) & 0x3FU);
    }
    if (code >= 0x10000) {
      append_unit(out, 0xD800 + ((code - 0x10000) >> 10U));
      append_unit(out, 0xDC00 + ((code - 0x10000) & 0x3FFU));
    } else {
      append_unit(out, code);
    }
    at += length;
  }
  return out;
}

}  // namespace

void Usage::merge(const Usage& other) noexcept {
  prompt = std::max(prompt, other.prompt);
  completion = std::max(completion, other.completion);
  total = std::max(total, other.total);
  cached = std::max(cached, other.cached);
  cache_written = std::max(cache_written, other.cache_written);
  reasoning = std::max(reasoning, other.reasoning);
}

const Dialect* for_protocol(config::Protocol protocol) noexcept {
  switch (protocol) {
    case config::Protocol::openai:
      return &openai::dialect();
    case config::Protocol::gemini:
      return &gemini::dialect();
    case config::Protocol::v1_response:
      return &responses::dialect();
    case config::Protocol::v1_messages:
      return &messages::dialect();
    case config::Protocol::demo:
      return nullptr;
  }
  return nullptr;
}

std::optional<std::string_view> keyword_in(std::string_view text, const config::RetryConditions& conditions) {
  std::string clear;
  if (text.find('\\') != std::string_view::npos) {
    clear = chat::unescape(text);
    text = clear;
  }
  for (const std::string& keyword : conditions.error_keywords) {
    if (contains(text, keyword)) return keyword;
  }
  return std::nullopt;
}

std::optional<std::string_view> keyword_rule(
    std::string_view text,
    const config::RetryConditions& conditions,
    const chat::ChatRequest& request,
    std::string_view body
) {
  const auto keyword = keyword_in(text, conditions);
  if (!keyword) return std::nullopt;
  // The prompt may be large: it is searched as it stands, for both ways of writing the keyword.
  const std::string escaped = escaped_form(*keyword);
  for (const chat::Message& message : request.messages) {
    for (const chat::Span& span : message.text) {
      const std::string_view raw = body.substr(span.offset, span.length);
      if (contains(raw, *keyword) || contains(raw, escaped)) return std::nullopt;
    }
  }
  return keyword;
}

}  // namespace gw::dialect
