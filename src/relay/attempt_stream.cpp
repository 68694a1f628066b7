// The stage of an attempt that passes a stream on.
#include "http/session.hpp"
#include "relay/attempt.hpp"

#include <algorithm>

namespace gw::relay {

using upstream::Call;
using upstream::Pool;

namespace {

constexpr std::chrono::seconds longest_credit{24 * 3600};      // a stream's, in too_slow_at
constexpr Millis speed_grace{10000};                           // before a stream's speed is judged
constexpr Millis finish_linger{1000};                          // after the finish reason: for usage and [DONE]
constexpr std::size_t max_kept_out = std::size_t{256} * 1024;  // of the shard's memory, after a rare large event
constexpr std::size_t max_drained = std::size_t{64} * 1024;

Error slow_error() {
  return upstream_error(Errc::idle_timeout, "the stream fell below timeouts.min_tokens_per_second");
}

// Reads the end of a stream's framing that came after its last event, so that the connection can serve again.
net::Task<void> drain(Pool& pool, Pool::Host& host, Call call, config::Snapshot config) {
  call.connection().deadline(Clock::now() + finish_linger);
  std::size_t drained = 0;
  while (drained < max_drained) {
    const Result<Call::Piece> piece = co_await call.read();
    if (!piece) co_return;
    drained += piece->bytes.size();
    if (!piece->end) continue;
    if (call.reusable()) pool.release(host, call.take(), config->upstream);
    co_return;
  }
}

}  // namespace

TimePoint UpstreamAttempt::stream_deadline(const StreamJudge& judge) const {
  if (!judge.committed()) return first_content_by_;
  const Millis patience = judge.finished() ? std::min(finish_linger, candidate_.idle) : candidate_.idle;
  const TimePoint by = std::min(total_by_, Clock::now() + patience);
  return judge.finished() ? by : std::min(by, too_slow_at(judge));
}

// When a stream falls below the minimum speed, if nothing more comes.
TimePoint UpstreamAttempt::too_slow_at(const StreamJudge& judge) const {
  const double rate = context_.config->timeouts.min_tokens_per_second;
  if (rate <= 0) return far_future;
  const std::chrono::duration<double> most(longest_credit);
  const std::chrono::duration<double> earned(std::min(static_cast<double>(judge.tokens()) / rate, most.count()));
  return context_.outcome.first_content + speed_grace + std::chrono::duration_cast<Duration>(earned);
}

StreamJudge::Step UpstreamAttempt::take_events(
    http::SseSplitter& events, dialect::ReplyStream& meanings, StreamJudge& judge, bool last
) {
  using Step = StreamJudge::Step;
  std::string& out = context_.exchange.shard().out();
  dialect::EventSink* const sink = translation_ ? translation_->sink() : nullptr;
  http::SseEvent event;
  for (;;) {
    const Result<bool> more = last ? Result<bool>(events.finish(event)) : events.next(event);
    if (!more) return judge.on_failure(more.error());
    if (!*more) return Step::hold;
    Step step = Step::hold;
    if (event.has_data) {
      dialect::Meaning meaning = meanings.read(event, sink);
      if (translation_) translation_->telling().correct(meaning);
      step = judge.on_event(meaning);
    } else {
      step = judge.on_comment();
    }
    const auto say_in = [&](std::string& to) {
      if (translation_) {
        translation_->said(to);
      } else {
        to.append(event.raw);
      }
    };
    switch (step) {
      case Step::drop:
        break;
      case Step::hold:
        say_in(held_);
        break;
      case Step::forward:
        say_in(out);
        break;
      case Step::complete:
        say_in(out);
        return step;
      case Step::fail:
      case Step::interrupt:
        return step;
    }
    if (last) return Step::hold;
  }
}

net::Task<UpstreamAttempt::Answer> UpstreamAttempt::take_stream() {
  using Step = StreamJudge::Step;
  StreamJudge judge(rules());
  http::SseSplitter events(context_.config->limits.event_bytes);
  const std::unique_ptr<dialect::ReplyStream> meanings = dialect_.stream(*candidate_.provider);
  held_.clear();
  if (translation_) translation_->begin_answer();
  for (;;) {
    limit(stream_deadline(judge));
    const bool was_committed = judge.committed();
    const TimePoint asked = Clock::now();
    const Result<Call::Piece> piece = co_await call_->read();
    context_.outcome.upstream_wait += Clock::now() - asked;

    std::string& out = context_.exchange.shard().out();
    out.clear();
    Step step = Step::hold;
    if (piece && translation_) translated_ += piece->bytes.size();
    if (translated_ > max_translated) {
      step = judge.on_failure(upstream_error(Errc::upstream_protocol, "the provider's stream is beyond 32 MiB"));
    } else if (!piece) {
      const bool is_slow = judge.committed() && !judge.finished() && Clock::now() >= too_slow_at(judge);
      step = judge.on_failure(is_slow ? slow_error() : late(piece.error()));
    } else {
      if (!piece->bytes.empty()) {
        events.feed(piece->bytes);
        step = take_events(events, *meanings, judge, false);
      }
      if (step == Step::hold && piece->end) {
        const std::size_t whole = out.size();
        step = take_events(events, *meanings, judge, true);
        if (step == Step::hold) step = judge.on_end();
        // What no empty line ended is no event to anybody, and would swallow the error that follows.
        if (step == Step::interrupt) out.resize(whole);
      }
    }
    if (step == Step::complete && translation_) {
      translation_->end();
      translation_->said(out);
    }
    context_.outcome.usage = judge.usage();
    if (step == Step::fail) co_return judge.error();
    if (held_.size() > context_.config->limits.event_bytes) {
      co_return upstream_error(Errc::upstream_protocol, "the provider sent no content within limits.event_bytes");
    }
    if (judge.committed() && !was_committed) {
      describe();
      reply_.commit();
      context_.release_request();
      out.insert(0, held_);
      std::string{}.swap(held_);
    }
    if (!out.empty()) {
      const bool written = co_await reply_.write_events(out);
      if (!written) co_return client_error(Errc::client_gone, "the client closed the connection");
    }
    while (translation_ && judge.committed() && translation_->more(out)) {
      const bool written = co_await reply_.write_events(out);
      if (!written) co_return client_error(Errc::client_gone, "the client closed the connection");
    }
    if (out.capacity() > max_kept_out) std::string{}.swap(out);
    if (step != Step::complete && step != Step::interrupt) continue;
    net::Task<Answer> rest = step == Step::complete ? end_stream() : interrupt(judge.error());
    Answer answer = co_await rest;
    co_return answer;
  }
}

net::Task<UpstreamAttempt::Answer> UpstreamAttempt::interrupt(Error error) {
  Error shown = error;
  shown.message = told(error);
  for (Error* const each : {&error, &shown}) {
    if (each->origin == Origin::upstream) each->code = Errc::interrupted;
    each->retry = Retry::never;
  }
  co_await reply_.fail(shown);
  co_return error;
}

net::Task<UpstreamAttempt::Answer> UpstreamAttempt::end_stream() {
  const bool ended = co_await reply_.end();
  if (call_->ended()) {
    give_back();
  } else if (call_->connection().stopped() == net::Stop::none) {
    hook_.reset();
    net::Gate& gate = context_.exchange.shard().gate();
    gate.spawn("drain", drain(pool_, *host_, std::move(*call_), context_.config));
  }
  if (!ended) co_return client_error(Errc::client_gone, "the client closed the connection");
  co_return std::nullopt;
}

}  // namespace gw::relay
