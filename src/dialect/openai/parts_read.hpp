// Private to openai: where data is that a part carries in its own text.
#pragma once

#include "dialect/raw.hpp"

#include <optional>
#include <string>

namespace gw::dialect::openai {

/// data:image/png;base64,iVBORw0...
struct DataUrl {
  Raw media_type;
  Raw data;
};

/// Nothing for any other URL, and for data that is not base64.
[[nodiscard]] std::optional<DataUrl> data_url(Raw url) noexcept;

/// Bytes of base64; nothing when it is none. Line breaks are passed over.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

/// audio/wav of wav, as OpenAI names the formats of spoken input; empty = unknown.
[[nodiscard]] std::string_view audio_media_type(Raw format) noexcept;
/// The other way round.
[[nodiscard]] std::string_view audio_format(Raw media_type);

}  // namespace gw::dialect::openai
