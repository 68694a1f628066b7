#include "dialect/provider_json.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <memory>

namespace gw::dialect {

namespace od = simdjson::ondemand;

namespace {

constexpr std::size_t keep_bytes = 1024UL * 1024;

struct Workspace {
  od::parser parser;
  std::string copy;
};

thread_local std::unique_ptr<Workspace> held;

// Kept between documents of a thread, but not the memory of a rare huge one.
Workspace& workspace() {
  if (!held || held->copy.capacity() > keep_bytes) held = std::make_unique<Workspace>();
  return *held;
}

// A status inside an error object: OpenRouter and Google put it into `code`, others into `status`.
int status_in(std::string_view text) noexcept {
  const auto number = parse_u64(text);
  return number && *number >= 400 && *number < 600 ? static_cast<int>(*number) : 0;
}

// Scalars of an error object: texts without their quotes, numbers as written.
std::string scalar_text(od::value value) {
  std::string_view text;
  if (value.get_string().get(text) == simdjson::SUCCESS) return std::string(text);
  const std::string_view raw = trimmed(value.raw_json_token());
  return raw == "null" || raw.starts_with('{') || raw.starts_with('[') ? std::string{} : std::string(raw);
}

// Whether an object may be the one around the error: {"error": {...}}.
enum class Around : std::uint8_t { no, yes };

ErrorFacts read_error(od::object object, int http_status, Around around) {
  ErrorFacts facts;
  facts.in_band = http_status == 0;
  int told_status = 0;
  const auto tell = [&](std::string_view text) {
    if (const int status = status_in(text); status != 0) told_status = status;
  };
  std::optional<ErrorFacts> inner;
  for (auto member : object) {
    od::field field;
    if (std::move(member).get(field) != simdjson::SUCCESS) break;
    const od::raw_json_string key = field.key();
    if (key == "error") {
      if (around == Around::yes && !is_no_error(field.value())) {
        inner = dialect::read_error(field.value(), http_status);
      }
    } else if (key == "message" || key == "msg" || key == "detail") {
      if (std::string text = scalar_text(field.value()); !text.empty()) facts.message = std::move(text);
    } else if (key == "code") {
      facts.code = scalar_text(field.value());
      tell(facts.code);
    } else if (key == "type") {
      facts.type = scalar_text(field.value());
    } else if (key == "param") {
      facts.param = scalar_text(field.value());
    } else if (key == "status" || key == "status_code" || key == "http_code") {
      tell(scalar_text(field.value()));
    }
  }
  facts.status = facts.in_band ? told_status : http_status;
  if (!inner) return facts;
  if (inner->status == 0) inner->status = facts.status;
  if (!inner->code.empty() || !inner->type.empty()) return std::move(*inner);
  // {"error": "Not Found", "message": "..."}: what is around it may say more.
  facts.status = inner->status;
  if (facts.message.empty()) facts.message = std::move(inner->message);
  return facts;
}

// Behind the brace that closes the one at `begin`; npos = it is not here.
std::size_t end_of_object(std::string_view json, std::size_t begin) {
  std::size_t depth = 0;
  for (std::size_t at = begin; at != std::string_view::npos; at = json.find_first_of("{}", at + 1)) {
    depth += json[at] == '{' ? 1 : 0;
    if (json[at] == '}' && --depth == 0) return at + 1;
  }
  return std::string_view::npos;
}

}  // namespace

std::optional<std::string_view> object_in(std::string_view piece, std::string_view name) {
  const std::string quoted = '"' + std::string(name) + '"';
  const std::size_t at = piece.rfind(quoted);
  if (at == std::string_view::npos) return std::nullopt;
  const std::size_t begin = piece.find('{', at);
  if (begin == std::string_view::npos) return std::nullopt;
  if (piece.find_first_not_of(" \t\r\n:", at + quoted.size()) != begin) return std::nullopt;
  const std::size_t end = end_of_object(piece, begin);
  if (end == std::string_view::npos) return std::nullopt;
  return piece.substr(begin, end - begin);
}

simdjson::error_code parse(std::string_view json, od::document& out) {
  Workspace& space = workspace();
  space.copy.assign(json);
  space.copy.append(simdjson::SIMDJSON_PADDING, ' ');
  return space.parser.iterate(space.copy.data(), json.size(), space.copy.size()).get(out);
}

std::optional<std::uint64_t> count_in(od::value& value) noexcept {
  constexpr double most = 9007199254740992.0;  // beyond it not every whole number is one of these
  std::uint64_t whole = 0;
  if (value.get_uint64().get(whole) == simdjson::SUCCESS) return whole;
  const std::string_view token = trimmed(value.raw_json_token());
  double number = 0;
  if (token.starts_with('"') || value.get_double().get(number) != simdjson::SUCCESS) return std::nullopt;
  if (!(number >= 0 && number <= most)) return std::nullopt;
  return static_cast<std::uint64_t>(number);
}

void let_go_of_large(simdjson::dom::parser& parser) {
  if (parser.capacity() > keep_bytes) parser = simdjson::dom::parser();
}

std::string_view original(std::string_view view, std::string_view json) noexcept {
  if (view.empty()) return {};
  return json.substr(static_cast<std::size_t>(view.data() - held->copy.data()), view.size());
}

bool is_no_error(od::value value) {
  const std::string_view token = trimmed(value.raw_json_token());
  return token == "null" || token == "false" || token == "\"\"";
}

ErrorFacts read_error(od::value value, int http_status) {
  od::object object;
  if (value.get_object().get(object) == simdjson::SUCCESS) return read_error(object, http_status, Around::no);
  ErrorFacts facts;
  facts.in_band = http_status == 0;
  facts.status = http_status;
  facts.message = scalar_text(value);
  return facts;
}

ErrorFacts read_error_body(std::string_view json, int http_status) {
  ErrorFacts nothing;
  nothing.in_band = http_status == 0;
  nothing.status = http_status;
  od::document document;
  od::json_type type{};
  if (parse(json, document) != simdjson::SUCCESS || document.type().get(type) != simdjson::SUCCESS) return nothing;
  if (type == od::json_type::string) {
    std::string_view text;
    if (document.get_string().get(text) == simdjson::SUCCESS) nothing.message = text;
    return nothing;
  }
  od::object object;
  if (type == od::json_type::array) {
    od::array list;
    if (document.get_array().get(list) != simdjson::SUCCESS) return nothing;
    for (auto element : list) {
      if (element.get_object().get(object) != simdjson::SUCCESS) break;
      return read_error(object, http_status, Around::yes);
    }
    return nothing;
  }
  if (document.get_object().get(object) != simdjson::SUCCESS) return nothing;
  return read_error(object, http_status, Around::yes);
}

}  // namespace gw::dialect
