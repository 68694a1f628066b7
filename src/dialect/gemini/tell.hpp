// Private to Gemini: an answer's documents as events.
#pragma once

#include "dialect/answer.hpp"
#include "dialect/gemini/answer.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace gw::dialect::gemini {

/// Tells what the chunks of a stream or a whole answer say. One an answer.
class Teller {
 public:
  void tell(const Answer& answer, EventSink& sink);

 private:
  /// What has been told of one candidate.
  struct Choice {
    enum class Open : std::uint8_t { nothing, text, reasoning };

    std::uint32_t index = 0;
    std::uint32_t block = 0;  ///< the open one, or the next
    Open open = Open::nothing;
    std::uint32_t calls = 0;
    bool is_finished = false;  ///< and nothing came behind it
  };

  Choice* choice_of(std::uint32_t index);
  void tell_candidate(const Candidate& candidate, Choice& choice, EventSink& sink);
  void tell_text(const AnswerPart& part, Choice& choice, EventSink& sink);
  void tell_call(const AnswerPart& part, Choice& choice, EventSink& sink);

  std::string id_;  ///< of the answer, for calls without one
  std::vector<Choice> choices_;
  bool has_begun_ = false;
};

}  // namespace gw::dialect::gemini
