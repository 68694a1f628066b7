// `systemInstruction` and `contents`: turns of `user` and `model`, in parts.
#include "dialect/gemini/request_write.hpp"
#include "dialect/gemini/signature.hpp"

#include <simdjson.h>

#include <algorithm>
#include <unordered_map>

namespace gw::dialect::gemini {
namespace {

using Kind = Part::Kind;

// What the service tells by the type that it is given; without one it looks at the file itself.
std::string_view type_by_ending(Raw url) {
  constexpr std::pair<std::string_view, std::string_view> types[] = {
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".jpeg", "image/jpeg"},
      {".webp", "image/webp"},
      {".heic", "image/heic"},
      {".heif", "image/heif"},
      {".pdf", "application/pdf"},
      {".txt", "text/plain"}};
  const Raw path = url.substr(0, url.find_first_of("?#"));
  for (const auto& [ending, type] : types) {
    if (path.size() > ending.size() && iequals(path.substr(path.size() - ending.size()), ending)) return type;
  }
  return {};
}

bool is_object(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  const simdjson::padded_string copy(json);
  return parser.parse(copy).get(object) == simdjson::SUCCESS;
}

bool is_user_s_own(const Turn& turn) {
  return turn.speaker == Speaker::user &&
         std::any_of(turn.parts.begin(), turn.parts.end(), [](const Part& part) { return part.kind != Kind::result; });
}

// Our signature of a text in the part behind it, if there is one.
Raw signature_of(const Part& text, const Part& behind) {
  const bool is_signed =
      text.kind == Kind::text && !text.text.empty() && behind.kind == Kind::reasoning && behind.is_sealed;
  return is_signed && !is_of_call(behind.proof) ? own_signature(behind.proof) : Raw{};
}

// The type of inline data; where the client did not say, the commonest.
std::string type_of(const Part& part) {
  if (part.kind == Kind::audio && part.media_type.find('/') == Raw::npos) {
    return "audio/" + std::string(part.media_type.empty() ? "wav" : part.media_type);
  }
  if (!part.media_type.empty()) return std::string(part.media_type);
  return part.kind == Kind::file ? "application/pdf" : "image/jpeg";
}

class Contents {
 public:
  Contents(JsonWriter& out, const Conversation& conversation, Generation generation, Dropped& dropped)
      : out_(out), conversation_(conversation), generation_(generation), dropped_(dropped) {}

  Result<void> write();

 private:
  // Turns of one side that follow each other are one content; results stand by themselves.
  enum class Content : std::uint8_t { none, user, results, model };

  void begin_part(Content content);
  void end_content();
  void write_system();
  void write_text(Content content, Raw text);
  Result<void> write_turn(const Turn& turn, bool is_current);
  Result<void> write_user_part(const Part& part);
  Result<void> write_model_part(const Part& part, bool is_current);
  void write_signed_text(const Part& part, Raw signature);
  Result<void> write_media(const Part& part, Content content);
  Result<void> write_result(const Part& part);
  void write_result_media(const Part& part);
  void write_inline(const Part& part);
  void write_reasoning(const Part& part);
  void write_call(const Part& part, bool is_current);
  void write_arguments(const Arguments& arguments);
  Result<void> end_results();

  JsonWriter& out_;
  const Conversation& conversation_;
  Generation generation_;
  Dropped& dropped_;
  Content open_ = Content::none;
  bool has_contents_ = false;
  bool has_call_ = false;  // in the open content
  Raw call_signature_;     // of the call that follows
  std::unordered_map<Raw, Raw> call_names_;
  std::vector<const Part*> media_of_results_;  // that may not stand inside of them
};

// Begins a part in the content that is wanted.
void Contents::begin_part(Content content) {
  if (open_ != content) {
    end_content();
    out_.begin_object().key("role").plain(content == Content::model ? "model" : "user").key("parts").begin_array();
    open_ = content;
    has_contents_ = true;
    has_call_ = false;
  }
  out_.begin_object();
}

void Contents::end_content() {
  if (open_ == Content::none) return;
  out_.end_array().end_object();
  open_ = Content::none;
}

void Contents::write_text(Content content, Raw text) {
  if (text.empty()) return;  // the service refuses a part without anything in it
  begin_part(content);
  out_.key("text").string(text).end_object();
}

// The only place for what the system says, wherever in the conversation it was said.
void Contents::write_system() {
  bool is_begun = false;
  for (const Turn& turn : conversation_.turns) {
    if (turn.speaker != Speaker::system) continue;
    for (const Part& part : turn.parts) {
      if (part.kind != Kind::text) {
        dropped_("system_content");
      } else if (!part.text.empty()) {
        if (!is_begun) out_.key("systemInstruction").begin_object().key("parts").begin_array();
        is_begun = true;
        out_.begin_object().key("text").string(part.text).end_object();
      }
    }
  }
  if (is_begun) out_.end_array().end_object();
}

void Contents::write_inline(const Part& part) {
  out_.key("inlineData").begin_object();
  out_.key("mimeType").string(type_of(part)).key("data").string(part.data).end_object();
}

Result<void> Contents::write_media(const Part& part, Content content) {
  if (!part.detail.empty() && !says(part.detail, "auto")) dropped_("detail");
  if (part.kind == Kind::file && !part.name.empty()) dropped_("filename");
  if (!part.file_id.empty()) {
    return unsupported("a file that another provider keeps (file_id) cannot be given to this one", "messages");
  }
  if (!part.url.empty()) {
    begin_part(content);
    out_.key("fileData").begin_object();
    const std::string_view type = part.media_type.empty() ? type_by_ending(part.url) : part.media_type;
    if (!type.empty()) out_.key("mimeType").string(type);
    out_.key("fileUri").string(part.url).end_object().end_object();
    return {};
  }
  if (part.kind == Kind::file && says(part.media_type, "text/plain")) {
    write_text(content, part.data);
    return {};
  }
  if (part.data.empty()) return unsupported("an image, file or sound without data and without URL", "messages");
  begin_part(content);
  write_inline(part);
  out_.end_object();
  return {};
}

// Inside of a functionResponse, which a model of the third generation can look at.
void Contents::write_result_media(const Part& part) {
  bool is_begun = false;
  for (const Part& inner : part.parts) {
    if (inner.kind == Kind::text) continue;
    const bool goes_inside =
        generation_ == Generation::level && !inner.data.empty() && !says(inner.media_type, "text/plain");
    if (!goes_inside) {
      media_of_results_.push_back(&inner);
      continue;
    }
    if (!is_begun) out_.key("parts").begin_array();
    is_begun = true;
    out_.begin_object();
    write_inline(inner);
    out_.end_object();
  }
  if (is_begun) out_.end_array();
}

// {"output": "..."} and {"error": "..."} are the service's own words for results that are no objects.
Result<void> Contents::write_result(const Part& part) {
  const auto name = call_names_.find(part.id);
  if (name == call_names_.end()) {
    return unsupported(
        "a result belongs to a call by the function's name, and no earlier turn made the call \"" +
            std::string(part.id.substr(0, 80)) + "\"",
        "messages"
    );
  }
  begin_part(Content::results);
  out_.key("functionResponse").begin_object();
  if (!part.id.empty()) out_.key("id").string(part.id);
  out_.key("name").string(name->second);
  std::string text;
  for (const Part& inner : part.parts) {
    if (inner.kind != Kind::text || inner.text.empty()) continue;
    if (!text.empty()) text.append("\\n");
    text.append(inner.text);
  }
  out_.key("response").begin_object().key(part.is_error ? "error" : "output").string(text).end_object();
  write_result_media(part);
  out_.end_object().end_object();
  return {};
}

// What older models cannot be shown inside of a result follows as the user's.
Result<void> Contents::end_results() {
  std::vector<const Part*> media;
  media.swap(media_of_results_);
  for (const Part* const part : media) {
    if (auto done = write_media(*part, Content::user); !done) return done.error();
  }
  return {};
}

Result<void> Contents::write_user_part(const Part& part) {
  switch (part.kind) {
    case Kind::result:
      return write_result(part);
    case Kind::image:
    case Kind::file:
    case Kind::audio:
      return write_media(part, Content::user);
    case Kind::text:
      write_text(Content::user, part.text);
      return {};
    case Kind::refusal:
    case Kind::reasoning:
    case Kind::call:
      dropped_("content");
      return {};
  }
  return {};
}

void Contents::write_arguments(const Arguments& arguments) {
  if (arguments.empty()) {
    out_.json("{}");
    return;
  }
  if (!arguments.object.empty() && arguments.object.starts_with('{')) {
    out_.json(arguments.object);
    return;
  }
  const std::string json = arguments.object.empty() ? from_raw(arguments.text) : std::string(arguments.object);
  if (json.find_first_not_of(" \t\r\n") == std::string::npos) {
    out_.json("{}");
  } else if (is_object(json)) {
    out_.json(json);
  } else {
    // What a model said is not always JSON; it is still what was said.
    out_.begin_object().key("arguments").plain(json).end_object();
  }
}

void Contents::write_call(const Part& part, bool is_current) {
  call_names_[part.id] = part.name;
  begin_part(Content::model);
  out_.key("functionCall").begin_object();
  if (!part.id.empty()) out_.key("id").string(part.id);
  out_.key("name").string(part.name).key("args");
  write_arguments(part.arguments);
  out_.end_object();
  // The first call of a step is checked, if it is of the turn that goes on. One that came without our mark is the
  // service's own, by way of its chat completions.
  const Raw own = own_signature(part.proof);
  const Raw came = own.empty() ? part.proof : own;
  const Raw signature = came.empty() ? call_signature_ : came;
  call_signature_ = {};
  if (!signature.empty()) {
    out_.key("thoughtSignature").string(signature);
  } else if (is_current && !has_call_ && generation_ == Generation::level) {
    out_.key("thoughtSignature").plain(foreign_signature);
  }
  has_call_ = true;
  out_.end_object();
}

// Thoughts go back only with the signature that says whose they are.
void Contents::write_reasoning(const Part& part) {
  const Raw signature = own_signature(part.proof);
  if (signature.empty()) {
    dropped_("reasoning");
    return;
  }
  if (is_of_call(part.proof)) {
    call_signature_ = signature;
    return;
  }
  begin_part(Content::model);
  out_.key("text").string(part.is_sealed ? Raw{} : part.text);
  if (!part.is_sealed) out_.key("thought").boolean(true);
  out_.key("thoughtSignature").string(signature).end_object();
}

void Contents::write_signed_text(const Part& part, Raw signature) {
  begin_part(Content::model);
  out_.key("text").string(part.text).key("thoughtSignature").string(signature).end_object();
}

Result<void> Contents::write_model_part(const Part& part, bool is_current) {
  switch (part.kind) {
    case Kind::text:
    case Kind::refusal:
      write_text(Content::model, part.text);
      return {};
    case Kind::reasoning:
      write_reasoning(part);
      return {};
    case Kind::call:
      write_call(part, is_current);
      return {};
    case Kind::image:
    case Kind::file:
    case Kind::audio:
      return write_media(part, Content::model);
    case Kind::result:
      dropped_("content");
      return {};
  }
  return {};
}

Result<void> Contents::write_turn(const Turn& turn, bool is_current) {
  if (!turn.name.empty()) dropped_("name");
  const bool is_model = turn.speaker == Speaker::assistant;
  call_signature_ = {};
  for (std::size_t i = 0; i < turn.parts.size(); ++i) {
    const Part& part = turn.parts[i];
    if (!part.cache_control.empty()) dropped_("cache_control");
    if (open_ == Content::results && (is_model || part.kind != Kind::result)) {
      if (auto done = end_results(); !done) return done.error();
    }
    // The signature of a text was told as a block behind it.
    const Raw signature = is_model && i + 1 < turn.parts.size() ? signature_of(part, turn.parts[i + 1]) : Raw{};
    if (!signature.empty()) {
      write_signed_text(part, signature);
      ++i;
      continue;
    }
    auto done = is_model ? write_model_part(part, is_current) : write_user_part(part);
    if (!done) return done.error();
  }
  return {};
}

Result<void> Contents::write() {
  const auto& turns = conversation_.turns;
  const auto is_said = [](const Turn& turn) { return turn.speaker != Speaker::system && !turn.parts.empty(); };
  const bool is_all_system = std::none_of(turns.begin(), turns.end(), is_said);
  if (!is_all_system) write_system();

  // Calls behind the user's last words belong to the turn that goes on.
  std::size_t current = 0;
  for (std::size_t i = 0; i < turns.size(); ++i) {
    if (is_user_s_own(turns[i])) current = i + 1;
  }
  out_.key("contents").begin_array();
  for (std::size_t i = 0; i < turns.size(); ++i) {
    if (turns[i].speaker == Speaker::system) {
      if (!is_all_system) continue;
      for (const Part& part : turns[i].parts) write_text(Content::user, part.kind == Kind::text ? part.text : Raw{});
    } else if (auto done = write_turn(turns[i], i >= current); !done) {
      return done.error();
    }
  }
  if (auto done = end_results(); !done) return done.error();
  if (!has_contents_) {  // there must be something
    begin_part(Content::user);
    out_.key("text").string("").end_object();
  }
  end_content();
  out_.end_array();
  return {};
}

}  // namespace

Result<void> write_contents(
    JsonWriter& out, const Conversation& conversation, Generation generation, Dropped& dropped
) {
  return Contents(out, conversation, generation, dropped).write();
}

}  // namespace gw::dialect::gemini
