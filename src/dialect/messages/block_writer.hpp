// Private to messages: turns an answer's events into blocks, one after the other; the two writers differ in what they
// do with them.
#pragma once

#include "dialect/answer.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gw::dialect::messages {

/// A block of the answer's content. Texts are raw.
struct AnswerBlock {
  enum class Kind : std::uint8_t { text, thinking, redacted, call };

  Kind kind = Kind::text;
  std::uint32_t block = 0;  ///< of the events it comes from
  std::string id;           ///< call
  std::string name;         ///< call
  std::string text;         ///< call: arguments; redacted: data; of others only where the writer keeps them
  std::string signature;    ///< thinking
};

/// An answer has one choice: events of others are passed over.
///
/// Blocks do not overlap here. Where calls do, one of them goes out as it comes and the others when it is whole.
class BlockWriter : public AnswerWriter {
 public:
  void on(const Event& event) final;
  void end() final;

 protected:
  using Kind = AnswerBlock::Kind;

  enum class Keeps : std::uint8_t { calls, everything };

  BlockWriter(const AnswerHead& head, Keeps keeps);

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
  void begin();
  AnswerBlock& open(AnswerBlock block);
  void grow(Raw text);
  void close();      ///< the open block
  void close_all();  ///< and the calls that wait for it
  void open_next();
  void on_text(Kind kind, const Event& event);
  void on_proof(const Event& event);
  void on_sealed(const Event& event);
  void on_call(const Event& event);
  void on_arguments(const Event& event);
  [[nodiscard]] std::string_view stop_reason() const;

  Keeps keeps_;
  std::string id_;  // raw, as all of these
  std::string model_;
  std::string stop_sequence_;
  std::optional<AnswerBlock> open_;
  std::vector<AnswerBlock> waiting_;  // calls
  std::vector<std::uint32_t> call_blocks_;
  Usage usage_;
  Finish finish_ = Finish::stop;
  bool has_begun_ = false;
  bool has_refusal_ = false;
};

}  // namespace gw::dialect::messages
