// One try of one provider for a request that is passed through: bytes there and back, under back-pressure both ways.
#pragma once

#include "relay/context.hpp"
#include "relay/relay.hpp"
#include "relay/reply.hpp"
#include "upstream/call.hpp"

#include <optional>
#include <string>

namespace gw::relay {

class PassthroughAttempt {
 public:
  /// `context.passage` is set. `key` is an index into the provider's keys.
  PassthroughAttempt(
      Context& context, Services services, const routing::Candidate& candidate, std::size_t key, ClientReply& reply
  );

  /// Sends the request and waits for the reply's head. nullopt: it is here, `take_reply` follows. An error with the
  /// client's origin is about its body: nobody else is to be asked.
  net::Task<std::optional<Error>> ask();

  /// nullopt: the client has the whole reply. An error before the commit means that the next may be asked, unless
  /// `passage.is_spent`.
  net::Task<std::optional<Error>> take_reply();

  [[nodiscard]] const std::string& upstream_request_id() const noexcept { return head_.request_id; }

 private:
  using Answer = std::optional<Error>;

  net::Task<Answer> open(upstream::Pool::Reuse reuse);
  net::Task<Result<void>> send_begin();
  net::Task<Result<void>> send_rest();
  net::Task<Result<void>> send_piece(std::string_view bytes);
  net::Task<Answer> take_failure();
  net::Task<Answer> pass_reply();
  net::Task<Result<upstream::Call::Piece>> read();

  [[nodiscard]] std::string request_head() const;
  [[nodiscard]] http::BodyBound bound() const;
  [[nodiscard]] Error refusal_of(Error error, const std::string& body, bool is_whole);
  void begin_reply(const upstream::Call::Piece& first);
  void take_usage(std::string_view piece);
  void limit(TimePoint due);
  [[nodiscard]] Error late(const Error& error) const;
  [[nodiscard]] TimePoint idle_deadline() const;
  void give_back();

  Context& context_;
  Passage& passage_;
  upstream::Pool& pool_;
  telemetry::ShardMetrics& metrics_;
  const routing::Candidate& candidate_;
  ClientReply& reply_;
  const dialect::Dialect& dialect_;
  std::size_t key_;
  bool has_sent_all_ = false;
  TimePoint total_by_ = far_future;  // from when the request was sent: how long a client uploads is not the provider's
  upstream::Pool::Host* host_ = nullptr;
  std::optional<upstream::Call> call_;
  std::optional<net::Cancel::Hook> hook_;  // ends no later than the loan of call_'s connection
  upstream::ReplyHead head_;
  std::string tail_;  // of a JSON reply: its usage stands there
};

}  // namespace gw::relay
