// What requests to providers have in common, whatever is asked: the fixed part of a head, and what a reply's head says
// of waiting.
#pragma once

#include "dialect/dialect.hpp"
#include "routing/catalog.hpp"
#include "upstream/call.hpp"
#include "upstream/pool.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gw::relay {

/// What of a head differs from request to request.
struct HeadInput {
  std::size_t key = 0;  ///< an index into the provider's keys
  bool is_stream = false;
  dialect::Operation operation = dialect::Operation::chat;
  std::string_view version{};  ///< of the API, where the client said one
};

/// Path, host and fixed headers: put together once a configuration, unless the path names the model or the client said
/// a version.
[[nodiscard]] std::shared_ptr<const std::string> request_head(
    upstream::Pool::Target& target,
    const dialect::Dialect& dialect,
    const routing::Candidate& candidate,
    const HeadInput& input
);

/// How long a reply that is no answer asks to wait; nullopt = it does not say.
[[nodiscard]] std::optional<Millis> wait_asked_for(const upstream::ReplyHead& head);

}  // namespace gw::relay
