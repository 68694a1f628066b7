// Private to messages: an answer for a client, as a stream's events or as one message.
#pragma once

#include "dialect/answer.hpp"

#include <memory>
#include <string>

namespace gw::dialect::messages {

[[nodiscard]] std::unique_ptr<AnswerWriter> stream_writer(const AnswerHead& head, std::string& out);
[[nodiscard]] std::unique_ptr<AnswerWriter> plain_writer(const AnswerHead& head, std::string& out);

}  // namespace gw::dialect::messages
