// The body that goes to a provider: the client's bytes with only `model`, operator parameters and usage reporting
// changed. Nothing is re-serialised: pieces of the original and short insertions, for one gather write.
#pragma once

#include "chat/chat.hpp"
#include "config/config.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gw::chat {

struct SpliceInput {
  std::string_view model;                         ///< the upstream's name for the model, not escaped
  const config::ParameterRules* rules = nullptr;  ///< null = the client's parameters as they are
  std::optional<bool> force_stream;               ///< set when the upstream must be asked otherwise than the client did
  bool inject_usage = false;  ///< add stream_options.include_usage:true (only if the client did not say)
};

/// Pieces are views into `body`, or into `owned`. Keep all three alive while they are written.
struct Spliced {
  std::string owned;                     ///< all inserted text, one allocation
  std::vector<std::string_view> pieces;  ///< in order; no empty ones
  std::size_t size = 0;                  ///< sum of the pieces

  [[nodiscard]] std::string joined() const;
};

/// Never fails: the request was validated by `read`. A body without `model` gets one as its first member, and what else
/// is added stands there too. A member that is taken out goes with one comma and the space up to its neighbour.
[[nodiscard]] Spliced splice(std::string_view body, const ChatRequest& request, const SpliceInput& input);

/// The operator's rules alone, on a body that we wrote ourselves: a JSON object whose keys have no escapes, with
/// `padding` readable bytes behind it. Rules name the members of the provider's dialect.
[[nodiscard]] Spliced splice_rules(std::string_view body, const config::ParameterRules& rules);

}  // namespace gw::chat
