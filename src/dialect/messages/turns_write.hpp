// Private to messages: the turns of a conversation as `system` and `messages`.
#pragma once

#include "dialect/conversation.hpp"
#include "dialect/raw.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gw::dialect::messages {

/// Notes what could not be said, each name once.
class Dropped {
 public:
  explicit Dropped(std::vector<std::string>& names) noexcept : names_(names) {}

  void operator()(std::string_view name);

 private:
  std::vector<std::string>& names_;
};

/// `cache_control` of whatever may have one; the service takes four in a request.
class CacheMarks {
 public:
  explicit CacheMarks(Dropped& dropped) noexcept : dropped_(dropped) {}

  void write(JsonWriter& json, JsonText cache_control);

 private:
  Dropped& dropped_;
  std::size_t count_ = 0;
};

/// The last turn of the model begins with thinking that it can read again, or calls nothing: only then may it think on.
[[nodiscard]] bool can_think_on(const std::vector<Turn>& turns);

/// Writes both members. `refused` becomes the name of what makes it impossible.
class TurnsWriter {
 public:
  TurnsWriter(JsonWriter& json, Dropped& dropped, CacheMarks& marks) noexcept
      : json_(json), dropped_(dropped), marks_(marks) {}

  void write(const std::vector<Turn>& turns);

  [[nodiscard]] const std::string& refused() const noexcept { return refused_; }

 private:
  using Group = std::span<const Turn* const>;

  void system(const std::vector<Turn>& turns);
  void system_as_message(const std::vector<Turn>& turns);
  void group(Group turns, bool is_last);
  void begin_block(Speaker speaker);
  void end_message();
  void part(const Part& part, Speaker speaker);
  void text(Raw text, JsonText cache_control);
  void media(const Part& part, Speaker speaker);
  void image(const Part& part);
  void document(const Part& part);
  void document_source(const Part& part);
  void reasoning(const Part& part);
  void call(const Part& part);
  void result(const Part& part);
  void refuse(std::string what);

  JsonWriter& json_;
  Dropped& dropped_;
  CacheMarks& marks_;
  std::string refused_;
  bool is_in_message_ = false;
  const Part* trimmed_ = nullptr;  // the text that ends the conversation
};

}  // namespace gw::dialect::messages
