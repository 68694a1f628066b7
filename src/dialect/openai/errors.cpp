#include "base/text.hpp"
#include "dialect/openai/openai.hpp"
#include "intent/keywords.hpp"

#include <algorithm>
#include <array>

namespace gw::dialect::openai {
namespace {

constexpr std::size_t max_message = 300;

struct Named {
  std::string_view name;
  Errc code;
};

// Codes and types by which OpenAI and its followers name a failure. A 5xx is never judged by them.
constexpr std::array named{
    Named{"rate_limit_exceeded", Errc::rate_limited},
    Named{"rate_limit_error", Errc::rate_limited},
    Named{"rate_limit_reached_error", Errc::rate_limited},  // Moonshot
    Named{"engine_overloaded_error", Errc::rate_limited},   // Moonshot
    Named{"too_many_requests", Errc::rate_limited},
    Named{"overloaded_error", Errc::rate_limited},
    Named{"overloaded", Errc::rate_limited},
    Named{"insufficient_quota", Errc::billing},
    Named{"exceeded_current_quota_error", Errc::billing},  // Moonshot
    Named{"billing_hard_limit_reached", Errc::billing},
    Named{"insufficient_balance", Errc::billing},
    Named{"insufficient_user_quota", Errc::billing},
    Named{"invalid_api_key", Errc::upstream_auth},
    Named{"authentication_error", Errc::upstream_auth},
    Named{"invalid_authentication_error", Errc::upstream_auth},
    Named{"permission_error", Errc::upstream_auth},
    Named{"context_length_exceeded", Errc::upstream_refused},
    Named{"content_filter", Errc::upstream_refused},
    Named{"model_not_found", Errc::upstream_refused},
    Named{"invalid_request_error", Errc::upstream_refused},
};

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_key_byte(char c) {
  return is_alphanumeric(c) || c == '-' || c == '_' || c == '.' || c == '*';
}

constexpr std::string_view mask = "***";

// What follows one of these is a key. Those that end in a letter or dash begin a word ("risk-free" has no key in it).
constexpr std::array<std::string_view, 8> key_marks{"sk-", "sk_", "gsk_", "xai-", "AIza", "Bearer ", "key=", "token="};

void mask_after(std::string& text, std::string_view mark) {
  const bool begins_word = mark.back() != '=';
  std::size_t at = intent::find_ignoring_case(text, mark);
  while (at != std::string::npos) {
    const std::size_t begin = at + mark.size();
    std::size_t end = begin;
    if (!begins_word || at == 0 || !is_alphanumeric(text[at - 1])) {
      while (end < text.size() && is_key_byte(text[end])) ++end;
    }
    if (end != begin) text.replace(begin, end - begin, mask);
    at = intent::find_ignoring_case(text, mark, begin);
  }
}

// Keys without a known beginning: long runs of letters and digits. Names of models have separators.
void mask_runs(std::string& text) {
  constexpr std::size_t key_length = 32;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    bool has_digit = false;
    while (end < text.size() && is_alphanumeric(text[end])) {
      has_digit = has_digit || (text[end] >= '0' && text[end] <= '9');
      ++end;
    }
    if (end - at >= key_length && has_digit) {
      text.replace(at, end - at, mask);
      end = at + mask.size();
    }
    at = end + 1;
  }
}

// Length of the control character at `at`: C0, DEL, C1, line separators, and those that turn the writing direction
// round; 0 for any other.
std::size_t control_length(std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte < 0x20 || byte == 0x7F) return 1;
  const std::string_view rest = text.substr(at);
  if (byte == 0xC2 && rest.size() >= 2 && static_cast<unsigned char>(rest[1]) < 0xA0) return 2;
  if (rest.size() >= 3 && rest.starts_with("\xE2\x80")) {
    const auto last = static_cast<unsigned char>(rest[2]);
    return last >= 0xA8 && last <= 0xAE ? 3 : 0;
  }
  if (rest.size() >= 3 && rest.starts_with("\xE2\x81")) {
    const auto last = static_cast<unsigned char>(rest[2]);
    return last >= 0xA6 && last <= 0xA9 ? 3 : 0;
  }
  return 0;
}

std::string without_controls(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t control = control_length(text, at);
    out.push_back(control != 0 ? ' ' : text[at]);
    at += std::max<std::size_t>(control, 1);
  }
  return out;
}

}  // namespace

Errc class_of(std::string_view code, std::string_view type, int http_status) noexcept {
  if (http_status < 500) {
    for (const std::string_view name : {code, type}) {
      const auto known =
          std::find_if(named.begin(), named.end(), [&](const Named& n) { return iequals(n.name, name); });
      // A refusal is the status' to say: 401 with type invalid_request_error is about the key (OpenAI does that).
      const bool is_generic = known != named.end() && known->code == Errc::upstream_refused && http_status != 0;
      if (known != named.end() && !is_generic) return known->code;
    }
  }
  switch (http_status) {
    case 400:
    case 404:
    case 413:
    case 422:
      return Errc::upstream_refused;
    case 401:
    case 403:
      return Errc::upstream_auth;
    case 402:
      return Errc::billing;
    case 429:
    case 529:
      return Errc::rate_limited;
    default:
      break;
  }
  if (http_status >= 300 && http_status < 400) return Errc::upstream_protocol;
  return Errc::upstream_server;
}

std::string shown_message(std::string_view message) {
  // Masked before the cut to length, so that a key on the edge is seen whole.
  std::string out = without_controls(clip_utf8(message, 4 * max_message));
  for (const std::string_view mark : key_marks) mask_after(out, mark);
  mask_runs(out);
  out.resize(clip_utf8(out, max_message).size());
  return out;
}

}  // namespace gw::dialect::openai
