// Private to responses: the items of an answer as they grow, and how each is written.
#pragma once

#include "dialect/raw.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gw::dialect::responses {

/// A part of a message.
struct AnswerPart {
  bool is_refusal = false;
  std::uint32_t block = 0;  ///< of the events it comes from
  std::string text;         ///< raw
  std::string annotations;  ///< joined by commas
  std::uint32_t annotation_count = 0;
  std::string logprobs;  ///< joined by commas
};

struct AnswerItem {
  enum class Kind : std::uint8_t { message, reasoning, call };
  enum class State : std::uint8_t { running, completed, incomplete };

  Kind kind = Kind::message;
  State state = State::running;
  bool is_custom = false;   ///< call: of a custom tool (names.hpp)
  std::uint32_t block = 0;  ///< reasoning, call
  std::string id;           ///< raw, as all of these
  std::string call_id;
  std::string name;
  std::string text;               ///< reasoning; call: its arguments; of a custom tool at its end: its input
  std::string proof;              ///< reasoning
  std::vector<AnswerPart> parts;  ///< message
};

void write_part(JsonWriter& json, const AnswerPart& part);
void write_item(JsonWriter& json, const AnswerItem& item);

/// What a custom tool's call was to be given: its one parameter or, of a call that has none, the arguments as they are.
[[nodiscard]] std::string custom_input(Raw arguments);

}  // namespace gw::dialect::responses
