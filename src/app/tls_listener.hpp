// The server's certificate: a TLS context that is made anew when its files change, without a restart.
#pragma once

#include "base/error.hpp"
#include "config/config.hpp"

#include <openssl/ssl.h>

#include <memory>

namespace gw::app {

/// Errors: invalid_config, with the setting as `param` and the file and its fault in the message.
[[nodiscard]] Result<std::shared_ptr<SSL_CTX>> make_server_context(const config::Tls& settings);

/// For `Connection::handshake` on the server's side; `argument` is not used.
void configure_server(SSL* ssl, void* argument);

}  // namespace gw::app
