// The stages of one request with their times: made from its attempts when it has ended, so that a request pays nothing
// for it on its way. Stages as the original's (contract 7); the record keeps it, the debug log shows it.
#pragma once

#include "relay/context.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gw::relay {

struct TraceEvent {
  enum class Stage : std::uint8_t {
    req_received,
    image_start,  ///< images are described for a model that cannot see
    image_done,
    model_call_start,
    first_token,  ///< first content for the client
    full_response,
    model_fail,
    all_failed,
  };

  Stage stage = Stage::req_received;
  Duration at{};              ///< since the request was received; monotonic
  Duration duration{};        ///< since the attempt's begin or first content, whose end it is; else as `at`
  int retry_count = 0;        ///< attempts that had failed by then
  std::string_view model{};   ///< display name; empty where no model is concerned
  std::string_view reason{};  ///< the class of a failure
};

[[nodiscard]] std::string_view to_string(TraceEvent::Stage stage) noexcept;  // "REQ_RECEIVED", ...

/// In time order. Views into `outcome`.
[[nodiscard]] std::vector<TraceEvent> trace(const Outcome& outcome, TimePoint received, TimePoint ended);

/// The original's JSON array: stage, timestamp (seconds since the epoch), duration_ms, status, retry_count, model,
/// reason.
[[nodiscard]] std::string trace_json(const std::vector<TraceEvent>& events, double received_unix);

/// What failed before the answer, for the header x-smartroute-failed: "p/m;rate_limited;12.3, ..." with milliseconds.
[[nodiscard]] std::string failed_header(const Outcome& outcome);

}  // namespace gw::relay
