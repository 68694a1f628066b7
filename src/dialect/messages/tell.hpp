// Private to messages: tells what a provider's stream or whole message says, block by block.
#pragma once

#include "dialect/answer.hpp"
#include "dialect/messages/event_read.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gw::dialect::messages {

/// One an answer. Passes over what it does not know, over texts with broken escapes, and over more blocks than any
/// answer has.
class Teller {
 public:
  /// `usage`: of the whole answer so far, where the event has any.
  void event(const EventSays& event, const std::optional<Usage>& usage, EventSink& sink);
  void reply(const MessageSays& message, const std::vector<BlockSays>& blocks, EventSink& sink);

 private:
  enum class Kind : std::uint8_t { text, thinking, call, other };

  /// A block of the provider's that is not closed yet.
  struct Open {
    Kind kind = Kind::other;
    std::uint64_t index = 0;
    std::uint32_t number = 0;  ///< ours, once `is_told`
    bool is_told = false;
    std::string input;      ///< raw; of a call that came with all of it
    std::string signature;  ///< raw, as far as it came
  };

  void begin(Raw id, Raw model, EventSink& sink);
  void block_begun(const BlockSays& block, std::uint64_t index, EventSink& sink);
  void block_grew(const DeltaSays& delta, std::uint64_t index, EventSink& sink);
  void block_done(std::uint64_t index, EventSink& sink);
  void close(Open& open, EventSink& sink);
  void call(const BlockSays& block, Open& open, EventSink& sink);
  void say(Event::Kind kind, Open& open, Raw text, EventSink& sink);
  void finish(Raw stop_reason, Raw stop_sequence, EventSink& sink);
  static void usage(const Usage& usage, EventSink& sink);
  Open* open(Kind kind, std::uint64_t index);
  Open* find(std::uint64_t index) noexcept;

  std::vector<Open> open_;
  std::uint32_t next_ = 0;
  std::uint32_t opened_ = 0;
  bool has_begun_ = false;
  bool has_calls_ = false;
  bool has_ended_ = false;
};

}  // namespace gw::dialect::messages
