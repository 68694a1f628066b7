#include "dialect/failure.hpp"

#include "base/text.hpp"
#include "dialect/vendors.hpp"
#include "intent/keywords.hpp"

#include <algorithm>
#include <array>

namespace gw::dialect {
namespace {

constexpr std::size_t max_message = 300;
constexpr std::size_t max_param = 80;

// --- Messages that may be shown --------------------------------------------------------------------------------------

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

// The provider's own keys in the words it sends back, whatever they look like.
std::string without_keys(std::string_view message, const config::Provider& provider) {
  constexpr std::size_t shortest_key = 8;  // a shorter one would mask ordinary words
  std::string out(message);
  const auto hide = [&](std::string_view secret) {
    if (secret.size() < shortest_key) return;
    for (std::size_t at = out.find(secret); at != std::string::npos; at = out.find(secret, at + mask.size())) {
      out.replace(at, secret.size(), mask);
    }
  };
  for (const config::ProviderKey& key : provider.keys) hide(key.secret.reveal());
  // A header may hold a key too: its last word, behind a scheme.
  for (const auto& [name, value] : provider.headers) {
    const std::size_t space = value.rfind(' ');
    hide(space == std::string::npos ? std::string_view(value) : std::string_view(value).substr(space + 1));
  }
  return out;
}

// --- Classes ---------------------------------------------------------------------------------------------------------

bool is_refused_status(int status) noexcept {
  return status == 400 || status == 413 || status == 422;
}

// `pattern` is a name, or its beginning with a star behind it.
bool is_named(std::string_view name, std::string_view pattern) noexcept {
  if (!pattern.ends_with('*')) return iequals(name, pattern);
  pattern.remove_suffix(1);
  return iequals(name.substr(0, pattern.size()), pattern);
}

bool says(const std::string& message, std::string_view part) noexcept {
  return intent::find_ignoring_case(message, part) != std::string_view::npos;
}

bool holds(const config::ErrorRule& rule, const ErrorFacts& facts) noexcept {
  return (rule.status == 0 || rule.status == facts.status) && (rule.code.empty() || is_named(facts.code, rule.code)) &&
         (rule.type.empty() || is_named(facts.type, rule.type)) &&
         (rule.message.empty() || says(facts.message, rule.message));
}

bool holds(const ShippedRule& rule, const ErrorFacts& facts) noexcept {
  if (rule.status == ShippedRule::refused) {
    if (facts.status != 0 && !is_refused_status(facts.status)) return false;
  } else if (rule.status != 0 && rule.status != facts.status) {
    return false;
  }
  if (!rule.name.empty() && !is_named(facts.code, rule.name) && !is_named(facts.type, rule.name)) return false;
  return rule.message.empty() || says(facts.message, rule.message);
}

// Names that say no more than a status does: they count where there is none.
constexpr std::array<std::string_view, 6> names_of_refusals{
    "invalid_request_error",
    "bad_request_error",
    "BadRequest*",
    "InvalidParameter*",
    "MissingParameter*",
    "not_found_error"};

Errc class_of_status(const ErrorFacts& facts) noexcept {
  switch (facts.status) {
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
      return Errc::rate_limited;
    case 0:
      break;
    default:
      return Errc::upstream_server;
  }
  const bool is_refused = std::any_of(names_of_refusals.begin(), names_of_refusals.end(), [&](std::string_view name) {
    return is_named(facts.code, name) || is_named(facts.type, name);
  });
  return is_refused ? Errc::upstream_refused : Errc::upstream_server;
}

}  // namespace

Errc class_of(const ErrorFacts& facts, const config::Provider& provider) noexcept {
  if (facts.status >= 300 && facts.status < 400) return Errc::upstream_protocol;
  if (facts.status >= 500) return facts.status == 529 ? Errc::rate_limited : Errc::upstream_server;
  for (const config::ErrorRule& rule : provider.error_map) {
    if (holds(rule, facts)) return rule.becomes;
  }
  for (const auto& rules : {rules_of(vendor_of(provider)), common_rules()}) {
    for (const ShippedRule& rule : rules) {
      if (holds(rule, facts)) return rule.becomes;
    }
  }
  return class_of_status(facts);
}

Error error_of(const ErrorFacts& facts, const config::Provider& provider) {
  const Errc code = class_of(facts, provider);
  const std::string words = shown_message(without_keys(facts.message, provider));
  Error error = upstream_error(code, words);
  if (!is_refusal(code) || words.empty()) {
    error.message = facts.in_band ? "an error with status 200" : "status " + std::to_string(facts.status);
    if (!words.empty()) error.message.append(": ").append(words);
  }
  if (is_refusal(code)) error.param = clip_utf8(shown_message(without_keys(facts.param, provider)), max_param);
  if (!facts.in_band) error.upstream_status = static_cast<std::uint16_t>(facts.status);
  return error;
}

std::string shown_message(std::string_view message) {
  // Masked before the cut to length, so that a key on the edge is seen whole.
  std::string out = without_controls(clip_utf8(message, 4 * max_message));
  for (const std::string_view mark : key_marks) mask_after(out, mark);
  mask_runs(out);
  out.resize(clip_utf8(out, max_message).size());
  return out;
}

}  // namespace gw::dialect
