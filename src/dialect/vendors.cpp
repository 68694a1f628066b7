#include "dialect/vendors.hpp"

#include <array>

namespace gw::dialect {
namespace {

using config::Vendor;

constexpr std::int16_t any = 0;
constexpr std::int16_t refused = ShippedRule::refused;

// --- Everybody -------------------------------------------------------------------------------------------------------

// OpenAI's names (https://platform.openai.com/docs/guides/error-codes), which its followers took over, and what
// servers that anybody may run say: vLLM, llama.cpp, Ollama, New API.
constexpr auto common = std::to_array<ShippedRule>({
    {any, "insufficient_quota", "", Errc::billing},
    {any, "insufficient_user_quota", "", Errc::billing},         // New API
    {any, "pre_consume_token_quota_failed", "", Errc::billing},  // New API
    {any, "insufficient_balance", "", Errc::billing},
    {any, "insufficient_credits", "", Errc::billing},
    {any, "billing_error", "", Errc::billing},
    {any, "exceeded_current_quota_error", "", Errc::billing},  // Moonshot, also behind others
    {any, "billing_hard_limit_reached", "", Errc::billing},
    {any, "billing_not_active", "", Errc::billing},
    {any, "rate_limit_exceeded", "", Errc::rate_limited},
    {any, "rate_limit_error", "", Errc::rate_limited},
    {any, "too_many_requests", "", Errc::rate_limited},
    {any, "overloaded_error", "", Errc::rate_limited},
    {any, "overloaded", "", Errc::rate_limited},
    {any, "engine_overloaded_error", "", Errc::rate_limited},   // Moonshot
    {any, "rate_limit_reached_error", "", Errc::rate_limited},  // Moonshot
    {any, "invalid_api_key", "", Errc::upstream_auth},
    {any, "invalid_authentication_error", "", Errc::upstream_auth},  // Moonshot
    {any, "authentication_error", "", Errc::upstream_auth},
    {any, "permission_error", "", Errc::upstream_auth},
    {any, "account_deactivated", "", Errc::upstream_auth},
    {any, "content_filter", "", Errc::content_policy},  // Azure for the request; others for the answer
    {any, "content_policy_violation", "", Errc::content_policy},
    {any, "data_inspection_failed", "", Errc::content_policy},
    {any, "sensitive_words_detected", "", Errc::content_policy},  // New API
    {any, "context_length_exceeded", "", Errc::context_exceeded},
    {any, "exceed_context_size_error", "", Errc::context_exceeded},  // llama.cpp
    {any, "tokens_limit_reached", "", Errc::context_exceeded},       // GitHub Models
    {any, "model_not_found", "", Errc::model_unavailable},
    {any, "unsupported_parameter", "", Errc::unsupported_input},
    {any, "unsupported_value", "", Errc::unsupported_input},

    {refused, "", "maximum context length", Errc::context_exceeded},    // OpenAI, vLLM, DeepSeek, OpenRouter
    {refused, "", "the maximum model length", Errc::context_exceeded},  // vLLM
    {refused, "", "exceeds the context window", Errc::context_exceeded},
    {refused, "", "available context size", Errc::context_exceeded},  // llama.cpp
    {refused, "", "prompt is too long", Errc::context_exceeded},
    {refused, "", "上下文长度", Errc::context_exceeded},
    {refused, "", "上下文窗口", Errc::context_exceeded},
    {refused, "", "输入过长", Errc::context_exceeded},
    {refused, "", "超过最大长度", Errc::context_exceeded},
    {refused, "", "image_url is only supported by", Errc::unsupported_input},  // OpenAI
    {refused, "", "unknown variant `image_url`", Errc::unsupported_input},     // servers written in Rust
    {refused, "", "is not a multimodal model", Errc::unsupported_input},       // vLLM
    {refused, "", "at most 0 image", Errc::unsupported_input},                 // vLLM
    {refused, "", "does not support image", Errc::unsupported_input},
    {refused, "", "does not support tools", Errc::unsupported_input},  // Ollama
    {refused, "", "not supported with this model", Errc::unsupported_input},
    {refused, "", "not supported by this model", Errc::unsupported_input},
    {refused, "", "image input not supported", Errc::unsupported_input},
    {refused, "", "image input is not supported", Errc::unsupported_input},
    {refused, "", "模型不支持", Errc::unsupported_input},
    {refused, "", "不支持图片", Errc::unsupported_input},
    {refused, "", "不支持图像", Errc::unsupported_input},
    {refused, "", "content management policy", Errc::content_policy},  // Azure
    {refused, "", "不安全或敏感内容", Errc::content_policy},
    {refused, "", "敏感信息", Errc::content_policy},
    {refused, "", "模型不存在", Errc::model_unavailable},
    {404, "", "模型不存在", Errc::model_unavailable},
    {404, "", "try pulling it first", Errc::model_unavailable},  // Ollama
    {400, "", "api key not valid", Errc::upstream_auth},         // Gemini answers 400 to a wrong key
    {403, "", "余额不足", Errc::billing},
    {429, "", "余额不足", Errc::billing},
    {refused, "", "余额不足", Errc::billing},
    {403, "", "欠费", Errc::billing},
    {429, "", "欠费", Errc::billing},
    {refused, "", "已欠费", Errc::billing},
});

// --- Vendors ---------------------------------------------------------------------------------------------------------

// https://platform.openai.com/docs/guides/error-codes
constexpr auto openai = std::to_array<ShippedRule>({
    {refused, "", "flagged as potentially violating", Errc::content_policy},  // code invalid_prompt
    {refused, "", "result of our safety system", Errc::content_policy},
    {refused, "string_above_max_length", "", Errc::context_exceeded},
    {refused, "", "exceed the configured limit", Errc::context_exceeded},
    {any, "access_terminated", "", Errc::upstream_auth},
    {any, "DeploymentNotFound", "", Errc::model_unavailable},  // Azure
    {any, "unsupported_country_region_territory", "", Errc::upstream_auth},
});

// https://docs.claude.com/en/api/errors. What an account lacks comes as a 400 of type invalid_request_error.
constexpr auto anthropic = std::to_array<ShippedRule>({
    {refused, "", "credit balance is too low", Errc::billing},
    {refused, "", "reached your specified api usage limits", Errc::billing},
    {any, "request_too_large", "", Errc::context_exceeded},
    {refused, "", "exceed context limit", Errc::context_exceeded},
    {refused, "", "content filtering policy", Errc::content_policy},
    {404, "not_found_error", "model:", Errc::model_unavailable},
});

// https://api-docs.deepseek.com/quick_start/error_codes; the filter and a wrong name come as a plain 400.
constexpr auto deepseek = std::to_array<ShippedRule>({
    {refused, "", "content exists risk", Errc::content_policy},
    {refused, "", "model not exist", Errc::model_unavailable},
    {refused, "", "insufficient balance", Errc::billing},
    {refused, "", "does not support", Errc::unsupported_input},
});

// https://platform.kimi.ai/docs/api/errors; four of its names stand above.
constexpr auto moonshot = std::to_array<ShippedRule>({
    {403, "", "usage limit for this", Errc::billing},
    {403, "", "balance", Errc::billing},
    {any, "incorrect_api_key_error", "", Errc::upstream_auth},
    {any, "permission_denied_error", "", Errc::upstream_auth},
    {any, "resource_not_found_error", "", Errc::model_unavailable},
    {refused, "", "exceeded model token limit", Errc::context_exceeded},
    {refused, "", "input token length too long", Errc::context_exceeded},
    {refused, "", "considered high risk", Errc::content_policy},
});

// https://docs.bigmodel.cn/cn/api/api-code, https://docs.z.ai/api-reference/api-code. Most come with status 429 or
// 400, inside a stream with none.
constexpr auto zhipu = std::to_array<ShippedRule>({
    {any, "1000", "", Errc::upstream_auth},     {any, "1001", "", Errc::upstream_auth},
    {any, "1002", "", Errc::upstream_auth},     {any, "1003", "", Errc::upstream_auth},
    {any, "1004", "", Errc::upstream_auth},     {any, "1110", "", Errc::upstream_auth},  // account inactive
    {any, "1111", "", Errc::upstream_auth},                                              // account does not exist
    {any, "1112", "", Errc::upstream_auth},                                              // account locked
    {any, "1113", "", Errc::billing},                                                    // in arrears
    {any, "1120", "", Errc::upstream_server},    // account cannot be read just now
    {any, "1121", "", Errc::upstream_auth},      // account locked for irregularities
    {any, "1210", "", Errc::upstream_refused},   // parameters
    {any, "1211", "", Errc::model_unavailable},  // no such model
    {any, "1212", "", Errc::unsupported_input},  // the model cannot be called this way
    {any, "1213", "", Errc::upstream_refused},  {any, "1214", "", Errc::upstream_refused},
    {any, "1215", "", Errc::upstream_refused},  {any, "1220", "", Errc::upstream_auth},  // no permission for this API
    {any, "1221", "", Errc::model_unavailable},                                          // taken offline
    {any, "1222", "", Errc::model_unavailable},                                          // does not exist
    {any, "1230", "", Errc::upstream_server},   {any, "1234", "", Errc::upstream_server},
    {any, "1261", "", Errc::context_exceeded},  // prompt too long
    {any, "1300", "", Errc::content_policy},    {any, "1301", "", Errc::content_policy},
    {any, "1302", "", Errc::rate_limited},       // concurrency
    {any, "1303", "", Errc::rate_limited},       // frequency
    {any, "1304", "", Errc::billing},            // calls of the day used up
    {any, "1305", "", Errc::rate_limited},       // the model is in great demand
    {any, "1308", "", Errc::billing},            // quota of the plan used up until its reset
    {any, "1309", "", Errc::billing},            // plan expired
    {any, "1310", "", Errc::billing},            // weekly or monthly limit used up
    {any, "1311", "", Errc::model_unavailable},  // not in this plan
    {any, "1312", "", Errc::rate_limited},       // the model is in great demand
    {any, "1313", "", Errc::billing},            // restricted under the fair-use policy
});

// https://help.aliyun.com/zh/model-studio/error-code. insufficient_quota is here the tokens of a minute, not the
// account's money: "Throttling.AllocationQuota/insufficient_quota".
constexpr auto dashscope = std::to_array<ShippedRule>({
    {any, "", "free allocated quota exceeded", Errc::billing},
    {any, "", "free tier of the model has been exhausted", Errc::billing},
    {any, "AllocationQuota.FreeTierOnly", "", Errc::billing},
    {any, "Arrearage", "", Errc::billing},
    {any, "PrepaidBillOverdue", "", Errc::billing},
    {any, "PostpaidBillOverdue", "", Errc::billing},
    {any, "CommodityNotPurchased", "", Errc::billing},
    {any, "Throttling*", "", Errc::rate_limited},
    {any, "insufficient_quota", "", Errc::rate_limited},
    {any, "limit_requests", "", Errc::rate_limited},
    {any, "limit_burst_rate", "", Errc::rate_limited},
    {any, "InvalidApiKey", "", Errc::upstream_auth},
    {any, "DataInspectionFailed", "", Errc::content_policy},
    {any, "IPInfringementSuspect", "", Errc::content_policy},
    {any, "FaqRuleBlocked", "", Errc::content_policy},
    {any, "CustomRoleBlocked", "", Errc::content_policy},
    {any, "AccessDenied.Unpurchased", "", Errc::model_unavailable},
    {any, "Model.AccessDenied", "", Errc::model_unavailable},
    {any, "ModelNotFound", "", Errc::model_unavailable},
    {any, "BadRequest.TooLarge", "", Errc::context_exceeded},
    {refused, "", "range of input length should be", Errc::context_exceeded},
    {refused, "", "only support stream mode", Errc::unsupported_input},
    {refused, "", "does not support http call", Errc::unsupported_input},
    {any, "UnsupportedOperation", "", Errc::unsupported_input},
    {any, "model_not_supported", "", Errc::unsupported_input},
});

// https://docs.siliconflow.cn/cn/faqs/error-code; numbers as its own examples and its users' reports show them.
constexpr auto siliconflow = std::to_array<ShippedRule>({
    {any, "20012", "", Errc::model_unavailable},
    {any, "30003", "", Errc::model_unavailable},  // taken offline
    {any, "30001", "", Errc::billing},
    {403, "", "balance is insufficient", Errc::billing},
    {any, "20041", "", Errc::unsupported_input},
    {refused, "", "is not a vlm", Errc::unsupported_input},
    {refused, "", "json mode is not supported", Errc::unsupported_input},
    {refused, "", "function call is not supported", Errc::unsupported_input},
    {refused, "", "max_seq_len", Errc::context_exceeded},
    {any, "50505", "", Errc::rate_limited},  // model overloaded; inside a stream, where no status says so
});

// https://www.volcengine.com/docs/82379/1299023, https://docs.byteplus.com/en/docs/ModelArk/1299023
constexpr auto volcengine = std::to_array<ShippedRule>({
    {any, "AccountOverdueError", "", Errc::billing},
    {any, "OperationDenied.ServiceOverdue", "", Errc::billing},
    {any, "QuotaExceeded", "", Errc::billing},  // the free trial's tokens
    {any, "AccountQuotaExceeded*", "", Errc::billing},
    {any, "SetLimitExceeded", "", Errc::billing},  // the limit that the account's owner set
    {any, "RateLimitExceeded*", "", Errc::rate_limited},
    {any, "ModelAccount*", "", Errc::rate_limited},  // ModelAccountRpmRateLimitExceeded, ...Tpm..., ...Ipm...
    {any, "APIAccount*", "", Errc::rate_limited},
    {any, "ServerOverloaded", "", Errc::rate_limited},
    {any, "RequestBurstTooFast", "", Errc::rate_limited},
    {any, "InflightBatchsizeExceeded", "", Errc::rate_limited},
    {any, "AuthenticationError", "", Errc::upstream_auth},
    {any, "AccessDenied", "", Errc::upstream_auth},
    {any, "SensitiveContentDetected*", "", Errc::content_policy},
    {any, "InputTextSensitiveContentDetected*", "", Errc::content_policy},
    {any, "InputImageSensitiveContentDetected*", "", Errc::content_policy},
    {any, "InputVideoSensitiveContentDetected*", "", Errc::content_policy},
    {any, "InputAudioSensitiveContentDetected*", "", Errc::content_policy},
    {any, "OutputTextSensitiveContentDetected*", "", Errc::content_policy},
    {any, "OutputImageSensitiveContentDetected*", "", Errc::content_policy},
    {any, "InputTextRiskDetection*", "", Errc::content_policy},
    {any, "OutputTextRiskDetection*", "", Errc::content_policy},
    {any, "ModelNotOpen", "", Errc::model_unavailable},
    {any, "InvalidEndpoint*", "", Errc::model_unavailable},  // InvalidEndpointOrModel.NotFound, ...ClosedEndpoint
    {any, "OperationDenied.ServiceNotOpen", "", Errc::model_unavailable},
    {any, "UnsupportedModel", "", Errc::model_unavailable},
    {any, "InvalidParameter.UnsupportedModel", "", Errc::unsupported_input},
    {any, "InvalidParameter.Unsupported*", "", Errc::unsupported_input},
    {refused, "", "exceeds the maximum length", Errc::context_exceeded},
    {refused, "", "exceed max message tokens", Errc::context_exceeded},
});

// https://openrouter.ai/docs/api/reference/errors-and-debugging. Codes are statuses, also inside a 200.
constexpr auto openrouter = std::to_array<ShippedRule>({
    {403, "", "flagged", Errc::content_policy},
    {403, "", "moderation", Errc::content_policy},
    {403, "", "limit exceeded", Errc::billing},  // the key's own budget
    {404, "", "no endpoints found that support", Errc::unsupported_input},
    {404, "", "no endpoints found", Errc::model_unavailable},
    {404, "", "no allowed providers", Errc::model_unavailable},
    {refused, "", "is not a valid model id", Errc::model_unavailable},
});

// https://ai.google.dev/gemini-api/docs/troubleshooting. Statuses stand in `code`; its words are in messages.
constexpr auto gemini = std::to_array<ShippedRule>({
    {refused, "", "exceeds the maximum number of tokens allowed", Errc::context_exceeded},
    {refused, "", "user location is not supported", Errc::upstream_auth},
    {refused, "", "api key expired", Errc::upstream_auth},
    {404, "", "is not found for api version", Errc::model_unavailable},
    {404, "", "no longer available", Errc::model_unavailable},
    {429, "", "prepayment credits are depleted", Errc::billing},
    {refused, "", "is not enabled for", Errc::unsupported_input},
    {refused, "", "is not supported for this model", Errc::unsupported_input},
    {refused, "", "unsupported mime type", Errc::unsupported_input},
    {refused, "", "function calling with a response mime type", Errc::unsupported_input},
});

}  // namespace

Vendor vendor_of(const config::Provider& provider) noexcept {
  return provider.vendor == Vendor::automatic ? config::vendor_of_url(provider.base_url) : provider.vendor;
}

std::span<const ShippedRule> rules_of(Vendor vendor) noexcept {
  switch (vendor) {
    case Vendor::openai:
      return openai;
    case Vendor::anthropic:
      return anthropic;
    case Vendor::deepseek:
      return deepseek;
    case Vendor::moonshot:
      return moonshot;
    case Vendor::zhipu:
      return zhipu;
    case Vendor::dashscope:
      return dashscope;
    case Vendor::siliconflow:
      return siliconflow;
    case Vendor::volcengine:
      return volcengine;
    case Vendor::openrouter:
      return openrouter;
    case Vendor::gemini:
      return gemini;
    case Vendor::automatic:
    case Vendor::generic:
      break;
  }
  return {};
}

std::span<const ShippedRule> common_rules() noexcept {
  return common;
}

}  // namespace gw::dialect
