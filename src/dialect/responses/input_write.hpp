// Private to responses: the turns of a conversation as `instructions` and `input`.
#pragma once

#include "dialect/conversation.hpp"
#include "dialect/raw.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gw::dialect::responses {

/// Notes what could not be said, each name once.
class Dropped {
 public:
  explicit Dropped(std::vector<std::string>& names) noexcept : names_(names) {}

  void operator()(std::string_view name);

 private:
  std::vector<std::string>& names_;
};

/// Writes both members. `out` is what `json` writes into. `refused` becomes the name of what makes it impossible.
class InputWriter {
 public:
  InputWriter(std::string& out, JsonWriter& json, Dropped& dropped) noexcept
      : out_(out), json_(json), dropped_(dropped) {}

  void write(const std::vector<Turn>& turns);

  [[nodiscard]] const std::string& refused() const noexcept { return refused_; }

  /// Reasoning that the provider made and can read again is among the items.
  [[nodiscard]] bool has_reasoning() const noexcept { return has_reasoning_; }

 private:
  enum class Side : std::uint8_t { input, output };

  void instructions(const std::vector<Turn>& turns, std::size_t count);
  void turn(const Turn& turn);
  void begin_message(std::string_view role);
  void end_message();
  void content(const Part& part, Side side);
  void text(std::string_view type, std::string_view member, Raw text);
  void image(const Part& part);
  void file(const Part& part);
  void call(const Part& part);
  void result(const Part& part);
  void reasoning(const Part& part);
  void data_url(std::string_view member, const Part& part, std::string_view default_type);
  void call_id(Raw id);

  std::string& out_;
  JsonWriter& json_;
  Dropped& dropped_;
  std::string refused_;
  bool is_in_message_ = false;
  bool has_reasoning_ = false;
};

}  // namespace gw::dialect::responses
