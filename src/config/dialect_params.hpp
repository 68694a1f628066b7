// The operator's parameters are named as in chat completions. What a client of another dialect sends has other names:
// decides which rule means what there.
#pragma once

#include "config/config.hpp"

namespace gw::config {

/// The same rules in the words of Messages (v1_messages) or Responses (v1_response). A parameter that has no
/// counterpart of the same form there is in no rule; one that chat completions do not have either stays as it is, since
/// the operator means that dialect.
[[nodiscard]] ParameterRules in_words_of(Protocol dialect, const ParameterRules& rules);

}  // namespace gw::config
