// A new connection to an endpoint: name, addresses tried side by side (RFC 8305), the proxy's tunnel, the TLS
// handshake.
#pragma once

#include "net/cancel.hpp"
#include "net/connection.hpp"
#include "net/shard.hpp"
#include "upstream/endpoint.hpp"
#include "upstream/resolver.hpp"
#include "upstream/tls.hpp"

#include <memory>

namespace gw::upstream {

/// What connecting needs besides the endpoint. All outlive every shard.
struct ConnectServices {
  Resolver& resolver;
  TlsContexts& tls_contexts;
};

struct ConnectRequest {
  const Endpoint& endpoint;
  SessionSlot& sessions;
  Resolver::Lifetimes dns;
  TimePoint deadline;
};

/// Errors, all of the upstream: upstream_dns, upstream_connect, upstream_tls (a certificate that does not fit is
/// named), and client_gone or shutting_down when cancelled.
net::Task<Result<std::unique_ptr<net::Connection>>> connect(
    net::Shard& shard, ConnectServices services, ConnectRequest request, net::Cancel& cancel
);

/// The order in which addresses are tried: families alternate, beginning with that of the first (RFC 8305 section 4).
[[nodiscard]] std::vector<Address> interleave(const std::vector<Address>& addresses);

/// The error for an operation that `cancel` or a deadline ended, or that failed by itself.
[[nodiscard]] Error error_of(const net::IoResult& result, Errc code, std::string_view what);

}  // namespace gw::upstream
