// How a provider speaks: the request it wants, what its answers mean. Pure: bytes in, bytes and meanings out; no I/O.
// A dialect is one folder and one line in `for_protocol`. Same dialect in and out stays byte-exact and never becomes a
// Conversation or Events: those are for the two that differ.
#pragma once

#include "base/error.hpp"
#include "chat/chat.hpp"
#include "chat/splice.hpp"
#include "config/config.hpp"
#include "dialect/answer.hpp"
#include "dialect/conversation.hpp"
#include "dialect/operation.hpp"
#include "dialect/usage.hpp"
#include "http/head.hpp"
#include "http/sse.hpp"
#include "routing/routing.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gw::dialect {

/// What one event of a stream meant.
struct Meaning {
  bool content = false;   ///< text, reasoning text, refusal, tool call or audio delta: this commits the stream
  bool finished = false;  ///< a finish reason (an earlier one is never erased by a later null), and no choice is open
  bool is_open = false;   ///< a choice has begun and has no finish reason yet
  std::uint32_t finished_choices = 0;  ///< so far
  bool terminator = false;             ///< [DONE]
  bool usage_only = false;             ///< a chunk with usage and no choices
  bool filtered = false;               ///< the finish reason is the provider's content filter
  std::optional<Usage> usage;
  std::optional<Error> error;  ///< an in-band error, or data that is not the dialect's (upstream_protocol)
  std::size_t bytes = 0;       ///< of all its content, as JSON: what a stream's speed is judged by
  std::string_view text;       ///< raw JSON inside of the content delta, for the keyword rule; a view into the event
};

/// A whole plain answer, read.
struct ReplyFacts {
  bool has_content = false;  ///< text, refusal, reasoning or tool calls in any choice
  bool finished = false;     ///< every choice has a finish reason
  bool filtered = false;     ///< one of them is the provider's content filter
  std::optional<Usage> usage;
  std::size_t bytes = 0;  ///< of all its content, as JSON
  std::string_view text;  ///< raw JSON inside of the first choice's content, when it is a string
};

/// The stream of one attempt, event by event. Not thread-safe; one an attempt.
class ReplyStream {
 public:
  virtual ~ReplyStream() = default;
  ReplyStream() = default;
  ReplyStream(const ReplyStream&) = delete;
  ReplyStream& operator=(const ReplyStream&) = delete;

  /// Reads one event that has data. `sink`, where the client speaks another dialect, is told what it said: also of
  /// events that the judge holds back, so it must be ready to forget (a failed attempt's sink is thrown away).
  virtual Meaning read(const http::SseEvent& event, EventSink* sink) = 0;

  Meaning read(const http::SseEvent& event) { return read(event, nullptr); }
};

/// What a request's path and fixed headers may depend on.
struct RequestInput {
  const config::Provider& provider;
  const Secret& key;
  std::string_view base_path{};  ///< the path part of the provider's base_url ("/v1")
  std::string_view model{};      ///< the provider's name for it, not escaped
  bool is_stream = false;
  Operation operation = Operation::chat;
  std::string_view version{};  ///< of the dialect, as a client that speaks it asked for; empty = the usual one
};

/// What goes to the provider, but for Host and Content-Length, which the upstream layer adds.
struct Request {
  std::string target;        ///< path and query, e.g. /v1/chat/completions
  std::string header_lines;  ///< "Name: value\r\n" each; Authorization among them when there is a key
  /// The target names the model, or says whether it streams: not to be kept for another request.
  bool is_of_model = false;
};

/// What a provider's counterpart needs beside the conversation.
struct WriteInput {
  std::string_view model;  ///< the provider's name for it, not escaped
  const config::Provider& provider;
  std::uint64_t max_output = 0;  ///< of the entry; 0 = not known
  bool injects_usage = false;    ///< the books want it
};

class Dialect {
 public:
  virtual ~Dialect() = default;
  Dialect() = default;
  Dialect(const Dialect&) = delete;
  Dialect& operator=(const Dialect&) = delete;

  /// Path and fixed headers for a provider. An operator's headers count more than a client's version.
  [[nodiscard]] virtual Request request(const RequestInput& input) const = 0;

  /// The body for a client that spoke another dialect. Error: unsupported_input, when what was asked for cannot be said
  /// here and would be missed (docs/dialects.md): another candidate may be able to.
  [[nodiscard]] virtual Result<Written> write(const Conversation& conversation, const WriteInput& input) const = 0;

  /// A client's own body, for a provider that speaks the same but would refuse what the answers of others have put into
  /// the conversation through us: reasoning and signatures. nullopt: it goes as it is, byte for byte. `body` passed
  /// `Client::read`; what is returned has `chat::padding` readable bytes behind it.
  [[nodiscard]] virtual std::optional<std::string> without_foreign(
      const config::Provider& /*provider*/, std::string_view /*body*/
  ) const {
    return std::nullopt;
  }

  /// `provider` says what its errors mean (`class_of`) and must outlive the stream.
  [[nodiscard]] virtual std::unique_ptr<ReplyStream> stream(const config::Provider& provider) const = 0;

  /// A plain 2xx answer. Errors: upstream_protocol (not JSON, HTML, not a completion), or the class of an error in it.
  /// `sink` is told what it said, unless it is null; also when it turns out to be no answer.
  [[nodiscard]] virtual Result<ReplyFacts> reply(
      const config::Provider& provider, std::string_view body, EventSink* sink
  ) const = 0;

  [[nodiscard]] Result<ReplyFacts> reply(const config::Provider& provider, std::string_view body) const {
    return reply(provider, body, nullptr);
  }

  /// The same for what a provider was asked in the client's own dialect: embeddings and counts have answers of their
  /// own. One that lacks what was asked for is an error.
  [[nodiscard]] virtual Result<ReplyFacts> reply_to(
      Operation /*operation*/, const config::Provider& provider, std::string_view body
  ) const {
    return reply(provider, body, nullptr);
  }

  /// Whether a plain 2xx answer that is too large to be read whole begins as one: `begun` is its first part.
  [[nodiscard]] virtual bool begins_reply(std::string_view begun) const = 0;

  /// The same of an answer to `reply_to`'s operations.
  [[nodiscard]] virtual bool begins_reply_to(Operation /*operation*/, std::string_view begun) const {
    return begins_reply(begun);
  }

  /// What a piece of a plain answer, its beginning or its end, says of usage: of one that was not read whole.
  [[nodiscard]] virtual std::optional<Usage> usage_within(std::string_view piece) const = 0;

  /// What a non-2xx answer means (docs/failover.md). The message is as `error_of` says; never HTML or a raw body.
  [[nodiscard]] virtual Error failure(const config::Provider& provider, int status, std::string_view body) const = 0;
};

/// The dialects that go over a connection; null for `demo` (in process) and for those not built yet.
[[nodiscard]] const Dialect* for_protocol(config::Protocol protocol) noexcept;

/// The first configured keyword in a text (raw JSON inside), whatever the case of its ASCII letters.
[[nodiscard]] std::optional<std::string_view> keyword_in(
    std::string_view text, const config::RetryConditions& conditions
);

/// The keyword rule of design section 4 for an answer of this text: a keyword that stands in it and not in the prompt.
/// A user who asks "what is a rate limit?" gets an answer. `body` is what `request` points into.
[[nodiscard]] std::optional<std::string_view> keyword_rule(
    std::string_view text,
    const config::RetryConditions& conditions,
    const chat::ChatRequest& request,
    std::string_view body
);

}  // namespace gw::dialect
