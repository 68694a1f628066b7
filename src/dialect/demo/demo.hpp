// The built-in provider `demo`: a first answer without any account. In process, no network, deterministic; every answer
// says that it is a demonstration, which tier was chosen and why, and how to add a real provider.
#pragma once

#include "chat/chat.hpp"
#include "intent/intent.hpp"
#include "routing/routing.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace gw::dialect::demo {

struct Input {
  const chat::ChatRequest& request;
  std::string_view body;  ///< what `request` points into
  const intent::Verdict& verdict;
  const routing::Candidate& candidate;
  std::string_view request_id;
  std::int64_t created = 0;  ///< unix seconds
};

/// The answer's words, in Chinese when the last user message is mostly Chinese.
[[nodiscard]] std::string answer(const Input& input);

/// One chat.completion document. Usage is counted (words and CJK characters), `system_fingerprint` is "demo".
[[nodiscard]] std::string completion(const Input& input);

/// The same as SSE events, each with its terminating empty line: role, a word or a few characters each, finish reason,
/// usage when the client asked for it, [DONE]. Joined contents equal `answer`. n > 1 gives that many choices (at most
/// 8).
[[nodiscard]] std::vector<std::string> stream(const Input& input);

/// Pause between two events of a stream, so that it can be read as it comes.
inline constexpr int pace_ms = 25;

}  // namespace gw::dialect::demo
