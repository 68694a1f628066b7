// Errors are typed values, decided where they happen: what went wrong, whose fault it was, what a retry may do.
// Nothing in the program reads the message to decide something; it is for people.
#pragma once

#include "base/clock.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gw {

/// What happened. Also the metric and log label (`to_string`), so the set is small and closed.
enum class Errc : std::uint8_t {
  // The client's request.
  invalid_request,     ///< malformed, wrong type, missing field: 400
  unauthenticated,     ///< no or wrong gateway key: 401
  forbidden,           ///< known caller, not allowed: 403
  not_found,           ///< no such path or model: 404
  method_not_allowed,  ///< 405
  request_timeout,     ///< head or body came too slowly: 408
  payload_too_large,   ///< body over `limits.body_bytes`: 413
  unsupported_media,   ///< content coding or type we do not take: 415
  header_too_large,    ///< head over `limits.head_bytes`: 431
  // A provider's answer or silence: docs/failover.md says what each leads to.
  upstream_refused,   ///< 400, 404, 413, 422: the request may be at fault
  context_exceeded,   ///< the request is too long for this model
  unsupported_input,  ///< a modality or parameter that this model does not take
  content_policy,     ///< the provider's filter refused the request or its answer
  model_unavailable,  ///< the provider does not have this model, or not for this account: ours to mend
  rate_limited,       ///< 429, 529, or a configured keyword
  billing,            ///< 402, insufficient quota, an account in arrears
  upstream_auth,      ///< 401 or 403 from the provider: ours to mend
  upstream_server,    ///< other 4xx/5xx
  upstream_protocol,  ///< bad framing, bad JSON, HTML, bad SSE, redirect
  upstream_empty,     ///< success status, nothing in it
  upstream_dns,
  upstream_connect,
  upstream_tls,
  first_byte_timeout,  ///< no content within `timeouts.connect`
  idle_timeout,        ///< silence inside a stream
  total_timeout,       ///< `timeouts.generation` used up
  interrupted,         ///< the reply was cut after content had been sent
  // Ours.
  image_undescribed,  ///< no vision model described the images for a model that cannot see: other candidates may see
  no_route,           ///< no candidate configured for the tier
  overloaded,         ///< a limit of the gateway itself: 503
  client_gone,        ///< the client closed; nobody's failure
  shutting_down,      ///< the gateway stops
  invalid_config,
  io,  ///< file system
  internal,
};

enum class Origin : std::uint8_t { client, gateway, upstream };

/// What trying again could achieve; decided at the failing operation.
enum class Retry : std::uint8_t {
  never,
  elsewhere,          ///< another candidate may do better
  same_or_elsewhere,  ///< nothing was processed, the same target may be asked again at once (keep-alive race)
};

struct Error {
  Errc code = Errc::internal;
  Origin origin = Origin::gateway;
  Retry retry = Retry::never;
  std::optional<std::uint16_t> upstream_status;  ///< the provider's HTTP status, when there was one
  std::string message;                           ///< for people; never a secret, never a raw upstream body
  std::optional<Millis> retry_after;             ///< what the provider asked to wait
  std::string param;                             ///< the request field or configuration path at fault, if one is
};

static_assert(sizeof(Error) <= 88, "an Error lies in the frames of many coroutines");

[[nodiscard]] std::string_view to_string(Errc code) noexcept;

/// The provider refused this very request: no failure of the model, and the client's to mend. It goes back as it was
/// said when no other candidate can do better.
[[nodiscard]] constexpr bool is_refusal(Errc code) noexcept {
  return code == Errc::upstream_refused || code == Errc::context_exceeded || code == Errc::unsupported_input ||
         code == Errc::content_policy;
}

inline Error client_error(Errc code, std::string message, std::string param = {}) {
  return {code, Origin::client, Retry::never, {}, std::move(message), {}, std::move(param)};
}

inline Error upstream_error(Errc code, std::string message, Retry retry = Retry::elsewhere) {
  return {code, Origin::upstream, retry, {}, std::move(message), {}, {}};
}

inline Error gateway_error(Errc code, std::string message) {
  return {code, Origin::gateway, Retry::never, {}, std::move(message), {}, {}};
}

/// Found by argument-dependent lookup when `value()` of a failed Result is called: a programmer's mistake.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

template <class T>
class [[nodiscard]] Result : public boost::system::result<T, Error> {
  using boost::system::result<T, Error>::result;
};

}  // namespace gw
