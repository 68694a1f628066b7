#include "chat/reader.hpp"
#include "chat/scalar.hpp"

#include <limits>

namespace gw::chat {
namespace {

constexpr std::uint32_t max_choices = 128;

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

class ChatReader final : public Reader {
 public:
  explicit ChatReader(std::string_view body) : Reader(body, "messages", known_fields) {}

 private:
  bool take_field(std::string_view key, od::value& value) override;
  bool read_messages(od::value& value);
  bool read_message(od::value& value, std::size_t index);
  bool read_content(od::value& value, Message& message, const std::string& of_message);
  bool read_part(od::value& value, Message& message, const std::string& path);
  bool read_response_format(od::value& value);
};

bool ChatReader::read_response_format(od::value& value) {
  const std::string_view token = token_of(value);
  if (token == "null") return true;
  if (!token.starts_with('{')) return wrong_type("response_format", "an object");
  out_.has_response_format = true;
  return each_member(value, [&](std::string_view key, od::value& member) {
    if (key == "type") out_.has_json_schema = token_of(member) == "\"json_schema\"";
    return skip(member, 3);
  });
}

bool ChatReader::read_part(od::value& value, Message& message, const std::string& path) {
  const std::string_view token = token_of(value);
  std::string_view type;
  std::optional<std::string_view> text;
  Image image;
  bool has_image = false;
  const bool is_read = each_member(value, [&](std::string_view key, od::value& member) {
    std::string_view inside;
    if (key == "type") {
      if (!string_inside(member, inside)) return wrong_type(path + ".type", "a string");
      type = inside;
    } else if (key == "text" || key == "refusal") {
      if (string_inside(member, inside)) text = inside;
    } else if (key == "image_url") {
      has_image = true;
    }
    return read_image_member(key, member, 5, image);
  });
  if (!is_read) return false;
  if (type.empty()) return wrong_type(path + ".type", "given, e.g. \"text\"");
  if (type == "text" || type == "input_text") {
    if (!text) return wrong_type(path + ".text", "a string");
    message.text.push_back(span_of(*text));
  } else if (type == "image_url" || type == "image" || type == "input_image") {
    if (type == "image_url" && !has_image) return wrong_type(path + ".image_url", "given");
    ++message.images;
    add_image(image, token.data());
  }
  return true;
}

// Paths are for errors; the usual content, a text, makes none.
bool ChatReader::read_content(od::value& value, Message& message, const std::string& of_message) {
  const std::string_view token = token_of(value);
  std::string_view inside;
  if (token == "null") return true;
  if (string_inside(value, inside)) {
    message.text.push_back(span_of(inside));
    return has_valid_escapes(inside) || not_json("a string has an escape that does not exist.");
  }
  const std::string path = of_message + ".content";
  if (!token.starts_with('[')) return wrong_type(path, "a string or an array of parts");
  std::size_t index = 0;
  return each_element(value, [&](od::value& part) {
    const std::string part_path = path + "[" + std::to_string(index++) + "]";
    if (!token_of(part).starts_with('{')) return wrong_type(part_path, "an object with a \"type\"");
    return read_part(part, message, part_path);
  });
}

bool ChatReader::read_message(od::value& value, std::size_t index) {
  const std::string path = "messages[" + std::to_string(index) + "]";
  if (!token_of(value).starts_with('{')) return wrong_type(path, "an object");
  Message message;
  bool has_role = false;
  const bool is_read = each_member(value, [&](std::string_view key, od::value& member) {
    if (key == "role") {
      std::string_view role;
      if (!string_inside(member, role) || role.empty()) return wrong_type(path + ".role", "a string");
      if (!has_valid_escapes(role)) return not_json("a string has an escape that does not exist.");
      message.role = role_of(role);
      has_role = true;
      return true;
    }
    if (key == "content") return read_content(member, message, path);
    if (key == "tool_calls") return read_list_size(member, path + ".tool_calls", message.tool_calls);
    return skip(member, 4);
  });
  if (!is_read) return false;
  if (!has_role) return wrong_type(path + ".role", "given");
  add_message(std::move(message));
  return true;
}

bool ChatReader::read_messages(od::value& value) {
  if (!token_of(value).starts_with('[')) return wrong_type("messages", "an array of messages");
  out_.messages.reserve(4);
  std::size_t index = 0;
  if (!each_element(value, [&](od::value& item) { return read_message(item, index++); })) return false;
  if (index == 0) return fail("'messages' is empty; it needs at least one message.", "messages");
  return true;
}

bool ChatReader::take_field(std::string_view key, od::value& value) {
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

}  // namespace

Result<ChatRequest> read(std::string_view body) {
  return ChatReader(body).read();
}

}  // namespace gw::chat
