// Private to openai: what one `delta` of a chunk, or one `message` of an answer, holds. Texts are views into what the
// provider sent and may stand in JSON as they are; what may not is left out.
#pragma once

#include "dialect/answer.hpp"
#include "dialect/openai/json.hpp"
#include "dialect/raw.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gw::dialect::openai {

struct CallDelta {
  std::optional<std::uint64_t> index;
  Raw id;
  Raw name;
  Raw arguments;
  JsonText arguments_object;  ///< where they are no text
  Raw proof;                  ///< Gemini's thought signature
};

struct DetailDelta {
  bool is_sealed = false;
  std::optional<std::uint64_t> index;
  Raw id;
  Raw text;
  Raw proof;  ///< of a text its signature, else what is sealed
};

/// A piece of `content`: Mistral has thinking among its parts.
struct Piece {
  bool is_reasoning = false;
  Raw text;
};

struct Delta {
  Raw reasoning;
  std::vector<DetailDelta> details;
  std::vector<Piece> pieces;
  Raw refusal;
  std::vector<CallDelta> calls;
  std::vector<JsonText> annotations;
};

struct ChoiceDelta {
  std::uint64_t index = 0;
  Delta delta;
  JsonText logprobs;
  Raw finish;  ///< empty: none, whether as null or as the word for it
  std::optional<Usage> usage;
};

struct Chunk {
  Raw id;
  Raw model;
  std::vector<ChoiceDelta> choices;
  std::optional<Usage> usage;
};

/// `json` is a chunk or a whole answer; the views in the result point into it. What cannot be read is passed over.
[[nodiscard]] Chunk read_chunk(std::string_view json);

}  // namespace gw::dialect::openai
