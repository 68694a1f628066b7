// Facts: DeepSeek's and OpenRouter's references (reasoning), Gemini's "OpenAI compatibility" (extra_content).
#include "dialect/openai/own_words.hpp"

#include "chat/chat.hpp"
#include "dialect/cuts.hpp"
#include "dialect/provider_json.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace gw::dialect::openai {
namespace {

namespace od = simdjson::ondemand;

constexpr auto of_message = std::to_array<std::string_view>({"reasoning_content", "reasoning_details", "reasoning"});
constexpr auto of_call = std::to_array<std::string_view>({"extra_content"});

bool may_hold_foreign(std::string_view body) {
  constexpr auto signs = std::to_array<std::string_view>(
      {R"("reasoning_content")", R"("reasoning_details")", R"("reasoning")", R"("extra_content")"}
  );
  return std::any_of(signs.begin(), signs.end(), [&](std::string_view sign) {
    return body.find(sign) != std::string_view::npos;
  });
}

bool cut_calls(od::array calls, std::string_view body, Cuts& cuts);

// A member as it stands in the body; empty = this is no JSON. Calls lose what is foreign.
std::string_view read_member(od::field& field, std::string_view body, Cuts& cuts) {
  const od::raw_json_string key = field.key();
  od::value value = field.value();
  std::string_view raw;
  od::array calls;
  if (key == "tool_calls" && value.get_array().get(calls) == simdjson::SUCCESS) {
    if (calls.raw_json().get(raw) != simdjson::SUCCESS || calls.reset().error() != simdjson::SUCCESS) return {};
    if (!cut_calls(calls, body, cuts)) return {};
  } else if (simdjson::to_json_string(value).get(raw) != simdjson::SUCCESS) {
    return {};
  }
  const char* const begin = key.raw() - 1;  // its quote
  raw = trimmed(raw);
  return original({begin, static_cast<std::size_t>(raw.data() + raw.size() - begin)}, body);
}

bool cut_members(od::object object, std::span<const std::string_view> names, std::string_view body, Cuts& cuts) {
  Cuts::List list(cuts);
  for (auto found : object) {
    od::field field;
    if (std::move(found).get(field) != simdjson::SUCCESS) return false;
    const od::raw_json_string key = field.key();
    const std::string_view member = read_member(field, body, cuts);
    if (member.empty()) return false;
    const bool goes = std::any_of(names.begin(), names.end(), [&](std::string_view name) { return key == name; });
    if (goes) {
      list.goes(member);
    } else {
      list.stays(member);
    }
  }
  list.end();
  return true;
}

bool cut_calls(od::array calls, std::string_view body, Cuts& cuts) {
  for (auto one : calls) {
    od::object call;
    if (one.get_object().get(call) != simdjson::SUCCESS || !cut_members(call, of_call, body, cuts)) return false;
  }
  return true;
}

}  // namespace

std::optional<std::string> without_foreign(std::string_view body) {
  if (!may_hold_foreign(body)) return std::nullopt;
  od::document document;
  od::array messages;
  if (parse(body, document) != simdjson::SUCCESS ||
      document["messages"].get_array().get(messages) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  Cuts cuts(body);
  for (auto one : messages) {
    od::object message;
    if (one.get_object().get(message) != simdjson::SUCCESS) return std::nullopt;
    if (!cut_members(message, of_message, body, cuts)) return std::nullopt;
  }
  if (cuts.empty()) return std::nullopt;
  return cuts.rest(chat::padding);
}

}  // namespace gw::dialect::openai
