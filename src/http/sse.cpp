#include "http/sse.hpp"

#include <cstring>
#include <string>

namespace gw::http {
namespace {

constexpr std::size_t keep_carry_bytes = std::size_t{64} * 1024;
constexpr std::size_t first_window_bytes = 256;  // most lines end within it
constexpr std::string_view bom = "\xEF\xBB\xBF";

std::size_t find_byte(std::string_view text, std::size_t from, char byte) noexcept {
  const void* const found = std::memchr(text.data() + from, byte, text.size() - from);
  if (found == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

// The first CR or LF from `from` on. The two are looked for in windows that grow: a search for the one that went on to
// the end of the bytes, past many of the other, would make lines that end in CR cost quadratic time.
std::size_t find_line_end(std::string_view text, std::size_t from) noexcept {
  for (std::size_t window = first_window_bytes; from < text.size(); window *= 4) {
    const std::string_view part = text.substr(from, window);
    const std::size_t lf = find_byte(part, 0, '\n');
    const std::string_view before = part.substr(0, lf);
    const std::size_t cr = find_byte(before, 0, '\r');
    const std::size_t end = cr != std::string_view::npos ? cr : lf;
    if (end != std::string_view::npos) return from + end;
    from += part.size();
  }
  return std::string_view::npos;
}

}  // namespace

void SseSplitter::feed(std::string_view bytes) {
  fed_ = bytes;
  fed_has_cr_ = !bytes.empty() && find_byte(bytes, 0, '\r') != std::string_view::npos;
}

std::size_t SseSplitter::scan() noexcept {
  std::size_t at = 0;
  while (at < fed_.size()) {
    if (after_cr_ && fed_[at] == '\n') {
      ++at;
      after_cr_ = false;
      continue;
    }
    const std::size_t end = fed_has_cr_ ? find_line_end(fed_, at) : find_byte(fed_, at, '\n');
    if (end != at) {
      line_is_empty_ = false;
      after_cr_ = false;
    }
    if (end == std::string_view::npos) return end;
    const bool event_ends = line_is_empty_;
    line_is_empty_ = true;
    after_cr_ = fed_[end] == '\r';
    at = end + 1;
    if (!event_ends) continue;
    // An event is not held back for the LF of its last CRLF: when that is not here yet, it opens the next event's
    // bytes.
    if (after_cr_ && at < fed_.size() && fed_[at] == '\n') {
      after_cr_ = false;
      ++at;
    }
    return at;
  }
  return std::string_view::npos;
}

Result<bool> SseSplitter::next(SseEvent& out) {
  if (in_carry_) {
    in_carry_ = false;
    carry_.clear();
    if (carry_.capacity() > keep_carry_bytes) std::string{}.swap(carry_);
  }
  if (fed_.empty()) return false;
  const std::size_t end = scan();
  const std::size_t taken = end == std::string_view::npos ? fed_.size() : end;
  if (carry_.size() + taken > max_event_bytes_) {
    return upstream_error(
        Errc::upstream_protocol,
        "an event of the provider's stream is larger than limits.event_bytes (" + std::to_string(max_event_bytes_) + ")"
    );
  }
  if (end == std::string_view::npos) {
    carry_.append(fed_);
    fed_ = {};
    return false;
  }
  if (carry_.empty()) {
    parse(fed_.substr(0, end), out);
  } else {
    carry_.append(fed_.substr(0, end));
    in_carry_ = true;
    parse(carry_, out);
  }
  fed_.remove_prefix(end);
  return true;
}

std::string_view SseSplitter::pending() const noexcept {
  return in_carry_ ? std::string_view{} : std::string_view{carry_};
}

bool SseSplitter::finish(SseEvent& out) {
  if (pending().empty()) return false;
  in_carry_ = true;
  parse(carry_, out);
  return true;
}

// WHATWG HTML 9.2.6 "Interpreting an event stream".
void SseSplitter::parse(std::string_view raw, SseEvent& out) {
  out = SseEvent{};
  out.raw = raw;
  std::string_view rest = raw;
  if (at_start_ && rest.starts_with(bom)) rest.remove_prefix(bom.size());
  at_start_ = false;
  while (!rest.empty()) {
    const std::size_t end = find_line_end(rest, 0);
    take_line(rest.substr(0, end), out);
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
}

void SseSplitter::take_line(std::string_view line, SseEvent& out) {
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "event") {
    out.name = value;
  } else if (name == "data") {
    if (!out.has_data) {
      out.data = value;
    } else {
      if (out.data.data() != joined_.data()) joined_.assign(out.data);
      joined_.append("\n").append(value);
      out.data = joined_;
    }
    out.has_data = true;
  }
}

}  // namespace gw::http
