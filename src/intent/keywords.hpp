// Looks for one literal in a text without regard to ASCII case; literals.hpp looks for many.
#pragma once

#include <cstddef>
#include <string_view>

namespace gw::intent {

/// Where `part` stands in `text` at or after `from`, whatever the case of the ASCII letters of either; npos if nowhere,
/// and for an empty `part`. Looks at 16 bytes of the text at a time.
[[nodiscard]] std::size_t find_ignoring_case(
    std::string_view text, std::string_view part, std::size_t from = 0
) noexcept;

}  // namespace gw::intent
