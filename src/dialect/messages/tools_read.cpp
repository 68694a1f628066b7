#include "dialect/messages/tools_read.hpp"

#include "dialect/provider_json.hpp"

#include <vector>

namespace gw::dialect::messages {
namespace {

using Value = BodyReader::Value;

bool read_tool(BodyReader& reader, Value& value, const Path& path) {
  BodyReader::Object object;
  if (!reader.object(value, path, object)) return false;
  std::string_view whole;
  if (object.raw_json().get(whole) != simdjson::SUCCESS || object.reset().error() != simdjson::SUCCESS) {
    return reader.wrong_type(path, "an object");
  }
  Tool tool;
  Raw type;
  std::vector<std::string_view> others;
  const bool is_read = reader.members(object, [&](std::string_view key, Value& member) {
    const Path here = path.at(key);
    if (key == "type") return reader.text(member, here, type);
    if (key == "name") return reader.text(member, here, tool.name);
    if (key == "description") return reader.text(member, here, tool.description);
    if (key == "input_schema") return reader.object_text(member, here, tool.schema);
    if (key == "strict") return reader.flag(member, here, tool.is_strict);
    if (key == "cache_control") return reader.object_text(member, here, tool.cache_control);
    if (!is_null(member)) others.push_back(key);
    return true;
  });
  if (!is_read) return false;
  if (!type.empty() && type != "custom") {  // one of Anthropic's own
    tool = Tool{};
    tool.builtin = trimmed(whole);
  } else {
    if (tool.name.empty()) return reader.wrong_type(path.at("name"), "a string");
    for (const std::string_view other : others) reader.leave_out(path.at(other));
  }
  reader.out().tools.push_back(tool);
  return true;
}

}  // namespace

bool read_tools(BodyReader& reader, Value& value, const Path& path) {
  if (is_null(value)) return true;
  BodyReader::Array list;
  return reader.array(value, path, list) && reader.elements(list, path, [&](Value& element, const Path& here) {
    return read_tool(reader, element, here);
  });
}

bool read_tool_choice(BodyReader& reader, Value& value, const Path& path) {
  if (is_null(value)) return true;
  BodyReader::Object object;
  Raw type;
  Raw name;
  std::optional<bool> is_serial;
  const auto take = [&](std::string_view key, Value& member) {
    const Path here = path.at(key);
    if (key == "type") return reader.text(member, here, type);
    if (key == "name") return reader.text(member, here, name);
    if (key == "disable_parallel_tool_use") return reader.flag(member, here, is_serial);
    if (!is_null(member)) reader.leave_out(here);
    return true;
  };
  if (!reader.object(value, path, object) || !reader.members(object, take)) return false;
  if (is_serial) reader.out().parallel_calls = !*is_serial;
  ToolChoice& choice = reader.out().tool_choice;
  if (type == "auto") {
    choice.kind = ToolChoice::Kind::automatic;
  } else if (type == "any") {
    choice.kind = ToolChoice::Kind::required;
  } else if (type == "none") {
    choice.kind = ToolChoice::Kind::none;
  } else if (type == "tool") {
    if (name.empty()) return reader.wrong_type(path.at("name"), "a string");
    choice = {ToolChoice::Kind::named, name};
  } else {
    return reader.wrong_type(path.at("type"), "one of auto, any, tool and none");
  }
  return true;
}

}  // namespace gw::dialect::messages
