#include "dialect/dialect.hpp"

#include "base/text.hpp"
#include "dialect/openai/openai.hpp"

#include <algorithm>
#include <cstring>

namespace gw::dialect {
namespace {

// Vectorised by the first byte, in either case.
bool contains(std::string_view text, std::string_view keyword) {
  if (keyword.empty() || text.size() < keyword.size()) return false;
  const char lower = keyword.front();
  const char upper = lower >= 'a' && lower <= 'z' ? static_cast<char>(lower - 'a' + 'A') : lower;
  for (const char first : {lower, upper}) {
    std::size_t from = 0;
    while (from + keyword.size() <= text.size()) {
      const void* const found = std::memchr(text.data() + from, first, text.size() - from);
      if (found == nullptr) break;
      const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
      if (iequals(text.substr(at, keyword.size()), keyword)) return true;
      from = at + 1;
    }
    if (upper == lower) break;
  }
  return false;
}

}  // namespace

void Usage::merge(const Usage& other) noexcept {
  prompt = std::max(prompt, other.prompt);
  completion = std::max(completion, other.completion);
  total = std::max(total, other.total);
  cached = std::max(cached, other.cached);
  reasoning = std::max(reasoning, other.reasoning);
}

const Dialect* for_protocol(config::Protocol protocol) noexcept {
  switch (protocol) {
    case config::Protocol::openai:
      return &openai::dialect();
    case config::Protocol::v1_messages:
    case config::Protocol::v1_response:
    case config::Protocol::demo:
      return nullptr;
  }
  return nullptr;
}

std::optional<std::string_view> keyword_in(std::string_view text, const config::RetryConditions& conditions) {
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
  for (const chat::Message& message : request.messages) {
    for (const chat::Span& span : message.text) {
      if (contains(body.substr(span.offset, span.length), *keyword)) return std::nullopt;
    }
  }
  return keyword;
}

}  // namespace gw::dialect
