#include "chat/splice.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace gw::chat {
namespace {

// Never an operator's to set: validation refuses them in the configuration, and here they would break the promise.
bool is_reserved(std::string_view key) {
  return key == "model" || key == "stream" || key == "messages" || key == "stream_options";
}

// A part of the body that is replaced by inserted text. `length` 0 is a pure insertion.
struct Change {
  std::size_t offset = 0;
  std::size_t length = 0;
  std::size_t owned_offset = 0;
  std::size_t owned_length = 0;
};

class Splicer {
 public:
  // Reserved beyond the small-string size: the pieces point into it, and it must not move when the result does.
  Splicer(std::string_view body, const ChatRequest& request) : body_(body), request_(request) { owned_.reserve(128); }

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
      if (!request_.fields.empty()) members_.push_back(',');
      insert(request_.object_begin + 1, members_);
    }
    std::sort(changes_.begin(), changes_.end(), [](const Change& a, const Change& b) { return a.offset < b.offset; });
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

  void add_member(std::string_view key, std::string_view json) {
    if (!members_.empty()) members_.push_back(',');
    append_json_string(members_, key);
    members_.push_back(':');
    members_.append(json);
  }

  std::string_view body_;
  const ChatRequest& request_;
  std::string owned_;
  std::string members_;
  std::vector<Change> changes_;
};

bool is_last(const std::vector<Edit>& edits, std::size_t index) {
  return std::none_of(edits.begin() + static_cast<std::ptrdiff_t>(index) + 1, edits.end(), [&](const Edit& later) {
    return later.key == edits[index].key;
  });
}

bool contains(const std::vector<Edit>& edits, std::string_view key) {
  return std::any_of(edits.begin(), edits.end(), [&](const Edit& edit) { return edit.key == key; });
}

}  // namespace

std::string Spliced::joined() const {
  std::string out;
  out.reserve(size);
  for (const std::string_view piece : pieces) out.append(piece);
  return out;
}

Spliced splice(std::string_view body, const ChatRequest& request, const SpliceInput& input) {
  Splicer splicer(body, request);
  splicer.set("model", json_string(input.model));
  for (std::size_t i = 0; i < input.defaults.size(); ++i) {
    const Edit& edit = input.defaults[i];
    if (is_reserved(edit.key) || !is_last(input.defaults, i) || contains(input.forced, edit.key)) continue;
    const Field* const own = request.find(edit.key);
    if (own == nullptr || own->is_null) splicer.set(edit.key, edit.json);
  }
  for (std::size_t i = 0; i < input.forced.size(); ++i) {
    const Edit& edit = input.forced[i];
    if (!is_reserved(edit.key) && is_last(input.forced, i)) splicer.set(edit.key, edit.json);
  }
  if (input.force_stream) splicer.set("stream", *input.force_stream ? "true" : "false");
  if (input.inject_usage && !request.include_usage) splicer.inject_usage();
  return splicer.finish();
}

}  // namespace gw::chat
