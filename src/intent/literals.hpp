// Many literals looked for in one pass, whatever the case of their ASCII letters: what the keyword rules stand on.
// A vector filter (the first four bytes, by nibbles, in eight groups: the method of Hyperscan's "Teddy") names the
// places where one may begin; only those are compared. No byte of the text is walked on its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gw::intent {

class LiteralSet {
 public:
  /// Empty literals match nothing. At most 65,535.
  explicit LiteralSet(std::vector<std::string> literals);

  [[nodiscard]] const std::vector<std::string>& literals() const noexcept { return literals_; }

  /// Told of an occurrence: the literal's index and where it begins. False ends the search.
  using Found = std::function<bool(std::size_t index, std::size_t at)>;

  /// Every occurrence, by place; overlapping ones too. Any thread.
  void search(std::string_view text, const Found& found) const;

  /// The same without the processor's wide vectors: for processors that lack them, and to compare in tests.
  void search_plainly(std::string_view text, const Found& found) const;

 private:
  static constexpr std::size_t looked_at = 4;
  static constexpr std::size_t groups = 8;

  struct Filter {
    // By nibble of the byte: the groups whose literals may have it there.
    alignas(16) std::array<std::uint8_t, 16> low{};
    alignas(16) std::array<std::uint8_t, 16> high{};
  };

  [[nodiscard]] bool compare(std::string_view text, std::size_t at, unsigned hits, const Found& found) const;
  void search_wide(std::string_view text, const Found& found) const;

  std::vector<std::string> literals_;
  std::array<Filter, looked_at> filters_;
  std::array<std::vector<std::uint16_t>, groups> members_;
};

/// Whether an occurrence is a word of its own: one that begins with a letter or digit of the Latin script counts only
/// where no other stands around it ("code" not in "decoder"; a plural s is the same word). Others, as Chinese ones,
/// count anywhere.
[[nodiscard]] bool stands_alone(std::string_view text, std::size_t at, std::size_t length) noexcept;

}  // namespace gw::intent
