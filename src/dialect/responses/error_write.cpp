#include "dialect/responses/error_write.hpp"

#include "dialect/responses/response_object.hpp"

namespace gw::dialect::responses {
namespace {

// The names that OpenAI's SDKs and their users know.
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

void write_param(JsonWriter& json, const Error& error) {
  json.key("param");
  if (error.param.empty()) {
    json.null();
  } else {
    json.plain(error.param);
  }
}

void write_error(JsonWriter& json, const Error& error, int status) {
  json.begin_object().key("message").plain(error.message).key("type").string(type_of(error, status));
  write_param(json, error);
  json.key("code").string(code_of(error)).end_object();
}

}  // namespace

std::string error_body(const Error& error, int status) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("error");
  write_error(json, error, status);
  json.end_object();
  return out;
}

// Documented flat, sent by the service with an `error` inside: both are there, and SDKs raise the latter. Whoever
// writes an error does not know what was said before, so the events are counted from nought.
std::string error_event(const Error& error, int status) {
  std::string out = "event: error\ndata: ";
  JsonWriter json(out);
  json.begin_object().key("type").string("error").key("sequence_number").number(0);
  json.key("code").string(code_of(error)).key("message").plain(error.message);
  write_param(json, error);
  json.key("error");
  write_error(json, error, status);
  json.end_object();
  out.append("\n\nevent: response.failed\ndata: ");
  JsonWriter failed(out);
  failed.begin_object().key("type").string("response.failed").key("sequence_number").number(1).key("response");
  ResponseObject response;
  response.status = "failed";
  response.error_code = code_of(error);
  response.error_message = error.message;
  write_response(failed, response);
  failed.end_object();
  out.append("\n\n");
  return out;
}

}  // namespace gw::dialect::responses
