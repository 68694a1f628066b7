#include "upstream/tls.hpp"

#include <boost/asio/ip/address.hpp>
#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace gw::upstream {

namespace {

int slot_index() {
  static const int index = ::SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

// OpenSSL hands over the reference it counted for us when this returns 1.
int on_new_session(SSL* ssl, SSL_SESSION* session) {
  auto* const slot = static_cast<SessionSlot*>(::SSL_get_ex_data(ssl, slot_index()));
  if (slot == nullptr) return 0;
  slot->keep(session);
  return 1;
}

}  // namespace

SessionSlot::~SessionSlot() {
  if (session_ != nullptr) ::SSL_SESSION_free(session_);
}

void SessionSlot::keep(SSL_SESSION* session) noexcept {
  if (session_ != nullptr) ::SSL_SESSION_free(session_);
  session_ = session;
}

void configure_client(SSL* ssl, void* client_tls) {
  const auto& tls = *static_cast<const ClientTls*>(client_tls);
  boost::system::error_code not_address;
  boost::asio::ip::make_address(tls.host, not_address);
  const bool is_name = static_cast<bool>(not_address);
  // RFC 6066 section 3: no literal addresses in SNI.
  if (is_name) {  // what the macro SSL_set_tlsext_host_name does, without its C cast
    std::string name = tls.host;
    ::SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  }
  if (tls.verify) {
    if (is_name) {
      ::SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
      ::SSL_set1_host(ssl, tls.host.c_str());
    } else {
      ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl), tls.host.c_str());
    }
  }
  ::SSL_set_ex_data(ssl, slot_index(), &tls.sessions);
  if (SSL_SESSION* const session = tls.sessions.get(); session != nullptr) ::SSL_set_session(ssl, session);
}

Result<std::shared_ptr<SSL_CTX>> TlsContexts::get(const std::string& ca_file, bool verify) {
  const std::lock_guard lock(mutex_);
  auto& place = contexts_[{ca_file, verify}];
  if (place) return place;
  std::shared_ptr<SSL_CTX> made(::SSL_CTX_new(::TLS_client_method()), ::SSL_CTX_free);
  if (!made) return gateway_error(Errc::upstream_tls, "OpenSSL gives no context for TLS");
  ::SSL_CTX_set_options(made.get(), SSL_OP_ALL | SSL_OP_NO_COMPRESSION);
  ::SSL_CTX_set_min_proto_version(made.get(), TLS1_2_VERSION);  // NOLINT: OpenSSL's macro casts
  ::SSL_CTX_set_session_cache_mode(                             // NOLINT: OpenSSL's macro casts
      made.get(),
      SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL
  );
  ::SSL_CTX_sess_set_new_cb(made.get(), on_new_session);
  ::SSL_CTX_set_verify(made.get(), verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (verify) {
    ::SSL_CTX_set_default_verify_paths(made.get());
    ::ERR_clear_error();
    if (!ca_file.empty() && ::SSL_CTX_load_verify_file(made.get(), ca_file.c_str()) != 1) {
      const char* const why = ::ERR_reason_error_string(::ERR_peek_last_error());
      return gateway_error(
          Errc::upstream_tls,
          "the authorities in " + ca_file + " cannot be read: " + (why != nullptr ? why : "no PEM certificate in it")
      );
    }
  }
  place = std::move(made);
  return place;
}

Result<void> check_authorities(const std::string& ca_file) {
  ::ERR_clear_error();
  const std::shared_ptr<SSL_CTX> context(::SSL_CTX_new(::TLS_client_method()), ::SSL_CTX_free);
  if (!context || ::SSL_CTX_load_verify_file(context.get(), ca_file.c_str()) != 1) {
    const char* const why = ::ERR_reason_error_string(::ERR_peek_last_error());
    return gateway_error(
        Errc::invalid_config,
        ca_file + " holds no certificates in PEM form that can be read (" + (why != nullptr ? why : "none in it") + ")"
    );
  }
  return {};
}

}  // namespace gw::upstream
