#include "dialect/messages/call_input.hpp"

#include "base/hash.hpp"
#include "dialect/provider_json.hpp"

#include <simdjson.h>

namespace gw::dialect::messages {
namespace {

namespace dom = simdjson::dom;

// Read as a tree, which checks every byte: what comes out of it is sent on.
bool parse(std::string_view json, dom::element& out) {
  thread_local dom::parser parser;
  let_go_of_large(parser);
  return parser.parse(json.data(), json.size(), true).get(out) == simdjson::SUCCESS;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

std::string call_id(Raw id) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  const bool is_id = !id.empty() && id.find_first_not_of(allowed) == Raw::npos;
  return is_id ? std::string(id) : "toolu_" + std::to_string(stable_hash(id));
}

std::string input_of(const Arguments& arguments) {
  std::string json = arguments.object.empty() ? from_raw(arguments.text) : std::string(arguments.object);
  dom::element element;
  if (is_blank(json)) return "{}";
  if (parse(json, element) && element.is_object()) return json;
  return R"({"arguments":")" + (arguments.object.empty() ? std::string(arguments.text) : to_raw(json)) + "\"}";
}

}  // namespace gw::dialect::messages
