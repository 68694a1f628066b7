// Private to responses: what hangs on a text (citations, log probabilities), between the shape of Responses and the one
// that events carry, which is chat completions'. Each gives an empty text for what is no JSON or says nothing.
#pragma once

#include "dialect/raw.hpp"

#include <string>

namespace gw::dialect::responses {

/// {"type":"url_citation","url":...} to {"type":"url_citation","url_citation":{"url":...}}; other types as they are.
[[nodiscard]] std::string annotation_of_event(JsonText annotation);

/// The way back.
[[nodiscard]] std::string annotation_of_response(JsonText annotation);

/// [...] to {"content":[...],"refusal":null}
[[nodiscard]] std::string logprobs_of_event(JsonText list);

/// The way back; without the brackets, so that lists can be joined.
[[nodiscard]] std::string logprobs_of_response(JsonText logprobs);

}  // namespace gw::dialect::responses
