// Private to chat: what the readers of all dialects share. Walks a body once on demand and checks the whole document on
// the way; a dialect adds what its members mean (`take_field`). The rules are those of `chat::read` in chat.hpp.
#pragma once

#include "chat/chat.hpp"

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace gw::chat {

namespace od = simdjson::ondemand;

[[nodiscard]] Role role_of(std::string_view name) noexcept;

/// Without the white space behind it, which simdjson's raw tokens carry.
[[nodiscard]] std::string_view without_space(std::string_view token) noexcept;

/// Reads one body, once. Functions that return false have set the error.
class Reader {
 public:
  /// `main`: the member that a request cannot do without. `known`: the names whose meaning we act upon: given twice, or
  /// spelled with escapes, two readers could disagree about them.
  Reader(std::string_view body, std::string_view main, std::span<const std::string_view> known)
      : body_(body), main_(main), known_(known) {}

  virtual ~Reader() = default;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  [[nodiscard]] Result<ChatRequest> read();

 protected:
  /// Reads a member of the top-level object, or skips it at depth 2.
  virtual bool take_field(std::string_view key, od::value& value) = 0;

  bool read_model(od::value& value);
  bool read_stream(od::value& value);
  bool read_stream_options(od::value& value);
  bool read_list_size(od::value& value, std::string_view name, std::uint32_t& count);
  bool read_raw_string(od::value& value, std::string_view name, std::string_view& out);
  bool read_count(od::value& value, std::string_view name, std::uint64_t max, std::optional<std::uint64_t>& out);

  /// A member of a part, walked as `skip` does: keeps what it says of where an image is.
  bool read_image_member(std::string_view key, od::value& value, std::size_t depth, Image& image);

  /// Keeps the image that a part is; the part was just walked and begins at `begin`.
  void add_image(Image image, const char* begin);

  /// Counts its texts and images, and keeps it.
  void add_message(Message&& message);

  /// Walks a value nobody reads, so that the whole document is checked.
  bool skip(od::value& value, std::size_t depth);

  /// `take(key, value)` for each member of what is an object; it must read or skip the value, and false ends it. Keys
  /// have their escapes unresolved.
  template <class Take>
  bool each_member(od::value& value, Take&& take) {
    od::object object;
    if (const auto code = value.get_object().get(object); code != simdjson::SUCCESS) return not_json(code);
    return each_member(object, std::forward<Take>(take));
  }

  /// `take(element)` for each element of what is an array, likewise.
  template <class Take>
  bool each_element(od::value& value, Take&& take) {
    od::array array;
    if (const auto code = value.get_array().get(array); code != simdjson::SUCCESS) return not_json(code);
    for (auto element : array) {
      od::value item;  // simdjson hands it out of a temporary only
      const auto code = static_cast<simdjson::simdjson_result<od::value>&&>(element).get(item);
      if (code != simdjson::SUCCESS) return not_json(code);
      if (!take(item)) return false;
    }
    return true;
  }

  /// A text, or a list of texts or of tokens, or of lists of tokens: what a completion begins with, what is embedded.
  /// `take(inside)` for each text, false ends it; `count` is how many the list stands for.
  template <class Take>
  bool each_text(od::value& value, const std::string& name, std::uint32_t& count, Take&& take) {
    std::string_view inside;
    if (string_inside(value, inside)) {
      count = 1;
      return take(inside);
    }
    if (!token_of(value).starts_with('[')) return wrong_text(name);
    bool is_tokens = false;
    std::uint32_t elements = 0;
    const bool is_read = each_element(value, [&](od::value& item) {
      const bool is_text = string_inside(item, inside);
      const bool is_list = !is_text && token_of(item).starts_with('[');
      if (elements++ == 0) is_tokens = !is_text && !is_list;
      if (is_text) return !is_tokens ? take(inside) : wrong_text(name);
      if (is_list) return !is_tokens ? read_tokens(item, name) : wrong_text(name);
      return is_tokens ? read_token(item, name) : wrong_text(name);
    });
    if (!is_read) return false;
    count = is_tokens ? 1 : elements;
    return elements != 0 || fail("'" + name + "' is empty; it needs at least one text.", name);
  }

  /// The inside of a string literal, not consumed; false for anything else (no error is set).
  [[nodiscard]] static bool string_inside(od::value& value, std::string_view& inside);

  /// The token of a scalar, the bracket of a container; empty, which is no value, when a colon follows. simdjson takes
  /// a text that nobody reads and a colon for a key, and steps over what follows as its value.
  [[nodiscard]] static std::string_view token_of(od::value& value) {
    const std::string_view token = value.raw_json_token();
    return token.data()[token.size()] == ':' ? std::string_view{} : without_space(token);  // at most in the padding
  }

  /// The whole text of a container that was just walked: from its bracket to what stands before the next token.
  [[nodiscard]] Span walked_span(const char* begin);

  [[nodiscard]] Span span_of(std::string_view part) const {
    return {static_cast<std::size_t>(part.data() - body_.data()), part.size()};
  }

  bool check_text(std::string_view inside);
  bool read_token(od::value& value, const std::string& name);
  bool read_tokens(od::value& value, const std::string& name);
  bool wrong_text(const std::string& name);

  bool fail(std::string message, std::string param = {});
  bool not_json(simdjson::error_code code);
  bool not_json(std::string_view why);
  bool wrong_type(std::string param, std::string_view wanted);

  ChatRequest out_;

 private:
  template <class Take>
  bool each_member(od::object& object, Take&& take) {
    for (auto member : object) {
      od::field field;
      if (const auto code = std::move(member).get(field); code != simdjson::SUCCESS) return not_json(code);
      const std::string_view key = key_of(field);
      if (!is_key(key)) return false;
      if (!take(key, field.value())) return false;
    }
    return true;
  }

  bool parse();
  bool read_fields();
  bool read_field(std::string_view written, od::value& value);
  bool is_key(std::string_view written);
  [[nodiscard]] std::string_view key_of(od::field& field) const;
  [[nodiscard]] std::string_view keep_unescaped(std::string_view key);

  std::string_view body_;
  std::string_view main_;
  std::span<const std::string_view> known_;
  od::document document_;
  std::optional<Error> error_;
};

}  // namespace gw::chat
