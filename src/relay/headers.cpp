#include "base/text.hpp"
#include "http/write.hpp"
#include "relay/relay.hpp"

#include <algorithm>
#include <array>

namespace gw::relay {
namespace {

// Beta switches, billing attribution and trace context (W3C Trace Context): what a client means for the provider.
constexpr std::array<std::string_view, 8> forwarded{
    "anthropic-beta",
    "openai-beta",
    "openai-organization",
    "openai-project",
    "traceparent",
    "tracestate",
    "baggage",
    "idempotency-key",
};

}  // namespace

std::string forwarded_headers(const http::Headers& headers) {
  std::string lines;
  for (const http::Header& header : headers.all()) {
    const bool allowed = std::any_of(forwarded.begin(), forwarded.end(), [&](std::string_view name) {
      return iequals(name, header.name);
    });
    if (allowed) http::append_header(lines, header.name, header.value);
  }
  return lines;
}

}  // namespace gw::relay
