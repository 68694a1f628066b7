#include "dialect/openai/variant.hpp"

#include "dialect/vendors.hpp"

#include <array>
#include <string_view>

namespace gw::dialect::openai {
namespace {

// Of OpenAI's models, by name: the o series and what came after GPT-4, but for its chat variants.
bool is_reasoning_model(std::string_view model) noexcept {
  constexpr auto begins = std::to_array<std::string_view>({"o1", "o3", "o4", "gpt-5"});
  if (model.find("-chat") != std::string_view::npos) return false;
  for (const std::string_view begin : begins) {
    if (model.starts_with(begin)) return true;
  }
  return false;
}

}  // namespace

Variant variant_of(const WriteInput& input) {
  Variant out;
  switch (vendor_of(input.provider)) {
    case config::Vendor::openai:
      out.is_openai = true;
      out.thinks = is_reasoning_model(input.model);
      out.has_cache_key = true;
      break;
    case config::Vendor::openrouter:
      out.is_openrouter = true;
      out.back = Variant::Back::details;
      out.thinking = Variant::Thinking::reasoning;
      out.has_top_k = true;
      break;
    case config::Vendor::deepseek:
      out.back = Variant::Back::with_calls;
      out.wants_back = true;
      out.thinking = Variant::Thinking::type;
      out.has_schema = false;
      break;
    case config::Vendor::moonshot:
      out.back = Variant::Back::always;
      out.wants_back = true;
      out.thinking = Variant::Thinking::type;
      out.has_cache_key = true;
      break;
    case config::Vendor::zhipu:
      out.back = Variant::Back::with_calls;
      out.thinking = Variant::Thinking::type;
      out.has_schema = false;
      break;
    case config::Vendor::volcengine:
      out.back = Variant::Back::with_calls;
      out.thinking = Variant::Thinking::type;
      break;
    case config::Vendor::dashscope:
    case config::Vendor::siliconflow:
      out.thinking = Variant::Thinking::flag;
      out.has_top_k = true;
      break;
    case config::Vendor::gemini:
      out.is_google = true;
      break;
    case config::Vendor::anthropic:
    case config::Vendor::automatic:
    case config::Vendor::generic:
      out.is_google = input.provider.base_url.find("generativelanguage.googleapis.com") != std::string::npos;
      break;
  }
  return out;
}

}  // namespace gw::dialect::openai
