// Private to openai: how the providers that speak chat completions differ in what they take. Facts: the API references
// of OpenAI, DeepSeek ("Thinking Mode"), Moonshot ("Use Kimi K2 Thinking"), Zhipu ("Thinking Mode"), DashScope
// ("OpenAI compatible"), SiliconFlow, Volcengine (Ark, "Chat API"), OpenRouter ("Reasoning Tokens", "Parameters"),
// Gemini ("OpenAI compatibility").
#pragma once

#include "dialect/dialect.hpp"

#include <cstdint>

namespace gw::dialect::openai {

struct Variant {
  /// What an earlier answer's reasoning is good for.
  enum class Back : std::uint8_t {
    never,       ///< a field nobody knows, and some refuse
    with_calls,  ///< `reasoning_content`, where the message calls tools: the model goes on from it
    always,
    details,  ///< OpenRouter's `reasoning_details`
  };

  /// How thinking is switched.
  enum class Thinking : std::uint8_t {
    effort,     ///< reasoning_effort alone
    type,       ///< thinking: {"type": "enabled"}
    flag,       ///< enable_thinking, thinking_budget
    reasoning,  ///< OpenRouter's reasoning: {"effort", "max_tokens", "enabled"}
  };

  bool is_openai = false;      ///< OpenAI itself, also at Azure: has every field, refuses unknown ones
  bool is_openrouter = false;  ///< passes on to many
  bool is_google = false;      ///< Gemini behind chat completions
  bool thinks = false;         ///< an OpenAI model that reasons, and takes no sampling parameters
  Back back = Back::never;
  bool wants_back = false;  ///< refuses a message with calls that lacks it
  Thinking thinking = Thinking::effort;
  bool has_schema = true;  ///< response_format json_schema
  bool has_top_k = false;
  bool has_cache_key = false;
};

[[nodiscard]] Variant variant_of(const WriteInput& input);

}  // namespace gw::dialect::openai
