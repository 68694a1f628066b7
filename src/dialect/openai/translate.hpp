// Chat completions to and from what all dialects share. Facts: OpenAI's API reference (create chat completion, the chat
// completion object, the chat completion chunk object); `reasoning_content` from DeepSeek's, `reasoning` and
// `reasoning_details` from OpenRouter's.
#pragma once

#include "dialect/answer.hpp"
#include "dialect/conversation.hpp"
#include "dialect/dialect.hpp"

#include <string_view>

namespace gw::dialect::openai {

/// A provider's request body.
[[nodiscard]] Result<Written> write_chat(const Conversation& conversation, const WriteInput& input);

/// Tells what a provider's chunks or whole answer say. One an answer.
class Teller {
 public:
  void chunk(std::string_view data, EventSink& sink);
  void reply(std::string_view body, EventSink& sink);
};

}  // namespace gw::dialect::openai
