#include "base/text.hpp"
#include "chat/chat.hpp"
#include "chat/scalar.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>

namespace gw::chat {
namespace {

namespace od = simdjson::ondemand;

constexpr std::size_t max_depth = 512;
constexpr std::size_t keep_parser_bytes = std::size_t{1024} * 1024;
constexpr std::uint32_t max_choices = 128;
constexpr std::size_t max_fields = 512;  // each is compared with all others

// The names whose meaning we act upon: given twice, or spelled with escapes, two readers could disagree about them.
constexpr std::string_view known_fields[] = {
    "model",
    "stream",
    "stream_options",
    "messages",
    "tools",
    "functions",
    "response_format",
    "n",
    "max_tokens",
    "max_completion_tokens",
    "user",
    "prompt_cache_key",
    "reasoning_effort",
};

Role role_of(std::string_view name) {
  if (name == "user") return Role::user;
  if (name == "assistant") return Role::assistant;
  if (name == "system") return Role::system;
  if (name == "tool") return Role::tool;
  if (name == "developer") return Role::developer;
  if (name == "function") return Role::function;
  return Role::other;
}

// An element of an array; simdjson hands it out of a temporary only.
simdjson::error_code taken(simdjson::simdjson_result<od::value>& element, od::value& out) {
  return static_cast<simdjson::simdjson_result<od::value>&&>(element).get(out);
}

class Reader {
 public:
  Reader(std::string_view body, od::document& document) : body_(body), document_(document) {}

  Result<ChatRequest> read();

 private:
  // Each returns false with error_ set.
  bool read_fields();
  bool take_field(std::string_view key, od::value& value);
  bool read_model(od::value& value);
  bool read_stream(od::value& value);
  bool read_stream_options(od::value& value);
  bool read_messages(od::value& value);
  bool read_message(od::object object, std::size_t index);
  bool read_content(od::value& value, Message& message, std::size_t index);
  bool read_part(od::object object, Message& message, const std::string& path);
  bool read_list_size(od::value& value, std::string_view name, std::uint32_t& count);
  bool read_response_format(od::value& value);
  bool read_raw_string(od::value& value, std::string_view name, std::string_view& out);
  bool read_count(od::value& value, std::string_view name, std::uint64_t max, std::optional<std::uint64_t>& out);

  // Walks a value nobody reads, so that the whole document is checked.
  bool skip(od::value& value, std::size_t depth);
  bool skip_object(od::object object, std::size_t depth);
  bool skip_array(od::array array, std::size_t depth);

  bool string_inside(od::value& value, std::string_view& inside);
  [[nodiscard]] static std::string_view token_of(od::value& value);
  [[nodiscard]] std::string_view key_of(od::field& field) const;
  [[nodiscard]] std::string_view keep_unescaped(std::string_view key);
  [[nodiscard]] Span walked_span(const char* begin) const;

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
  bool has_messages_ = false;
};

std::string_view without_space(std::string_view token) {
  while (!token.empty() && (token.back() == ' ' || token.back() == '\t' || token.back() == '\n' || token.back() == '\r')
  ) {
    token.remove_suffix(1);
  }
  return token;
}

// The token of a scalar, the bracket of a container; empty, which is no value, when a colon follows. simdjson takes a
// text that nobody reads and a colon for a key, and steps over what follows as its value.
std::string_view Reader::token_of(od::value& value) {
  const std::string_view token = value.raw_json_token();
  return token.data()[token.size()] == ':' ? std::string_view{} : without_space(token);  // at most in the padding
}

// The key without its quotes, escapes not resolved. The parser knows where it begins; its closing quote is the first
// that no backslash escapes.
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
  std::string_view text(begin, static_cast<std::size_t>(end - begin));
  return span_of(without_space(text));
}

bool Reader::skip(od::value& value, std::size_t depth) {
  const std::string_view token = token_of(value);
  if (token.starts_with('{')) {
    od::object object;
    if (const auto code = value.get_object().get(object); code != simdjson::SUCCESS) return not_json(code);
    return skip_object(object, depth);
  }
  if (token.starts_with('[')) {
    od::array array;
    if (const auto code = value.get_array().get(array); code != simdjson::SUCCESS) return not_json(code);
    return skip_array(array, depth);
  }
  if (is_valid_scalar(token)) return true;
  return not_json("\"" + std::string(clip_utf8(token, 40)) + "\" is not a value.");
}

bool Reader::skip_object(od::object object, std::size_t depth) {
  if (depth > max_depth) return fail("The request body is nested deeper than 512 levels.");
  for (auto member : object) {
    od::field field;
    if (const auto code = std::move(member).get(field); code != simdjson::SUCCESS) return not_json(code);
    if (!has_valid_escapes(key_of(field))) return not_json("a key has an escape that does not exist.");
    if (!skip(field.value(), depth + 1)) return false;
  }
  return true;
}

bool Reader::skip_array(od::array array, std::size_t depth) {
  if (depth > max_depth) return fail("The request body is nested deeper than 512 levels.");
  for (auto element : array) {
    od::value value;
    if (const auto code = taken(element, value); code != simdjson::SUCCESS) return not_json(code);
    if (!skip(value, depth + 1)) return false;
  }
  return true;
}

bool Reader::string_inside(od::value& value, std::string_view& inside) {
  const std::string_view token = token_of(value);
  if (!token.starts_with('"')) return false;
  inside = token.substr(1, token.size() - 2);
  return true;
}

bool Reader::read_raw_string(od::value& value, std::string_view name, std::string_view& out) {
  if (token_of(value) == "null") return true;
  if (!string_inside(value, out)) return wrong_type(std::string(name), "a string");
  return has_valid_escapes(out) || not_json("a string has an escape that does not exist.");
}

bool Reader::read_model(od::value& value) {
  std::string_view raw;
  if (!read_raw_string(value, "model", raw)) return false;
  if (raw.find('\\') == std::string_view::npos) {
    out_.model = raw;
    return true;
  }
  out_.model = unescape(raw);
  // A name is compared and sent on; what cannot be written as UTF-8 cannot be a name.
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return wrong_type("model", "a string of valid characters");
  return true;
}

bool Reader::read_stream(od::value& value) {
  const std::string_view token = token_of(value);
  if (token != "true" && token != "false" && token != "null") return wrong_type("stream", "true or false");
  out_.stream = token == "true";
  return true;
}

bool Reader::read_stream_options(od::value& value) {
  const std::string_view token = token_of(value);
  if (token == "null") return true;
  if (!token.starts_with('{')) return wrong_type("stream_options", "an object");
  od::object object;
  if (const auto code = value.get_object().get(object); code != simdjson::SUCCESS) return not_json(code);
  for (auto member : object) {
    od::field field;
    if (const auto code = std::move(member).get(field); code != simdjson::SUCCESS) return not_json(code);
    const std::string_view key = key_of(field);
    if (!has_valid_escapes(key)) return not_json("a key has an escape that does not exist.");
    if (key == "include_usage") {
      const std::string_view usage = token_of(field.value());
      if (usage != "true" && usage != "false" && usage != "null") {
        return wrong_type("stream_options.include_usage", "true or false");
      }
      if (out_.include_usage_value) return fail("'stream_options.include_usage' is given twice.", "stream_options");
      out_.include_usage_value = span_of(usage);
      if (usage != "null") out_.include_usage = usage == "true";
    } else if (!skip(field.value(), 3)) {
      return false;
    }
  }
  out_.stream_options = walked_span(token.data());
  return true;
}

bool Reader::read_count(od::value& value, std::string_view name, std::uint64_t max, std::optional<std::uint64_t>& out) {
  const std::string_view token = token_of(value);
  if (token == "null") return true;
  const std::optional<std::uint64_t> number = parse_u64(token);
  if (!number || *number == 0 || *number > max) {
    return wrong_type(std::string(name), "a whole number from 1 to " + std::to_string(max));
  }
  out = number;
  return true;
}

bool Reader::read_list_size(od::value& value, std::string_view name, std::uint32_t& count) {
  const std::string_view token = token_of(value);
  if (token == "null") return true;
  if (!token.starts_with('[')) return wrong_type(std::string(name), "an array");
  od::array array;
  if (const auto code = value.get_array().get(array); code != simdjson::SUCCESS) return not_json(code);
  for (auto element : array) {
    od::value item;
    if (const auto code = taken(element, item); code != simdjson::SUCCESS) return not_json(code);
    if (!skip(item, 3)) return false;
    ++count;
  }
  return true;
}

bool Reader::read_response_format(od::value& value) {
  const std::string_view token = token_of(value);
  if (token == "null") return true;
  if (!token.starts_with('{')) return wrong_type("response_format", "an object");
  od::object object;
  if (const auto code = value.get_object().get(object); code != simdjson::SUCCESS) return not_json(code);
  out_.has_response_format = true;
  for (auto member : object) {
    od::field field;
    if (const auto code = std::move(member).get(field); code != simdjson::SUCCESS) return not_json(code);
    const std::string_view key = key_of(field);
    if (!has_valid_escapes(key)) return not_json("a key has an escape that does not exist.");
    if (key == "type") out_.has_json_schema = token_of(field.value()) == "\"json_schema\"";
    if (!skip(field.value(), 3)) return false;
  }
  return true;
}

bool Reader::read_part(od::object object, Message& message, const std::string& path) {
  std::string_view type;
  std::optional<std::string_view> text;
  bool has_image = false;
  for (auto member : object) {
    od::field field;
    if (const auto code = std::move(member).get(field); code != simdjson::SUCCESS) return not_json(code);
    const std::string_view key = key_of(field);
    if (!has_valid_escapes(key)) return not_json("a key has an escape that does not exist.");
    std::string_view inside;
    if (key == "type") {
      if (!string_inside(field.value(), inside)) return wrong_type(path + ".type", "a string");
      type = inside;
    } else if (key == "text" || key == "refusal") {
      if (string_inside(field.value(), inside)) text = inside;
    } else if (key == "image_url") {
      has_image = true;
    }
    if (!skip(field.value(), 5)) return false;
  }
  if (type.empty()) return wrong_type(path + ".type", "given, e.g. \"text\"");
  if (type == "text" || type == "input_text") {
    if (!text) return wrong_type(path + ".text", "a string");
    message.text.push_back(span_of(*text));
  } else if (type == "image_url" || type == "image" || type == "input_image") {
    if (type == "image_url" && !has_image) return wrong_type(path + ".image_url", "given");
    ++message.images;
  }
  return true;
}

bool Reader::read_content(od::value& value, Message& message, std::size_t index) {
  const std::string_view token = token_of(value);
  const std::string path = "messages[" + std::to_string(index) + "].content";
  std::string_view inside;
  if (token == "null") return true;
  if (string_inside(value, inside)) {
    message.text.push_back(span_of(inside));
    return has_valid_escapes(inside) || not_json("a string has an escape that does not exist.");
  }
  if (!token.starts_with('[')) return wrong_type(path, "a string or an array of parts");
  od::array array;
  if (const auto code = value.get_array().get(array); code != simdjson::SUCCESS) return not_json(code);
  std::size_t part_index = 0;
  for (auto element : array) {
    od::value part;
    if (const auto code = taken(element, part); code != simdjson::SUCCESS) return not_json(code);
    const std::string part_path = path + "[" + std::to_string(part_index++) + "]";
    if (!token_of(part).starts_with('{')) return wrong_type(part_path, "an object with a \"type\"");
    od::object object;
    if (const auto code = part.get_object().get(object); code != simdjson::SUCCESS) return not_json(code);
    if (!read_part(object, message, part_path)) return false;
  }
  return true;
}

bool Reader::read_message(od::object object, std::size_t index) {
  Message message;
  bool has_role = false;
  for (auto member : object) {
    od::field field;
    if (const auto code = std::move(member).get(field); code != simdjson::SUCCESS) return not_json(code);
    const std::string_view key = key_of(field);
    if (!has_valid_escapes(key)) return not_json("a key has an escape that does not exist.");
    if (key == "role") {
      std::string_view role;
      if (!string_inside(field.value(), role) || role.empty()) {
        return wrong_type("messages[" + std::to_string(index) + "].role", "a string");
      }
      if (!has_valid_escapes(role)) return not_json("a string has an escape that does not exist.");
      message.role = role_of(role);
      has_role = true;
    } else if (key == "content") {
      if (!read_content(field.value(), message, index)) return false;
    } else if (key == "tool_calls") {
      if (!read_list_size(field.value(), "messages[" + std::to_string(index) + "].tool_calls", message.tool_calls)) {
        return false;
      }
    } else if (!skip(field.value(), 4)) {
      return false;
    }
  }
  if (!has_role) return wrong_type("messages[" + std::to_string(index) + "].role", "given");
  for (const Span& text : message.text) out_.text_bytes += text.length;
  out_.images += message.images;
  out_.messages.push_back(std::move(message));
  return true;
}

bool Reader::read_messages(od::value& value) {
  if (!token_of(value).starts_with('[')) return wrong_type("messages", "an array of messages");
  has_messages_ = true;
  out_.messages.reserve(4);
  od::array array;
  if (const auto code = value.get_array().get(array); code != simdjson::SUCCESS) return not_json(code);
  std::size_t index = 0;
  for (auto element : array) {
    od::value item;
    if (const auto code = taken(element, item); code != simdjson::SUCCESS) return not_json(code);
    if (!token_of(item).starts_with('{')) return wrong_type("messages[" + std::to_string(index) + "]", "an object");
    od::object object;
    if (const auto code = item.get_object().get(object); code != simdjson::SUCCESS) return not_json(code);
    if (!read_message(object, index++)) return false;
  }
  if (index == 0) return fail("'messages' is empty; it needs at least one message.", "messages");
  return true;
}

bool Reader::take_field(std::string_view key, od::value& value) {
  std::optional<std::uint64_t> count;
  if (key == "model") return read_model(value);
  if (key == "stream") return read_stream(value);
  if (key == "stream_options") return read_stream_options(value);
  if (key == "messages") return read_messages(value);
  if (key == "tools" || key == "functions") return read_list_size(value, key, out_.tools);
  if (key == "response_format") return read_response_format(value);
  if (key == "user") return read_raw_string(value, key, out_.user);
  if (key == "prompt_cache_key") return read_raw_string(value, key, out_.prompt_cache_key);
  if (key == "reasoning_effort") return read_raw_string(value, key, out_.reasoning_effort);
  if (key == "n") {
    if (!read_count(value, key, max_choices, count)) return false;
    if (count) out_.n = static_cast<std::uint32_t>(*count);
    return true;
  }
  if (key == "max_tokens" || key == "max_completion_tokens") {
    if (!read_count(value, key, std::numeric_limits<std::uint32_t>::max(), count)) return false;
    if (count && (key == "max_completion_tokens" || !out_.max_tokens)) out_.max_tokens = count;
    return true;
  }
  return skip(value, 2);
}

std::string_view Reader::keep_unescaped(std::string_view key) {
  if (!out_.unescaped_keys) out_.unescaped_keys = std::make_unique<std::forward_list<std::string>>();
  return out_.unescaped_keys->emplace_front(unescape(key));
}

bool Reader::read_fields() {
  const std::string_view token = without_space(body_);
  if (const std::size_t first = token.find_first_not_of(" \t\r\n"); first == std::string_view::npos) {
    return fail("The request body is empty; send a JSON object with \"messages\".");
  } else if (token[first] != '{') {
    return fail("The request body must be a JSON object.");
  } else {
    out_.object_begin = first;
  }
  od::object object;
  if (const auto code = document_.get_object().get(object); code != simdjson::SUCCESS) return not_json(code);
  for (auto member : object) {
    od::field field;
    if (const auto code = std::move(member).get(field); code != simdjson::SUCCESS) return not_json(code);
    const std::string_view written = key_of(field);
    if (!has_valid_escapes(written)) return not_json("a key has an escape that does not exist.");
    std::string_view key = written;
    if (written.find('\\') != std::string_view::npos) {
      key = keep_unescaped(written);
      if (std::find(std::begin(known_fields), std::end(known_fields), key) != std::end(known_fields)) {
        return fail("The key \"" + std::string(key) + "\" must be written without escapes.", std::string(key));
      }
    }
    if (out_.fields.size() == max_fields) return fail("The request has more than 512 members.");
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
  }
  const char* behind = nullptr;
  if (document_.current_location().get(behind) == simdjson::SUCCESS) {
    return not_json("there is text behind the closing brace.");
  }
  out_.object_end = token.size() - 1;
  if (!has_messages_) return fail("'messages' is missing.", "messages");
  return true;
}

Result<ChatRequest> Reader::read() {
  out_.fields.reserve(12);
  if (!read_fields()) return std::move(*error_);
  return std::move(out_);
}

thread_local std::unique_ptr<od::parser> held_parser;

// Parsers keep their memory between requests of a thread, but not that of a rare huge body.
od::parser& thread_parser() {
  if (!held_parser || held_parser->capacity() > keep_parser_bytes) held_parser = std::make_unique<od::parser>();
  return *held_parser;
}

}  // namespace

const Field* ChatRequest::find(std::string_view key) const noexcept {
  for (const Field& field : fields) {
    if (field.key == key) return &field;
  }
  return nullptr;
}

Result<ChatRequest> read(std::string_view body) {
  static_assert(padding >= simdjson::SIMDJSON_PADDING);
  if (body.starts_with("\xEF\xBB\xBF")) {
    return client_error(Errc::invalid_request, "The request body begins with a byte order mark; send plain UTF-8.");
  }
  od::parser& parser = thread_parser();
  od::document document;
  const auto code = parser.iterate(body.data(), body.size(), body.size() + padding).get(document);
  if (code == simdjson::EMPTY) {
    return client_error(Errc::invalid_request, "The request body is empty; send a JSON object with \"messages\".");
  }
  if (code != simdjson::SUCCESS) {
    return client_error(
        Errc::invalid_request, std::string("The request body is not valid JSON: ") + simdjson::error_message(code)
    );
  }
  return Reader(body, document).read();
}

}  // namespace gw::chat
