// Private to the dialects: JSON of a provider's inside of an event of ours.
#pragma once

#include "dialect/raw.hpp"

#include <algorithm>
#include <string>

namespace gw::dialect {

/// Appends JSON without line breaks, which would end an event's line. A provider may write them between values; inside
/// of texts there are none.
inline void append_one_line(JsonText json, std::string& out) {
  while (!json.empty()) {
    const std::size_t end = std::min(json.find_first_of("\r\n"), json.size());
    out.append(json.substr(0, end));
    json.remove_prefix(std::min(end + 1, json.size()));
  }
}

[[nodiscard]] inline std::string on_one_line(JsonText json) {
  std::string out;
  append_one_line(json, out);
  return out;
}

}  // namespace gw::dialect
