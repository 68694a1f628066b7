// The TLS half of a connection, on OpenSSL directly: handshake, records in and out, close_notify. What waits, and for
// how long, is connection.cpp's.
#include "net/connection.hpp"
#include "net/system.hpp"

#include <boost/asio/ssl/error.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>

namespace gw::net {

void Connection::FreeTls::operator()(ssl_st* ssl) const noexcept {
  ::SSL_free(ssl);
}

// Best effort, as the kernel takes it: close_notify (RFC 8446 6.1), so that the peer can tell an end from a cut.
void Connection::say_close() noexcept {
  if (tls_failed_ || ::SSL_is_init_finished(tls_.get()) == 0) return;
  ::ERR_clear_error();
  (void)::SSL_shutdown(tls_.get());
}

bool Connection::has_pending_tls() const noexcept {
  return ::SSL_has_pending(tls_.get()) == 1;
}

bool Connection::is_stale_tls() noexcept {
  if (!readable_ && !has_pending_tls()) return false;
  // A server sends session tickets whenever it likes; only what is for us counts.
  char byte = 0;
  ::ERR_clear_error();
  const int n = ::SSL_peek(tls_.get(), &byte, 1);
  if (n > 0 || ::SSL_get_error(tls_.get(), n) != SSL_ERROR_WANT_READ) return true;
  readable_ = false;
  return false;
}

Connection::HandshakeOp Connection::handshake(
    ssl_ctx_st* context, Side side, void (*configure)(ssl_st*, void*), void* argument
) {
  tls_.reset(::SSL_new(context));
  if (tls_ && ::SSL_set_fd(tls_.get(), fd_) == 1) {
    ::SSL_set_mode(  // NOLINT: OpenSSL's macro casts
        tls_.get(),
        SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS
    );
    if (side == Side::client) {
      ::SSL_set_connect_state(tls_.get());
    } else {
      ::SSL_set_accept_state(tls_.get());
    }
    configure(tls_.get(), argument);
  } else {
    tls_.reset();
  }
  return HandshakeOp{*this};
}

bool Connection::HandshakeOp::await_ready() {
  c_.read_.result = c_.stopped_result();
  if (c_.stop_ != Stop::none) return true;
  if (!c_.tls_) {
    c_.read_.result.error = system_error(ENOMEM);
    return true;
  }
  return c_.try_handshake();
}

// Reads an OpenSSL failure into `result`. False: the operation waits for the socket.
bool Connection::failed(int returned, IoResult& result) noexcept {
  const int system = errno;
  result = {};
  switch (::SSL_get_error(tls_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      readable_ = false;
      return false;
    case SSL_ERROR_WANT_WRITE:
      writable_ = false;
      return false;
    case SSL_ERROR_ZERO_RETURN:
      result.end = End::clean;
      return true;
    case SSL_ERROR_SYSCALL:
      tls_failed_ = true;
      if (system == 0 || returned == 0) {
        result.end = End::truncated;
      } else {
        result.error = system_error(system);
      }
      return true;
    default:
      break;
  }
  tls_failed_ = true;
  const unsigned long reason = ::ERR_get_error();
  if (ERR_GET_REASON(reason) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    result.end = End::truncated;
  } else {
    result.error = {static_cast<int>(reason), boost::asio::error::get_ssl_category()};
  }
  return true;
}

bool Connection::try_handshake() {
  ::ERR_clear_error();
  errno = 0;
  const int n = ::SSL_do_handshake(tls_.get());
  if (n == 1) {
    read_.result = {};
    return true;
  }
  return failed(n, read_.result);
}

bool Connection::try_receive_tls() {
  ::ERR_clear_error();
  errno = 0;
  const int wanted = static_cast<int>(std::min<std::size_t>(into_.size(), 1U << 20U));
  const int n = ::SSL_read(tls_.get(), into_.data(), wanted);
  if (n > 0) {
    read_.result = {static_cast<std::size_t>(n), {}, Stop::none, End::none};
    return true;
  }
  return failed(n, read_.result);
}

bool Connection::try_send_tls() {
  while (true) {
    while (!unsent_.empty() && unsent_.front().iov_len == 0) unsent_ = unsent_.subspan(1);
    if (unsent_.empty()) {
      write_.result = {};
      return true;
    }
    ::ERR_clear_error();
    errno = 0;
    const iovec& front = unsent_.front();
    const int n =
        ::SSL_write(tls_.get(), front.iov_base, static_cast<int>(std::min<std::size_t>(front.iov_len, 1U << 20U)));
    if (n <= 0) return failed(n, write_.result);
    sent_ += static_cast<std::size_t>(n);
    advance(unsent_, static_cast<std::size_t>(n));
  }
}

}  // namespace gw::net
