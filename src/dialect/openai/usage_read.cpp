#include "dialect/openai/usage_read.hpp"

#include <algorithm>
#include <string_view>

namespace gw::dialect::openai {

namespace od = simdjson::ondemand;

namespace {

// Prompt details: what was read from a cache and, as OpenRouter tells it, what was written to one.
void read_prompt_details(od::value value, Usage& out) {
  od::object details;
  if (value.get_object().get(details) != simdjson::SUCCESS) return;
  std::uint64_t number = 0;
  if (details.find_field_unordered("cached_tokens").get_uint64().get(number) == simdjson::SUCCESS) {
    out.cached = std::max(out.cached, number);
  }
  if (details.find_field_unordered("cache_write_tokens").get_uint64().get(number) == simdjson::SUCCESS) {
    out.cache_written = std::max(out.cache_written, number);
  }
}

void read_completion_details(od::value value, Usage& out) {
  od::object details;
  if (value.get_object().get(details) != simdjson::SUCCESS) return;
  std::uint64_t number = 0;
  if (details.find_field_unordered("reasoning_tokens").get_uint64().get(number) == simdjson::SUCCESS) {
    out.reasoning = std::max(out.reasoning, number);
  }
}

}  // namespace

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
      read_prompt_details(field.value(), usage);
    } else if (key == "completion_tokens_details") {
      read_completion_details(field.value(), usage);
    }
  }
  return usage;
}

}  // namespace gw::dialect::openai
