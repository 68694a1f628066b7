// A question of the gateway's own to a model, asked on the way to a client's answer: a conversation out, a text back,
// not streamed. Who is asked next, keys, health, metrics and waiting are those of a client's request (tries.hpp); what
// it cost is kept apart from the answer's (Outcome::inner). Models of every dialect but `demo` can be asked.
#pragma once

#include "base/blocks.hpp"
#include "base/error.hpp"
#include "dialect/conversation.hpp"
#include "net/task.hpp"
#include "relay/context.hpp"
#include "relay/waiting.hpp"

#include <span>
#include <string>
#include <string_view>

namespace gw::relay {

/// Who asks. Everything outlives the asking.
struct Asker {
  Waiting with;                   ///< `cancel` ends it at once, and the connection with it
  TimePoint received;             ///< of the client's request: `retries.deadline` counts from it
  std::string_view purpose;       ///< for the books: a literal
  BlockVector<InnerCall>& calls;  ///< every call is added here
};

struct InnerAnswer {
  std::string text;        ///< plain, never empty
  std::string_view model;  ///< display name; lives as long as the candidate
};

/// Asks the candidates in their order until one answers; one call may take its candidate's `generation`. Views in the
/// conversation outlive it. Errors: what the only one said, or one that names them all (`all_failed`); client_gone and
/// shutting_down when `cancel` was told.
net::Task<Result<InnerAnswer>> ask(
    const Asker& asker, std::span<const routing::Candidate> candidates, const dialect::Conversation& conversation
);

}  // namespace gw::relay
