#include "http/retry_after.hpp"

#include <gtest/gtest.h>

namespace gw::http {
namespace {

using namespace std::chrono_literals;
namespace chr = std::chrono;

// Sun, 06 Nov 1994 08:49:37 GMT, and a half second.
constexpr chr::system_clock::time_point now =
    chr::sys_days{chr::year{1994} / chr::November / 6} + 8h + 49min + 37s + 500ms;
constexpr Millis cap = 1h;

TEST(RetryAfter, understands_what_providers_send) {
  struct Case {
    const char* name;
    std::string_view retry_after;
    std::string_view retry_after_ms;
    std::optional<Millis> wait;
  };

  for (const Case& c : {
           Case{"nothing", "", "", std::nullopt},
           Case{"seconds", "7", "", 7s},
           Case{"zero", "0", "", 0s},
           Case{"space around", " 7 ", "", 7s},
           Case{"decimals", "1.25", "", 1250ms},
           Case{"less than a millisecond", "0.0001", "", 1ms},
           Case{"milliseconds", "", "250", 250ms},
           Case{"decimals of milliseconds", "", "250.5", 251ms},
           Case{"milliseconds win", "7", "250", 250ms},
           Case{"junk in milliseconds", "7", "soon", 7s},
           Case{"negative milliseconds are understood", "7", "-1", 0ms},
           Case{"negative", "-5", "", 0s},
           Case{"huge", "1000000000", "", cap},
           Case{"with an exponent", "1e9", "", cap},
           Case{"beyond every type", "9999999999999999999999999999999999999999", "", cap},
           Case{"beyond every number", std::string_view{"1e99999"}, "", cap},
           Case{"beyond every number, negative", "-1e99999", "", 0s},
           Case{"huge milliseconds", "", "99999999999999999999", cap},
           Case{"the cap itself", "3600", "", cap},
           Case{"no number", "nan", "", std::nullopt},
           Case{"infinite", "inf", "", std::nullopt},
           Case{"minus infinite", "-inf", "", std::nullopt},
           Case{"a unit", "30s", "", std::nullopt},
           Case{"hexadecimal", "0x10", "", std::nullopt},
           Case{"two values", "7, 8", "", std::nullopt},
           Case{"words", "please wait", "", std::nullopt},
           Case{"a space inside", "1 0", "", std::nullopt},
           Case{"in a minute", "Sun, 06 Nov 1994 08:50:37 GMT", "", 59500ms},
           Case{"past", "Sun, 06 Nov 1994 08:48:37 GMT", "", 0s},
           Case{"long past", "Thu, 01 Jan 1970 00:00:00 GMT", "", 0s},
           Case{"far ahead", "Fri, 31 Dec 9999 23:59:59 GMT", "", cap},
           Case{"RFC 850", "Sunday, 06-Nov-94 08:50:37 GMT", "", 59500ms},
           Case{"asctime", "Sun Nov  6 08:50:37 1994", "", 59500ms},
           Case{"case does not matter", "sun, 06 nov 1994 08:50:37 gmt", "", 59500ms},
           Case{"no such day", "Sun, 31 Feb 1994 08:50:37 GMT", "", std::nullopt},
           Case{"another zone", "Sun, 06 Nov 1994 08:50:37 +0800", "", std::nullopt},
           Case{"ISO 8601", "1994-11-06T08:50:37Z", "", std::nullopt},
           Case{"half a date", "Sun, 06 Nov 1994", "", std::nullopt},
       }) {
    EXPECT_EQ(retry_after({c.retry_after, c.retry_after_ms}, now, cap), c.wait) << c.name;
  }
}

TEST(RetryAfter, two_digits_of_a_year_mean_the_nearest_century) {
  const auto today = chr::sys_days{chr::year{2026} / chr::March / 1};
  const auto year_of = [&](std::string_view text) {
    return static_cast<int>(chr::year_month_day{chr::floor<chr::days>(parse_date(text, today).value())}.year());
  };
  EXPECT_EQ(year_of("Sunday, 01-Mar-26 00:00:00 GMT"), 2026);
  EXPECT_EQ(year_of("Sunday, 01-Mar-76 00:00:00 GMT"), 2076);
  EXPECT_EQ(year_of("Sunday, 01-Mar-77 00:00:00 GMT"), 1977);
}

TEST(RetryAfter, every_cut_of_a_date_is_nothing) {
  constexpr std::string_view date = "Sun, 06 Nov 1994 08:49:37 GMT";
  ASSERT_TRUE(parse_date(date, now));
  for (std::size_t length = 0; length < date.find("7 GMT"); ++length) {
    EXPECT_FALSE(parse_date(date.substr(0, length), now)) << length;
  }
  for (const std::string_view bad :
       {"Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT",
        "Sun, 06 Nov 19945 08:49:37 GMT",
        "Sun, 06 Nov 994 08:49:37 GMT",
        "06 06 Nov 1994 08:49:37",
        "Sun, 06 Nov Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 08:49:37",
        "Sun, 06 Nov 1994 8:49",
        "::",
        "00 Nov 1994 08:49:37"}) {
    EXPECT_FALSE(parse_date(bad, now)) << bad;
  }
}

}  // namespace
}  // namespace gw::http
