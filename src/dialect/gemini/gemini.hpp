// Google's Gemini API, generateContent and streamGenerateContent. A provider's side only: no client speaks it to us.
// Facts: the Gemini API reference (generateContent, Content and Part, GenerationConfig, FunctionDeclaration,
// FinishReason, UsageMetadata) and its guides to function calling, thinking, thought signatures, structured output,
// file input and troubleshooting.
#pragma once

#include "dialect/dialect.hpp"

namespace gw::dialect::gemini {

[[nodiscard]] const Dialect& dialect();

}  // namespace gw::dialect::gemini
