// Private to messages: sees where a JSON value that comes in pieces ends, each byte looked at once.
#pragma once

#include "dialect/raw.hpp"

#include <cstddef>

namespace gw::dialect::messages {

/// Of the inside of a literal, cut anywhere but within its escapes. Counts brackets and checks nothing else.
class Nesting {
 public:
  void take(Raw more);

  /// An object or a list began, and has ended. Never of anything else: where that ends, only its sender knows.
  [[nodiscard]] bool is_whole() const noexcept { return is_container_ && depth_ == 0 && !is_in_text_; }

 private:
  void take_text(Raw& more);
  void take_structure(Raw& more);

  std::size_t depth_ = 0;
  bool has_begun_ = false;
  bool is_container_ = false;
  bool is_in_text_ = false;
  bool is_escaped_ = false;  // the next character of that text
};

}  // namespace gw::dialect::messages
