#include "intent/intent.hpp"

#include "base/text.hpp"
#include "intent/keywords.hpp"

#include <algorithm>
#include <array>

namespace gw::intent {
namespace {

using config::Config;
using config::ModelEntry;
using config::Tier;

constexpr std::size_t inspected_bytes = 4 * 1024;  // of the head, and again of the tail, of all texts
constexpr std::size_t long_text_characters = 2000;

// The README release's list (contract 4.1).
constexpr std::array<std::string_view, 17> medium_words{
    "code",
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
    "查询",
};

bool has_models(const Config& config, Tier tier) {
  return !config.models.entries[tier].empty();
}

// The tier of the first entry that goes by this name.
std::optional<Tier> listed_tier(const Config& config, std::string_view name) {
  for (const Tier tier : config::tiers) {
    const auto& entries = config.models.entries[tier];
    const bool found = std::any_of(entries.begin(), entries.end(), [&](const ModelEntry& entry) {
      return entry.model == name || entry.provider + "/" + entry.model == name;
    });
    if (found) return tier;
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
  if (config.general.ignore_requested_model) return std::nullopt;
  if (const auto tier = listed_tier(config, request.model)) {
    verdict.tier = *tier;
    verdict.pinned_model = request.model;
    verdict.reason = "the client named a listed model";
    return verdict;
  }
  return std::nullopt;
}

std::optional<Verdict> tool_loop(const chat::ChatRequest& request, const Config& config) {
  const chat::Role last = request.messages.back().role;
  if (last != chat::Role::tool && last != chat::Role::function) return std::nullopt;
  Verdict verdict;
  verdict.source = Source::tool_loop;
  verdict.tier = has_models(config, Tier::t2) ? Tier::t2 : has_models(config, Tier::t3) ? Tier::t3 : Tier::t1;
  verdict.reason = "the last message is a tool's result";
  return verdict;
}

// Head and tail of all texts, escapes resolved: what the heuristic reads, whatever the size of the request.
std::string inspected(const chat::ChatRequest& request, std::string_view body) {
  std::string text;
  if (request.text_bytes <= 2 * inspected_bytes) {
    for (const chat::Message& message : request.messages) {
      for (const chat::Span& span : message.text) {
        text.append(chat::unescape(body.substr(span.offset, span.length))).push_back('\n');
      }
    }
    return text;
  }
  std::size_t left = inspected_bytes;
  for (const chat::Message& message : request.messages) {
    for (const chat::Span& span : message.text) {
      if (left == 0) break;
      const std::size_t part = std::min(left, span.length);
      text.append(chat::unescape(body.substr(span.offset, part))).push_back('\n');
      left -= part;
    }
  }
  std::vector<std::string> tail;
  left = inspected_bytes;
  for (auto message = request.messages.rbegin(); message != request.messages.rend() && left != 0; ++message) {
    for (auto span = message->text.rbegin(); span != message->text.rend() && left != 0; ++span) {
      const std::size_t part = std::min(left, span->length);
      tail.push_back(chat::unescape(body.substr(span->offset + span->length - part, part)));
      left -= part;
    }
  }
  for (auto part = tail.rbegin(); part != tail.rend(); ++part) text.append(*part).push_back('\n');
  return text;
}

// Characters of UTF-8 are the bytes that do not continue one.
std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

Verdict heuristic(const chat::ChatRequest& request, std::string_view body) {
  Verdict verdict;
  verdict.source = Source::heuristic;
  verdict.confidence = 0.5;
  // A character takes at most 12 bytes of JSON (two escaped surrogates): beyond that no counting is needed.
  const bool is_surely_long = request.text_bytes > long_text_characters * 12;
  const std::string text = inspected(request, body);
  if (is_surely_long || (request.text_bytes > long_text_characters && count_characters(text) > long_text_characters)) {
    verdict.tier = Tier::t3;
    verdict.reason = "more than 2000 characters";
  } else if (const auto word = find_word(text, medium_words)) {
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
  std::string text(to_string(verdict.source));
  text.append("; ");
  for (const char c : clip_utf8(verdict.reason, 300)) {
    if (text.size() >= 160) break;
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
