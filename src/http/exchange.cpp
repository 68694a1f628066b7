#include "http/exchange.hpp"

#include "base/text.hpp"
#include "http/chunked.hpp"
#include "http/write.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <ctime>

namespace gw::http {
namespace {

// A body is never allocated at its announced size before bytes have come: an announcement is free to make.
constexpr std::size_t first_body_bytes = std::size_t{256} * 1024;

// Read at once of a body that is passed on.
constexpr std::size_t passed_piece_bytes = std::size_t{64} * 1024;

// RFC 9110 6.6.1; one formatting a second and thread.
std::string_view date_line() {
  thread_local std::time_t formatted = 0;
  thread_local std::array<char, 48> line{};
  thread_local std::size_t length = 0;
  const std::time_t now = std::time(nullptr);
  if (now != formatted) {
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    length = std::strftime(line.data(), line.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    formatted = now;
  }
  return {line.data(), length};
}

Error gone(const net::IoResult& result) {
  return client_error(Errc::client_gone, "the client's connection ended: " + net::describe(result));
}

Error too_slow(const BodyPace& pace, bool is_rate, std::uint64_t received) {
  std::string message =
      "the request body stopped arriving for " + std::to_string(pace.silence.count()) + " ms (limits.body_timeout)";
  if (is_rate) {
    message = "the request body came too slowly, " + std::to_string(received) + " bytes so far; after " +
              std::to_string(pace.silence.count()) + " ms (limits.body_timeout) it must average " +
              std::to_string(pace.min_rate) + " bytes a second (limits.body_min_rate)";
  }
  return client_error(Errc::request_timeout, std::move(message));
}

}  // namespace

void Buffer::reserve(std::size_t capacity) {
  if (capacity <= capacity_) return;
  auto* const bigger = static_cast<char*>(take_block(capacity + padding));
  if (size_ != 0) std::memcpy(bigger, data_, size_);
  // The parser may read the padding, whose value means nothing; it must not be uninitialised.
  std::memset(bigger + capacity, 0, padding);
  if (data_ != nullptr) give_block(data_, capacity_ + padding);
  data_ = bigger;
  capacity_ = capacity;
}

void Buffer::append(std::string_view bytes) {
  if (bytes.empty()) return;
  if (data_ == nullptr || size_ + bytes.size() > capacity_) reserve(std::max(size_ + bytes.size(), capacity_ * 2));
  std::memcpy(data_ + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
}

std::string_view Buffer::join(std::string_view first, std::string_view second) noexcept {
  if (first.empty()) return second;
  if (second.empty()) return first;
  std::memmove(data_ + (first.data() - data_) + first.size(), second.data(), second.size());
  return {first.data(), first.size() + second.size()};
}

void Buffer::consume(std::size_t bytes) noexcept {
  size_ -= bytes;
  if (size_ != 0) std::memmove(data_, data_ + bytes, size_);
}

void Buffer::release() noexcept {
  if (data_ != nullptr) give_block(data_, capacity_ + padding);
  data_ = nullptr;
  size_ = 0;
  capacity_ = 0;
}

Exchange::Exchange(
    net::Shard& shard,
    net::Connection& connection,
    Buffer& input,
    std::size_t head_length,
    std::unique_ptr<RequestHead> head,
    const ServerLimits& limits,
    bool close_after
)
    : shard_(shard),
      connection_(connection),
      input_(input),
      head_(std::move(head)),
      limits_(limits),
      received_(Clock::now()),
      sent_before_(connection.sent()),
      input_used_(head_length),
      is_head_(head_->method == "HEAD"),
      http_1_0_(head_->minor_version == 0),
      keep_alive_(head_->keep_alive && !close_after),
      body_read_(head_->framing == Framing::none) {
  reply_head_.reserve(512);
}

net::Task<Result<std::size_t>> Exchange::read_more(std::span<char> into) {
  if (const std::size_t ready = connection_.read_now(into); ready != 0) co_return ready;
  const std::uint64_t so_far = passed_ ? passed_->taken : body_.size();
  const TimePoint begun = passed_ ? received_ + passed_->unwatched : received_;
  const BodyDeadline deadline = body_deadline(limits_.body_pace, begun, Clock::now(), so_far);
  connection_.deadline(deadline.due);
  const net::IoResult result = co_await connection_.read(into);
  connection_.deadline(far_future);
  if (result.ok()) co_return result.bytes;
  keep_alive_ = false;
  if (result.stop == net::Stop::deadline) co_return too_slow(limits_.body_pace, deadline.is_rate, so_far);
  client_gone_ = true;
  co_return gone(result);
}

net::Task<bool> Exchange::send_continue() {
  if (!head_->expect_continue || http_1_0_) co_return true;
  std::array<iovec, 1> pieces{net::piece("HTTP/1.1 100 Continue\r\n\r\n")};
  const net::IoResult result = co_await connection_.write(pieces, net::Connection::Lifetime::stable);
  co_return result.ok();
}

std::optional<Error> Exchange::coding_refused() const {
  const std::string_view coding = head_->headers.find("content-encoding");
  if (coding.empty() || iequals(coding, "identity")) return std::nullopt;
  return client_error(
      Errc::unsupported_media, "Content-Encoding is not accepted for requests; send the body uncompressed"
  );
}

net::Task<Result<std::string_view>> Exchange::read_body() {
  if (auto refused = coding_refused()) co_return *refused;
  if (head_->framing == Framing::none) co_return std::string_view{};
  if (head_->framing == Framing::chunked) {
    Result<std::string_view> body = co_await read_chunked();
    co_return body;
  }
  if (head_->content_length > limits_.body_bytes) {
    co_return client_error(
        Errc::payload_too_large,
        "the request body has " + std::to_string(head_->content_length) + " bytes; limits.body_bytes allows " +
            std::to_string(limits_.body_bytes)
    );
  }
  const std::size_t have = std::min(input_.size() - input_used_, static_cast<std::size_t>(head_->content_length));
  if (have == head_->content_length) {  // the usual case: it came with the head
    const std::string_view body = input_.view().substr(input_used_, have);
    input_used_ += have;
    body_read_ = true;
    co_return body;
  }
  Result<std::string_view> body = co_await read_sized(have);
  co_return body;
}

net::Task<Result<std::string_view>> Exchange::read_sized(std::size_t have) {
  const auto length = static_cast<std::size_t>(head_->content_length);
  // A byte more is asked for than is due: a read that fills all it was given would be followed by one that finds
  // nothing.
  body_.reserve(std::min(length, std::max(first_body_bytes, have)) + 1);
  body_.append(input_.view().substr(input_used_, have));
  input_used_ += have;
  if (have == 0 && !co_await send_continue()) {
    keep_alive_ = false;
    client_gone_ = true;
    co_return client_error(Errc::client_gone, "the client's connection ended before its body");
  }
  while (body_.size() < length) {
    if (body_.space().empty()) body_.reserve(std::min(length + 1, body_.capacity() * 2));
    const Result<std::size_t> read = co_await read_more(body_.space());
    if (!read) co_return read.error();
    body_.added(*read);
  }
  if (body_.size() > length) {  // the next request's first byte
    read_ahead_.append(body_.view().substr(length));
    body_.truncate(length);
  }
  body_read_ = true;
  co_return body_.view();
}

net::Task<Result<std::string_view>> Exchange::read_chunked() {
  ChunkedDecoder decoder;
  bool asked = false;
  Buffer raw;
  raw.append(input_.view().substr(input_used_));
  bool is_input = true;  // `raw` holds what stands in input_ behind the head
  std::size_t used = 0;
  for (;;) {
    while (used < raw.size()) {
      const Result<ChunkedDecoder::Step> step = decoder.decode(raw.view().substr(used));
      if (!step) {
        keep_alive_ = false;
        co_return client_error(Errc::invalid_request, "chunked request body: " + step.error().message);
      }
      used += step->consumed;
      if (body_.size() + step->payload.size() > limits_.body_bytes) {
        keep_alive_ = false;
        co_return client_error(
            Errc::payload_too_large,
            "the request body is larger than limits.body_bytes (" + std::to_string(limits_.body_bytes) + ")"
        );
      }
      body_.append(step->payload);
      if (!step->done) continue;
      body_read_ = true;
      if (body_.capacity() == 0) body_.reserve(Buffer::padding);
      if (is_input) {
        input_used_ += used;
      } else {
        input_used_ = input_.size();
        if (used < raw.size()) read_ahead_.append(raw.view().substr(used));
      }
      co_return body_.view();
    }
    if (!asked && body_.size() == 0 && !co_await send_continue()) {
      keep_alive_ = false;
      client_gone_ = true;
      co_return client_error(Errc::client_gone, "the client's connection ended before its body");
    }
    asked = true;
    is_input = false;
    used = 0;
    raw.release();
    raw.reserve(net::Shard::scratch_bytes / 4);
    const Result<std::size_t> read = co_await read_more(raw.space());
    if (!read) co_return read.error();
    raw.added(*read);
  }
}

// --- A body that is passed on ----------------------------------------------------------------------------------------

Error Exchange::too_large() const {
  const bool is_announced = !passed_->is_chunked && passed_->length > passed_->bound.bytes;
  return client_error(
      Errc::payload_too_large,
      "the request body " + (is_announced ? "has " + std::to_string(passed_->length) + " bytes; " : "is too large: ") +
          passed_->bound.setting + " allows " + std::to_string(passed_->bound.bytes) + " bytes"
  );
}

Result<void> Exchange::bound_body(BodyBound bound) {
  passed_->bound = std::move(bound);
  if (std::max(passed_->taken, passed_->length) > passed_->bound.bytes) return too_large();
  return {};
}

net::Task<Result<std::string_view>> Exchange::peek_body(std::size_t most, BodyBound bound) {
  if (auto refused = coding_refused()) co_return *refused;
  passed_ = std::make_unique<Passed>();
  passed_->is_chunked = head_->framing == Framing::chunked;
  passed_->length = head_->content_length;
  if (const Result<void> fits = bound_body(std::move(bound)); !fits) co_return fits.error();
  if (head_->framing == Framing::none) co_return std::string_view{};
  passed_->raw.append(input_.view().substr(input_used_));
  input_used_ = input_.size();
  if (!passed_->is_chunked && passed_->length == 0) end_of_passed();
  passed_->is_asked = passed_->raw.size() != 0;
  while (!body_read_ && body_.size() < most) {
    const Result<std::string_view> piece = co_await next_piece(most - body_.size());
    if (!piece) co_return piece.error();
    body_.append(*piece);
  }
  passed_->left = Clock::now();
  co_return body_.view();
}

net::Task<Result<std::string_view>> Exchange::read_piece() {
  passed_->unwatched += Clock::now() - passed_->left;
  Result<std::string_view> piece = co_await next_piece(passed_piece_bytes);
  passed_->left = Clock::now();
  co_return piece;
}

net::Task<Result<std::string_view>> Exchange::next_piece(std::size_t most) {
  Passed& passed = *passed_;
  while (!body_read_) {
    if (passed.used < passed.raw.size()) {
      Result<std::string_view> piece = decode_piece(most);
      if (!piece || !piece->empty()) co_return piece;
      continue;
    }
    if (!passed.is_asked && !co_await send_continue()) {
      keep_alive_ = false;
      client_gone_ = true;
      co_return client_error(Errc::client_gone, "the client's connection ended before its body");
    }
    passed.is_asked = true;
    passed.used = 0;
    passed.raw.truncate(0);
    passed.raw.reserve(passed_piece_bytes);
    const Result<std::size_t> read = co_await read_more(passed.raw.space());
    if (!read) co_return read.error();
    passed.raw.added(*read);
  }
  co_return std::string_view{};
}

// Payload out of what was read, at most `most` bytes; empty when that was framing alone, or the end. Small chunks are
// joined, or each would be a system call.
Result<std::string_view> Exchange::decode_piece(std::size_t most) {
  Passed& passed = *passed_;
  std::string_view piece;
  bool is_end = false;
  if (passed.is_chunked) {
    while (!is_end && piece.size() < most && passed.used < passed.raw.size()) {
      const Result<ChunkedDecoder::Step> step =
          passed.chunks.decode(passed.raw.view().substr(passed.used, most - piece.size()));
      if (!step) {
        keep_alive_ = false;
        return client_error(Errc::invalid_request, "chunked request body: " + step.error().message);
      }
      passed.used += step->consumed;
      piece = passed.raw.join(piece, step->payload);
      is_end = step->done;
    }
  } else {
    piece = passed.raw.view().substr(passed.used, most);
    piece =
        piece.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), passed.length - passed.taken)));
    passed.used += piece.size();
    is_end = passed.taken + piece.size() == passed.length;
  }
  passed.taken += piece.size();
  if (passed.taken > passed.bound.bytes) {
    keep_alive_ = false;
    return too_large();
  }
  if (is_end) end_of_passed();
  return piece;
}

// What stands behind the body is the next request.
void Exchange::end_of_passed() {
  body_read_ = true;
  read_ahead_.append(passed_->raw.view().substr(passed_->used));
}

void Exchange::release_request() noexcept {
  if (released_) return;
  released_ = true;
  head_.reset();
  body_.release();
  if (passed_) passed_->raw.release();
  if (input_used_ == input_.size()) {
    input_.release();
    input_used_ = 0;
  }
}

bool Exchange::reusable() const noexcept {
  return keep_alive_ && body_read_ && finished_ && !aborted_ && !client_gone_;
}

void Exchange::header(std::string_view name, std::string_view value) {
  append_header(reply_head_, name, value);
}

void Exchange::start_head(int status, std::string_view content_type) {
  begun_ = true;
  status_ = status;
  if (!body_read_) keep_alive_ = false;  // the unread body would be taken for the next request
  std::string head;
  head.reserve(reply_head_.size() + 256);
  head.append(status_line(status));
  head.append(date_line());
  if (!content_type.empty()) append_header(head, "Content-Type", content_type);
  head.append(reply_head_);
  if (!keep_alive_) {
    head.append("Connection: close\r\n");
  } else if (http_1_0_) {
    head.append("Connection: keep-alive\r\n");
  }
  reply_head_ = std::move(head);
}

void Exchange::begin(int status, std::string_view content_type, std::uint64_t length) {
  start_head(status, content_type);
  if (status != 204 && status != 304) {
    reply_head_.append("Content-Length: ");
    append_number(reply_head_, length);
    reply_head_.append("\r\n");
  }
  reply_head_.append("\r\n");
  body_left_ = length;
}

void Exchange::begin_stream(int status, std::string_view content_type) {
  if (http_1_0_) keep_alive_ = false;
  start_head(status, content_type);
  chunked_ = !http_1_0_;
  if (chunked_) reply_head_.append("Transfer-Encoding: chunked\r\n");
  reply_head_.append("\r\n");
}

// A second writer (a comment, then the relay) waits here for the first to end. At most one waits: comments never do.
struct Exchange::WriterTurn {
  Exchange& exchange;

  [[nodiscard]] bool await_ready() const noexcept { return !exchange.writing_; }

  void await_suspend(std::coroutine_handle<> waiter) const noexcept { exchange.writer_waits_ = waiter; }

  void await_resume() const noexcept {}
};

net::Task<bool> Exchange::send(std::string_view frame_head, std::string_view bytes, std::string_view frame_tail) {
  if (client_gone_ || aborted_) co_return false;
  writing_ = true;
  const std::string head = head_sent_ ? std::string{} : std::move(reply_head_);
  head_sent_ = true;
  std::array<iovec, 4> pieces{net::piece(head), net::piece(frame_head), net::piece(bytes), net::piece(frame_tail)};
  const auto first = static_cast<std::size_t>(head.empty() ? 1 : 0);
  connection_.write_timeout(limits_.write_timeout);
  const net::IoResult result =
      co_await connection_.write(std::span(pieces).subspan(first), net::Connection::Lifetime::scratch);
  writing_ = false;
  if (!result.ok()) client_gone_ = true;
  const bool ok = result.ok();
  // The waiter may end this exchange: nothing of it is touched after this.
  if (writer_waits_) std::exchange(writer_waits_, nullptr).resume();
  co_return ok;
}

net::Task<bool> Exchange::reply(int status, std::string_view content_type, std::string_view body) {
  begin(status, content_type, body.size());
  finished_ = true;
  const std::string_view sent_body = is_head_ ? std::string_view{} : body;
  const bool ok = co_await send({}, sent_body, {});
  co_return ok;
}

net::Task<bool> Exchange::write(std::string_view bytes) {
  // The bytes may be scratch memory: waiting for a comment to leave would lose them.
  if (writing_) {
    const std::string kept(bytes);
    WriterTurn turn{*this};
    co_await turn;
    const bool ok = co_await write(kept);
    co_return ok;
  }
  if (is_head_ || bytes.empty()) co_return !client_gone_;
  if (!chunked_) {
    if (body_left_ != 0) body_left_ -= std::min<std::uint64_t>(body_left_, bytes.size());
    const bool ok = co_await send({}, bytes, {});
    co_return ok;
  }
  std::array<char, 24> frame{};
  const std::size_t frame_length = append_chunk_head(frame.data(), bytes.size());
  const bool ok = co_await send({frame.data(), frame_length}, bytes, "\r\n");
  co_return ok;
}

net::Task<bool> Exchange::end() {
  if (writing_) {
    WriterTurn turn{*this};
    co_await turn;
  }
  finished_ = true;
  const std::string_view tail = chunked_ && !is_head_ ? "0\r\n\r\n" : "";
  const bool ok = co_await send({}, tail, {});
  co_return ok;
}

net::Task<void> Exchange::settle() {
  if (!writing_) co_return;
  connection_.stop(net::Stop::client_gone);
  WriterTurn turn{*this};
  co_await turn;
}

net::Task<void> Exchange::comment(std::string_view text) {
  if (writing_ || finished_ || client_gone_ || aborted_ || !begun_) co_return;
  (void)co_await write(text);
}

}  // namespace gw::http
