// Requests around the examples of the tables, and what becomes of them.
#pragma once

#include "base/error.hpp"
#include "config/config.hpp"
#include "table_rows.hpp"

#include <optional>
#include <string>
#include <vector>

namespace gw::dialect::test {

/// Who is asked.
struct Target {
  config::Protocol protocol = config::Protocol::openai;
  config::Vendor vendor = config::Vendor::generic;
  std::string model;  ///< empty = a common one of the dialect
  std::uint64_t limit = 0;
  std::string version;
};

/// By what people call a vendor of chat completions, or a dialect; throws for another word.
[[nodiscard]] Target target_named(const std::string& name);

/// By the name of a page or of a dialect: "openai", "Chat", "messages", "Messages", ...
[[nodiscard]] config::Protocol protocol_named(const std::string& name);

/// The least request of a client with the example in its place; without it when that is null.
[[nodiscard]] Json request_with(config::Protocol client, const Json& example, const Json& with, bool is_there);

/// Whether the client's own dialect takes it, whoever answers.
[[nodiscard]] bool is_taken(config::Protocol client, const Json& request);

struct Outcome {
  std::optional<Error> error;
  std::string body;
  std::vector<std::string> dropped;
  std::string fault;  ///< what the provider would refuse in the body
};

[[nodiscard]] Outcome translated(config::Protocol client, const Target& target, const Json& request);

/// mapped, dropped, refused, 400 or nothing.
[[nodiscard]] std::string verdict_of(
    config::Protocol client, const Target& target, const Json& example, const Json& with
);

/// What is wrong with a promise; empty = it is kept.
[[nodiscard]] std::string fault_of_request(
    config::Protocol client,
    const Target& target,
    const Json& example,
    const Json& with,
    const std::string& verdict,
    const Counterpart& wanted
);

}  // namespace gw::dialect::test
