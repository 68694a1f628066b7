#include "dialect/openai/error_write.hpp"

#include "base/text.hpp"

#include <string_view>

namespace gw::dialect::openai {
namespace {

// The names OpenAI's SDKs and their users know.
std::string_view type_of(const Error& error, int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 429:
      return "rate_limit_error";
    default:
      break;
  }
  if (status >= 400 && status < 500) return "invalid_request_error";
  return error.origin == Origin::upstream ? "upstream_error" : "server_error";
}

std::string_view code_of(const Error& error) {
  switch (error.code) {
    case Errc::unauthenticated:
      return "invalid_api_key";
    case Errc::not_found:
      return error.param == "model" ? "model_not_found" : to_string(error.code);
    case Errc::rate_limited:
      return "rate_limit_exceeded";
    case Errc::context_exceeded:
      return "context_length_exceeded";
    case Errc::content_policy:
      return "content_policy_violation";
    default:
      return to_string(error.code);
  }
}

}  // namespace

std::string error_body(const Error& error, int status) {
  std::string body = R"({"error":{"message":)";
  append_json_string(body, error.message);
  body.append(R"(,"type":)");
  append_json_string(body, type_of(error, status));
  body.append(R"(,"param":)");
  if (error.param.empty()) {
    body.append("null");
  } else {
    append_json_string(body, error.param);
  }
  body.append(R"(,"code":)");
  append_json_string(body, code_of(error));
  body.append("}}");
  return body;
}

std::string error_event(const Error& error, int status) {
  return "data: " + error_body(error, status) + "\n\n";
}

}  // namespace gw::dialect::openai
