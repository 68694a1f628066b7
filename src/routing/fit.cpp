#include "routing/fit.hpp"

#include <algorithm>
#include <array>

namespace gw::routing {
namespace {

enum class Fit : std::uint8_t { can, doubtful, cannot };

Fit fit_of(const Candidate& candidate, const chat::ChatRequest& request, const Size& size, bool describes) noexcept {
  const std::uint64_t window = candidate.context_window;
  if (window != 0 && size.prompt / 2 + size.answer > window) return Fit::cannot;
  const bool is_too_long = window != 0 && size.prompt + size.answer > window;
  const bool is_blind = request.images != 0 && !candidate.multimodal && !describes;
  const bool is_too_short = candidate.max_output != 0 && size.answer > candidate.max_output;
  return is_too_long || is_blind || is_too_short ? Fit::doubtful : Fit::can;
}

}  // namespace

Size size_of(const chat::ChatRequest& request) noexcept {
  constexpr std::uint64_t bytes_a_token = 3;
  constexpr std::uint64_t message_tokens = 4;  // role and separators
  constexpr std::uint64_t image_tokens = 800;  // OpenAI's for a usual one; vendors differ
  std::uint64_t bytes = request.text_bytes;
  for (const chat::Field& field : request.fields) {  // tools and schemas
    if (field.key != "messages") bytes += field.value.length;
  }
  Size size;
  size.prompt = bytes / bytes_a_token + request.messages.size() * message_tokens + request.images * image_tokens;
  size.answer = request.max_tokens.value_or(0);
  size.choices = request.n;
  return size;
}

std::size_t fit(
    BlockVector<const Candidate*>& candidates, const chat::ChatRequest& request, const Size& size, bool describes
) {
  std::array<std::size_t, 3> counts{};
  for (const Candidate* const one : candidates)
    ++counts[static_cast<std::size_t>(fit_of(*one, request, size, describes))];
  const auto [can, doubtful, cannot] = counts;
  if (can == candidates.size() || doubtful == candidates.size() || cannot == candidates.size()) return can;
  BlockVector<const Candidate*> sorted;
  sorted.reserve(can + doubtful);
  for (const Fit wanted : {Fit::can, Fit::doubtful}) {
    for (const Candidate* const one : candidates) {
      if (fit_of(*one, request, size, describes) == wanted) sorted.push_back(one);
    }
  }
  candidates = std::move(sorted);
  return can;
}

}  // namespace gw::routing
