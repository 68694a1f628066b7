// As much of multipart/form-data (RFC 7578) as it takes to read one short field. Pure; private to relay.
#pragma once

#include "base/error.hpp"
#include "chat/chat.hpp"

#include <optional>
#include <string_view>

namespace gw::relay {

/// The value of a parameter of a header field ("boundary" in `multipart/form-data; boundary="x"`), without its quotes
/// and with its escapes; an empty view with null data when there is none.
[[nodiscard]] std::string_view parameter(std::string_view field, std::string_view name) noexcept;

/// Where the content of the part `name` stands in `body`, which may be cut; a file of that name is no such part.
/// Errors: invalid_request, it is there twice.
[[nodiscard]] Result<std::optional<chat::Span>> field_of_form(
    std::string_view body, std::string_view boundary, std::string_view name
);

}  // namespace gw::relay
