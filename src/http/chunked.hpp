// The chunked transfer coding (RFC 9112 7.1), decoded in place and resumable at any byte.
#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gw::http {

/// Feed bytes as they come; payload is handed out as views into them. Strict: hexadecimal size of at most 16 digits,
/// CRLF only, extensions skipped up to 4 KiB a chunk (less when they outweigh the payload), trailers up to 16 KiB.
class ChunkedDecoder {
 public:
  struct Step {
    std::string_view payload;  ///< decoded bytes, a view into the input; may be empty
    std::size_t consumed = 0;  ///< input bytes used, framing included; call again with the rest
    bool done = false;         ///< the last chunk and its trailers are through; bytes after `consumed` are not ours
  };

  /// Consumes at most one run of payload. Makes progress on any non-empty input unless done.
  [[nodiscard]] Result<Step> decode(std::string_view bytes);

  [[nodiscard]] bool done() const noexcept { return state_ == State::done; }

 private:
  enum class State : std::uint8_t {
    size_start,
    size,
    size_space,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_start,
    trailer,
    trailer_lf,
    end_lf,
    done
  };
  [[nodiscard]] bool outweighs_payload() noexcept;

  State state_ = State::size_start;
  std::uint64_t left_ = 0;  // payload bytes of this chunk still to come
  unsigned digits_ = 0;
  std::uint32_t skipped_ = 0;  // bytes of this chunk's extensions, or of the trailers
  std::uint64_t excess_ = 0;   // extension bytes so far that payload does not make up for
};

}  // namespace gw::http
