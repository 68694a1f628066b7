#include "base/text.hpp"
#include "dialect/openai/openai.hpp"

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

bool is_key_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.' || c == '*';
}

// "sk-...", "Bearer ...": whatever follows is replaced.
void mask_after(std::string& text, std::string_view prefix) {
  for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at + prefix.size())) {
    const std::size_t begin = at + prefix.size();
    std::size_t end = begin;
    while (end < text.size() && is_key_byte(text[end])) ++end;
    text.replace(begin, end - begin, "***");
  }
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
  if (const auto number = parse_u64(code); http_status == 0 && number && *number >= 400 && *number < 600) {
    return class_of({}, {}, static_cast<int>(*number));  // OpenRouter puts the status into the code
  }
  return Errc::upstream_server;
}

std::string shown_message(std::string_view message) {
  std::string out(clip_utf8(message, max_message));
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  mask_after(out, "sk-");
  mask_after(out, "Bearer ");
  mask_after(out, "key=");
  return out;
}

}  // namespace gw::dialect::openai
