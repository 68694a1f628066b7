// Server-sent events (WHATWG HTML, 9.2 "Server-sent events"): cuts a byte stream into events, whatever the slicing.
// Keeps raw bytes: what is relayed is exactly what came. Does not interpret the data.
#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace gw::http {

/// One event, or a run of comments and empty lines between events (then `has_data` is false).
struct SseEvent {
  std::string_view raw;   ///< every byte of it, terminating empty line included; a view, valid until the next call
  std::string_view data;  ///< the data lines joined by LF; a view into raw when there is one line
  std::string_view name;  ///< the last `event:` value, or empty
  bool has_data = false;  ///< at least one data line (even an empty one)
};

/// Grammar accepted: lines end in LF, CRLF or CR; an optional BOM at the start of the stream; `data:` with or without
/// the one space; an event ends at an empty line. Incomplete input is kept, and scanning resumes where it stopped.
class SseSplitter {
 public:
  /// `max_event_bytes`: a longer event is an error (upstream_protocol).
  explicit SseSplitter(std::size_t max_event_bytes) : max_event_bytes_(max_event_bytes) {}

  /// Gives bytes to the splitter; call `next` until it says there is none, before the next feed. `bytes` must stay
  /// valid until then; an incomplete event at their end is copied when `next` runs dry.
  void feed(std::string_view bytes);

  /// The next complete event. `false`: none left in what was fed.
  [[nodiscard]] Result<bool> next(SseEvent& out);

  /// Bytes of an event that has begun and has not ended: at the end of a stream these are a cut event, or a last line
  /// without its terminator (which some providers send for [DONE]). A view, valid until the next call.
  [[nodiscard]] std::string_view pending() const noexcept;

  /// Reads `pending()` as if the missing terminator had come. False when there is nothing in it.
  [[nodiscard]] bool finish(SseEvent& out);

 private:
  /// Length of what completes the current event in `fed_`, or npos. Every byte is looked at once, whatever the slicing.
  [[nodiscard]] std::size_t scan() noexcept;
  void parse(std::string_view raw, SseEvent& out);
  void take_line(std::string_view line, SseEvent& out);

  std::size_t max_event_bytes_;
  std::string carry_;     // an incomplete event from earlier feeds
  std::string joined_;    // data of an event with several data lines
  std::string_view fed_;  // what remains of the last feed
  bool fed_has_cr_ = false;
  bool line_is_empty_ = true;  // of the line the scan stands in
  bool after_cr_ = false;      // the last byte scanned was a CR: a LF now belongs to it
  bool in_carry_ = false;      // the last event handed out lives in carry_, dropped at the next call
  bool at_start_ = true;       // a BOM may still come
};

}  // namespace gw::http
