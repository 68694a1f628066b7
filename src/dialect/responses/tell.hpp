// Private to responses: tells what a provider's stream or whole response says, block by block. Facts: OpenAI's API
// reference (streaming events of a response).
#pragma once

#include "dialect/answer.hpp"
#include "dialect/responses/tell_read.hpp"
#include "http/sse.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gw::dialect::responses {

/// One an answer. Passes over what it does not know, and over more blocks than any answer has.
class Teller {
 public:
  void event(const http::SseEvent& event, EventSink& sink);
  void reply(std::string_view body, EventSink& sink);

 private:
  enum class Kind : std::uint8_t { text, refusal, reasoning, summary, call };

  /// A block of ours and where it comes from.
  struct Block {
    Kind kind = Kind::text;
    bool has_fragments = false;
    bool has_proof = false;
    std::uint32_t number = 0;
    std::uint64_t output_index = 0;
    std::uint64_t part_index = 0;  ///< of reasoning: the part that was told last
    std::string call_id;
  };

  void begin(const ResponseParts& response, EventSink& sink);
  void end(const ResponseParts& response, EventSink& sink);
  void text_delta(const EventParts& event, Kind kind, EventSink& sink);
  void reasoning_delta(const EventParts& event, Kind kind, EventSink& sink);
  void arguments_delta(const EventParts& event, EventSink& sink);
  void annotation(const EventParts& event, EventSink& sink);
  void item_begun(const EventParts& event, EventSink& sink);
  void item_done(JsonText json, std::uint64_t output_index, EventSink& sink);
  void whole_message(const ItemParts& item, std::uint64_t output_index, EventSink& sink);
  void whole_call(const ItemParts& item, std::uint64_t output_index, EventSink& sink);
  void whole_reasoning(const ItemParts& item, std::uint64_t output_index, EventSink& sink);

  [[nodiscard]] Block* find(Kind kind, std::uint64_t output_index, std::uint64_t part_index) noexcept;
  [[nodiscard]] Block* find_item(Kind kind, std::uint64_t output_index) noexcept;
  [[nodiscard]] Block* find_call(Raw id) noexcept;
  [[nodiscard]] Block* open(Kind kind, std::uint64_t output_index, std::uint64_t part_index);
  Block* begin_call(const ItemParts& item, std::uint64_t output_index, EventSink& sink);
  void say(Event::Kind kind, Block& block, Raw text, EventSink& sink);

  std::vector<Block> blocks_;
  std::uint32_t next_ = 0;
  bool has_begun_ = false;
  bool has_calls_ = false;
  bool has_ended_ = false;
};

}  // namespace gw::dialect::responses
