// Private to messages: turns an answer's events into blocks, one after the other; the two writers differ in what they
// do with them.
#pragma once

#include "dialect/answer.hpp"
#include "dialect/messages/nesting.hpp"

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gw::dialect::messages {

/// A block of the answer's content. Texts are raw.
struct AnswerBlock {
  enum class Kind : std::uint8_t { text, thinking, redacted, call };

  Kind kind = Kind::text;
  std::uint32_t block = 0;  ///< of the events it comes from
  std::string id;           ///< call
  std::string name;         ///< call
  std::string text;         ///< redacted: data; of others, where everything waits, what they say
  std::string signature;    ///< thinking
};

/// An answer has one choice: events of others are passed over.
///
/// Blocks do not overlap here, and none is opened twice. What comes while a call's arguments are not whole waits until
/// they are, or until the end; a call of which nothing but its name has come holds nothing up: it is opened with the
/// first of its arguments. What waits is a part of one answer, of which the relay translates at most 32 MiB.
class BlockWriter : public AnswerWriter {
 public:
  void on(const Event& event) final;
  void end() final;

 protected:
  using Kind = AnswerBlock::Kind;

  /// Where everything waits for the end, blocks have their text when they are closed, and calls keep their order.
  enum class Waits : std::uint8_t { what_overlaps, everything };

  BlockWriter(const AnswerHead& head, Waits waits);

  /// Before the first block, at the latest at the end.
  virtual void begun() {}

  virtual void opened(const AnswerBlock& /*block*/) {}

  virtual void grew(const AnswerBlock& /*block*/, Raw /*text*/) {}

  virtual void got_signature(const AnswerBlock& /*block*/, Raw /*signature*/) {}

  virtual void closed(const AnswerBlock& /*block*/) {}

  virtual void ended() {}

  // Members of the message object.
  void write_head(JsonWriter& json) const;  ///< to before its content
  void write_stop(JsonWriter& json) const;  ///< stop_reason and stop_sequence
  void write_usage(JsonWriter& json) const;

 private:
  /// A block with what must be known to put it in its place.
  struct Entry {
    AnswerBlock block{};
    std::string proof{};  // raw; of a call, a block of its own before it
    Nesting nesting{};    // of a call's arguments
  };

  void begin();
  void open(Entry entry);
  void tell(Raw text);  ///< of the open block
  void close();         ///< the open block
  void open_next();
  void open_ready();  ///< as many as may be
  [[nodiscard]] bool is_blocked() const noexcept;
  void on_text(Kind kind, const Event& event);
  void on_proof(const Event& event);
  void on_sealed(const Event& event);
  void on_call(const Event& event);
  void on_arguments(const Event& event);
  [[nodiscard]] std::string_view stop_reason() const;

  Waits waits_;
  std::string id_;  // raw, as all of these
  std::string model_;
  std::string stop_sequence_;
  std::optional<Entry> open_;
  std::list<Entry> ready_;   // in the order in which they go out; none of them unless the open one blocks them
  std::list<Entry> silent_;  // calls that have said nothing yet
  std::unordered_map<std::uint32_t, std::list<Entry>::iterator> calls_;  // of those two
  std::vector<std::uint32_t> call_blocks_;
  Usage usage_;
  Finish finish_ = Finish::stop;
  bool has_begun_ = false;
  bool has_refusal_ = false;
};

}  // namespace gw::dialect::messages
