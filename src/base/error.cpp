#include "base/error.hpp"

#include <stdexcept>

namespace gw {

std::string_view to_string(Errc code) noexcept {
  switch (code) {
    case Errc::invalid_request:
      return "invalid_request";
    case Errc::unauthenticated:
      return "unauthenticated";
    case Errc::forbidden:
      return "forbidden";
    case Errc::not_found:
      return "not_found";
    case Errc::method_not_allowed:
      return "method_not_allowed";
    case Errc::request_timeout:
      return "request_timeout";
    case Errc::payload_too_large:
      return "payload_too_large";
    case Errc::unsupported_media:
      return "unsupported_media";
    case Errc::header_too_large:
      return "header_too_large";
    case Errc::upstream_refused:
      return "upstream_refused";
    case Errc::context_exceeded:
      return "context_exceeded";
    case Errc::unsupported_input:
      return "unsupported_input";
    case Errc::content_policy:
      return "content_policy";
    case Errc::model_unavailable:
      return "model_unavailable";
    case Errc::rate_limited:
      return "rate_limited";
    case Errc::billing:
      return "billing";
    case Errc::upstream_auth:
      return "upstream_auth";
    case Errc::upstream_server:
      return "upstream_server";
    case Errc::upstream_protocol:
      return "upstream_protocol";
    case Errc::upstream_empty:
      return "upstream_empty";
    case Errc::upstream_dns:
      return "upstream_dns";
    case Errc::upstream_connect:
      return "upstream_connect";
    case Errc::upstream_tls:
      return "upstream_tls";
    case Errc::first_byte_timeout:
      return "first_byte_timeout";
    case Errc::idle_timeout:
      return "idle_timeout";
    case Errc::total_timeout:
      return "total_timeout";
    case Errc::interrupted:
      return "interrupted";
    case Errc::image_undescribed:
      return "image_undescribed";
    case Errc::no_route:
      return "no_route";
    case Errc::overloaded:
      return "overloaded";
    case Errc::client_gone:
      return "client_gone";
    case Errc::shutting_down:
      return "shutting_down";
    case Errc::invalid_config:
      return "invalid_config";
    case Errc::io:
      return "io";
    case Errc::internal:
      return "internal";
  }
  return "internal";
}

void throw_exception_from_error(const Error& error, const boost::source_location& where) {
  throw std::logic_error(
      "unchecked error (" + std::string(to_string(error.code)) + "): " + error.message + " at " + where.to_string()
  );
}

}  // namespace gw
