// What a data: URL holds (RFC 2397), as far as images and files of a conversation use it.
#pragma once

#include "dialect/raw.hpp"

#include <optional>

namespace gw::dialect {

/// data:image/png;base64,iVBORw0...
struct DataUrl {
  Raw media_type;
  Raw data;
};

/// Nothing for any other URL, and for data that is not base64.
[[nodiscard]] std::optional<DataUrl> data_url(Raw url) noexcept;

}  // namespace gw::dialect
