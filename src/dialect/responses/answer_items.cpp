#include "dialect/responses/answer_items.hpp"

#include "dialect/provider_json.hpp"

namespace gw::dialect::responses {
namespace {

std::string_view name_of(AnswerItem::State state) {
  switch (state) {
    case AnswerItem::State::running:
      return "in_progress";
    case AnswerItem::State::completed:
      return "completed";
    case AnswerItem::State::incomplete:
      return "incomplete";
  }
  return {};
}

// `joined` has no brackets.
void write_list(JsonWriter& json, std::string_view name, std::string_view joined) {
  json.key(name).begin_array();
  if (!joined.empty()) json.json(joined);
  json.end_array();
}

void write_call(JsonWriter& json, const AnswerItem& item) {
  json.key("type").string(item.is_custom ? "custom_tool_call" : "function_call");
  json.key("status").string(name_of(item.state));
  json.key("call_id").string(item.call_id).key("name").string(item.name);
  // Of a custom tool the input is known at the end only.
  const bool is_said = !item.is_custom || item.state != AnswerItem::State::running;
  json.key(item.is_custom ? "input" : "arguments").string(is_said ? item.text : std::string_view{});
}

void write_reasoning(JsonWriter& json, const AnswerItem& item) {
  json.key("type").string("reasoning").key("summary").begin_array();
  if (!item.text.empty()) {
    json.begin_object().key("type").string("summary_text").key("text").string(item.text).end_object();
  }
  json.end_array();
  json.optional_string("encrypted_content", item.proof);
}

void write_message(JsonWriter& json, const AnswerItem& item) {
  json.key("type").string("message").key("status").string(name_of(item.state));
  json.key("role").string("assistant").key("content").begin_array();
  for (const AnswerPart& part : item.parts) write_part(json, part);
  json.end_array();
}

}  // namespace

void write_part(JsonWriter& json, const AnswerPart& part) {
  json.begin_object();
  if (part.is_refusal) {
    json.key("type").string("refusal").key("refusal").string(part.text);
  } else {
    json.key("type").string("output_text").key("text").string(part.text);
    write_list(json, "annotations", part.annotations);
    write_list(json, "logprobs", part.logprobs);
  }
  json.end_object();
}

void write_item(JsonWriter& json, const AnswerItem& item) {
  json.begin_object().key("id").string(item.id);
  switch (item.kind) {
    case AnswerItem::Kind::message:
      write_message(json, item);
      break;
    case AnswerItem::Kind::reasoning:
      write_reasoning(json, item);
      break;
    case AnswerItem::Kind::call:
      write_call(json, item);
      break;
  }
  json.end_object();
}

std::string custom_input(Raw arguments) {
  const std::string json = from_raw(arguments);
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  std::string_view input;
  if (parse(json, document) == simdjson::SUCCESS && document.get_object().get(object) == simdjson::SUCCESS &&
      object["input"].get_string().get(input) == simdjson::SUCCESS) {
    return to_raw(input);
  }
  return std::string(arguments);
}

}  // namespace gw::dialect::responses
