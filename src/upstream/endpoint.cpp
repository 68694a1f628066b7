#include "upstream/endpoint.hpp"

#include "base/text.hpp"

#include <openssl/evp.h>

#include <vector>

namespace gw::upstream {
namespace {

struct Url {
  bool tls = false;
  std::string_view user_info;
  Authority authority;
  std::string_view path;
};

Error bad(std::string_view url, std::string_view why) {
  return gateway_error(
      Errc::invalid_config, "\"" + std::string(url) + "\" is not usable as a URL: " + std::string(why)
  );
}

Result<Url> parse_url(std::string_view text) {
  Url url;
  std::string_view rest = text;
  if (iequals(rest.substr(0, 8), "https://")) {
    url.tls = true;
    rest.remove_prefix(8);
  } else if (iequals(rest.substr(0, 7), "http://")) {
    rest.remove_prefix(7);
  } else {
    return bad(text, "it must begin with http:// or https://");
  }
  const std::size_t end = rest.find_first_of("/?");
  std::string_view authority = rest.substr(0, end);
  url.path = end == std::string_view::npos ? std::string_view{} : rest.substr(end);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    url.user_info = authority.substr(0, at);
    authority.remove_prefix(at + 1);
  }
  std::string_view port;
  if (!authority.empty() && authority.front() == '[') {  // an IPv6 address
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return bad(text, "the address has no closing bracket");
    url.authority.host = authority.substr(1, close - 1);
    authority.remove_prefix(close + 1);
    if (!authority.empty() && authority.front() != ':') return bad(text, "unexpected text after the address");
    if (!authority.empty()) port = authority.substr(1);
  } else {
    const std::size_t colon = authority.find(':');
    url.authority.host = authority.substr(0, colon);
    if (colon != std::string_view::npos) port = authority.substr(colon + 1);
  }
  if (url.authority.host.empty()) return bad(text, "it has no host");
  url.authority.port = url.tls ? 443 : 80;
  if (!port.empty()) {
    const auto number = parse_u64(port);
    if (!number || *number == 0 || *number > 65535) return bad(text, "its port is not a number from 1 to 65535");
    url.authority.port = static_cast<std::uint16_t>(*number);
  }
  return url;
}

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

std::string base64(std::string_view text) {
  std::vector<unsigned char> out(4 * ((text.size() + 2) / 3) + 1);
  const int length =
      ::EVP_EncodeBlock(out.data(), reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  return {reinterpret_cast<const char*>(out.data()), static_cast<std::size_t>(length)};
}

}  // namespace

std::string Endpoint::key() const {
  std::string key = tls ? "https " : "http ";
  key += bracketed(authority.host) + ":" + std::to_string(authority.port);
  if (tls) key += (verify_tls ? " verified " : " unverified ") + ca_file;
  if (has_proxy) {
    key += " via " + bracketed(proxy.host) + ":" + std::to_string(proxy.port) + " ";
    key += proxy_authorization.reveal();
  }
  return key;
}

Result<Endpoint> endpoint_of(const config::Provider& provider) {
  const Result<Url> url = parse_url(provider.base_url);
  if (!url) return url.error();
  Endpoint endpoint;
  endpoint.tls = url->tls;
  endpoint.authority = url->authority;
  endpoint.base_path = url->path;
  while (!endpoint.base_path.empty() && endpoint.base_path.back() == '/') endpoint.base_path.pop_back();
  endpoint.host_header = bracketed(url->authority.host);
  if (url->authority.port != (url->tls ? 443 : 80)) {
    endpoint.host_header += ":" + std::to_string(url->authority.port);
  }
  endpoint.ca_file = provider.ca_file;
  endpoint.verify_tls = provider.verify_ssl;
  if (!provider.proxy.empty()) {
    const Result<Url> proxy = parse_url(provider.proxy);
    if (!proxy) return proxy.error();
    if (proxy->tls) return bad(provider.proxy, "a proxy is reached over http:// (the tunnel inside it is encrypted)");
    endpoint.has_proxy = true;
    endpoint.proxy = proxy->authority;
    if (!proxy->user_info.empty()) endpoint.proxy_authorization = Secret("Basic " + base64(proxy->user_info));
  }
  return endpoint;
}

}  // namespace gw::upstream
