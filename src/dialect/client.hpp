// How a client speaks: what its request means, how an answer and an error are said to it. The counterpart of
// `dialect.hpp`, which is about providers; a folder holds both sides of a dialect. Pure: no I/O.
#pragma once

#include "base/error.hpp"
#include "chat/chat.hpp"
#include "config/config.hpp"
#include "dialect/answer.hpp"
#include "dialect/conversation.hpp"
#include "dialect/operation.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace gw::dialect {

class Client {
 public:
  virtual ~Client() = default;
  Client() = default;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Providers of this protocol get the client's body byte for byte.
  [[nodiscard]] virtual config::Protocol own() const noexcept = 0;

  /// What it asks for.
  [[nodiscard]] virtual Operation operation() const noexcept { return Operation::chat; }

  /// What the stages need to know. Errors: client_error, as `chat::read`.
  [[nodiscard]] virtual Result<chat::ChatRequest> read(std::string_view body) const = 0;

  /// The whole request, for a provider of another dialect. `body` passed `read`, and must outlive the result with
  /// `keep`. Errors: client_error with `param`, where a field that only matters here has the wrong type;
  /// unsupported_input, when it can be said in this client's dialect alone.
  [[nodiscard]] virtual Result<Conversation> conversation(std::string_view body, Keep& keep) const = 0;

  /// A stream's or a plain answer's writer; both append to `out`, which outlives it. Null: there is none, as for an
  /// operation that is no conversation.
  [[nodiscard]] virtual std::unique_ptr<AnswerWriter> stream(const AnswerHead& head, std::string& out) const = 0;
  [[nodiscard]] virtual std::unique_ptr<AnswerWriter> plain(const AnswerHead& head, std::string& out) const = 0;

  /// The one clear error, as a body and as a stream's last event.
  [[nodiscard]] virtual std::string error_body(const Error& error, int status) const = 0;
  [[nodiscard]] virtual std::string error_event(const Error& error, int status) const = 0;
};

/// Who speaks at a path of the API ("/v1/chat/completions"); null = nobody.
[[nodiscard]] const Client* client_of_path(std::string_view path) noexcept;

}  // namespace gw::dialect
