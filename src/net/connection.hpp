// One TCP connection, plain or TLS, of one shard: reads, gather writes, a deadline, and being stopped from outside.
// At most one read and one write under way at a time. Every method on the shard's thread.
#pragma once

#include "base/blocks.hpp"
#include "base/clock.hpp"
#include "net/reactor.hpp"
#include "net/task.hpp"
#include "net/timers.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <boost/system/error_code.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct ssl_st;
struct ssl_ctx_st;

namespace gw::net {

/// Why operations of a connection were stopped by us.
enum class Stop : std::uint8_t { none, deadline, client_gone, shutdown, idle };

/// How the peer ended its side.
enum class End : std::uint8_t {
  none,
  clean,      ///< it closed; TLS: after its close_notify
  truncated,  ///< TLS: without it. The framing above decides whether the message was whole.
};

struct IoResult {
  std::size_t bytes = 0;
  boost::system::error_code error;  ///< of the system, or of OpenSSL
  Stop stop = Stop::none;           ///< set when `stop()` or the deadline ended the operation
  End end = End::none;

  [[nodiscard]] bool ok() const noexcept { return !error && stop == Stop::none && end == End::none; }

  [[nodiscard]] bool eof() const noexcept { return end != End::none; }
};

/// Text for logs and error messages: "timed out", "connection reset by peer", ...
[[nodiscard]] std::string describe(const IoResult& result);

class Connection {
 public:
  /// Takes over a non-blocking socket that is connected.
  Connection(Reactor& reactor, int fd);

  /// One that is still to be connected.
  explicit Connection(Reactor& reactor);

  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  static void* operator new(std::size_t bytes) { return take_block(bytes); }

  static void operator delete(void* memory, std::size_t bytes) noexcept { give_block(memory, bytes); }

  [[nodiscard]] int fd() const noexcept { return fd_; }

  [[nodiscard]] bool is_tls() const noexcept { return tls_ != nullptr; }

  [[nodiscard]] ssl_st* tls() noexcept { return tls_.get(); }

  enum class Side : std::uint8_t { client, server };

  class ReadOp;
  class ReadableOp;
  class ConnectOp;
  class HandshakeOp;
  class WriteOp;

  /// Opens a socket and connects it.
  [[nodiscard]] ConnectOp connect(const sockaddr* address, socklen_t length) noexcept;

  /// From then on reads and writes are encrypted. `configure` runs on the fresh SSL object before the handshake.
  [[nodiscard]] HandshakeOp handshake(
      ssl_ctx_st* context, Side side, void (*configure)(ssl_st* ssl, void* argument), void* argument
  );

  /// Operations under way end with Stop::deadline when it passes; later ones too until it is moved.
  void deadline(TimePoint due);

  /// A write that cannot go on for this long ends as if the deadline had passed; zero: only the deadline counts.
  void write_timeout(Millis limit) noexcept { write_timeout_ = limit; }

  /// Ends operations under way, and later ones, with this reason. Their waiters are resumed in the loop's next turn.
  void stop(Stop reason);

  [[nodiscard]] Stop stopped() const noexcept { return stop_; }

  void close() noexcept;

  /// Says that nothing more is written (TLS: close_notify first); reads go on.
  void shut_down() noexcept;

  /// How long the peer may take nothing, at least: the kernel gives up a connection after 45 s otherwise.
  void patience(Millis limit) noexcept;

  /// Some bytes into `into` (1 or more, or an error). It is filled in the moment the reader is resumed, so it may be
  /// the shard's scratch memory.
  [[nodiscard]] ReadOp read(std::span<char> into) noexcept;

  /// Waits until there may be something to read, for memory that is chosen only then: `read_now` follows.
  [[nodiscard]] ReadableOp readable() noexcept;

  /// What is there now, without waiting; 0 when nothing is (plain connections only; TLS always 0), or when it is
  /// others' turn: a read waits for both.
  [[nodiscard]] std::size_t read_now(std::span<char> into) noexcept;

  enum class Lifetime : std::uint8_t {
    stable,   ///< the buffers stay valid until the write is done
    scratch,  ///< they are valid only now: what cannot be sent at once is copied
  };

  /// All of it. `pieces` itself is used up; it must live until the write is done.
  [[nodiscard]] WriteOp write(std::span<iovec> pieces, Lifetime lifetime) noexcept;

  /// True when the peer has closed or sent something unasked: a pooled connection that must not be used. Never waits.
  [[nodiscard]] bool is_stale() noexcept;

  /// While it stands, `told` is called once when the peer has closed its side for `grace`, or has broken the
  /// connection: one that sends its request and half-closes may still get a quick answer. It must only stop operations.
  class OnHangup {
   public:
    using Told = void (*)(void* context);
    static constexpr Millis grace{200};

    OnHangup(Connection& connection, Told told, void* context);
    ~OnHangup();
    OnHangup(const OnHangup&) = delete;
    OnHangup& operator=(const OnHangup&) = delete;

   private:
    friend class Connection;
    void hung_up();

    Connection& connection_;
    Told told_;
    void* context_;
    Deadline timer_;
  };

  /// The other side's address as text, without the port; set by whoever made the connection.
  void peer(std::string address) { peer_ = std::move(address); }

  [[nodiscard]] const std::string& peer() const noexcept { return peer_; }

  /// Bytes sent so far.
  [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }

 private:
  enum class Doing : std::uint8_t { nothing, connect, handshake, wait, read, write };

  // The operation under way in one direction.
  struct Slot {
    Slot(Reactor& reactor, Reactor::Deferred::Call call, void* owner) noexcept : turn(reactor, call, owner) {}

    std::coroutine_handle<> waiter;
    IoResult result;
    Doing doing = Doing::nothing;
    bool is_done = false;  // `result` stands; the waiter comes in the next turn
    Reactor::Deferred turn;
  };

  struct FreeTls {
    void operator()(ssl_st* ssl) const noexcept;
  };

  void prepare() noexcept;
  void say_close() noexcept;
  void on_ready(std::uint32_t events);

  [[nodiscard]] IoResult stopped_result() const noexcept { return {0, {}, stop_, End::none}; }

  // Each tries its operation; false: it must wait.
  [[nodiscard]] bool try_read_slot();
  [[nodiscard]] bool try_connect();
  [[nodiscard]] bool try_handshake();
  [[nodiscard]] bool try_receive();
  [[nodiscard]] bool can_receive() const noexcept;
  [[nodiscard]] bool has_pending_tls() const noexcept;
  [[nodiscard]] bool is_stale_tls() noexcept;
  [[nodiscard]] bool try_receive_tls();
  [[nodiscard]] bool try_send();
  [[nodiscard]] bool try_send_tls();
  [[nodiscard]] bool failed(int returned, IoResult& result) noexcept;

  void wait(Slot& slot, Doing doing, std::coroutine_handle<> waiter) noexcept;
  void go_on(Slot& slot);
  void finish(Slot& slot);
  void end(Slot& slot);
  void guard_write();

  int fd_ = -1;
  Stop stop_ = Stop::none;
  bool readable_ = false;    // there may be something to receive
  bool tls_failed_ = false;  // its stream is broken: nothing more may be said in it
  unsigned streak_ = 0;      // reads since the last one that waited
  bool writable_ = true;     // there may be room to send
  bool hung_up_ = false;     // the peer closed its side, or the connection broke: reads do not wait any more
  Reactor::Watch watch_;
  Deadline deadline_;
  Slot read_;
  Slot write_;
  std::span<char> into_;
  std::span<iovec> unsent_;
  iovec copied_piece_{};
  std::string copied_;  // unsent bytes of a scratch write
  Millis write_timeout_{0};
  std::uint64_t sent_ = 0;
  OnHangup* hangup_ = nullptr;
  std::unique_ptr<ssl_st, FreeTls> tls_;
  std::string peer_;
};

class Connection::ReadOp {
 public:
  ReadOp(Connection& c, std::span<char> into) noexcept : c_(c), into_(into) {}

  [[nodiscard]] bool await_ready();

  void await_suspend(std::coroutine_handle<> waiter) noexcept { c_.wait(c_.read_, Doing::read, waiter); }

  [[nodiscard]] IoResult await_resume() const noexcept { return c_.read_.result; }

 private:
  Connection& c_;
  std::span<char> into_;
};

class Connection::ReadableOp {
 public:
  explicit ReadableOp(Connection& c) noexcept : c_(c) {}

  [[nodiscard]] bool await_ready() noexcept;

  void await_suspend(std::coroutine_handle<> waiter) noexcept { c_.wait(c_.read_, Doing::wait, waiter); }

  [[nodiscard]] IoResult await_resume() const noexcept { return c_.read_.result; }

 private:
  Connection& c_;
};

class Connection::ConnectOp {
 public:
  ConnectOp(Connection& c, const sockaddr* address, socklen_t length) noexcept
      : c_(c), address_(address), length_(length) {}

  [[nodiscard]] bool await_ready();

  void await_suspend(std::coroutine_handle<> waiter) noexcept { c_.wait(c_.read_, Doing::connect, waiter); }

  [[nodiscard]] IoResult await_resume() const noexcept { return c_.read_.result; }

 private:
  Connection& c_;
  const sockaddr* address_;
  socklen_t length_;
};

class Connection::HandshakeOp {
 public:
  explicit HandshakeOp(Connection& c) noexcept : c_(c) {}

  [[nodiscard]] bool await_ready();

  void await_suspend(std::coroutine_handle<> waiter) noexcept { c_.wait(c_.read_, Doing::handshake, waiter); }

  [[nodiscard]] IoResult await_resume() const noexcept { return c_.read_.result; }

 private:
  Connection& c_;
};

class Connection::WriteOp {
 public:
  WriteOp(Connection& c, std::span<iovec> pieces, Lifetime lifetime) noexcept
      : c_(c), pieces_(pieces), lifetime_(lifetime) {}

  [[nodiscard]] bool await_ready();
  void await_suspend(std::coroutine_handle<> waiter);

  [[nodiscard]] IoResult await_resume() const noexcept { return c_.write_.result; }

 private:
  Connection& c_;
  std::span<iovec> pieces_;
  Lifetime lifetime_;
};

inline iovec piece(std::string_view bytes) noexcept {
  return {const_cast<char*>(bytes.data()), bytes.size()};  // NOLINT(cppcoreguidelines-pro-type-const-cast): iovec is C
}

}  // namespace gw::net
