#include "base/text.hpp"
#include "http/session.hpp"
#include "relay/relay.hpp"

#include <algorithm>
#include <set>
#include <vector>

namespace gw::relay {
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

// When every provider asked to wait, the client may come back as soon as the first takes it again.
std::optional<Millis> soonest(std::span<const Attempt> attempts) {
  std::optional<Millis> wait;
  for (const Attempt& attempt : attempts) {
    const std::optional<Millis>& asked = attempt.error->retry_after;
    if (asked && (!wait || *asked < *wait)) wait = asked;
  }
  return wait;
}

void add_attempt(std::string& out, const Attempt& attempt, std::string_view words) {
  out.append(attempt.display_name).append(" (").append(to_string(attempt.error->code)).append(") ").append(words);
}

}  // namespace

std::string told(const Error& error) {
  switch (error.code) {
    case Errc::upstream_auth:
      return "the provider did not accept the gateway's credentials";
    case Errc::billing:
      return "the gateway's account at the provider is used up";
    case Errc::model_unavailable:
      return "the provider does not offer this model to the gateway";
    case Errc::rate_limited:
      return "the provider takes no more requests just now";
    case Errc::upstream_server:
      // Traces and addresses of the provider's machines stand in such messages.
      if (!error.upstream_status) return "the provider failed";
      return "the provider failed with status " + std::to_string(*error.upstream_status);
    default:
      return error.message;
  }
}

std::string reasons(const Outcome& outcome) {
  std::string out;
  for (const Attempt& attempt : outcome.attempts) {
    if (!attempt.error) continue;
    if (!out.empty()) out.append("; ");
    add_attempt(out, attempt, attempt.error->message);
  }
  for (const InnerCall& call : outcome.inner) {
    if (!call.error) continue;
    if (!out.empty()) out.append("; ");
    out.append(call.purpose).append(": ").append(call.display_name).append(" (");
    out.append(to_string(call.error->code)).append(") ").append(call.error->message);
  }
  if (out.empty() && outcome.error) out = outcome.error->message;
  return out;
}

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

Error all_failed(std::span<const Attempt> attempts, Millis patience) {
  const auto is = [](Errc code) { return [code](const Attempt& a) { return a.error && a.error->code == code; }; };
  // A refusal of the request itself is the client's to mend: the first one goes back as it was said.
  const auto refused = std::find_if(attempts.begin(), attempts.end(), [](const Attempt& a) {
    return a.error && is_refusal(a.error->code);
  });
  if (refused != attempts.end()) return *refused->error;

  if (std::all_of(attempts.begin(), attempts.end(), is(Errc::image_undescribed))) return *attempts.front().error;
  const auto timed_out = [](const Attempt& a) {
    return a.error && (a.error->code == Errc::first_byte_timeout || a.error->code == Errc::total_timeout ||
                       a.error->code == Errc::idle_timeout);
  };
  Error error = *attempts.back().error;
  error.retry_after.reset();
  if (std::all_of(attempts.begin(), attempts.end(), is(Errc::rate_limited))) {
    error.code = Errc::rate_limited;
    error.retry_after = soonest(attempts).value_or(patience);
  } else if (std::all_of(attempts.begin(), attempts.end(), timed_out)) {
    error.code = Errc::first_byte_timeout;
  } else if (error.code == Errc::rate_limited || timed_out(attempts.back())) {
    error.code = Errc::upstream_server;
  }
  error.origin = Origin::upstream;
  // A model that was asked again, or with another key, is one model; what it said again is not repeated.
  std::vector<std::string> words;
  std::set<std::string_view> models;
  for (const Attempt& attempt : attempts) {
    models.insert(attempt.display_name);
    std::string said;
    add_attempt(said, attempt, told(*attempt.error));
    if (std::find(words.begin(), words.end(), said) == words.end()) words.push_back(std::move(said));
  }
  error.message = models.size() == 1 ? "The model could not answer: "
                                     : "None of " + std::to_string(models.size()) + " models could answer: ";
  for (const std::string& said : words) {
    if (&said != &words.front()) error.message.append("; ");
    error.message.append(said);
  }
  return error;
}

}  // namespace gw::relay
