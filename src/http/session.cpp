#include "http/session.hpp"

#include "http/write.hpp"

#include <algorithm>
#include <array>

namespace gw::http {
namespace {

// A request of this size comes in one read; a larger body goes on into memory of its own. Below malloc's threshold for
// mappings.
constexpr std::size_t first_read_bytes = std::size_t{48} * 1024;
// Up to this size a copy costs less than holding all of that memory while the request is answered.
constexpr std::size_t copied_input_bytes = first_read_bytes / 2;
constexpr std::size_t least_input_bytes = 1024;
constexpr Millis linger_timeout{2000};  // a refused client may still be sending; a close would reset our answer away
constexpr std::size_t linger_bytes = std::size_t{64} * 1024 * 1024;

class Session {
 public:
  Session(net::Shard& shard, Sessions& sessions, Service& service, std::unique_ptr<net::Connection> connection)
      : shard_(shard),
        sessions_(sessions),
        service_(service),
        connection_(std::move(connection)),
        entry_(sessions, *connection_) {}

  net::Task<void> run();

 private:
  enum class Head : std::uint8_t { complete, closed, refused };

  net::Task<Head> read_head(const ServerLimits& limits);
  net::Task<net::IoResult> wait_for_first_byte(const ServerLimits& limits);
  void take_input(std::size_t bytes);
  net::Task<void> refuse(Error error);
  net::Task<void> answer_unanswered(Exchange& exchange);
  net::Task<void> linger();

  net::Shard& shard_;
  Sessions& sessions_;
  Service& service_;
  std::unique_ptr<net::Connection> connection_;
  Sessions::Entry entry_;
  Buffer input_;
  HeadScanner scanner_;
  std::size_t head_length_ = 0;
};

// Between requests a connection holds no buffer: what comes is read into memory of all sessions. A large request takes
// it over, a small one is copied at its size.
net::Task<net::IoResult> Session::wait_for_first_byte(const ServerLimits& limits) {
  connection_->deadline(shard_.reactor().now() + limits.idle_timeout);
  net::IoResult result = co_await connection_->readable();
  if (!result.ok()) co_return result;
  result.bytes = connection_->read_now(sessions_.input().space());
  if (result.bytes != 0) {
    take_input(result.bytes);
    co_return result;
  }
  // TLS, the peer's end, an error, or nothing after all.
  const std::span<char> scratch = shard_.scratch().first(first_read_bytes);
  result = co_await connection_->read(scratch);
  if (result.ok()) input_.append({scratch.data(), result.bytes});
  co_return result;
}

void Session::take_input(std::size_t bytes) {
  Buffer& read = sessions_.input();
  if (bytes <= copied_input_bytes) {
    input_.append({read.space().data(), bytes});
  } else {
    input_ = std::move(read);
    input_.added(bytes);
  }
}

net::Task<Session::Head> Session::read_head(const ServerLimits& limits) {
  scanner_.reset();
  if (input_.size() == 0) {
    entry_.idle = true;
    const net::IoResult first = co_await wait_for_first_byte(limits);
    if (!first.ok()) co_return Head::closed;
  }
  entry_.idle = false;
  bool has_deadline = false;
  for (;;) {
    head_length_ = scanner_.find_end(input_.view());
    if (head_length_ != 0) {
      connection_->deadline(far_future);
      co_return Head::complete;
    }
    if (input_.size() >= limits.head.bytes) {
      co_await refuse(client_error(
          Errc::header_too_large,
          "the request head is larger than limits.head_bytes (" + std::to_string(limits.head.bytes) + ")"
      ));
      co_return Head::refused;
    }
    if (!has_deadline) connection_->deadline(Clock::now() + limits.head_timeout);
    has_deadline = true;
    if (input_.space().empty()) {
      input_.reserve(
          std::clamp(input_.capacity() * 2, least_input_bytes, std::max(least_input_bytes, limits.head.bytes))
      );
    }
    const net::IoResult more = co_await connection_->read(input_.space());
    if (more.stop == net::Stop::deadline) {
      connection_->deadline(far_future);
      co_await refuse(client_error(
          Errc::request_timeout,
          "the request head did not arrive within " + std::to_string(limits.head_timeout.count()) +
              " ms (limits.head_timeout)"
      ));
      co_return Head::refused;
    }
    if (!more.ok()) co_return Head::closed;
    input_.added(more.bytes);
  }
}

net::Task<void> Session::refuse(Error error) {
  const int status = status_of(error);
  const std::string body = service_.refusal(error, status);
  std::string reply(status_line(status));
  append_header(reply, "Content-Type", "application/json");
  append_header(reply, "Content-Length", std::to_string(body.size()));
  reply.append("Connection: close\r\n\r\n").append(body);
  std::array<iovec, 1> pieces{net::piece(reply)};
  connection_->write_timeout(linger_timeout);
  const net::IoResult sent = co_await connection_->write(pieces, net::Connection::Lifetime::stable);
  if (sent.ok()) co_await linger();
}

net::Task<void> Session::linger() {
  connection_->shut_down();
  connection_->deadline(Clock::now() + linger_timeout);
  std::size_t dropped = 0;
  while (dropped < linger_bytes) {
    const net::IoResult read = co_await connection_->read(shard_.scratch());
    if (!read.ok()) break;
    dropped += read.bytes;
  }
}

// No handler may leave a request without a reply; should one, the client learns that it is not its fault.
net::Task<void> Session::answer_unanswered(Exchange& exchange) {
  const std::string body = service_.refusal(gateway_error(Errc::internal, "the request was not answered"), 500);
  (void)co_await exchange.reply(500, "application/json", body);
}

net::Task<void> Session::run() {
  connection_->patience(service_.limits().write_timeout);
  for (;;) {
    if (service_.closing() && input_.size() == 0) co_return;
    const ServerLimits limits = service_.limits();
    const Head outcome = co_await read_head(limits);
    if (outcome != Head::complete) co_return;

    auto head = std::make_unique<RequestHead>();
    const Result<void> parsed = parse_request(input_.view().substr(0, head_length_), limits.head, *head);
    if (!parsed) {
      co_await refuse(parsed.error());
      co_return;
    }
    Exchange exchange(shard_, *connection_, input_, head_length_, std::move(head), limits, service_.draining());
    shard_.load.fetch_add(1, std::memory_order_relaxed);
    std::exception_ptr escaped;
    try {
      co_await service_.handle(exchange);
    } catch (...) {
      escaped = std::current_exception();
    }
    shard_.load.fetch_sub(1, std::memory_order_relaxed);
    if (exchange.is_writing()) co_await exchange.settle();
    if (escaped) service_.escaped(escaped);
    if (!exchange.begun() && !exchange.client_gone()) co_await answer_unanswered(exchange);
    if (!exchange.reusable()) {
      if (exchange.finished() && !exchange.client_gone()) co_await linger();
      co_return;
    }
    if (exchange.read_ahead().size() != 0) {
      input_ = std::move(exchange.read_ahead());
    } else {
      input_.consume(exchange.input_used());
      if (input_.size() == 0) input_.release();
    }
  }
}

}  // namespace

Sessions::Entry::Entry(Sessions& all, net::Connection& connection)
    : all_(all), connection_(connection), next_(all.first_) {
  if (next_ != nullptr) next_->previous_ = this;
  all_.first_ = this;
  ++all_.count_;
}

Sessions::Entry::~Entry() {
  if (next_ != nullptr) next_->previous_ = previous_;
  (previous_ != nullptr ? previous_->next_ : all_.first_) = next_;
  --all_.count_;
}

Buffer& Sessions::input() {
  input_.reserve(first_read_bytes);
  return input_;
}

void Sessions::close_idle() {
  for (Entry* entry = first_; entry != nullptr; entry = entry->next_) {
    if (entry->idle) entry->connection_.stop(net::Stop::shutdown);
  }
}

void Sessions::stop_all() {
  for (Entry* entry = first_; entry != nullptr; entry = entry->next_) entry->connection_.stop(net::Stop::shutdown);
}

net::Task<void> serve(
    net::Shard& shard, Sessions& sessions, Service& service, std::unique_ptr<net::Connection> connection
) {
  Session session(shard, sessions, service, std::move(connection));
  co_await session.run();
}

namespace {

// A refusal goes back with the provider's status where that is about the request. Any other (a filter that answers 403,
// say) would tell the client that its key or its rate is at fault.
int refusal_status(const std::optional<std::uint16_t>& told) noexcept {
  constexpr std::array<std::uint16_t, 6> about_the_request{400, 404, 413, 415, 422, 451};
  const bool is_about_it =
      told && std::find(about_the_request.begin(), about_the_request.end(), *told) != about_the_request.end();
  return is_about_it ? *told : 400;
}

}  // namespace

int status_of(const Error& error) noexcept {
  switch (error.code) {
    case Errc::invalid_request:
      return 400;
    case Errc::unauthenticated:
      return 401;
    case Errc::forbidden:
      return 403;
    case Errc::not_found:
      return 404;
    case Errc::method_not_allowed:
      return 405;
    case Errc::request_timeout:
      return 408;
    case Errc::payload_too_large:
      return 413;
    case Errc::unsupported_media:
      return 415;
    case Errc::header_too_large:
      return 431;
    case Errc::upstream_refused:
    case Errc::context_exceeded:
    case Errc::unsupported_input:
    case Errc::content_policy:
      return refusal_status(error.upstream_status);
    case Errc::rate_limited:
      return 429;
    case Errc::first_byte_timeout:
    case Errc::idle_timeout:
    case Errc::total_timeout:
      return 504;
    case Errc::no_route:
    case Errc::overloaded:
    case Errc::shutting_down:
      return 503;
    case Errc::model_unavailable:
    case Errc::billing:
    case Errc::upstream_auth:
    case Errc::upstream_server:
    case Errc::upstream_protocol:
    case Errc::upstream_empty:
    case Errc::upstream_dns:
    case Errc::upstream_connect:
    case Errc::upstream_tls:
    case Errc::interrupted:
      return 502;
    case Errc::image_undescribed:
      return error.origin == Origin::client ? 400 : 502;
    case Errc::client_gone:
      return 499;
    case Errc::invalid_config:
    case Errc::io:
    case Errc::internal:
      return 500;
  }
  return 500;
}

}  // namespace gw::http
