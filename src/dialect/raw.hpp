// Text between two dialects. All of them are JSON, and the inside of a string literal says the same in each: so texts
// travel as they were written, escapes unresolved, and are neither decoded nor encoded on the way.
#pragma once

#include <cstddef>
#include <forward_list>
#include <string>
#include <string_view>

namespace gw::dialect {

/// The inside of a JSON string literal, without its quotes: valid escapes, valid UTF-8.
using Raw = std::string_view;

/// JSON text of one value, whatever it is. Empty = there is none.
using JsonText = std::string_view;

/// Keeps texts that were made on the way for as long as the views into them are used.
class Keep {
 public:
  std::string_view operator()(std::string text) { return kept_.emplace_front(std::move(text)); }

 private:
  std::forward_list<std::string> kept_;
};

/// Plain text as the inside of a literal. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string to_raw(std::string_view plain);

/// What a literal means. Lone surrogates become U+FFFD.
[[nodiscard]] std::string from_raw(Raw raw);

/// Equal to a plain text that needs no escapes; another spelling of the same text is looked through.
[[nodiscard]] bool says(Raw raw, std::string_view plain);

/// Appends JSON; commas are its own business. Only well-nested use; nothing is checked twice.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) noexcept : out_(out) {}

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  /// A name of ours: no escapes needed.
  JsonWriter& key(std::string_view name);
  JsonWriter& string(Raw raw);
  JsonWriter& plain(std::string_view text);  ///< escaped here
  JsonWriter& json(JsonText text);           ///< as it is
  JsonWriter& number(std::uint64_t value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();

  /// `key(name).string(raw)`, unless there is none.
  JsonWriter& optional_string(std::string_view name, Raw raw);
  JsonWriter& optional_json(std::string_view name, JsonText text);

 private:
  void separate();

  std::string& out_;
  bool needs_comma_ = false;
};

}  // namespace gw::dialect
