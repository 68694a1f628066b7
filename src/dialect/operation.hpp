// What a client asks of a model. An operation has a path of its own, at the client's side and at the provider's.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gw::dialect {

enum class Operation : std::uint8_t {
  chat,          ///< a conversation's next answer, in whatever dialect
  completions,   ///< OpenAI's older completion of a text
  embeddings,    ///< vectors of texts
  count_tokens,  ///< how many tokens a conversation has
};
inline constexpr std::size_t operations = 4;

/// Whether the operator's rules for parameters are about it. The others have hardly any: what a rule gives every chat
/// (max_tokens) they refuse.
[[nodiscard]] constexpr bool takes_parameters(Operation operation) noexcept {
  return operation == Operation::chat || operation == Operation::completions;
}

}  // namespace gw::dialect
