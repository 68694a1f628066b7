// Private to the dialects: takes elements of lists and members of objects out of a JSON text; all else stays byte for
// byte.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gw::dialect {

/// Pieces to leave out of one text, in any order, none in another.
class Cuts {
 public:
  /// The elements or members of one list or object, in order. What goes, goes with one comma.
  class List {
   public:
    explicit List(Cuts& cuts) noexcept : cuts_(cuts) {}

    void stays(std::string_view element);
    void goes(std::string_view element);
    void end();

   private:
    Cuts& cuts_;
    const char* first_gone_ = nullptr;  // while nothing stays before it
    const char* end_ = nullptr;         // of the last one
    bool has_kept_ = false;
  };

  /// Elements are views into `text`, which outlives this.
  explicit Cuts(std::string_view text) noexcept : text_(text) {}

  [[nodiscard]] bool empty() const noexcept { return ranges_.empty(); }

  /// What is left, with room for `padding` bytes behind it.
  [[nodiscard]] std::string rest(std::size_t padding);

 private:
  struct Range {
    std::size_t begin;
    std::size_t end;
  };

  void add(const char* begin, const char* end);

  std::string_view text_;
  std::vector<Range> ranges_;
};

}  // namespace gw::dialect
