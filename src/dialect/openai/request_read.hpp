// Private to openai: a client's chat request into a Conversation. `request_read.cpp` has its parameters,
// `tools_read.cpp` what it may call, `messages_read.cpp` who said what. The body passed `chat::read`: it is valid JSON,
// but nothing is known about the types of what that did not look at.
#pragma once

#include "base/error.hpp"
#include "dialect/conversation.hpp"
#include "dialect/openai/json.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gw::dialect::openai {

/// Where a value stands, put into words only when somebody asks: messages[2].content[0].text
struct Path {
  static constexpr std::size_t no_index = SIZE_MAX;

  const Path* up = nullptr;
  std::string_view name{};
  std::size_t index = no_index;

  [[nodiscard]] std::string text() const;
};

/// What reading comes to beside its result: the first error, and what was left out. Functions below return false when
/// there is an error.
class Reading {
 public:
  Reading(Keep& keep, std::vector<std::string>& left_out) : keep_(keep), left_out_(left_out) {}

  /// The request is wrong.
  bool fail(const Path& at, std::string_view wanted);
  /// It is right, and cannot be said in any other dialect.
  bool refuse(const Path& at, std::string_view why);

  /// The first few dozen; a request that is full of what nobody knows is not told of it member by member.
  void leave_out(const Path& at);

  std::string_view keep(std::string text) { return keep_(std::move(text)); }

  [[nodiscard]] std::optional<Error>& error() noexcept { return error_; }

  // Null leaves `out` as it is.
  bool text(simdjson::ondemand::value& value, const Path& at, Raw& out);
  bool flag(simdjson::ondemand::value& value, const Path& at, std::optional<bool>& out);
  bool number(simdjson::ondemand::value& value, const Path& at, JsonText& out);
  bool count(simdjson::ondemand::value& value, const Path& at, std::optional<std::uint64_t>& out);
  bool object(simdjson::ondemand::value& value, const Path& at, JsonText& out);
  /// True when it is an object, whose members may then be walked.
  bool is_object(simdjson::ondemand::value& value, const Path& at);
  bool is_array(simdjson::ondemand::value& value, const Path& at);

 private:
  Keep& keep_;
  std::vector<std::string>& left_out_;
  std::optional<Error> error_;
};

[[nodiscard]] inline bool is_null(simdjson::ondemand::value& value) noexcept {
  return token_of(value) == "null";
}

/// Of this thread, for a body with its padding.
[[nodiscard]] simdjson::ondemand::parser& body_parser();

/// `stop`: a text or a list of them.
bool read_stop(simdjson::ondemand::value& value, const Path& at, Reading& reading, std::vector<Raw>& out);

/// `stream_options`.
bool read_stream_options(
    simdjson::ondemand::value& value, const Path& at, Reading& reading, std::optional<bool>& wants_usage
);

[[nodiscard]] Result<Conversation> read_conversation(std::string_view body, Keep& keep);

bool read_messages(simdjson::ondemand::value& value, const Path& at, Reading& reading, std::vector<Turn>& out);

/// `content`: a text or a list of parts. Empty texts are no parts.
bool read_content(simdjson::ondemand::value& value, const Path& at, Reading& reading, std::vector<Part>& out);

bool read_tools(simdjson::ondemand::value& value, const Path& at, Reading& reading, std::vector<Tool>& out);
/// The legacy list, whose elements are what `tools[].function` is.
bool read_functions(simdjson::ondemand::value& value, const Path& at, Reading& reading, std::vector<Tool>& out);
/// `allowed`: names of the tools that may be called, when not all may.
bool read_tool_choice(
    simdjson::ondemand::value& value, const Path& at, Reading& reading, ToolChoice& out, std::vector<Raw>& allowed
);
/// The legacy `function_call`.
bool read_function_choice(simdjson::ondemand::value& value, const Path& at, Reading& reading, ToolChoice& out);

/// An assistant's `reasoning_details` as OpenRouter documents them: parts, and proofs that belong to calls.
struct Details {
  struct OfCall {
    Raw id;
    Raw proof;
  };

  std::vector<Part> parts;
  std::vector<OfCall> of_calls;  ///< sealed ones with an id; those that no call has are parts
  bool has_text = false;
};

bool read_details(simdjson::ondemand::value& value, const Path& at, Reading& reading, Details& out);

}  // namespace gw::dialect::openai
