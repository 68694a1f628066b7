#include "base/text.hpp"
#include "dialect/openai/request_read.hpp"

#include <algorithm>

namespace gw::dialect::openai {

namespace od = simdjson::ondemand;

namespace {

constexpr std::size_t max_left_out = 32;

bool is_number(std::string_view token) noexcept {
  return !token.empty() && (token.front() == '-' || (token.front() >= '0' && token.front() <= '9'));
}

}  // namespace

std::string Path::text() const {
  std::string out = up == nullptr ? std::string{} : up->text();
  if (index != no_index) return out + "[" + std::to_string(index) + "]";
  if (!out.empty()) out.push_back('.');
  return out.append(clip_utf8(name, 60));
}

bool Reading::fail(const Path& at, std::string_view wanted) {
  if (error_) return false;
  std::string path = at.text();
  std::string message = "'" + path + "' must be " + std::string(wanted) + ".";
  error_ = client_error(Errc::invalid_request, std::move(message), std::move(path));
  return false;
}

bool Reading::refuse(const Path& at, std::string_view why) {
  if (error_) return false;
  std::string path = at.text();
  error_ = upstream_error(Errc::unsupported_input, "'" + path + "' " + std::string(why));
  error_->param = std::move(path);
  return false;
}

void Reading::leave_out(const Path& at) {
  if (left_out_.size() == max_left_out) return;
  std::string path = at.text();
  if (std::find(left_out_.begin(), left_out_.end(), path) == left_out_.end()) left_out_.push_back(std::move(path));
}

bool Reading::text(od::value& value, const Path& at, Raw& out) {
  const std::string_view token = token_of(value);
  if (token == "null") return true;
  if (!token.starts_with('"')) return fail(at, "a string");
  out = token.substr(1, token.size() - 2);
  return true;
}

bool Reading::flag(od::value& value, const Path& at, std::optional<bool>& out) {
  const std::string_view token = token_of(value);
  if (token == "null") return true;
  if (token != "true" && token != "false") return fail(at, "true or false");
  out = token == "true";
  return true;
}

bool Reading::number(od::value& value, const Path& at, JsonText& out) {
  const std::string_view token = token_of(value);
  if (token == "null") return true;
  if (!is_number(token)) return fail(at, "a number");
  out = token;
  return true;
}

bool Reading::count(od::value& value, const Path& at, std::optional<std::uint64_t>& out) {
  const std::string_view token = token_of(value);
  if (token == "null") return true;
  const std::optional<std::uint64_t> number = parse_u64(token);
  if (!number) return fail(at, "a whole number");
  out = number;
  return true;
}

bool Reading::object(od::value& value, const Path& at, JsonText& out) {
  if (is_null(value)) return true;
  if (!is_object(value, at)) return false;
  out = whole(value);
  return true;
}

bool Reading::is_object(od::value& value, const Path& at) {
  return token_of(value).starts_with('{') || fail(at, "an object");
}

bool Reading::is_array(od::value& value, const Path& at) {
  return token_of(value).starts_with('[') || fail(at, "an array");
}

}  // namespace gw::dialect::openai
