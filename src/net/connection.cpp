#include "net/connection.hpp"

#include "net/system.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace gw::net {

using boost::system::error_code;

namespace {

constexpr int keepalive_idle_seconds = 30;
constexpr int keepalive_interval_seconds = 10;
constexpr int keepalive_probes = 3;
constexpr int user_timeout_ms = 45'000;
constexpr std::size_t max_pieces_a_call = 64;
constexpr std::size_t tls_join_bytes = std::size_t{1024} * 1024;  // beyond it a copy costs more than the extra records
constexpr std::size_t keep_copy_bytes = std::size_t{4} * 1024;
constexpr unsigned max_streak = 8;  // reads in a row that did not wait
constexpr std::uint32_t broken = EPOLLHUP | EPOLLERR;

void set_option(int fd, int level, int name, int value) {
  // Best effort: a socket that cannot do it still works.
  (void)::setsockopt(fd, level, name, &value, sizeof value);
}

std::size_t size_of(std::span<const iovec> pieces) {
  std::size_t total = 0;
  for (const iovec& one : pieces) total += one.iov_len;
  return total;
}

}  // namespace

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

Connection::Connection(Reactor& reactor)
    : watch_(
          reactor, [](void* self, std::uint32_t events) { static_cast<Connection*>(self)->on_ready(events); }, this
      ),
      deadline_(
          reactor.timers(), [](void* self) { static_cast<Connection*>(self)->stop(Stop::deadline); }, this
      ),
      read_(
          reactor,
          [](void* self) {
            auto& c = *static_cast<Connection*>(self);
            c.go_on(c.read_);
          },
          this
      ),
      write_(
          reactor,
          [](void* self) {
            auto& c = *static_cast<Connection*>(self);
            c.go_on(c.write_);
          },
          this
      ) {}

Connection::Connection(Reactor& reactor, int fd) : Connection(reactor) {
  fd_ = fd;
  prepare();
  // Without a place in the loop it could only be closed: its operations say so.
  if (watch_.add(fd) != 0) stop_ = Stop::idle;
}

Connection::~Connection() {
  close();
}

// TCP_NODELAY always; keep-alive probes find a dead peer within 60 s (fault U20).
void Connection::prepare() noexcept {
  set_option(fd_, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd_, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd_, IPPROTO_TCP, TCP_KEEPIDLE, keepalive_idle_seconds);
  set_option(fd_, IPPROTO_TCP, TCP_KEEPINTVL, keepalive_interval_seconds);
  set_option(fd_, IPPROTO_TCP, TCP_KEEPCNT, keepalive_probes);
  set_option(fd_, IPPROTO_TCP, TCP_USER_TIMEOUT, user_timeout_ms);
}

void Connection::deadline(TimePoint due) {
  if (stop_ == Stop::deadline) stop_ = Stop::none;
  deadline_.at(due);
}

void Connection::stop(Stop reason) {
  // Who has left stays gone, whatever else comes: a deadline would be forgotten when it is moved.
  if (stop_ == Stop::none || stop_ == Stop::deadline) stop_ = reason;
  end(read_);
  end(write_);
}

void Connection::close() noexcept {
  if (fd_ < 0) return;
  watch_.remove();
  if (tls_) say_close();
  tls_.reset();
  ::close(fd_);
  fd_ = -1;
  if (stop_ == Stop::none) stop_ = Stop::idle;
}

void Connection::shut_down() noexcept {
  if (tls_) say_close();
  (void)::shutdown(fd_, SHUT_WR);
}

void Connection::patience(Millis limit) noexcept {
  if (limit.count() > user_timeout_ms)
    set_option(fd_, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(limit.count()) + user_timeout_ms);
}

// --- Waiting -------------------------------------------------------------------------------------------------------

void Connection::wait(Slot& slot, Doing doing, std::coroutine_handle<> waiter) noexcept {
  slot.doing = doing;
  slot.is_done = false;
  slot.waiter = waiter;
  streak_ = 0;
}

// Ends an operation that waits. What came before is kept by the kernel; the next operation meets the stop.
void Connection::end(Slot& slot) {
  if (slot.doing == Doing::nothing || slot.is_done) return;
  slot.result = stopped_result();
  slot.is_done = true;
  slot.turn.schedule();
}

void Connection::finish(Slot& slot) {
  slot.turn.cancel();
  slot.doing = Doing::nothing;
  std::exchange(slot.waiter, nullptr).resume();  // may end this connection
}

// The loop's turn of a slot: its result stands, or it tries again.
void Connection::go_on(Slot& slot) {
  if (slot.doing == Doing::nothing) return;
  if (!slot.is_done) {
    const bool done = &slot == &read_ ? try_read_slot() : try_send();
    if (!done) return;
  }
  finish(slot);
}

void Connection::on_ready(std::uint32_t events) {
  if ((events & (EPOLLIN | EPOLLRDHUP | broken)) != 0) readable_ = true;
  if ((events & (EPOLLOUT | broken)) != 0) writable_ = true;
  if ((events & (EPOLLRDHUP | broken)) != 0 && !hung_up_) {
    hung_up_ = true;
    if (hangup_ != nullptr) hangup_->hung_up();
  }
  const bool can_read = read_.doing != Doing::nothing && !read_.is_done;
  const bool can_write = write_.doing != Doing::nothing && !write_.is_done;
  // Whoever is resumed may end this connection: the other direction gets its own turn.
  if (can_read && can_write) write_.turn.schedule();
  if (can_read) {
    go_on(read_);
  } else if (can_write) {
    go_on(write_);
  }
}

// --- Reading, connecting, shaking hands ------------------------------------------------------------------------------

bool Connection::try_read_slot() {
  switch (read_.doing) {
    case Doing::connect:
      return try_connect();
    case Doing::handshake:
      return try_handshake();
    case Doing::read:
      return try_receive();
    case Doing::wait:
      read_.result = {};
      return can_receive();
    case Doing::nothing:
    case Doing::write:
      break;
  }
  return false;
}

Connection::ReadOp Connection::read(std::span<char> into) noexcept {
  return {*this, into};
}

bool Connection::ReadOp::await_ready() {
  if (c_.stop_ != Stop::none) {
    c_.read_.result = c_.stopped_result();
    return true;
  }
  c_.into_ = into_;
  // A peer that always has more would keep the loop from everybody else.
  if (++c_.streak_ > max_streak) {
    c_.read_.turn.schedule();
    return false;
  }
  return c_.try_receive();
}

bool Connection::can_receive() const noexcept {
  return readable_ || (tls_ && has_pending_tls());
}

Connection::ReadableOp Connection::readable() noexcept {
  return ReadableOp{*this};
}

bool Connection::ReadableOp::await_ready() noexcept {
  c_.read_.result = c_.stopped_result();
  if (c_.stop_ != Stop::none) return true;
  if (++c_.streak_ <= max_streak) return c_.can_receive();
  c_.read_.turn.schedule();
  return false;
}

bool Connection::try_receive() {
  if (tls_) return try_receive_tls();
  while (readable_) {
    const ssize_t n = ::recv(fd_, into_.data(), into_.size(), 0);
    if (n > 0) {
      // A short read has emptied the socket, and the next byte is a new event (epoll(7)). Not so behind the peer's end,
      // whose event has come already.
      if (static_cast<std::size_t>(n) < into_.size() && !hung_up_) readable_ = false;
      read_.result = {static_cast<std::size_t>(n), {}, Stop::none, End::none};
      return true;
    }
    if (n == 0) {
      read_.result = {0, {}, Stop::none, End::clean};
      return true;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
      read_.result = {0, system_error(errno), Stop::none, End::none};
      return true;
    }
    readable_ = false;
  }
  return false;
}

std::size_t Connection::read_now(std::span<char> into) noexcept {
  if (tls_ || into.empty() || !readable_ || streak_ > max_streak) return 0;
  ++streak_;
  const ssize_t n = ::recv(fd_, into.data(), into.size(), 0);
  // The end and errors come up again at the next read.
  if (!hung_up_ && (n < 0 || (n > 0 && static_cast<std::size_t>(n) < into.size()))) readable_ = n < 0 && errno == EINTR;
  return n > 0 ? static_cast<std::size_t>(n) : 0;
}

bool Connection::is_stale() noexcept {
  if (stop_ != Stop::none || hung_up_) return true;
  if (tls_) return is_stale_tls();
  if (!readable_) return false;
  char byte = 0;
  if (::recv(fd_, &byte, 1, MSG_PEEK) >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK)) return true;
  readable_ = false;
  return false;
}

Connection::ConnectOp Connection::connect(const sockaddr* address, socklen_t length) noexcept {
  return {*this, address, length};
}

bool Connection::ConnectOp::await_ready() {
  c_.read_.result = c_.stopped_result();
  if (c_.stop_ != Stop::none) return true;
  c_.fd_ = ::socket(address_->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (c_.fd_ < 0) {
    c_.read_.result.error = system_error(errno);
    return true;
  }
  c_.prepare();
  if (::connect(c_.fd_, address_, length_) != 0 && errno != EINPROGRESS) {
    c_.read_.result.error = system_error(errno);
    return true;
  }
  c_.writable_ = false;  // watched from now on, so that the first event is the outcome
  if (const int error = c_.watch_.add(c_.fd_); error != 0) {
    c_.read_.result.error = system_error(error);
    return true;
  }
  return false;
}

bool Connection::try_connect() {
  if (!writable_) return false;
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length) != 0) error = errno;
  read_.result = {0, error != 0 ? system_error(error) : error_code{}, Stop::none, End::none};
  return true;
}

// --- Writing -------------------------------------------------------------------------------------------------------

Connection::WriteOp Connection::write(std::span<iovec> pieces, Lifetime lifetime) noexcept {
  return {*this, pieces, lifetime};
}

void Connection::guard_write() {
  if (write_timeout_.count() != 0) deadline_.at(Clock::now() + write_timeout_);
}

// Sends what the kernel takes now; true when all went, or with an error.
bool Connection::try_send() {
  const std::uint64_t before = sent_;
  bool done = false;
  if (tls_) {
    done = try_send_tls();
  } else {
    write_.result = {};
    while (!unsent_.empty() && writable_) {
      msghdr message{};
      message.msg_iov = unsent_.data();
      message.msg_iovlen = std::min(unsent_.size(), max_pieces_a_call);
      const ssize_t n = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
      if (n >= 0) {
        sent_ += static_cast<std::size_t>(n);
        advance(unsent_, static_cast<std::size_t>(n));
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        writable_ = false;
      } else if (errno != EINTR) {
        write_.result.error = system_error(errno);
        unsent_ = {};
      }
    }
    done = unsent_.empty();
  }
  if (write_.doing == Doing::write) {
    if (done) {
      if (write_timeout_.count() != 0) deadline_.clear();
      if (copied_.capacity() > keep_copy_bytes) std::string{}.swap(copied_);
    } else if (sent_ != before) {
      guard_write();
    }
  }
  return done;
}

bool Connection::WriteOp::await_ready() {
  if (c_.stop_ != Stop::none) {
    c_.write_.result = c_.stopped_result();
    return true;
  }
  c_.unsent_ = pieces_;
  if (c_.tls_) {
    // A record a call: small pieces (head, chunk frame, event) joined leave in one packet.
    const std::size_t total = size_of(pieces_);
    if (pieces_.size() > 1 && total <= tls_join_bytes) {
      c_.copied_.clear();
      c_.copied_.reserve(total);
      for (const iovec& one : pieces_) c_.copied_.append(static_cast<const char*>(one.iov_base), one.iov_len);
      c_.copied_piece_ = piece(c_.copied_);
      c_.unsent_ = {&c_.copied_piece_, 1};
      lifetime_ = Lifetime::stable;
    }
  }
  return c_.try_send();
}

void Connection::WriteOp::await_suspend(std::coroutine_handle<> waiter) {
  if (lifetime_ == Lifetime::scratch) {
    std::string kept;
    kept.reserve(size_of(c_.unsent_));
    for (const iovec& one : c_.unsent_) kept.append(static_cast<const char*>(one.iov_base), one.iov_len);
    c_.copied_ = std::move(kept);
    c_.copied_piece_ = piece(c_.copied_);
    c_.unsent_ = {&c_.copied_piece_, 1};
  }
  c_.wait(c_.write_, Doing::write, waiter);
  c_.guard_write();
}

// --- The peer's end --------------------------------------------------------------------------------------------------

Connection::OnHangup::OnHangup(Connection& connection, Told told, void* context)
    : connection_(connection),
      told_(told),
      context_(context),
      timer_(
          connection.watch_.reactor().timers(),
          [](void* self) {
            const auto& hook = *static_cast<OnHangup*>(self);
            hook.told_(hook.context_);
          },
          this
      ) {
  connection_.hangup_ = this;
  if (connection_.hung_up_) hung_up();
}

Connection::OnHangup::~OnHangup() {
  connection_.hangup_ = nullptr;
}

void Connection::OnHangup::hung_up() {
  timer_.at(Clock::now() + grace);
}

}  // namespace gw::net
