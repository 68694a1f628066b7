#include "dialect/responses/tools_read.hpp"

#include "dialect/provider_json.hpp"
#include "dialect/responses/names.hpp"

#include <algorithm>

namespace gw::dialect::responses {
namespace {

using Value = BodyReader::Value;

// The members of one tool, whatever its type.
struct Members {
  Raw type;
  Raw name;
  Raw description;
  JsonText parameters;
  JsonText format;
  std::optional<bool> is_strict;
};

// What a grammar says, for a model that is not held to it: {"type":"grammar","syntax":"lark","definition":"..."}.
struct Grammar {
  Raw syntax;
  Raw definition;
};

bool read_format(BodyReader& reader, Value& value, const Path& path, Grammar& out) {
  if (is_null(value)) return true;
  BodyReader::Object object;
  return reader.object(value, path, object) && reader.members(object, [&](std::string_view key, Value& member) {
    if (key == "syntax") return reader.text(member, path.at(key), out.syntax);
    if (key == "definition") return reader.text(member, path.at(key), out.definition);
    return true;
  });
}

std::string custom_description(Raw description, const Grammar& grammar) {
  std::string out(description);
  if (grammar.definition.empty()) return out;
  if (!out.empty()) out.append("\\n\\n");
  out.append("The text in `input` must follow this grammar");
  if (!grammar.syntax.empty()) out.append(" (").append(grammar.syntax).append(")");
  return out.append(":\\n").append(grammar.definition);
}

bool read_tool(BodyReader& reader, Value& value, const Path& path) {
  BodyReader::Object object;
  if (!reader.object(value, path, object)) return false;
  Members members;
  Grammar grammar;
  std::vector<std::string_view> others;
  std::string_view whole;
  const auto take = [&](std::string_view key, Value& member) {
    const Path here = path.at(key);
    if (key == "type") return reader.text(member, here, members.type);
    if (key == "name") return !is_string(member) || reader.text(member, here, members.name);
    if (key == "description") return !is_string(member) || reader.text(member, here, members.description);
    if (key == "parameters") return reader.object_text(member, here, members.parameters);
    if (key == "strict") return reader.flag(member, here, members.is_strict);
    if (key == "format") return read_format(reader, member, here, grammar);
    if (!is_null(member)) others.push_back(key);
    return true;
  };
  if (object.raw_json().get(whole) != simdjson::SUCCESS) return reader.wrong_type(path, "an object");
  if (object.reset().error() != simdjson::SUCCESS || !reader.members(object, take)) return false;
  if (members.type.empty()) return reader.wrong_type(path.at("type"), "given, e.g. \"function\"");
  Tool tool;
  if (members.type == "function" || members.type == "custom") {
    if (members.name.empty()) return reader.wrong_type(path.at("name"), "a string");
    for (const std::string_view other : others) reader.leave_out(path.at(other));
    tool.name = members.name;
    tool.description = members.description;
    tool.schema = members.parameters;
    tool.is_strict = members.is_strict;
  } else {
    tool.builtin = trimmed(whole);
  }
  if (members.type == "custom") {
    tool.name = reader.keep(std::string(custom_prefix).append(members.name));
    tool.description = reader.keep(custom_description(members.description, grammar));
    tool.schema = custom_schema;
  }
  reader.out().tools.push_back(tool);
  return true;
}

struct NamedTool {
  Raw type;
  Raw name;
  Raw mode;
};

// The name that a tool has among the conversation's.
Raw name_of(BodyReader& reader, const NamedTool& named) {
  return named.type == "custom" ? reader.keep(std::string(custom_prefix).append(named.name)) : named.name;
}

bool read_allowed(BodyReader& reader, Value& value, const Path& path, Choice& out) {
  BodyReader::Array list;
  if (!reader.array(value, path, list)) return false;
  out.is_limited = true;
  return reader.elements(list, path, [&](Value& element, const Path& here) {
    BodyReader::Object object;
    NamedTool named;
    const bool is_read =
        reader.object(element, here, object) && reader.members(object, [&](std::string_view key, Value& member) {
          if (key == "type") return reader.text(member, here.at(key), named.type);
          if (key == "name") return reader.text(member, here.at(key), named.name);
          return true;
        });
    if (is_read && !named.name.empty()) out.allowed.push_back(name_of(reader, named));
    return is_read;
  });
}

bool set_mode(BodyReader& reader, Raw mode, const Path& path) {
  ToolChoice& choice = reader.out().tool_choice;
  if (mode == "auto") {
    choice.kind = ToolChoice::Kind::automatic;
  } else if (mode == "none") {
    choice.kind = ToolChoice::Kind::none;
  } else if (mode == "required") {
    choice.kind = ToolChoice::Kind::required;
  } else {
    return reader.wrong_type(path, "auto, none, required or an object");
  }
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

bool read_tool_choice(BodyReader& reader, Value& value, const Path& path, Choice& out) {
  if (is_null(value)) return true;
  if (is_string(value)) {
    Raw mode;
    return reader.text(value, path, mode) && set_mode(reader, mode, path);
  }
  BodyReader::Object object;
  NamedTool named;
  const auto take = [&](std::string_view key, Value& member) {
    if (key == "type") return reader.text(member, path.at(key), named.type);
    if (key == "name") return reader.text(member, path.at(key), named.name);
    if (key == "mode") return reader.text(member, path.at(key), named.mode);
    if (key == "tools") return read_allowed(reader, member, path.at(key), out);
    return true;
  };
  if (!reader.object(value, path, object) || !reader.members(object, take)) return false;
  if (named.type == "allowed_tools") return set_mode(reader, named.mode.empty() ? "auto" : named.mode, path.at("mode"));
  if (named.type != "function" && named.type != "custom") return reader.unsupported(path, "this choice of a tool");
  if (named.name.empty()) return reader.wrong_type(path.at("name"), "a string");
  reader.out().tool_choice = {ToolChoice::Kind::named, name_of(reader, named)};
  return true;
}

void apply_choice(BodyReader& reader, const Choice& choice) {
  if (!choice.is_limited) return;
  std::vector<Tool>& tools = reader.out().tools;
  const auto is_shut = [&](const Tool& tool) {
    return std::find(choice.allowed.begin(), choice.allowed.end(), tool.name) == choice.allowed.end();
  };
  tools.erase(std::remove_if(tools.begin(), tools.end(), is_shut), tools.end());
}

}  // namespace gw::dialect::responses
