#include "dialect/responses/tell.hpp"

#include "dialect/responses/extras.hpp"
#include "dialect/responses/tell_read.hpp"

#include <algorithm>

namespace gw::dialect::responses {
namespace {

constexpr std::size_t max_blocks = 4096;
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

Teller::Block* Teller::find(Kind kind, std::uint64_t output_index, std::uint64_t part_index) noexcept {
  const auto at = std::find_if(blocks_.rbegin(), blocks_.rend(), [&](const Block& one) {
    return one.kind == kind && one.output_index == output_index && one.part_index == part_index;
  });
  return at == blocks_.rend() ? nullptr : &*at;
}

Teller::Block* Teller::find_item(Kind kind, std::uint64_t output_index) noexcept {
  const auto at = std::find_if(blocks_.rbegin(), blocks_.rend(), [&](const Block& one) {
    return one.kind == kind && one.output_index == output_index;
  });
  return at == blocks_.rend() ? nullptr : &*at;
}

Teller::Block* Teller::open(Kind kind, std::uint64_t output_index, std::uint64_t part_index) {
  if (blocks_.size() >= max_blocks) return nullptr;
  Block& block = blocks_.emplace_back();
  block.kind = kind;
  block.output_index = output_index;
  block.part_index = part_index;
  block.number = next_++;
  return &block;
}

Teller::Block* Teller::find_call(Raw id) noexcept {
  const auto at = std::find_if(blocks_.rbegin(), blocks_.rend(), [&](const Block& one) {
    return one.kind == Kind::call && one.call_id == id;
  });
  return at == blocks_.rend() ? nullptr : &*at;
}

void Teller::say(Event::Kind kind, Block& block, Raw text, EventSink& sink) {
  begin({}, sink);
  block.has_fragments = true;
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
  Block* block = find(kind, event.output_index, event.part_index);
  if (block == nullptr) block = open(kind, event.output_index, event.part_index);
  if (block == nullptr) return;
  say(kind == Kind::text ? Event::Kind::text : Event::Kind::refusal, *block, event.delta, sink);
  Event extra;
  extra.block = block->number;
  Piece piece;
  piece.logprobs = event.logprobs;
  tell_extras(extra, piece, sink);
}

// A model's own reasoning and a summary of it do not both become text: what begins first is told.
void Teller::reasoning_delta(const EventParts& event, Kind kind, EventSink& sink) {
  const Kind other = kind == Kind::summary ? Kind::reasoning : Kind::summary;
  if (event.delta.empty() || find_item(other, event.output_index) != nullptr) return;
  Block* block = find_item(kind, event.output_index);
  if (block == nullptr) block = open(kind, event.output_index, event.part_index);
  if (block == nullptr) return;
  if (block->part_index != event.part_index) say(Event::Kind::reasoning, *block, paragraph, sink);
  block->part_index = event.part_index;
  say(Event::Kind::reasoning, *block, event.delta, sink);
}

void Teller::arguments_delta(const EventParts& event, EventSink& sink) {
  Block* const block = find_item(Kind::call, event.output_index);
  if (block != nullptr && !event.delta.empty()) say(Event::Kind::arguments, *block, event.delta, sink);
}

void Teller::annotation(const EventParts& event, EventSink& sink) {
  const Block* const block = find(Kind::text, event.output_index, event.part_index);
  if (block == nullptr) return;
  Event extra;
  extra.block = block->number;
  Piece piece;
  piece.annotations.push_back(event.annotation);
  tell_extras(extra, piece, sink);
}

void Teller::item_begun(const EventParts& event, EventSink& sink) {
  ItemParts item;
  if (read_parts(event.item, item) && item.type == "function_call") begin_call(item, event.output_index, sink);
}

Teller::Block* Teller::begin_call(const ItemParts& item, std::uint64_t output_index, EventSink& sink) {
  Block* const block = open(Kind::call, output_index, 0);
  if (block == nullptr) return nullptr;
  has_calls_ = true;
  begin({}, sink);
  Event event;
  event.kind = Event::Kind::call;
  event.block = block->number;
  event.id = item.call_id.empty() ? item.id : item.call_id;
  event.name = item.name;
  block->call_id = event.id;
  sink.on(event);
  return block;
}

// An item at its end, or all of it: what was not told in pieces is told now.
void Teller::item_done(JsonText json, std::uint64_t output_index, EventSink& sink) {
  ItemParts item;
  if (!read_parts(json, item)) return;
  if (item.type == "message") {
    whole_message(item, output_index, sink);
  } else if (item.type == "function_call") {
    whole_call(item, output_index, sink);
  } else if (item.type == "reasoning") {
    whole_reasoning(item, output_index, sink);
  }
}

void Teller::whole_message(const ItemParts& item, std::uint64_t output_index, EventSink& sink) {
  for (std::size_t i = 0; i < item.content.size(); ++i) {
    const Piece& piece = item.content[i];
    const Kind kind = piece.is_refusal ? Kind::refusal : Kind::text;
    if (piece.text.empty() || find(kind, output_index, i) != nullptr) continue;
    Block* const block = open(kind, output_index, i);
    if (block == nullptr) return;
    say(piece.is_refusal ? Event::Kind::refusal : Event::Kind::text, *block, piece.text, sink);
    Event extra;
    extra.block = block->number;
    tell_extras(extra, piece, sink);
  }
}

void Teller::whole_call(const ItemParts& item, std::uint64_t output_index, EventSink& sink) {
  const Raw id = item.call_id.empty() ? item.id : item.call_id;
  Block* block = find_call(id);
  if (block == nullptr) block = begin_call(item, output_index, sink);
  if (block == nullptr || block->has_fragments || item.arguments.empty()) return;
  say(Event::Kind::arguments, *block, item.arguments, sink);
}

void Teller::whole_reasoning(const ItemParts& item, std::uint64_t output_index, EventSink& sink) {
  Block* block = find_item(Kind::summary, output_index);
  if (block == nullptr) block = find_item(Kind::reasoning, output_index);
  if (block == nullptr) {
    for (const Piece& piece : item.summary.empty() ? item.content : item.summary) {
      if (piece.text.empty()) continue;
      if (block == nullptr) {
        block = open(Kind::summary, output_index, 0);
        if (block == nullptr) return;
      } else {
        say(Event::Kind::reasoning, *block, paragraph, sink);
      }
      say(Event::Kind::reasoning, *block, piece.text, sink);
    }
  }
  if (item.encrypted_content.empty()) return;
  const bool is_shown = block != nullptr;
  if (!is_shown) block = open(Kind::summary, output_index, 0);
  if (block == nullptr || block->has_proof) return;
  block->has_proof = true;
  say(is_shown ? Event::Kind::proof : Event::Kind::sealed, *block, item.encrypted_content, sink);
}

void Teller::end(const ResponseParts& response, EventSink& sink) {
  begin(response, sink);
  if (has_ended_) return;
  has_ended_ = true;
  // Servers that send no deltas have it all in here; of the others it is known.
  if (blocks_.empty()) {
    for (std::size_t i = 0; i < response.output.size(); ++i) item_done(response.output[i], i, sink);
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
  if (type == "output_text.annotation.added") return annotation(event, sink);
  if (type == "output_item.added") return item_begun(event, sink);
  if (type == "output_item.done") return item_done(event.item, event.output_index, sink);
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
