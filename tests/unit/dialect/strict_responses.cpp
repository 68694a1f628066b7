#include "strict_responses.hpp"

#include <simdjson.h>

#include <algorithm>
#include <map>
#include <set>

namespace gw::dialect::test {
namespace {

namespace dom = simdjson::dom;
using Type = dom::element_type;
using Names = std::set<std::string_view>;

class Checker {
 public:
  std::vector<std::string> faults;

  void request(dom::element body);

 private:
  void fault(const std::string& path, const std::string& what) { faults.push_back(path + ": " + what); }

  void only(dom::object object, const std::string& path, const Names& known) {
    Names seen;
    for (const dom::key_value_pair member : object) {
      if (known.count(member.key) == 0) fault(path, "unknown member '" + std::string(member.key) + "'");
      if (!seen.insert(member.key).second) fault(path, "'" + std::string(member.key) + "' twice");
    }
  }

  std::string text(dom::object object, std::string_view key, const std::string& path, bool is_needed) {
    dom::element element;
    if (object[key].get(element) != simdjson::SUCCESS) {
      if (is_needed) fault(path, "'" + std::string(key) + "' is missing");
      return {};
    }
    std::string_view value;
    if (element.get_string().get(value) != simdjson::SUCCESS) fault(path, "'" + std::string(key) + "' is no string");
    return std::string(value);
  }

  void one_of(const std::string& value, const std::string& path, const Names& values) {
    if (values.count(value) == 0) fault(path, "'" + value + "' is not allowed");
  }

  void has_type(dom::object object, std::string_view key, const std::string& path, const std::set<Type>& types) {
    dom::element element;
    if (object[key].get(element) != simdjson::SUCCESS) return;
    if (types.count(element.type()) == 0) fault(path, "'" + std::string(key) + "' has the wrong type");
  }

  bool object(dom::element element, const std::string& path, dom::object& out) {
    if (element.get_object().get(out) == simdjson::SUCCESS) return true;
    fault(path, "no object");
    return false;
  }

  void short_text(dom::object body, std::string_view key) {
    if (text(body, key, std::string(key), false).size() > 64) fault(std::string(key), "string_above_max_length");
  }

  void input(dom::element value);
  void item(dom::element value, const std::string& path);
  void message(dom::object item, const std::string& path);
  void part(dom::element value, const std::string& path, bool is_output);
  void call_id(dom::object item, const std::string& path);
  void tools(dom::object body);
  void text_options(dom::object body);
  void reasoning(dom::object body);
  std::set<std::string> calls_;
  bool has_sealed_ = false;
};

void Checker::part(dom::element value, const std::string& path, bool is_output) {
  dom::object part;
  if (!object(value, path, part)) return;
  const std::string type = text(part, "type", path, true);
  if (is_output) {
    one_of(type, path, {"output_text", "refusal"});
  } else {
    one_of(type, path, {"input_text", "input_image", "input_file"});
  }
  if (type == "output_text" || type == "input_text") {
    only(part, path, is_output ? Names{"type", "text", "annotations", "logprobs"} : Names{"type", "text"});
    text(part, "text", path, true);
  } else if (type == "refusal") {
    only(part, path, {"type", "refusal"});
    text(part, "refusal", path, true);
  } else if (type == "input_image") {
    only(part, path, {"type", "image_url", "file_id", "detail"});
    one_of(text(part, "detail", path, true), path, {"auto", "low", "high", "original"});
    const std::string url = text(part, "image_url", path, false);
    if (url.empty() == text(part, "file_id", path, false).empty()) fault(path, "image_url or file_id");
    if (!url.empty() && !url.starts_with("https://") && !url.starts_with("http://") && !url.starts_with("data:image/"))
      fault(path, "image_url is no address");
  } else if (type == "input_file") {
    only(part, path, {"type", "file_data", "file_id", "file_url", "filename"});
    const std::string data = text(part, "file_data", path, false);
    if (!data.empty() && !data.starts_with("data:")) fault(path, "file_data is no data URL");
    if (!data.empty()) text(part, "filename", path, true);
    const int ways = static_cast<int>(!data.empty()) + static_cast<int>(!text(part, "file_id", path, false).empty()) +
                     static_cast<int>(!text(part, "file_url", path, false).empty());
    if (ways != 1) fault(path, "file_data, file_id or file_url");
  }
}

void Checker::message(dom::object item, const std::string& path) {
  only(item, path, {"type", "role", "content", "id", "status"});
  const std::string role = text(item, "role", path, true);
  one_of(role, path, {"user", "assistant", "system", "developer"});
  dom::array parts;
  if (item["content"].get_array().get(parts) != simdjson::SUCCESS) {
    text(item, "content", path, true);
    return;
  }
  if (parts.size() == 0) fault(path, "empty content");
  std::size_t index = 0;
  for (const dom::element one : parts)
    part(one, path + ".content[" + std::to_string(index++) + "]", role == "assistant");
}

void Checker::call_id(dom::object item, const std::string& path) {
  const std::string id = text(item, "call_id", path, true);
  if (id.empty() || id.size() > 64) fault(path, "call_id is empty or too long");
}

void Checker::item(dom::element value, const std::string& path) {
  dom::object item;
  if (!object(value, path, item)) return;
  const std::string type = text(item, "type", path, false);
  if (type.empty() || type == "message") return message(item, path);
  if (type == "function_call") {
    only(item, path, {"type", "id", "call_id", "name", "arguments", "status"});
    call_id(item, path);
    text(item, "name", path, true);
    dom::parser parser;
    if (parser.parse(text(item, "arguments", path, true)).error() != simdjson::SUCCESS)
      fault(path, "arguments are no JSON");
    const std::string id = text(item, "id", path, false);
    if (!id.empty() && !id.starts_with("fc")) fault(path, "id must begin with fc");
    calls_.insert(text(item, "call_id", path, true));
  } else if (type == "function_call_output") {
    only(item, path, {"type", "id", "call_id", "output", "status"});
    call_id(item, path);
    if (calls_.count(text(item, "call_id", path, true)) == 0) fault(path, "no call of this call_id");
    dom::array parts;
    if (item["output"].get_array().get(parts) != simdjson::SUCCESS) {
      text(item, "output", path, true);
    } else {
      std::size_t index = 0;
      for (const dom::element one : parts) part(one, path + ".output[" + std::to_string(index++) + "]", false);
    }
  } else if (type == "reasoning") {
    only(item, path, {"type", "id", "summary", "encrypted_content", "content", "status"});
    if (!text(item, "encrypted_content", path, true).starts_with("gAAAA")) fault(path, "could not be verified");
    dom::array summary;
    if (item["summary"].get_array().get(summary) != simdjson::SUCCESS) fault(path, "summary is missing");
    for (const dom::element one : summary) {
      dom::object object_of_one;
      if (!object(one, path, object_of_one)) continue;
      only(object_of_one, path + ".summary", {"type", "text"});
      one_of(text(object_of_one, "type", path, true), path, {"summary_text"});
    }
    has_sealed_ = true;
  } else {
    fault(path, "unknown type '" + type + "'");
  }
}

void Checker::input(dom::element value) {
  dom::array items;
  if (value.get_array().get(items) != simdjson::SUCCESS) {
    if (!value.is_string()) fault("input", "no text and no list");
    return;
  }
  if (items.size() == 0) fault("input", "empty");
  std::size_t index = 0;
  for (const dom::element one : items) item(one, "input[" + std::to_string(index++) + "]");
}

void Checker::tools(dom::object body) {
  dom::array list;
  if (body["tools"].get_array().get(list) != simdjson::SUCCESS) {
    if (body["tool_choice"].error() == simdjson::SUCCESS) fault("tool_choice", "only with tools");
    if (body["parallel_tool_calls"].error() == simdjson::SUCCESS) fault("parallel_tool_calls", "only with tools");
    return;
  }
  std::size_t index = 0;
  std::set<std::string> names;
  for (const dom::element one : list) {
    const std::string path = "tools[" + std::to_string(index++) + "]";
    dom::object tool;
    if (!object(one, path, tool)) continue;
    one_of(text(tool, "type", path, true), path, {"function"});
    only(tool, path, {"type", "name", "description", "parameters", "strict"});
    names.insert(text(tool, "name", path, true));
    dom::object parameters;
    if (tool["parameters"].get_object().get(parameters) != simdjson::SUCCESS) fault(path, "parameters are missing");
    bool strict = false;
    if (tool["strict"].get_bool().get(strict) != simdjson::SUCCESS) fault(path, "strict is missing");
  }
  dom::element choice;
  if (body["tool_choice"].get(choice) != simdjson::SUCCESS) return;
  if (choice.is_string())
    return one_of(text(body, "tool_choice", "", true), "tool_choice", {"auto", "none", "required"});
  dom::object named;
  if (!object(choice, "tool_choice", named)) return;
  only(named, "tool_choice", {"type", "name"});
  if (names.count(text(named, "name", "tool_choice", true)) == 0) fault("tool_choice", "no such tool");
}

void Checker::text_options(dom::object body) {
  dom::object options;
  if (body["text"].get_object().get(options) != simdjson::SUCCESS) return;
  only(options, "text", {"format", "verbosity"});
  dom::object format;
  if (options["format"].get_object().get(format) != simdjson::SUCCESS) return;
  const std::string type = text(format, "type", "text.format", true);
  one_of(type, "text.format", {"text", "json_object", "json_schema"});
  if (type != "json_schema") return only(format, "text.format", {"type"});
  only(format, "text.format", {"type", "name", "schema", "strict", "description"});
  text(format, "name", "text.format", true);
  dom::object schema;
  if (format["schema"].get_object().get(schema) != simdjson::SUCCESS) fault("text.format", "schema is missing");
}

void Checker::reasoning(dom::object body) {
  dom::array include;
  bool is_asked = false;
  if (body["include"].get_array().get(include) == simdjson::SUCCESS) {
    for (const dom::element one : include) {
      std::string_view name;
      if (one.get_string().get(name) != simdjson::SUCCESS) fault("include", "no string");
      one_of(std::string(name), "include", {"reasoning.encrypted_content", "message.output_text.logprobs"});
      is_asked = is_asked || name == "reasoning.encrypted_content";
    }
  }
  dom::object options;
  if (body["reasoning"].get_object().get(options) == simdjson::SUCCESS) {
    only(options, "reasoning", {"effort", "summary"});
    if (!is_asked) fault("include", "reasoning would be lost");
  }
  if (has_sealed_ && !is_asked) fault("include", "sealed reasoning, and none asked for");
}

void Checker::request(dom::element element) {
  dom::object body;
  if (!object(element, "body", body)) return;
  only(
      body,
      "body",
      {"model",
       "instructions",
       "input",
       "tools",
       "tool_choice",
       "parallel_tool_calls",
       "text",
       "reasoning",
       "include",
       "temperature",
       "top_p",
       "max_output_tokens",
       "top_logprobs",
       "user",
       "metadata",
       "store",
       "stream",
       "service_tier",
       "prompt_cache_key"}
  );
  text(body, "model", "body", true);
  text(body, "instructions", "body", false);
  dom::element items;
  if (body["input"].get(items) != simdjson::SUCCESS) {
    fault("input", "missing");
  } else {
    input(items);
  }
  bool store = true;
  if (body["store"].get_bool().get(store) != simdjson::SUCCESS || store) fault("store", "must be false");
  std::uint64_t tokens = 16;
  if (body["max_output_tokens"].error() == simdjson::SUCCESS &&
      (body["max_output_tokens"].get_uint64().get(tokens) != simdjson::SUCCESS || tokens < 16))
    fault("max_output_tokens", "integer_below_min_value");
  has_type(body, "temperature", "body", {Type::DOUBLE, Type::INT64, Type::UINT64});
  has_type(body, "top_p", "body", {Type::DOUBLE, Type::INT64, Type::UINT64});
  has_type(body, "metadata", "body", {Type::OBJECT});
  has_type(body, "stream", "body", {Type::BOOL});
  short_text(body, "user");
  short_text(body, "prompt_cache_key");
  tools(body);
  text_options(body);
  reasoning(body);
}

}  // namespace

std::vector<std::string> faults_of_responses_request(std::string_view body) {
  dom::parser parser;
  dom::element element;
  if (parser.parse(body.data(), body.size(), true).get(element) != simdjson::SUCCESS) return {"no JSON"};
  Checker checker;
  checker.request(element);
  return checker.faults;
}

}  // namespace gw::dialect::test
