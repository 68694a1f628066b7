#include "http/chunked.hpp"

#include <algorithm>

namespace gw::http {
namespace {

constexpr unsigned max_size_digits = 16;
constexpr std::uint32_t max_extension_bytes = 4 * 1024;  // of one chunk
constexpr std::uint32_t max_trailer_bytes = 16 * 1024;   // of the message
// What Go allows since CVE-2023-39326 (a byte of payload a chunk behind kilobytes of extensions): a chunk may have 16
// bytes and twice its payload for nothing, and all chunks together this much beyond that. A long stream whose chunks
// are signed stays far below it.
constexpr std::uint64_t free_extension_bytes = 16;
constexpr std::uint64_t max_excess_bytes = std::uint64_t{16} * 1024;

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Error bad(const char* why) {
  return upstream_error(Errc::upstream_protocol, why);
}

}  // namespace

bool ChunkedDecoder::outweighs_payload() noexcept {
  excess_ += skipped_;
  skipped_ = 0;
  const std::uint64_t payload = std::min(left_, excess_);  // more would only overflow
  excess_ -= std::min(excess_, free_extension_bytes + 2 * payload);
  return excess_ > max_excess_bytes;
}

Result<ChunkedDecoder::Step> ChunkedDecoder::decode(std::string_view bytes) {
  Step step;
  std::size_t i = 0;
  // Framing is a few bytes a chunk; payload is handed out as a run.
  for (; i < bytes.size() && state_ != State::done; ++i) {
    const char c = bytes[i];
    switch (state_) {
      case State::size_start:
      case State::size: {
        const int digit = hex_digit(c);
        if (digit >= 0) {
          if (++digits_ > max_size_digits) return bad("a chunk size is too long");
          left_ = (left_ << 4U) | static_cast<std::uint64_t>(digit);
          state_ = State::size;
        } else if (state_ == State::size && c == '\r') {
          state_ = State::size_lf;
        } else if (state_ == State::size && c == ';') {
          state_ = State::extension;
        } else if (state_ == State::size && (c == ' ' || c == '\t')) {
          state_ = State::size_space;
          ++skipped_;
        } else {
          return bad("a chunk size is not a hexadecimal number");
        }
        break;
      }
      case State::size_space:  // RFC 9112 7.1.1: white space only before a semicolon; some pad the size with it
        if (c == ';') {
          state_ = State::extension;
        } else if (c == '\r') {
          state_ = State::size_lf;
        } else if (c != ' ' && c != '\t') {
          return bad("a chunk size is not a hexadecimal number");
        } else if (++skipped_ > max_extension_bytes) {
          return bad("chunk extensions are too long");
        }
        break;
      case State::extension:
        if (c == '\r') {
          state_ = State::size_lf;
        } else if (c == '\n' || c == '\0') {
          return bad("a chunk extension has control characters");
        } else if (++skipped_ > max_extension_bytes) {
          return bad("chunk extensions are too long");
        }
        break;
      case State::size_lf:
        if (c != '\n') return bad("a chunk size does not end in CRLF");
        if (outweighs_payload()) return bad("chunk extensions outweigh the payload");
        state_ = left_ == 0 ? State::trailer_start : State::data;
        break;
      case State::data: {
        const auto run = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - i));
        left_ -= run;
        if (left_ == 0) state_ = State::data_cr;
        step.payload = bytes.substr(i, run);
        step.consumed = i + run;
        return step;
      }
      case State::data_cr:
        if (c != '\r') return bad("a chunk is longer than its size says");
        state_ = State::data_lf;
        break;
      case State::data_lf:
        if (c != '\n') return bad("a chunk does not end in CRLF");
        digits_ = 0;
        state_ = State::size_start;
        break;
      case State::trailer_start:
        if (c == '\r') {
          state_ = State::end_lf;
          break;
        }
        state_ = State::trailer;
        [[fallthrough]];
      case State::trailer:
        if (c == '\r') {
          state_ = State::trailer_lf;
        } else if (c == '\n' || c == '\0') {
          return bad("a trailer has control characters");
        } else if (++skipped_ > max_trailer_bytes) {
          return bad("trailers are too long");
        }
        break;
      case State::trailer_lf:
        if (c != '\n') return bad("a trailer does not end in CRLF");
        state_ = State::trailer_start;
        break;
      case State::end_lf:
        if (c != '\n') return bad("the last chunk does not end in CRLF");
        state_ = State::done;
        break;
      case State::done:
        break;
    }
  }
  step.consumed = i;
  step.done = state_ == State::done;
  return step;
}

}  // namespace gw::http
