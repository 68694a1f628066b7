#include "dialect/responses/input_read.hpp"

#include "dialect/responses/names.hpp"
#include "dialect/responses/parts_read.hpp"
#include "dialect/responses/tools_read.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace gw::dialect::responses {
namespace {

using Value = BodyReader::Value;

constexpr std::string_view paragraph = "\\n\\n";  // between the parts of a summary; raw

// Items without which the conversation would be another one.
constexpr std::array<std::string_view, 14> native{
    "computer_call",
    "computer_call_output",
    "local_shell_call",
    "local_shell_call_output",
    "shell_call",
    "shell_call_output",
    "apply_patch_call",
    "apply_patch_call_output",
    "mcp_approval_request",
    "mcp_approval_response",
    "compaction",
    "compaction_summary",
    "program",
    "program_output"};

template <class List>
bool holds(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

// The outputs of OpenAI's own tools have other shapes; their items are not read.
bool may_be_result(Raw type, Value& output) {
  if (type.empty()) return is_string(output);
  return type == "function_call_output" || type == "custom_tool_call_output";
}

// The members of an item, whatever its type.
struct Item {
  Raw type;
  Raw role;
  Raw id;
  Raw call_id;
  Raw name;
  Raw arguments;
  Raw input;
  Raw encrypted_content;
  bool has_arguments = false;
  std::vector<Part> content;
  std::vector<Part> summary;
  std::vector<Part> output;
  std::vector<std::string_view> others;  // not known
};

class InputReader {
 public:
  explicit InputReader(BodyReader& reader) noexcept : reader_(reader) {}

  bool item(Value& value, const Path& path);

 private:
  bool members(Value& value, const Path& path, Item& out);
  bool message(Item& item, const Path& path);
  bool call(const Item& item, const Path& path);
  bool custom_call(const Item& item, const Path& path);
  bool output(Item& item, const Path& path);
  void reasoning(const Item& item);
  Raw joined(const std::vector<Part>& texts);
  Turn& assistant();

  BodyReader& reader_;
};

// Text, calls and reasoning of one answer are items of their own here, and one turn elsewhere.
Turn& InputReader::assistant() {
  std::vector<Turn>& turns = reader_.out().turns;
  if (turns.empty() || turns.back().speaker != Speaker::assistant) turns.emplace_back().speaker = Speaker::assistant;
  return turns.back();
}

bool InputReader::members(Value& value, const Path& path, Item& out) {
  BodyReader::Object object;
  if (!reader_.object(value, path, object)) return false;
  return reader_.members(object, [&](std::string_view key, Value& member) {
    const Path here = path.at(key);
    if (key == "type") return reader_.text(member, here, out.type);
    if (key == "role") return reader_.text(member, here, out.role);
    if (key == "id") return reader_.text(member, here, out.id);
    if (key == "call_id") return reader_.text(member, here, out.call_id);
    if (key == "name") return reader_.text(member, here, out.name);
    if (key == "arguments") {
      out.has_arguments = is_string(member);
      return !out.has_arguments || reader_.text(member, here, out.arguments);
    }
    if (key == "input") return !is_string(member) || reader_.text(member, here, out.input);
    if (key == "encrypted_content") return reader_.text(member, here, out.encrypted_content);
    if (key == "content") return read_content(reader_, member, here, out.content);
    if (key == "summary") return read_content(reader_, member, here, out.summary);
    if (key == "output" && may_be_result(out.type, member)) return read_content(reader_, member, here, out.output);
    if (key == "tools" && out.type == "additional_tools") return read_tools(reader_, member, here);
    if (key != "status" && !is_null(member)) out.others.push_back(key);
    return true;
  });
}

bool InputReader::message(Item& item, const Path& path) {
  if (item.role == "assistant") {
    std::vector<Turn>& turns = reader_.out().turns;
    // Two messages of the model without anything between them stay two.
    const bool follows_text = !turns.empty() && turns.back().speaker == Speaker::assistant &&
                              !turns.back().parts.empty() && turns.back().parts.back().kind == Part::Kind::text;
    Turn& turn = follows_text ? turns.emplace_back() : assistant();
    turn.speaker = Speaker::assistant;
    std::move(item.content.begin(), item.content.end(), std::back_inserter(turn.parts));
    return true;
  }
  Turn turn;
  if (item.role == "system" || item.role == "developer") {
    turn.speaker = Speaker::system;
    turn.is_developer = item.role == "developer";
  } else if (item.role != "user") {
    return reader_.wrong_type(path.at("role"), "one of user, assistant, system and developer");
  }
  turn.parts = std::move(item.content);
  reader_.out().turns.push_back(std::move(turn));
  return true;
}

bool InputReader::call(const Item& item, const Path& path) {
  if (item.call_id.empty()) return reader_.wrong_type(path.at("call_id"), "a string");
  if (item.name.empty()) return reader_.wrong_type(path.at("name"), "a string");
  if (!item.has_arguments) return reader_.wrong_type(path.at("arguments"), "a string");
  Part& part = assistant().parts.emplace_back();
  part.kind = Part::Kind::call;
  part.id = item.call_id;
  part.name = item.name;
  part.arguments.text = item.arguments.empty() ? Raw("{}") : item.arguments;
  return true;
}

// As the call of a function with one parameter (names.hpp).
bool InputReader::custom_call(const Item& item, const Path& path) {
  if (item.call_id.empty()) return reader_.wrong_type(path.at("call_id"), "a string");
  if (item.name.empty()) return reader_.wrong_type(path.at("name"), "a string");
  Part& part = assistant().parts.emplace_back();
  part.kind = Part::Kind::call;
  part.id = item.call_id;
  part.name = reader_.keep(std::string(custom_prefix).append(item.name));
  part.arguments.object = reader_.keep(std::string(R"({"input":")").append(item.input).append("\"}"));
  return true;
}

// Results of one turn's calls follow each other, and stand in one turn.
bool InputReader::output(Item& item, const Path& path) {
  if (item.call_id.empty()) return reader_.wrong_type(path.at("call_id"), "a string");
  std::vector<Turn>& turns = reader_.out().turns;
  const bool follows_result = !turns.empty() && turns.back().speaker == Speaker::user && !turns.back().parts.empty() &&
                              turns.back().parts.back().kind == Part::Kind::result;
  Turn& turn = follows_result ? turns.back() : turns.emplace_back();
  Part& part = turn.parts.emplace_back();
  part.kind = Part::Kind::result;
  part.id = item.call_id;
  part.parts = std::move(item.output);
  return true;
}

Raw InputReader::joined(const std::vector<Part>& texts) {
  if (texts.empty()) return {};
  if (texts.size() == 1) return texts.front().text;
  std::string out;
  for (const Part& one : texts) {
    if (!out.empty()) out.append(paragraph);
    out.append(one.text);
  }
  return reader_.keep(std::move(out));
}

void InputReader::reasoning(const Item& item) {
  const Raw text = joined(item.summary.empty() ? item.content : item.summary);
  if (text.empty() && item.encrypted_content.empty()) return;
  Part& part = assistant().parts.emplace_back();
  part.kind = Part::Kind::reasoning;
  part.id = item.id;
  part.text = text;
  part.proof = item.encrypted_content;
  part.is_sealed = text.empty();
}

// Items that say something elsewhere too; what else stands in them is named.
bool is_carried(const Item& item) {
  return item.type.empty() || item.type == "message" || item.type == "reasoning" || item.type == "function_call" ||
         item.type == "function_call_output" || item.type == "custom_tool_call" ||
         item.type == "custom_tool_call_output";
}

bool InputReader::item(Value& value, const Path& path) {
  Item item;
  if (!members(value, path, item)) return false;
  if (is_carried(item)) {
    for (const std::string_view other : item.others) reader_.leave_out(path.at(other));
  }
  if (item.type == "message" || (item.type.empty() && !item.role.empty())) return message(item, path);
  if (item.type == "function_call") return call(item, path);
  if (item.type == "custom_tool_call") return custom_call(item, path);
  if (item.type == "function_call_output" || item.type == "custom_tool_call_output") return output(item, path);
  if (item.type == "reasoning") {
    reasoning(item);
    return true;
  }
  if (item.type == "additional_tools") return true;  // read with its members
  if (holds(native, item.type)) return reader_.unsupported(path, "an item of this type");
  if (item.type.empty()) return reader_.wrong_type(path.at("type"), "given, e.g. \"message\"");
  reader_.leave_out(path);  // reports of what OpenAI's tools did: what came of it stands in the answer behind them
  return true;
}

}  // namespace

bool read_input(BodyReader& reader, Value& value, const Path& path) {
  if (is_string(value)) {
    Turn& turn = reader.out().turns.emplace_back();
    return reader.text(value, path, turn.parts.emplace_back().text);
  }
  BodyReader::Array list;
  if (!reader.array(value, path, list)) return false;
  InputReader items(reader);
  return reader.elements(list, path, [&](Value& element, const Path& here) { return items.item(element, here); });
}

}  // namespace gw::dialect::responses
