// Which headers of a client reach a provider. Never Authorization, keys or cookies: what is not listed stays here.
#pragma once

#include "http/head.hpp"

#include <string>

namespace gw::relay {

struct Forwarded {
  std::string for_all;    ///< header lines for every provider: trace context
  std::string for_alike;  ///< header lines that mean something to a provider of the client's dialect alone
  std::string version;    ///< of the dialect (anthropic-version), for the same, unless it is the usual one
};

[[nodiscard]] Forwarded forwarded(const http::Headers& headers);

}  // namespace gw::relay
