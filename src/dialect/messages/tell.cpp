#include "dialect/messages/tell.hpp"

#include "chat/scalar.hpp"
#include "dialect/messages/signature.hpp"

#include <simdjson.h>

#include <algorithm>

namespace gw::dialect::messages {
namespace {

constexpr std::uint32_t max_blocks = 4096;

Raw checked(Raw text) {
  return chat::has_valid_escapes(text) ? text : Raw{};
}

// An object as the inside of a literal, without white space for people. Empty for an empty one: what comes in pieces
// begins with that.
std::string arguments_text(JsonText object) {
  std::string small(object.size(), '\0');
  std::size_t length = 0;
  if (simdjson::minify(object.data(), object.size(), small.data(), length) != simdjson::SUCCESS) return to_raw(object);
  small.resize(length);
  return small == "{}" ? std::string{} : to_raw(small);
}

Finish finish_of(Raw reason, bool has_calls) {
  if (reason == "max_tokens" || reason == "model_context_window_exceeded") return Finish::length;
  if (reason == "refusal") return Finish::refusal;
  if (reason == "pause_turn") return Finish::pause;
  return has_calls && reason != "stop_sequence" ? Finish::tool_calls : Finish::stop;
}

}  // namespace

void Teller::begin(Raw id, Raw model, EventSink& sink) {
  if (has_begun_) return;
  has_begun_ = true;
  Event event;
  event.kind = Event::Kind::begin;
  event.id = checked(id);
  event.name = checked(model);
  sink.on(event);
}

Teller::Open* Teller::find(std::uint64_t index) noexcept {
  const auto at = std::find_if(open_.begin(), open_.end(), [&](const Open& one) { return one.index == index; });
  return at == open_.end() ? nullptr : &*at;
}

Teller::Open* Teller::open(Kind kind, std::uint64_t index) {
  if (opened_ >= max_blocks) return nullptr;
  ++opened_;
  Open& added = open_.emplace_back();
  added.kind = kind;
  added.index = index;
  return &added;
}

// Its number is its place among those of which something was told.
void Teller::say(Event::Kind kind, Open& open, Raw text, EventSink& sink) {
  if (!open.is_told) open.number = next_++;
  open.is_told = true;
  Event event;
  event.kind = kind;
  event.block = open.number;
  event.text = text;
  sink.on(event);
}

void Teller::call(const BlockSays& block, Open& open, EventSink& sink) {
  has_calls_ = true;
  open.is_told = true;
  open.number = next_++;
  Event event;
  event.kind = Event::Kind::call;
  event.block = open.number;
  event.id = checked(block.id);
  event.name = checked(block.name);
  sink.on(event);
  if (!block.input.empty()) open.input = arguments_text(block.input);
  if (open.input.empty()) open.input = "{}";
}

void Teller::block_begun(const BlockSays& block, std::uint64_t index, EventSink& sink) {
  block_done(index, sink);
  const Kind kind = block.type == "text"                                            ? Kind::text
                    : block.type == "thinking" || block.type == "redacted_thinking" ? Kind::thinking
                    : block.type == "tool_use"                                      ? Kind::call
                                                                                    : Kind::other;
  Open* const added = open(kind, index);
  if (added == nullptr) return;
  if (kind == Kind::call) return call(block, *added, sink);
  if (block.type == "redacted_thinking") {
    if (const Raw data = checked(block.data); !data.empty()) say(Event::Kind::sealed, *added, data, sink);
    return;
  }
  DeltaSays first;  // a whole message has it all here
  first.text = block.text;
  first.thinking = block.thinking;
  first.signature = block.signature;
  block_grew(first, index, sink);
}

void Teller::block_grew(const DeltaSays& delta, std::uint64_t index, EventSink& sink) {
  const Raw text = checked(delta.text);
  const Raw thinking = checked(delta.thinking);
  Open* block = find(index);
  if (block == nullptr && (!text.empty() || !thinking.empty())) {
    block = open(thinking.empty() ? Kind::text : Kind::thinking, index);
  }
  if (block == nullptr) return;
  switch (block->kind) {
    case Kind::text:
      if (!text.empty()) say(Event::Kind::text, *block, text, sink);
      return;
    case Kind::thinking:
      if (!thinking.empty()) say(Event::Kind::reasoning, *block, thinking, sink);
      block->signature.append(checked(delta.signature));
      return;
    case Kind::call:
      if (delta.partial_json.empty()) return;
      block->input.clear();
      say(Event::Kind::arguments, *block, checked(delta.partial_json), sink);
      return;
    case Kind::other:
      return;
  }
}

void Teller::close(Open& open, EventSink& sink) {
  if (open.kind == Kind::call && !open.input.empty()) say(Event::Kind::arguments, open, open.input, sink);
  if (open.kind != Kind::thinking || open.signature.empty()) return;
  if (open.is_told) return say(Event::Kind::proof, open, open.signature, sink);
  say(Event::Kind::sealed, open, std::string(unshown_mark).append(open.signature), sink);
}

void Teller::block_done(std::uint64_t index, EventSink& sink) {
  Open* const block = find(index);
  if (block == nullptr) return;
  close(*block, sink);
  open_.erase(open_.begin() + (block - open_.data()));
}

void Teller::usage(const Usage& usage, EventSink& sink) {
  Event event;
  event.kind = Event::Kind::usage;
  event.usage = usage;
  sink.on(event);
}

void Teller::finish(Raw stop_reason, Raw stop_sequence, EventSink& sink) {
  if (has_ended_) return;
  has_ended_ = true;
  for (Open& open : open_) close(open, sink);
  open_.clear();
  Event event;
  event.kind = Event::Kind::finish;
  event.block = next_;
  event.finish = finish_of(stop_reason, has_calls_);
  if (stop_reason == "stop_sequence") event.text = checked(stop_sequence);
  sink.on(event);
}

void Teller::event(const EventSays& event, const std::optional<Usage>& usage, EventSink& sink) {
  if (event.type == "message_start") {
    begin(event.id, event.model, sink);
  } else if (event.type == "content_block_start") {
    begin({}, {}, sink);
    block_begun(event.block, event.index, sink);
  } else if (event.type == "content_block_delta") {
    begin({}, {}, sink);
    block_grew(event.delta, event.index, sink);
  } else if (event.type == "content_block_stop") {
    block_done(event.index, sink);
  } else if (event.type == "message_delta" && !event.delta.stop_reason.empty()) {
    begin({}, {}, sink);
    finish(event.delta.stop_reason, event.delta.stop_sequence, sink);
  }
  if (usage) Teller::usage(*usage, sink);
}

void Teller::reply(const MessageSays& message, const std::vector<BlockSays>& blocks, EventSink& sink) {
  begin(message.id, message.model, sink);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    block_begun(blocks[i], i, sink);
    block_done(i, sink);
  }
  if (message.counts) usage(message.counts->usage(), sink);
  finish(message.stop_reason, message.stop_sequence, sink);
}

}  // namespace gw::dialect::messages
