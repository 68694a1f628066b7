#include "dialect/raw.hpp"

#include "base/text.hpp"
#include "chat/chat.hpp"

namespace gw::dialect {

std::string to_raw(std::string_view plain) {
  std::string out;
  append_json_string(out, plain);
  return out.substr(1, out.size() - 2);
}

std::string from_raw(Raw raw) {
  if (raw.find('\\') == std::string_view::npos) return std::string(raw);
  return chat::unescape(raw);
}

bool says(Raw raw, std::string_view plain) {
  if (raw.find('\\') == std::string_view::npos) return raw == plain;
  return chat::unescape(raw) == plain;
}

void JsonWriter::separate() {
  if (needs_comma_) out_.push_back(',');
  needs_comma_ = true;
}

JsonWriter& JsonWriter::begin_object() {
  separate();
  out_.push_back('{');
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  out_.push_back('}');
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  separate();
  out_.push_back('[');
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  out_.push_back(']');
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  out_.push_back('"');
  out_.append(name);
  out_.append("\":");
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::string(Raw raw) {
  separate();
  out_.push_back('"');
  out_.append(raw);
  out_.push_back('"');
  return *this;
}

JsonWriter& JsonWriter::plain(std::string_view text) {
  separate();
  append_json_string(out_, text);
  return *this;
}

JsonWriter& JsonWriter::json(JsonText text) {
  separate();
  out_.append(text);
  return *this;
}

JsonWriter& JsonWriter::number(std::uint64_t value) {
  separate();
  append_number(out_, value);
  return *this;
}

JsonWriter& JsonWriter::boolean(bool value) {
  return json(value ? "true" : "false");
}

JsonWriter& JsonWriter::null() {
  return json("null");
}

JsonWriter& JsonWriter::optional_string(std::string_view name, Raw raw) {
  return raw.empty() ? *this : key(name).string(raw);
}

JsonWriter& JsonWriter::optional_json(std::string_view name, JsonText text) {
  return text.empty() ? *this : key(name).json(text);
}

}  // namespace gw::dialect
