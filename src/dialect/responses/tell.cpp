#include "dialect/responses/tell.hpp"

#include "dialect/responses/extras.hpp"
#include "dialect/responses/tell_read.hpp"

#include <algorithm>

namespace gw::dialect::responses {
namespace {

constexpr std::string_view paragraph = "\\n\\n";  // between the parts of a summary; raw

void tell_extras(Event event, const Piece& piece, EventSink& sink) {
  if (const std::string json = logprobs_of_event(piece.logprobs); !json.empty()) {
    event.kind = Event::Kind::logprobs;
    event.json = json;
    sink.on(event);
  }
  for (const JsonText annotation : piece.annotations) {
    const std::string json = annotation_of_event(annotation);
    if (json.empty()) continue;
    event.kind = Event::Kind::annotation;
    event.json = json;
    sink.on(event);
  }
}

}  // namespace

void Teller::say(Event::Kind kind, const Block& block, Raw text, EventSink& sink) {
  if (text.empty()) return;
  begin({}, sink);
  Event event;
  event.kind = kind;
  event.block = block.number;
  event.text = text;
  sink.on(event);
}

void Teller::begin(const ResponseParts& response, EventSink& sink) {
  if (has_begun_) return;
  has_begun_ = true;
  Event event;
  event.kind = Event::Kind::begin;
  event.id = response.id;
  event.name = response.model;
  sink.on(event);
}

void Teller::text_delta(const EventParts& event, Kind kind, EventSink& sink) {
  if (event.delta.empty()) return;
  const Place place{event.output_index, event.item_id};
  Block* block = find(kind, place, event.part_index);
  if (block == nullptr) block = open(kind, place, event.part_index);
  if (block == nullptr) return;
  block->is_streamed = true;
  block->told.add(event.delta);
  say(kind == Kind::text ? Event::Kind::text : Event::Kind::refusal, *block, event.delta, sink);
  Event extra;
  extra.block = block->number;
  Piece piece;
  piece.logprobs = event.logprobs;
  tell_extras(extra, piece, sink);
}

void Teller::text_done(const EventParts& event, Kind kind, EventSink& sink) {
  if (event.whole.empty()) return;
  const Place place{event.output_index, event.item_id};
  Block* block = find(kind, place, event.part_index);
  if (block == nullptr) block = open(kind, place, event.part_index);
  if (block == nullptr) return;
  const Raw rest = block->told.rest(event.whole);
  block->told.add(rest);
  say(kind == Kind::text ? Event::Kind::text : Event::Kind::refusal, *block, rest, sink);
}

void Teller::tell_reasoning(Block& block, std::uint64_t part_index, Raw text, EventSink& sink) {
  if (text.empty()) return;
  if (block.part_index != part_index) {
    if (!block.told.empty()) say(Event::Kind::reasoning, block, paragraph, sink);
    block.part_index = part_index;
    block.told = {};
  }
  block.told.add(text);
  say(Event::Kind::reasoning, block, text, sink);
}

// A model's own reasoning and a summary of it do not both become text: what begins first is told.
void Teller::reasoning_delta(const EventParts& event, Kind kind, EventSink& sink) {
  const Kind other = kind == Kind::summary ? Kind::reasoning : Kind::summary;
  const Place place{event.output_index, event.item_id};
  if (event.delta.empty() || find_item(other, place) != nullptr) return;
  Block* block = find_item(kind, place);
  if (block == nullptr) block = open(kind, place, event.part_index);
  if (block != nullptr) tell_reasoning(*block, event.part_index, event.delta, sink);
}

void Teller::reasoning_done(const EventParts& event, Kind kind, EventSink& sink) {
  const Kind other = kind == Kind::summary ? Kind::reasoning : Kind::summary;
  const Place place{event.output_index, event.item_id};
  if (event.whole.empty() || find_item(other, place) != nullptr) return;
  Block* block = find_item(kind, place);
  if (block == nullptr) block = open(kind, place, event.part_index);
  if (block == nullptr || event.part_index < block->part_index) return;
  const bool is_next = event.part_index > block->part_index;
  tell_reasoning(*block, event.part_index, is_next ? event.whole : block->told.rest(event.whole), sink);
}

// What comes before its call is known waits for the whole of it.
void Teller::arguments_delta(const EventParts& event, EventSink& sink) {
  Block* const block = find_call({event.output_index, event.item_id}, {});
  if (block != nullptr) tell_arguments(*block, event.delta, sink);
}

void Teller::arguments_done(const EventParts& event, EventSink& sink) {
  Block* const block = find_call({event.output_index, event.item_id}, {});
  if (block != nullptr) tell_arguments(*block, block->told.rest(event.whole), sink);
}

void Teller::tell_arguments(Block& block, Raw text, EventSink& sink) {
  block.told.add(text);
  if (block.is_begun) {
    say(Event::Kind::arguments, block, text, sink);
  } else {
    block.pending.append(text);
  }
}

void Teller::annotation(const EventParts& event, EventSink& sink) {
  Block* const block = find(Kind::text, {event.output_index, event.item_id}, event.part_index);
  if (block == nullptr) return;
  block->is_streamed = true;
  Event extra;
  extra.block = block->number;
  Piece piece;
  piece.annotations.push_back(event.annotation);
  tell_extras(extra, piece, sink);
}

// A call is told when its name and its own id are known: the item's id is another one. What an item already holds may
// be said again in deltas, so that it waits for the end.
void Teller::item_begun(const EventParts& event, EventSink& sink) {
  ItemParts item;
  if (!read_parts(event.item, item)) return;
  if (item.type == "function_call") {
    Block* const block = open(Kind::call, {event.output_index, item.id}, 0);
    if (block == nullptr) return;
    block->call_id = item.call_id;
    block->name = item.name;
    if (!block->call_id.empty() && !block->name.empty()) begin_call(*block, sink);
  }
  const bool is_empty = item.arguments.empty() && item.content.empty() && item.summary.empty();
  if (!is_empty && begun_.size() < max_blocks) begun_.push_back({std::string(event.item), event.output_index});
}

void Teller::begin_call(Block& block, EventSink& sink) {
  if (block.is_begun || block.name.empty()) return;
  block.is_begun = true;
  block.number = next_++;
  has_calls_ = true;
  begin({}, sink);
  Event event;
  event.kind = Event::Kind::call;
  event.block = block.number;
  event.id = block.call_id.empty() ? block.id : block.call_id;
  event.name = block.name;
  sink.on(event);
  say(Event::Kind::arguments, block, block.pending, sink);
  block.pending = {};
}

// An item at its end, or all of it: what was not told in pieces is told now.
void Teller::item_done(JsonText json, Place place, EventSink& sink) {
  ItemParts item;
  if (!read_parts(json, item)) return;
  place.id = item.id;
  if (item.type == "message") {
    whole_message(item, place, sink);
  } else if (item.type == "function_call") {
    whole_call(item, place, sink);
  } else if (item.type == "reasoning") {
    whole_reasoning(item, place, sink);
  }
}

void Teller::whole_message(const ItemParts& item, const Place& place, EventSink& sink) {
  for (std::size_t i = 0; i < item.content.size(); ++i) {
    const Piece& piece = item.content[i];
    const Kind kind = piece.is_refusal ? Kind::refusal : Kind::text;
    if (piece.text.empty()) continue;
    Block* block = place.is_position ? find_wanted({kind, place, i, piece.text}) : find(kind, place, i);
    if (block == nullptr) block = open(kind, place, i);
    if (block == nullptr) return;
    block->is_done = true;
    block->is_claimed = place.is_position;
    const Raw rest = block->told.rest(piece.text);
    block->told.add(rest);
    say(piece.is_refusal ? Event::Kind::refusal : Event::Kind::text, *block, rest, sink);
    if (block->is_streamed) continue;
    block->is_streamed = true;
    Event extra;
    extra.block = block->number;
    tell_extras(extra, piece, sink);
  }
}

void Teller::whole_call(const ItemParts& item, const Place& place, EventSink& sink) {
  const Wanted wanted{Kind::call, place, 0, item.arguments, item.call_id, item.name};
  Block* block = place.is_position ? find_wanted(wanted) : find_call(place, item.call_id);
  if (block == nullptr) block = open(Kind::call, place, 0);
  if (block == nullptr) return;
  block->is_done = true;
  block->is_claimed = place.is_position;
  if (block->call_id.empty()) block->call_id = item.call_id;
  if (block->name.empty()) block->name = item.name;
  if (block->id.empty()) block->id = item.id;
  begin_call(*block, sink);
  tell_arguments(*block, block->told.rest(item.arguments), sink);
}

void Teller::whole_reasoning(const ItemParts& item, const Place& place, EventSink& sink) {
  Kind kind = item.summary.empty() ? Kind::reasoning : Kind::summary;
  const Wanted wanted{Kind::reasoning, place};
  Block* block = place.is_position ? find_wanted(wanted) : find_item(Kind::summary, place);
  if (block == nullptr && !place.is_position) block = find_item(Kind::reasoning, place);
  if (block != nullptr) kind = block->kind;
  const std::vector<Piece>& pieces = kind == Kind::summary ? item.summary : item.content;
  for (std::size_t i = block == nullptr ? 0 : block->part_index; i < pieces.size(); ++i) {
    if (pieces[i].text.empty()) continue;
    if (block == nullptr) block = open(kind, place, i);
    if (block == nullptr) return;
    if (block->has_proof) break;
    tell_reasoning(*block, i, i == block->part_index ? block->told.rest(pieces[i].text) : pieces[i].text, sink);
  }
  if (block == nullptr && item.encrypted_content.empty()) return;
  if (block == nullptr) block = open(Kind::summary, place, 0);
  if (block == nullptr) return;
  block->is_done = true;
  block->is_claimed = place.is_position;
  if (block->has_proof || item.encrypted_content.empty()) return;
  block->has_proof = true;
  say(block->told.empty() ? Event::Kind::sealed : Event::Kind::proof, *block, item.encrypted_content, sink);
}

void Teller::end(const ResponseParts& response, EventSink& sink) {
  begin(response, sink);
  if (has_ended_) return;
  has_ended_ = true;
  const std::size_t count = std::min(response.output.size(), max_blocks);
  for (std::size_t i = 0; i < count; ++i) item_done(response.output[i], {i, {}, true}, sink);
  for (const Begun& item : begun_) item_done(item.json, {item.index, {}}, sink);
  for (Block& block : blocks_) {
    if (block.kind == Kind::call) begin_call(block, sink);
  }
  Event event;
  if (response.usage) {
    event.kind = Event::Kind::usage;
    event.usage = *response.usage;
    sink.on(event);
  }
  event.kind = Event::Kind::finish;
  event.block = next_;
  if (response.status == Status::incomplete) {
    event.finish = response.is_filtered ? Finish::content_filter : Finish::length;
  } else if (has_calls_) {
    event.finish = Finish::tool_calls;
  }
  sink.on(event);
}

void Teller::event(const http::SseEvent& sse, EventSink& sink) {
  EventParts event;
  if (!read_parts(sse.data, event)) return;
  std::string_view type = event.type.empty() ? sse.name : event.type;
  if (!type.starts_with("response.")) return;
  type.remove_prefix(std::string_view("response.").size());
  if (type == "output_text.delta") return text_delta(event, Kind::text, sink);
  if (type == "refusal.delta") return text_delta(event, Kind::refusal, sink);
  if (type == "function_call_arguments.delta") return arguments_delta(event, sink);
  if (type == "reasoning_summary_text.delta") return reasoning_delta(event, Kind::summary, sink);
  if (type == "reasoning_text.delta") return reasoning_delta(event, Kind::reasoning, sink);
  if (type == "output_text.done") return text_done(event, Kind::text, sink);
  if (type == "refusal.done") return text_done(event, Kind::refusal, sink);
  if (type == "function_call_arguments.done") return arguments_done(event, sink);
  if (type == "reasoning_summary_text.done") return reasoning_done(event, Kind::summary, sink);
  if (type == "reasoning_text.done") return reasoning_done(event, Kind::reasoning, sink);
  if (type == "output_text.annotation.added") return annotation(event, sink);
  if (type == "output_item.added") return item_begun(event, sink);
  if (type == "output_item.done") return item_done(event.item, {event.output_index, {}}, sink);
  const bool is_end = type == "completed" || type == "incomplete";
  if (!is_end && type != "created") return;
  ResponseParts response;
  if (!read_parts(event.response, response)) response = {};
  if (!is_end) return begin(response, sink);
  response.status = type == "completed" ? Status::completed : Status::incomplete;
  end(response, sink);
}

void Teller::reply(std::string_view body, EventSink& sink) {
  ResponseParts response;
  if (read_parts(body, response)) end(response, sink);
}

}  // namespace gw::dialect::responses
