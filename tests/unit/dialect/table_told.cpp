// A provider's answers.
#include "answers.hpp"
#include "dialect/dialect.hpp"
#include "table_answers.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>

namespace gw::dialect::test {
namespace {

using config::Protocol;
using Kind = Event::Kind;

// An answer both ways; empty = the example is of one way only.
struct Answer {
  std::string plain;
  std::string stream;
};

class Events {
 public:
  void add(const Json& data, const std::string& name = {}) {
    if (!name.empty()) bytes_.append("event: ").append(name).append("\n");
    bytes_.append("data: ").append(data.dump()).append("\n\n");
  }

  void add_typed(const Json& data) { add(data, data.at("type")); }

  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

bool has_any(const Json& example, std::initializer_list<const char*> keys) {
  return std::any_of(keys.begin(), keys.end(), [&](const char* key) { return example.contains(key); });
}

// ---- chat completions

Json chat_chunk(const Json& delta, const Json& finish) {
  const Json choice{{"index", 0}, {"delta", delta}, {"finish_reason", finish}};
  return Json{{"id", "x"}, {"model", "m"}, {"choices", Json::array({choice})}};
}

Answer chat_answer(const Json& example, bool is_there) {
  Json message{{"role", "assistant"}, {"content", "hi"}};
  Json choice{{"index", 0}, {"message", message}, {"finish_reason", "stop"}};
  Json body{{"id", "x"}, {"object", "chat.completion"}, {"created", 1}, {"model", "m"}};
  Events stream;
  const bool is_top = has_any(example, {"id", "model", "usage", "error", "x_groq", "choices"});
  const bool is_choice = has_any(example, {"finish_reason", "logprobs", "index"});
  if (is_there && is_choice) choice.update(example);
  if (is_there && !is_choice && !is_top) choice["message"].update(example);
  body["choices"] = Json::array({choice});
  if (is_there && is_top) body.update(example);
  const bool is_text = example.contains("content");  // then all that is said
  Json first = chat_chunk(Json{{"role", "assistant"}, {"content", is_there && is_text ? "" : "hi"}}, nullptr);
  Json last = chat_chunk(Json::object(), "stop");
  if (is_there && is_top && has_any(example, {"id", "model"})) first.update(example);
  if (is_there && is_choice) {
    for (Json* const chunk : {&first, &last}) (*chunk)["choices"][0].update(example);
    if (example.contains("finish_reason")) first["choices"][0]["finish_reason"] = nullptr;
  }
  stream.add(first);
  if (is_there && !is_top && !is_choice) stream.add(chat_chunk(example, nullptr));
  if (is_there && is_top && !has_any(example, {"id", "model"})) stream.add(example);
  stream.add(last);
  return {body.dump(), stream.bytes()};
}

// ---- Messages

Json block_start(const Json& block) {
  return Json{{"type", "content_block_start"}, {"index", 1}, {"content_block", block}};
}

Json start_for(const std::string& delta) {
  if (delta == "thinking_delta" || delta == "signature_delta") return Json{{"type", "thinking"}, {"thinking", ""}};
  if (delta == "input_json_delta") {
    return Json{{"type", "tool_use"}, {"id", "t"}, {"name", "f"}, {"input", Json::object()}};
  }
  return Json{{"type", "text"}, {"text", ""}};
}

bool is_messages_event(const std::string& type) {
  const std::set<std::string> types{
      "message_start",
      "content_block_start",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
      "ping",
      "vendor_event",
      "error"};
  return types.count(type) != 0;
}

Answer messages_answer(const Json& example, bool is_there) {
  const std::string type = example.value("type", "");
  const bool is_event = is_messages_event(type);
  const Json text{{"type", "text"}, {"text", "hi"}};
  Json message{{"id", "x"}, {"type", "message"}, {"role", "assistant"}, {"model", "m"}, {"content", Json::array()}};
  message["usage"] = Json{{"input_tokens", 1}, {"output_tokens", 1}};
  Json plain = message;
  plain["content"].push_back(text);
  if (is_there && !type.empty() && !is_event) plain["content"].push_back(example);
  plain["stop_reason"] = "end_turn";
  Json delta{{"stop_reason", "end_turn"}};
  if (is_there && type.empty()) {
    plain.update(example);
    if (example.contains("stop_reason")) delta.update(example);
    if (!example.contains("stop_reason")) message.update(example);
  }
  Events stream;
  if (!is_there || type != "message_start") {
    stream.add_typed(Json{{"type", "message_start"}, {"message", message}});
  } else {
    stream.add_typed(example);
  }
  stream.add_typed(Json{{"type", "content_block_start"}, {"index", 0}, {"content_block", text}});
  stream.add_typed(Json{{"type", "content_block_stop"}, {"index", 0}});
  if (is_there && is_event && type != "message_start") {
    if (type == "content_block_delta") stream.add_typed(block_start(start_for(example.at("delta").value("type", ""))));
    stream.add_typed(example);
  } else if (is_there && !type.empty() && !is_event) {
    stream.add_typed(block_start(example));
  }
  stream.add_typed(Json{{"type", "content_block_stop"}, {"index", 1}});
  stream.add_typed(Json{{"type", "message_delta"}, {"delta", delta}, {"usage", message["usage"]}});
  stream.add_typed(Json{{"type", "message_stop"}});
  if (is_there && type == "error") return {example.dump(), stream.bytes()};
  return {is_event ? std::string{} : plain.dump(), stream.bytes()};
}

// ---- Responses

Json message_item(const Json& parts) {
  return Json{{"id", "msg_1"}, {"type", "message"}, {"role", "assistant"}, {"content", parts}};
}

Json event_with_item(const char* type, const Json& item) {
  return Json{{"type", type}, {"output_index", 1}, {"item", item}};
}

Answer responses_answer(const Json& example, bool is_there) {
  const std::string type = example.value("type", "");
  const bool is_event = type.starts_with("response.") || type == "error";
  Json item = example;
  if (type == "output_text" || type == "refusal") item = message_item(Json::array({example}));
  const bool is_item = is_there && !type.empty() && !is_event;
  Json response{{"id", "x"}, {"object", "response"}, {"model", "m"}, {"status", "completed"}};
  response["output"] = Json::array({message_item(Json::array({Json{{"type", "output_text"}, {"text", "hi"}}}))});
  if (is_item) response["output"].push_back(item);
  if (is_there && type.empty()) response.update(example);
  Events stream;
  Json begun = response;
  begun["output"] = Json::array();
  begun["status"] = "in_progress";
  for (const char* const key : {"error", "usage", "incomplete_details"}) begun.erase(key);
  stream.add_typed(Json{{"type", "response.created"}, {"response", begun}});
  Json delta{{"type", "response.output_text.delta"}, {"output_index", 0}, {"content_index", 0}, {"delta", "hi"}};
  stream.add_typed(delta);
  if (is_item) {
    stream.add_typed(event_with_item("response.output_item.added", item));
    stream.add_typed(event_with_item("response.output_item.done", item));
  }
  bool is_end = false;
  if (is_there && is_event) {
    if (type == "response.function_call_arguments.delta") {
      const Json call{{"id", "fc_1"}, {"type", "function_call"}, {"call_id", "c"}, {"name", "f"}, {"arguments", ""}};
      stream.add_typed(event_with_item("response.output_item.added", call));
    }
    stream.add_typed(example);
    is_end = type == "response.completed" || type == "response.incomplete" || type == "response.failed";
  }
  const std::string status = response["status"];
  const std::string last = "response." + (status == "cancelled" ? std::string("failed") : status);
  if (!is_end) stream.add_typed(Json{{"type", last}, {"response", response}});
  return {is_event ? std::string{} : response.dump(), stream.bytes()};
}

// ---- Gemini

Answer gemini_answer(const Json& example, bool is_there) {
  const bool is_part = has_any(
      example,
      {"text",
       "functionCall",
       "thoughtSignature",
       "inlineData",
       "executableCode",
       "codeExecutionResult",
       "toolCall",
       "toolResponse"}
  );
  const bool is_top =
      has_any(example, {"candidates", "usageMetadata", "promptFeedback", "error", "responseId", "modelVersion"});
  Json parts = Json::array({Json{{"text", "hi"}}});
  if (is_there && is_part) parts.push_back(example);
  Json candidate{{"content", Json{{"role", "model"}, {"parts", parts}}}, {"finishReason", "STOP"}};
  if (is_there && !is_part && !is_top) candidate.update(example);
  Json body{{"responseId", "x"}, {"modelVersion", "m"}, {"candidates", Json::array({candidate})}};
  if (is_there && is_top) body.update(example);
  Events stream;
  stream.add(body);
  return {body.dump(), stream.bytes()};
}

Answer answer_with(Protocol provider, const Json& example, bool is_there) {
  switch (provider) {
    case Protocol::v1_messages:
      return messages_answer(example, is_there);
    case Protocol::v1_response:
      return responses_answer(example, is_there);
    case Protocol::gemini:
      return gemini_answer(example, is_there);
    default:
      return chat_answer(example, is_there);
  }
}

// ---- what is told

std::string_view word_of(Finish finish) {
  constexpr std::array<std::string_view, 6> words{"stop", "length", "tool_calls", "content_filter", "refusal", "pause"};
  return words.at(static_cast<std::size_t>(finish));
}

Json usage_json(const Usage& usage) {
  return Json{
      {"prompt", usage.prompt},
      {"completion", usage.completion},
      {"cached", usage.cached},
      {"cache_written", usage.cache_written},
      {"reasoning", usage.reasoning}};
}

Json event_json(const Told& told) {
  Json out;
  switch (told.kind) {
    case Kind::begin:
      out["begin"] = Json{{"id", told.id}, {"name", told.name}};
      break;
    case Kind::text:
      out["text"] = told.text;
      break;
    case Kind::reasoning:
      out["reasoning"] = told.text;
      break;
    case Kind::proof:
      out["proof"] = told.text;
      break;
    case Kind::sealed:
      out["sealed"] = told.text;
      break;
    case Kind::refusal:
      out["refusal"] = told.text;
      break;
    case Kind::call:
      out["call"] = Json{{"id", told.id}, {"name", told.name}};
      break;
    case Kind::arguments:
      out["arguments"] = told.text;
      break;
    case Kind::logprobs:
      out["logprobs"] = Json::parse(told.json);
      break;
    case Kind::annotation:
      out["annotation"] = Json::parse(told.json);
      break;
    case Kind::usage:
      out["usage"] = usage_json(told.usage);
      break;
    case Kind::finish:
      out["finish"] = word_of(told.finish);
      if (!told.text.empty()) out["sequence"] = told.text;
      break;
  }
  if (told.choice != 0) out["choice"] = told.choice;
  return out;
}

Json story_json(const std::vector<Told>& story) {
  Json out = Json::array();
  for (const Told& told : story) out.push_back(event_json(told));
  return out;
}

Json error_json(const Error& error) {
  return Json{{"error", to_string(error.code)}};
}

Json told_of_plain(const Dialect& dialect, const std::string& body) {
  const config::Provider provider;
  Recorder recorder;
  const auto facts = dialect.reply(provider, body, &recorder);
  return facts ? story_json(recorder.story()) : Json::array({error_json(facts.error())});
}

Json told_of_stream(const Dialect& dialect, const std::string& bytes) {
  const config::Provider provider;
  Recorder recorder;
  const auto stream = dialect.stream(provider);
  http::SseSplitter splitter(1 << 20);
  splitter.feed(bytes);
  http::SseEvent event;
  while (splitter.next(event).value()) {
    if (!event.has_data) continue;
    const Meaning meaning = stream->read(event, &recorder);
    if (!meaning.error) continue;
    Json out = story_json(recorder.story());
    out.push_back(error_json(*meaning.error));
    return out;
  }
  return story_json(recorder.story());
}

std::string fault_of_way(
    const char* way,
    const std::string& given,
    const Json& told,
    const Json& without,
    const std::string& verdict,
    const Counterpart& wanted
) {
  const std::string seen = std::string("\n  ") + way + ": " + given + "\n  told: " + told.dump();
  const bool is_told = verdict == "mapped";
  if (is_told == (told == without)) return std::string(is_told ? "tells nothing" : "is told") + seen;
  for (const Json& want : wanted.whole) {
    if (!holds(told, want)) return "does not tell " + want.dump() + seen;
  }
  const bool is_told_anyway =
      std::all_of(wanted.whole.begin(), wanted.whole.end(), [&](const Json& want) { return holds(without, want); });
  return is_told && is_told_anyway ? "is told without it" + seen : std::string{};
}

}  // namespace

std::string fault_of_told(
    config::Protocol provider, const Json& example, const std::string& verdict, const Counterpart& wanted
) {
  if (verdict != "mapped" && verdict != "dropped" && verdict != "nothing") return "no verdict on an answer: " + verdict;
  if ((verdict == "mapped") == wanted.whole.empty()) return "mapped has a counterpart, and nothing else has";
  const Dialect& dialect = *for_protocol(provider);
  const Answer with = answer_with(provider, example, true);
  const Answer without = answer_with(provider, example, false);
  if (!with.plain.empty()) {
    const Json base = without.plain.empty() ? Json() : told_of_plain(dialect, without.plain);
    std::string fault = fault_of_way("plain", with.plain, told_of_plain(dialect, with.plain), base, verdict, wanted);
    if (!fault.empty()) return fault;
  }
  return fault_of_way(
      "stream",
      with.stream,
      told_of_stream(dialect, with.stream),
      told_of_stream(dialect, without.stream),
      verdict,
      wanted
  );
}

}  // namespace gw::dialect::test
