// What a failed attempt costs, and whom: the table of docs/health.md. Pure. Private to health.
#pragma once

#include "base/error.hpp"

#include <cstdint>

namespace gw::health {

struct Charge {
  enum class To : std::uint8_t { nobody, entry, endpoint, key } to = To::nobody;
  enum class Penalty : std::uint8_t { light, medium, heavy } penalty = Penalty::light;
  enum class Pause : std::uint8_t {
    repeated,  ///< after `failures_before_rest` of them; then as `growing`
    growing,   ///< at once, `cooldown`
    brief,     ///< at once, `connect_cooldown`
    lengthy,   ///< at once, `long_cooldown`
  } pause = Pause::repeated;
  bool heeds_retry_after = false;

  friend bool operator==(const Charge&, const Charge&) = default;
};

/// `other_keys`: the provider has keys beside the one that was used.
[[nodiscard]] constexpr Charge charge_of(Errc code, bool other_keys) noexcept {
  using To = Charge::To;
  using Penalty = Charge::Penalty;
  using Pause = Charge::Pause;
  switch (code) {
    case Errc::rate_limited:
      return {other_keys ? To::key : To::entry, Penalty::medium, Pause::growing, true};
    case Errc::model_unavailable:
      return {To::entry, Penalty::medium, Pause::growing, false};
    case Errc::billing:  // its Retry-After means nothing: nobody pays in time because a header says so
    case Errc::upstream_auth:
      return {To::key, Penalty::heavy, Pause::lengthy, false};
    case Errc::upstream_server:
    case Errc::upstream_protocol:
    case Errc::upstream_empty:
    case Errc::interrupted:
    case Errc::first_byte_timeout:
    case Errc::idle_timeout:
    case Errc::total_timeout:
      return {To::entry, Penalty::light, Pause::repeated, false};
    case Errc::upstream_dns:
    case Errc::upstream_connect:
    case Errc::upstream_tls:
      return {To::endpoint, Penalty::medium, Pause::brief, false};
    case Errc::upstream_refused:
    case Errc::context_exceeded:
    case Errc::unsupported_input:
    case Errc::content_policy:
    case Errc::invalid_request:
    case Errc::unauthenticated:
    case Errc::forbidden:
    case Errc::not_found:
    case Errc::method_not_allowed:
    case Errc::request_timeout:
    case Errc::payload_too_large:
    case Errc::unsupported_media:
    case Errc::header_too_large:
    case Errc::image_undescribed:
    case Errc::no_route:
    case Errc::overloaded:
    case Errc::client_gone:
    case Errc::shutting_down:
    case Errc::invalid_config:
    case Errc::io:
    case Errc::internal:
      return {};
  }
  return {};
}

/// The provider said something: its name resolves, it can be connected to. A first byte that did not come, or a total
/// that ran out, says nothing about that.
[[nodiscard]] constexpr bool shows_endpoint_reached(Errc code) noexcept {
  const Charge::To to = charge_of(code, false).to;
  const bool is_silence = code == Errc::first_byte_timeout || code == Errc::total_timeout;
  return is_refusal(code) || ((to == Charge::To::entry || to == Charge::To::key) && !is_silence);
}

}  // namespace gw::health
