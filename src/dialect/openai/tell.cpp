#include "dialect/openai/delta_read.hpp"
#include "dialect/openai/translate.hpp"

#include <algorithm>

namespace gw::dialect::openai {

namespace {

using Kind = Event::Kind;

constexpr std::size_t max_choices = 128;  // as a request may ask for
constexpr std::size_t max_calls = 1024;   // of a choice; what comes beyond is no answer
constexpr std::size_t max_made_id = 24;

// OpenAI's words, and those that others have for the same.
Finish finish_of(Raw reason, bool has_calls) {
  if (reason == "length" || reason == "max_tokens" || reason == "model_length") return Finish::length;
  if (reason == "content_filter" || reason == "sensitive") return Finish::content_filter;
  // OpenAI says "stop" after a call that the request named; whoever gets the answer must know that it waits.
  return has_calls ? Finish::tool_calls : Finish::stop;
}

bool is_id_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool says_something(const Delta& said) {
  return !said.reasoning.empty() || !said.details.empty() || !said.pieces.empty() || !said.refusal.empty() ||
         !said.calls.empty();
}

}  // namespace

void Teller::chunk(std::string_view data, EventSink& sink) {
  tell(read_chunk(data), Whole::no, sink);
}

void Teller::reply(std::string_view body, EventSink& sink) {
  tell(read_chunk(body), Whole::yes, sink);
}

void Teller::tell(const Chunk& chunk, Whole is_whole, EventSink& sink) {
  if (id_.empty()) id_ = chunk.id;
  if (model_.empty()) model_ = chunk.model;
  for (const ChoiceDelta& delta : chunk.choices) {
    if (Choice* const choice = choice_of(delta.index)) tell(*choice, delta, is_whole, sink);
  }
  const auto tell_usage = [&](const std::optional<Usage>& usage) {
    if (!usage) return;
    begin(sink);
    Event event;
    event.kind = Kind::usage;
    event.usage = *usage;
    sink.on(event);
  };
  for (const ChoiceDelta& delta : chunk.choices) tell_usage(delta.usage);
  tell_usage(chunk.usage);
}

void Teller::begin(EventSink& sink) {
  if (has_begun_) return;
  has_begun_ = true;
  Event event;
  event.kind = Kind::begin;
  event.id = id_;
  event.name = model_;
  sink.on(event);
}

Teller::Choice* Teller::choice_of(std::uint64_t number) {
  const auto known =
      std::find_if(choices_.begin(), choices_.end(), [&](const Choice& choice) { return choice.number == number; });
  if (known != choices_.end()) return &*known;
  if (number >= max_choices) return nullptr;
  Choice& added = choices_.emplace_back();
  added.number = static_cast<std::uint32_t>(number);
  return &added;
}

std::uint32_t Teller::begin_block(Choice& choice, Kind kind) {
  choice.open = kind;
  choice.open_block = choice.blocks++;
  if (kind == Kind::reasoning) {
    choice.reasoning = choice.open_block;
    choice.has_proof = false;
  }
  return choice.open_block;
}

// The order within one delta is that of an answer: reasoning, text, calls.
void Teller::tell(Choice& choice, const ChoiceDelta& delta, Whole is_whole, EventSink& sink) {
  const Delta& said = delta.delta;
  // What comes behind a finish is a part of the answer all the same, and another finish may follow it.
  if (says_something(said)) choice.is_finished = false;
  const bool has_detail_text =
      std::any_of(said.details.begin(), said.details.end(), [](const DetailDelta& d) { return !d.text.empty(); });
  if (!said.reasoning.empty() && (is_whole == Whole::no || !has_detail_text)) {
    tell_text(choice, Kind::reasoning, said.reasoning, sink);
    choice.told_plain_reasoning = true;
  }
  tell_details(choice, said, is_whole, sink);
  for (const Piece& piece : said.pieces) {
    tell_text(choice, piece.is_reasoning ? Kind::reasoning : Kind::text, piece.text, sink);
  }
  if (!said.refusal.empty()) tell_text(choice, Kind::refusal, said.refusal, sink);
  for (const JsonText annotation : said.annotations) {
    begin(sink);
    Event event;
    event.kind = Kind::annotation;
    event.choice = choice.number;
    event.block = choice.open_block;
    event.json = annotation;
    sink.on(event);
  }
  if (!delta.logprobs.empty()) {
    begin(sink);
    Event event;
    event.kind = Kind::logprobs;
    event.choice = choice.number;
    event.block = choice.open_block;
    event.json = delta.logprobs;
    sink.on(event);
  }
  std::uint64_t place = 0;
  for (CallDelta call : said.calls) {
    // Of a whole answer each stands for itself, numbered or not.
    if (is_whole == Whole::yes) call.index = place++;
    tell_call(choice, call, sink);
  }
  for (const DetailDelta& detail : said.details) {
    if (!detail.is_sealed || detail.id.empty()) continue;
    for (Call& call : choice.calls) {
      if (call.id == detail.id) tell_call_proof(choice, call, detail.proof, sink);
    }
  }
  if (!delta.finish.empty() && !choice.is_finished) tell_finish(choice, delta.finish, sink);
}

void Teller::tell_text(Choice& choice, Kind kind, Raw text, EventSink& sink) {
  begin(sink);
  const bool goes_on = choice.open == kind && (kind != Kind::reasoning || !choice.has_proof);
  if (!goes_on) begin_block(choice, kind);
  Event event;
  event.kind = kind;
  event.choice = choice.number;
  event.block = choice.open_block;
  event.text = text;
  sink.on(event);
}

void Teller::tell_details(Choice& choice, const Delta& delta, Whole is_whole, EventSink& sink) {
  for (const DetailDelta& detail : delta.details) {
    if (detail.is_sealed) {
      const auto is_named = [&](Raw id) { return !detail.id.empty() && id == detail.id; };
      const bool is_of_call =
          std::any_of(
              delta.calls.begin(), delta.calls.end(), [&](const CallDelta& call) { return is_named(call.id); }
          ) ||
          std::any_of(choice.calls.begin(), choice.calls.end(), [&](const Call& call) { return is_named(call.id); });
      if (!is_of_call && !detail.proof.empty()) tell_sealed(choice, detail, sink);
      continue;
    }
    const bool is_repeated = choice.told_plain_reasoning;
    const bool is_next = is_whole == Whole::yes || (detail.index && choice.detail_index != detail.index);
    if (!is_repeated && !detail.text.empty()) {
      if (is_next && choice.open == Kind::reasoning) choice.open = Kind::begin;
      tell_text(choice, Kind::reasoning, detail.text, sink);
    }
    choice.detail_index = detail.index;
    if (!detail.id.empty()) choice.detail_id = detail.id;
    if (!detail.proof.empty()) tell_proof(choice, detail.proof, sink);
  }
}

// Of an item whose summary was shown, or a block of its own.
void Teller::tell_sealed(Choice& choice, const DetailDelta& detail, EventSink& sink) {
  if (choice.reasoning && !choice.has_proof && !detail.id.empty() && detail.id == choice.detail_id) {
    tell_proof(choice, detail.proof, sink);
    return;
  }
  begin(sink);
  Event event;
  event.kind = Kind::sealed;
  event.choice = choice.number;
  event.block = begin_block(choice, Kind::sealed);
  event.id = detail.id;
  event.text = detail.proof;
  sink.on(event);
}

// A signature follows its text, perhaps when other text has already begun. Without any, it is what there is of a block
// whose text the provider does not show.
void Teller::tell_proof(Choice& choice, Raw proof, EventSink& sink) {
  begin(sink);
  if (!choice.reasoning || choice.has_proof) begin_block(choice, Kind::reasoning);
  choice.has_proof = true;
  Event event;
  event.kind = Kind::proof;
  event.choice = choice.number;
  event.block = *choice.reasoning;
  event.text = proof;
  event.id = choice.detail_id;
  sink.on(event);
  choice.detail_id.clear();
}

// Deltas of a call find it by index. Where there is none, by id, and what has neither goes on with the last one. Some
// providers number every call 0 and tell them apart by id.
Teller::Call& Teller::call_of(Choice& choice, const CallDelta& delta) {
  std::vector<Call>& calls = choice.calls;
  const auto found = std::find_if(calls.rbegin(), calls.rend(), [&](const Call& call) {
    if (delta.index) return call.index == delta.index;
    return delta.id.empty() ? delta.name.empty() || !call.is_told : call.id == delta.id;
  });
  if (found != calls.rend()) {
    const bool is_another = !delta.id.empty() && !found->id.empty() && found->id != delta.id && !delta.name.empty();
    if (!is_another) return *found;
  }
  Call& added = calls.emplace_back();
  added.index = delta.index;
  return added;
}

void Teller::tell_call(Choice& choice, const CallDelta& delta, EventSink& sink) {
  if (choice.calls.size() >= max_calls) return;
  Call& call = call_of(choice, delta);
  if (call.id.empty()) call.id = delta.id;
  const std::string encoded = delta.arguments_object.empty() ? std::string{} : to_raw(delta.arguments_object);
  const Raw arguments = encoded.empty() ? delta.arguments : Raw(encoded);
  if (!call.is_told && delta.name.empty()) {  // its name is still to come
    call.pending.append(arguments);
    return;
  }
  if (!call.is_told) begin_call(choice, call, delta.name, sink);
  const auto tell = [&](Raw text) {
    if (text.empty()) return;
    Event event;
    event.kind = Kind::arguments;
    event.choice = choice.number;
    event.block = call.block;
    event.text = text;
    sink.on(event);
  };
  tell(call.pending);
  call.pending.clear();
  tell(arguments);
  tell_call_proof(choice, call, delta.proof, sink);
}

void Teller::begin_call(Choice& choice, Call& call, Raw name, EventSink& sink) {
  begin(sink);
  call.is_told = true;
  call.block = begin_block(choice, Kind::call);
  const std::string id = call.id.empty() ? made_id(choice, call.block) : call.id;
  Event event;
  event.kind = Kind::call;
  event.choice = choice.number;
  event.block = call.block;
  event.id = id;
  event.name = name;
  sink.on(event);
}

void Teller::tell_call_proof(Choice& choice, Call& call, Raw proof, EventSink& sink) {
  if (proof.empty() || call.has_proof || !call.is_told) return;
  call.has_proof = true;
  Event event;
  event.kind = Kind::proof;
  event.choice = choice.number;
  event.block = call.block;
  event.text = proof;
  sink.on(event);
}

// Dialects in which results are told apart by id need one; the answer's own makes it another in the next turn.
std::string Teller::made_id(const Choice& choice, std::uint32_t block) const {
  std::string out = "call_";
  std::string_view from = id_;
  if (from.size() > max_made_id) from.remove_prefix(from.size() - max_made_id);
  std::copy_if(from.begin(), from.end(), std::back_inserter(out), is_id_char);
  return out + "_" + std::to_string(choice.number) + "_" + std::to_string(block);
}

void Teller::tell_finish(Choice& choice, Raw reason, EventSink& sink) {
  begin(sink);
  choice.is_finished = true;
  const bool has_calls =
      std::any_of(choice.calls.begin(), choice.calls.end(), [](const Call& call) { return call.is_told; });
  Event event;
  event.kind = Kind::finish;
  event.choice = choice.number;
  event.block = choice.blocks;
  event.finish = finish_of(reason, has_calls);
  sink.on(event);
}

}  // namespace gw::dialect::openai
