#include "dialect/openai/json.hpp"

#include "dialect/openai/openai.hpp"

#include <algorithm>
#include <memory>

namespace gw::dialect::openai {

namespace od = simdjson::ondemand;

namespace {

constexpr std::size_t keep_bytes = 1024 * 1024;

struct Workspace {
  od::parser parser;
  std::string copy;
};

// Scalars of an error object: texts without their quotes, numbers as written.
std::string scalar_text(od::value value) {
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) return std::string(text);
  std::string raw(value.raw_json_token());
  while (!raw.empty() && (raw.back() == ' ' || raw.back() == '\n' || raw.back() == '\r' || raw.back() == '\t'))
    raw.pop_back();
  return raw == "null" || raw.starts_with('{') || raw.starts_with('[') ? std::string{} : raw;
}

void read_details(od::value value, std::string_view key, std::uint64_t& out) {
  od::object details;
  if (value.get_object().get(details) != simdjson::SUCCESS) return;
  std::uint64_t number = 0;
  if (details.find_field_unordered(key).get_uint64().get(number) == simdjson::SUCCESS) out = std::max(out, number);
}

}  // namespace

simdjson::error_code parse(std::string_view json, od::document& out) {
  thread_local std::unique_ptr<Workspace> workspace;
  if (!workspace || workspace->copy.capacity() > keep_bytes) workspace = std::make_unique<Workspace>();
  workspace->copy.assign(json);
  workspace->copy.append(simdjson::SIMDJSON_PADDING, ' ');
  return workspace->parser.iterate(workspace->copy.data(), json.size(), workspace->copy.size()).get(out);
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
      } else if (key == "type") {
        type = scalar_text(field.value());
      }
    }
  } else {
    message = scalar_text(value);
  }
  std::string text = http_status != 0 ? "status " + std::to_string(http_status) : "an error with status 200";
  if (const std::string shown = shown_message(message); !shown.empty()) text += ": " + shown;
  return upstream_error(class_of(code, type, http_status), std::move(text));
}

}  // namespace gw::dialect::openai
