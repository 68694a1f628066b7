// What real services refuse in a chat request: unknown and misplaced members, messages out of order. Written after the
// API references; stricter than any one service, but for what a service is documented to take.
#pragma once

#include <string>
#include <string_view>

namespace gw::dialect::test {

enum class ChatService { openai, deepseek, moonshot, zhipu, dashscope, openrouter, google, generic };

/// What is wrong with it; empty = nothing.
[[nodiscard]] std::string refuses_chat(std::string_view body, ChatService service);

/// The same for what we say to a chat client: a completion, and a chunk.
[[nodiscard]] std::string wrong_completion(std::string_view body);
[[nodiscard]] std::string wrong_chunk(std::string_view data);

}  // namespace gw::dialect::test
