#include "upstream/call.hpp"

#include "upstream/connector.hpp"

#include <algorithm>
#include <cstring>

namespace gw::upstream {

namespace {

constexpr int max_interim_replies = 8;

ReplyHead facts_of(const http::ResponseHead& head) {
  ReplyHead facts;
  facts.status = head.status;
  facts.content_type = head.headers.find("content-type");
  facts.content_encoding = head.headers.find("content-encoding");
  facts.retry_after = head.headers.find("retry-after");
  facts.retry_after_ms = head.headers.find("retry-after-ms");
  facts.request_id = head.headers.find("x-request-id");
  facts.processing_ms = head.headers.find("openai-processing-ms");
  return facts;
}

}  // namespace

Error Call::failure(const net::IoResult& result, Errc timeout, std::string_view what) const {
  if (result.stop == net::Stop::deadline) {
    return upstream_error(timeout, std::string(what) + ": the provider was silent for too long");
  }
  Error error = error_of(result, Errc::upstream_connect, what);
  if (lease_.reused && in_.size() == 0 && error.origin == Origin::upstream) error.retry = Retry::same_or_elsewhere;
  return error;
}

net::Task<Result<void>> Call::send(std::span<iovec> pieces) {
  const net::IoResult result = co_await lease_.connection->write(pieces, net::Connection::Lifetime::stable);
  // A server may answer and close before it has read everything: then its answer is what counts.
  if (result.ok() || (result.stop == net::Stop::none && !lease_.reused)) co_return Result<void>{};
  co_return failure(result, Errc::first_byte_timeout, "sending the request");
}

net::Task<Result<ReplyHead>> Call::read_head() {
  in_.reserve(wait_buffer_bytes);
  auto head = std::make_unique<http::ResponseHead>();
  http::HeadScanner scanner;
  int interim = 0;
  for (;;) {
    const std::size_t end = scanner.find_end(in_.view());
    if (end == 0) {
      if (in_.size() >= max_head_bytes) {
        co_return upstream_error(Errc::upstream_protocol, "the provider's reply has a head of over 64 KiB");
      }
      if (in_.space().empty()) in_.reserve(in_.capacity() * 2);
      const net::IoResult read = co_await lease_.connection->read(in_.space());
      if (!read.ok()) co_return failure(read, Errc::first_byte_timeout, "waiting for the reply");
      in_.added(read.bytes);
      continue;
    }
    const http::HeadLimits limits{max_head_bytes, http::max_headers};
    const Result<void> parsed = http::parse_response(in_.view().substr(0, end), limits, false, *head);
    if (!parsed) co_return parsed.error();
    if (head->status >= 200) {
      framing_ = head->framing;
      length_ = left_ = head->content_length;
      keep_alive_ = head->keep_alive && framing_ != http::Framing::until_close;
      complete_ = framing_ == http::Framing::none || (framing_ == http::Framing::length && left_ == 0);
      consumed_ = end;
      co_return facts_of(*head);
    }
    if (head->status == 101 || ++interim > max_interim_replies) {
      co_return upstream_error(Errc::upstream_protocol, "the provider switched protocols or sent no final reply");
    }
    in_.consume(end);
    scanner.reset();
  }
}

// Decodes in place: payload only ever moves towards the front.
Result<Call::Piece> Call::decode(std::span<char> bytes) {
  Piece piece;
  switch (framing_) {
    case http::Framing::none:
      complete_ = true;
      break;
    case http::Framing::until_close:
      piece.bytes = {bytes.data(), bytes.size()};
      break;
    case http::Framing::length: {
      const auto used = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
      piece.bytes = {bytes.data(), used};
      left_ -= used;
      complete_ = left_ == 0;
      if (used < bytes.size()) keep_alive_ = false;  // bytes nobody asked for: not a connection to use again
      break;
    }
    case http::Framing::chunked: {
      std::size_t at = 0;
      std::size_t kept = 0;
      while (at < bytes.size() && !chunks_.done()) {
        const auto step = chunks_.decode({bytes.data() + at, bytes.size() - at});
        if (!step) {
          broken_ = upstream_error(Errc::upstream_protocol, step.error().message);
          if (kept == 0) return *broken_;
          break;
        }
        if (!step->payload.empty()) {
          std::memmove(bytes.data() + kept, step->payload.data(), step->payload.size());
          kept += step->payload.size();
        }
        at += step->consumed;
      }
      complete_ = chunks_.done();
      if (at < bytes.size()) keep_alive_ = false;
      piece.bytes = {bytes.data(), kept};
      break;
    }
  }
  piece.end = complete_;
  return piece;
}

net::Task<Result<Call::Piece>> Call::read() {
  for (;;) {
    if (complete_) co_return Piece{{}, true};
    if (broken_) co_return *broken_;
    if (consumed_ < in_.size()) {  // what came with the head
      const std::span<char> rest(const_cast<char*>(in_.view().data()) + consumed_, in_.size() - consumed_);
      consumed_ = in_.size();
      Result<Piece> piece = decode(rest);
      if (!piece || piece->end || !piece->bytes.empty()) co_return piece;
    }
    if (in_.capacity() != wait_buffer_bytes) {
      in_.release();
      in_.reserve(wait_buffer_bytes);
    }
    in_.consume(in_.size());
    consumed_ = 0;
    net::Connection& connection = *lease_.connection;
    const net::IoResult read = co_await connection.read(in_.space());
    if (!read.ok()) {
      if (read.eof() && framing_ == http::Framing::until_close && read.error == boost::asio::error::eof) {
        complete_ = true;
        co_return Piece{{}, true};
      }
      if (read.stop == net::Stop::none) {
        co_return upstream_error(
            Errc::upstream_protocol, "the provider's reply was cut before its end (" + net::describe(read) + ")"
        );
      }
      co_return failure(read, Errc::idle_timeout, "reading the reply");
    }
    std::span<char> bytes(in_.space().data(), read.bytes);
    if (read.bytes == in_.capacity()) {  // a burst: more is likely there
      const std::span<char> scratch = shard_.scratch();
      std::memcpy(scratch.data(), bytes.data(), bytes.size());
      const std::size_t more = connection.read_now(scratch.subspan(bytes.size()));
      bytes = scratch.first(bytes.size() + more);
    }
    Result<Piece> piece = decode(bytes);
    if (!piece || piece->end || !piece->bytes.empty()) co_return piece;
  }
}

}  // namespace gw::upstream
