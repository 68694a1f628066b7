// Accepts connections and hands each to the least loaded shard: few long streams must not pile up on one.
// Lives on the control thread's io_context.
#pragma once

#include "base/error.hpp"
#include "net/asio.hpp"
#include "net/connection.hpp"
#include "net/shard.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gw::net {

class Listener {
 public:
  /// A new client on its shard's thread. TLS handshakes are the receiver's.
  using Accepted = std::function<void(Shard& shard, std::unique_ptr<Connection> connection)>;

  struct Options {
    std::string bind;        ///< an address; "::" takes IPv4 too
    std::uint16_t port = 0;  ///< 0: the kernel picks
    std::size_t max_connections = 10000;
  };

  Listener(boost::asio::io_context& control, std::vector<Shard*> shards, Accepted accepted);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Errors: io, saying what to change (port in use, address not ours, port below 1024).
  [[nodiscard]] Result<void> open(const Options& options);

  /// Starts accepting; `port` is known after `open`.
  void start();
  void close();

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

  void max_connections(std::size_t limit) noexcept { max_connections_ = limit; }

  /// Connections turned away: over the limit, or out of file descriptors. Any thread.
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_.load(std::memory_order_relaxed); }

  /// Clients connected now, as the shards say. Any thread.
  std::atomic<std::size_t> open_connections{0};

 private:
  void wait();
  void accept_ready();
  void refuse_for_descriptors();
  void pause();
  void hand_over(int fd, std::string peer);

  std::vector<Shard*> shards_;
  Accepted accepted_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer pause_;
  std::uint16_t port_ = 0;
  std::size_t max_connections_ = 10000;
  std::size_t next_ = 0;
  int spare_fd_ = -1;  // given up for a moment when there are no more, so that the client gets an answer (fault S7)
  std::atomic<std::uint64_t> refused_{0};
};

/// What would keep `Listener::open` from working, but for the port being in use: that may be a gateway that runs.
/// Listens to nothing.
[[nodiscard]] Result<void> can_listen(const Listener::Options& options);

}  // namespace gw::net
