#include "intent/intent.hpp"

#include "base/text.hpp"
#include "intent/literals.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace gw::intent {
namespace {

using config::Config;
using config::ModelEntry;
using config::Tier;

constexpr auto npos = std::string_view::npos;
constexpr std::size_t long_text_characters = 2000;
constexpr std::size_t max_character_bytes = 12;  // of one character in JSON: two escaped surrogates

// The README release's list (contract 4.1); where several occur, the first of the list is named.
const LiteralSet& medium_words() {
  static const LiteralSet words(
      {"code",
       "function",
       "complex",
       "analysis",
       "summary",
       "reasoning",
       "generate",
       "create",
       "代码",
       "函数",
       "分析",
       "总结",
       "推理",
       "生成",
       "创建",
       "搜索",
       "查询"}
  );
  return words;
}

bool has_models(const Config& config, Tier tier) {
  return !config.models.entries[tier].empty();
}

// The tier of the first entry that goes by this name.
std::optional<Tier> listed_tier(const Config& config, std::string_view name) {
  for (const Tier tier : config::tiers) {
    const auto& entries = config.models.entries[tier];
    if (std::any_of(entries.begin(), entries.end(), [&](const ModelEntry& e) { return goes_by(e, name); })) return tier;
  }
  return std::nullopt;
}

std::optional<Verdict> pinned(const chat::ChatRequest& request, const Config& config) {
  if (request.model.empty()) return std::nullopt;
  Verdict verdict;
  verdict.source = Source::pinned;
  if (const auto tier = config::tier_from(request.model)) {
    verdict.tier = *tier;
    verdict.reason = "the client named the tier";
    return verdict;
  }
  // `auto` asks for the router, also where an entry happens to be called so.
  if (config.general.ignore_requested_model || request.model == "auto") return std::nullopt;
  if (const auto tier = listed_tier(config, request.model)) {
    verdict.tier = *tier;
    verdict.pinned_model = request.model;
    verdict.reason = "the client named a listed model";
    return verdict;
  }
  return std::nullopt;
}

std::optional<Verdict> tool_loop(const chat::ChatRequest& request, const Config& config) {
  if (request.messages.empty()) return std::nullopt;
  const chat::Role last = request.messages.back().role;
  if (last != chat::Role::tool && last != chat::Role::function) return std::nullopt;
  Verdict verdict;
  verdict.source = Source::tool_loop;
  verdict.tier = has_models(config, Tier::t2) ? Tier::t2 : has_models(config, Tier::t3) ? Tier::t3 : Tier::t1;
  verdict.reason = "the last message is a tool's result";
  return verdict;
}

// Bytes that do not continue a UTF-8 character, eight at a time.
std::size_t count_plain(std::string_view text) noexcept {
  constexpr std::uint64_t low_bits = 0x0101010101010101U;
  std::size_t continued = 0;
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    continued += static_cast<std::size_t>(std::popcount((word >> 7U) & ~(word >> 6U) & low_bits));
  }
  for (; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++continued;
  }
  return text.size() - continued;
}

// Length of the escape that `raw` begins with: two characters, \u and four digits, or a pair of surrogates in
// that form.
std::size_t escape_length(std::string_view raw) noexcept {
  if (raw.size() < 2 || raw[1] != 'u') return 2;
  const std::string_view digits = raw.substr(2, 2);
  const bool is_high =
      digits.size() == 2 && iequals(digits.substr(0, 1), "d") && std::string_view("89abAB").find(digits[1]) != npos;
  return is_high && raw.substr(std::min<std::size_t>(6, raw.size())).starts_with("\\u") ? 12 : 6;
}

// Characters of the inside of a JSON string: an escape is one.
std::size_t count_characters(std::string_view raw) noexcept {
  std::size_t count = 0;
  while (!raw.empty()) {
    const std::size_t plain = std::min(raw.find('\\'), raw.size());
    count += count_plain(raw.substr(0, plain));
    raw.remove_prefix(plain);
    if (raw.empty()) break;
    ++count;
    raw.remove_prefix(std::min(escape_length(raw), raw.size()));
  }
  return count;
}

bool is_long(const chat::ChatRequest& request, std::string_view body) noexcept {
  if (request.text_bytes <= long_text_characters) return false;
  if (request.text_bytes > long_text_characters * max_character_bytes) return true;
  std::size_t count = 0;
  for (const chat::Message& message : request.messages) {
    for (const chat::Span& span : message.text) count += count_characters(body.substr(span.offset, span.length));
  }
  return count > long_text_characters;
}

// The first of the list in any text. Only for requests that are not long, which bounds what is unescaped to 8 KB.
std::optional<std::string_view> first_medium_word(const chat::ChatRequest& request, std::string_view body) {
  const LiteralSet& words = medium_words();
  std::size_t first = words.literals().size();
  for (const chat::Message& message : request.messages) {
    for (const chat::Span& span : message.text) {
      std::string_view text = body.substr(span.offset, span.length);
      std::string clear;
      if (text.find('\\') != npos) {
        clear = chat::unescape(text);
        text = clear;
      }
      words.search(text, [&](std::size_t index, std::size_t at) {
        if (index < first && stands_alone(text, at, words.literals()[index].size())) first = index;
        return first != 0;
      });
    }
  }
  if (first == words.literals().size()) return std::nullopt;
  return words.literals()[first];
}

Verdict heuristic(const chat::ChatRequest& request, std::string_view body) {
  Verdict verdict;
  verdict.source = Source::heuristic;
  verdict.confidence = 0.5;
  if (is_long(request, body)) {
    verdict.tier = Tier::t3;
    verdict.reason = "more than 2000 characters";
  } else if (const auto word = first_medium_word(request, body)) {
    verdict.tier = Tier::t2;
    verdict.reason = "contains \"" + std::string(*word) + "\"";
  } else {
    verdict.tier = Tier::t1;
    verdict.reason = "short, no keyword";
  }
  return verdict;
}

}  // namespace

std::string_view to_string(Source source) noexcept {
  switch (source) {
    case Source::pinned:
      return "pinned";
    case Source::tool_loop:
      return "tool_loop";
    case Source::rule:
      return "rule";
    case Source::classifier:
      return "classifier";
    case Source::judge:
      return "judge";
    case Source::heuristic:
      return "heuristic";
    case Source::fixed:
      return "fixed";
    case Source::fallback:
      return "fallback";
  }
  return "fallback";
}

bool goes_by(const ModelEntry& entry, std::string_view name) noexcept {
  if (name == entry.model) return true;
  const std::size_t prefix = entry.provider.size();
  return name.size() == prefix + 1 + entry.model.size() && name.starts_with(entry.provider) && name[prefix] == '/' &&
         name.ends_with(entry.model);
}

Verdict classify(const chat::ChatRequest& request, std::string_view body, const Config& config) {
  if (auto verdict = pinned(request, config)) return *verdict;
  if (auto verdict = tool_loop(request, config)) return *verdict;
  if (config.router.mode == config::RouterMode::fixed) {
    Verdict verdict;
    verdict.tier = config.router.default_tier;
    verdict.source = Source::fixed;
    verdict.reason = "router.mode is fixed";
    return verdict;
  }
  Verdict verdict = heuristic(request, body);
  if (config.router.mode != config::RouterMode::automatic) {
    // Promise 3: a method that is not there never fails a request; the next one decides, and the verdict says so.
    verdict.reason += "; router.mode " + std::string(to_string(config.router.mode)) + " is not in this release";
  }
  return verdict;
}

std::string decision_header(const Verdict& verdict) {
  constexpr std::size_t max_bytes = 160;
  std::string text;
  text.reserve(max_bytes);
  text.append(to_string(verdict.source)).append("; ");
  const std::string_view reason = clip_utf8(verdict.reason, 300);
  if (is_printable_ascii(reason)) {  // the usual one
    text.append(reason.substr(0, max_bytes - text.size()));
    return text;
  }
  for (const char c : reason) {
    if (text.size() >= max_bytes) break;
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7F) {
      text.push_back(c);
    } else if ((byte & 0xC0U) != 0x80U) {
      text.push_back('?');
    }
  }
  return text;
}

}  // namespace gw::intent
