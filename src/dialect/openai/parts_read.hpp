// Private to openai: where data is that a part carries in its own text.
#pragma once

#include "dialect/data_url.hpp"
#include "dialect/raw.hpp"

#include <optional>
#include <string>

namespace gw::dialect::openai {

/// Bytes of base64; nothing when it is none. Line breaks are passed over.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

/// audio/wav of wav, as OpenAI names the formats of spoken input; empty = unknown.
[[nodiscard]] std::string_view audio_media_type(Raw format) noexcept;
/// The other way round.
[[nodiscard]] std::string_view audio_format(Raw media_type);

}  // namespace gw::dialect::openai
