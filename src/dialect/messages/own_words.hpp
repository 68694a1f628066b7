// Private to messages: a client's own body, for a provider that would refuse what another one has signed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gw::dialect::messages {

/// Without thinking that another vendor has signed or, where `wants_signed`, nobody; nullopt: there is none. `body` is
/// a request's.
[[nodiscard]] std::optional<std::string> without_foreign(std::string_view body, bool wants_signed);

}  // namespace gw::dialect::messages
