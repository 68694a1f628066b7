// Private to messages: what an event of a provider's stream or its whole message says. One pass; texts are views into
// what was read, their escapes not checked.
#pragma once

#include "dialect/failure.hpp"
#include "dialect/raw.hpp"
#include "dialect/usage.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace gw::dialect::messages {

/// Tokens as Anthropic counts them: the prompt without what its cache gave or took. Reports merge by maximum: the first
/// one of a stream counts the prompt, the last one the answer.
struct Counts {
  std::uint64_t input = 0;
  std::uint64_t output = 0;
  std::uint64_t cache_read = 0;
  std::uint64_t cache_written = 0;
  std::uint64_t thinking = 0;

  void merge(const Counts& other) noexcept;
  [[nodiscard]] Usage usage() const noexcept;
};

struct BlockSays {
  std::string_view type;
  Raw text;
  Raw thinking;
  Raw signature;
  Raw data;
  Raw id;
  Raw name;
  JsonText input;

  /// Bytes of what a client waits for.
  [[nodiscard]] std::size_t content() const noexcept;
};

struct DeltaSays {
  Raw text;
  Raw thinking;
  Raw signature;
  Raw partial_json;
  Raw stop_reason;
  Raw stop_sequence;
};

struct EventSays {
  std::string_view type;
  std::uint64_t index = 0;
  Raw id;     ///< of the message
  Raw model;  ///< likewise
  BlockSays block;
  DeltaSays delta;
  std::optional<Counts> counts;
  std::optional<ErrorFacts> error;
};

struct MessageSays {
  Raw id;
  Raw model;
  Raw stop_reason;
  Raw stop_sequence;
  bool has_list = false;    ///< the list of blocks is there
  std::size_t content = 0;  ///< bytes of what a client waits for
  Raw text;                 ///< the first
  std::optional<Counts> counts;
  std::optional<ErrorFacts> error;
};

/// False when the bytes are not one JSON object and nothing else.
[[nodiscard]] bool read_event(std::string_view json, EventSays& out);

/// `blocks`: where to put them, unless it is null.
[[nodiscard]] bool read_message(std::string_view json, MessageSays& out, std::vector<BlockSays>* blocks);

}  // namespace gw::dialect::messages
