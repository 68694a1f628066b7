// Private to Gemini: one answer document, a chunk of a stream or a whole one, as values. Read in one pass; nothing of
// the parser outlives the reading, so that whoever is told of it may parse.
#pragma once

#include "dialect/failure.hpp"
#include "dialect/raw.hpp"
#include "dialect/usage.hpp"

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gw::dialect::gemini {

inline constexpr std::size_t max_candidates = 128;  ///< more than the service gives

/// A finish reason, by what it means to us.
enum class Ending : std::uint8_t {
  none,      ///< not said
  stop,      ///< done, a stop sequence, or waiting for results; also reasons we do not know
  length,    ///< MAX_TOKENS
  filtered,  ///< SAFETY, RECITATION, BLOCKLIST, PROHIBITED_CONTENT, SPII, ...
  failed,    ///< MALFORMED_FUNCTION_CALL, OTHER, ...: what came is no answer
};

/// A piece of a candidate's content. Views into the document.
struct AnswerPart {
  Raw text{};
  bool is_thought = false;
  Raw signature{};
  bool is_call = false;
  std::size_t call_bytes = 0;
  Raw call_id{};
  Raw call_name{};
  JsonText call_arguments{};  ///< an object, or empty
};

struct Candidate {
  std::uint32_t index = 0;
  std::vector<AnswerPart> parts{};
  std::string logprobs{};  ///< OpenAI's logprobs object, or empty
  Ending ending = Ending::none;
  Raw reason{};  ///< of the ending, as it was said
};

/// What is only needed to tell it to somebody is left out unless `Keep::parts` asks for it.
struct Answer {
  enum class Keeps : std::uint8_t { facts, parts };

  bool has_candidates = false;
  std::size_t candidates_count = 0;
  std::size_t ended = 0;               ///< candidates with a finish reason
  bool has_content = false;            ///< text, thought text or a call in any candidate
  std::size_t content = 0;             ///< bytes of it
  std::bitset<max_candidates> seen{};  ///< by their index
  std::bitset<max_candidates> done{};  ///< of those: with a finish reason
  bool is_filtered = false;            ///< one of the endings is the filter's
  bool has_failed = false;             ///< one of them is a failure
  std::string_view text{};             ///< the first text that is no thought of the first candidate
  Raw failure_reason{};                ///< of the first that failed
  bool is_blocked = false;             ///< the prompt was
  Raw block_reason{};
  std::optional<Usage> usage{};
  std::optional<ErrorFacts> error{};
  Raw id{};
  Raw model{};
  std::vector<Candidate> candidates{};  ///< with Keeps::parts
};

/// False when the bytes are not one JSON object and nothing else.
[[nodiscard]] bool read_answer(std::string_view json, Answer::Keeps keeps, Answer& out);

}  // namespace gw::dialect::gemini
