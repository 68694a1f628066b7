#include "upstream/call.hpp"

#include "base/text.hpp"
#include "upstream/connector.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace gw::upstream {

namespace {

constexpr int max_interim_replies = 8;

void take_facts(const http::ResponseHead& head, ReplyHead& facts) {
  facts.status = head.status;
  const auto take = [](std::string& out, const http::Header& header, std::string_view name) {
    if (out.empty() && iequals(header.name, name)) out = header.value;
  };
  for (const http::Header& header : head.headers.all()) {
    switch (header.name.size()) {
      case 11:
        take(facts.retry_after, header, "retry-after");
        break;
      case 12:
        take(facts.content_type, header, "content-type");
        take(facts.request_id, header, "x-request-id");
        break;
      case 14:
        take(facts.retry_after_ms, header, "retry-after-ms");
        break;
      case 16:
        take(facts.content_encoding, header, "content-encoding");
        break;
      case 19:
        take(facts.content_disposition, header, "content-disposition");
        break;
      case 20:
        take(facts.processing_ms, header, "openai-processing-ms");
        break;
      default:
        break;
    }
  }
}

}  // namespace

Error Call::failure(const net::IoResult& result, Errc timeout, std::string_view what) const {
  if (result.stop == net::Stop::deadline) {
    return upstream_error(timeout, std::string(what) + ": the provider was silent for too long");
  }
  Error error = error_of(result, Errc::upstream_connect, what);
  if (lease_.reused && !any_ && error.origin == Origin::upstream) error.retry = Retry::same_or_elsewhere;
  return error;
}

net::Task<Result<void>> Call::send(std::span<iovec> pieces) {
  const net::IoResult result = co_await lease_.connection->write(pieces, net::Connection::Lifetime::stable);
  // A server may answer and close before it has read everything: then its answer is what counts.
  if (result.ok() || (result.stop == net::Stop::none && !lease_.reused)) co_return Result<void>{};
  co_return failure(result, Errc::first_byte_timeout, "sending the request");
}

// The usual head comes whole and is parsed where it was read; nothing is held while a provider thinks.
net::Task<Result<void>> Call::read_head(ReplyHead& out) {
  http::HeadScanner scanner;
  std::span<char> bytes;  // what came and was not parsed: in the scratch memory, or in in_
  int interim = 0;
  for (;;) {
    const std::string_view view(bytes.data(), bytes.size());
    const std::size_t end = scanner.find_end(view);
    if (end != 0) {
      // Kept for its memory; nothing of it is read after this function's next wait.
      thread_local http::ResponseHead head;
      const http::HeadLimits limits{max_head_bytes, http::max_headers};
      const Result<void> parsed = http::parse_response(view.substr(0, end), limits, false, head);
      if (!parsed) co_return parsed.error();
      bytes = bytes.subspan(end);
      if (head.status >= 200) {
        framing_ = head.framing;
        length_ = left_ = head.content_length;
        keep_alive_ = head.keep_alive && framing_ != http::Framing::until_close;
        complete_ = framing_ == http::Framing::none || (framing_ == http::Framing::length && left_ == 0);
        rest_ = bytes;
        if (complete_ && !bytes.empty()) keep_alive_ = false;
        take_facts(head, out);
        co_return Result<void>{};
      }
      if (head.status == 101 || ++interim > max_interim_replies) {
        co_return upstream_error(Errc::upstream_protocol, "the provider switched protocols or sent no final reply");
      }
      scanner.reset();
      continue;
    }
    // Another protocol's greeting may never end as a head.
    constexpr std::string_view begins = "HTTP/";
    if (!bytes.empty() && view.substr(0, begins.size()) != begins.substr(0, view.size())) {
      co_return upstream_error(Errc::upstream_protocol, "the provider's reply is not HTTP");
    }
    if (bytes.size() >= max_head_bytes) {
      co_return upstream_error(Errc::upstream_protocol, "the provider's reply has a head of over 64 KiB");
    }
    // A part of a head must outlive the wait for the rest.
    const bool is_kept = bytes.data() == in_.view().data() && !in_.space().empty();
    if (!bytes.empty() && !is_kept) {
      http::Buffer kept;
      kept.reserve(std::max<std::size_t>(2 * bytes.size(), 1024));
      kept.append({bytes.data(), bytes.size()});
      in_ = std::move(kept);
    }
    const std::span<char> into = bytes.empty() ? shard_.scratch() : in_.space();
    const net::IoResult read = co_await lease_.connection->read(into);
    if (!read.ok()) {
      const bool is_cut = !bytes.empty() && read.stop == net::Stop::none;
      if (!is_cut) co_return failure(read, Errc::first_byte_timeout, "waiting for the reply");
      co_return upstream_error(Errc::upstream_protocol, "the provider closed within the head of its reply");
    }
    any_ = true;
    if (bytes.empty()) {
      bytes = into.first(read.bytes);
    } else {
      in_.added(read.bytes);
      bytes = {const_cast<char*>(in_.view().data()), in_.size()};
    }
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
          broken_ = std::make_unique<const Error>(upstream_error(Errc::upstream_protocol, step.error().message));
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
    if (!rest_.empty()) {
      Result<Piece> piece = decode(std::exchange(rest_, {}));
      if (!piece || piece->end || !piece->bytes.empty()) co_return piece;
    }
    in_.release();
    const std::span<char> scratch = shard_.scratch();
    const net::IoResult read = co_await lease_.connection->read(scratch);
    if (!read.ok()) {
      if (read.end == net::End::clean && framing_ == http::Framing::until_close) {
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
    Result<Piece> piece = decode(scratch.first(read.bytes));
    if (!piece || piece->end || !piece->bytes.empty()) co_return piece;
  }
}

}  // namespace gw::upstream
