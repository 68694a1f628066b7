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
        "fc00::1",
        "febf::1",
        "0:0:0:0:0:0:0:1",
        "100.127.255.255",
        "::ffff:127.0.0.1",
        "::ffff:100.64.0.1",
        "::FFFF:192.168.1.1",
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
        "100.63.255.255",
        "169.253.0.1",
        "126.255.255.255",
        "0.0.0.0",
        "fec0::1",
        "fe00::1",
        "::2",
        "1::1",
        "::127.0.0.1",
        "127.1",
        "0x7f.0.0.1",
        "127.0.0.1 ",
        "[::1]",
        "%eth0",
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
  EXPECT_EQ(authenticate({"Bearer the-key", {}}, "8.8.8.8", config)->key_id, "gateway");
  EXPECT_TRUE(authenticate({"bearer  the-key ", {}}, "8.8.8.8", config));
  for (const char* const bad :
       {"", "Bearer", "Bearer ", "Bearer the-ke", "Bearer the-key2", "Basic the-key", "the-key", "Bearer THE-KEY"}) {
    const auto result = authenticate({bad, {}}, "127.0.0.1", config);
    ASSERT_FALSE(result) << bad;
    EXPECT_EQ(result.error().code, Errc::unauthenticated) << bad;
    EXPECT_EQ(result.error().message.find("the-key"), std::string::npos);
  }
}

TEST(Authenticate, the_message_says_which_of_the_two_it_was) {
  struct Case {
    const char* header;
    const char* says;
  };

  for (const Case& c : {
           Case{"", "Missing Authorization header"},
           Case{"Basic dGhlOmtleQ==", "Missing Authorization header"},
           Case{"the-key", "Missing Authorization header"},
           Case{"Bearer other", "Invalid Gateway API Key"},
           Case{"BEARER other", "Invalid Gateway API Key"},
       }) {
    const auto result = authenticate({c.header, {}}, "127.0.0.1", with_key("the-key"));
    ASSERT_FALSE(result) << c.header;
    EXPECT_TRUE(result.error().message.starts_with(c.says)) << c.header << ": " << result.error().message;
    EXPECT_EQ(result.error().origin, Origin::client);
    EXPECT_EQ(result.error().message.find("other"), std::string::npos) << "what was sent is not repeated";
  }
  EXPECT_TRUE(authenticate({"BEARER the-key", {}}, "8.8.8.8", with_key("the-key")));
  EXPECT_TRUE(authenticate({"Bearer x", {}}, "8.8.8.8", with_key("")).has_error())
      << "a key does not open a gateway without one";
  EXPECT_NE(
      authenticate({"", {}}, "8.8.8.8", with_key("")).error().message.find("general.gateway_api_key"), std::string::npos
  );
}

TEST(Authenticate, an_open_gateway_answers_private_callers_only) {
  config::Config config = with_key("");
  EXPECT_EQ(authenticate({"", {}}, "192.168.0.9", config)->key_id, "open");
  EXPECT_EQ(authenticate({"", {}}, "8.8.8.8", config).error().code, Errc::forbidden);
  config.general.open_to_public = true;
  EXPECT_TRUE(authenticate({"", {}}, "8.8.8.8", config));
}

TEST(Cors, any_origin_with_a_key_none_without) {
  EXPECT_FALSE(cors("", with_key("k")).allowed);
  EXPECT_EQ(cors("https://a.example", with_key("k")).allow_origin, "*");
  EXPECT_FALSE(cors("https://a.example", with_key("")).allowed) << "a page must not use its visitor's open gateway";
  config::Config listed = with_key("");
  listed.cors.origins = std::vector<std::string>{"https://a.example"};
  EXPECT_EQ(cors("https://a.example", listed).allow_origin, "https://a.example");
  EXPECT_FALSE(cors("https://b.example", listed).allowed);
  EXPECT_FALSE(cors("https://a.example.evil", listed).allowed);
  EXPECT_FALSE(cors("", listed).allowed);
  listed.cors.origins = std::vector<std::string>{"*"};
  EXPECT_EQ(cors("https://b.example", listed).allow_origin, "*") << "the operator's word for an open gateway";
  listed.cors.origins = std::vector<std::string>{};
  EXPECT_FALSE(cors("https://a.example", listed).allowed);
  listed.general.gateway_api_key = Secret("k");
  EXPECT_FALSE(cors("https://a.example", listed).allowed) << "an empty list means none, with a key too";
}

}  // namespace
}  // namespace gw::access
