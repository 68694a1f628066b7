#include "app/tls_listener.hpp"

#include <openssl/err.h>

#include <string>

namespace gw::app {
namespace {

std::string last_reason() {
  const char* const why = ::ERR_reason_error_string(::ERR_peek_last_error());
  return why != nullptr ? why : "it holds nothing of that kind";
}

}  // namespace

Result<std::shared_ptr<SSL_CTX>> make_server_context(const config::Tls& settings) {
  ::ERR_clear_error();
  std::shared_ptr<SSL_CTX> context(::SSL_CTX_new(::TLS_server_method()), ::SSL_CTX_free);
  if (!context) return gateway_error(Errc::invalid_config, "OpenSSL gives no context for TLS");
  ::SSL_CTX_set_options(context.get(), SSL_OP_ALL | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  ::SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);  // NOLINT: OpenSSL's macro casts
  if (::SSL_CTX_use_certificate_chain_file(context.get(), settings.cert_file.c_str()) != 1) {
    return gateway_error(
        Errc::invalid_config, "server.tls.cert: " + settings.cert_file + " cannot be used: " + last_reason()
    );
  }
  if (::SSL_CTX_use_PrivateKey_file(context.get(), settings.key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      ::SSL_CTX_check_private_key(context.get()) != 1) {
    return gateway_error(
        Errc::invalid_config,
        "server.tls.key: " + settings.key_file + " cannot be used with the certificate: " + last_reason()
    );
  }
  return context;
}

void configure_server(SSL* /*ssl*/, void* /*argument*/) {}

}  // namespace gw::app
