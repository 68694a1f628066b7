#include "relay/wire.hpp"

#include "http/retry_after.hpp"

namespace gw::relay {
namespace {

constexpr Millis max_retry_after{24 * 3600 * 1000};  // longer ones are mistakes

}  // namespace

std::shared_ptr<const std::string> request_head(
    upstream::Pool::Target& target,
    const dialect::Dialect& dialect,
    const routing::Candidate& candidate,
    const HeadInput& input
) {
  const std::size_t place = static_cast<std::size_t>(input.operation) * candidate.provider->keys.size() + input.key;
  if (target.heads.size() <= place) target.heads.resize(place + 1);
  std::shared_ptr<const std::string>& fixed = target.heads[place];
  if (fixed && input.version.empty()) return fixed;
  const upstream::Endpoint& endpoint = target.host->endpoint;
  const dialect::Request request = dialect.request(
      {.provider = *candidate.provider,
       .key = candidate.provider->keys[input.key].secret,
       .base_path = endpoint.base_path,
       .model = candidate.model,
       .is_stream = input.is_stream,
       .operation = input.operation,
       .version = input.version}
  );
  std::string head = "POST " + request.target + " HTTP/1.1\r\nHost: " + endpoint.host_header + "\r\n";
  head.append(request.header_lines);
  auto made = std::make_shared<const std::string>(std::move(head));
  if (!request.is_of_model && input.version.empty()) fixed = made;
  return made;
}

std::optional<Millis> wait_asked_for(const upstream::ReplyHead& head) {
  const auto wait =
      http::retry_after({head.retry_after, head.retry_after_ms}, std::chrono::system_clock::now(), max_retry_after);
  // "At once" after a refusal is no advice: what nobody said counts.
  if (wait == Millis{0}) return std::nullopt;
  return wait;
}

}  // namespace gw::relay
