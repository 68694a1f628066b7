// Looks for words in a text without regard to ASCII case: whole words for Latin script, anywhere for Chinese (which has
// no spaces between words).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace gw::intent {

/// Where `part` stands in `text` at or after `from`, whatever the case of the ASCII letters of either; npos if nowhere,
/// and for an empty `part`. Looks at 16 bytes of the text at a time.
[[nodiscard]] std::size_t find_ignoring_case(
    std::string_view text, std::string_view part, std::size_t from = 0
) noexcept;

/// The first of `words` that occurs in `text`, or nullopt. Linear in the text for each word.
[[nodiscard]] std::optional<std::string_view> find_word(
    std::string_view text, std::span<const std::string_view> words
) noexcept;

}  // namespace gw::intent
