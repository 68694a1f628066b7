// Private to responses: what an event or a whole response comes to, without its texts. One pass, nothing kept.
#pragma once

#include "dialect/failure.hpp"
#include "dialect/raw.hpp"
#include "dialect/usage.hpp"

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace gw::dialect::responses {

enum class Status : std::uint8_t { unsaid, running, completed, incomplete, failed, cancelled };

/// A response object: an answer, or what the events of a stream's begin and end carry.
struct ResponseSays {
  Status status = Status::unsaid;
  bool has_output = false;   ///< the list is there
  bool has_content = false;  ///< something in it that a client waits for
  std::size_t bytes = 0;     ///< of it
  bool is_filtered = false;
  std::optional<Usage> usage;
  std::optional<ErrorFacts> error;
  std::string_view text;  ///< raw, of the first text
};

/// One event of a stream.
struct EventSays {
  std::string_view type;
  bool has_content = false;
  std::size_t bytes = 0;  ///< of it; none where an event repeats what deltas said
  std::string_view text;  ///< raw, of a delta of the answer's text
  std::optional<ResponseSays> response;
  std::optional<ErrorFacts> error;
};

/// False when the bytes are not one JSON object and nothing else. Texts are views into `json`.
[[nodiscard]] bool read_response(std::string_view json, ResponseSays& out);
[[nodiscard]] bool read_event(std::string_view json, EventSays& out);

[[nodiscard]] Status status_of(std::string_view name);
[[nodiscard]] bool says_filter(simdjson::ondemand::value value);  ///< of `incomplete_details`
[[nodiscard]] Usage read_usage(simdjson::ondemand::object object);

}  // namespace gw::dialect::responses
