// Private to chat: what an operator's rules make of the members of a request. Decides which stay, under which name and
// with which value; `splice.cpp` writes it.
#pragma once

#include "chat/chat.hpp"
#include "config/config.hpp"

#include <string_view>
#include <vector>

namespace gw::chat {

/// What becomes of one member of the body.
struct Fate {
  std::string_view key;                            ///< the name sent
  const config::Parameter* replacement = nullptr;  ///< whose value is sent; null = the client's own
  bool has_value = true;                           ///< false: what would be sent is null
  bool is_removed = false;
};

struct Fates {
  BlockVector<Fate> members;                    ///< one for each of `ChatRequest::fields`
  std::vector<const config::Parameter*> added;  ///< what the body has no member for
};

[[nodiscard]] Fates decide(const ChatRequest& request, const config::ParameterRules& rules);

}  // namespace gw::chat
