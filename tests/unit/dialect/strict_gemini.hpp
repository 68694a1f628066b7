// Refuses a request body as the service does: members that it does not know, or of the wrong kind, or in the wrong
// place. After the API reference (GenerateContentRequest and what it holds) and the guides to function calling and to
// thought signatures.
#pragma once

#include <string>
#include <string_view>

namespace gw::dialect::test {

/// What is wrong with it, with its path; empty = it would be taken.
[[nodiscard]] std::string strict_gemini(std::string_view body, std::string_view model);

}  // namespace gw::dialect::test
