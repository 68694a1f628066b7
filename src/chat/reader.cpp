#include "chat/reader.hpp"

#include "base/text.hpp"
#include "chat/scalar.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

namespace gw::chat {
namespace {

constexpr std::size_t max_fields = 512;  // each is compared with all others
constexpr std::size_t max_depth = 512;
constexpr std::size_t keep_parser_bytes = std::size_t{1024} * 1024;

thread_local std::unique_ptr<od::parser> held_parser;

// Parsers keep their memory between requests of a thread, but not that of a rare huge body.
od::parser& thread_parser() {
  if (!held_parser || held_parser->capacity() > keep_parser_bytes) held_parser = std::make_unique<od::parser>();
  return *held_parser;
}

}  // namespace

Role role_of(std::string_view name) noexcept {
  if (name == "user") return Role::user;
  if (name == "assistant") return Role::assistant;
  if (name == "system") return Role::system;
  if (name == "tool") return Role::tool;
  if (name == "developer") return Role::developer;
  if (name == "function") return Role::function;
  return Role::other;
}

std::string_view without_space(std::string_view token) noexcept {
  while (!token.empty() && (token.back() == ' ' || token.back() == '\t' || token.back() == '\n' || token.back() == '\r')
  ) {
    token.remove_suffix(1);
  }
  return token;
}

bool Reader::fail(std::string message, std::string param) {
  if (!error_) error_ = client_error(Errc::invalid_request, std::move(message), std::move(param));
  return false;
}

bool Reader::not_json(simdjson::error_code code) {
  return not_json(simdjson::error_message(code));
}

bool Reader::not_json(std::string_view why) {
  return fail("The request body is not valid JSON: " + std::string(why));
}

bool Reader::wrong_type(std::string param, std::string_view wanted) {
  std::string message = "'" + param + "' must be " + std::string(wanted) + ".";
  return fail(std::move(message), std::move(param));
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

bool Reader::is_key(std::string_view written) {
  return has_valid_escapes(written) || not_json("a key has an escape that does not exist.");
}

Span Reader::walked_span(const char* begin) {
  const char* end = body_.data() + body_.size();
  const char* next = nullptr;
  if (document_.current_location().get(next) == simdjson::SUCCESS) end = next;
  std::string_view text(begin, static_cast<std::size_t>(end - begin));
  return span_of(without_space(text));
}

bool Reader::skip(od::value& value, std::size_t depth) {
  const std::string_view token = token_of(value);
  const bool is_object = token.starts_with('{');
  if (is_object || token.starts_with('[')) {
    if (depth > max_depth) return fail("The request body is nested deeper than 512 levels.");
    if (!is_object) return each_element(value, [&](od::value& item) { return skip(item, depth + 1); });
    return each_member(value, [&](std::string_view /*key*/, od::value& item) { return skip(item, depth + 1); });
  }
  if (is_valid_scalar(token)) return true;
  return not_json("\"" + std::string(clip_utf8(token, 40)) + "\" is not a value.");
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
  const bool is_read = each_member(value, [&](std::string_view key, od::value& member) {
    if (key != "include_usage") return skip(member, 3);
    const std::string_view usage = token_of(member);
    if (usage != "true" && usage != "false" && usage != "null") {
      return wrong_type("stream_options.include_usage", "true or false");
    }
    if (out_.include_usage_value) return fail("'stream_options.include_usage' is given twice.", "stream_options");
    out_.include_usage_value = span_of(usage);
    if (usage != "null") out_.include_usage = usage == "true";
    return true;
  });
  if (is_read) out_.stream_options = walked_span(token.data());
  return is_read;
}

bool Reader::check_text(std::string_view inside) {
  return has_valid_escapes(inside) || not_json("a string has an escape that does not exist.");
}

bool Reader::wrong_text(const std::string& name) {
  return wrong_type(name, "a string, or an array of strings, of token numbers or of arrays of token numbers");
}

bool Reader::read_token(od::value& value, const std::string& name) {
  return parse_u64(token_of(value)).has_value() || wrong_text(name);
}

bool Reader::read_tokens(od::value& value, const std::string& name) {
  std::size_t tokens = 0;
  const bool is_read = each_element(value, [&](od::value& item) {
    ++tokens;
    return read_token(item, name);
  });
  return is_read && (tokens != 0 || fail("'" + name + "' holds an empty array of tokens.", name));
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
  return each_element(value, [&](od::value& item) {
    ++count;
    return skip(item, 3);
  });
}

// `image_url` is an object or, as in Responses, a text; `source` is Anthropic's; `url` stands in the part itself where
// somebody wrote it so.
bool Reader::read_image_member(std::string_view key, od::value& value, std::size_t depth, Image& image) {
  const std::string_view token = token_of(value);
  if (key == "cache_control" && token.starts_with('{')) {
    if (!skip(value, depth)) return false;
    image.cache_control = walked_span(token.data());
    return true;
  }
  const auto keep = [&](std::string_view inside, bool is_base64) {
    image.content = span_of(inside);
    image.is_base64 = is_base64;
  };
  std::string_view inside;
  if ((key == "image_url" || key == "url") && string_inside(value, inside)) keep(inside, false);
  if ((key != "image_url" && key != "source") || !token.starts_with('{')) return skip(value, depth);
  return each_member(value, [&](std::string_view name, od::value& member) {
    if (string_inside(member, inside)) {
      if (name == "url") keep(inside, false);
      if (name == "data") keep(inside, true);
      if (name == "media_type") image.media_type = span_of(inside);
    }
    return skip(member, depth + 1);
  });
}

void Reader::add_image(Image image, const char* begin) {
  image.part = walked_span(begin);
  // What stands within it is replaced with it.
  while (!out_.image_parts.empty() && out_.image_parts.back().part.offset > image.part.offset) {
    out_.image_parts.pop_back();
  }
  if (out_.image_parts.size() < max_image_parts) out_.image_parts.push_back(image);
}

void Reader::add_message(Message&& message) {
  for (const Span& text : message.text) out_.text_bytes += text.length;
  out_.images += message.images;
  out_.messages.push_back(std::move(message));
}

std::string_view Reader::keep_unescaped(std::string_view key) {
  if (!out_.unescaped_keys) out_.unescaped_keys = std::make_unique<std::forward_list<std::string>>();
  return out_.unescaped_keys->emplace_front(unescape(key));
}

bool Reader::read_field(std::string_view written, od::value& value) {
  std::string_view key = written;
  if (written.find('\\') != std::string_view::npos) {
    key = keep_unescaped(written);
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) {
      return fail("The key \"" + std::string(key) + "\" must be written without escapes.", std::string(key));
    }
  }
  if (out_.fields.size() == max_fields) return fail("The request has more than 512 members.");
  if (out_.find(key) != nullptr) {
    return fail("'" + std::string(clip_utf8(key, 60)) + "' is given twice.", std::string(clip_utf8(key, 60)));
  }
  const std::string_view token = token_of(value);
  Field entry;
  entry.key = key;
  entry.key_span = {static_cast<std::size_t>(written.data() - body_.data()) - 1, written.size() + 2};
  entry.is_null = token == "null";
  out_.fields.push_back(entry);
  if (!take_field(key, value)) return false;
  const bool is_container = token.starts_with('{') || token.starts_with('[');
  out_.fields.back().value = is_container ? walked_span(token.data()) : span_of(token);
  return true;
}

bool Reader::read_fields() {
  const std::string_view text = without_space(body_);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) {
    return fail("The request body is empty; send a JSON object with \"" + std::string(main_) + "\".");
  }
  if (text[first] != '{') return fail("The request body must be a JSON object.");
  out_.object_begin = first;
  od::object object;
  if (const auto code = document_.get_object().get(object); code != simdjson::SUCCESS) return not_json(code);
  if (!each_member(object, [&](std::string_view key, od::value& value) { return read_field(key, value); }))
    return false;
  const char* behind = nullptr;
  if (document_.current_location().get(behind) == simdjson::SUCCESS) {
    return not_json("there is text behind the closing brace.");
  }
  out_.object_end = text.size() - 1;
  if (out_.find(main_) == nullptr) return fail("'" + std::string(main_) + "' is missing.", std::string(main_));
  return true;
}

bool Reader::parse() {
  static_assert(padding >= simdjson::SIMDJSON_PADDING);
  if (body_.starts_with("\xEF\xBB\xBF")) {
    return fail("The request body begins with a byte order mark; send plain UTF-8.");
  }
  const auto code = thread_parser().iterate(body_.data(), body_.size(), body_.size() + padding).get(document_);
  if (code == simdjson::EMPTY) {
    return fail("The request body is empty; send a JSON object with \"" + std::string(main_) + "\".");
  }
  return code == simdjson::SUCCESS || not_json(code);
}

Result<ChatRequest> Reader::read() {
  out_.fields.reserve(12);
  if (!parse() || !read_fields()) return std::move(*error_);
  return std::move(out_);
}

const Field* ChatRequest::find(std::string_view key) const noexcept {
  for (const Field& field : fields) {
    if (field.key == key) return &field;
  }
  return nullptr;
}

}  // namespace gw::chat
