// Private to openai: an answer as completions of a text, streamed or whole. Text and refusal are text; what was thought
// has no place here.
#pragma once

#include "dialect/answer.hpp"

#include <memory>
#include <string>

namespace gw::dialect::openai {

[[nodiscard]] std::unique_ptr<AnswerWriter> completion_stream_writer(const AnswerHead& head, std::string& out);
[[nodiscard]] std::unique_ptr<AnswerWriter> completion_plain_writer(const AnswerHead& head, std::string& out);

}  // namespace gw::dialect::openai
