// Where a provider is reached: its base URL, taken apart once, with what decides whether two connections are alike.
#pragma once

#include "base/error.hpp"
#include "config/config.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gw::upstream {

struct Authority {
  std::string host;  ///< a name or an address, without brackets
  std::uint16_t port = 0;

  friend bool operator==(const Authority&, const Authority&) = default;
};

struct Endpoint {
  bool tls = false;
  Authority authority;
  std::string base_path;    ///< path of the base URL without a trailing slash, e.g. "/v1"; may be empty
  std::string host_header;  ///< host, with the port when it is not the scheme's own
  std::string ca_file;
  bool verify_tls = true;
  bool has_proxy = false;
  Authority proxy;
  Secret proxy_authorization;  ///< "Basic ..." or empty

  /// Connections of endpoints with equal keys may serve each other.
  [[nodiscard]] std::string key() const;
};

/// Errors: invalid_config, naming what is wrong with the URL (validation at load says the same).
[[nodiscard]] Result<Endpoint> endpoint_of(const config::Provider& provider);

}  // namespace gw::upstream
