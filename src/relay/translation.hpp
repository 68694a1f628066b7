// An attempt at a provider that speaks another dialect than the client. Pure but for the clock that names the answer's
// time: the request is written from the client's own words for each attempt anew, never from an earlier translation.
#pragma once

#include "base/error.hpp"
#include "chat/splice.hpp"
#include "dialect/client.hpp"
#include "dialect/dialect.hpp"
#include "dialect/instalments.hpp"
#include "relay/context.hpp"
#include "relay/telling.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gw::relay {

class Translation {
 public:
  /// `id` lives as long as the request; the rest until `begin_answer`.
  Translation(const Context& context, const routing::Candidate& candidate) noexcept
      : context_(context), candidate_(candidate) {}

  /// Writes the provider's body, operator parameters in it. Errors: unsupported_input (another candidate may do),
  /// invalid_request (the client's own mistake).
  [[nodiscard]] std::optional<Error> write(const dialect::Dialect& dialect, bool injects_usage);

  /// After `write`, until `begin_answer`.
  [[nodiscard]] const chat::Spliced& body() const noexcept { return request_->body; }

  /// Frees the request and makes ready for the answer's events.
  void begin_answer();

  /// Where the provider's dialect tells what it reads.
  [[nodiscard]] dialect::EventSink* sink() noexcept { return &*telling_; }

  /// What the provider's dialect says of what it just read, as far as the client was told.
  [[nodiscard]] Telling& telling() noexcept { return *telling_; }

  /// Appends what the client is to be told of what was read since the last call.
  void said(std::string& out);

  /// The answer's end: what `said` and `more` bring after it is the last.
  void end();

  /// After `said`: one more piece of it, in place of what `out` holds. False when there is none. For streams;
  /// what was read next would bring all of it at once.
  [[nodiscard]] bool more(std::string& out);

  /// Members of the request that could not be said, as the value of a header; empty = none.
  [[nodiscard]] const std::string& dropped() const noexcept { return dropped_; }

 private:
  struct Outgoing {
    std::string written;
    chat::Spliced body;  // views into it
  };

  const Context& context_;
  const routing::Candidate& candidate_;
  std::unique_ptr<Outgoing> request_;
  std::unique_ptr<dialect::AnswerWriter> writer_;
  std::optional<Telling> telling_;
  dialect::Instalments* instalments_ = nullptr;  // the writer's, of a stream
  std::string dropped_;
  std::string said_;
};

/// Whether this provider gets the client's body byte for byte: it speaks the client's dialect and has its operation.
[[nodiscard]] bool speaks_alike(const Context& context, const config::Provider& provider) noexcept;

}  // namespace gw::relay
