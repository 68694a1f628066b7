// Looks for words in a text without regard to ASCII case: whole words for Latin script, anywhere for Chinese (which has
// no spaces between words).
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace gw::intent {

/// The first of `words` (lower case) that occurs in `text`, or nullopt. Linear in the text for each word, vectorised by
/// the first byte.
[[nodiscard]] std::optional<std::string_view> find_word(std::string_view text, std::span<const std::string_view> words);

}  // namespace gw::intent
