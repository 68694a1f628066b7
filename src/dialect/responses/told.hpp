// Private to responses: what was told of a text that may come again whole, without keeping it.
#pragma once

#include "dialect/raw.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace gw::dialect::responses {

class Told {
 public:
  void add(Raw text) {
    size_ += text.size();
    tail_.append(text.substr(text.size() - std::min(text.size(), max_tail)));
    if (tail_.size() > max_tail) tail_.erase(0, tail_.size() - max_tail);
  }

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

  /// Whether `whole` goes on where this ends, as far as its length and last bytes say.
  [[nodiscard]] bool begins(Raw whole) const noexcept {
    return whole.size() >= size_ && whole.substr(0, size_).ends_with(tail_);
  }

  /// What of `whole` was not told. Empty where another text was: it is not known then what a client lacks.
  [[nodiscard]] Raw rest(Raw whole) const noexcept {
    if (!begins(whole)) return {};
    const Raw rest = whole.substr(size_);
    return rest.starts_with('"') ? Raw{} : rest;  // the end of an escape: not the same text
  }

 private:
  static constexpr std::size_t max_tail = 32;

  std::size_t size_ = 0;
  std::string tail_;
};

}  // namespace gw::dialect::responses
