#include "dialect/responses/judge_read.hpp"

#include "dialect/provider_json.hpp"

#include <algorithm>
#include <array>

namespace gw::dialect::responses {
namespace {

namespace od = simdjson::ondemand;

bool is_text(od::value& value) {
  return !inside(value).empty();
}

void read_details(od::value value, Usage& usage) {
  od::object details;
  if (value.get_object().get(details) != simdjson::SUCCESS) return;
  for (auto member : details) {
    od::field field;
    if (std::move(member).get(field) != simdjson::SUCCESS) return;
    const od::raw_json_string key = field.key();
    if (key == "cached_tokens") {
      usage.cached = count_in(field.value()).value_or(usage.cached);
    } else if (key == "cache_write_tokens") {
      usage.cache_written = count_in(field.value()).value_or(usage.cache_written);
    } else if (key == "reasoning_tokens") {
      usage.reasoning = count_in(field.value()).value_or(usage.reasoning);
    }
  }
}

// The first text of a list of parts; `out` stays when there is none.
void read_parts(od::value value, std::string_view& out) {
  od::array list;
  if (value.get_array().get(list) != simdjson::SUCCESS) {
    out = inside(value);
    return;
  }
  for (auto element : list) {
    od::object part;
    if (element.get_object().get(part) != simdjson::SUCCESS) return;
    for (auto member : part) {
      od::field field;
      if (std::move(member).get(field) != simdjson::SUCCESS) return;
      const od::raw_json_string key = field.key();
      if (out.empty() && (key == "text" || key == "refusal")) out = inside(field.value());
    }
  }
}

struct ItemSays {
  bool has_content = false;
  std::size_t beside = 0;  // bytes of content that is no text of a message
  std::string_view text;   // of a message
};

// Reports of what the provider does on its side; the answer follows them.
bool is_report(std::string_view type) {
  constexpr std::array<std::string_view, 4> reports{
      "web_search_call", "file_search_call", "mcp_list_tools", "tool_search_call"};
  return std::find(reports.begin(), reports.end(), type) != reports.end();
}

ItemSays read_item(od::object object) {
  ItemSays says;
  std::string_view whole;
  if (object.raw_json().get(whole) != simdjson::SUCCESS || object.reset().error() != simdjson::SUCCESS) return says;
  std::string_view type;
  std::string_view text;
  for (auto member : object) {
    od::field field;
    if (std::move(member).get(field) != simdjson::SUCCESS) break;
    const od::raw_json_string key = field.key();
    if (key == "type") {
      type = inside(field.value());
    } else if (key == "content" || key == "summary") {
      read_parts(field.value(), text);
    }
  }
  if (type == "message") {
    says.text = text;
    says.has_content = !text.empty();
  } else if (type == "reasoning") {
    says.has_content = !text.empty();
    says.beside = text.size();
  } else {
    says.has_content = !type.empty() && !is_report(type);  // calls, images, what is not known yet
    if (says.has_content) says.beside = whole.size();
  }
  return says;
}

void read_output(od::value value, ResponseSays& out) {
  od::array list;
  if (value.get_array().get(list) != simdjson::SUCCESS) return;
  out.has_output = true;
  for (auto element : list) {
    od::object object;
    if (element.get_object().get(object) != simdjson::SUCCESS) return;
    const ItemSays item = read_item(object);
    out.has_content = out.has_content || item.has_content;
    out.bytes += item.text.size() + item.beside;
    if (out.text.empty()) out.text = item.text;
  }
}

bool read_response(od::object object, ResponseSays& out) {
  for (auto member : object) {
    od::field field;
    if (std::move(member).get(field) != simdjson::SUCCESS) return false;
    const od::raw_json_string key = field.key();
    if (key == "status") {
      out.status = status_of(inside(field.value()));
    } else if (key == "output") {
      read_output(field.value(), out);
    } else if (key == "usage") {
      od::object usage;
      if (field.value().get_object().get(usage) == simdjson::SUCCESS) out.usage = read_usage(usage);
    } else if (key == "incomplete_details") {
      out.is_filtered = says_filter(field.value());
    } else if (key == "error") {
      if (!is_no_error(field.value())) out.error = read_error(field.value(), 0);
    }
  }
  return true;
}

// Texts that an event carries whole, for providers that send no deltas.
bool is_whole_text(const od::raw_json_string& key) {
  return key == "text" || key == "refusal" || key == "arguments" || key == "input" || key == "partial_image_b64";
}

// A delta is a text; of the older reasoning events an object that holds one.
bool carries_delta(od::value& value) {
  return is_text(value) || trimmed(value.raw_json_token()).starts_with('{');
}

bool read_event(od::object object, EventSays& out) {
  std::string_view delta;
  for (auto member : object) {
    od::field field;
    if (std::move(member).get(field) != simdjson::SUCCESS) return false;
    const od::raw_json_string key = field.key();
    if (key == "type") {
      out.type = inside(field.value());
    } else if (key == "delta") {
      delta = inside(field.value());
      out.has_content = out.has_content || carries_delta(field.value());
      out.bytes += delta.size();
    } else if (is_whole_text(key)) {
      out.has_content = out.has_content || is_text(field.value());
    } else if (key == "item") {
      od::object item;
      if (field.value().get_object().get(item) != simdjson::SUCCESS) continue;
      const ItemSays says = read_item(item);
      out.has_content = says.has_content || out.has_content;
      out.bytes += says.beside;
    } else if (key == "response") {
      od::object response;
      if (field.value().get_object().get(response) != simdjson::SUCCESS) continue;
      if (!read_response(response, out.response.emplace())) return false;
    } else if (key == "error") {
      if (!is_no_error(field.value())) out.error = read_error(field.value(), 0);
    }
  }
  if (out.type == "response.output_text.delta") out.text = delta;
  return true;
}

// Opens the one object, lets `read` walk it, and sees to it that nothing stands behind it.
template <class Read>
bool read_whole(std::string_view json, Read read) {
  od::document document;
  od::object object;
  if (parse(json, document) != simdjson::SUCCESS || document.get_object().get(object) != simdjson::SUCCESS)
    return false;
  const char* behind = nullptr;
  return read(object) && document.current_location().get(behind) != simdjson::SUCCESS;
}

}  // namespace

Status status_of(std::string_view name) {
  if (name == "completed") return Status::completed;
  if (name == "incomplete") return Status::incomplete;
  if (name == "failed") return Status::failed;
  if (name == "cancelled") return Status::cancelled;
  return name.empty() ? Status::unsaid : Status::running;
}

bool says_filter(od::value value) {
  od::object details;
  std::string_view reason;
  return value.get_object().get(details) == simdjson::SUCCESS &&
         details.find_field_unordered("reason").get_string().get(reason) == simdjson::SUCCESS &&
         reason == "content_filter";
}

Usage read_usage(od::object object) {
  Usage usage;
  for (auto member : object) {
    od::field field;
    if (std::move(member).get(field) != simdjson::SUCCESS) break;
    const od::raw_json_string key = field.key();
    const auto read_into = [&](std::uint64_t& out) { out = count_in(field.value()).value_or(out); };
    if (key == "input_tokens") {
      read_into(usage.prompt);
    } else if (key == "output_tokens") {
      read_into(usage.completion);
    } else if (key == "total_tokens") {
      read_into(usage.total);
    } else if (key == "input_tokens_details" || key == "output_tokens_details") {
      read_details(field.value(), usage);
    }
  }
  return usage;
}

bool read_response(std::string_view json, ResponseSays& out) {
  const bool is_read = read_whole(json, [&](const od::object& object) { return read_response(object, out); });
  out.text = original(out.text, json);
  return is_read;
}

bool read_event(std::string_view json, EventSays& out) {
  const bool is_read = read_whole(json, [&](const od::object& object) { return read_event(object, out); });
  out.type = original(out.type, json);
  out.text = original(out.text, json);
  if (out.response) out.response->text = original(out.response->text, json);
  return is_read;
}

}  // namespace gw::dialect::responses
