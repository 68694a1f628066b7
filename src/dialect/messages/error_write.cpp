#include "dialect/messages/error_write.hpp"

#include "dialect/raw.hpp"

#include <string_view>

namespace gw::dialect::messages {
namespace {

// Anthropic's names for its statuses; a client tells by them whether to try again.
std::string_view type_of(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 402:
      return "billing_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 504:
      return "timeout_error";
    case 503:
    case 529:
      return "overloaded_error";
    default:
      return status >= 400 && status < 500 ? "invalid_request_error" : "api_error";
  }
}

// Claude Code shortens the conversation when it reads these words, and at no others.
std::string message_of(const Error& error) {
  constexpr std::string_view words = "prompt is too long";
  if (error.code != Errc::context_exceeded || error.message.find(words) != std::string::npos) return error.message;
  std::string message(words);
  message.append(": ").append(error.message);
  return message;
}

}  // namespace

std::string error_body(const Error& error, int status) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("type").string("error").key("error").begin_object();
  json.key("type").string(type_of(status)).key("message").plain(message_of(error)).end_object().end_object();
  return out;
}

std::string error_event(const Error& error, int status) {
  return "event: error\ndata: " + error_body(error, status) + "\n\n";
}

}  // namespace gw::dialect::messages
