// One request on an upstream connection and its reply, framed by HTTP/1.1. The caller decides deadlines (set them on
// the connection) and meaning. Bytes are handed out as views that are valid until the next suspension.
#pragma once

#include "http/chunked.hpp"
#include "http/exchange.hpp"
#include "http/head.hpp"
#include "net/cancel.hpp"
#include "upstream/pool.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gw::upstream {

/// What the relay wants to know of a reply's head.
struct ReplyHead {
  int status = 0;
  std::string content_type;
  std::string content_encoding;
  std::string content_disposition;
  std::string retry_after;
  std::string retry_after_ms;
  std::string request_id;     ///< x-request-id
  std::string processing_ms;  ///< openai-processing-ms
};

class Call {
 public:
  /// Bytes a reply's head may have (fault U17).
  static constexpr std::size_t max_head_bytes = std::size_t{64} * 1024;

  Call(net::Shard& shard, Pool::Lease lease) noexcept : shard_(shard), lease_(std::move(lease)) {}

  [[nodiscard]] net::Connection& connection() noexcept { return *lease_.connection; }

  /// Sends `pieces`, used up by it. They must live until it returns.
  net::Task<Result<void>> send(std::span<iovec> pieces);

  /// Reads the reply's head into `out`, which is fresh; interim replies (1xx) are passed over. An error before any byte
  /// came on a reused connection has Retry::same_or_elsewhere: the keep-alive race.
  net::Task<Result<void>> read_head(ReplyHead& out);

  struct Piece {
    std::string_view bytes;  ///< decoded; followed by at least 64 readable bytes
    bool end = false;        ///< nothing comes after these
  };

  /// The next part of the body. A body cut before its end is upstream_protocol; silence past the deadline idle_timeout.
  net::Task<Result<Piece>> read();

  /// The next `read` does not wait.
  [[nodiscard]] bool has_more_now() const noexcept { return !rest_.empty() || complete_; }

  /// The body was read to its end and the peer keeps the connection.
  [[nodiscard]] bool reusable() const noexcept { return complete_ && keep_alive_; }

  /// The body was read to its end.
  [[nodiscard]] bool ended() const noexcept { return complete_; }

  /// The announced length of the body, 0 when there is none.
  [[nodiscard]] std::uint64_t length() const noexcept { return length_; }

  [[nodiscard]] std::unique_ptr<net::Connection> take() noexcept { return std::move(lease_.connection); }

 private:
  [[nodiscard]] Error failure(const net::IoResult& result, Errc timeout, std::string_view what) const;
  Result<Piece> decode(std::span<char> bytes);

  net::Shard& shard_;
  Pool::Lease lease_;
  http::Buffer in_;       // a head that came in pieces, and what stood behind it
  std::span<char> rest_;  // of the body: what came with the head, in in_ or in the scratch memory
  bool any_ = false;      // a byte of the reply came
  http::Framing framing_ = http::Framing::none;
  std::uint64_t length_ = 0;
  std::uint64_t left_ = 0;
  http::ChunkedDecoder chunks_;
  bool keep_alive_ = false;
  bool complete_ = false;
  std::unique_ptr<const Error> broken_;  // told after what was decoded before it
};

}  // namespace gw::upstream
