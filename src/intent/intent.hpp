// How hard is a request: the tier, how sure, and why. Pure; never fails (promise 3).
// For now: pinned names, the tool-loop rule, `fixed`, and the heuristic of the original's README release.
#pragma once

#include "chat/chat.hpp"
#include "config/config.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gw::intent {

/// Which step of the cascade decided (design section 5).
enum class Source : std::uint8_t { pinned, tool_loop, rule, classifier, judge, heuristic, fixed, fallback };
[[nodiscard]] std::string_view to_string(Source source) noexcept;

struct Verdict {
  config::Tier tier = config::Tier::t1;
  double confidence = 1.0;  ///< 0..1
  Source source = Source::fallback;
  std::string reason;  ///< one line for people, e.g. "contains \"code\""; never a prompt's text at length
  /// Set when the client named a listed model: the plan holds that model and no other. `name` or `provider/name`.
  std::string pinned_model;
};

/// True when a client may call this entry `name`: its `model`, or `provider/model` ("upstream/model" too).
[[nodiscard]] bool goes_by(const config::ModelEntry& entry, std::string_view name) noexcept;

/// `body` is what `request` points into.
[[nodiscard]] Verdict classify(const chat::ChatRequest& request, std::string_view body, const config::Config& config);

/// The value of x-smartroute-decision: "source; reason" in printable ASCII, at most 160 bytes.
[[nodiscard]] std::string decision_header(const Verdict& verdict);

}  // namespace gw::intent
