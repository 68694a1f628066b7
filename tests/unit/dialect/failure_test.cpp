// What errors mean: the bodies of providers (as they document or send them) through the dialect, to their class.
#include "dialect/failure.hpp"

#include "config/load.hpp"
#include "dialect/openai/openai.hpp"
#include "dialect/vendors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

namespace gw::dialect {
namespace {

config::Provider at(const std::string& host) {
  config::Provider provider;
  provider.base_url = "https://" + host + "/v1";
  return provider;
}

struct Case {
  int status;
  const char* body;
  Errc code;
};

void expect_classes(const config::Provider& provider, std::initializer_list<Case> cases) {
  for (const Case& c : cases) {
    const Error error = openai::dialect().failure(provider, c.status, c.body);
    EXPECT_EQ(to_string(error.code), to_string(c.code)) << c.status << " " << c.body;
    EXPECT_EQ(error.upstream_status, c.status);
    EXPECT_EQ(error.origin, Origin::upstream);
  }
}

TEST(FailureClass, of_openai) {
  expect_classes(
      at("api.openai.com"),
      {
          {400,
           R"({"error":{"message":"m","type":"invalid_request_error","code":"context_length_exceeded"}})",
           Errc::context_exceeded},
          {400,
           R"({"error":{"message":"This model's maximum context length is 8192 tokens.","type":"invalid_request_error","code":null}})",
           Errc::context_exceeded},
          {400,
           R"({"error":{"message":"Unsupported parameter: 'max_tokens'","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}})",
           Errc::unsupported_input},
          {400,
           R"({"error":{"message":"Invalid content type. image_url is only supported by certain models.","type":"invalid_request_error","code":null}})",
           Errc::unsupported_input},
          {400,
           R"({"error":{"message":"Invalid prompt: your prompt was flagged as potentially violating our usage policy.","code":"invalid_prompt"}})",
           Errc::content_policy},
          {400, R"({"error":{"message":"x","code":"content_policy_violation"}})", Errc::content_policy},
          {400,
           R"({"error":{"message":"x","type":"invalid_request_error","code":"billing_hard_limit_reached"}})",
           Errc::billing},
          {429,
           R"({"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}})",
           Errc::billing},
          {429,
           R"({"error":{"message":"Rate limit reached","type":"tokens","code":"rate_limit_exceeded"}})",
           Errc::rate_limited},
          {404,
           R"({"error":{"message":"The model `x` does not exist","type":"invalid_request_error","code":"model_not_found"}})",
           Errc::model_unavailable},
          {403,
           R"({"error":{"message":"Project does not have access to model","code":"model_not_found"}})",
           Errc::model_unavailable},
          {403,
           R"({"error":{"message":"Country not supported","code":"unsupported_country_region_territory"}})",
           Errc::upstream_auth},
          {503, R"({"error":{"message":"Slow Down","code":"slow_down"}})", Errc::upstream_server},
      }
  );
  expect_classes(
      at("mine.openai.azure.com"),
      {{400,
        R"({"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","type":null,"code":"content_filter","status":400}})",
        Errc::content_policy},
       {404,
        R"({"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}})",
        Errc::model_unavailable},
       {401, R"({"statusCode":401,"message":"Access denied due to invalid subscription key."})", Errc::upstream_auth},
       {429, R"({"error":{"code":"429","message":"Requests have exceeded call rate limit."}})", Errc::rate_limited}}
  );
}

TEST(FailureClass, of_anthropic) {
  expect_classes(
      at("api.anthropic.com"),
      {
          {400,
           R"({"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}})",
           Errc::context_exceeded},
          {400,
           R"({"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}})",
           Errc::billing},
          {400,
           R"({"type":"error","error":{"type":"invalid_request_error","message":"Output blocked by content filtering policy"}})",
           Errc::content_policy},
          {400,
           R"({"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: required"}})",
           Errc::upstream_refused},
          {401,
           R"({"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}})",
           Errc::upstream_auth},
          {402, R"({"type":"error","error":{"type":"billing_error","message":"m"}})", Errc::billing},
          {403, R"({"type":"error","error":{"type":"permission_error","message":"m"}})", Errc::upstream_auth},
          {404,
           R"({"type":"error","error":{"type":"not_found_error","message":"model: claude-x"}})",
           Errc::model_unavailable},
          {404, R"({"type":"error","error":{"type":"not_found_error","message":"Not found"}})", Errc::upstream_refused},
          {413,
           R"({"error":{"type":"request_too_large","message":"Request exceeds the maximum size"}})",
           Errc::context_exceeded},
          {429, R"({"type":"error","error":{"type":"rate_limit_error","message":"m"}})", Errc::rate_limited},
          {500, R"({"type":"error","error":{"type":"api_error","message":"m"}})", Errc::upstream_server},
          {529, R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})", Errc::rate_limited},
      }
  );
}

TEST(FailureClass, of_deepseek) {
  expect_classes(
      at("api.deepseek.com"),
      {
          {400,
           R"({"error":{"message":"Content Exists Risk","type":"invalid_request_error","param":null,"code":"invalid_request_error"}})",
           Errc::content_policy},
          {400,
           R"({"error":{"message":"Model Not Exist","type":"invalid_request_error","code":"invalid_request_error"}})",
           Errc::model_unavailable},
          {400,
           R"({"error":{"message":"This model's maximum context length is 65536 tokens.","type":"invalid_request_error"}})",
           Errc::context_exceeded},
          {400,
           R"({"error":{"message":"Failed to deserialize the JSON body: messages[0]: unknown variant `image_url`, expected `text`","type":"invalid_request_error"}})",
           Errc::unsupported_input},
          {400,
           R"({"error":{"message":"deepseek-reasoner does not support this tool_choice","type":"invalid_request_error"}})",
           Errc::unsupported_input},
          {402,
           R"({"error":{"message":"Insufficient Balance","type":"unknown_error","code":"invalid_request_error"}})",
           Errc::billing},
          {422, R"({"error":{"message":"Invalid parameters","type":"invalid_request_error"}})", Errc::upstream_refused},
          {401,
           R"({"error":{"message":"Authentication Fails","type":"authentication_error","code":"invalid_request_error"}})",
           Errc::upstream_auth},
      }
  );
}

TEST(FailureClass, of_moonshot) {
  expect_classes(
      at("api.moonshot.cn"),
      {
          {400,
           R"({"error":{"type":"content_filter","message":"The request was rejected because it was considered high risk"}})",
           Errc::content_policy},
          {400,
           R"({"error":{"type":"invalid_request_error","message":"Invalid request: Your request exceeded model token limit: 262144"}})",
           Errc::context_exceeded},
          {400,
           R"({"error":{"type":"invalid_request_error","message":"Input token length too long"}})",
           Errc::context_exceeded},
          {400,
           R"({"error":{"type":"invalid_request_error","message":"Invalid request: temperature"}})",
           Errc::upstream_refused},
          {401,
           R"({"error":{"type":"incorrect_api_key_error","message":"Incorrect API key provided"}})",
           Errc::upstream_auth},
          {403, R"({"error":{"type":"permission_denied_error","message":"m"}})", Errc::upstream_auth},
          {403,
           R"({"error":{"type":"access_terminated_error","message":"You've reached your usage limit for this billing cycle."}})",
           Errc::billing},
          {404,
           R"({"error":{"type":"resource_not_found_error","message":"Not found the model or Permission denied"}})",
           Errc::model_unavailable},
          {429, R"({"error":{"type":"exceeded_current_quota_error","message":"m"}})", Errc::billing},
          {429, R"({"error":{"type":"engine_overloaded_error","message":"m"}})", Errc::rate_limited},
          {429, R"({"error":{"type":"rate_limit_reached_error","message":"m"}})", Errc::rate_limited},
      }
  );
}

TEST(FailureClass, of_zhipu) {
  expect_classes(
      at("open.bigmodel.cn"),
      {
          {401,
           R"({"error":{"code":"1002","message":"Authorization Token非法，请确认Authorization Token正确传递。"}})",
           Errc::upstream_auth},
          {429, R"({"error":{"code":"1113","message":"您的账户已欠费，请充值后重试"}})", Errc::billing},
          {429, R"({"error":{"code":"1302","message":"您当前使用该API的并发数过高"}})", Errc::rate_limited},
          {429, R"({"error":{"code":"1305","message":"当前API请求过多，请稍后重试"}})", Errc::rate_limited},
          {429, R"({"error":{"code":"1308","message":"已达到 5 小时的使用上限"}})", Errc::billing},
          {400,
           R"({"error":{"code":"1301","message":"系统检测到输入或生成内容可能包含不安全或敏感内容"}})",
           Errc::content_policy},
          {400, R"({"error":{"code":1301,"message":"a number"}})", Errc::content_policy},
          {400, R"({"error":{"code":"1261","message":"Prompt 超长"}})", Errc::context_exceeded},
          {400, R"({"error":{"code":"1211","message":"模型不存在，请检查模型代码。"}})", Errc::model_unavailable},
          {400, R"({"error":{"code":"1212","message":"当前模型不支持SSE调用方式"}})", Errc::unsupported_input},
          {400, R"({"error":{"code":"1214","message":"messages 参数非法"}})", Errc::upstream_refused},
          {500, R"({"error":{"code":"1301","message":"a 5xx is the provider's own failure"}})", Errc::upstream_server},
          {401, R"({"code":1001,"msg":"Header中未收到Authorization参数","success":false})", Errc::upstream_auth},
      }
  );
}

TEST(FailureClass, of_dashscope) {
  expect_classes(
      at("dashscope.aliyuncs.com"),
      {
          {400,
           R"({"error":{"code":"Arrearage","type":"Arrearage","message":"Access denied, please make sure your account is in good standing."}})",
           Errc::billing},
          {400,
           R"({"error":{"code":"data_inspection_failed","type":"data_inspection_failed","message":"Input data may contain inappropriate content."}})",
           Errc::content_policy},
          {400,
           R"({"code":"DataInspectionFailed","message":"Input data may contain inappropriate content.","request_id":"r"})",
           Errc::content_policy},
          {400,
           R"({"error":{"code":"invalid_parameter_error","message":"Range of input length should be [1, 30720]"}})",
           Errc::context_exceeded},
          {400,
           R"({"error":{"code":"invalid_parameter_error","message":"This model only support stream mode, please enable the stream parameter to access the model."}})",
           Errc::unsupported_input},
          {401, R"({"error":{"code":"invalid_api_key","message":"Incorrect API key provided."}})", Errc::upstream_auth},
          {403, R"({"code":"AccessDenied.Unpurchased","message":"Access to model denied."})", Errc::model_unavailable},
          {404,
           R"({"error":{"code":"model_not_found","message":"The model `x` does not exist"}})",
           Errc::model_unavailable},
          {429,
           R"({"error":{"code":"insufficient_quota","type":"insufficient_quota","message":"You exceeded your current quota, please check your plan and billing details."}})",
           Errc::rate_limited},
          {429, R"({"error":{"code":"insufficient_quota","message":"Free allocated quota exceeded."}})", Errc::billing},
          {429, R"({"code":"Throttling.RateQuota","message":"Requests rate limit exceeded"})", Errc::rate_limited},
          {429, R"({"error":{"code":"limit_requests","message":"m"}})", Errc::rate_limited},
      }
  );
}

TEST(FailureClass, of_siliconflow) {
  expect_classes(
      at("api.siliconflow.cn"),
      {
          {400,
           R"({"code":20012,"message":"Model does not exist. Please check it carefully.","data":null})",
           Errc::model_unavailable},
          {400,
           R"({"code":20015,"message":"length of prompt_tokens (68957) must be less than max_seq_len (65536).","data":null})",
           Errc::context_exceeded},
          {400, R"({"code":20015,"message":"The parameter is invalid.","data":null})", Errc::upstream_refused},
          {403, R"({"code":30001,"message":"Sorry, your account balance is insufficient","data":null})", Errc::billing},
          {403, R"({"code":30003,"message":"Model disabled.","data":null})", Errc::model_unavailable},
          {400,
           R"({"code":20041,"message":"The model is not a VLM (Vision Language Model).","data":null})",
           Errc::unsupported_input},
          {401, R"("Invalid token")", Errc::upstream_auth},
          {429,
           R"({"message":"Request was rejected due to rate limiting. Details:TPM limit reached."})",
           Errc::rate_limited},
          {503,
           R"({"code":50505,"message":"Model service overloaded. Please try again later.","data":null})",
           Errc::upstream_server},
      }
  );
}

TEST(FailureClass, of_volcengine) {
  expect_classes(
      at("ark.cn-beijing.volces.com"),
      {
          {400,
           R"({"error":{"code":"SensitiveContentDetected.SevereViolation","message":"m","type":"BadRequest"}})",
           Errc::content_policy},
          {400,
           R"({"error":{"code":"InputTextSensitiveContentDetected","message":"m","type":"BadRequest"}})",
           Errc::content_policy},
          {400,
           R"({"error":{"code":"InvalidParameter","message":"Input length 40000 exceeds the maximum length 32768","type":"BadRequest"}})",
           Errc::context_exceeded},
          {400,
           R"({"error":{"code":"InvalidParameter.UnsupportedImageFormat","message":"m","type":"BadRequest"}})",
           Errc::unsupported_input},
          {400, R"({"error":{"code":"MissingParameter","message":"m","type":"BadRequest"}})", Errc::upstream_refused},
          {401, R"({"error":{"code":"AuthenticationError","message":"m","type":"Unauthorized"}})", Errc::upstream_auth},
          {403, R"({"error":{"code":"AccountOverdueError","message":"m","type":"Forbidden"}})", Errc::billing},
          {403,
           R"({"error":{"code":"OperationDenied.ServiceOverdue","message":"m","type":"Forbidden"}})",
           Errc::billing},
          {403, R"({"error":{"code":"AccessDenied","message":"m","type":"Forbidden"}})", Errc::upstream_auth},
          {404, R"({"error":{"code":"ModelNotOpen","message":"m","type":"NotFound"}})", Errc::model_unavailable},
          {404,
           R"({"error":{"code":"InvalidEndpointOrModel.NotFound","message":"m","type":"NotFound"}})",
           Errc::model_unavailable},
          {429,
           R"({"error":{"code":"RateLimitExceeded.EndpointTPMExceeded","message":"m","type":"TooManyRequests"}})",
           Errc::rate_limited},
          {429,
           R"({"error":{"code":"ModelAccountRpmRateLimitExceeded","message":"m","type":"TooManyRequests"}})",
           Errc::rate_limited},
          {429, R"({"error":{"code":"ServerOverloaded","message":"m","type":"TooManyRequests"}})", Errc::rate_limited},
          {429, R"({"error":{"code":"QuotaExceeded","message":"m","type":"TooManyRequests"}})", Errc::billing},
          {429, R"({"error":{"code":"SetLimitExceeded","message":"m","type":"TooManyRequests"}})", Errc::billing},
      }
  );
}

TEST(FailureClass, of_openrouter) {
  expect_classes(
      at("openrouter.ai"),
      {
          {402, R"({"error":{"code":402,"message":"Insufficient credits"}})", Errc::billing},
          {403,
           R"({"error":{"code":403,"message":"x requires moderation. Your input was flagged for \"violence\"","metadata":{"reasons":["violence"]}}})",
           Errc::content_policy},
          {403, R"({"error":{"code":403,"message":"Key limit exceeded (total limit)."}})", Errc::billing},
          {403, R"({"error":{"code":403,"message":"Forbidden"}})", Errc::upstream_auth},
          {404,
           R"({"error":{"code":404,"message":"No endpoints found that support image input"}})",
           Errc::unsupported_input},
          {404, R"({"error":{"code":404,"message":"No endpoints found for a/b."}})", Errc::model_unavailable},
          {400, R"({"error":{"code":400,"message":"a/b is not a valid model ID"}})", Errc::model_unavailable},
          {400,
           R"({"error":{"code":400,"message":"This endpoint's maximum context length is 32768 tokens."}})",
           Errc::context_exceeded},
          {502,
           R"({"error":{"code":502,"message":"Provider returned error","metadata":{"raw":"insufficient_quota"}}})",
           Errc::upstream_server},
      }
  );
}

TEST(FailureClass, of_servers_that_anybody_runs) {
  expect_classes(
      at("10.0.0.7:8000"),
      {
          {400,
           R"({"object":"error","message":"This model's maximum context length is 4096 tokens.","type":"BadRequestError","param":null,"code":400})",
           Errc::context_exceeded},
          {400,
           R"({"error":{"message":"the request exceeds the available context size","type":"exceed_context_size_error","code":400}})",
           Errc::context_exceeded},
          {400,
           R"({"error":{"message":"x is not a multimodal model","type":"BadRequestError","code":400}})",
           Errc::unsupported_input},
          {400,
           R"({"error":"registry.ollama.ai/library/gemma:latest does not support tools"})",
           Errc::unsupported_input},
          {404, R"({"error":"model \"x\" not found, try pulling it first"})", Errc::model_unavailable},
          {422, R"({"detail":[{"loc":["body"],"msg":"field required"}]})", Errc::upstream_refused},
          {404, R"({"detail":"Not Found"})", Errc::upstream_refused},
          {403,
           R"({"error":{"code":"insufficient_user_quota","message":"用户额度不足","type":"new_api_error"}})",
           Errc::billing},
          {403, R"({"error":{"message":"用户余额不足"}})", Errc::billing},
          {400,
           R"([{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}])",
           Errc::upstream_auth},
          {429,
           R"([{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED"}}])",
           Errc::rate_limited},
          {400, R"({"error":{"message":"输入内容的上下文长度超过限制"}})", Errc::context_exceeded},
          {400, R"({"error":{"message":"该模型不支持图片输入"}})", Errc::unsupported_input},
          {404, R"({"status":404,"error":"Not Found","path":"/v1/chat/completions"})", Errc::upstream_refused},
      }
  );
}

TEST(FailureClass, never_by_a_number_or_word_in_a_text) {
  const config::Provider provider;
  expect_classes(
      provider,
      {
          {500,
           R"({"error":{"message":"request 429-404 failed: rate limit, insufficient_quota, 401"}})",
           Errc::upstream_server},
          {400,
           R"({"error":{"message":"trace 429 401 insufficient_quota rate_limit_exceeded"}})",
           Errc::upstream_refused},
          {404, R"({"error":{"message":"no path /context_length_exceeded"}})", Errc::upstream_refused},
          {401, R"({"error":{"message":"maximum context length"}})", Errc::upstream_auth},
          {429, R"({"error":{"message":"content management policy, prompt is too long"}})", Errc::rate_limited},
          {400, R"({"error":{"code":"x_insufficient_quota"}})", Errc::upstream_refused},
          {400, R"({"error":{"code":"insufficient_quota_x"}})", Errc::upstream_refused},
          {400, R"({"id":"insufficient_quota"})", Errc::upstream_refused},
          {400, "insufficient_quota", Errc::upstream_refused},
          {400, R"({"error":{"details":{"code":"insufficient_quota"}}})", Errc::upstream_refused},
          {418, "", Errc::upstream_server},
          {301, R"({"error":{"code":"insufficient_quota"}})", Errc::upstream_protocol},
          {529, "", Errc::rate_limited},
          {529, R"({"error":{"code":"insufficient_quota"}})", Errc::rate_limited},
          {599, "", Errc::upstream_server},
      }
  );
}

TEST(FailureClass, inside_a_200_and_inside_a_stream) {
  struct InBand {
    const char* host;
    const char* body;
    Errc code;
  };

  for (const InBand& c : {
           InBand{
               "open.bigmodel.cn", R"({"error":{"code":"1301","message":"不安全或敏感内容"}})", Errc::content_policy},
           InBand{"open.bigmodel.cn", R"({"error":{"code":"1234","message":"网络错误"}})", Errc::upstream_server},
           InBand{"open.bigmodel.cn", R"({"error":{"code":"500","message":"内部错误"}})", Errc::upstream_server},
           InBand{"open.bigmodel.cn", R"({"error":{"code":"1214","message":"参数非法"}})", Errc::upstream_refused},
           InBand{"openrouter.ai", R"({"error":{"code":403,"message":"flagged"}})", Errc::content_policy},
           InBand{"openrouter.ai", R"({"error":{"code":502,"message":"insufficient_quota"}})", Errc::upstream_server},
           InBand{
               "dashscope.aliyuncs.com",
               R"({"code":"DataInspectionFailed","message":"m","request_id":"r"})",
               Errc::content_policy},
           InBand{
               "dashscope.aliyuncs.com",
               R"({"error":{"code":"insufficient_quota","message":"m"}})",
               Errc::rate_limited},
           InBand{
               "api.siliconflow.cn",
               R"({"code":50505,"message":"Model service overloaded.","data":null})",
               Errc::rate_limited},
           InBand{
               "api.siliconflow.cn",
               R"({"code":20015,"message":"must be less than max_seq_len (65536).","data":null})",
               Errc::context_exceeded},
           InBand{
               "a.example",
               R"({"error":{"message":"This model's maximum context length is 10","type":"invalid_request_error"}})",
               Errc::context_exceeded},
           InBand{"a.example", R"({"error":{"message":"m","type":"invalid_request_error"}})", Errc::upstream_refused},
           InBand{"a.example", R"({"error":{"code":529,"message":"m"}})", Errc::rate_limited},
           InBand{"a.example", R"({"status":429,"error":{"message":"m"}})", Errc::upstream_server},
       }) {
    const config::Provider provider = at(c.host);
    const Result<ReplyFacts> reply = openai::dialect().reply(provider, c.body);
    ASSERT_FALSE(reply) << c.body;
    EXPECT_EQ(to_string(reply.error().code), to_string(c.code)) << c.body;
    EXPECT_FALSE(reply.error().upstream_status) << "the status was 200";
    http::SseEvent event;
    event.data = c.body;
    event.has_data = true;
    const Meaning meaning = openai::dialect().stream(provider)->read(event);
    ASSERT_TRUE(meaning.error) << c.body;
    EXPECT_EQ(meaning.error->code, c.code) << c.body;
  }
}

TEST(FailureClass, an_event_without_choices_is_no_error_by_itself) {
  const config::Provider provider;
  for (const char* const data :
       {R"({"id":"1","object":"chat.completion.chunk"})",
        R"({"code":0,"message":"ok"})",
        R"({"code":200,"message":"ok"})",
        R"({"message":"hello"})",
        R"({"type":"ping"})",
        R"({"choices":[],"code":"x","message":"y"})"}) {
    http::SseEvent event;
    event.data = data;
    event.has_data = true;
    EXPECT_FALSE(openai::dialect().stream(provider)->read(event).error) << data;
  }
}

TEST(FailureClass, an_answer_the_filter_stopped_says_so) {
  const config::Provider provider;
  for (const char* const reason : {"content_filter", "sensitive"}) {
    http::SseEvent event;
    const std::string data = R"({"choices":[{"index":0,"delta":{},"finish_reason":")" + std::string(reason) + "\"}]}";
    event.data = data;
    event.has_data = true;
    EXPECT_TRUE(openai::dialect().stream(provider)->read(event).filtered) << reason;
    const std::string body =
        R"({"choices":[{"message":{"content":""},"finish_reason":")" + std::string(reason) + "\"}]}";
    EXPECT_TRUE(openai::dialect().reply(provider, body)->filtered) << reason;
  }
  EXPECT_FALSE(
      openai::dialect().reply(provider, R"({"choices":[{"message":{"content":""},"finish_reason":"stop"}]})")->filtered
  );
}

TEST(FailureClass, the_operator_s_rules_come_first_and_in_order) {
  config::Provider provider = at("api.openai.com");
  provider.error_map = {
      {429, "insufficient_quota", "", "", Errc::rate_limited},
      {0, "", "quota_*", "", Errc::billing},
      {400, "", "", "NOT on this plan", Errc::model_unavailable},
      {0, "", "", "繁忙", Errc::rate_limited},
      {0, "E7", "fatal", "disk", Errc::upstream_server},
      {0, "", "quota_day", "", Errc::upstream_auth},
  };
  expect_classes(
      provider,
      {
          {429, R"({"error":{"code":"Insufficient_Quota"}})", Errc::rate_limited},
          {403, R"({"error":{"code":"insufficient_quota"}})", Errc::billing},
          {400, R"({"error":{"type":"quota_day"}})", Errc::billing},
          {400, R"({"error":{"message":"gpt-9 is not on this plan."}})", Errc::model_unavailable},
          {422, R"({"error":{"message":"gpt-9 is not on this plan."}})", Errc::upstream_refused},
          {400, R"({"error":{"message":"系统繁忙，请稍后"}})", Errc::rate_limited},
          {400, R"({"error":{"code":"E7","type":"fatal","message":"Disk full"}})", Errc::upstream_server},
          {400, R"({"error":{"code":"E7","type":"fatal","message":"full"}})", Errc::upstream_refused},
          {500, R"({"error":{"message":"系统繁忙，请稍后"}})", Errc::upstream_server},
          {302, R"({"error":{"message":"系统繁忙，请稍后"}})", Errc::upstream_protocol},
      }
  );
}

TEST(FailureMessage, a_refusal_is_the_provider_s_own_words) {
  config::Provider provider;
  provider.keys = {{Secret("other"), 1}, {Secret("my-Own.key/1"), 1}};
  const auto fail = [&](int status, const char* body) { return openai::dialect().failure(provider, status, body); };
  const Error refused = fail(422, R"({"error":{"message":"n must be 1","param":"n","type":"invalid_request_error"}})");
  EXPECT_EQ(refused.message, "n must be 1");
  EXPECT_EQ(refused.param, "n");
  EXPECT_EQ(fail(400, "<html>").message, "status 400");
  EXPECT_EQ(fail(400, R"({"message":"key my-Own.key/1 [sk-abc]"})").message, "key *** [sk-***]");
  const Error auth = fail(401, R"({"error":{"message":"wrong key my-Own.key/1","param":"n"}})");
  EXPECT_EQ(auth.message, "status 401: wrong key ***");
  EXPECT_EQ(auth.param, "") << "nothing of the client's is at fault";
  EXPECT_EQ(
      openai::dialect().reply(provider, R"({"error":{"message":"busy"}})").error().message,
      "an error with status 200: busy"
  );
  EXPECT_EQ(
      fail(422, R"({"error":{"message":"bad value","param":"my-Own.key/1","type":"invalid_request_error"}})").param,
      "***"
  );
  const std::string long_param = R"({"error":{"message":"m","param":")" + std::string(5000, 'p') + R"("}})";
  EXPECT_LE(fail(400, long_param.c_str()).param.size(), 80U);
}

TEST(FailureMessage, nesting_is_not_followed) {
  std::string body = R"({"code":"insufficient_quota","message":"m"})";
  for (int i = 0; i < 2000; ++i) body = R"({"error":)" + body + "}";
  EXPECT_EQ(openai::dialect().failure({}, 400, body).code, Errc::upstream_refused);
  EXPECT_FALSE(openai::dialect().reply({}, body));
}

TEST(Vendor, by_the_setting_or_the_host) {
  using config::Vendor;

  struct Host {
    const char* url;
    Vendor vendor;
  };

  config::Provider provider;
  for (const Host& c : {
           Host{"https://api.openai.com/v1", Vendor::openai},
           Host{"https://API.OpenAI.com:443/v1", Vendor::openai},
           Host{"https://x.openai.azure.com/openai", Vendor::openai},
           Host{"https://api.anthropic.com", Vendor::anthropic},
           Host{"https://api.deepseek.com", Vendor::deepseek},
           Host{"https://api.moonshot.ai/v1", Vendor::moonshot},
           Host{"https://api.z.ai/api/paas/v4", Vendor::zhipu},
           Host{"https://dashscope-intl.aliyuncs.com/compatible-mode/v1", Vendor::dashscope},
           Host{"https://api.siliconflow.com/v1", Vendor::siliconflow},
           Host{"https://ark.cn-beijing.volces.com/api/v3", Vendor::volcengine},
           Host{"https://openrouter.ai/api/v1", Vendor::openrouter},
           Host{"https://generativelanguage.googleapis.com/v1beta", Vendor::gemini},
           Host{"https://notopenrouter.ai/v1", Vendor::generic},
           Host{"https://openrouter.ai.example/v1", Vendor::generic},
           Host{"http://127.0.0.1:8000/openrouter.ai", Vendor::generic},
           Host{"http://[::1]:8000", Vendor::generic},
           Host{"", Vendor::generic},
       }) {
    provider.base_url = c.url;
    EXPECT_EQ(to_string(vendor_of(provider)), to_string(c.vendor)) << c.url;
  }
  provider.base_url = "https://api.openai.com/v1";
  provider.vendor = Vendor::zhipu;
  EXPECT_EQ(vendor_of(provider), Vendor::zhipu);
  provider.vendor = Vendor::generic;
  EXPECT_TRUE(rules_of(vendor_of(provider)).empty());
}

TEST(Vendor, every_map_is_well_formed) {
  for (const config::Vendor vendor : config::vendors) {
    for (const ShippedRule& rule : rules_of(vendor)) {
      EXPECT_TRUE(rule.status <= 0 || (rule.status >= 400 && rule.status < 500)) << rule.name << rule.message;
      EXPECT_FALSE(rule.name.empty() && rule.message.empty()) << to_string(vendor);
      const bool has_class = std::find(config::rule_classes.begin(), config::rule_classes.end(), rule.becomes) !=
                             config::rule_classes.end();
      EXPECT_TRUE(has_class) << rule.name << rule.message;
    }
  }
}

// --- docs/failover.md ------------------------------------------------------------------------------------------------

std::string manual() {
  std::ifstream in(std::string(GW_TEST_DATA) + "/../../docs/failover.md", std::ios::binary);
  EXPECT_TRUE(in);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Manual, has_a_row_for_every_class_of_a_provider) {
  const std::string text = manual();
  for (auto code = static_cast<std::uint8_t>(Errc::upstream_refused);
       code <= static_cast<std::uint8_t>(Errc::interrupted);
       ++code) {
    const std::string row = "\n| `" + std::string(to_string(static_cast<Errc>(code))) + "` |";
    EXPECT_NE(text.find(row), std::string::npos) << row;
  }
}

TEST(Manual, its_example_does_what_it_says) {
  const std::string text = manual();
  const std::size_t begin = text.rfind("```json\n", text.find("\"error_map\": {")) + 8;
  const std::string example = text.substr(begin, text.find("```", begin) - begin);
  config::LoadResult loaded =
      config::load(R"({"schema_version":1,"models":{"t1":["m"]},)" + example + "}", config::SecretSource::system());
  ASSERT_TRUE(std::holds_alternative<config::Loaded>(loaded)) << example;
  const config::Provider& provider = *std::get<config::Loaded>(loaded).config.providers.by_id.at("house");
  expect_classes(
      provider,
      {
          {429, R"({"error":{"code":"E4290","message":"monthly budget of the team is spent"}})", Errc::billing},
          {429, R"({"error":{"code":"E4291","message":"too fast"}})", Errc::rate_limited},
          {400, R"({"error":{"code":"POLICY_PII","message":"no personal data"}})", Errc::content_policy},
          {400, R"({"error":{"message":"Vision is not enabled for this model"}})", Errc::unsupported_input},
          {400, R"({"error":{"message":"temperature must be a number"}})", Errc::upstream_refused},
      }
  );
}

}  // namespace
}  // namespace gw::dialect
