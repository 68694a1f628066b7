// OpenAI's Responses: its items as the messages they would be in a chat completion.
#include "chat/reader.hpp"
#include "chat/scalar.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace gw::chat {
namespace {

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

// The outputs of OpenAI's own tools have other shapes.
bool may_be_result(std::string_view type, std::string_view token) {
  if (token.starts_with('[')) return type == "function_call_output" || type == "custom_tool_call_output";
  return token.starts_with('"');
}

// One element of `input`.
struct Item {
  std::string_view type;
  std::string_view role;
  Message message;
};

class ResponsesReader final : public Reader {
 public:
  explicit ResponsesReader(std::string_view body) : Reader(body, "input", known_fields) {}

  Result<ChatRequest> read_request();

 private:
  bool take_field(std::string_view key, od::value& value) override;
  bool read_effort(od::value& value);
  bool read_format(od::value& value);
  bool read_instructions(od::value& value);
  bool read_background(od::value& value);
  bool read_store(od::value& value);
  bool read_input(od::value& value);
  bool read_item(od::value& value, const std::string& path);
  bool take_item(Item item, const std::string& path);
  bool read_content(od::value& value, Message& message, const std::string& path);
  bool read_part(od::value& value, Message& message, const std::string& path);
  bool refuse_memory(od::value& value, std::string_view name);

  std::optional<Span> instructions_;
  std::string_view safety_identifier_;
};

bool ResponsesReader::read_effort(od::value& value) {
  const std::string_view token = token_of(value);
  if (token == "null") return true;
  if (!token.starts_with('{')) return wrong_type("reasoning", "an object");
  return each_member(value, [&](std::string_view key, od::value& inner) {
    if (key == "effort") return read_raw_string(inner, "reasoning.effort", out_.reasoning_effort);
    return skip(inner, 3);
  });
}

bool ResponsesReader::read_format(od::value& value) {
  const std::string_view token = token_of(value);
  if (token == "null") return true;
  if (!token.starts_with('{')) return wrong_type("text", "an object");
  return each_member(value, [&](std::string_view key, od::value& format) {
    if (key != "format" || !token_of(format).starts_with('{')) return skip(format, 3);
    return each_member(format, [&](std::string_view name, od::value& inner) {
      if (name == "type") {
        out_.has_json_schema = token_of(inner) == "\"json_schema\"";
        out_.has_response_format = token_of(inner) != "\"text\"";
      }
      return skip(inner, 4);
    });
  });
}

bool ResponsesReader::read_instructions(od::value& value) {
  if (token_of(value) == "null") return true;
  std::string_view text;
  if (!read_raw_string(value, "instructions", text)) return false;
  instructions_ = span_of(text);
  return true;
}

bool ResponsesReader::read_part(od::value& value, Message& message, const std::string& path) {
  const std::string_view token = token_of(value);
  if (!token.starts_with('{')) return wrong_type(path, "an object with a \"type\"");
  std::string_view type;
  std::optional<std::string_view> text;
  Image image;
  const bool is_read = each_member(value, [&](std::string_view key, od::value& inner) {
    std::string_view inside;
    if (key == "type" && string_inside(inner, inside)) type = inside;
    if (key == "text" && string_inside(inner, inside)) text = inside;
    return read_image_member(key, inner, 5, image);
  });
  if (!is_read) return false;
  if (type.empty()) return wrong_type(path + ".type", "given, e.g. \"input_text\"");
  if (type == "input_text" || type == "output_text" || type == "text") {
    if (!text) return wrong_type(path + ".text", "a string");
    message.text.push_back(span_of(*text));
  } else if (type == "input_image" || type == "image_url") {
    ++message.images;
    add_image(image, token.data());
  }
  return true;
}

bool ResponsesReader::read_content(od::value& value, Message& message, const std::string& path) {
  const std::string_view token = token_of(value);
  std::string_view inside;
  if (token == "null") return true;
  if (string_inside(value, inside)) {
    message.text.push_back(span_of(inside));
    return has_valid_escapes(inside) || not_json("a string has an escape that does not exist.");
  }
  if (!token.starts_with('[')) return wrong_type(path, "a string or an array of parts");
  std::size_t index = 0;
  return each_element(value, [&](od::value& part) {
    return read_part(part, message, path + "[" + std::to_string(index++) + "]");
  });
}

bool ResponsesReader::read_item(od::value& value, const std::string& path) {
  if (!token_of(value).starts_with('{')) return wrong_type(path, "an object");
  Item item;
  const bool is_read = each_member(value, [&](std::string_view key, od::value& inner) {
    if (key == "type") return read_raw_string(inner, path + ".type", item.type);
    if (key == "role") return read_raw_string(inner, path + ".role", item.role);
    // Content of reasoning is nobody's words.
    if (key == "content" && item.type != "reasoning") return read_content(inner, item.message, path + ".content");
    if (key == "output" && may_be_result(item.type, token_of(inner))) {
      return read_content(inner, item.message, path + ".output");
    }
    return skip(inner, 4);
  });
  return is_read && take_item(std::move(item), path);
}

// As the message that it would be in a chat completion.
bool ResponsesReader::take_item(Item item, const std::string& path) {
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
  add_message(std::move(item.message));
  return true;
}

bool ResponsesReader::read_input(od::value& value) {
  std::string_view text;
  if (string_inside(value, text)) {
    Message message;
    message.role = Role::user;
    message.text.push_back(span_of(text));
    add_message(std::move(message));
    return has_valid_escapes(text) || not_json("a string has an escape that does not exist.");
  }
  if (!token_of(value).starts_with('[')) return wrong_type("input", "a string or an array of items");
  std::size_t index = 0;
  const bool is_read =
      each_element(value, [&](od::value& item) { return read_item(item, "input[" + std::to_string(index++) + "]"); });
  if (!is_read) return false;
  if (out_.messages.empty()) return fail("'input' is empty; it needs at least one message.", "input");
  return true;
}

bool ResponsesReader::refuse_memory(od::value& value, std::string_view name) {
  if (token_of(value) == "null") return true;
  return fail(
      "'" + std::string(name) + "' needs what was stored earlier; nothing is stored here, send the whole input.",
      std::string(name)
  );
}

bool ResponsesReader::read_background(od::value& value) {
  const std::string_view token = token_of(value);
  if (token == "null" || token == "false") return true;
  if (token != "true") return wrong_type("background", "true or false");
  return fail("'background' is not possible here: an answer is given at once.", "background");
}

bool ResponsesReader::read_store(od::value& value) {
  const std::string_view token = token_of(value);
  if (token == "null" || token == "false") return true;
  if (token != "true") return wrong_type("store", "true or false");
  return fail("'store' is not possible here: nothing is stored; send false, or leave it out.", "store");
}

bool ResponsesReader::take_field(std::string_view key, od::value& value) {
  if (key == "model") return read_model(value);
  if (key == "stream") return read_stream(value);
  if (key == "input") return read_input(value);
  if (key == "instructions") return read_instructions(value);
  if (key == "tools") return read_list_size(value, key, out_.tools);
  if (key == "text") return read_format(value);
  if (key == "reasoning") return read_effort(value);
  if (key == "max_output_tokens") {
    return read_count(value, key, std::numeric_limits<std::uint32_t>::max(), out_.max_tokens);
  }
  if (key == "user") return read_raw_string(value, key, out_.user);
  if (key == "safety_identifier") return read_raw_string(value, key, safety_identifier_);
  if (key == "prompt_cache_key") return read_raw_string(value, key, out_.prompt_cache_key);
  if (key == "background") return read_background(value);
  if (key == "store") return read_store(value);
  if (std::find(remembered.begin(), remembered.end(), key) != remembered.end()) return refuse_memory(value, key);
  return skip(value, 2);
}

Result<ChatRequest> ResponsesReader::read_request() {
  Result<ChatRequest> request = Reader::read();
  if (!request) return request;
  if (instructions_) {  // before all else, wherever they stand
    Message message;
    message.role = Role::system;
    message.text.push_back(*instructions_);
    request->text_bytes += instructions_->length;
    request->messages.insert(request->messages.begin(), std::move(message));
  }
  if (!safety_identifier_.empty()) request->user = safety_identifier_;
  return request;
}

}  // namespace

Result<ChatRequest> read_responses(std::string_view body) {
  return ResponsesReader(body).read_request();
}

}  // namespace gw::chat
