// Private to responses: a client's own body, for OpenAI, which would refuse what another provider has thought.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gw::dialect::responses {

/// Without items of reasoning that we wrote, of another provider's answer; nullopt: there are none. `body` is a
/// request's.
[[nodiscard]] std::optional<std::string> without_foreign(std::string_view body);

}  // namespace gw::dialect::responses
