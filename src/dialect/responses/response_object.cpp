#include "dialect/responses/response_object.hpp"

namespace gw::dialect::responses {
namespace {

void write_usage(JsonWriter& json, const Usage& usage) {
  const std::uint64_t sum = usage.prompt + usage.completion;
  json.begin_object().key("input_tokens").number(usage.prompt);
  json.key("input_tokens_details").begin_object().key("cached_tokens").number(usage.cached);
  json.key("cache_write_tokens").number(usage.cache_written).end_object();
  json.key("output_tokens").number(usage.completion);
  json.key("output_tokens_details").begin_object().key("reasoning_tokens").number(usage.reasoning).end_object();
  json.key("total_tokens").number(usage.total == 0 ? sum : usage.total).end_object();
}

void write_end(JsonWriter& json, const ResponseObject& response) {
  json.key("error");
  if (response.error_code.empty()) {
    json.null();
  } else {
    json.begin_object().key("code").plain(response.error_code);
    json.key("message").plain(response.error_message).end_object();
  }
  json.key("incomplete_details");
  if (response.incomplete_reason.empty()) {
    json.null();
  } else {
    json.begin_object().key("reason").string(response.incomplete_reason).end_object();
  }
}

// Of the request; the last ones say that nothing is kept.
constexpr std::string_view not_known =
    R"("instructions":null,"max_output_tokens":null,"max_tool_calls":null,"metadata":{},"parallel_tool_calls":true,)"
    R"("previous_response_id":null,"reasoning":{"effort":null,"summary":null},"temperature":null,)"
    R"("text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],"top_p":null,"truncation":"disabled",)"
    R"("user":null,"background":false,"store":false)";

}  // namespace

void write_response(JsonWriter& json, const ResponseObject& response) {
  json.begin_object().key("id").plain(response.id).key("object").string("response");
  json.key("created_at").number(response.created).key("status").string(response.status);
  write_end(json, response);
  json.key("model").plain(response.model).key("output").begin_array();
  if (response.items != nullptr) {
    for (const AnswerItem& item : *response.items) write_item(json, item);
  }
  json.end_array().json(not_known).key("usage");
  if (response.usage) {
    write_usage(json, *response.usage);
  } else {
    json.null();
  }
  json.end_object();
}

}  // namespace gw::dialect::responses
