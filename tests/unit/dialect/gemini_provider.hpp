// A provider that speaks Gemini's dialect, as far as an answer goes: the other half of round trips. Bytes as the
// service sends them: defaults of its protocol (index 0, no tokens) are left out, usage is partial until the last
// chunk.
#pragma once

#include "answers.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace gw::dialect::test {

/// Whether the service names calls itself, as it does for models of the third generation.
enum class CallIds : std::uint8_t { given, missing };

/// The body of a plain answer.
[[nodiscard]] std::string gemini_reply(const std::vector<Told>& story, CallIds ids);

/// The body of a stream, its texts cut at random.
[[nodiscard]] std::string gemini_stream(const std::vector<Told>& story, CallIds ids, std::uint64_t seed);

/// What must be told of such an answer: proofs with our mark, calls by the ids that are made where none are given.
[[nodiscard]] std::vector<Told> as_gemini_tells(std::vector<Told> story, CallIds ids);

}  // namespace gw::dialect::test
