// A request that is passed through (docs/passthrough.md): whose it is and what of it must be changed, from its path,
// two headers and the first bytes of its body. Pure.
#pragma once

#include "base/blocks.hpp"
#include "base/error.hpp"
#include "chat/chat.hpp"
#include "config/config.hpp"
#include "routing/catalog.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace gw::relay {

/// What a path asks for.
struct PassthroughPath {
  config::Passthrough group{};
  std::string_view below;  ///< a provider's API root: "/images/generations"; a view into the path
};

/// nullopt: no path of a group. Segments are names: none is empty, "." or "..", none has an escape, so that no path can
/// lead out of its group at a provider that resolves such things.
[[nodiscard]] std::optional<PassthroughPath> passthrough_of_path(std::string_view path) noexcept;

/// The model that a body names.
struct NamedModel {
  std::string name;
  chat::Span value;      ///< the inside of the JSON string, or the part of a form
  bool is_json = false;  ///< `value` may have escapes
};

/// Looks for the top-level member `model` of a JSON object, or the part `model` of multipart/form-data, in as much of
/// the body as is there; what is cut off is not there. Errors: client_error, it is there twice.
[[nodiscard]] Result<std::optional<NamedModel>> named_model(std::string_view content_type, std::string_view begun);

struct PassthroughInput {
  const config::Config& config;
  const routing::Catalog& catalog;  ///< of that configuration
  config::Passthrough group;
  std::string_view content_type;
  std::string_view provider;  ///< the value of x-smartroute-provider; empty = the client sent none
  std::string_view begun;     ///< the first bytes of the body
};

struct PassthroughPlan {
  BlockVector<const routing::Candidate*> candidates;  ///< never empty
  bool is_pinned = false;                             ///< the client, or `providers.map`, named the provider
  std::string model;                                  ///< as the provider gets it; empty = not known
  chat::Span cut;                                     ///< of the body, not sent: the provider's prefix of the model
};

/// Errors: not_found (no provider passes this group, or the one that is named does not: names the setting),
/// invalid_request.
[[nodiscard]] Result<PassthroughPlan> plan_passthrough(const PassthroughInput& input);

}  // namespace gw::relay
