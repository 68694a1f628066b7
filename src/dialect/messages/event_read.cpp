#include "dialect/messages/event_read.hpp"

#include "dialect/provider_json.hpp"

#include <algorithm>

namespace gw::dialect::messages {
namespace {

namespace od = simdjson::ondemand;

// Calls `take(key, value)` for each member; false when the object is broken.
template <class Take>
bool each_member(od::object object, Take take) {
  for (auto member : object) {
    od::field field;
    if (std::move(member).get(field) != simdjson::SUCCESS) return false;
    if (!take(field.key(), field.value())) return false;
  }
  return true;
}

// What is no object is passed over.
template <class Take>
bool each_member_of(od::value& value, Take take) {
  od::object object;
  return value.get_object().get(object) != simdjson::SUCCESS || each_member(object, take);
}

void read_count(od::value& value, std::uint64_t& out) {
  out = count_in(value).value_or(out);
}

class Reader {
 public:
  explicit Reader(std::string_view json) noexcept : json_(json) {}

  bool event(const od::raw_json_string& key, od::value& value, EventSays& out) const;
  bool message(const od::raw_json_string& key, od::value& value, MessageSays& out, std::vector<BlockSays>* blocks)
      const;

 private:
  [[nodiscard]] Raw text(od::value& value) const noexcept { return original(inside(value), json_); }

  bool block(od::value& value, BlockSays& out) const;
  bool delta(od::value& value, DeltaSays& out) const;
  bool blocks(od::value& value, MessageSays& out, std::vector<BlockSays>* blocks) const;
  static bool counts(od::value& value, std::optional<Counts>& out);

  std::string_view json_;
};

bool Reader::counts(od::value& value, std::optional<Counts>& out) {
  od::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return true;
  Counts counts;
  const bool is_read = each_member(object, [&](const od::raw_json_string& key, od::value& member) {
    if (key == "input_tokens") {
      read_count(member, counts.input);
    } else if (key == "output_tokens") {
      read_count(member, counts.output);
    } else if (key == "cache_read_input_tokens") {
      read_count(member, counts.cache_read);
    } else if (key == "cache_creation_input_tokens") {
      read_count(member, counts.cache_written);
    } else if (key == "output_tokens_details") {
      return each_member_of(member, [&](const od::raw_json_string& name, od::value& inner) {
        if (name == "thinking_tokens") read_count(inner, counts.thinking);
        return true;
      });
    }
    return true;
  });
  if (!out) out.emplace();
  out->merge(counts);
  return is_read;
}

bool Reader::block(od::value& value, BlockSays& out) const {
  return each_member_of(value, [&](const od::raw_json_string& key, od::value& member) {
    if (key == "type") {
      out.type = text(member);
    } else if (key == "text") {
      out.text = text(member);
    } else if (key == "thinking") {
      out.thinking = text(member);
    } else if (key == "signature") {
      out.signature = text(member);
    } else if (key == "data") {
      out.data = text(member);
    } else if (key == "id") {
      out.id = text(member);
    } else if (key == "name") {
      out.name = text(member);
    } else if (key == "input") {
      od::object object;
      std::string_view json;
      if (member.get_object().get(object) != simdjson::SUCCESS) return true;
      if (object.raw_json().get(json) != simdjson::SUCCESS) return false;
      out.input = original(trimmed(json), json_);
    }
    return true;
  });
}

bool Reader::delta(od::value& value, DeltaSays& out) const {
  return each_member_of(value, [&](const od::raw_json_string& key, od::value& member) {
    if (key == "text") {
      out.text = text(member);
    } else if (key == "thinking") {
      out.thinking = text(member);
    } else if (key == "signature") {
      out.signature = text(member);
    } else if (key == "partial_json") {
      out.partial_json = text(member);
    } else if (key == "stop_reason") {
      out.stop_reason = text(member);
    } else if (key == "stop_sequence") {
      out.stop_sequence = text(member);
    }
    return true;
  });
}

bool Reader::event(const od::raw_json_string& key, od::value& value, EventSays& out) const {
  if (key == "type") {
    out.type = text(value);
  } else if (key == "index") {
    read_count(value, out.index);
  } else if (key == "delta") {
    return delta(value, out.delta);
  } else if (key == "content_block") {
    return block(value, out.block);
  } else if (key == "usage") {
    return counts(value, out.counts);
  } else if (key == "error") {
    if (!is_no_error(value)) out.error = read_error(value, 0);
  } else if (key == "message") {
    return each_member_of(value, [&](const od::raw_json_string& name, od::value& member) {
      if (name == "id") {
        out.id = text(member);
      } else if (name == "model") {
        out.model = text(member);
      } else if (name == "usage") {
        return counts(member, out.counts);
      }
      return true;
    });
  }
  return true;
}

bool Reader::blocks(od::value& value, MessageSays& out, std::vector<BlockSays>* blocks) const {
  od::array list;
  if (value.get_array().get(list) != simdjson::SUCCESS) return true;
  out.has_list = true;
  for (auto element : list) {
    od::value one;
    BlockSays says;
    if (static_cast<simdjson::simdjson_result<od::value>&&>(element).get(one) != simdjson::SUCCESS) return false;
    if (!block(one, says)) return false;
    out.content += says.content();
    if (out.text.empty() && says.type == "text") out.text = says.text;
    if (blocks != nullptr) blocks->push_back(says);
  }
  return true;
}

bool Reader::message(const od::raw_json_string& key, od::value& value, MessageSays& out, std::vector<BlockSays>* blocks)
    const {
  if (key == "id") {
    out.id = text(value);
  } else if (key == "model") {
    out.model = text(value);
  } else if (key == "content") {
    return this->blocks(value, out, blocks);
  } else if (key == "stop_reason") {
    out.stop_reason = text(value);
  } else if (key == "stop_sequence") {
    out.stop_sequence = text(value);
  } else if (key == "usage") {
    return counts(value, out.counts);
  } else if (key == "error") {
    if (!is_no_error(value)) out.error = read_error(value, 0);
  }
  return true;
}

// Opens the one object, lets `take` walk it, and sees to it that nothing stands behind it.
template <class Take>
bool read_whole(std::string_view json, Take take) {
  od::document document;
  od::object object;
  if (parse(json, document) != simdjson::SUCCESS || document.get_object().get(object) != simdjson::SUCCESS) {
    return false;
  }
  const char* behind = nullptr;
  return each_member(object, take) && document.current_location().get(behind) != simdjson::SUCCESS;
}

}  // namespace

void Counts::merge(const Counts& other) noexcept {
  input = std::max(input, other.input);
  output = std::max(output, other.output);
  cache_read = std::max(cache_read, other.cache_read);
  cache_written = std::max(cache_written, other.cache_written);
  thinking = std::max(thinking, other.thinking);
}

Usage Counts::usage() const noexcept {
  Usage out;
  out.prompt = input + cache_read + cache_written;
  out.completion = output;
  out.total = out.prompt + out.completion;
  out.cached = cache_read;
  out.cache_written = cache_written;
  out.reasoning = thinking;
  return out;
}

// Thinking that is not shown is nothing that a client waits for; what a tool is called with, or an unknown block, is.
std::size_t BlockSays::content() const noexcept {
  if (type == "text") return text.size();
  if (type == "thinking") return thinking.size();
  if (type.empty() || type == "redacted_thinking") return 0;
  return type.size() + name.size() + input.size();
}

bool read_event(std::string_view json, EventSays& out) {
  const Reader reader(json);
  return read_whole(json, [&](const od::raw_json_string& key, od::value& value) {
    return reader.event(key, value, out);
  });
}

bool read_message(std::string_view json, MessageSays& out, std::vector<BlockSays>* blocks) {
  const Reader reader(json);
  return read_whole(json, [&](const od::raw_json_string& key, od::value& value) {
    return reader.message(key, value, out, blocks);
  });
}

}  // namespace gw::dialect::messages
