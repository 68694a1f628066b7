// The process' own figures under the names Prometheus' clients use, read from /proc.
#pragma once

#include <string>

namespace gw::telemetry {

/// Text exposition of process_resident_memory_bytes, process_cpu_seconds_total, process_open_fds,
/// process_start_time_seconds.
[[nodiscard]] std::string process_metrics();

}  // namespace gw::telemetry
