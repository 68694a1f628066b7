// One request on a client's connection and its reply: what a handler sees. Reads the body when asked (limits, chunked,
// Expect), frames the reply (length, chunked, close-delimited, HEAD), keeps the connection usable or says that it is
// not. Thread: the shard's. A handler is a coroutine; it may write from one place at a time, plus `comment`.
#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "http/body_pace.hpp"
#include "http/chunked.hpp"
#include "http/head.hpp"
#include "net/connection.hpp"
#include "net/shard.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gw::http {

/// What a listener allows, copied from the configuration when a request begins.
struct ServerLimits {
  HeadLimits head;
  std::size_t body_bytes = std::size_t{32} * 1024 * 1024;
  Millis head_timeout{15000};
  BodyPace body_pace;
  Millis idle_timeout{75000};
  Millis write_timeout{60000};
};

/// How long a body may be that is passed on in pieces.
struct BodyBound {
  std::uint64_t bytes = 0;
  std::string setting;  ///< that says so, for the error's message
};

/// Bytes in one allocation with `padding` readable bytes behind them. Small ones are apart from other memory
/// (base/blocks.hpp): when their requests are over, nothing of them is left.
class Buffer {
 public:
  static constexpr std::size_t padding = 64;

  Buffer() = default;

  ~Buffer() { release(); }

  Buffer(Buffer&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}

  Buffer& operator=(Buffer&& other) noexcept {
    if (this != &other) {
      release();
      data_ = std::exchange(other.data_, nullptr);
      size_ = std::exchange(other.size_, 0);
      capacity_ = std::exchange(other.capacity_, 0);
    }
    return *this;
  }

  [[nodiscard]] std::string_view view() const noexcept { return {data_, size_}; }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

  /// Where the next bytes go.
  [[nodiscard]] std::span<char> space() noexcept { return {data_ + size_, capacity_ - size_}; }

  void added(std::size_t bytes) noexcept { size_ += bytes; }

  /// Drops what stands behind the first `bytes`.
  void truncate(std::size_t bytes) noexcept { size_ = bytes; }

  /// `second` moved to the end of `first`: both are views into this, `second` behind `first`.
  [[nodiscard]] std::string_view join(std::string_view first, std::string_view second) noexcept;

  void append(std::string_view bytes);
  void reserve(std::size_t capacity);

  /// Drops `bytes` from the front.
  void consume(std::size_t bytes) noexcept;

  void release() noexcept;

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

class Exchange {
 public:
  Exchange(
      net::Shard& shard,
      net::Connection& connection,
      Buffer& input,
      std::size_t head_length,
      std::unique_ptr<RequestHead> head,
      const ServerLimits& limits,  ///< outlives it
      bool close_after
  );
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  [[nodiscard]] net::Shard& shard() noexcept { return shard_; }

  [[nodiscard]] net::Connection& connection() noexcept { return connection_; }

  /// Valid until `release_head` or `release_request`.
  [[nodiscard]] const RequestHead& head() const noexcept { return *head_; }

  /// When the first byte of the request was read.
  [[nodiscard]] TimePoint received() const noexcept { return received_; }

  /// The whole body, with Buffer::padding readable bytes behind it; valid until `release_request`. Errors are the
  /// client's: payload_too_large, unsupported_media (a content coding), request_timeout, invalid_request, client_gone.
  net::Task<Result<std::string_view>> read_body();

  // For who passes the body on instead of holding it; not beside `read_body`. Errors are the same. The client's pace is
  // judged by the time that is spent waiting for it, not by what the receiver takes.

  /// The body's first bytes: `most`, fewer only where it ends. Valid until `release_request`. Bodies beyond `bound` are
  /// refused, those with a length before anything of them is read.
  net::Task<Result<std::string_view>> peek_body(std::size_t most, BodyBound bound);

  /// A closer bound, once it is known who gets the body. An error when it is already passed, or announced to be.
  [[nodiscard]] Result<void> bound_body(BodyBound bound);

  /// What follows; empty at the end. A view, valid until the next call. After `peek_body`.
  net::Task<Result<std::string_view>> read_piece();

  /// Everything was handed out.
  [[nodiscard]] bool body_ended() const noexcept { return body_read_; }

  /// Bytes of a passed body handed out so far, framing not counted.
  [[nodiscard]] std::uint64_t body_taken() const noexcept { return passed_ ? passed_->taken : 0; }

  /// Gives back what was made of the head, once nobody reads it any more; the body stays. Idempotent.
  void release_head() noexcept { head_.reset(); }

  /// Gives back the memory of head and body, before a long reply. Idempotent.
  void release_request() noexcept;

  // --- The reply -------------------------------------------------------------------------------------------------

  /// Adds a header line to the reply; before its head is sent.
  void header(std::string_view name, std::string_view value);

  /// A whole reply. False when the client is gone. `body` must live until this returns.
  net::Task<bool> reply(int status, std::string_view content_type, std::string_view body);

  /// A whole reply whose body follows by `write`: `length` bytes exactly.
  void begin(int status, std::string_view content_type, std::uint64_t length);

  /// A reply of unknown length (an event stream): chunked, or until close for HTTP/1.0.
  void begin_stream(int status, std::string_view content_type);

  /// The reply's head leaves with the first write. `bytes` are used at once or copied (they may be scratch memory).
  net::Task<bool> write(std::string_view bytes);

  /// Ends a streamed reply.
  net::Task<bool> end();

  /// Writes `text` (an SSE comment) if nothing is being written now; otherwise does nothing. Spawned by a timer.
  net::Task<void> comment(std::string_view text);

  /// The reply cannot be completed as framed: nothing more is written and the connection is closed.
  void abort() noexcept { aborted_ = true; }

  /// The client is known to have left: nobody is to be answered.
  void client_left() noexcept { client_gone_ = true; }

  /// Waits for a comment under way, which an abandoned reply ends; after it nothing refers to this exchange.
  net::Task<void> settle();

  /// A comment is being written: `settle` must be awaited before this exchange ends.
  [[nodiscard]] bool is_writing() const noexcept { return writing_; }

  [[nodiscard]] bool begun() const noexcept { return begun_; }

  [[nodiscard]] bool head_sent() const noexcept { return head_sent_; }

  [[nodiscard]] bool finished() const noexcept { return finished_; }

  [[nodiscard]] int status() const noexcept { return status_; }

  /// Bytes of the reply that the kernel took so far, head and framing included.
  [[nodiscard]] std::uint64_t sent_bytes() const noexcept { return connection_.sent() - sent_before_; }

  [[nodiscard]] bool client_gone() const noexcept { return client_gone_; }

  /// The connection can take another request after this one.
  [[nodiscard]] bool reusable() const noexcept;

  /// Bytes of `input` that belonged to this request; the session drops them.
  [[nodiscard]] std::size_t input_used() const noexcept { return input_used_; }

  /// What was read behind a body: the next request's bytes, after those of `input` are dropped.
  [[nodiscard]] Buffer& read_ahead() noexcept { return read_ahead_; }

 private:
  // A body that is passed on. `raw` are bytes as they came, `used` of them are handed out.
  struct Passed {
    BodyBound bound;
    ChunkedDecoder chunks;
    Buffer raw;
    std::size_t used = 0;
    std::uint64_t length = 0;  // announced
    std::uint64_t taken = 0;
    TimePoint left{};  // when the last piece was handed out: until the next is asked for, nobody waits for the client
    Duration unwatched{};
    bool is_chunked = false;
    bool is_asked = false;  // 100 Continue was sent, or is not needed
  };

  [[nodiscard]] std::optional<Error> coding_refused() const;
  [[nodiscard]] Error too_large() const;
  net::Task<Result<std::string_view>> next_piece(std::size_t most);
  Result<std::string_view> decode_piece(std::size_t most);
  void end_of_passed();
  net::Task<Result<std::string_view>> read_sized(std::size_t have);
  net::Task<Result<std::string_view>> read_chunked();
  net::Task<Result<std::size_t>> read_more(std::span<char> into);
  net::Task<bool> send_continue();
  net::Task<bool> send(std::string_view frame_head, std::string_view bytes, std::string_view frame_tail);
  void start_head(int status, std::string_view content_type);

  net::Shard& shard_;
  net::Connection& connection_;
  Buffer& input_;
  std::unique_ptr<RequestHead> head_;
  const ServerLimits& limits_;
  Buffer body_;
  Buffer read_ahead_;
  std::unique_ptr<Passed> passed_;  // null: the body is held, or not read yet
  std::string reply_head_;          // header lines, then the whole head until it is sent
  TimePoint received_;
  std::uint64_t sent_before_;
  std::size_t input_used_;
  std::uint64_t body_left_ = 0;  // of a reply with a length
  int status_ = 0;
  bool is_head_ = false;
  bool http_1_0_ = false;
  bool keep_alive_;
  bool body_read_ = false;
  bool released_ = false;
  bool begun_ = false;
  bool chunked_ = false;
  bool head_sent_ = false;
  bool finished_ = false;
  bool aborted_ = false;
  bool client_gone_ = false;
  bool writing_ = false;
  std::coroutine_handle<> writer_waits_;

  struct WriterTurn;
};

}  // namespace gw::http
