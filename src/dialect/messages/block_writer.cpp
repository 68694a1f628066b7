#include "dialect/messages/block_writer.hpp"

#include "dialect/messages/call_input.hpp"

#include <algorithm>

namespace gw::dialect::messages {

BlockWriter::BlockWriter(const AnswerHead& head, Keeps keeps)
    : keeps_(keeps), id_("msg_" + to_raw(head.id)), model_(to_raw(head.model)) {}

void BlockWriter::begin() {
  if (has_begun_) return;
  has_begun_ = true;
  begun();
}

AnswerBlock& BlockWriter::open(AnswerBlock block) {
  begin();
  open_ = std::move(block);
  opened(*open_);
  return *open_;
}

void BlockWriter::grow(Raw text) {
  if (text.empty()) return;
  if (keeps_ == Keeps::everything || open_->kind == Kind::call) open_->text.append(text);
  grew(*open_, text);
}

void BlockWriter::close() {
  if (!open_) return;
  closed(*open_);
  open_.reset();
}

// The first of the calls that wait, with what has come of it.
void BlockWriter::open_next() {
  AnswerBlock next = std::move(waiting_.front());
  waiting_.erase(waiting_.begin());
  const std::string arguments = std::move(next.text);
  next.text.clear();
  open(std::move(next));
  grow(arguments);
}

void BlockWriter::close_all() {
  close();
  while (!waiting_.empty()) {
    open_next();
    close();
  }
}

void BlockWriter::on_text(Kind kind, const Event& event) {
  if (event.text.empty()) return;
  if (!open_ || open_->kind != kind || open_->block != event.block) {
    close_all();
    AnswerBlock block;
    block.kind = kind;
    block.block = event.block;
    open(std::move(block));
  }
  grow(event.text);
}

// Of the thinking; a call has no room for one, and has said it before it began.
void BlockWriter::on_proof(const Event& event) {
  if (std::find(call_blocks_.begin(), call_blocks_.end(), event.block) != call_blocks_.end()) return;
  if (!open_ || open_->kind != Kind::thinking || open_->block != event.block) return on_sealed(event);
  open_->signature = event.text;
  got_signature(*open_, event.text);
}

void BlockWriter::on_sealed(const Event& event) {
  close_all();
  AnswerBlock block;
  block.kind = Kind::redacted;
  block.block = event.block;
  block.text = event.text;
  open(std::move(block));
  close();
}

void BlockWriter::on_call(const Event& event) {
  begin();
  AnswerBlock block;
  block.kind = Kind::call;
  block.block = event.block;
  block.name = event.name;
  block.id = event.id.empty() ? "toolu_" + id_ + "_" + std::to_string(call_blocks_.size()) : call_id(event.id);
  call_blocks_.push_back(event.block);
  const bool is_running = open_ && open_->kind == Kind::call && !is_whole(open_->text);
  if (is_running) {
    waiting_.push_back(std::move(block));
    return;
  }
  close_all();
  if (!event.text.empty()) on_sealed(event);
  open(std::move(block));
}

void BlockWriter::on_arguments(const Event& event) {
  if (open_ && open_->kind == Kind::call && open_->block == event.block) {
    grow(event.text);
    while (!waiting_.empty() && event.text.ends_with('}') && is_whole(open_->text)) {
      close();
      open_next();
    }
    return;
  }
  const auto at = std::find_if(waiting_.begin(), waiting_.end(), [&](const AnswerBlock& block) {
    return block.block == event.block;
  });
  if (at != waiting_.end()) at->text.append(event.text);
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
      begin();
      close_all();
      finish_ = event.finish;
      stop_sequence_ = event.text;
      return;
  }
}

// Usage may come behind the finish, so that both wait for this.
void BlockWriter::end() {
  begin();
  close_all();
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
