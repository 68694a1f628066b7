// Client-side TLS contexts: one for each pair of (trusted authorities, verification), made once and shared, since
// reading the system's authorities takes milliseconds. Sessions are kept by the endpoint for resumption.
#pragma once

#include "base/error.hpp"

#include <openssl/ssl.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace gw::upstream {

/// A TLS session for resumption; one an endpoint and shard. Not thread-safe.
class SessionSlot {
 public:
  SessionSlot() = default;
  ~SessionSlot();
  SessionSlot(const SessionSlot&) = delete;
  SessionSlot& operator=(const SessionSlot&) = delete;

  /// Takes ownership.
  void keep(SSL_SESSION* session) noexcept;

  [[nodiscard]] SSL_SESSION* get() const noexcept { return session_; }

 private:
  SSL_SESSION* session_ = nullptr;
};

/// What a handshake needs: given to `Connection::handshake` as the argument of `configure_client`.
struct ClientTls {
  const std::string& host;  ///< SNI and the name that is verified
  SessionSlot& sessions;
  bool verify = true;
};

/// Sets SNI, the expected name, the session to resume; wires new sessions to `sessions`.
void configure_client(SSL* ssl, void* client_tls);

class TlsContexts {
 public:
  /// Any thread; may read files, so the control thread asks first, when a configuration is published.
  /// Errors: upstream_tls naming the file.
  [[nodiscard]] Result<std::shared_ptr<SSL_CTX>> get(const std::string& ca_file, bool verify);

 private:
  std::mutex mutex_;
  std::map<std::pair<std::string, bool>, std::shared_ptr<SSL_CTX>> contexts_;
};

/// Whether TlsContexts can take a file of authorities. Errors: invalid_config, saying what is wrong with it.
[[nodiscard]] Result<void> check_authorities(const std::string& ca_file);

}  // namespace gw::upstream
