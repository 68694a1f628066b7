// Answers around the examples of the tables: a provider's, and what is told of it; events, and what a client gets.
// An event is written as one member: {"text":"a"}, {"call":{"id":"c","name":"f"}}, {"finish":"stop"}, {"error":"..."}.
#pragma once

#include "config/config.hpp"
#include "table_rows.hpp"

#include <string>

namespace gw::dialect::test {

/// Of a provider's answer, plain and as a stream. Empty = what is promised is kept.
[[nodiscard]] std::string fault_of_told(
    config::Protocol provider, const Json& example, const std::string& verdict, const Counterpart& wanted
);

/// Of an answer to a client, plain and as a stream. `example` is an event or a list of them.
[[nodiscard]] std::string fault_of_answer(
    config::Protocol client, const Json& example, const std::string& verdict, const Counterpart& wanted
);

}  // namespace gw::dialect::test
