#include "chat/splice.hpp"

#include "base/text.hpp"
#include "chat/members.hpp"

#include <simdjson.h>

#include <algorithm>

namespace gw::chat {
namespace {

// A part of the body that is replaced by inserted text. `length` 0 is a pure insertion.
struct Change {
  std::size_t offset = 0;
  std::size_t length = 0;
  std::size_t owned_offset = 0;
  std::size_t owned_length = 0;
};

namespace od = simdjson::ondemand;

// The whole text of a value; the parser then stands behind it.
std::string_view json_of(od::value& value) {
  std::string_view text;
  od::object object;
  od::array array;
  if (value.get_object().get(object) == simdjson::SUCCESS) {
    if (object.raw_json().get(text) != simdjson::SUCCESS) return {};
  } else if (value.get_array().get(array) == simdjson::SUCCESS) {
    if (array.raw_json().get(text) != simdjson::SUCCESS) return {};
  } else {
    text = value.raw_json_token();
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.remove_suffix(1);
  return text;
}

// The members of an object of our own making.
ChatRequest members_of(std::string_view body) {
  ChatRequest out;
  od::parser parser;
  od::document document;
  od::object object;
  if (parser.iterate(body.data(), body.size(), body.size() + padding).get(document) != simdjson::SUCCESS) return out;
  if (document.get_object().get(object) != simdjson::SUCCESS) return out;
  const auto span_of = [&](std::string_view part) {
    return Span{static_cast<std::size_t>(part.data() - body.data()), part.size()};
  };
  for (auto member : object) {
    od::field field;
    if (std::move(member).get(field) != simdjson::SUCCESS) break;
    const auto key_begin = static_cast<std::size_t>(field.key().raw() - body.data());
    const std::string_view key = body.substr(key_begin, body.find('"', key_begin) - key_begin);
    const std::string_view value = json_of(field.value());
    out.fields.push_back({key, {key_begin - 1, key.size() + 2}, span_of(value), value == "null"});
  }
  out.object_end = body.size() - 1;
  return out;
}

class Splicer {
 public:
  // Reserved beyond the small-string size: the pieces point into it, and it must not move when the result does.
  Splicer(std::string_view body, const ChatRequest& request)
      : body_(body), request_(request), has_members_(!request.fields.empty()) {
    owned_.reserve(128);
    changes_.reserve(4);
  }

  void apply(const config::ParameterRules& rules) {
    const Fates fates = decide(request_, rules);
    has_members_ = false;
    for (std::size_t i = 0; i < fates.members.size(); ++i) {
      if (fates.members[i].is_removed) {
        i = remove_run(fates, i);
      } else {
        has_members_ = true;
        change(request_.fields[i], fates.members[i]);
      }
    }
    for (const config::Parameter* const parameter : fates.added) add_member(parameter->key, parameter->json);
  }

  void set_model(std::string_view model) {
    if (const Field* const field = request_.find("model"); field != nullptr) {
      const std::size_t begin = owned_.size();
      append_json_string(owned_, model);
      changes_.push_back({field->value.offset, field->value.length, begin, owned_.size() - begin});
    } else {
      begin_member("model");
      append_json_string(members_, model);
    }
  }

  void set(std::string_view key, std::string_view json) {
    if (const Field* const field = request_.find(key); field != nullptr) {
      replace(field->value, json);
    } else {
      add_member(key, json);
    }
  }

  void inject_usage() {
    if (!request_.stream_options) {
      set("stream_options", R"({"include_usage":true})");
    } else if (request_.include_usage_value) {  // it is null
      replace(*request_.include_usage_value, "true");
    } else {
      const Span options = *request_.stream_options;
      const std::string_view inside = body_.substr(options.offset + 1, options.length - 2);
      const bool is_empty = inside.find_first_not_of(" \t\r\n") == std::string_view::npos;
      insert(options.offset + 1, is_empty ? R"("include_usage":true)" : R"("include_usage":true,)");
    }
  }

  Spliced finish() {
    if (!members_.empty()) {
      if (has_members_) members_.push_back(',');
      insert(request_.object_begin + 1, members_);
    }
    // An insertion may stand where a removal begins.
    std::sort(changes_.begin(), changes_.end(), [](const Change& a, const Change& b) {
      return a.offset != b.offset ? a.offset < b.offset : a.length < b.length;
    });
    Spliced out;
    out.owned = std::move(owned_);
    out.pieces.reserve(changes_.size() * 2 + 1);
    std::size_t at = 0;
    for (const Change& change : changes_) {
      push(out, body_.substr(at, change.offset - at));
      push(out, std::string_view(out.owned).substr(change.owned_offset, change.owned_length));
      at = change.offset + change.length;
    }
    push(out, body_.substr(at));
    return out;
  }

 private:
  static void push(Spliced& out, std::string_view piece) {
    if (piece.empty()) return;
    out.pieces.push_back(piece);
    out.size += piece.size();
  }

  void replace(Span where, std::string_view text) {
    changes_.push_back({where.offset, where.length, owned_.size(), text.size()});
    owned_.append(text);
  }

  void insert(std::size_t offset, std::string_view text) { replace({offset, 0}, text); }

  void begin_member(std::string_view key) {
    if (!members_.empty()) members_.push_back(',');
    append_json_string(members_, key);
    members_.push_back(':');
  }

  void add_member(std::string_view key, std::string_view json) {
    begin_member(key);
    members_.append(json);
  }

  void change(const Field& field, const Fate& fate) {
    if (fate.key != field.key) replace(field.key_span, json_string(fate.key));
    if (fate.replacement != nullptr) replace(field.value, fate.replacement->json);
  }

  // Neighbours go together, so that commas are left between those that stay: up to the key of the next one, or else
  // from the end of the one before. Returns the last of the run.
  std::size_t remove_run(const Fates& fates, std::size_t first) {
    const BlockVector<Field>& fields = request_.fields;
    std::size_t last = first;
    while (last + 1 < fields.size() && fates.members[last + 1].is_removed) ++last;
    std::size_t begin = fields[first].key_span.offset;
    std::size_t end = fields[last].value.offset + fields[last].value.length;
    if (last + 1 < fields.size()) {
      end = fields[last + 1].key_span.offset;
    } else if (first > 0) {
      begin = fields[first - 1].value.offset + fields[first - 1].value.length;
    }
    replace({begin, end - begin}, {});
    return last;
  }

  std::string_view body_;
  const ChatRequest& request_;
  std::string owned_;
  std::string members_;
  std::vector<Change> changes_;
  bool has_members_;  // of the client's, in what is sent
};

}  // namespace

std::string Spliced::joined() const {
  std::string out;
  out.reserve(size);
  for (const std::string_view piece : pieces) out.append(piece);
  return out;
}

Spliced splice_rules(std::string_view body, const config::ParameterRules& rules) {
  const ChatRequest members = members_of(body);
  Splicer splicer(body, members);
  splicer.apply(rules);
  return splicer.finish();
}

Spliced splice(std::string_view body, const ChatRequest& request, const SpliceInput& input) {
  Splicer splicer(body, request);
  splicer.set_model(input.model);
  if (input.rules != nullptr) splicer.apply(*input.rules);
  if (input.force_stream) splicer.set("stream", *input.force_stream ? "true" : "false");
  if (input.inject_usage && !request.include_usage) splicer.inject_usage();
  return splicer.finish();
}

}  // namespace gw::chat
