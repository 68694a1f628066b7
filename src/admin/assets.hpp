// The dashboard's files, built into the binary with their compressed forms.
#pragma once

#include <string_view>

namespace gw::admin {

struct Asset {
  std::string_view path;  ///< "/index.html", "/assets/index-ab12cd34.js"
  std::string_view content_type;
  std::string_view etag;  ///< with its quotes
  std::string_view bytes;
  std::string_view gzip;   ///< empty when compression gains nothing
  bool is_hashed = false;  ///< the name changes with the content: may be cached for ever
};

/// Null when there is no such file.
[[nodiscard]] const Asset* find_asset(std::string_view path) noexcept;

}  // namespace gw::admin
