#include "dialect/messages/turns_write.hpp"

#include "dialect/base64.hpp"
#include "dialect/messages/call_input.hpp"
#include "dialect/messages/signature.hpp"

#include <algorithm>

namespace gw::dialect::messages {
namespace {

using Kind = Part::Kind;

// The first byte that is no white space, written out or escaped.
std::size_t blank_prefix(Raw text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] == ' ') {
      ++at;
    } else if (text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == 'n' || text[at + 1] == 't' || text[at + 1] == 'r')) {
      at += 2;
    } else {
      break;
    }
  }
  return at;
}

// The service refuses a text without anything in it.
bool is_blank(Raw text) {
  return blank_prefix(text) == text.size();
}

std::size_t backslashes_before(Raw text, std::size_t at) {
  std::size_t count = 0;
  while (count < at && text[at - count - 1] == '\\') ++count;
  return count;
}

// The service refuses a last text that ends with white space.
Raw without_trailing_space(Raw text) {
  for (;;) {
    if (text.ends_with(' ')) {
      text.remove_suffix(1);
    } else if (text.ends_with("n") || text.ends_with("t") || text.ends_with("r")) {
      if (backslashes_before(text, text.size() - 1) % 2 == 0) return text;
      text.remove_suffix(2);
    } else {
      return text;
    }
  }
}

bool is_system(const Turn& turn) {
  return turn.speaker == Speaker::system;
}

bool is_written_thinking(const Part& part) {
  return part.kind == Kind::reasoning && is_own_proof(part.proof);
}

bool is_text_type(Raw media_type) {
  return media_type.starts_with("text/") || says(media_type, "application/json");
}

}  // namespace

void Dropped::operator()(std::string_view name) {
  if (std::find(names_.begin(), names_.end(), name) == names_.end()) names_.emplace_back(name);
}

void CacheMarks::write(JsonWriter& json, JsonText cache_control) {
  constexpr std::size_t most = 4;
  if (cache_control.empty()) return;
  if (count_ == most) return dropped_("cache_control above 4");
  ++count_;
  json.key("cache_control").json(cache_control);
}

bool can_think_on(const std::vector<Turn>& turns) {
  const auto said = [](const Turn& turn) { return turn.speaker == Speaker::assistant; };
  const auto last = std::find_if(turns.rbegin(), turns.rend(), said);
  if (last == turns.rend()) return true;
  const auto first = std::find_if(last, turns.rend(), [&](const Turn& turn) { return !said(turn); });
  const Part* begin = nullptr;
  bool has_call = false;
  for (auto turn = first; turn != last;) {
    --turn;
    for (const Part& part : turn->parts) {
      has_call = has_call || part.kind == Kind::call;
      const bool is_left_out =
          part.kind == Kind::reasoning ? !is_written_thinking(part) : part.kind == Kind::text && is_blank(part.text);
      if (begin == nullptr && !is_left_out) begin = &part;
    }
  }
  return !has_call || (begin != nullptr && is_written_thinking(*begin));
}

void TurnsWriter::refuse(std::string what) {
  if (refused_.empty()) refused_ = std::move(what);
}

void TurnsWriter::text(Raw text, JsonText cache_control) {
  json_.begin_object().key("type").string("text").key("text").string(text);
  marks_.write(json_, cache_control);
  json_.end_object();
}

// The only place for what the system says, wherever in the conversation it was said.
void TurnsWriter::system(const std::vector<Turn>& turns) {
  bool is_begun = false;
  for (const Turn& turn : turns) {
    if (!is_system(turn)) continue;
    for (const Part& part : turn.parts) {
      if (part.kind != Kind::text) {
        dropped_("system content other than text");
      } else if (!is_blank(part.text)) {
        if (!is_begun) json_.key("system").begin_array();
        is_begun = true;
        text(part.text, part.cache_control);
      }
    }
  }
  if (is_begun) json_.end_array();
}

// There must be somebody to answer.
void TurnsWriter::system_as_message(const std::vector<Turn>& turns) {
  for (const Turn& turn : turns) {
    for (const Part& one : turn.parts) part(one, Speaker::user);
  }
  end_message();
}

void TurnsWriter::begin_block(Speaker speaker) {
  if (is_in_message_) return;
  is_in_message_ = true;
  json_.begin_object().key("role").string(speaker == Speaker::assistant ? "assistant" : "user");
  json_.key("content").begin_array();
}

void TurnsWriter::end_message() {
  if (is_in_message_) json_.end_array().end_object();
  is_in_message_ = false;
}

void TurnsWriter::write(const std::vector<Turn>& turns) {
  const bool is_only_system =
      std::all_of(turns.begin(), turns.end(), [](const Turn& turn) { return is_system(turn) || turn.parts.empty(); });
  if (!is_only_system) system(turns);
  json_.key("messages").begin_array();
  if (is_only_system) {
    system_as_message(turns);
  } else {
    std::vector<const Turn*> said;
    for (const Turn& turn : turns) {
      if (!is_system(turn)) said.push_back(&turn);
    }
    for (std::size_t begin = 0; begin < said.size();) {
      std::size_t end = begin + 1;
      while (end < said.size() && said[end]->speaker == said[begin]->speaker) ++end;
      group(Group(said).subspan(begin, end - begin), end == said.size());
      begin = end;
    }
  }
  json_.end_array();
}

// Turns of one side are one message; in the user's, results stand before all else.
void TurnsWriter::group(Group turns, bool is_last) {
  const Speaker speaker = turns.front()->speaker;
  const Turn& last = *turns.back();
  const bool is_prefill = is_last && speaker == Speaker::assistant && !last.parts.empty();
  if (is_prefill) trimmed_ = &last.parts.back();
  for (const bool wants_results : {true, false}) {
    for (const Turn* turn : turns) {
      if (!turn->name.empty()) dropped_("name");
      for (const Part& one : turn->parts) {
        if ((one.kind == Kind::result) == wants_results) part(one, speaker);
      }
    }
  }
  end_message();
}

void TurnsWriter::part(const Part& part, Speaker speaker) {
  switch (part.kind) {
    case Kind::text:
    case Kind::refusal: {
      const Raw said = &part == trimmed_ ? without_trailing_space(part.text) : part.text;
      if (is_blank(said)) return;
      begin_block(speaker);
      return text(said, part.cache_control);
    }
    case Kind::image:
    case Kind::file:
      return media(part, speaker);
    case Kind::audio:
      return refuse("audio input");
    case Kind::reasoning:
      if (speaker == Speaker::assistant) reasoning(part);
      return;
    case Kind::call:
      begin_block(speaker);
      return call(part);
    case Kind::result:
      begin_block(speaker);
      return result(part);
  }
}

void TurnsWriter::media(const Part& part, Speaker speaker) {
  if (speaker == Speaker::assistant) {
    return dropped_(part.kind == Kind::image ? "image of the assistant" : "file of the assistant");
  }
  if (!part.file_id.empty()) return refuse("a file that another provider keeps (file_id)");
  begin_block(speaker);
  if (part.kind == Kind::image) return image(part);
  document(part);
}

void TurnsWriter::image(const Part& part) {
  if (!part.detail.empty() && !says(part.detail, "auto")) dropped_("detail");
  json_.begin_object().key("type").string("image").key("source").begin_object().key("type");
  if (part.url.empty()) {
    json_.string("base64").key("media_type").string(part.media_type.empty() ? "image/jpeg" : part.media_type);
    json_.key("data").string(part.data);
  } else {
    json_.string("url").key("url").string(part.url);
  }
  json_.end_object();
  marks_.write(json_, part.cache_control);
  json_.end_object();
}

void TurnsWriter::document(const Part& part) {
  json_.begin_object().key("type").string("document").key("source").begin_object().key("type");
  document_source(part);
  json_.end_object().optional_string("title", part.name);
  marks_.write(json_, part.cache_control);
  json_.end_object();
}

void TurnsWriter::document_source(const Part& part) {
  if (!part.url.empty()) {
    json_.string("url").key("url").string(part.url);
    return;
  }
  const bool is_plain = says(part.media_type, "text/plain");
  if (!is_plain && !is_text_type(part.media_type)) {
    const bool is_pdf = part.media_type.empty() || says(part.media_type, "application/pdf");
    if (!is_pdf) refuse("a file of type " + from_raw(part.media_type));
    json_.string("base64").key("media_type").string("application/pdf").key("data").string(part.data);
    return;
  }
  json_.string("text").key("media_type").string("text/plain").key("data");
  if (is_plain) {
    json_.string(part.data);
    return;
  }
  const auto text = from_base64(from_raw(part.data));
  if (!text) refuse("a file whose data is no base64");
  json_.plain(text.value_or(""));
}

// Thinking is known again by its signature; without one, or with another vendor's, it would be refused.
void TurnsWriter::reasoning(const Part& part) {
  if (!is_written_thinking(part)) return dropped_("reasoning of earlier turns");
  begin_block(Speaker::assistant);
  json_.begin_object().key("type");
  if (part.proof.starts_with(unshown_mark)) {
    json_.string("thinking").key("thinking").string("");
    json_.key("signature").string(part.proof.substr(unshown_mark.size()));
  } else if (part.is_sealed || part.text.empty()) {
    json_.string("redacted_thinking").key("data").string(part.proof);
  } else {
    json_.string("thinking").key("thinking").string(part.text).key("signature").string(part.proof);
  }
  json_.end_object();
}

void TurnsWriter::call(const Part& part) {
  if (!part.proof.empty()) dropped_("signature of a call");
  json_.begin_object().key("type").string("tool_use");
  json_.key("id").string(call_id(part.id));
  json_.key("name").string(part.name).key("input").json(input_of(part.arguments));
  marks_.write(json_, part.cache_control);
  json_.end_object();
}

void TurnsWriter::result(const Part& part) {
  json_.begin_object().key("type").string("tool_result");
  json_.key("tool_use_id").string(call_id(part.id));
  const bool is_said = std::any_of(part.parts.begin(), part.parts.end(), [](const Part& one) {
    return one.kind != Kind::text || !is_blank(one.text);
  });
  if (is_said) {
    json_.key("content").begin_array();
    for (const Part& one : part.parts) this->part(one, Speaker::user);
    json_.end_array();
  }
  if (part.is_error) json_.key("is_error").boolean(true);
  marks_.write(json_, part.cache_control);
  json_.end_object();
}

}  // namespace gw::dialect::messages
