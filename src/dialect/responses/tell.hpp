// Private to responses: tells what a provider's stream or whole response says, block by block. Facts: OpenAI's API
// reference (streaming events of a response).
#pragma once

#include "dialect/answer.hpp"
#include "dialect/responses/tell_read.hpp"
#include "dialect/responses/told.hpp"
#include "http/sse.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gw::dialect::responses {

/// One an answer. Servers differ in where they say something: in deltas, at the end of a part or an item, in the
/// finished response, or in all of them. What is said more than once is told once, and of a whole text what was not
/// told yet. An item is known by its index, or else its id; a call's own id may come late. Passes over what it does not
/// know, and over more blocks than any answer has.
class Teller {
 public:
  void event(const http::SseEvent& event, EventSink& sink);
  void reply(std::string_view body, EventSink& sink);

 private:
  static constexpr std::size_t max_blocks = 4096;  // and announced items

  enum class Kind : std::uint8_t { text, refusal, reasoning, summary, call };

  /// Where something stands in the answer, as far as it is said.
  struct Place {
    std::optional<std::uint64_t> index;
    Raw id;  ///< the item's
    bool is_position =
        false;  ///< in the finished response: `index` is where it stands there, which servers number anew
  };

  /// A block of ours and where it comes from.
  struct Block {
    Kind kind = Kind::text;
    bool is_begun = false;  ///< call: it was told, and has its number
    bool is_streamed = false;
    bool is_done = false;     ///< its item has ended
    bool is_claimed = false;  ///< it was found in the finished response
    bool has_proof = false;
    std::uint32_t number = 0;
    std::optional<std::uint64_t> index;
    std::uint64_t part_index = 0;  ///< of reasoning: the part that was told last
    Told told;                     ///< of reasoning: of that part
    std::string id;
    std::string call_id;
    std::string name;
    std::string pending;  ///< arguments of a call that is not begun
  };

  /// An item that was there when it was announced.
  struct Begun {
    std::string json;
    std::optional<std::uint64_t> index;
  };

  /// What the block of an item in the finished response is known by.
  struct Wanted {
    Kind kind = Kind::text;
    Place place;
    std::uint64_t part_index = 0;
    Raw whole{};
    Raw call_id{};
    Raw name{};
  };

  void begin(const ResponseParts& response, EventSink& sink);
  void end(const ResponseParts& response, EventSink& sink);
  void text_delta(const EventParts& event, Kind kind, EventSink& sink);
  void text_done(const EventParts& event, Kind kind, EventSink& sink);
  void reasoning_delta(const EventParts& event, Kind kind, EventSink& sink);
  void reasoning_done(const EventParts& event, Kind kind, EventSink& sink);
  void arguments_delta(const EventParts& event, EventSink& sink);
  void arguments_done(const EventParts& event, EventSink& sink);
  void annotation(const EventParts& event, EventSink& sink);
  void item_begun(const EventParts& event, EventSink& sink);
  void item_done(JsonText json, Place place, EventSink& sink);
  void whole_message(const ItemParts& item, const Place& place, EventSink& sink);
  void whole_call(const ItemParts& item, const Place& place, EventSink& sink);
  void whole_reasoning(const ItemParts& item, const Place& place, EventSink& sink);

  [[nodiscard]] static bool is_at(const Block& block, const Place& place) noexcept;
  [[nodiscard]] Block* find(Kind kind, const Place& place, std::uint64_t part_index) noexcept;
  [[nodiscard]] Block* find_item(Kind kind, const Place& place) noexcept;
  [[nodiscard]] Block* find_call(const Place& place, Raw call_id) noexcept;
  [[nodiscard]] Block* find_wanted(const Wanted& wanted) noexcept;
  [[nodiscard]] Block* open(Kind kind, const Place& place, std::uint64_t part_index);
  void begin_call(Block& block, EventSink& sink);
  void tell_arguments(Block& block, Raw text, EventSink& sink);
  void tell_reasoning(Block& block, std::uint64_t part_index, Raw text, EventSink& sink);
  void say(Event::Kind kind, const Block& block, Raw text, EventSink& sink);

  std::vector<Block> blocks_;
  std::vector<Begun> begun_;
  std::uint32_t next_ = 0;
  bool has_begun_ = false;
  bool has_calls_ = false;
  bool has_ended_ = false;
};

}  // namespace gw::dialect::responses
