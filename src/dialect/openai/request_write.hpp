// Private to openai: a Conversation as a provider's chat request. `request_write.cpp` has its parameters,
// `messages_write.cpp` who said what.
#pragma once

#include "dialect/dialect.hpp"
#include "dialect/openai/variant.hpp"
#include "dialect/raw.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gw::dialect::openai {

/// What is being written, and what could not be.
class Writing {
 public:
  Writing(std::string& body, const Variant& variant) : json(body), body_(body), variant_(variant) {}

  [[nodiscard]] const Variant& variant() const noexcept { return variant_; }

  /// Each once.
  void drop(std::string_view name);

  /// The first one counts.
  void refuse(std::string_view name, std::string_view why);

  [[nodiscard]] std::optional<Error>& error() noexcept { return error_; }

  [[nodiscard]] std::vector<std::string>& dropped() noexcept { return dropped_; }

  /// A literal in pieces, which may be large: what stands between begin and end is raw.
  void begin_literal() { json.json("\""); }

  void add(Raw raw) { body_.append(raw); }

  void end_literal() { body_.push_back('"'); }

  JsonWriter json;

 private:
  std::string& body_;
  const Variant& variant_;
  std::vector<std::string> dropped_;
  std::optional<Error> error_;
};

/// The elements of `messages`.
void write_messages(std::span<const Turn> turns, Writing& out);

/// The reasoning of an assistant's message, in the field that the variant has for it.
void write_reasoning(std::span<const Part* const> parts, bool has_calls, Writing& out);

/// An element of `content`: text, image, file or audio.
void write_part(const Part& part, Writing& out);

}  // namespace gw::dialect::openai
