#include "relay/count.hpp"

#include "dialect/estimate.hpp"
#include "dialect/messages/count.hpp"
#include "relay/translation.hpp"

#include <algorithm>
#include <array>

namespace gw::relay {
namespace {

constexpr std::array<std::uint16_t, 3> not_there{404, 405, 501};

Result<std::uint64_t> estimate(const Context& context) {
  dialect::Keep keep;
  const Result<dialect::Conversation> conversation = context.client.conversation(context.body, keep);
  if (!conversation) return conversation.error();
  return dialect::estimated_tokens(*conversation);
}

}  // namespace

bool is_count(const Context& context) noexcept {
  return context.client.operation() == dialect::Operation::count_tokens;
}

bool needs_estimate(const Context& context, const routing::Candidate& candidate) noexcept {
  return is_count(context) && !speaks_alike(context, *candidate.provider);
}

bool lacks_counts(const Context& context, const Error& error) noexcept {
  return is_count(context) && error.upstream_status &&
         std::find(not_there.begin(), not_there.end(), *error.upstream_status) != not_there.end();
}

net::Task<std::optional<Error>> answer_estimate(
    Context& context, const routing::Candidate& candidate, ClientReply& reply
) {
  const Result<std::uint64_t> tokens = estimate(context);
  if (!tokens) co_return tokens.error();
  const std::string body = dialect::messages::count_body(*tokens);
  context.outcome.is_own = true;
  reply.describe(candidate);
  context.exchange.header("x-smartroute-token-count", "estimated");
  reply.commit();
  context.release_request();
  const bool sent = co_await reply.send_plain("application/json", body);
  if (sent) co_return std::nullopt;
  co_return client_error(Errc::client_gone, "the client closed the connection");
}

}  // namespace gw::relay
