#include "access/access.hpp"

#include "base/text.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace gw::access {
namespace {

struct V4Range {
  std::array<unsigned char, 4> network;
  unsigned bits;
};

// Loopback, RFC 1918, link-local (RFC 3927), shared address space (RFC 6598).
constexpr std::array private_v4{
    V4Range{{127, 0, 0, 0}, 8},
    V4Range{{10, 0, 0, 0}, 8},
    V4Range{{172, 16, 0, 0}, 12},
    V4Range{{192, 168, 0, 0}, 16},
    V4Range{{169, 254, 0, 0}, 16},
    V4Range{{100, 64, 0, 0}, 10},
};

bool in_range(const unsigned char* address, const V4Range& range) noexcept {
  for (unsigned i = 0; i < 4; ++i) {
    const unsigned bits = range.bits > i * 8 ? std::min(8U, range.bits - i * 8) : 0;
    const unsigned mask = (0xFF00U >> bits) & 0xFFU;
    if (((address[i] ^ range.network[i]) & mask) != 0) return false;
  }
  return true;
}

bool is_private_v4(const unsigned char* address) noexcept {
  return std::any_of(private_v4.begin(), private_v4.end(), [&](const V4Range& r) { return in_range(address, r); });
}

}  // namespace

bool is_private_address(std::string_view address) noexcept {
  std::array<char, INET6_ADDRSTRLEN> text{};
  address = address.substr(0, address.find('%'));  // a zone id says which link, not where
  if (address.empty() || address.size() >= text.size()) return false;
  std::copy(address.begin(), address.end(), text.begin());
  std::array<unsigned char, 16> bytes{};
  if (::inet_pton(AF_INET, text.data(), bytes.data()) == 1) return is_private_v4(bytes.data());
  if (::inet_pton(AF_INET6, text.data(), bytes.data()) != 1) return false;
  constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (std::equal(mapped.begin(), mapped.end(), bytes.begin())) return is_private_v4(bytes.data() + 12);
  constexpr std::array<unsigned char, 16> loopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  const bool is_unique_local = (bytes[0] & 0xFEU) == 0xFCU;                     // RFC 4193
  const bool is_link_local = bytes[0] == 0xFEU && (bytes[1] & 0xC0U) == 0x80U;  // RFC 4291
  return bytes == loopback || is_unique_local || is_link_local;
}

Result<Caller> authenticate(const Credentials& sent, std::string_view peer_address, const config::Config& config) {
  const Secret& key = config.general.gateway_api_key;
  if (key.empty()) {
    if (config.general.open_to_public || is_private_address(peer_address)) return Caller{"open"};
    return client_error(
        Errc::forbidden,
        "This gateway has no key, so it answers callers on private addresses only. Set general.gateway_api_key, or "
        "general.open_to_public to let everyone in."
    );
  }
  constexpr std::string_view scheme = "bearer ";
  const bool is_bearer =
      sent.authorization.size() > scheme.size() && iequals(sent.authorization.substr(0, scheme.size()), scheme);
  const bool is_bare = sent.authorization.empty() && !sent.api_key.empty();
  if (!is_bearer && !is_bare) {
    return client_error(
        Errc::unauthenticated,
        "Missing Authorization header: send \"Authorization: Bearer <gateway key>\", or \"x-api-key: <gateway key>\"."
    );
  }
  if (!key.equals(trim_ows(is_bare ? sent.api_key : sent.authorization.substr(scheme.size())))) {
    return client_error(Errc::unauthenticated, "Invalid Gateway API Key.");
  }
  return Caller{"gateway"};
}

CorsAnswer cors(std::string_view origin, const config::Config& config) {
  if (origin.empty()) return {};
  if (!config.cors.origins) {
    // A page anywhere may use an API that asks for a key; an open one must not be reachable from every page its owner
    // visits.
    if (config.general.gateway_api_key.empty()) return {};
    return {true, "*"};
  }
  const auto& allowed = *config.cors.origins;
  if (std::find(allowed.begin(), allowed.end(), "*") != allowed.end()) return {true, "*"};
  if (std::find(allowed.begin(), allowed.end(), origin) != allowed.end()) return {true, origin};
  return {};
}

}  // namespace gw::access
