// A value that must not be printed, logged or compared in variable time: keys and tokens.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace gw {

class Secret {
 public:
  Secret() = default;

  explicit Secret(std::string value) : value_(std::move(value)) {}

  [[nodiscard]] bool empty() const noexcept { return value_.empty(); }

  /// The clear text, for the one place that sends or checks it.
  [[nodiscard]] std::string_view reveal() const noexcept { return value_; }

  /// Time depends on the length of `other` alone, not on where the two differ.
  [[nodiscard]] bool equals(std::string_view other) const noexcept {
    unsigned difference = value_.size() == other.size() ? 0U : 1U;
    for (std::size_t i = 0; i < other.size(); ++i) {
      const auto mine = static_cast<unsigned char>(value_.empty() ? 0 : value_[i % value_.size()]);
      difference |= static_cast<unsigned>(mine ^ static_cast<unsigned char>(other[i]));
    }
    return difference == 0;
  }

  friend bool operator==(const Secret& a, const Secret& b) noexcept { return a.equals(b.value_); }

 private:
  std::string value_;
};

}  // namespace gw
