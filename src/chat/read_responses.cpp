// The body of OpenAI's Responses, read once: its own members and items, and the same checks of the whole document that
// a chat completion's body gets (read.cpp).
#include "base/text.hpp"
#include "chat/chat.hpp"
#include "chat/scalar.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <memory>

namespace gw::chat {
namespace {

namespace od = simdjson::ondemand;

constexpr std::size_t max_depth = 512;
constexpr std::size_t keep_parser_bytes = std::size_t{1024} * 1024;

// Spelled with escapes, two readers could disagree about these.
constexpr std::array<std::string_view, 15> known_fields{
    "model",
    "stream",
    "stream_options",
    "input",
    "instructions",
    "tools",
    "text",
    "reasoning",
    "max_output_tokens",
    "user",
    "prompt_cache_key",
    "previous_response_id",
    "conversation",
    "background",
    "prompt"};

// Those that only mean something to a server that remembers.
constexpr std::array<std::string_view, 3> remembered{"previous_response_id", "conversation", "prompt"};

std::string_view without_space(std::string_view token) {
  while (!token.empty() && (token.back() == ' ' || token.back() == '\t' || token.back() == '\n' || token.back() == '\r')
  ) {
    token.remove_suffix(1);
  }
  return token;
}

// The token of a scalar, the bracket of a container; empty, which is no value, when a colon follows (read.cpp).
std::string_view token_of(od::value& value) {
  const std::string_view token = value.raw_json_token();
  return token.data()[token.size()] == ':' ? std::string_view{} : without_space(token);
}

bool string_inside(od::value& value, std::string_view& inside) {
  const std::string_view token = token_of(value);
  if (!token.starts_with('"') || token.size() < 2) return false;
  inside = token.substr(1, token.size() - 2);
  return true;
}

Role role_of(std::string_view name) {
  if (name == "user") return Role::user;
  if (name == "assistant") return Role::assistant;
  if (name == "system") return Role::system;
  if (name == "developer") return Role::developer;
  return Role::other;
}

// The outputs of OpenAI's own tools have other shapes.
bool may_be_result(std::string_view type, od::value& output) {
  const std::string_view token = token_of(output);
  if (token.starts_with('[')) return type == "function_call_output" || type == "custom_tool_call_output";
  return token.starts_with('"');
}

// One element of `input`.
struct Item {
  std::string_view type;
  std::string_view role;
  Message message;
};

class Reader {
 public:
  Reader(std::string_view body, od::document& document) : body_(body), document_(document) {}

  Result<ChatRequest> read();

 private:
  // Each returns false with error_ set.
  bool read_fields();
  bool read_field(od::field& field);
  bool take_field(std::string_view key, od::value& value);
  bool read_model(od::value& value);
  bool read_flag(od::value& value, std::string_view name, bool& out);
  bool read_text(od::value& value, std::string_view name, std::string_view& out);
  bool read_count(od::value& value, std::string_view name, std::optional<std::uint64_t>& out);
  bool read_tools(od::value& value);
  bool read_effort(od::value& value);
  bool read_format(od::value& value);
  bool read_instructions(od::value& value);
  bool read_input(od::value& value);
  bool read_item(od::value& value, const std::string& path);
  bool take_item(Item item, const std::string& path);
  bool read_content(od::value& value, Message& message, const std::string& path);
  bool read_part(od::value& value, Message& message, const std::string& path);
  bool refuse_memory(od::value& value, std::string_view name);

  // Walks a value nobody reads, so that the whole document is checked.
  bool skip(od::value& value, std::size_t depth);

  template <class Take>
  bool members(od::value& value, Take take) {
    od::object object;
    if (const auto code = value.get_object().get(object); code != simdjson::SUCCESS) return not_json(code);
    for (auto member : object) {
      od::field field;
      if (const auto code = std::move(member).get(field); code != simdjson::SUCCESS) return not_json(code);
      const std::string_view key = key_of(field);
      if (!has_valid_escapes(key)) return not_json("a key has an escape that does not exist.");
      if (!take(key, field.value())) return false;
    }
    return true;
  }

  template <class Take>
  bool elements(od::value& value, Take take) {
    od::array array;
    if (const auto code = value.get_array().get(array); code != simdjson::SUCCESS) return not_json(code);
    for (auto element : array) {
      od::value one;
      const auto code = static_cast<simdjson::simdjson_result<od::value>&&>(element).get(one);
      if (code != simdjson::SUCCESS) return not_json(code);
      if (!take(one)) return false;
    }
    return true;
  }

  [[nodiscard]] std::string_view key_of(od::field& field) const;
  [[nodiscard]] Span walked_span(const char* begin) const;
  void add(Message message);

  bool fail(std::string message, std::string param = {}) {
    if (!error_) error_ = client_error(Errc::invalid_request, std::move(message), std::move(param));
    return false;
  }

  bool not_json(simdjson::error_code code) {
    return fail(std::string("The request body is not valid JSON: ") + simdjson::error_message(code));
  }

  bool not_json(std::string_view why) { return fail("The request body is not valid JSON: " + std::string(why)); }

  bool wrong_type(std::string param, std::string_view wanted) {
    std::string message = "'" + param + "' must be " + std::string(wanted) + ".";
    return fail(std::move(message), std::move(param));
  }

  [[nodiscard]] Span span_of(std::string_view part) const {
    return {static_cast<std::size_t>(part.data() - body_.data()), part.size()};
  }

  std::string_view body_;
  od::document& document_;
  ChatRequest out_;
  std::optional<Error> error_;
  std::optional<Message> instructions_;
  std::string_view safety_identifier_;
  bool has_input_ = false;
};

// The key without its quotes; its closing quote is the first that no backslash escapes.
std::string_view Reader::key_of(od::field& field) const {
  const char* const begin = field.key().raw();
  const char* const end = body_.data() + body_.size();
  const char* at = begin;
  for (;;) {
    at = static_cast<const char*>(std::memchr(at, '"', static_cast<std::size_t>(end - at)));
    if (at == nullptr) return {};
    std::size_t backslashes = 0;
    while (at - backslashes > begin && *(at - backslashes - 1) == '\\') ++backslashes;
    if (backslashes % 2 == 0) return {begin, static_cast<std::size_t>(at - begin)};
    ++at;
  }
}

// The whole text of a container that was just walked: from its bracket to what stands before the next token.
Span Reader::walked_span(const char* begin) const {
  const char* end = body_.data() + body_.size();
  const char* next = nullptr;
  if (document_.current_location().get(next) == simdjson::SUCCESS) end = next;
  return span_of(without_space({begin, static_cast<std::size_t>(end - begin)}));
}

bool Reader::skip(od::value& value, std::size_t depth) {
  if (depth > max_depth) return fail("The request body is nested deeper than 512 levels.");
  const std::string_view token = token_of(value);
  if (token.starts_with('{')) {
    return members(value, [&](std::string_view /*key*/, od::value& inner) { return skip(inner, depth + 1); });
  }
  if (token.starts_with('[')) {
    return elements(value, [&](od::value& inner) { return skip(inner, depth + 1); });
  }
  if (is_valid_scalar(token)) return true;
  return not_json("\"" + std::string(clip_utf8(token, 40)) + "\" is not a value.");
}

bool Reader::read_text(od::value& value, std::string_view name, std::string_view& out) {
  if (token_of(value) == "null") return true;
  if (!string_inside(value, out)) return wrong_type(std::string(name), "a string");
  return has_valid_escapes(out) || not_json("a string has an escape that does not exist.");
}

bool Reader::read_model(od::value& value) {
  std::string_view raw;
  if (!read_text(value, "model", raw)) return false;
  out_.model = unescape(raw);
  // A name is compared and sent on; what cannot be written as UTF-8 cannot be a name.
  std::string_view text;
  if (!raw.empty() && value.get_string().get(text) != simdjson::SUCCESS) {
    return wrong_type("model", "a string of valid characters");
  }
  return true;
}

bool Reader::read_flag(od::value& value, std::string_view name, bool& out) {
  const std::string_view token = token_of(value);
  if (token != "true" && token != "false" && token != "null") return wrong_type(std::string(name), "true or false");
  out = token == "true";
  return true;
}

bool Reader::read_count(od::value& value, std::string_view name, std::optional<std::uint64_t>& out) {
  constexpr std::uint64_t max = std::numeric_limits<std::uint32_t>::max();
  const std::string_view token = token_of(value);
  if (token == "null") return true;
  const std::optional<std::uint64_t> number = parse_u64(token);
  if (!number || *number == 0 || *number > max) {
    return wrong_type(std::string(name), "a whole number from 1 to " + std::to_string(max));
  }
  out = number;
  return true;
}

bool Reader::read_tools(od::value& value) {
  const std::string_view token = token_of(value);
  if (token == "null") return true;
  if (!token.starts_with('[')) return wrong_type("tools", "an array");
  return elements(value, [&](od::value& tool) {
    ++out_.tools;
    return skip(tool, 3);
  });
}

bool Reader::read_effort(od::value& value) {
  const std::string_view token = token_of(value);
  if (token == "null") return true;
  if (!token.starts_with('{')) return wrong_type("reasoning", "an object");
  return members(value, [&](std::string_view key, od::value& inner) {
    if (key == "effort") return read_text(inner, "reasoning.effort", out_.reasoning_effort);
    return skip(inner, 3);
  });
}

bool Reader::read_format(od::value& value) {
  const std::string_view token = token_of(value);
  if (token == "null") return true;
  if (!token.starts_with('{')) return wrong_type("text", "an object");
  return members(value, [&](std::string_view key, od::value& format) {
    if (key != "format" || !token_of(format).starts_with('{')) return skip(format, 3);
    return members(format, [&](std::string_view name, od::value& inner) {
      if (name == "type") {
        out_.has_json_schema = token_of(inner) == "\"json_schema\"";
        out_.has_response_format = token_of(inner) != "\"text\"";
      }
      return skip(inner, 4);
    });
  });
}

bool Reader::read_instructions(od::value& value) {
  if (token_of(value) == "null") return true;
  std::string_view text;
  if (!read_text(value, "instructions", text)) return false;
  instructions_.emplace().role = Role::system;
  instructions_->text.push_back(span_of(text));
  return true;
}

bool Reader::read_part(od::value& value, Message& message, const std::string& path) {
  if (!token_of(value).starts_with('{')) return wrong_type(path, "an object with a \"type\"");
  std::string_view type;
  std::optional<std::string_view> text;
  const bool is_read = members(value, [&](std::string_view key, od::value& inner) {
    std::string_view inside;
    if (key == "type" && string_inside(inner, inside)) type = inside;
    if (key == "text" && string_inside(inner, inside)) text = inside;
    return skip(inner, 5);
  });
  if (!is_read) return false;
  if (type.empty()) return wrong_type(path + ".type", "given, e.g. \"input_text\"");
  if (type == "input_text" || type == "output_text" || type == "text") {
    if (!text) return wrong_type(path + ".text", "a string");
    message.text.push_back(span_of(*text));
  } else if (type == "input_image" || type == "image_url") {
    ++message.images;
  }
  return true;
}

bool Reader::read_content(od::value& value, Message& message, const std::string& path) {
  const std::string_view token = token_of(value);
  std::string_view inside;
  if (token == "null") return true;
  if (string_inside(value, inside)) {
    message.text.push_back(span_of(inside));
    return has_valid_escapes(inside) || not_json("a string has an escape that does not exist.");
  }
  if (!token.starts_with('[')) return wrong_type(path, "a string or an array of parts");
  std::size_t index = 0;
  return elements(value, [&](od::value& part) {
    return read_part(part, message, path + "[" + std::to_string(index++) + "]");
  });
}

bool Reader::read_item(od::value& value, const std::string& path) {
  if (!token_of(value).starts_with('{')) return wrong_type(path, "an object");
  Item item;
  const bool is_read = members(value, [&](std::string_view key, od::value& inner) {
    if (key == "type") return read_text(inner, path + ".type", item.type);
    if (key == "role") return read_text(inner, path + ".role", item.role);
    // Content of reasoning is nobody's words.
    if (key == "content" && item.type != "reasoning") return read_content(inner, item.message, path + ".content");
    if (key == "output" && may_be_result(item.type, inner)) {
      return read_content(inner, item.message, path + ".output");
    }
    return skip(inner, 4);
  });
  return is_read && take_item(std::move(item), path);
}

// As the message that it would be in a chat completion.
bool Reader::take_item(Item item, const std::string& path) {
  if (item.type == "item_reference" || (item.type.empty() && item.role.empty())) {
    return fail(
        "'" + path + "' refers to an item that was stored; nothing is stored here, send the item itself.", path
    );
  }
  if (item.type.empty() || item.type == "message") {
    if (item.role.empty()) return wrong_type(path + ".role", "a string");
    item.message.role = role_of(item.role);
  } else if (item.type.ends_with("_call_output")) {
    item.message.role = Role::tool;
  } else if (item.type.ends_with("_call")) {
    item.message.role = Role::assistant;
    item.message.tool_calls = 1;
  } else {
    return true;
  }
  add(std::move(item.message));
  return true;
}

void Reader::add(Message message) {
  for (const Span& text : message.text) out_.text_bytes += text.length;
  out_.images += message.images;
  out_.messages.push_back(std::move(message));
}

bool Reader::read_input(od::value& value) {
  has_input_ = token_of(value) != "null";
  if (!has_input_) return true;
  std::string_view text;
  if (string_inside(value, text)) {
    Message message;
    message.role = Role::user;
    message.text.push_back(span_of(text));
    add(std::move(message));
    return has_valid_escapes(text) || not_json("a string has an escape that does not exist.");
  }
  if (!token_of(value).starts_with('[')) return wrong_type("input", "a string or an array of items");
  std::size_t index = 0;
  const bool is_read =
      elements(value, [&](od::value& item) { return read_item(item, "input[" + std::to_string(index++) + "]"); });
  if (!is_read) return false;
  if (out_.messages.empty()) return fail("'input' is empty; it needs at least one message.", "input");
  return true;
}

bool Reader::refuse_memory(od::value& value, std::string_view name) {
  if (token_of(value) == "null") return true;
  return fail(
      "'" + std::string(name) + "' needs what was stored earlier; nothing is stored here, send the whole input.",
      std::string(name)
  );
}

bool Reader::take_field(std::string_view key, od::value& value) {
  if (key == "model") return read_model(value);
  if (key == "stream") return read_flag(value, key, out_.stream);
  if (key == "input") return read_input(value);
  if (key == "instructions") return read_instructions(value);
  if (key == "tools") return read_tools(value);
  if (key == "text") return read_format(value);
  if (key == "reasoning") return read_effort(value);
  if (key == "max_output_tokens") return read_count(value, key, out_.max_tokens);
  if (key == "user") return read_text(value, key, out_.user);
  if (key == "safety_identifier") return read_text(value, key, safety_identifier_);
  if (key == "prompt_cache_key") return read_text(value, key, out_.prompt_cache_key);
  if (key == "background") {
    bool is_background = false;
    if (!read_flag(value, key, is_background)) return false;
    return !is_background || fail("'background' is not possible here: an answer is given at once.", "background");
  }
  if (std::find(remembered.begin(), remembered.end(), key) != remembered.end()) return refuse_memory(value, key);
  return skip(value, 2);
}

bool Reader::read_field(od::field& field) {
  const std::string_view written = key_of(field);
  if (!has_valid_escapes(written)) return not_json("a key has an escape that does not exist.");
  std::string_view key = written;
  if (written.find('\\') != std::string_view::npos) {
    if (!out_.unescaped_keys) out_.unescaped_keys = std::make_unique<std::forward_list<std::string>>();
    key = out_.unescaped_keys->emplace_front(unescape(written));
    if (std::find(known_fields.begin(), known_fields.end(), key) != known_fields.end()) {
      return fail("The key \"" + std::string(key) + "\" must be written without escapes.", std::string(key));
    }
  }
  if (out_.find(key) != nullptr) {
    return fail("'" + std::string(clip_utf8(key, 60)) + "' is given twice.", std::string(clip_utf8(key, 60)));
  }
  const std::string_view value = token_of(field.value());
  Field entry;
  entry.key = key;
  entry.key_span = {static_cast<std::size_t>(written.data() - body_.data()) - 1, written.size() + 2};
  entry.is_null = value == "null";
  out_.fields.push_back(entry);
  if (!take_field(key, field.value())) return false;
  const bool is_container = value.starts_with('{') || value.starts_with('[');
  out_.fields.back().value = is_container ? walked_span(value.data()) : span_of(value);
  return true;
}

bool Reader::read_fields() {
  const std::string_view token = without_space(body_);
  const std::size_t first = token.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return fail("The request body is empty; send a JSON object with \"input\".");
  if (token[first] != '{') return fail("The request body must be a JSON object.");
  out_.object_begin = first;
  od::object object;
  if (const auto code = document_.get_object().get(object); code != simdjson::SUCCESS) return not_json(code);
  for (auto member : object) {
    od::field field;
    if (const auto code = std::move(member).get(field); code != simdjson::SUCCESS) return not_json(code);
    if (!read_field(field)) return false;
  }
  const char* behind = nullptr;
  if (document_.current_location().get(behind) == simdjson::SUCCESS) {
    return not_json("there is text behind the closing brace.");
  }
  out_.object_end = token.size() - 1;
  return has_input_ || fail("'input' is missing.", "input");
}

Result<ChatRequest> Reader::read() {
  out_.fields.reserve(16);
  if (!read_fields()) return std::move(*error_);
  if (instructions_) {
    for (const Span& text : instructions_->text) out_.text_bytes += text.length;
    out_.messages.insert(out_.messages.begin(), std::move(*instructions_));
  }
  if (!safety_identifier_.empty()) out_.user = safety_identifier_;
  return std::move(out_);
}

thread_local std::unique_ptr<od::parser> held_parser;

// Parsers keep their memory between requests of a thread, but not that of a rare huge body.
od::parser& thread_parser() {
  if (!held_parser || held_parser->capacity() > keep_parser_bytes) held_parser = std::make_unique<od::parser>();
  return *held_parser;
}

}  // namespace

Result<ChatRequest> read_responses(std::string_view body) {
  if (body.starts_with("\xEF\xBB\xBF")) {
    return client_error(Errc::invalid_request, "The request body begins with a byte order mark; send plain UTF-8.");
  }
  od::document document;
  const auto code = thread_parser().iterate(body.data(), body.size(), body.size() + padding).get(document);
  if (code == simdjson::EMPTY) {
    return client_error(Errc::invalid_request, "The request body is empty; send a JSON object with \"input\".");
  }
  if (code != simdjson::SUCCESS) {
    return client_error(
        Errc::invalid_request, std::string("The request body is not valid JSON: ") + simdjson::error_message(code)
    );
  }
  return Reader(body, document).read();
}

}  // namespace gw::chat
