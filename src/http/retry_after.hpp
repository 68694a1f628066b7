// How long a peer asks to wait. Pure: header texts and the wall clock in, a duration out.
#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace gw::http {

/// The values of the two headers, empty when there is none.
struct RetryAfterHeaders {
  std::string_view retry_after;     ///< seconds or a date (RFC 9110 10.2.3)
  std::string_view retry_after_ms;  ///< milliseconds (OpenAI, Azure); the finer one wins
};

/// What the headers ask for, at least zero and at most `cap`; nullopt when they say nothing that can be understood. A
/// date is held against `now`, so that a clock that is wrong here makes it wrong too, but never longer than `cap`.
[[nodiscard]] std::optional<Millis> retry_after(
    const RetryAfterHeaders& headers, std::chrono::system_clock::time_point now, Millis cap
);

/// An HTTP date in any of its three forms (RFC 9110 5.6.7). `now` settles which century two digits of a year mean.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_date(
    std::string_view text, std::chrono::system_clock::time_point now
);

}  // namespace gw::http
