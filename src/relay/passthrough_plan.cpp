#include "relay/passthrough_plan.hpp"

#include "base/text.hpp"
#include "relay/form.hpp"

#include <algorithm>

namespace gw::relay {
namespace {

using config::Passthrough;
using routing::Candidate;

constexpr std::string_view root = "/v1";
constexpr std::string_view model_key = "model";
constexpr std::size_t max_boundary = 200;  // 70 by RFC 2046; some clients write longer ones

bool is_name(std::string_view segment) noexcept {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  return !segment.empty() && segment != "." && segment != ".." &&
         segment.find_first_not_of(letters) == std::string_view::npos;
}

// Groups that are a folder of paths; the others are one path.
bool has_paths_below(Passthrough group) noexcept {
  return group == Passthrough::images || group == Passthrough::audio;
}

// --- The model in a JSON object --------------------------------------------------------------------------------------

// The place of the closing quote of the string that begins behind `at`.
std::size_t end_of_string(std::string_view text, std::size_t at) noexcept {
  for (std::size_t end = text.find('"', at); end != std::string_view::npos; end = text.find('"', end + 1)) {
    std::size_t escapes = 0;
    while (escapes < end - at && text[end - 1 - escapes] == '\\') ++escapes;
    if (escapes % 2 == 0) return end;
  }
  return std::string_view::npos;
}

bool is_model(std::string_view key) {
  return key == model_key || (key.find('\\') != std::string_view::npos && chat::unescape(key) == model_key);
}

// Strings are stepped over whole; what stands between them is looked at for brackets and commas. Whether all of it is
// JSON is the provider's to say.
Result<std::optional<NamedModel>> model_of_json(std::string_view text) {
  std::optional<NamedModel> found;
  std::size_t at = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  if (at == text.size() || text[at] != '{') return found;
  std::size_t depth = 0;
  bool is_key = false;
  std::string_view key;
  for (; at < text.size(); at = text.find_first_of("\"{}[],", at + 1)) {
    switch (text[at]) {
      case '{':
      case '[':
        is_key = ++depth == 1;
        break;
      case '}':
      case ']':
        if (--depth == 0) return found;
        break;
      case ',':
        is_key = depth == 1;
        break;
      default: {
        const std::size_t begin = at + 1;
        const std::size_t end = end_of_string(text, begin);
        if (end == std::string_view::npos) return found;
        at = end;
        if (depth != 1) break;
        const std::string_view inside = text.substr(begin, end - begin);
        if (is_key) {
          key = inside;
          is_key = false;
        } else if (is_model(key)) {
          if (found) return client_error(Errc::invalid_request, "the request has a model twice", "model");
          found = NamedModel{chat::unescape(inside), {begin, inside.size()}, true};
        }
        break;
      }
    }
  }
  return found;
}

Result<std::optional<NamedModel>> model_of_form(std::string_view text, std::string_view boundary) {
  std::optional<NamedModel> found;
  if (boundary.empty() || boundary.size() > max_boundary) return found;
  const Result<std::optional<chat::Span>> field = field_of_form(text, boundary, model_key);
  if (!field) return field.error();
  if (*field) found = NamedModel{std::string(text.substr((*field)->offset, (*field)->length)), **field, false};
  return found;
}

// How much of the written text says `prefix`, which it begins with once it is unescaped.
std::size_t written_length(std::string_view written, std::string_view prefix) {
  std::size_t length = 0;
  while (length < written.size()) {
    std::size_t one = 1;
    if (written[length] == '\\') one = written.substr(length + 1, 1) == "u" ? 6 : 2;
    length = std::min(written.size(), length + one);
    if (chat::unescape(written.substr(0, length)) == prefix) return length;
  }
  return 0;
}

// --- Whose it is -----------------------------------------------------------------------------------------------------

const Candidate* candidate_of(std::span<const Candidate> passing, std::string_view provider) {
  const auto found =
      std::find_if(passing.begin(), passing.end(), [&](const Candidate& c) { return c.provider->id == provider; });
  return found == passing.end() ? nullptr : &*found;
}

Error not_passed(std::string_view provider, Passthrough group, std::string_view param) {
  const std::string id = provider == "upstream" ? "providers.upstream" : "providers.custom." + std::string(provider);
  const std::string name(to_string(group));
  return client_error(
      Errc::not_found,
      "The provider " + std::string(provider) + " does not answer /v1/" + name + " here; add \"" + name + "\" to " +
          id + ".passthrough.",
      std::string(param)
  );
}

}  // namespace

std::optional<PassthroughPath> passthrough_of_path(std::string_view path) noexcept {
  if (!path.starts_with(root)) return std::nullopt;
  const std::string_view below = path.substr(root.size());
  if (!below.starts_with('/')) return std::nullopt;
  std::string_view rest = below.substr(1);
  const std::string_view first = rest.substr(0, rest.find('/'));
  const auto* const group = std::find_if(
      config::passthroughs.begin(), config::passthroughs.end(), [&](Passthrough one) { return to_string(one) == first; }
  );
  if (group == config::passthroughs.end()) return std::nullopt;
  if (has_paths_below(*group) == (first.size() == rest.size())) return std::nullopt;
  for (;;) {
    const std::size_t end = rest.find('/');
    if (!is_name(rest.substr(0, end))) return std::nullopt;
    if (end == std::string_view::npos) return PassthroughPath{*group, below};
    rest.remove_prefix(end + 1);
  }
}

Result<std::optional<NamedModel>> named_model(std::string_view content_type, std::string_view begun) {
  const std::string_view type = trim_ows(content_type.substr(0, content_type.find(';')));
  if (iequals(type, "multipart/form-data")) return model_of_form(begun, parameter(content_type, "boundary"));
  const bool is_json = type.empty() || iequals(type, "application/json") || type.ends_with("+json");
  if (is_json) return model_of_json(begun);
  return std::optional<NamedModel>{};
}

Result<PassthroughPlan> plan_passthrough(const PassthroughInput& input) {
  const std::span<const Candidate> passing = input.catalog.passing(input.group);
  if (passing.empty()) {
    const std::string name(to_string(input.group));
    return client_error(
        Errc::not_found,
        "No provider answers /v1/" + name + " here; add \"" + name +
            "\" to providers.<id>.passthrough of one that does."
    );
  }
  const Result<std::optional<NamedModel>> named = named_model(input.content_type, input.begun);
  if (!named) return named.error();
  PassthroughPlan plan;
  if (*named) plan.model = (*named)->name;

  const auto& providers = input.config.providers;
  const std::size_t slash = plan.model.find('/');
  const bool has_prefix = slash != std::string::npos && providers.by_id.contains(plan.model.substr(0, slash));
  std::string_view id = input.provider;
  std::string_view param = "x-smartroute-provider";
  const std::string prefix = has_prefix ? plan.model.substr(0, slash) : std::string{};
  if (id.empty()) {
    param = model_key;
    id = prefix;
    const auto mapped = providers.model_map.find(plan.model);
    if (id.empty() && mapped != providers.model_map.end()) id = mapped->second;
  } else if (!providers.by_id.contains(id)) {
    return client_error(
        Errc::invalid_request,
        "x-smartroute-provider names \"" + std::string(clip_utf8(id, 100)) + "\", which is no configured provider.",
        std::string(param)
    );
  }

  if (id.empty()) {
    for (const Candidate& candidate : passing) plan.candidates.push_back(&candidate);
    return plan;
  }
  const Candidate* const candidate = candidate_of(passing, id);
  if (candidate == nullptr) return not_passed(id, input.group, param);
  plan.is_pinned = true;
  plan.candidates.push_back(candidate);
  // The provider that the header names may have models of another's name: "openai/whisper" stays what it is there.
  if (!has_prefix || prefix != id) return plan;
  const NamedModel& model = **named;
  const std::string written_prefix = prefix + "/";
  if (plan.model.size() == written_prefix.size()) {
    return client_error(Errc::invalid_request, "there is no model behind \"" + written_prefix + "\"", "model");
  }
  const std::string_view written = input.begun.substr(model.value.offset, model.value.length);
  plan.cut = {model.value.offset, model.is_json ? written_length(written, written_prefix) : written_prefix.size()};
  plan.model.erase(0, written_prefix.size());
  return plan;
}

}  // namespace gw::relay
