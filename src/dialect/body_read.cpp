#include "dialect/body_read.hpp"

#include "base/text.hpp"
#include "dialect/provider_json.hpp"

#include <algorithm>

namespace gw::dialect {
namespace {

constexpr std::size_t max_left_out = 32;  // names end up in a header
constexpr std::size_t max_name = 60;

std::string_view token_of(BodyReader::Value& value) {
  return trimmed(value.raw_json_token());
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= max_name && is_printable_ascii(text);
}

}  // namespace

std::string Path::text() const {
  std::string out = parent == nullptr ? std::string{} : parent->text();
  if (index != no_index) return out + "[" + std::to_string(index) + "]";
  if (!out.empty() && !name.empty()) out.push_back('.');
  return out.append(is_name(name) || name.empty() ? name : "(a member)");
}

bool is_null(BodyReader::Value& value) {
  return token_of(value) == "null";
}

bool is_string(BodyReader::Value& value) {
  return token_of(value).starts_with('"');
}

bool BodyReader::fail(Error error) {
  if (!error_) error_ = std::move(error);
  return false;
}

bool BodyReader::broken() {
  return fail(client_error(Errc::invalid_request, "The request body is not valid JSON."));
}

bool BodyReader::wrong_type(const Path& path, std::string_view wanted) {
  std::string name = path.text();
  std::string message = "'" + name + "' must be " + std::string(wanted) + ".";
  return fail(client_error(Errc::invalid_request, std::move(message), std::move(name)));
}

bool BodyReader::unsupported(const Path& path, std::string_view what) {
  std::string name = path.text();
  Error error = upstream_error(
      Errc::unsupported_input,
      "'" + name + "': " + std::string(what) + " is only for models that speak " + std::string(dialect_) + " themselves"
  );
  error.param = std::move(name);
  return fail(std::move(error));
}

void BodyReader::leave_out(const Path& path) {
  if (out_.left_out.size() >= max_left_out) return;
  std::string name = path.text();
  if (std::find(out_.left_out.begin(), out_.left_out.end(), name) == out_.left_out.end()) {
    out_.left_out.push_back(std::move(name));
  }
}

bool BodyReader::text(Value& value, const Path& path, Raw& out) {
  if (is_null(value)) return true;
  if (!is_string(value)) return wrong_type(path, "a string");
  out = inside(value);
  return true;
}

bool BodyReader::flag(Value& value, const Path& path, std::optional<bool>& out) {
  const std::string_view token = token_of(value);
  if (token == "null") return true;
  if (token != "true" && token != "false") return wrong_type(path, "true or false");
  out = token == "true";
  return true;
}

bool BodyReader::count(Value& value, const Path& path, std::optional<std::uint64_t>& out) {
  const std::string_view token = token_of(value);
  if (token == "null") return true;
  const auto number = parse_u64(token);
  if (!number) return wrong_type(path, "a whole number");
  out = number;
  return true;
}

bool BodyReader::number(Value& value, const Path& path, JsonText& out) {
  const std::string_view token = token_of(value);
  if (token == "null") return true;
  const bool is_number = !token.empty() && (token.front() == '-' || (token.front() >= '0' && token.front() <= '9'));
  if (!is_number) return wrong_type(path, "a number");
  out = token;
  return true;
}

bool BodyReader::object(Value& value, const Path& path, Object& out) {
  if (!token_of(value).starts_with('{')) return wrong_type(path, "an object");
  return value.get_object().get(out) == simdjson::SUCCESS || broken();
}

bool BodyReader::array(Value& value, const Path& path, Array& out) {
  if (!token_of(value).starts_with('[')) return wrong_type(path, "an array");
  return value.get_array().get(out) == simdjson::SUCCESS || broken();
}

bool BodyReader::object_text(Value& value, const Path& path, JsonText& out) {
  if (is_null(value)) return true;
  Object inner;
  if (!object(value, path, inner)) return false;
  std::string_view json;
  if (inner.raw_json().get(json) != simdjson::SUCCESS) return broken();
  out = trimmed(json);
  return true;
}

// The parser says where a key begins; the chat reader saw that it ends.
std::string_view BodyReader::key_of(simdjson::ondemand::field& field) {
  const char* const begin = field.key().raw();
  const char* end = begin;
  while (*end != '"') end += *end == '\\' ? 2 : 1;
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace gw::dialect
