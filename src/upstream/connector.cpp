#include "upstream/connector.hpp"

#include "http/head.hpp"
#include "net/wakeup.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <array>

namespace gw::upstream {

using boost::system::error_code;
using net::Connection;
using net::Stop;

namespace {

constexpr Millis attempt_delay{250};  // RFC 8305 section 8, recommended value
constexpr std::size_t max_proxy_head = std::size_t{16} * 1024;

Error cancelled(Stop reason) {
  if (reason == Stop::shutdown) return gateway_error(Errc::shutting_down, "the gateway is shutting down");
  return client_error(Errc::client_gone, "the client closed the connection");
}

// --- The name ------------------------------------------------------------------------------------------------------

struct ResolveState {
  net::Wakeup done;
  std::optional<Result<Addresses>> result;  // nothing: the deadline or a cancellation came first
};

net::Task<Result<Addresses>> resolve(
    net::Shard& shard,
    Resolver& resolver,
    const std::string& host,
    const Resolver::Lifetimes& lifetimes,
    TimePoint deadline,
    net::Cancel& cancel
) {
  auto state = std::make_shared<ResolveState>();
  const auto tell = [&shard, state](Result<Addresses> result) {
    shard.post([state, result = std::move(result)] {
      if (state->result || state->done.is_set()) return;
      state->result = result;
      state->done.set();
    });
  };
  if (Addresses known = resolver.resolve(host, Clock::now(), lifetimes, tell)) co_return known;

  net::Deadline timer(
      shard.timers(), [](void* s) { static_cast<ResolveState*>(s)->done.set(); }, state.get()
  );
  timer.at(deadline);

  struct Stopper {
    net::Shard& shard;
    std::shared_ptr<ResolveState> state;
  } stopper{shard, state};

  const net::Cancel::Hook hook(
      cancel,
      [](void* s, Stop) {
        auto& self = *static_cast<Stopper*>(s);
        self.shard.post([kept = self.state] { kept->done.set(); });
      },
      &stopper
  );
  co_await state->done;
  if (state->result) co_return *state->result;
  if (cancel.reason() != Stop::none) co_return cancelled(cancel.reason());
  co_return upstream_error(Errc::upstream_dns, "resolving " + host + " took too long");
}

// --- The addresses -------------------------------------------------------------------------------------------------

class Race : public std::enable_shared_from_this<Race> {
 public:
  Race(net::Shard& shard, std::vector<Address> addresses, std::uint16_t port)
      : shard_(shard),
        addresses_(std::move(addresses)),
        port_(port),
        stagger_(
            shard.timers(), [](void* self) { static_cast<Race*>(self)->start_next(); }, this
        ),
        deadline_(
            shard.timers(), [](void* self) { static_cast<Race*>(self)->give_up(Stop::deadline); }, this
        ) {}

  net::Wakeup done;

  void start(TimePoint deadline) {
    deadline_.at(deadline);
    start_next();
  }

  void give_up(Stop reason) {
    if (finished_) return;
    stop_ = reason;
    finish();
  }

  // From a cancellation hook, which must not resume anybody.
  void give_up_later(Stop reason) {
    shard_.post([self = shared_from_this(), reason] { self->give_up(reason); });
  }

  std::unique_ptr<Connection> winner;

  [[nodiscard]] Stop stop() const noexcept { return stop_; }

  [[nodiscard]] const error_code& last_error() const noexcept { return last_error_; }

 private:
  void start_next() {
    if (finished_ || next_ >= addresses_.size()) return;
    const boost::asio::ip::tcp::endpoint target(addresses_[next_++], port_);
    tries_.push_back(std::make_unique<Connection>(shard_.reactor()));
    ++pending_;
    stagger_.at(Clock::now() + attempt_delay);
    shard_.gate().spawn("connect", try_one(shared_from_this(), tries_.size() - 1, target));
  }

  static net::Task<void> try_one(std::shared_ptr<Race> self, std::size_t index, boost::asio::ip::tcp::endpoint target) {
    const net::IoResult result =
        co_await self->tries_[index]->connect(target.data(), static_cast<socklen_t>(target.size()));
    self->connected(index, result);
  }

  void connected(std::size_t index, const net::IoResult& result) {
    if (finished_) return;
    --pending_;
    if (!result.ok()) {
      failed(result.error);
      return;
    }
    winner = std::move(tries_[index]);
    finish();
  }

  void failed(const error_code& error) {
    last_error_ = error;
    if (next_ < addresses_.size()) {
      start_next();
    } else if (pending_ == 0) {
      finish();
    }
  }

  void finish() {
    finished_ = true;
    stagger_.clear();
    deadline_.clear();
    for (auto& one : tries_) {
      if (one) one->stop(Stop::idle);  // a try under way ends in the loop's next turn
    }
    done.set();
  }

  net::Shard& shard_;
  std::vector<Address> addresses_;
  std::uint16_t port_;
  net::Deadline stagger_;
  net::Deadline deadline_;
  std::vector<std::unique_ptr<Connection>> tries_;
  std::size_t next_ = 0;
  std::size_t pending_ = 0;
  bool finished_ = false;
  Stop stop_ = Stop::none;
  error_code last_error_;
};

net::Task<Result<std::unique_ptr<Connection>>> connect_any(
    net::Shard& shard, const Addresses& addresses, const Authority& to, TimePoint deadline, net::Cancel& cancel
) {
  auto race = std::make_shared<Race>(shard, interleave(*addresses), to.port);
  const net::Cancel::Hook hook(
      cancel, [](void* self, Stop reason) { static_cast<Race*>(self)->give_up_later(reason); }, race.get()
  );
  race->start(deadline);
  co_await race->done;
  if (race->winner) co_return std::move(race->winner);
  if (cancel.reason() != Stop::none) co_return cancelled(cancel.reason());
  const std::string where = to.host + " port " + std::to_string(to.port);
  if (race->stop() == Stop::deadline) {
    co_return upstream_error(Errc::upstream_connect, "connecting to " + where + " took too long");
  }
  co_return upstream_error(Errc::upstream_connect, "cannot connect to " + where + ": " + race->last_error().message());
}

// --- The proxy's tunnel --------------------------------------------------------------------------------------------

net::Task<Result<void>> open_tunnel(Connection& connection, const Endpoint& endpoint) {
  const bool is_v6 = endpoint.authority.host.find(':') != std::string::npos;
  const std::string target = (is_v6 ? "[" + endpoint.authority.host + "]" : endpoint.authority.host) + ":" +
                             std::to_string(endpoint.authority.port);
  std::string request = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n";
  if (!endpoint.proxy_authorization.empty()) {
    request.append("Proxy-Authorization: ").append(endpoint.proxy_authorization.reveal()).append("\r\n");
  }
  request.append("\r\n");
  std::array<iovec, 1> pieces{net::piece(request)};
  const net::IoResult sent = co_await connection.write(pieces, Connection::Lifetime::stable);
  if (!sent.ok()) co_return error_of(sent, Errc::upstream_connect, "the proxy");

  std::string reply;
  http::HeadScanner scanner;
  for (;;) {
    // One byte at a time would be safest, but a proxy sends nothing behind its head before we speak.
    std::array<char, 1024> buffer{};
    const net::IoResult read = co_await connection.read(buffer);
    if (!read.ok()) co_return error_of(read, Errc::upstream_connect, "the proxy");
    reply.append(buffer.data(), read.bytes);
    const std::size_t end = scanner.find_end(reply);
    if (end == 0 && reply.size() < max_proxy_head) continue;
    auto head = std::make_unique<http::ResponseHead>();
    const http::HeadLimits limits{max_proxy_head, http::max_headers};
    if (end == 0 || !http::parse_response(std::string_view(reply).substr(0, end), limits, false, *head)) {
      co_return upstream_error(Errc::upstream_connect, "the proxy's answer is not HTTP");
    }
    if (head->status < 200 || head->status > 299) {
      co_return upstream_error(
          Errc::upstream_connect, "the proxy refused the tunnel with status " + std::to_string(head->status)
      );
    }
    if (end != reply.size()) {
      co_return upstream_error(Errc::upstream_connect, "the proxy sent bytes before the tunnel was used");
    }
    co_return Result<void>{};
  }
}

// --- TLS -----------------------------------------------------------------------------------------------------------

net::Task<Result<void>> start_tls(
    Connection& connection, TlsContexts& contexts, const Endpoint& endpoint, SessionSlot& sessions
) {
  const auto context = contexts.get(endpoint.ca_file, endpoint.verify_tls);
  if (!context) co_return context.error();
  ClientTls tls{endpoint.authority.host, sessions, endpoint.verify_tls};
  const net::IoResult result =
      co_await connection.handshake(context->get(), Connection::Side::client, configure_client, &tls);
  if (result.ok()) co_return Result<void>{};
  const long verdict = connection.is_tls() ? ::SSL_get_verify_result(connection.tls()) : X509_V_OK;
  if (verdict != X509_V_OK && result.stop == Stop::none) {
    co_return upstream_error(
        Errc::upstream_tls,
        "the certificate of " + endpoint.authority.host + " was refused: " + ::X509_verify_cert_error_string(verdict)
    );
  }
  co_return error_of(result, Errc::upstream_tls, "the TLS handshake with " + endpoint.authority.host);
}

}  // namespace

std::vector<Address> interleave(const std::vector<Address>& addresses) {
  std::vector<Address> first;
  std::vector<Address> second;
  for (const Address& address : addresses) {
    (address.is_v6() == addresses.front().is_v6() ? first : second).push_back(address);
  }
  std::vector<Address> mixed;
  mixed.reserve(addresses.size());
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) mixed.push_back(first[i]);
    if (i < second.size()) mixed.push_back(second[i]);
  }
  return mixed;
}

Error error_of(const net::IoResult& result, Errc code, std::string_view what) {
  if (result.stop == Stop::client_gone || result.stop == Stop::shutdown) return cancelled(result.stop);
  return upstream_error(code, std::string(what) + ": " + net::describe(result));
}

net::Task<Result<std::unique_ptr<Connection>>> connect(
    net::Shard& shard, ConnectServices services, ConnectRequest request, net::Cancel& cancel
) {
  if (cancel.reason() != Stop::none) co_return cancelled(cancel.reason());
  const Endpoint& endpoint = request.endpoint;
  const Authority& to = endpoint.has_proxy ? endpoint.proxy : endpoint.authority;
  const Result<Addresses> addresses =
      co_await resolve(shard, services.resolver, to.host, request.dns, request.deadline, cancel);
  if (!addresses) co_return addresses.error();

  Result<std::unique_ptr<Connection>> connected = co_await connect_any(shard, *addresses, to, request.deadline, cancel);
  if (!connected) co_return connected.error();
  if (cancel.reason() != Stop::none) co_return cancelled(cancel.reason());
  std::unique_ptr<Connection> connection = std::move(*connected);

  const net::Cancel::Hook hook(cancel, net::Cancel::stop_connection, connection.get());
  connection->deadline(request.deadline);
  if (endpoint.has_proxy) {
    const Result<void> tunnel = co_await open_tunnel(*connection, endpoint);
    if (!tunnel) co_return tunnel.error();
  }
  if (endpoint.tls) {
    const Result<void> secured = co_await start_tls(*connection, services.tls_contexts, endpoint, request.sessions);
    if (!secured) co_return secured.error();
  }
  connection->deadline(far_future);
  co_return std::move(connection);
}

}  // namespace gw::upstream
