// Private to Gemini: thought signatures on their way through a client that speaks another dialect. They are told as
// proofs with a mark before them (a dot is no base64), so that a proof of another provider, which the service would
// refuse, is not mistaken for one.
#pragma once

#include "dialect/raw.hpp"

#include <string>
#include <string_view>

namespace gw::dialect::gemini {

inline constexpr std::string_view signature_mark = "gemini.";

/// Of a call, where the client's dialect keeps it in a block of reasoning before the call.
inline constexpr std::string_view call_mark = "gemini.call.";

/// What the guide to thought signatures gives for calls that the model did not make itself. Any other is refused.
inline constexpr std::string_view foreign_signature = "skip_thought_signature_validator";

[[nodiscard]] inline std::string marked(Raw signature) {
  return std::string(signature_mark).append(signature);
}

[[nodiscard]] inline bool is_of_call(Raw proof) noexcept {
  return proof.starts_with(call_mark);
}

/// The signature of a proof that is ours; empty for another's.
[[nodiscard]] inline Raw own_signature(Raw proof) noexcept {
  if (is_of_call(proof)) return proof.substr(call_mark.size());
  return proof.starts_with(signature_mark) ? proof.substr(signature_mark.size()) : Raw{};
}

}  // namespace gw::dialect::gemini
