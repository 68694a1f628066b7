#include "app/tls_listener.hpp"

namespace gw::app {

namespace asio = boost::asio;

Result<std::shared_ptr<asio::ssl::context>> make_server_context(const config::Tls& settings) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  boost::system::error_code ec;
  context->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_compression, ec);
  ::SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);  // NOLINT: OpenSSL's macro casts
  ::SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);     // NOLINT: OpenSSL's macro casts
  context->use_certificate_chain_file(settings.cert_file, ec);
  if (ec) {
    return gateway_error(
        Errc::invalid_config, "server.tls.cert: " + settings.cert_file + " cannot be used: " + ec.message()
    );
  }
  context->use_private_key_file(settings.key_file, asio::ssl::context::pem, ec);
  if (ec) {
    return gateway_error(
        Errc::invalid_config,
        "server.tls.key: " + settings.key_file + " cannot be used with the certificate: " + ec.message()
    );
  }
  return context;
}

void configure_server(SSL* /*ssl*/, void* /*argument*/) {}

}  // namespace gw::app
