// HTTP/1.1 message heads, strictly by RFC 9112: pure parsers over bytes, views into the caller's buffer.
// Decides what is a well-formed head and how its body is framed; knows nothing of sockets or of our routes.
#pragma once

#include "base/blocks.hpp"
#include "base/error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace gw::http {

struct Header {
  std::string_view name;   ///< as sent; compare with iequals
  std::string_view value;  ///< optional white space removed
};

/// At most this many header fields are held; `limits.header_count` may be lower.
inline constexpr std::size_t max_headers = 128;

enum class Framing : std::uint8_t {
  none,    ///< no body
  length,  ///< `content_length` bytes
  chunked,
  until_close,  ///< replies only
};

struct Headers {
  BlockVector<Header> fields;

  [[nodiscard]] std::span<const Header> all() const noexcept { return fields; }

  /// First field of that name, or an empty view with null data.
  [[nodiscard]] std::string_view find(std::string_view name) const noexcept;
};

struct RequestHead {
  std::string_view method;
  std::string_view target;  ///< origin-form, absolute-form or "*", as sent
  std::string_view path;    ///< of the target, without the query; always begins with '/' or is "*"
  std::string_view query;   ///< after '?', may be empty
  int minor_version = 1;    ///< HTTP/1.0 or HTTP/1.1
  Headers headers;
  Framing framing = Framing::none;
  std::uint64_t content_length = 0;
  bool keep_alive = true;
  bool expect_continue = false;
};

struct ResponseHead {
  int status = 0;
  int minor_version = 1;
  Headers headers;
  Framing framing = Framing::none;
  std::uint64_t content_length = 0;
  bool keep_alive = true;
};

struct HeadLimits {
  std::size_t bytes = std::size_t{32} * 1024;
  std::size_t count = 100;
};

/// Finds the end of a head. Resumable: keep one a message; `scanned` makes a second call continue where the first
/// stopped. Vectorised (memchr), never a byte loop over the head.
class HeadScanner {
 public:
  /// The length of the head with its final empty line, or 0 while it is incomplete. A request may be preceded by empty
  /// lines (RFC 9112 2.2): they count as part of the head and `parse_request` skips them. A bare CR never ends a line.
  [[nodiscard]] std::size_t find_end(std::string_view bytes) noexcept;

  void reset() noexcept { *this = {}; }

 private:
  std::size_t scanned_ = 0;  // bytes already searched
  std::size_t leading_ = 0;  // bytes of empty lines at the front
};

/// `head` is exactly what HeadScanner delimited. Errors: invalid_request (400; the connection must then be closed),
/// header_too_large (431), unsupported (501 for an unknown transfer coding is reported as invalid_request).
/// Refused: bare CR or LF, obs-fold, space before the colon, control bytes, duplicate or odd Content-Length, TE with
/// CL, TE on 1.0, any coding but a single final "chunked", missing or second Host on 1.1, a Host that is not a host,
/// versions other than 1.0 and 1.1, the HTTP/2 preface.
[[nodiscard]] Result<void> parse_request(std::string_view head, const HeadLimits& limits, RequestHead& out);

/// Replies of providers: as strict about framing (that is what desynchronises a pool), tolerant of a missing reason
/// phrase. `request_was_head` and statuses 1xx, 204, 304 mean no body.
[[nodiscard]] Result<void> parse_response(
    std::string_view head, const HeadLimits& limits, bool request_was_head, ResponseHead& out
);

}  // namespace gw::http
