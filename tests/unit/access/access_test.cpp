#include "access/access.hpp"

#include <gtest/gtest.h>

namespace gw::access {
namespace {

TEST(Address, private_and_public) {
  for (const char* const inside :
       {"127.0.0.1",
        "127.9.9.9",
        "::1",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.0.1",
        "100.64.0.1",
        "fe80::1",
        "fe80::1%eth0",
        "fd00::1",
        "::ffff:10.0.0.1"}) {
    EXPECT_TRUE(is_private_address(inside)) << inside;
  }
  for (const char* const outside :
       {"8.8.8.8",
        "172.32.0.1",
        "172.15.0.1",
        "100.128.0.1",
        "2001:db8::1",
        "::ffff:8.8.8.8",
        "",
        "x",
        "127.0.0.1.evil",
        "11.0.0.1",
        "192.169.0.1",
        "::"}) {
    EXPECT_FALSE(is_private_address(outside)) << outside;
  }
}

config::Config with_key(const char* key) {
  config::Config config;
  config.general.gateway_api_key = Secret(key);
  return config;
}

TEST(Authenticate, by_key) {
  const config::Config config = with_key("the-key");
  EXPECT_EQ(authenticate("Bearer the-key", "8.8.8.8", config)->key_id, "gateway");
  EXPECT_TRUE(authenticate("bearer  the-key ", "8.8.8.8", config));
  for (const char* const bad :
       {"", "Bearer", "Bearer ", "Bearer the-ke", "Bearer the-key2", "Basic the-key", "the-key", "Bearer THE-KEY"}) {
    const auto result = authenticate(bad, "127.0.0.1", config);
    ASSERT_FALSE(result) << bad;
    EXPECT_EQ(result.error().code, Errc::unauthenticated) << bad;
    EXPECT_EQ(result.error().message.find("the-key"), std::string::npos);
  }
}

TEST(Authenticate, an_open_gateway_answers_private_callers_only) {
  config::Config config = with_key("");
  EXPECT_EQ(authenticate("", "192.168.0.9", config)->key_id, "open");
  EXPECT_EQ(authenticate("", "8.8.8.8", config).error().code, Errc::forbidden);
  config.general.open_to_public = true;
  EXPECT_TRUE(authenticate("", "8.8.8.8", config));
}

TEST(Cors, any_origin_with_a_key_none_without) {
  EXPECT_FALSE(cors("", with_key("k")).allowed);
  EXPECT_EQ(cors("https://a.example", with_key("k")).allow_origin, "*");
  EXPECT_FALSE(cors("https://a.example", with_key("")).allowed) << "a page must not use its visitor's open gateway";
  config::Config listed = with_key("");
  listed.cors.origins = std::vector<std::string>{"https://a.example"};
  EXPECT_EQ(cors("https://a.example", listed).allow_origin, "https://a.example");
  EXPECT_FALSE(cors("https://b.example", listed).allowed);
}

}  // namespace
}  // namespace gw::access
