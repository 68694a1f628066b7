// An answer whatever its dialect, as events in the order in which they came: what a provider's stream or whole reply is
// read into and the client's is written from, when the two differ. Views live until the handler returns.
#pragma once

#include "base/error.hpp"
#include "dialect/raw.hpp"
#include "dialect/usage.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace gw::dialect {

enum class Finish : std::uint8_t {
  stop,            ///< it was done, or came to a stop sequence (`text` of the event: which, if it was said)
  length,          ///< the limit of tokens
  tool_calls,      ///< it waits for results
  content_filter,  ///< the provider's filter
  refusal,         ///< the model's own decision
  pause,           ///< a long turn to be continued (Anthropic's pause_turn)
};

/// Blocks (text, reasoning, refusal, call) of one choice follow each other and do not overlap, but for calls of
/// OpenAI's chunks, which may: `block` tells them apart. A writer opens a block with its first event and closes it when
/// another one of the choice begins, or at the end.
struct Event {
  enum class Kind : std::uint8_t {
    begin,       ///< `id`, `name` (the model's), as the provider said them; once, first
    text,        ///< `text` follows
    reasoning,   ///< `text` of it follows
    proof,       ///< `text`: of the reasoning block, or of the call; whole
    sealed,      ///< `text`: reasoning that is not shown, whole; a block of its own
    refusal,     ///< `text` follows
    call,        ///< a call begins: `id`, `name`; `text`: Gemini's proof of it, for who has room only before it
    arguments,   ///< `text` follows: inside of a literal whose text is JSON
    logprobs,    ///< `json`: OpenAI's logprobs object of the preceding text
    annotation,  ///< `json`: OpenAI's annotation object of the preceding text
    usage,       ///< `usage` so far; the last counts, field by field the highest
    finish,      ///< of the choice; where more of it follows, it may be told again, and the last counts
  };

  Kind kind = Kind::text;
  std::uint32_t choice = 0;
  std::uint32_t block = 0;  ///< counts from 0 within the choice
  Raw id{};
  Raw name{};
  Raw text{};
  JsonText json{};
  Finish finish = Finish::stop;
  Usage usage{};
};

/// Takes the events of one answer.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void on(const Event& event) = 0;

 protected:
  EventSink() = default;
  EventSink(const EventSink&) = default;
  EventSink& operator=(const EventSink&) = default;
};

/// What the client is told of an answer that is not its provider's own.
struct AnswerHead {
  std::string_view id;        ///< the request's id; a dialect puts its own prefix before it
  std::string_view model;     ///< display name of the model that answers
  std::uint64_t created = 0;  ///< Unix seconds
  bool wants_usage = false;   ///< of a chat stream: the usage chunk was asked for
};

/// Writes one answer in the client's dialect: bytes that may go out are appended to `out` as events come. Not
/// thread-safe; one an answer. Nothing is written before the first `on`, so that a comment may go ahead of it.
class AnswerWriter : public EventSink {
 public:
  /// After the last event: what ends the answer. Of a plain answer, all of it.
  virtual void end() = 0;
};

}  // namespace gw::dialect
