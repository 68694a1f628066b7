// Private to messages: a client's own body, for a provider that would refuse what another one has signed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gw::dialect::messages {

/// Without thinking that another vendor has signed or, where `wants_signed` as Anthropic does, nobody; and without a
/// budget for it where a loop of tools does not begin with any. nullopt: it would not be refused for these. `body` is a
/// request's.
[[nodiscard]] std::optional<std::string> without_foreign(std::string_view body, bool wants_signed);

}  // namespace gw::dialect::messages
