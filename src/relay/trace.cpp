#include "relay/trace.hpp"

#include "base/text.hpp"

namespace gw::relay {
namespace {

using Stage = TraceEvent::Stage;

constexpr std::size_t max_header = 1000;  // of x-smartroute-failed

void append_ms(std::string& out, Duration value) {
  const auto tenths =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(value).count()) / 100;
  append_number(out, tenths / 10);
  out.push_back('.');
  out.push_back(static_cast<char>('0' + tenths % 10));
}

bool is_failure(const TraceEvent& event) noexcept {
  const bool is_undone = event.stage == Stage::image_done && !event.reason.empty();
  return event.stage == Stage::model_fail || event.stage == Stage::all_failed || is_undone;
}

void add_images(std::vector<TraceEvent>& events, const Images& images, TimePoint received, int failed) {
  const Duration begun = images.begun - received;
  events.push_back({Stage::image_start, begun, {}, failed, {}, {}});
  TraceEvent done{Stage::image_done, begun + images.duration, images.duration, failed, images.model, {}};
  if (images.error) done.reason = to_string(images.error->code);
  events.push_back(done);
}

}  // namespace

std::string_view to_string(Stage stage) noexcept {
  switch (stage) {
    case Stage::req_received:
      return "REQ_RECEIVED";
    case Stage::image_start:
      return "IMAGE_TRANSCRIBE_START";
    case Stage::image_done:
      return "IMAGE_TRANSCRIBE_DONE";
    case Stage::model_call_start:
      return "MODEL_CALL_START";
    case Stage::first_token:
      return "FIRST_TOKEN";
    case Stage::full_response:
      return "FULL_RESPONSE";
    case Stage::model_fail:
      return "MODEL_FAIL";
    case Stage::all_failed:
      return "ALL_FAILED";
  }
  return "REQ_RECEIVED";
}

std::vector<TraceEvent> trace(const Outcome& outcome, TimePoint received, TimePoint ended) {
  std::vector<TraceEvent> events;
  events.reserve(2 + 3 * outcome.attempts.size());
  events.push_back({});
  int failed = 0;
  bool has_images = outcome.images != nullptr;
  for (const Attempt& attempt : outcome.attempts) {
    const bool is_images_turn =
        has_images && attempt.begun + attempt.duration >= outcome.images->begun + outcome.images->duration;
    if (is_images_turn) {
      add_images(events, *outcome.images, received, failed);
      has_images = false;
    }
    const Duration begun = attempt.begun - received;
    events.push_back({Stage::model_call_start, begun, begun, failed, attempt.display_name});
    if (attempt.first_content != Duration{}) {
      events.push_back(
          {Stage::first_token, begun + attempt.first_content, attempt.first_content, failed, attempt.display_name}
      );
    }
    TraceEvent end{
        Stage::full_response,
        begun + attempt.duration,
        attempt.duration - attempt.first_content,
        failed,
        attempt.display_name};
    if (attempt.error) {
      end.stage = Stage::model_fail;
      end.duration = attempt.duration;
      end.retry_count = ++failed;
      end.reason = to_string(attempt.error->code);
    }
    events.push_back(end);
  }
  if (has_images) add_images(events, *outcome.images, received, failed);
  // An answer that was cut, or that nobody waited for, failed its model but not them all.
  if (outcome.error && outcome.error->code != Errc::client_gone && outcome.model.empty()) {
    const Duration all = ended - received;
    events.push_back({Stage::all_failed, all, all, failed, {}, to_string(outcome.error->code)});
  }
  return events;
}

std::string trace_json(const std::vector<TraceEvent>& events, double received_unix) {
  std::string out = "[";
  for (const TraceEvent& event : events) {
    if (out.size() > 1) out.push_back(',');
    out.append(R"({"stage":")").append(to_string(event.stage)).append(R"(","timestamp":)");
    const auto micros =
        static_cast<std::uint64_t>(received_unix * 1e6) +
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(event.at).count());
    append_number(out, micros / 1'000'000);
    const std::string fraction = std::to_string(1'000'000 + micros % 1'000'000);
    out.push_back('.');
    out.append(fraction, 1);
    out.append(R"(,"duration_ms":)");
    append_ms(out, event.duration);
    out.append(R"(,"status":")").append(is_failure(event) ? "fail" : "success").append(R"(","retry_count":)");
    append_number(out, static_cast<std::uint64_t>(event.retry_count));
    if (!event.model.empty()) {
      out.append(R"(,"model":)");
      append_json_string(out, event.model);
    }
    if (!event.reason.empty()) out.append(R"(,"reason":")").append(event.reason).push_back('"');
    out.push_back('}');
  }
  out.push_back(']');
  return out;
}

std::string failed_header(const Outcome& outcome) {
  std::string out;
  for (const Attempt& attempt : outcome.attempts) {
    if (!attempt.error) continue;
    if (!out.empty()) out.append(", ");
    out.append(attempt.display_name).append(";").append(to_string(attempt.error->code)).append(";");
    append_ms(out, attempt.duration);
    if (out.size() > max_header) break;
  }
  return out;
}

}  // namespace gw::relay
