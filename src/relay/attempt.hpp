// One try of one candidate over a connection: request out, reply judged and, once it counts, relayed.
#pragma once

#include "relay/context.hpp"
#include "relay/judge.hpp"
#include "relay/relay.hpp"
#include "relay/reply.hpp"
#include "relay/translation.hpp"
#include "upstream/call.hpp"

#include <optional>

namespace gw::relay {

class UpstreamAttempt {
 public:
  /// `key` is an index into the provider's keys.
  UpstreamAttempt(
      Context& context, Services services, const routing::Candidate& candidate, std::size_t key, ClientReply& reply
  );

  /// Sends the request, again on a fresh connection after a keep-alive race, and waits for the reply's head. nullopt:
  /// it is here, `take_reply` follows.
  net::Task<std::optional<Error>> ask();

  /// nullopt: the candidate answered, and the client has it all. An error before the commit means that the next may be
  /// asked; after it (`reply.committed()`) the reply was ended as the contract says.
  [[nodiscard]] net::Task<std::optional<Error>> take_reply();

  /// False when the request could not even be written for this provider: that says nothing about it.
  [[nodiscard]] bool has_begun() const noexcept { return has_begun_; }

  [[nodiscard]] const std::string& upstream_request_id() const noexcept { return request_id_; }

 private:
  /// An answer that is written anew: what writes it keeps some of it.
  static constexpr std::size_t max_translated = std::size_t{32} * 1024 * 1024;

  // How a stage ended: nullopt, or why.
  using Answer = std::optional<Error>;

  // Connects, asks, and reads the reply's head. Its frame is gone when the long part begins.
  net::Task<Answer> open(upstream::Pool::Reuse reuse);
  net::Task<Result<void>> send_request();
  net::Task<Answer> take_failure();
  net::Task<Answer> take_plain();
  net::Task<Answer> send_plain(std::string_view content_type, std::string_view body);
  net::Task<Answer> relay_large(std::string begun);
  net::Task<Answer> refuse_non_stream();
  net::Task<Answer> take_stream();
  net::Task<Answer> end_stream();
  net::Task<Answer> interrupt(Error error);

  // Up to `limit` bytes of the body; more is left unread. The time for them is the connection's limit, or each piece
  // has its own.
  enum class Pace : std::uint8_t { whole, piecewise };
  net::Task<Result<std::string>> read_bounded(std::size_t limit, Pace pace);

  // What the events in `piece` (or, at the end, a last unterminated one) ask for; bytes to forward go to the shard's
  // out.
  StreamJudge::Step take_events(
      http::SseSplitter& events, dialect::ReplyStream& meanings, StreamJudge& judge, bool last
  );

  [[nodiscard]] Result<dialect::ReplyFacts> read_plain(std::string_view body) const;
  // Waits on the connection end at `due`; `late` says of an error that comes then which limit that was.
  void limit(TimePoint due);
  [[nodiscard]] Error late(const Error& error) const;
  [[nodiscard]] TimePoint idle_deadline() const;
  [[nodiscard]] TimePoint stream_deadline(const StreamJudge& judge) const;
  [[nodiscard]] TimePoint too_slow_at(const StreamJudge& judge) const;
  [[nodiscard]] JudgeRules rules() const;
  [[nodiscard]] bool injects_usage() const;
  [[nodiscard]] std::optional<Error> take_out_foreign();
  [[nodiscard]] dialect::Operation operation() const noexcept;
  void give_back();
  void describe();

  Context& context_;
  upstream::Pool& pool_;
  const routing::Candidate& candidate_;
  ClientReply& reply_;
  telemetry::ShardMetrics& metrics_;
  const dialect::Dialect& dialect_;
  std::size_t key_;
  TimePoint begun_;
  TimePoint first_content_by_;
  TimePoint total_by_;
  TimePoint due_{};
  upstream::Pool::Host* host_ = nullptr;
  std::optional<upstream::Call> call_;
  std::optional<net::Cancel::Hook> hook_;  // ends no later than the loan of call_'s connection
  bool has_begun_ = false;
  int status_ = 0;
  std::optional<Millis> retry_after_;  // of a reply that is not 2xx
  std::string content_type_;
  std::string request_id_;
  std::string held_;                          // events before the commit
  std::unique_ptr<Translation> translation_;  // null: client and provider speak alike
  std::size_t translated_ = 0;                // bytes of the stream read for it

  struct OwnWords {
    std::string body;
    std::unique_ptr<const chat::ChatRequest> request;  // points into it
  };

  std::unique_ptr<OwnWords> own_words_;  // null: the client's body goes as it is
};

}  // namespace gw::relay
