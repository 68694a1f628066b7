#include "net/listener.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

namespace gw::net {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr int accepts_a_turn = 64;
constexpr Millis descriptor_pause{100};
constexpr std::string_view busy_body =
    R"({"error":{"message":"The gateway has no free connection (limits.connections).","type":"server_error",)"
    R"("param":null,"code":"overloaded"}})";

const std::string& busy_reply() {
  static const std::string reply =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\n"
      "Connection: close\r\nContent-Length: " +
      std::to_string(busy_body.size()) + "\r\n\r\n" + std::string(busy_body);
  return reply;
}

int open_spare() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

// A short answer to a client there is no room for; what does not fit its socket buffer is lost.
void turn_away(int fd) {
  (void)::send(fd, busy_reply().data(), busy_reply().size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  (void)::shutdown(fd, SHUT_WR);
  std::array<char, 4096> sink{};
  (void)::recv(fd, sink.data(), sink.size(), MSG_DONTWAIT);
  ::close(fd);
}

std::string address_text(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
    return asio::ip::address_v4(ntohl(v4.sin_addr.s_addr)).to_string();
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(storage);
  asio::ip::address_v6::bytes_type bytes{};
  std::copy_n(v6.sin6_addr.s6_addr, bytes.size(), bytes.begin());
  return asio::ip::address_v6(bytes).to_string();
}

std::string explain(const error_code& error, const Listener::Options& options) {
  const std::string where = options.bind + " port " + std::to_string(options.port);
  if (error == asio::error::address_in_use) {
    return "port " + std::to_string(options.port) +
           " is in use, perhaps by another SmartRoute; stop that program or choose another port (--port N)";
  }
  if (error == asio::error::access_denied) {
    return "no permission to listen on " + where + "; choose a port above 1023 (--port N)";
  }
  if (error == boost::system::errc::address_not_available) {
    return options.bind +
           " is no address of this machine; use 0.0.0.0 (every network), 127.0.0.1 (this machine only) or one that "
           "\"ip address\" shows";
  }
  return "cannot listen on " + where + ": " + error.message();
}

Result<tcp::endpoint> endpoint_of(const Listener::Options& options) {
  error_code error;
  const auto address = asio::ip::make_address(options.bind, error);
  if (!error) return tcp::endpoint(address, options.port);
  return gateway_error(
      Errc::io, "\"" + options.bind + "\" is not an address to listen on; use 0.0.0.0, 127.0.0.1 or ::"
  );
}

error_code bind(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(false), error);
  if (!error) acceptor.bind(endpoint, error);
  return error;
}

}  // namespace

Listener::Listener(asio::io_context& control, std::vector<Shard*> shards, Accepted accepted)
    : shards_(std::move(shards)),
      accepted_(std::move(accepted)),
      acceptor_(control),
      pause_(control),
      spare_fd_(open_spare()) {}

Listener::~Listener() {
  if (spare_fd_ >= 0) ::close(spare_fd_);
}

Result<void> Listener::open(const Options& options) {
  max_connections_ = options.max_connections;
  const Result<tcp::endpoint> endpoint = endpoint_of(options);
  if (!endpoint) return endpoint.error();
  error_code error = bind(acceptor_, *endpoint);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (!error) acceptor_.non_blocking(true, error);
  if (error) return gateway_error(Errc::io, explain(error, options));
  port_ = acceptor_.local_endpoint(error).port();
  return {};
}

Result<void> can_listen(const Listener::Options& options) {
  const Result<tcp::endpoint> endpoint = endpoint_of(options);
  if (!endpoint) return endpoint.error();
  asio::io_context unused;
  tcp::acceptor acceptor(unused);
  const error_code error = bind(acceptor, *endpoint);
  if (error && error != asio::error::address_in_use) return gateway_error(Errc::io, explain(error, options));
  return {};
}

void Listener::start() {
  wait();
}

void Listener::close() {
  error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
}

void Listener::wait() {
  acceptor_.async_wait(tcp::acceptor::wait_read, [this](const error_code& error) {
    if (!error) accept_ready();
  });
}

void Listener::pause() {
  pause_.expires_after(descriptor_pause);
  pause_.async_wait([this](const error_code& error) {
    if (!error && acceptor_.is_open()) wait();
  });
}

void Listener::refuse_for_descriptors() {
  refused_.fetch_add(1, std::memory_order_relaxed);
  if (spare_fd_ < 0) return;
  ::close(spare_fd_);
  const int fd = ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) turn_away(fd);
  spare_fd_ = open_spare();
}

void Listener::accept_ready() {
  for (int i = 0; i < accepts_a_turn; ++i) {
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    const int fd =
        ::accept4(acceptor_.native_handle(), reinterpret_cast<sockaddr*>(&peer), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == ECONNABORTED || errno == EINTR) continue;
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        refuse_for_descriptors();
        pause();  // descriptors come back when connections end, not by asking at once again
        return;
      }
      break;
    }
    if (open_connections.load(std::memory_order_relaxed) >= max_connections_) {
      refused_.fetch_add(1, std::memory_order_relaxed);
      turn_away(fd);
      continue;
    }
    hand_over(fd, address_text(peer));
  }
  if (acceptor_.is_open()) wait();
}

void Listener::hand_over(int fd, std::string peer) {
  // Least loaded; among equals in turn.
  std::size_t best = next_ % shards_.size();
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    const std::size_t candidate = (next_ + i) % shards_.size();
    if (shards_[candidate]->load.load(std::memory_order_relaxed) <
        shards_[best]->load.load(std::memory_order_relaxed)) {
      best = candidate;
    }
  }
  next_ = best + 1;
  Shard& shard = *shards_[best];
  shard.load.fetch_add(1, std::memory_order_relaxed);
  open_connections.fetch_add(1, std::memory_order_relaxed);
  shard.post([this, &shard, fd, address = std::move(peer)]() mutable {
    auto connection = std::make_unique<Connection>(shard.reactor(), fd);
    connection->peer(std::move(address));
    accepted_(shard, std::move(connection));
  });
}

}  // namespace gw::net
