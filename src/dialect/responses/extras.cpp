#include "dialect/responses/extras.hpp"

#include "dialect/one_line.hpp"

#include <simdjson.h>

#include <memory>
#include <string_view>

namespace gw::dialect::responses {
namespace {

namespace dom = simdjson::dom;

constexpr std::string_view citation = "url_citation";

// These are rare and small: read as a tree, which checks every byte of them.
bool read(JsonText json, dom::element& out) {
  thread_local dom::parser parser;
  return !json.empty() && parser.parse(json.data(), json.size(), true).get(out) == simdjson::SUCCESS;
}

bool is_citation(dom::object object) {
  std::string_view type;
  return object["type"].get_string().get(type) == simdjson::SUCCESS && type == citation;
}

// The members of `object` but for its type, as the text behind an opening brace.
std::string members_of(dom::object object) {
  std::string out;
  for (const dom::key_value_pair member : object) {
    if (member.key == "type") continue;
    if (!out.empty()) out.push_back(',');
    out.append("\"").append(to_raw(member.key)).append("\":").append(simdjson::minify(member.value));
  }
  return out;
}

}  // namespace

std::string annotation_of_event(JsonText annotation) {
  dom::element element;
  dom::object object;
  if (!read(annotation, element) || element.get_object().get(object) != simdjson::SUCCESS) return {};
  dom::object inner;
  if (!is_citation(object) || object[citation].get_object().get(inner) == simdjson::SUCCESS) {
    return std::string(annotation);
  }
  return R"({"type":"url_citation","url_citation":{)" + members_of(object) + "}}";
}

std::string annotation_of_response(JsonText annotation) {
  dom::element element;
  dom::object object;
  if (!read(annotation, element) || element.get_object().get(object) != simdjson::SUCCESS) return {};
  dom::object inner;
  if (!is_citation(object) || object[citation].get_object().get(inner) != simdjson::SUCCESS) {
    return on_one_line(annotation);  // it may go into a stream
  }
  const std::string members = members_of(inner);
  return R"({"type":"url_citation")" + (members.empty() ? "" : "," + members) + "}";
}

std::string logprobs_of_event(JsonText list) {
  if (list.size() <= 2) return {};  // "[]", as nearly always
  dom::element element;
  dom::array array;
  if (!read(list, element) || element.get_array().get(array) != simdjson::SUCCESS || array.size() == 0) return {};
  return R"({"content":)" + std::string(list) + R"(,"refusal":null})";
}

std::string logprobs_of_response(JsonText logprobs) {
  dom::element element;
  dom::array array;
  if (!read(logprobs, element) || element["content"].get_array().get(array) != simdjson::SUCCESS) return {};
  std::string out;
  for (const dom::element token : array) {
    if (!out.empty()) out.push_back(',');
    out.append(simdjson::minify(token));
  }
  return out;
}

}  // namespace gw::dialect::responses
