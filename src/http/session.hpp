// The life of one client connection: heads in, exchanges one after the other (pipelined ones too), errors answered and
// closed as RFC 9112 asks. Decides framing and deadlines; what a request means is the handler's.
#pragma once

#include "http/exchange.hpp"

#include <exception>
#include <memory>
#include <string>

namespace gw::http {

/// What the sessions of one shard share. Owned by the application; outlives its sessions.
class Service {
 public:
  virtual ~Service() = default;
  Service() = default;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Today's limits; asked once a request.
  [[nodiscard]] virtual ServerLimits limits() const = 0;

  /// Answers one request. Must begin a reply; one that does not is answered 500.
  virtual net::Task<void> handle(Exchange& exchange) = 0;

  /// An exception left `handle`: to be logged and counted. The request is answered 500 if nothing was sent.
  virtual void escaped(const std::exception_ptr& exception) noexcept = 0;

  /// A request that never became an exchange: malformed, too slow, too large. Writes the reply's body as JSON.
  [[nodiscard]] virtual std::string refusal(const Error& error, int status) = 0;

  /// True while the gateway stops: replies say `Connection: close`.
  [[nodiscard]] virtual bool draining() const noexcept = 0;

  /// True once it no longer waits for requests: a connection without one is closed.
  [[nodiscard]] virtual bool closing() const noexcept = 0;
};

/// A session as the listener's bookkeeping sees it: so that idle ones can be closed at a stop.
class Sessions {
 public:
  class Entry {
   public:
    Entry(Sessions& all, net::Connection& connection);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    bool idle = true;  ///< between requests

   private:
    friend class Sessions;
    Sessions& all_;
    net::Connection& connection_;
    Entry* previous_ = nullptr;
    Entry* next_ = nullptr;
  };

  /// Ends the idle ones; those in a request end after it.
  void close_idle();

  /// Ends all of them where they are.
  void stop_all();

  [[nodiscard]] std::size_t count() const noexcept { return count_; }

  /// Memory with room for a first read. A session that keeps it takes it (moves it away).
  [[nodiscard]] Buffer& input();

 private:
  Entry* first_ = nullptr;
  Buffer input_;
  std::size_t count_ = 0;
};

/// Runs until the connection ends. `connection` is prepared, and past its TLS handshake if there is one.
net::Task<void> serve(
    net::Shard& shard, Sessions& sessions, Service& service, std::unique_ptr<net::Connection> connection
);

/// The HTTP status that an error of ours is answered with.
[[nodiscard]] int status_of(const Error& error) noexcept;

}  // namespace gw::http
