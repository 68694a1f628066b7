// What a provider's failure means, whatever its dialect. Pure: the typed fields of an error body in, a class out; the
// only texts that are searched are messages, for words that a rule names. docs/failover.md is the manual.
#pragma once

#include "base/error.hpp"
#include "config/config.hpp"

#include <string>
#include <string_view>

namespace gw::dialect {

/// What a provider said about a failure.
struct ErrorFacts {
  int status = 0;        ///< the HTTP status; of an error inside a 200, the one that it names itself, or 0
  bool in_band = false;  ///< it came inside a 200
  std::string code;      ///< texts as they are, numbers as written; empty = none
  std::string type;
  std::string message;
  std::string param;
};

/// The operator's rules, then the vendor's, then those of everybody, then the status. A 5xx is the provider's own
/// failure whatever its body says.
[[nodiscard]] Errc class_of(const ErrorFacts& facts, const config::Provider& provider) noexcept;

/// The failure as an error. Its message is the provider's own when it refuses the request, which goes back as it was
/// said; otherwise it begins with the status. Without keys, clipped; `upstream_status` is set when not in band.
[[nodiscard]] Error error_of(const ErrorFacts& facts, const config::Provider& provider);

/// A provider's message as it may be shown: one line, at most 300 bytes, anything that looks like a key masked.
[[nodiscard]] std::string shown_message(std::string_view message);

}  // namespace gw::dialect
