// One TCP connection, plain or TLS, of one shard: reads, gather writes, a deadline, and being stopped from outside.
// At most one read and one write under way at a time. Every method on the shard's thread.
#pragma once

#include "base/clock.hpp"
#include "net/asio.hpp"
#include "net/task.hpp"
#include "net/timers.hpp"

#include <sys/uio.h>

#include <coroutine>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace gw::net {

using Executor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
using TlsStream = boost::asio::ssl::stream<Socket&>;

/// Why operations of a connection were stopped by us.
enum class Stop : std::uint8_t { none, deadline, client_gone, shutdown, idle };

struct IoResult {
  std::size_t bytes = 0;
  boost::system::error_code error;  ///< set also at end of file (asio::error::eof)
  Stop stop = Stop::none;           ///< set when `error` is operation_aborted because of `stop()` or the deadline

  [[nodiscard]] bool ok() const noexcept { return !error; }

  [[nodiscard]] bool eof() const noexcept;
};

/// Text for logs and error messages: "timed out", "connection reset by peer", ...
[[nodiscard]] std::string describe(const IoResult& result);

class Connection {
 public:
  Connection(Timers& timers, Socket socket);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] Socket& socket() noexcept { return socket_; }

  [[nodiscard]] int fd() noexcept { return socket_.native_handle(); }

  [[nodiscard]] bool is_tls() const noexcept { return tls_ != nullptr; }

  [[nodiscard]] TlsStream* tls() noexcept { return tls_.get(); }

  /// TCP_NODELAY and non-blocking mode, always; keep-alive probes find a dead peer within 60 s (fault U20).
  void prepare();

  /// From then on reads and writes are encrypted. `configure` runs on the fresh SSL object before the handshake.
  Task<IoResult> handshake(
      boost::asio::ssl::context& context,
      boost::asio::ssl::stream_base::handshake_type type,
      void (*configure)(SSL* ssl, void* argument),
      void* argument
  );

  /// Operations under way fail with operation_aborted when it passes; later ones too until it is moved.
  void deadline(TimePoint due);

  /// A write that cannot go on for this long fails as if the deadline had passed; zero: only the deadline counts.
  void write_timeout(Millis limit) noexcept { write_timeout_ = limit; }

  /// Ends operations under way, and later ones, with this reason, until `resume`.
  void stop(Stop reason);

  void resume() noexcept { stop_ = Stop::none; }

  [[nodiscard]] Stop stopped() const noexcept { return stop_; }

  void close() noexcept;

  class ReadOp;
  class WaitOp;
  class WriteOp;

  /// Some bytes into `into` (1 or more, or an error).
  [[nodiscard]] ReadOp read(std::span<char> into) noexcept;

  /// What is there now, without waiting; 0 when nothing is (plain connections only; TLS always 0).
  [[nodiscard]] std::size_t read_now(std::span<char> into) noexcept;

  /// Until there is something to read, without holding a buffer (TLS: may be only a part of a record).
  [[nodiscard]] WaitOp readable() noexcept;

  enum class Lifetime : std::uint8_t {
    stable,   ///< the buffers stay valid until the write is done
    scratch,  ///< they are valid only now: what cannot be sent at once is copied
  };

  /// All of it. `pieces` itself is used up; it must live until the write is done.
  [[nodiscard]] WriteOp write(std::span<iovec> pieces, Lifetime lifetime) noexcept;

  /// True when the peer has closed or sent something unasked: a pooled connection that must not be used. Never waits.
  [[nodiscard]] bool is_stale() noexcept;

  /// The other side's address as text, without the port; set by whoever made the connection.
  void peer(std::string address) { peer_ = std::move(address); }

  [[nodiscard]] const std::string& peer() const noexcept { return peer_; }

  /// Bytes sent so far.
  [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }

 private:
  // Memory for the one operation under way in a direction; Asio asks for it through Handler's allocator.
  struct Slot {
    std::coroutine_handle<> waiter;
    IoResult result;
    bool memory_used = false;
    alignas(std::max_align_t) std::byte memory[192];
  };

  template <class T>
  struct SlotAllocator;
  struct Handler;
  struct WriteReady;

  [[nodiscard]] IoResult stopped_result() const;
  void complete(Slot& slot, const boost::system::error_code& error, std::size_t bytes);
  // Sends what the kernel takes now; true when all went or an error is in the slot.
  bool send_now(std::span<iovec>& pieces);
  void send_more();
  void guard_write();

  Socket socket_;
  std::unique_ptr<TlsStream> tls_;
  Deadline deadline_;
  std::string peer_;
  Stop stop_ = Stop::none;
  std::uint64_t sent_ = 0;
  Millis write_timeout_{0};
  Slot read_;
  Slot write_;
  std::span<iovec> unsent_;
  std::string copied_;  // unsent bytes of a scratch write
  iovec copied_piece_{};
};

class Connection::ReadOp {
 public:
  ReadOp(Connection& c, std::span<char> into) noexcept : c_(c), into_(into) {}

  [[nodiscard]] bool await_ready() noexcept;
  void await_suspend(std::coroutine_handle<> waiter);

  IoResult await_resume() noexcept { return c_.read_.result; }

 private:
  Connection& c_;
  std::span<char> into_;
};

class Connection::WaitOp {
 public:
  explicit WaitOp(Connection& c) noexcept : c_(c) {}

  [[nodiscard]] bool await_ready() noexcept;
  void await_suspend(std::coroutine_handle<> waiter);

  IoResult await_resume() noexcept { return c_.read_.result; }

 private:
  Connection& c_;
};

class Connection::WriteOp {
 public:
  WriteOp(Connection& c, std::span<iovec> pieces, Lifetime lifetime) noexcept
      : c_(c), pieces_(pieces), lifetime_(lifetime) {}

  [[nodiscard]] bool await_ready() noexcept;
  void await_suspend(std::coroutine_handle<> waiter);

  IoResult await_resume() noexcept { return c_.write_.result; }

 private:
  Connection& c_;
  std::span<iovec> pieces_;
  Lifetime lifetime_;
};

inline iovec piece(std::string_view bytes) noexcept {
  return {const_cast<char*>(bytes.data()), bytes.size()};  // NOLINT(cppcoreguidelines-pro-type-const-cast): iovec is C
}

}  // namespace gw::net
