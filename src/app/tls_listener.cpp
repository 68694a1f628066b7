#include "app/tls_listener.hpp"

namespace gw::app {

namespace asio = boost::asio;

namespace {

Error unusable(const char* setting, std::string message) {
  return {Errc::invalid_config, Origin::gateway, Retry::never, std::move(message), {}, setting};
}

}  // namespace

Result<std::shared_ptr<asio::ssl::context>> make_server_context(const config::Tls& settings) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  boost::system::error_code ec;
  context->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_compression, ec);
  ::SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);  // NOLINT: OpenSSL's macro casts
  ::SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);     // NOLINT: OpenSSL's macro casts
  context->use_certificate_chain_file(settings.cert_file, ec);
  if (ec) {
    return unusable(
        "server.tls.cert",
        settings.cert_file + " holds no certificate in PEM form that can be read (" + ec.message() + ")"
    );
  }
  // Without this OpenSSL asks for a password on the terminal.
  const auto is_encrypted = std::make_shared<bool>(false);
  context->set_password_callback(
      [is_encrypted](std::size_t, asio::ssl::context::password_purpose) {
        *is_encrypted = true;
        return std::string();
      },
      ec
  );
  context->use_private_key_file(settings.key_file, asio::ssl::context::pem, ec);
  const std::string mismatch =
      "the key in " + settings.key_file + " is not that of the certificate in " + settings.cert_file;
  if (*is_encrypted) {
    return unusable("server.tls.key", settings.key_file + " is encrypted; give a key without a password");
  }
  if (ec && ERR_GET_LIB(static_cast<unsigned long>(ec.value())) == ERR_LIB_X509) {  // NOLINT: OpenSSL's macro casts
    return unusable("server.tls.key", mismatch);
  }
  if (ec) {
    return unusable(
        "server.tls.key",
        settings.key_file + " holds no private key in PEM form that can be read (" + ec.message() + ")"
    );
  }
  // A key of another kind than the certificate's is not compared when it is loaded.
  if (::SSL_CTX_check_private_key(context->native_handle()) != 1) return unusable("server.tls.key", mismatch);
  return context;
}

void configure_server(SSL* /*ssl*/, void* /*argument*/) {}

}  // namespace gw::app
