#include "dialect/responses/own_words.hpp"

#include "chat/chat.hpp"
#include "dialect/cuts.hpp"
#include "dialect/provider_json.hpp"

namespace gw::dialect::responses {
namespace {

namespace od = simdjson::ondemand;

constexpr std::string_view id_begin = "rs_";
constexpr std::size_t request_id = 26;  // of `RequestId`: ours are rs_<request>_<number>, OpenAI's have no second dash

// `text` begins with an item's id.
bool is_our_id(std::string_view text) {
  const std::size_t dash = id_begin.size() + request_id;
  return text.starts_with(id_begin) && text.size() > dash && text.find('_', id_begin.size()) == dash;
}

bool may_hold_foreign(std::string_view body) {
  constexpr std::string_view quoted = R"("rs_)";
  for (std::size_t at = body.find(quoted); at != std::string_view::npos; at = body.find(quoted, at + 1)) {
    if (is_our_id(body.substr(at + 1, id_begin.size() + request_id + 1))) return true;
  }
  return false;
}

bool is_foreign(std::string_view item) {
  if (!may_hold_foreign(item)) return false;
  simdjson::dom::parser parser;
  simdjson::dom::element element;
  std::string_view type;
  std::string_view id;
  if (parser.parse(item.data(), item.size(), true).get(element) != simdjson::SUCCESS ||
      element["type"].get_string().get(type) != simdjson::SUCCESS || type != "reasoning" ||
      element["id"].get_string().get(id) != simdjson::SUCCESS || !is_our_id(id)) {
    return false;
  }
  std::string_view sealed;
  const bool is_sealed = element["encrypted_content"].get_string().get(sealed) == simdjson::SUCCESS;
  return !is_sealed || !sealed.starts_with("gAAAA");
}

}  // namespace

std::optional<std::string> without_foreign(std::string_view body) {
  if (!may_hold_foreign(body)) return std::nullopt;
  od::document document;
  od::array input;
  if (parse(body, document) != simdjson::SUCCESS || document["input"].get_array().get(input) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  Cuts cuts(body);
  Cuts::List list(cuts);
  for (auto element : input) {
    std::string_view raw;
    if (simdjson::to_json_string(element).get(raw) != simdjson::SUCCESS) return std::nullopt;
    const std::string_view item = original(trimmed(raw), body);
    if (is_foreign(item)) {
      list.goes(item);
    } else {
      list.stays(item);
    }
  }
  list.end();
  if (cuts.empty()) return std::nullopt;
  return cuts.rest(chat::padding);
}

}  // namespace gw::dialect::responses
