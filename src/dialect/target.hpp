// Where a request goes below a provider's base URL and which fixed headers it has: what the dialects have in common.
#pragma once

#include "base/secret.hpp"
#include "config/config.hpp"

#include <string>
#include <string_view>

namespace gw::dialect {

/// The path part of a base URL, e.g. "/v1" or "/openai/deployments/{model}?api-version=2024-10-21".
class BasePath {
 public:
  /// `base` outlives it.
  explicit BasePath(std::string_view base) noexcept;

  /// A base URL may be one of an API's endpoints, as people copy them.
  void drop(std::string_view endpoint) noexcept;

  /// Path and query of a request. `endpoint` may have a query of its own; the base's follows it. `{model}` in the base
  /// becomes `model`, escaped.
  [[nodiscard]] std::string with(std::string_view endpoint, std::string_view model) const;

  [[nodiscard]] bool names_model() const noexcept;

 private:
  std::string_view path_;   // no slash at its end
  std::string_view query_;  // without its question mark
};

/// A name within a path.
void append_escaped(std::string& out, std::string_view name, bool keeps_slashes);

/// An operator's header of the same name stands in for ours.
void add_header(std::string& lines, const config::Provider& provider, std::string_view name, std::string_view value);

/// `header` is the one that the dialect's own service wants; `key_header` of the provider counts more. In
/// `Authorization` it is a bearer token. There is one way to say who asks, since services refuse two: an operator's
/// `Authorization` stands in for the key in any header.
void add_key(std::string& lines, const config::Provider& provider, const Secret& key, std::string_view header);

/// `headers` of the provider.
void add_operators_headers(std::string& lines, const config::Provider& provider);

}  // namespace gw::dialect
