// Private to the dialects: reading a client's body in place, with what is wrong in it said by path. The body is JSON
// (the chat reader saw to that), but nobody has looked at its types.
#pragma once

#include "base/error.hpp"
#include "dialect/conversation.hpp"
#include "dialect/raw.hpp"

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gw::dialect {

/// Where something stands in the body: "input[2].content". Made a text only when somebody wants to read it.
struct Path {
  static constexpr std::size_t no_index = static_cast<std::size_t>(-1);

  const Path* parent = nullptr;
  std::string_view name{};
  std::size_t index = no_index;

  [[nodiscard]] Path at(std::string_view member) const noexcept { return {this, member}; }

  [[nodiscard]] Path at(std::size_t element) const noexcept { return {this, {}, element}; }

  [[nodiscard]] std::string text() const;
};

/// What reads of one body share: the first fault, what is left out, and texts that had to be made. Each function
/// returns false at a fault.
class BodyReader {
 public:
  using Value = simdjson::ondemand::value;
  using Object = simdjson::ondemand::object;
  using Array = simdjson::ondemand::array;

  /// `dialect`: the client's, as people call it.
  BodyReader(Conversation& out, Keep& keep, std::string_view dialect) noexcept
      : out_(out), keep_(keep), dialect_(dialect) {}

  bool fail(Error error);
  bool wrong_type(const Path& path, std::string_view wanted);
  /// Something that only a provider of this dialect can do.
  bool unsupported(const Path& path, std::string_view what);
  void leave_out(const Path& path);

  // Of all these: null is as if it were not there.
  bool text(Value& value, const Path& path, Raw& out);
  bool flag(Value& value, const Path& path, std::optional<bool>& out);
  bool count(Value& value, const Path& path, std::optional<std::uint64_t>& out);
  bool number(Value& value, const Path& path, JsonText& out);
  bool object_text(Value& value, const Path& path, JsonText& out);
  bool object(Value& value, const Path& path, Object& out);
  bool array(Value& value, const Path& path, Array& out);

  /// `take(key, value)`: the key as it stands in the body.
  template <class Take>
  bool members(Object object, Take take) {
    for (auto member : object) {
      simdjson::ondemand::field field;
      if (std::move(member).get(field) != simdjson::SUCCESS) return broken();
      if (!take(key_of(field), field.value())) return false;
    }
    return true;
  }

  /// `take(value, path)`
  template <class Take>
  bool elements(Array array, const Path& path, Take take) {
    std::size_t index = 0;
    for (auto element : array) {
      Value value;
      if (static_cast<simdjson::simdjson_result<Value>&&>(element).get(value) != simdjson::SUCCESS) return broken();
      if (!take(value, path.at(index++))) return false;
    }
    return true;
  }

  [[nodiscard]] Conversation& out() noexcept { return out_; }

  [[nodiscard]] Raw keep(std::string text) { return keep_(std::move(text)); }

  [[nodiscard]] const std::optional<Error>& error() const noexcept { return error_; }

 private:
  bool broken();
  static std::string_view key_of(simdjson::ondemand::field& field);

  Conversation& out_;
  Keep& keep_;
  std::string_view dialect_;
  std::optional<Error> error_;
};

[[nodiscard]] bool is_null(BodyReader::Value& value);
[[nodiscard]] bool is_string(BodyReader::Value& value);

}  // namespace gw::dialect
