// GET /v1/models and /v1/models/{id}: the names a client may use, in OpenAI's shape, or in Anthropic's for a client
// that says `anthropic-version`.
#include "app/shard_service.hpp"
#include "base/text.hpp"
#include "dialect/client.hpp"
#include "http/session.hpp"
#include "routing/routing.hpp"

#include <array>
#include <ctime>

namespace gw::app {
namespace {

constexpr std::string_view json = "application/json";

std::string percent_decoded(std::string_view text) {
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0;
    if (!escape) {
      out.push_back(text[i]);
      continue;
    }
    out.push_back(static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2])));
    i += 2;
  }
  return out;
}

std::string openai_model(const routing::ListedModel& model, std::int64_t created) {
  std::string out = R"({"id":)";
  append_json_string(out, model.id);
  out.append(R"(,"object":"model","created":)").append(std::to_string(created)).append(R"(,"owned_by":)");
  append_json_string(out, model.provider);
  out.push_back('}');
  return out;
}

std::string rfc3339(std::int64_t unix_seconds) {
  const std::time_t seconds = unix_seconds;
  std::tm parts{};
  std::array<char, 32> text{};
  ::gmtime_r(&seconds, &parts);
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string anthropic_model(const routing::ListedModel& model, std::int64_t created) {
  std::string out = R"({"type":"model","id":)";
  append_json_string(out, model.id);
  out.append(R"(,"display_name":)");
  append_json_string(out, model.id);
  out.append(R"(,"created_at":")").append(rfc3339(created)).append("\"}");
  return out;
}

std::vector<routing::ListedModel> listed(const config::Config& config) {
  std::vector<routing::ListedModel> out;
  for (const std::string_view name : routing::routing_names) out.push_back({std::string(name), "smart-route"});
  for (routing::ListedModel& model : routing::listed_models(config)) out.push_back(std::move(model));
  return out;
}

using OneModel = std::string (*)(const routing::ListedModel& model, std::int64_t created);

std::string list_json(
    const std::vector<routing::ListedModel>& models, OneModel one, std::int64_t created, bool is_anthropic
) {
  std::string out = is_anthropic ? R"({"data":[)" : R"({"object":"list","data":[)";
  for (const routing::ListedModel& model : models) {
    if (&model != models.data()) out.push_back(',');
    out.append(one(model, created));
  }
  out.push_back(']');
  if (is_anthropic) {
    out.append(R"(,"has_more":false,"first_id":)");
    append_json_string(out, models.front().id);
    out.append(R"(,"last_id":)");
    append_json_string(out, models.back().id);
  }
  out.push_back('}');
  return out;
}

}  // namespace

net::Task<void> ShardService::refuse_models(http::Exchange& exchange, Error error, bool is_anthropic) {
  if (!is_anthropic) {
    co_await refuse(exchange, std::move(error));
    co_return;
  }
  const int status = http::status_of(error);
  if (status == 401) exchange.header("WWW-Authenticate", "Bearer");
  const std::string body = dialect::client_of_path("/v1/messages")->error_body(error, status);
  (void)co_await exchange.reply(status, json, body);
}

net::Task<void> ShardService::answer_models(http::Exchange& exchange, std::string_view id) {
  const bool is_anthropic = !exchange.head().headers.find("anthropic-version").empty();
  const Result<access::Caller> caller = authenticate(exchange);
  if (!caller) {
    co_await refuse_models(exchange, caller.error(), is_anthropic);
    co_return;
  }
  const std::vector<routing::ListedModel> models = listed(*config_);
  const OneModel one = is_anthropic ? anthropic_model : openai_model;
  std::string body;
  if (id.empty()) {
    body = list_json(models, one, runtime_.started, is_anthropic);
  } else {
    const std::string wanted = percent_decoded(id);
    for (const routing::ListedModel& model : models) {
      if (model.id == wanted) body = one(model, runtime_.started);
    }
    if (body.empty()) {
      Error error = client_error(
          Errc::not_found,
          "The model " + std::string(clip_utf8(wanted, 100)) + " is not listed; see GET /v1/models.",
          "model"
      );
      co_await refuse_models(exchange, std::move(error), is_anthropic);
      co_return;
    }
  }
  (void)co_await exchange.reply(200, json, body);
  record_simple(exchange, telemetry::Route::models);
}

}  // namespace gw::app
