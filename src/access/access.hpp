// Who is calling and may they. Pure over the request's headers and the peer's address.
#pragma once

#include "base/error.hpp"
#include "config/config.hpp"

#include <string>
#include <string_view>

namespace gw::access {

struct Caller {
  std::string key_id;  ///< "open" when no key is configured, "gateway" for general.gateway_api_key
};

/// True for loopback, RFC 1918, link-local, unique local and IPv4-mapped forms of these. `address` is textual, without
/// port; unparsable is public.
[[nodiscard]] bool is_private_address(std::string_view address) noexcept;

/// The headers that may hold the gateway's key; empty = not sent.
struct Credentials {
  std::string_view authorization;  ///< "Bearer <key>"
  std::string_view api_key;        ///< x-api-key, as Anthropic's clients send it; only where there is no Authorization
};

/// Errors: unauthenticated (another scheme counts as missing),
/// forbidden (open gateway, public peer). The message names the setting.
[[nodiscard]] Result<Caller> authenticate(
    const Credentials& sent, std::string_view peer_address, const config::Config& config
);

struct CorsAnswer {
  bool allowed = false;
  std::string_view allow_origin;  ///< value of Access-Control-Allow-Origin: "*" or the origin itself
};

/// `origin` empty = not a cross-origin request. Only for /v1; never with credentials.
[[nodiscard]] CorsAnswer cors(std::string_view origin, const config::Config& config);

}  // namespace gw::access
