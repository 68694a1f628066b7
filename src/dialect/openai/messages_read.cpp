// Facts: OpenAI's API reference, the messages of "Create chat completion"; `reasoning_content` from DeepSeek's,
// thinking parts from Mistral's, `extra_content` from "Gemini: OpenAI compatibility".
#include "dialect/openai/parts_read.hpp"
#include "dialect/openai/request_read.hpp"

#include <algorithm>
#include <string>

namespace gw::dialect::openai {

namespace od = simdjson::ondemand;

namespace {

// What a message holds, its members being in any order.
struct Gathered {
  Raw role;
  Raw name;
  Raw tool_call_id;
  Raw refusal;
  Raw reasoning;
  Details details;
  JsonText cache_control;
  std::vector<Part> content;
  std::vector<Part> calls;
};

class MessagesReader {
 public:
  MessagesReader(Reading& reading, std::vector<Turn>& out) : reading_(reading), out_(out) {}

  bool read(od::value& value, const Path& at);

 private:
  bool gather(std::string_view key, od::value& value, const Path& at, Gathered& message);
  bool read_call(od::value& value, const Path& at, Part& out);
  bool read_function(od::value& value, const Path& at, Part& out);
  bool read_extra(od::value& value, const Path& at, Part& out);
  bool take(Gathered message, const Path& at);
  void take_assistant(Gathered message);
  bool take_result(Gathered message, const Path& at);
  void take_function_result(Gathered message, const Path& at);
  void add_result(Raw id, std::vector<Part> parts);
  void add_turn(Turn turn);
  static std::vector<Part> reasoning_of(Gathered& message);

  Reading& reading_;
  std::vector<Turn>& out_;
  Raw legacy_id_;  // of the last `function_call`, which has none of its own
  bool in_results_ = false;
};

bool MessagesReader::read(od::value& value, const Path& at) {
  std::size_t index = 0;
  return each_element(value, [&](od::value& item) {
    const Path here{&at, {}, index++};
    Gathered message;
    const bool good = each_member(item, [&](std::string_view key, od::value& member) {
      return is_null(member) || gather(key, member, Path{&here, key}, message);
    });
    return good && take(std::move(message), here);
  });
}

bool MessagesReader::gather(std::string_view key, od::value& value, const Path& at, Gathered& message) {
  if (key == "role") return reading_.text(value, at, message.role);
  if (key == "content") return read_content(value, at, reading_, message.content);
  if (key == "name") return reading_.text(value, at, message.name);
  if (key == "tool_call_id") return reading_.text(value, at, message.tool_call_id);
  if (key == "refusal") return reading_.text(value, at, message.refusal);
  if (key == "reasoning_content" || key == "reasoning") {
    if (token_of(value).starts_with('"')) return reading_.text(value, at, message.reasoning);
    reading_.leave_out(at);
    return true;
  }
  if (key == "reasoning_details") return read_details(value, at, reading_, message.details);
  if (key == "cache_control") {
    message.cache_control = whole(value);
    return true;
  }
  if (key == "function_call") {
    Part& call = message.calls.emplace_back();
    call.kind = Part::Kind::call;
    call.id = reading_.keep("call_" + std::to_string(at.up->index));
    return read_function(value, at, call);
  }
  if (key == "tool_calls") {
    if (!reading_.is_array(value, at)) return false;
    std::size_t index = 0;
    return each_element(value, [&](od::value& item) {
      return read_call(item, Path{&at, {}, index++}, message.calls.emplace_back());
    });
  }
  // Echoed from an answer, and empty.
  if (token_of(value).starts_with('[') && whole(value).size() <= 3) return true;
  reading_.leave_out(at);
  return true;
}

bool MessagesReader::read_call(od::value& value, const Path& at, Part& out) {
  out.kind = Part::Kind::call;
  if (!reading_.is_object(value, at)) return false;
  const bool good = each_member(value, [&](std::string_view key, od::value& member) {
    const Path here{&at, key};
    if (key == "id") return reading_.text(member, here, out.id);
    if (key == "function") return read_function(member, here, out);
    if (key == "extra_content") return read_extra(member, here, out);
    if (key == "custom") return reading_.refuse(here, "is a call whose input is no JSON, which other dialects lack.");
    if (key != "type" && key != "index" && !is_null(member)) reading_.leave_out(here);
    return true;
  });
  if (!good) return false;
  if (out.id.empty()) return reading_.fail(Path{&at, "id"}, "given");
  return !out.name.empty() || reading_.fail(Path{&at, "function"}, "given with its name");
}

bool MessagesReader::read_function(od::value& value, const Path& at, Part& out) {
  if (!reading_.is_object(value, at)) return false;
  return each_member(value, [&](std::string_view key, od::value& member) {
    const Path here{&at, key};
    if (key == "name") return reading_.text(member, here, out.name);
    if (key != "arguments") return true;
    if (token_of(member).starts_with('{')) {  // not OpenAI's, but seen
      out.arguments.object = whole(member);
      return true;
    }
    return reading_.text(member, here, out.arguments.text);
  });
}

// {"google":{"thought_signature":"..."}}
bool MessagesReader::read_extra(od::value& value, const Path& at, Part& out) {
  if (!token_of(value).starts_with('{')) return true;
  return each_member(value, [&](std::string_view vendor, od::value& member) {
    if (vendor != "google" || !token_of(member).starts_with('{')) return true;
    const Path google{&at, vendor};
    return each_member(member, [&](std::string_view key, od::value& signature) {
      return key != "thought_signature" || reading_.text(signature, Path{&google, key}, out.proof);
    });
  });
}

bool MessagesReader::take(Gathered message, const Path& at) {
  if (!message.cache_control.empty() && !message.content.empty()) {
    message.content.back().cache_control = message.cache_control;
  }
  if (says(message.role, "tool")) return take_result(std::move(message), at);
  if (says(message.role, "function")) {
    take_function_result(std::move(message), at);
    return true;
  }
  in_results_ = false;
  if (says(message.role, "assistant")) {
    take_assistant(std::move(message));
    return true;
  }
  Turn turn;
  turn.name = message.name;
  turn.parts = std::move(message.content);
  if (says(message.role, "user")) {
    turn.speaker = Speaker::user;
  } else if (says(message.role, "system") || says(message.role, "developer")) {
    turn.speaker = Speaker::system;
    turn.is_developer = says(message.role, "developer");
  } else {
    return reading_.fail(Path{&at, "role"}, "system, developer, user, assistant or tool");
  }
  add_turn(std::move(turn));
  return true;
}

// A turn in which nothing is said is nothing to any dialect.
void MessagesReader::add_turn(Turn turn) {
  if (!turn.parts.empty()) out_.push_back(std::move(turn));
}

// Texts of details are those of `reasoning_content` again; without texts, they stand beside it.
std::vector<Part> MessagesReader::reasoning_of(Gathered& message) {
  std::vector<Part> out;
  if (!message.details.has_text && !message.reasoning.empty()) {
    Part& part = out.emplace_back();
    part.kind = Part::Kind::reasoning;
    part.text = message.reasoning;
  }
  for (Part& part : message.details.parts) out.push_back(std::move(part));
  for (const Details::OfCall& sealed : message.details.of_calls) {
    const auto call = std::find_if(message.calls.begin(), message.calls.end(), [&](const Part& part) {
      return part.id == sealed.id;
    });
    if (call != message.calls.end()) {
      if (call->proof.empty()) call->proof = sealed.proof;
      continue;
    }
    Part& part = out.emplace_back();
    part.kind = Part::Kind::reasoning;
    part.id = sealed.id;
    part.proof = sealed.proof;
    part.is_sealed = true;
  }
  return out;
}

void MessagesReader::take_assistant(Gathered message) {
  Turn turn;
  turn.speaker = Speaker::assistant;
  turn.name = message.name;
  turn.parts = reasoning_of(message);
  for (Part& part : message.content) turn.parts.push_back(std::move(part));
  if (!message.refusal.empty()) {
    Part& part = turn.parts.emplace_back();
    part.kind = Part::Kind::refusal;
    part.text = message.refusal;
  }
  for (Part& part : message.calls) turn.parts.push_back(std::move(part));
  if (!message.calls.empty()) legacy_id_ = message.calls.back().id;
  add_turn(std::move(turn));
}

bool MessagesReader::take_result(Gathered message, const Path& at) {
  if (message.tool_call_id.empty()) return reading_.fail(Path{&at, "tool_call_id"}, "given");
  add_result(message.tool_call_id, std::move(message.content));
  return true;
}

void MessagesReader::take_function_result(Gathered message, const Path& at) {
  const Raw id = legacy_id_.empty() ? reading_.keep("call_" + std::to_string(at.index)) : legacy_id_;
  add_result(id, std::move(message.content));
}

// Results that follow each other answer the calls of one turn.
void MessagesReader::add_result(Raw id, std::vector<Part> parts) {
  if (!in_results_) out_.emplace_back().speaker = Speaker::user;
  in_results_ = true;
  Part& result = out_.back().parts.emplace_back();
  result.kind = Part::Kind::result;
  result.id = id;
  result.parts = std::move(parts);
  // What marks a place in the prompt counts for the whole result.
  if (!result.parts.empty()) result.cache_control = result.parts.back().cache_control;
}

}  // namespace

bool read_messages(od::value& value, const Path& at, Reading& reading, std::vector<Turn>& out) {
  return MessagesReader(reading, out).read(value, at);
}

}  // namespace gw::dialect::openai
