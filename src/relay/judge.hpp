// When is a provider's answer an answer: the commit point, the end of a stream, empty answers, the keyword rule (design
// section 4). Pure: events and ends in, what to do out. No sockets, no clock.
#pragma once

#include "base/error.hpp"
#include "dialect/dialect.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gw::relay {

struct JudgeRules {
  bool retry_on_empty = true;
  std::uint32_t choices = 1;  ///< that were asked for
  bool strip_usage = false;   ///< usage was asked for by us: its own chunk is not for the client
  std::size_t keyword_max_chars = 200;
  /// The keyword rule on a text (raw JSON inside): the keyword found in it and not in the prompt.
  std::function<std::optional<std::string_view>(std::string_view text)> keyword_in;
};

/// Follows one stream of events.
class StreamJudge {
 public:
  explicit StreamJudge(JudgeRules rules) : rules_(std::move(rules)) {}

  enum class Step : std::uint8_t {
    hold,       ///< keep the bytes, the client sees nothing yet
    forward,    ///< the client gets these bytes (and, the first time, all that was held)
    drop,       ///< not for the client
    fail,       ///< before the commit: `error()` says why; another candidate may answer
    interrupt,  ///< after the commit: the stream ends with an error event
    complete,   ///< forward these bytes; the answer is whole and nothing more is waited for
  };

  [[nodiscard]] Step on_event(const dialect::Meaning& meaning);

  /// Comments and keep-alives.
  [[nodiscard]] Step on_comment() const noexcept { return committed_ ? Step::forward : Step::hold; }

  /// The provider's stream ended (cleanly framed or not): complete, interrupt or fail.
  [[nodiscard]] Step on_end();

  /// A read failed or timed out. Complete when the finish reason was seen, else interrupt or fail with `error`.
  [[nodiscard]] Step on_failure(Error error);

  [[nodiscard]] bool committed() const noexcept { return committed_; }

  /// As many finish reasons were seen as choices were asked for: what is still missing is worth a short wait only.
  [[nodiscard]] bool finished() const noexcept { return finished_ && finished_choices_ >= rules_.choices; }

  /// After fail or interrupt.
  [[nodiscard]] const Error& error() const noexcept { return *error_; }

  /// Tokens of the answer so far, estimated: one an event at least, and one for four bytes.
  [[nodiscard]] std::uint64_t tokens() const noexcept { return tokens_; }

  [[nodiscard]] const std::optional<dialect::Usage>& usage() const noexcept { return usage_; }

 private:
  [[nodiscard]] Step fail_or_interrupt(Error error);
  [[nodiscard]] bool holds_for_keyword(std::string_view text);

  JudgeRules rules_;
  std::optional<dialect::Usage> usage_;
  std::unique_ptr<const Error> error_;  // rare, and large
  std::string early_text_;              // content before the commit, at most keyword_max_chars
  std::uint64_t tokens_ = 0;
  bool committed_ = false;
  bool content_ = false;
  bool finished_ = false;     // no choice that began is open
  bool beside_text_ = false;  // tool calls, reasoning, a refusal, or another choice
  std::uint32_t finished_choices_ = 0;
};

/// Judges a whole plain answer: nullopt = it goes to the client.
[[nodiscard]] std::optional<Error> judge_plain(const dialect::ReplyFacts& facts, const JudgeRules& rules);

}  // namespace gw::relay
