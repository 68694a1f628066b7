// Private to responses: the parts of events, items and responses that are told. Everything is a view into what was
// read; texts whose escapes are broken are left empty.
#pragma once

#include "dialect/raw.hpp"
#include "dialect/responses/judge_read.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace gw::dialect::responses {

struct EventParts {
  std::string_view type;
  std::optional<std::uint64_t> output_index;
  std::uint64_t part_index = 0;  ///< content_index or summary_index
  Raw item_id;
  Raw delta;
  Raw whole;  ///< of a text, a refusal or arguments: all of it
  JsonText logprobs;
  JsonText annotation;
  JsonText item;
  JsonText response;
};

/// A part of a message or of reasoning.
struct Piece {
  bool is_refusal = false;
  Raw text;
  JsonText logprobs;
  std::vector<JsonText> annotations;
};

struct ItemParts {
  std::string_view type;
  Raw id;
  Raw call_id;
  Raw name;
  Raw arguments;
  Raw encrypted_content;
  std::vector<Piece> content;
  std::vector<Piece> summary;
};

struct ResponseParts {
  Raw id;
  Raw model;
  Status status = Status::unsaid;
  bool is_filtered = false;
  std::optional<Usage> usage;
  std::vector<JsonText> output;
};

/// False when `json` is no object; then `out` may hold what came before the fault.
[[nodiscard]] bool read_parts(std::string_view json, EventParts& out);
[[nodiscard]] bool read_parts(std::string_view json, ItemParts& out);
[[nodiscard]] bool read_parts(std::string_view json, ResponseParts& out);

}  // namespace gw::dialect::responses
