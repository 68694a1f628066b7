#include "app/tls_listener.hpp"

#include <openssl/err.h>

#include <string>

namespace gw::app {
namespace {

Error unusable(const char* setting, std::string message) {
  Error error = gateway_error(Errc::invalid_config, std::move(message));
  error.param = setting;
  return error;
}

std::string reason(unsigned long error) {
  const char* const text = ::ERR_reason_error_string(error);
  return text != nullptr ? text : "unknown error";
}

// Without this OpenSSL asks for a password on the terminal.
int note_encrypted(char* /*buffer*/, int /*size*/, int /*writing*/, void* is_encrypted) {
  *static_cast<bool*>(is_encrypted) = true;
  return 0;
}

}  // namespace

Result<std::shared_ptr<SSL_CTX>> make_server_context(const config::Tls& settings) {
  ::ERR_clear_error();
  std::shared_ptr<SSL_CTX> context(::SSL_CTX_new(::TLS_server_method()), ::SSL_CTX_free);
  if (!context) return gateway_error(Errc::internal, "OpenSSL gives no context for TLS");
  ::SSL_CTX_set_options(context.get(), SSL_OP_ALL | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  ::SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);  // NOLINT: OpenSSL's macro casts
  if (::SSL_CTX_use_certificate_chain_file(context.get(), settings.cert_file.c_str()) != 1) {
    return unusable(
        "server.tls.cert",
        settings.cert_file + " holds no certificate in PEM form that can be read (" + reason(::ERR_peek_last_error()) +
            ")"
    );
  }
  bool is_encrypted = false;
  ::SSL_CTX_set_default_passwd_cb(context.get(), note_encrypted);
  ::SSL_CTX_set_default_passwd_cb_userdata(context.get(), &is_encrypted);
  ::ERR_clear_error();
  const bool is_loaded = ::SSL_CTX_use_PrivateKey_file(context.get(), settings.key_file.c_str(), SSL_FILETYPE_PEM) == 1;
  const unsigned long error = ::ERR_peek_last_error();
  ::SSL_CTX_set_default_passwd_cb_userdata(context.get(), nullptr);
  ::SSL_CTX_set_default_passwd_cb(context.get(), nullptr);
  const std::string mismatch =
      "the key in " + settings.key_file + " is not that of the certificate in " + settings.cert_file;
  if (is_encrypted) {
    return unusable("server.tls.key", settings.key_file + " is encrypted; give a key without a password");
  }
  if (!is_loaded && ERR_GET_LIB(error) == ERR_LIB_X509) return unusable("server.tls.key", mismatch);  // NOLINT: a macro
  if (!is_loaded) {
    return unusable(
        "server.tls.key",
        settings.key_file + " holds no private key in PEM form that can be read (" + reason(error) + ")"
    );
  }
  // A key of another kind than the certificate's is not compared when it is loaded.
  if (::SSL_CTX_check_private_key(context.get()) != 1) return unusable("server.tls.key", mismatch);
  return context;
}

void configure_server(SSL* /*ssl*/, void* /*argument*/) {}

}  // namespace gw::app
