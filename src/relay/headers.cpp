#include "relay/headers.hpp"

#include "base/text.hpp"
#include "http/write.hpp"

#include <algorithm>
#include <array>

namespace gw::relay {
namespace {

// Trace context (W3C Trace Context): means the same everywhere.
constexpr std::array<std::string_view, 4> for_all{"traceparent", "tracestate", "baggage", "idempotency-key"};

// Beta switches and billing attribution.
constexpr std::array<std::string_view, 4> for_alike{
    "anthropic-beta", "openai-beta", "openai-organization", "openai-project"};

constexpr std::string_view version_header = "anthropic-version";
constexpr std::string_view usual_version = "2023-06-01";  // what a provider is sent anyway

template <std::size_t Size>
bool is_one_of(const std::array<std::string_view, Size>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view one) { return iequals(one, name); });
}

}  // namespace

Forwarded forwarded(const http::Headers& headers) {
  Forwarded out;
  for (const http::Header& header : headers.all()) {
    if (is_one_of(for_all, header.name)) {
      http::append_header(out.for_all, header.name, header.value);
    } else if (is_one_of(for_alike, header.name)) {
      http::append_header(out.for_alike, header.name, header.value);
    } else if (iequals(header.name, version_header) && header.value != usual_version) {
      out.version = header.value;
    }
  }
  return out;
}

}  // namespace gw::relay
