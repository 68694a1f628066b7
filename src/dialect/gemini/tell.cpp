#include "dialect/gemini/tell.hpp"

#include "dialect/gemini/signature.hpp"

#include <simdjson.h>

#include <algorithm>

namespace gw::dialect::gemini {
namespace {

using Kind = Event::Kind;

constexpr std::size_t max_choices = 128;
constexpr std::size_t id_bytes = 28;  // of the answer's id in a call's: the whole stays below 40, OpenAI's limit

// What every dialect takes in an id.
std::string plain_id(Raw id) {
  std::string out;
  for (const char c : id.substr(0, id_bytes)) {
    const bool is_plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (is_plain) out.push_back(c);
  }
  return out;
}

// An object as the inside of a literal. Plain answers come with white space for people.
std::string arguments_text(JsonText object) {
  if (object.empty()) return "{}";
  std::string small(object.size(), '\0');
  std::size_t length = 0;
  if (simdjson::minify(object.data(), object.size(), small.data(), length) != simdjson::SUCCESS) return to_raw(object);
  small.resize(length);
  return to_raw(small);
}

Finish finish_of(Ending ending, bool has_calls) {
  switch (ending) {
    case Ending::length:
      return Finish::length;
    case Ending::filtered:
      return Finish::content_filter;
    case Ending::none:
    case Ending::stop:
    case Ending::failed:
      break;
  }
  return has_calls ? Finish::tool_calls : Finish::stop;
}

}  // namespace

Teller::Choice* Teller::choice_of(std::uint32_t index) {
  const auto known =
      std::find_if(choices_.begin(), choices_.end(), [&](const Choice& one) { return one.index == index; });
  if (known != choices_.end()) return &*known;
  if (choices_.size() == max_choices) return nullptr;
  Choice& added = choices_.emplace_back();
  added.index = index;
  return &added;
}

void Teller::tell_text(const AnswerPart& part, Choice& choice, EventSink& sink) {
  const Choice::Open wanted = part.is_thought ? Choice::Open::reasoning : Choice::Open::text;
  const auto on = [&](Kind kind, Raw text) {
    Event event;
    event.kind = kind;
    event.choice = choice.index;
    event.block = choice.block;
    event.text = text;
    sink.on(event);
  };
  const auto close = [&] {
    if (choice.open != Choice::Open::nothing) ++choice.block;
    choice.open = Choice::Open::nothing;
  };
  if (!part.text.empty()) {
    if (choice.open != wanted) close();
    choice.open = wanted;
    on(part.is_thought ? Kind::reasoning : Kind::text, part.text);
  }
  if (part.signature.empty()) return;
  const std::string proof = marked(part.signature);
  if (part.is_thought && choice.open == Choice::Open::reasoning) {
    on(Kind::proof, proof);
    close();
    return;
  }
  // Of a text, or of nothing that was shown: it stands behind it as a block of its own.
  close();
  on(Kind::sealed, proof);
  ++choice.block;
}

void Teller::tell_call(const AnswerPart& part, Choice& choice, EventSink& sink) {
  if (choice.open != Choice::Open::nothing) ++choice.block;
  choice.open = Choice::Open::nothing;
  Event event;
  event.choice = choice.index;
  event.block = choice.block++;

  std::string made;
  if (part.call_id.empty()) {
    made = "call_" + id_ + (id_.empty() ? "" : "_") + std::to_string(choice.index) + "_" + std::to_string(choice.calls);
  }
  ++choice.calls;
  event.kind = Kind::call;
  event.id = part.call_id.empty() ? Raw(made) : part.call_id;
  event.name = part.call_name;
  const std::string before = part.signature.empty() ? "" : std::string(call_mark).append(part.signature);
  event.text = before;
  sink.on(event);

  event.id = {};
  event.name = {};
  const std::string arguments = arguments_text(part.call_arguments);
  event.kind = Kind::arguments;
  event.text = arguments;
  sink.on(event);

  if (part.signature.empty()) return;
  const std::string proof = marked(part.signature);
  event.kind = Kind::proof;
  event.text = proof;
  sink.on(event);
}

void Teller::tell_candidate(const Candidate& candidate, Choice& choice, EventSink& sink) {
  if (!candidate.parts.empty()) choice.is_finished = false;
  for (const AnswerPart& part : candidate.parts) {
    if (part.is_call) {
      tell_call(part, choice, sink);
    } else {
      tell_text(part, choice, sink);
    }
  }
  Event event;
  event.choice = choice.index;
  event.block = choice.block;
  if (!candidate.logprobs.empty()) {
    event.kind = Kind::logprobs;
    event.json = candidate.logprobs;
    sink.on(event);
    event.json = {};
  }
  if (candidate.ending == Ending::none || choice.is_finished) return;
  choice.is_finished = true;
  event.block = choice.block + (choice.open == Choice::Open::nothing ? 0 : 1);  // the open one may go on
  event.kind = Kind::finish;
  event.finish = finish_of(candidate.ending, choice.calls != 0);
  sink.on(event);
}

void Teller::tell(const Answer& answer, EventSink& sink) {
  Event event;
  if (!has_begun_) {
    has_begun_ = true;
    id_ = plain_id(answer.id);
    event.kind = Kind::begin;
    event.id = answer.id;
    event.name = answer.model;
    sink.on(event);
  }
  for (const Candidate& candidate : answer.candidates) {
    Choice* const choice = choice_of(candidate.index);
    if (choice != nullptr) tell_candidate(candidate, *choice, sink);
  }
  if (!answer.usage) return;
  event = Event{};
  event.kind = Kind::usage;
  event.usage = *answer.usage;
  sink.on(event);
}

}  // namespace gw::dialect::gemini
