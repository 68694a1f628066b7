// Anthropic's Messages: its turns as the messages they would be in a chat completion.
#include "chat/reader.hpp"
#include "chat/scalar.hpp"

#include <array>
#include <limits>

namespace gw::chat {
namespace {

constexpr std::array<std::string_view, 9> known_fields{
    "model", "stream", "messages", "system", "tools", "max_tokens", "metadata", "output_config", "output_format"};

constexpr std::size_t content_depth = 4;  // of a message's `content`

// The members of one block, whatever its type.
struct Block {
  std::string_view type;
  std::optional<std::string_view> text;
  const char* begin = nullptr;
  Image image;
  Message content;  // of the result of a call
};

class MessagesReader final : public Reader {
 public:
  explicit MessagesReader(std::string_view body) : Reader(body, "messages", known_fields) {}

  Result<ChatRequest> read_request();

 private:
  bool take_field(std::string_view key, od::value& value) override;
  bool read_system(od::value& value);
  bool read_metadata(od::value& value);
  bool read_output(od::value& value);
  bool read_format(od::value& value, std::string_view name);
  bool read_messages(od::value& value);
  bool read_message(od::value& value, const std::string& path);
  bool read_content(od::value& value, Message& message, const std::string& path);
  bool read_block(od::value& value, const std::string& path, std::size_t depth, Block& block);
  bool read_result(od::value& value, Message& message, const std::string& path);
  bool take_block(Block block, Message& message, const std::string& path);
  bool read_text(od::value& value, Message& message);

  Message system_;
  bool has_result_ = false;  // the message that is read
};

bool MessagesReader::read_text(od::value& value, Message& message) {
  std::string_view text;
  if (!string_inside(value, text)) return false;
  message.text.push_back(span_of(text));
  return has_valid_escapes(text) || not_json("a string has an escape that does not exist.");
}

bool MessagesReader::read_system(od::value& value) {
  const std::string_view token = token_of(value);
  if (token == "null") return true;
  if (token.starts_with('"')) return read_text(value, system_);
  if (!token.starts_with('[')) return wrong_type("system", "a string or an array of text blocks");
  std::size_t index = 0;
  return each_element(value, [&](od::value& element) {
    const std::string path = "system[" + std::to_string(index++) + "]";
    Block block;
    return read_block(element, path, content_depth - 1, block) && take_block(std::move(block), system_, path);
  });
}

bool MessagesReader::read_metadata(od::value& value) {
  const std::string_view token = token_of(value);
  if (token == "null") return true;
  if (!token.starts_with('{')) return wrong_type("metadata", "an object");
  return each_member(value, [&](std::string_view key, od::value& member) {
    if (key == "user_id") return read_raw_string(member, "metadata.user_id", out_.user);
    return skip(member, 3);
  });
}

bool MessagesReader::read_format(od::value& value, std::string_view name) {
  const std::string_view token = token_of(value);
  if (token == "null") return true;
  if (!token.starts_with('{')) return wrong_type(std::string(name), "an object");
  out_.has_response_format = true;
  return each_member(value, [&](std::string_view key, od::value& member) {
    if (key == "type") out_.has_json_schema = token_of(member) == "\"json_schema\"";
    return skip(member, 4);
  });
}

bool MessagesReader::read_output(od::value& value) {
  const std::string_view token = token_of(value);
  if (token == "null") return true;
  if (!token.starts_with('{')) return wrong_type("output_config", "an object");
  return each_member(value, [&](std::string_view key, od::value& member) {
    if (key == "effort") return read_raw_string(member, "output_config.effort", out_.reasoning_effort);
    if (key == "format") return read_format(member, "output_config.format");
    return skip(member, 3);
  });
}

bool MessagesReader::read_block(od::value& value, const std::string& path, std::size_t depth, Block& block) {
  const std::string_view token = token_of(value);
  if (!token.starts_with('{')) return wrong_type(path, "an object with a \"type\"");
  block.begin = token.data();
  const bool is_read = each_member(value, [&](std::string_view key, od::value& member) {
    std::string_view inside;
    if (key == "type") {
      if (!string_inside(member, inside)) return wrong_type(path + ".type", "a string");
      block.type = inside;
    } else if (key == "text") {
      if (string_inside(member, inside)) block.text = inside;
    } else if (key == "content" && depth == content_depth) {
      return read_result(member, block.content, path + ".content");
    }
    return read_image_member(key, member, depth + 1, block.image);
  });
  return is_read && (!block.type.empty() || wrong_type(path + ".type", "given, e.g. \"text\""));
}

// What is inside of a result; of other blocks with a `content`, which is no list of blocks, it is passed over.
bool MessagesReader::read_result(od::value& value, Message& message, const std::string& path) {
  const std::string_view token = token_of(value);
  if (token.starts_with('"')) return read_text(value, message);
  if (!token.starts_with('[')) return skip(value, content_depth + 1);
  std::size_t index = 0;
  return each_element(value, [&](od::value& element) {
    if (!token_of(element).starts_with('{')) return skip(element, content_depth + 2);
    const std::string here = path + "[" + std::to_string(index++) + "]";
    Block block;
    return read_block(element, here, content_depth + 2, block) && take_block(std::move(block), message, here);
  });
}

bool MessagesReader::take_block(Block block, Message& message, const std::string& path) {
  if (block.type == "text") {
    if (!block.text) return wrong_type(path + ".text", "a string");
    message.text.push_back(span_of(*block.text));
  } else if (block.type == "image") {
    ++message.images;
    add_image(block.image, block.begin);
  } else if (block.type == "tool_use" || block.type == "server_tool_use" || block.type == "mcp_tool_use") {
    ++message.tool_calls;
  }
  return true;
}

// Results of calls stand among what the user says: they are messages of their own, as a chat completion has them.
bool MessagesReader::read_content(od::value& value, Message& message, const std::string& path) {
  const std::string_view token = token_of(value);
  if (token == "null") return true;
  if (token.starts_with('"')) return read_text(value, message);
  if (!token.starts_with('[')) return wrong_type(path, "a string or an array of blocks");
  std::size_t index = 0;
  return each_element(value, [&](od::value& element) {
    const std::string here = path + "[" + std::to_string(index++) + "]";
    Block block;
    if (!read_block(element, here, content_depth, block)) return false;
    if (block.type != "tool_result") return take_block(std::move(block), message, here);
    block.content.role = Role::tool;
    add_message(std::move(block.content));
    has_result_ = true;
    return true;
  });
}

bool MessagesReader::read_message(od::value& value, const std::string& path) {
  if (!token_of(value).starts_with('{')) return wrong_type(path, "an object");
  Message message;
  std::string_view role;
  has_result_ = false;
  const bool is_read = each_member(value, [&](std::string_view key, od::value& member) {
    if (key == "role") {
      if (!string_inside(member, role) || role.empty()) return wrong_type(path + ".role", "a string");
      return has_valid_escapes(role) || not_json("a string has an escape that does not exist.");
    }
    if (key == "content") return read_content(member, message, path + ".content");
    return skip(member, content_depth);
  });
  if (!is_read) return false;
  if (role.empty()) return wrong_type(path + ".role", "given");
  message.role = role_of(role);
  const bool is_only_results = has_result_ && message.text.empty() && message.images == 0;
  if (!is_only_results) add_message(std::move(message));
  return true;
}

bool MessagesReader::read_messages(od::value& value) {
  if (!token_of(value).starts_with('[')) return wrong_type("messages", "an array of messages");
  std::size_t index = 0;
  const bool is_read = each_element(value, [&](od::value& item) {
    return read_message(item, "messages[" + std::to_string(index++) + "]");
  });
  if (!is_read) return false;
  return index != 0 || fail("'messages' is empty; it needs at least one message.", "messages");
}

bool MessagesReader::take_field(std::string_view key, od::value& value) {
  if (key == "model") return read_model(value);
  if (key == "stream") return read_stream(value);
  if (key == "messages") return read_messages(value);
  if (key == "system") return read_system(value);
  if (key == "tools") return read_list_size(value, key, out_.tools);
  if (key == "metadata") return read_metadata(value);
  if (key == "output_config") return read_output(value);
  if (key == "output_format") return read_format(value, key);
  if (key == "max_tokens") {
    return read_count(value, key, std::numeric_limits<std::uint32_t>::max(), out_.max_tokens);
  }
  return skip(value, 2);
}

Result<ChatRequest> MessagesReader::read_request() {
  Result<ChatRequest> request = Reader::read();
  if (!request || (system_.text.empty() && system_.images == 0)) return request;
  system_.role = Role::system;  // before all else, wherever it stands
  for (const Span& text : system_.text) request->text_bytes += text.length;
  request->images += system_.images;
  request->messages.insert(request->messages.begin(), std::move(system_));
  return request;
}

}  // namespace

Result<ChatRequest> read_messages(std::string_view body) {
  return MessagesReader(body).read_request();
}

}  // namespace gw::chat
