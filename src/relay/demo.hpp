// The built-in provider's attempt: no connection, the same reply rules and pace as a provider's stream.
#pragma once

#include "relay/reply.hpp"

#include <optional>

namespace gw::relay {

/// nullopt when the client has the answer; client_gone or shutting_down otherwise.
net::Task<std::optional<Error>> run_demo(Context& context, const routing::Candidate& candidate, ClientReply& reply);

}  // namespace gw::relay
