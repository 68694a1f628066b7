#include "http/retry_after.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace gw::http {
namespace {

namespace chr = std::chrono;

// A number and nothing else. One that is too large for a double is the largest there is.
std::optional<double> number_of(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) {
    return text.starts_with('-') ? 0 : std::numeric_limits<double>::max();
  }
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

// In doubles until it is known to fit.
Millis clamped(double ms, Millis cap) {
  if (ms <= 0) return Millis{0};
  if (ms >= static_cast<double>(cap.count())) return cap;
  return Millis{static_cast<std::int64_t>(std::ceil(ms))};
}

// Digits and nothing else, at most four of them.
std::optional<unsigned> short_number(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  const auto number = parse_u64(text);
  if (!number) return std::nullopt;
  return static_cast<unsigned>(*number);
}

std::optional<unsigned> month_of(std::string_view text) {
  constexpr std::array<std::string_view, 12> names{
      "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
  const auto found =
      std::find_if(names.begin(), names.end(), [&](std::string_view name) { return iequals(name, text); });
  if (found == names.end()) return std::nullopt;
  return static_cast<unsigned>(found - names.begin()) + 1;
}

// A day's name tells nothing that the date does not, and the zone is always UTC (RFC 9110 5.6.7).
bool says_nothing(std::string_view text) {
  constexpr std::array<std::string_view, 16> words{
      "mon",
      "tue",
      "wed",
      "thu",
      "fri",
      "sat",
      "sun",
      "monday",
      "tuesday",
      "wednesday",
      "thursday",
      "friday",
      "saturday",
      "sunday",
      "gmt",
      "utc"};
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return iequals(word, text); });
}

// hh:mm:ss, a leap second included.
std::optional<chr::seconds> time_of_day(std::string_view text) {
  const std::size_t first = text.find(':');
  const std::size_t second = text.find(':', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return std::nullopt;
  const auto hour = short_number(text.substr(0, first));
  const auto minute = short_number(text.substr(first + 1, second - first - 1));
  const auto seconds = short_number(text.substr(second + 1));
  if (!hour || !minute || !seconds || *hour > 23 || *minute > 59 || *seconds > 60) return std::nullopt;
  return chr::hours(*hour) + chr::minutes(*minute) + chr::seconds(*seconds);
}

// The parts of a date, in whichever order its form has them.
struct Parts {
  std::optional<unsigned> day;
  std::optional<unsigned> month;
  std::optional<unsigned> year;
  std::size_t year_digits = 0;
  std::optional<chr::seconds> time;

  // False for a part that belongs into no date, or comes twice.
  bool take(std::string_view token) {
    if (says_nothing(token)) return true;
    if (token.find(':') != std::string_view::npos) {
      if (time) return false;
      time = time_of_day(token);
      return time.has_value();
    }
    if (const auto name = month_of(token)) {
      if (month) return false;
      month = name;
      return true;
    }
    const auto number = short_number(token);
    if (!number) return false;
    if (!day && token.size() <= 2) {
      day = number;
      return true;
    }
    if (year) return false;
    year = number;
    year_digits = token.size();
    return year_digits == 2 || year_digits == 4;
  }
};

}  // namespace

// IMF-fixdate  Sun, 06 Nov 1994 08:49:37 GMT
// RFC 850      Sunday, 06-Nov-94 08:49:37 GMT
// asctime      Sun Nov  6 08:49:37 1994
std::optional<chr::sys_seconds> parse_date(std::string_view text, chr::system_clock::time_point now) {
  constexpr std::string_view separators = " \t,-";
  Parts parts;
  for (std::size_t at = text.find_first_not_of(separators); at != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(separators, at), text.size());
    if (!parts.take(text.substr(at, end - at))) return std::nullopt;
    at = text.find_first_not_of(separators, end);
  }
  if (!parts.day || !parts.month || !parts.year || !parts.time) return std::nullopt;
  int year = static_cast<int>(*parts.year);
  if (parts.year_digits == 2) {  // more than 50 years ahead means the past century
    const chr::year_month_day today{chr::floor<chr::days>(now)};
    const int this_year = static_cast<int>(today.year());
    year += this_year - this_year % 100;
    if (year > this_year + 50) year -= 100;
  }
  const chr::year_month_day date{chr::year{year}, chr::month{*parts.month}, chr::day{*parts.day}};
  if (!date.ok()) return std::nullopt;
  return chr::sys_days{date} + *parts.time;
}

std::optional<Millis> retry_after(const RetryAfterHeaders& headers, chr::system_clock::time_point now, Millis cap) {
  if (const auto ms = number_of(trim_ows(headers.retry_after_ms))) return clamped(*ms, cap);
  const std::string_view text = trim_ows(headers.retry_after);
  if (text.empty()) return std::nullopt;
  if (const auto seconds = number_of(text)) return clamped(*seconds * 1000, cap);
  const auto date = parse_date(text, now);
  if (!date) return std::nullopt;
  using Fractional = chr::duration<double, std::milli>;  // the clock's own ticks end in the year 2262
  return clamped((Fractional(date->time_since_epoch()) - Fractional(now.time_since_epoch())).count(), cap);
}

}  // namespace gw::http
