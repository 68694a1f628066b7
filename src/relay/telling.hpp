// Whether a client of another dialect is told anything of an answer. A provider's content may be of a kind that the
// client's dialect has no words for (an image, a tool that the provider ran itself): the judge of the provider's stream
// takes it for an answer, and the client would see an empty one. Pure.
#pragma once

#include "dialect/answer.hpp"
#include "dialect/dialect.hpp"

namespace gw::relay {

/// Stands between a provider's dialect and the client's writer. One an answer, not thread-safe.
class Telling final : public dialect::EventSink {
 public:
  /// `writer` outlives it.
  explicit Telling(dialect::EventSink& writer) noexcept : writer_(writer) {}

  void on(const dialect::Event& event) override {
    has_told_ = has_told_ || is_content(event);
    writer_.on(event);
  }

  /// Of a stream's event that was just read: content is what was told, and counts when it is. What is told late,
  /// perhaps with the stream's terminator, counts there.
  void correct(dialect::Meaning& meaning) noexcept {
    const bool is_first = has_told_ && !has_counted_;
    has_counted_ = has_told_;
    if (!has_told_) meaning.content = false;
    if (!is_first || meaning.content) return;
    meaning.content = true;
    if (meaning.terminator) {  // as of an answer in one piece: the connection's end follows
      meaning.terminator = false;
      meaning.finished = true;
    }
  }

  void correct(dialect::ReplyFacts& facts) const noexcept { facts.has_content = facts.has_content && has_told_; }

 private:
  static bool is_content(const dialect::Event& event) noexcept {
    using Kind = dialect::Event::Kind;
    const bool is_text = event.kind == Kind::text || event.kind == Kind::reasoning || event.kind == Kind::refusal;
    return event.kind == Kind::call || (is_text && !event.text.empty());
  }

  dialect::EventSink& writer_;
  bool has_told_ = false;
  bool has_counted_ = false;
};

}  // namespace gw::relay
