#include "dialect/responses/tell_read.hpp"

#include "chat/scalar.hpp"
#include "dialect/provider_json.hpp"

namespace gw::dialect::responses {
namespace {

namespace od = simdjson::ondemand;

// Walks the one object in `json`; `take(key, value)` gets each member.
template <class Take>
bool each_member(od::object object, Take take) {
  for (auto member : object) {
    od::field field;
    if (std::move(member).get(field) != simdjson::SUCCESS) return false;
    take(field.key(), field.value());
  }
  return true;
}

template <class Take>
bool each_member_of(std::string_view json, Take take) {
  od::document document;
  od::object object;
  return parse(json, document) == simdjson::SUCCESS && document.get_object().get(object) == simdjson::SUCCESS &&
         each_member(object, take);
}

// The texts that one document gives, as views into it.
class Views {
 public:
  explicit Views(std::string_view json) noexcept : json_(json) {}

  [[nodiscard]] Raw text(od::value& value) const noexcept {
    const Raw raw = inside(value);
    return chat::has_valid_escapes(raw) ? original(raw, json_) : Raw{};
  }

  // The text of an object or list, which it consumes; not of a scalar. Its inside is not checked.
  [[nodiscard]] JsonText whole(od::value& value) const noexcept {
    std::string_view json;
    od::object object;
    od::array array;
    if (value.get_object().get(object) == simdjson::SUCCESS) {
      if (object.raw_json().get(json) != simdjson::SUCCESS) return {};
    } else if (value.get_array().get(array) == simdjson::SUCCESS) {
      if (array.raw_json().get(json) != simdjson::SUCCESS) return {};
    }
    return original(trimmed(json), json_);
  }

  [[nodiscard]] std::vector<JsonText> list(od::value& value) const {
    std::vector<JsonText> out;
    od::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) return out;
    for (auto element : array) {
      od::value one;
      if (static_cast<simdjson::simdjson_result<od::value>&&>(element).get(one) != simdjson::SUCCESS) break;
      if (const JsonText json = whole(one); !json.empty()) out.push_back(json);
    }
    return out;
  }

 private:
  std::string_view json_;
};

void read_index(od::value& value, std::uint64_t& out) {
  std::uint64_t number = 0;
  if (value.get_uint64().get(number) == simdjson::SUCCESS) out = number;
}

Piece read_piece(od::object object, const Views& views) {
  Piece piece;
  each_member(object, [&](const od::raw_json_string& key, od::value& value) {
    if (key == "text") {
      piece.text = views.text(value);
    } else if (key == "refusal") {
      piece.text = views.text(value);
      piece.is_refusal = true;
    } else if (key == "annotations") {
      piece.annotations = views.list(value);
    } else if (key == "logprobs") {
      piece.logprobs = views.whole(value);
    }
  });
  return piece;
}

// A list of parts, or one text (of servers that keep the shape of chat completions).
std::vector<Piece> read_pieces(od::value& value, const Views& views) {
  std::vector<Piece> out;
  od::array list;
  if (value.get_array().get(list) != simdjson::SUCCESS) {
    if (const Raw text = views.text(value); !text.empty()) out.emplace_back().text = text;
    return out;
  }
  for (auto element : list) {
    od::object object;
    if (element.get_object().get(object) != simdjson::SUCCESS) break;
    out.push_back(read_piece(object, views));
  }
  return out;
}

}  // namespace

bool read_parts(std::string_view json, EventParts& out) {
  const Views views(json);
  return each_member_of(json, [&](const od::raw_json_string& key, od::value& value) {
    if (key == "type") {
      out.type = views.text(value);
    } else if (key == "output_index") {
      std::uint64_t index = 0;
      if (value.get_uint64().get(index) == simdjson::SUCCESS) out.output_index = index;
    } else if (key == "content_index" || key == "summary_index") {
      read_index(value, out.part_index);
    } else if (key == "item_id") {
      out.item_id = views.text(value);
    } else if (key == "delta") {
      out.delta = views.text(value);
    } else if (key == "text" || key == "refusal" || key == "arguments") {
      out.whole = views.text(value);
    } else if (key == "logprobs") {
      out.logprobs = views.whole(value);
    } else if (key == "annotation") {
      out.annotation = views.whole(value);
    } else if (key == "item") {
      out.item = views.whole(value);
    } else if (key == "response") {
      out.response = views.whole(value);
    }
  });
}

bool read_parts(std::string_view json, ItemParts& out) {
  const Views views(json);
  return each_member_of(json, [&](const od::raw_json_string& key, od::value& value) {
    if (key == "type") {
      out.type = views.text(value);
    } else if (key == "id") {
      out.id = views.text(value);
    } else if (key == "call_id") {
      out.call_id = views.text(value);
    } else if (key == "name") {
      out.name = views.text(value);
    } else if (key == "arguments") {
      out.arguments = views.text(value);
    } else if (key == "encrypted_content") {
      out.encrypted_content = views.text(value);
    } else if (key == "content") {
      out.content = read_pieces(value, views);
    } else if (key == "summary") {
      out.summary = read_pieces(value, views);
    }
  });
}

bool read_parts(std::string_view json, ResponseParts& out) {
  const Views views(json);
  return each_member_of(json, [&](const od::raw_json_string& key, od::value& value) {
    if (key == "id") {
      out.id = views.text(value);
    } else if (key == "model") {
      out.model = views.text(value);
    } else if (key == "status") {
      out.status = status_of(views.text(value));
    } else if (key == "incomplete_details") {
      out.is_filtered = says_filter(value);
    } else if (key == "usage") {
      od::object usage;
      if (value.get_object().get(usage) == simdjson::SUCCESS) out.usage = read_usage(usage);
    } else if (key == "output") {
      out.output = views.list(value);
    }
  });
}

}  // namespace gw::dialect::responses
