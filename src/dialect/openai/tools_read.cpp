#include "dialect/openai/request_read.hpp"

namespace gw::dialect::openai {

namespace od = simdjson::ondemand;

namespace {

bool read_function(od::value& value, const Path& at, Reading& reading, Tool& out) {
  if (!reading.is_object(value, at)) return false;
  const bool good = each_member(value, [&](std::string_view key, od::value& member) {
    const Path here{&at, key};
    if (key == "name") return reading.text(member, here, out.name);
    if (key == "description") return reading.text(member, here, out.description);
    if (key == "parameters") return reading.object(member, here, out.schema);
    if (key == "strict") return reading.flag(member, here, out.is_strict);
    if (!is_null(member)) reading.leave_out(here);
    return true;
  });
  if (!good) return false;
  return !out.name.empty() || reading.fail(Path{&at, "name"}, "given");
}

// A tool of the provider's own, or one whose input is no JSON (`custom`), stays as it is: whoever writes it decides.
bool read_tool(od::value& value, const Path& at, Reading& reading, Tool& out) {
  if (!reading.is_object(value, at)) return false;
  od::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return reading.fail(at, "an object");
  od::value type;
  const bool has_type = object.find_field_unordered("type").get(type) == simdjson::SUCCESS;
  const bool is_function = !has_type || says(inside(type), "function");
  if (object.reset().error() != simdjson::SUCCESS) return reading.fail(at, "an object");
  if (!is_function) {
    std::string_view text;
    if (object.raw_json().get(text) == simdjson::SUCCESS) out.builtin = trimmed(text);
    return true;
  }
  for (auto member : object) {
    od::field field;
    if (std::move(member).get(field) != simdjson::SUCCESS) break;
    std::string_view key;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) key = "?";
    const Path here{&at, key};
    if (key == "function") {
      if (!read_function(field.value(), here, reading, out)) return false;
    } else if (key == "cache_control") {
      out.cache_control = is_null(field.value()) ? JsonText{} : whole(field.value());
    } else if (key != "type" && !is_null(field.value())) {
      reading.leave_out(here);
    }
  }
  return !out.name.empty() || reading.fail(Path{&at, "function"}, "given");
}

bool read_name(od::value& value, const Path& at, Reading& reading, Raw& name) {
  if (!reading.is_object(value, at)) return false;
  const bool good = each_member(value, [&](std::string_view key, od::value& member) {
    return key != "name" || reading.text(member, Path{&at, key}, name);
  });
  if (!good) return false;
  return !name.empty() || reading.fail(Path{&at, "name"}, "given");
}

bool kind_of(Raw word, ToolChoice::Kind& out) {
  if (says(word, "auto")) {
    out = ToolChoice::Kind::automatic;
  } else if (says(word, "none")) {
    out = ToolChoice::Kind::none;
  } else if (says(word, "required")) {
    out = ToolChoice::Kind::required;
  } else {
    return false;
  }
  return true;
}

// {"mode":"auto","tools":[{"type":"function","function":{"name":"f"}}]}
bool read_allowed(od::value& value, const Path& at, Reading& reading, ToolChoice& out, std::vector<Raw>& allowed) {
  if (!reading.is_object(value, at)) return false;
  return each_member(value, [&](std::string_view key, od::value& member) {
    const Path here{&at, key};
    if (key == "mode") {
      Raw mode;
      if (!reading.text(member, here, mode)) return false;
      return kind_of(mode, out.kind) || reading.fail(here, "\"auto\" or \"required\"");
    }
    if (key != "tools") return true;
    if (!reading.is_array(member, here)) return false;
    std::size_t index = 0;
    return each_element(member, [&](od::value& item) {
      const Path tool{&here, {}, index++};
      if (!reading.is_object(item, tool)) return false;
      return each_member(item, [&](std::string_view name, od::value& function) {
        return name != "function" || read_name(function, Path{&tool, name}, reading, allowed.emplace_back());
      });
    });
  });
}

}  // namespace

bool read_tools(od::value& value, const Path& at, Reading& reading, std::vector<Tool>& out) {
  if (!reading.is_array(value, at)) return false;
  std::size_t index = 0;
  return each_element(value, [&](od::value& item) {
    return read_tool(item, Path{&at, {}, index++}, reading, out.emplace_back());
  });
}

bool read_functions(od::value& value, const Path& at, Reading& reading, std::vector<Tool>& out) {
  if (!reading.is_array(value, at)) return false;
  std::size_t index = 0;
  return each_element(value, [&](od::value& item) {
    return read_function(item, Path{&at, {}, index++}, reading, out.emplace_back());
  });
}

bool read_tool_choice(od::value& value, const Path& at, Reading& reading, ToolChoice& out, std::vector<Raw>& allowed) {
  constexpr std::string_view wanted = R"("auto", "none", "required" or an object that names a tool)";
  if (!token_of(value).starts_with('{')) return kind_of(inside(value), out.kind) || reading.fail(at, wanted);
  Raw type;
  const bool good = each_member(value, [&](std::string_view key, od::value& member) {
    const Path here{&at, key};
    if (key == "type") return reading.text(member, here, type);
    if (key == "function") {
      out.kind = ToolChoice::Kind::named;
      return read_name(member, here, reading, out.name);
    }
    return key != "allowed_tools" || read_allowed(member, here, reading, out, allowed);
  });
  if (!good) return false;
  if (!type.empty() && !says(type, "function") && !says(type, "allowed_tools")) {
    return reading.refuse(at, "names a tool that other dialects do not have.");
  }
  return out.kind != ToolChoice::Kind::unsaid || reading.fail(at, wanted);
}

bool read_function_choice(od::value& value, const Path& at, Reading& reading, ToolChoice& out) {
  if (token_of(value).starts_with('{')) {
    out.kind = ToolChoice::Kind::named;
    return read_name(value, at, reading, out.name);
  }
  return kind_of(inside(value), out.kind) || reading.fail(at, R"("auto", "none" or an object with a name)");
}

}  // namespace gw::dialect::openai
