#include "dialect/openai/json.hpp"

#include "base/text.hpp"
#include "dialect/openai/openai.hpp"

#include <algorithm>
#include <memory>

namespace gw::dialect::openai {

namespace od = simdjson::ondemand;

namespace {

constexpr std::size_t keep_bytes = 1024UL * 1024;

struct Workspace {
  od::parser parser;
  std::string copy;
};

thread_local std::unique_ptr<Workspace> held;

// Kept between documents of a thread, but not the memory of a rare huge one.
Workspace& workspace() {
  if (!held || held->copy.capacity() > keep_bytes) held = std::make_unique<Workspace>();
  return *held;
}

// A status inside an error object: OpenRouter and Google put it into `code`, others into `status`.
int status_in(std::string_view text) noexcept {
  const auto number = parse_u64(text);
  return number && *number >= 400 && *number < 600 ? static_cast<int>(*number) : 0;
}

// Scalars of an error object: texts without their quotes, numbers as written.
std::string scalar_text(od::value value) {
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) return std::string(text);
  const std::string_view raw = trimmed(value.raw_json_token());
  return raw == "null" || raw.starts_with('{') || raw.starts_with('[') ? std::string{} : std::string(raw);
}

void read_details(od::value value, std::string_view key, std::uint64_t& out) {
  od::object details;
  if (value.get_object().get(details) != simdjson::SUCCESS) return;
  std::uint64_t number = 0;
  if (details.find_field_unordered(key).get_uint64().get(number) == simdjson::SUCCESS) out = std::max(out, number);
}

}  // namespace

simdjson::error_code parse(std::string_view json, od::document& out) {
  Workspace& space = workspace();
  space.copy.assign(json);
  space.copy.append(simdjson::SIMDJSON_PADDING, ' ');
  return space.parser.iterate(space.copy.data(), json.size(), space.copy.size()).get(out);
}

std::string_view original(std::string_view view, std::string_view json) noexcept {
  if (view.empty()) return {};
  return json.substr(static_cast<std::size_t>(view.data() - held->copy.data()), view.size());
}

Usage read_usage(od::object object) {
  Usage usage;
  for (auto member : object) {
    od::field field;
    if (std::move(member).get(field) != simdjson::SUCCESS) break;
    const od::raw_json_string key = field.key();
    std::uint64_t number = 0;
    const auto read_into = [&](std::uint64_t& out) {
      if (field.value().get_uint64().get(number) == simdjson::SUCCESS) out = std::max(out, number);
    };
    if (key == "prompt_tokens") {
      read_into(usage.prompt);
    } else if (key == "completion_tokens") {
      read_into(usage.completion);
    } else if (key == "total_tokens") {
      read_into(usage.total);
    } else if (key == "cached_tokens" || key == "prompt_cache_hit_tokens") {
      read_into(usage.cached);
    } else if (key == "prompt_tokens_details") {
      read_details(field.value(), "cached_tokens", usage.cached);
    } else if (key == "completion_tokens_details") {
      read_details(field.value(), "reasoning_tokens", usage.reasoning);
    }
  }
  return usage;
}

Error read_error(od::value value, int http_status) {
  std::string message;
  std::string code;
  std::string type;
  int told_status = 0;
  od::object object;
  if (value.get_object().get(object) == simdjson::SUCCESS) {
    for (auto member : object) {
      od::field field;
      if (std::move(member).get(field) != simdjson::SUCCESS) break;
      const od::raw_json_string key = field.key();
      if (key == "message") {
        message = scalar_text(field.value());
      } else if (key == "code") {
        code = scalar_text(field.value());
        if (const int status = status_in(code); status != 0) told_status = status;
      } else if (key == "type") {
        type = scalar_text(field.value());
      } else if (key == "status" || key == "status_code") {
        if (const int status = status_in(scalar_text(field.value())); status != 0) told_status = status;
      }
    }
  } else {
    message = scalar_text(value);
  }
  std::string text = http_status != 0 ? "status " + std::to_string(http_status) : "an error with status 200";
  if (const std::string shown = shown_message(message); !shown.empty()) text += ": " + shown;
  return upstream_error(class_of(code, type, http_status != 0 ? http_status : told_status), std::move(text));
}

}  // namespace gw::dialect::openai
