#include "dialect/messages/block_writer.hpp"

#include "dialect/messages/call_input.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace gw::dialect::messages {

BlockWriter::BlockWriter(const AnswerHead& head, Waits waits)
    : waits_(waits), id_("msg_" + to_raw(head.id)), model_(to_raw(head.model)) {}

void BlockWriter::begin() {
  if (has_begun_) return;
  has_begun_ = true;
  begun();
}

bool BlockWriter::is_blocked() const noexcept {
  if (waits_ == Waits::everything) return true;
  return open_ && open_->block.kind == Kind::call && !open_->nesting.is_whole();
}

void BlockWriter::open(Entry entry) {
  close();
  begin();
  if (!entry.proof.empty()) {
    AnswerBlock proof;
    proof.kind = Kind::redacted;
    proof.block = entry.block.block;
    proof.text = std::move(entry.proof);
    opened(proof);
    closed(proof);
  }
  std::string said;
  if (entry.block.kind != Kind::redacted) said.swap(entry.block.text);
  open_ = std::move(entry);
  opened(open_->block);
  tell(said);
  if (!open_->block.signature.empty()) got_signature(open_->block, open_->block.signature);
  if (open_->block.kind == Kind::redacted) close();
}

void BlockWriter::tell(Raw text) {
  if (text.empty()) return;
  if (waits_ == Waits::everything) open_->block.text.append(text);
  grew(open_->block, text);
}

void BlockWriter::close() {
  if (!open_) return;
  closed(open_->block);
  open_.reset();
}

void BlockWriter::open_next() {
  Entry next = std::move(ready_.front());
  ready_.pop_front();
  if (next.block.kind == Kind::call) calls_.erase(next.block.block);
  open(std::move(next));
}

void BlockWriter::open_ready() {
  while (!ready_.empty() && !is_blocked()) open_next();
}

void BlockWriter::on_text(Kind kind, const Event& event) {
  if (event.text.empty()) return;
  const auto goes_on = [&](const AnswerBlock& block) { return block.kind == kind && block.block == event.block; };
  Entry entry;
  entry.block.kind = kind;
  entry.block.block = event.block;
  if (is_blocked()) {
    const bool is_another = ready_.empty() || !goes_on(ready_.back().block) || !ready_.back().block.signature.empty();
    if (is_another) ready_.push_back(std::move(entry));
    ready_.back().block.text.append(event.text);
    return;
  }
  if (!open_ || !goes_on(open_->block)) open(std::move(entry));
  tell(event.text);
}

// Of the thinking; a call has no room for one, and has said it before it began.
void BlockWriter::on_proof(const Event& event) {
  if (std::find(call_blocks_.begin(), call_blocks_.end(), event.block) != call_blocks_.end()) return;
  const auto is_its = [&](const AnswerBlock& block) {
    return block.kind == Kind::thinking && block.block == event.block;
  };
  if (is_blocked()) {
    if (ready_.empty() || !is_its(ready_.back().block)) return on_sealed(event);
    ready_.back().block.signature = event.text;
    return;
  }
  if (!open_ || !is_its(open_->block)) return on_sealed(event);
  open_->block.signature = event.text;
  got_signature(open_->block, event.text);
}

void BlockWriter::on_sealed(const Event& event) {
  Entry entry;
  entry.block.kind = Kind::redacted;
  entry.block.block = event.block;
  entry.block.text = event.text;
  ready_.push_back(std::move(entry));
  open_ready();
}

void BlockWriter::on_call(const Event& event) {
  begin();
  Entry entry;
  entry.block.kind = Kind::call;
  entry.block.block = event.block;
  entry.block.name = event.name;
  entry.block.id = event.id.empty() ? "toolu_" + id_ + "_" + std::to_string(call_blocks_.size()) : call_id(event.id);
  entry.proof = event.text;
  call_blocks_.push_back(event.block);
  std::list<Entry>& list = waits_ == Waits::everything ? ready_ : silent_;
  list.push_back(std::move(entry));
  calls_.insert_or_assign(event.block, std::prev(list.end()));
}

void BlockWriter::on_arguments(const Event& event) {
  if (event.text.empty()) return;
  if (open_ && open_->block.kind == Kind::call && open_->block.block == event.block) {
    open_->nesting.take(event.text);
    tell(event.text);
    return open_ready();
  }
  const auto found = calls_.find(event.block);
  if (found == calls_.end()) return;
  const auto call = found->second;
  const bool was_silent = waits_ != Waits::everything && call->block.text.empty();
  if (was_silent) ready_.splice(ready_.end(), silent_, call);
  call->nesting.take(event.text);
  call->block.text.append(event.text);
  open_ready();
}

void BlockWriter::on(const Event& event) {
  if (event.choice != 0) return;
  switch (event.kind) {
    case Event::Kind::begin:  // the head says who answers
    case Event::Kind::logprobs:
    case Event::Kind::annotation:
      return;
    case Event::Kind::refusal:
      has_refusal_ = true;
      return on_text(Kind::text, event);
    case Event::Kind::text:
      return on_text(Kind::text, event);
    case Event::Kind::reasoning:
      return on_text(Kind::thinking, event);
    case Event::Kind::proof:
      return on_proof(event);
    case Event::Kind::sealed:
      return on_sealed(event);
    case Event::Kind::call:
      return on_call(event);
    case Event::Kind::arguments:
      return on_arguments(event);
    case Event::Kind::usage:
      return usage_.merge(event.usage);
    case Event::Kind::finish:
      // Blocks are closed at the end: arguments may still come.
      begin();
      finish_ = event.finish;
      stop_sequence_ = event.text;
      return;
  }
}

// Usage may come behind the finish, so that both wait for this.
void BlockWriter::end() {
  begin();
  ready_.splice(ready_.end(), silent_);
  while (!ready_.empty()) open_next();
  close();
  ended();
}

std::string_view BlockWriter::stop_reason() const {
  switch (finish_) {
    case Finish::stop:
      if (has_refusal_) return "refusal";
      if (!call_blocks_.empty()) return "tool_use";
      return stop_sequence_.empty() ? "end_turn" : "stop_sequence";
    case Finish::length:
      return "max_tokens";
    case Finish::tool_calls:
      return "tool_use";
    case Finish::content_filter:
    case Finish::refusal:
      return "refusal";
    case Finish::pause:
      return "pause_turn";
  }
  return "end_turn";
}

void BlockWriter::write_head(JsonWriter& json) const {
  json.key("id").string(id_).key("type").string("message").key("role").string("assistant").key("model").string(model_);
}

void BlockWriter::write_stop(JsonWriter& json) const {
  const std::string_view reason = stop_reason();
  json.key("stop_reason").string(reason).key("stop_sequence");
  if (reason == "stop_sequence") {
    json.string(stop_sequence_);
  } else {
    json.null();
  }
}

// The prompt is counted without what its cache gave or took.
void BlockWriter::write_usage(JsonWriter& json) const {
  const std::uint64_t cached = usage_.cached + usage_.cache_written;
  json.key("usage").begin_object();
  json.key("input_tokens").number(usage_.prompt - std::min(cached, usage_.prompt));
  json.key("cache_creation_input_tokens").number(usage_.cache_written);
  json.key("cache_read_input_tokens").number(usage_.cached);
  json.key("output_tokens").number(usage_.completion).end_object();
}

}  // namespace gw::dialect::messages
