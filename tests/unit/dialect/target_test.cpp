// Paths and fixed headers of requests, for all dialects that ask a provider.
#include "dialect/target.hpp"

#include "dialect/dialect.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gw::dialect::test {
namespace {

std::string with(std::string_view base, std::string_view endpoint, std::string_view model = "m") {
  BasePath path(base);
  path.drop("/chat/completions");
  return path.with(endpoint, model);
}

TEST(Target, base_endpoint_and_query) {
  EXPECT_EQ(with("/v1", "/chat/completions"), "/v1/chat/completions");
  EXPECT_EQ(with("/v1/", "/chat/completions"), "/v1/chat/completions");
  EXPECT_EQ(with("", "/embeddings"), "/embeddings");
  EXPECT_EQ(with("/v1/chat/completions", "/embeddings"), "/v1/embeddings");
  EXPECT_EQ(with("/v1/chat/completions?a=b", "/embeddings"), "/v1/embeddings?a=b");
  EXPECT_EQ(with("/v1/chat/completions/?a=b", "/embeddings"), "/v1/embeddings?a=b");
  EXPECT_EQ(with("?a=b/chat/completions", "/embeddings"), "/embeddings?a=b/chat/completions");
  EXPECT_EQ(with("/v1?a=b", "/images?c=d"), "/v1/images?c=d&a=b");
  EXPECT_EQ(with("/v1?", "/images"), "/v1/images");
}

TEST(Target, the_model_in_a_path_is_escaped) {
  const std::string_view base = "/openai/deployments/{model}?api-version=2024-10-21";
  EXPECT_EQ(
      with(base, "/chat/completions", "gpt-4o"), "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21"
  );
  EXPECT_EQ(with("/{model}/{model}", "/x", "a b?c#d%/\r\n"), "/a%20b%3Fc%23d%25%2F%0D%0A/a%20b%3Fc%23d%25%2F%0D%0A/x");
  EXPECT_EQ(with("/{model}", "/x", "{model}"), "/%7Bmodel%7D/x") << "a name is no place for another";
}

TEST(Target, one_that_names_the_model_is_not_kept) {
  const Secret key("k");
  config::Provider provider;
  for (const config::Protocol protocol :
       {config::Protocol::openai, config::Protocol::v1_messages, config::Protocol::v1_response}) {
    for (const auto& [base, is_of_model] : {std::pair{"/v1", false}, std::pair{"/d/{model}/v1?a=b", true}}) {
      const Request request =
          for_protocol(protocol)->request({.provider = provider, .key = key, .base_path = base, .model = "a b"});
      EXPECT_EQ(request.is_of_model, is_of_model) << request.target;
      EXPECT_EQ(request.target.starts_with("/d/a%20b/v1/"), is_of_model) << request.target;
      EXPECT_EQ(request.target.ends_with("?a=b"), is_of_model) << request.target;
    }
  }
}

TEST(Target, gemini_s_own_query_stays) {
  const Secret key;
  const config::Provider provider;
  const Request request =
      for_protocol(config::Protocol::gemini)
          ->request({.provider = provider, .key = key, .base_path = "/v1beta/?a=b", .model = "g", .is_stream = true});
  EXPECT_EQ(request.target, "/v1beta/models/g:streamGenerateContent?alt=sse&a=b");
}

TEST(Target, the_key_goes_into_one_header) {
  const Secret key("k");
  const auto lines = [&](const config::Provider& provider, std::string_view header) {
    std::string out;
    add_key(out, provider, key, header);
    add_operators_headers(out, provider);
    return out;
  };
  config::Provider provider;
  EXPECT_EQ(lines(provider, "Authorization"), "Authorization: Bearer k\r\n");
  EXPECT_EQ(lines(provider, "x-api-key"), "x-api-key: k\r\n");
  provider.key_header = "api-key";
  EXPECT_EQ(lines(provider, "Authorization"), "api-key: k\r\n");
  provider.headers = {{"API-KEY", "mine"}};
  EXPECT_EQ(lines(provider, "Authorization"), "API-KEY: mine\r\n");
  provider.headers = {{"authorization", "Basic x"}};
  EXPECT_EQ(lines(provider, "x-api-key"), "authorization: Basic x\r\n");
  provider.headers.clear();
  provider.key_header = "authorization";
  EXPECT_EQ(lines(provider, "x-api-key"), "authorization: Bearer k\r\n");
}

}  // namespace
}  // namespace gw::dialect::test
