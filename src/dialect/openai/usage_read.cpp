#include "dialect/openai/usage_read.hpp"

#include "dialect/provider_json.hpp"

#include <algorithm>
#include <string_view>

namespace gw::dialect::openai {

namespace od = simdjson::ondemand;

namespace {

void read_member(od::object& object, std::string_view name, std::uint64_t& out) {
  od::value value;
  if (object.find_field_unordered(name).get(value) == simdjson::SUCCESS) {
    out = std::max(out, count_in(value).value_or(0));
  }
}

// Prompt details: what was read from a cache and, as OpenRouter tells it, what was written to one.
void read_prompt_details(od::value value, Usage& out) {
  od::object details;
  if (value.get_object().get(details) != simdjson::SUCCESS) return;
  read_member(details, "cached_tokens", out.cached);
  read_member(details, "cache_write_tokens", out.cache_written);
}

void read_completion_details(od::value value, Usage& out) {
  od::object details;
  if (value.get_object().get(details) != simdjson::SUCCESS) return;
  read_member(details, "reasoning_tokens", out.reasoning);
}

}  // namespace

Usage read_usage(od::object object) {
  Usage usage;
  for (auto member : object) {
    od::field field;
    if (std::move(member).get(field) != simdjson::SUCCESS) break;
    const od::raw_json_string key = field.key();
    const auto read_into = [&](std::uint64_t& out) { out = std::max(out, count_in(field.value()).value_or(0)); };
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
