#include "net/connection.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <new>

namespace gw::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr int keepalive_idle_seconds = 30;
constexpr int keepalive_interval_seconds = 10;
constexpr int keepalive_probes = 3;
constexpr int user_timeout_ms = 45'000;
constexpr std::size_t tls_join_bytes = 1024 * 1024;  // beyond it a copy costs more than the extra records
constexpr std::size_t keep_copy_bytes = 16 * 1024;

error_code last_error() {
  return {errno, boost::system::system_category()};
}

void set_option(int fd, int level, int name, int value) {
  // Best effort: a socket that cannot do it still works.
  (void)::setsockopt(fd, level, name, &value, sizeof value);
}

}  // namespace

bool IoResult::eof() const noexcept {
  // A TLS peer that closes without close_notify: the framing above decides whether the message was whole.
  return error == asio::error::eof || error == asio::ssl::error::stream_truncated;
}

std::string describe(const IoResult& result) {
  switch (result.stop) {
    case Stop::deadline:
      return "timed out";
    case Stop::client_gone:
      return "the client closed the connection";
    case Stop::shutdown:
      return "the gateway is shutting down";
    case Stop::idle:
      return "idle";
    case Stop::none:
      break;
  }
  if (result.eof()) return "connection closed by the peer";
  return result.error.message();
}

template <class T>
struct Connection::SlotAllocator {
  using value_type = T;

  explicit SlotAllocator(Slot& s) noexcept : slot(&s) {}

  template <class U>
  SlotAllocator(const SlotAllocator<U>& other) noexcept : slot(other.slot) {}  // NOLINT(google-explicit-constructor)

  T* allocate(std::size_t n) {
    if (!slot->memory_used && n * sizeof(T) <= sizeof slot->memory) {
      slot->memory_used = true;
      return reinterpret_cast<T*>(slot->memory);
    }
    return static_cast<T*>(::operator new(n * sizeof(T)));
  }

  void deallocate(T* p, std::size_t) noexcept {
    if (reinterpret_cast<std::byte*>(p) == slot->memory) {
      slot->memory_used = false;
    } else {
      ::operator delete(p);
    }
  }

  template <class U>
  bool operator==(const SlotAllocator<U>& other) const noexcept {
    return slot == other.slot;
  }

  Slot* slot;
};

struct Connection::Handler {
  using allocator_type = SlotAllocator<void*>;

  [[nodiscard]] allocator_type get_allocator() const noexcept { return allocator_type{*slot}; }

  void operator()(const error_code& error) const { connection->complete(*slot, error, 0); }

  void operator()(const error_code& error, std::size_t bytes) const { connection->complete(*slot, error, bytes); }

  Connection* connection;
  Slot* slot;
};

// The socket takes bytes again, or a TLS record went out.
struct Connection::WriteReady {
  using allocator_type = SlotAllocator<void*>;

  [[nodiscard]] allocator_type get_allocator() const noexcept { return allocator_type{connection->write_}; }

  void operator()(const error_code& error, std::size_t bytes = 0) const {
    Connection& c = *connection;
    if (error) {
      c.complete(c.write_, error, 0);
      return;
    }
    c.sent_ += bytes;
    while (bytes > 0 && !c.unsent_.empty()) {
      iovec& front = c.unsent_.front();
      const std::size_t used = std::min(bytes, front.iov_len);
      front.iov_base = static_cast<char*>(front.iov_base) + used;
      front.iov_len -= used;
      bytes -= used;
      if (front.iov_len == 0) c.unsent_ = c.unsent_.subspan(1);
    }
    c.send_more();
  }

  Connection* connection;
};

Connection::Connection(Timers& timers, Socket socket)
    : socket_(std::move(socket)),
      deadline_(
          timers, [](void* self) { static_cast<Connection*>(self)->stop(Stop::deadline); }, this
      ) {}

Connection::~Connection() {
  close();
}

void Connection::prepare() {
  error_code ignored;
  socket_.non_blocking(true, ignored);
  const int handle = fd();
  set_option(handle, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(handle, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(handle, IPPROTO_TCP, TCP_KEEPIDLE, keepalive_idle_seconds);
  set_option(handle, IPPROTO_TCP, TCP_KEEPINTVL, keepalive_interval_seconds);
  set_option(handle, IPPROTO_TCP, TCP_KEEPCNT, keepalive_probes);
  set_option(handle, IPPROTO_TCP, TCP_USER_TIMEOUT, user_timeout_ms);
}

void Connection::deadline(TimePoint due) {
  if (stop_ == Stop::deadline) stop_ = Stop::none;
  deadline_.at(due);
}

void Connection::stop(Stop reason) {
  stop_ = reason;
  error_code ignored;
  socket_.cancel(ignored);
}

void Connection::close() noexcept {
  error_code ignored;
  socket_.close(ignored);
}

IoResult Connection::stopped_result() const {
  return {0, asio::error::operation_aborted, stop_};
}

void Connection::complete(Slot& slot, const error_code& error, std::size_t bytes) {
  slot.result = {bytes, error, error == asio::error::operation_aborted ? stop_ : Stop::none};
  // What came before the stop is kept: the reader takes it and meets the stop at its next operation.
  std::exchange(slot.waiter, nullptr).resume();
}

Connection::ReadOp Connection::read(std::span<char> into) noexcept {
  return {*this, into};
}

Connection::WaitOp Connection::readable() noexcept {
  return WaitOp{*this};
}

Connection::WriteOp Connection::write(std::span<iovec> pieces, Lifetime lifetime) noexcept {
  return {*this, pieces, lifetime};
}

bool Connection::ReadOp::await_ready() noexcept {
  if (c_.stop_ == Stop::none) return false;
  c_.read_.result = c_.stopped_result();
  return true;
}

void Connection::ReadOp::await_suspend(std::coroutine_handle<> waiter) {
  c_.read_.waiter = waiter;
  const auto buffer = asio::buffer(into_.data(), into_.size());
  if (c_.tls_) {
    c_.tls_->async_read_some(buffer, Handler{&c_, &c_.read_});
  } else {
    c_.socket_.async_read_some(buffer, Handler{&c_, &c_.read_});
  }
}

bool Connection::WaitOp::await_ready() noexcept {
  if (c_.stop_ == Stop::none && c_.socket_.is_open()) return false;
  c_.read_.result = c_.stopped_result();
  return true;
}

void Connection::WaitOp::await_suspend(std::coroutine_handle<> waiter) {
  c_.read_.waiter = waiter;
  if (c_.tls_ && ::SSL_pending(c_.tls_->native_handle()) > 0) {
    asio::post(c_.socket_.get_executor(), [c = &c_] { c->complete(c->read_, {}, 0); });
    return;
  }
  c_.socket_.async_wait(Socket::wait_read, Handler{&c_, &c_.read_});
}

std::size_t Connection::read_now(std::span<char> into) noexcept {
  if (tls_ || into.empty()) return 0;
  const ssize_t n = ::recv(fd(), into.data(), into.size(), MSG_DONTWAIT);
  return n > 0 ? static_cast<std::size_t>(n) : 0;  // end and errors come up again at the next read
}

bool Connection::send_now(std::span<iovec>& pieces) {
  while (!pieces.empty()) {
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = std::min<std::size_t>(pieces.size(), 64);
    const ssize_t n = ::sendmsg(fd(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
      write_.result = {0, last_error(), Stop::none};
      return true;
    }
    auto taken = static_cast<std::size_t>(n);
    sent_ += taken;
    while (!pieces.empty() && taken >= pieces.front().iov_len) {
      taken -= pieces.front().iov_len;
      pieces = pieces.subspan(1);
    }
    if (!pieces.empty()) {
      pieces.front().iov_base = static_cast<char*>(pieces.front().iov_base) + taken;
      pieces.front().iov_len -= taken;
    }
  }
  write_.result = {};
  return true;
}

bool Connection::WriteOp::await_ready() noexcept {
  if (c_.stop_ != Stop::none) {
    c_.write_.result = c_.stopped_result();
    return true;
  }
  if (!c_.tls_ && c_.send_now(pieces_)) return true;
  std::size_t total = 0;
  for (const iovec& p : pieces_) total += p.iov_len;
  if (total == 0) {
    c_.write_.result = {};
    return true;
  }
  // TLS sends a record per call: small pieces (head, chunk frame, event) joined leave in one packet.
  if (lifetime_ == Lifetime::scratch || (c_.tls_ && total <= tls_join_bytes)) {
    c_.copied_.clear();
    c_.copied_.reserve(total);
    for (const iovec& p : pieces_) c_.copied_.append(static_cast<const char*>(p.iov_base), p.iov_len);
    c_.copied_piece_ = piece(c_.copied_);
    pieces_ = {&c_.copied_piece_, 1};
  }
  return false;
}

void Connection::WriteOp::await_suspend(std::coroutine_handle<> waiter) {
  c_.write_.waiter = waiter;
  c_.write_.result = {};
  c_.unsent_ = pieces_;
  c_.guard_write();
  if (c_.tls_) {
    c_.send_more();
  } else {
    c_.socket_.async_wait(Socket::wait_write, WriteReady{&c_});
  }
}

void Connection::guard_write() {
  if (write_timeout_.count() != 0) deadline_.at(Clock::now() + write_timeout_);
}

void Connection::send_more() {
  while (!unsent_.empty() && unsent_.front().iov_len == 0) unsent_ = unsent_.subspan(1);
  const bool all_sent = unsent_.empty() || (!tls_ && send_now(unsent_));
  if (all_sent || stop_ != Stop::none) {
    if (write_timeout_.count() != 0) deadline_.clear();
    if (copied_.capacity() > keep_copy_bytes) std::string{}.swap(copied_);
    const error_code error = all_sent ? write_.result.error : error_code{asio::error::operation_aborted};
    complete(write_, error, 0);
    return;
  }
  guard_write();
  if (tls_) {
    const iovec& front = unsent_.front();
    tls_->async_write_some(asio::buffer(front.iov_base, front.iov_len), WriteReady{this});
  } else {
    socket_.async_wait(Socket::wait_write, WriteReady{this});
  }
}

bool Connection::is_stale() noexcept {
  char byte = 0;
  const ssize_t n = ::recv(fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return n >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

Task<IoResult> Connection::handshake(
    asio::ssl::context& context,
    asio::ssl::stream_base::handshake_type type,
    void (*configure)(SSL*, void*),
    void* argument
) {
  if (stop_ != Stop::none) co_return stopped_result();
  tls_ = std::make_unique<TlsStream>(socket_, context);
  configure(tls_->native_handle(), argument);

  struct HandshakeOp {
    Connection& c;
    asio::ssl::stream_base::handshake_type type;

    [[nodiscard]] bool await_ready() const noexcept { return false; }

    void await_suspend(std::coroutine_handle<> waiter) const {
      c.read_.waiter = waiter;
      c.tls_->async_handshake(type, Handler{&c, &c.read_});
    }

    [[nodiscard]] IoResult await_resume() const noexcept { return c.read_.result; }
  };

  HandshakeOp op{*this, type};
  const IoResult result = co_await op;
  co_return result;
}

}  // namespace gw::net
