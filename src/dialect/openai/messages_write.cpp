// Facts: OpenAI's API reference, the messages of "Create chat completion": results follow the message that called, one
// message a call, and hold text only; a message of the assistant holds all calls that are answered together.
#include "dialect/openai/parts_read.hpp"
#include "dialect/openai/request_write.hpp"

#include <algorithm>

namespace gw::dialect::openai {

namespace {

using Kind = Part::Kind;

constexpr Raw blank_line = R"(\n\n)";

bool is_media(const Part& part) {
  return part.kind == Kind::image || part.kind == Kind::file || part.kind == Kind::audio;
}

// A document that is text is said as text.
bool is_text_file(const Part& part) {
  return part.kind == Kind::file && says(part.media_type, "text/plain");
}

class MessagesWriter {
 public:
  explicit MessagesWriter(Writing& out) : out_(out), json_(out.json) {}

  void write(std::span<const Turn> turns);

 private:
  using Parts = std::vector<const Part*>;

  void write_assistant(std::span<const Turn> turns);
  void write_calls(const Parts& calls);
  void write_others(std::span<const Turn> turns);
  void write_result(const Part& result);
  void write_moved(const Parts& results);
  void write_said(const Turn& turn);
  void write_text(const Parts& texts, Raw between);
  void write_content(const Parts& parts);

  Writing& out_;
  JsonWriter& json_;
};

// One text, whatever it is made of: providers that take a list of parts for it are fewer.
void MessagesWriter::write_text(const Parts& texts, Raw between) {
  out_.begin_literal();
  bool is_first = true;
  for (const Part* part : texts) {
    if (!is_first) out_.add(between);
    is_first = false;
    if (is_text_file(*part)) {
      if (!part->name.empty()) {
        out_.add(part->name);
        out_.add(R"(:\n)");
      }
      out_.add(part->data);
    } else {
      out_.add(part->text);
    }
  }
  out_.end_literal();
}

void MessagesWriter::write_content(const Parts& parts) {
  const auto is_text = [](const Part* part) { return part->kind == Kind::text || is_text_file(*part); };
  const bool is_marked =
      std::any_of(parts.begin(), parts.end(), [](const Part* part) { return !part->cache_control.empty(); });
  if (is_marked && !out_.variant().is_openrouter) out_.drop("cache_control");
  const bool keeps_marks = is_marked && out_.variant().is_openrouter;
  json_.key("content");
  if (!keeps_marks && std::all_of(parts.begin(), parts.end(), is_text)) {
    write_text(parts, blank_line);
    return;
  }
  json_.begin_array();
  for (const Part* part : parts) {
    if (is_text(part)) {
      json_.begin_object().key("type").string("text").key("text");
      write_text({part}, {});
      if (keeps_marks) json_.optional_json("cache_control", part->cache_control);
      json_.end_object();
    } else {
      write_part(*part, out_);
    }
  }
  json_.end_array();
}

// A turn of the user or the system, without the results in it.
void MessagesWriter::write_said(const Turn& turn) {
  Parts parts;
  for (const Part& part : turn.parts) {
    if (part.kind == Kind::text || is_media(part)) {
      parts.push_back(&part);
    } else if (part.kind != Kind::result) {
      out_.drop("messages.content");  // nothing that is said here
    }
  }
  if (parts.empty()) return;
  const bool is_system = turn.speaker == Speaker::system;
  const std::string_view role = !is_system                                      ? "user"
                                : turn.is_developer && out_.variant().is_openai ? "developer"
                                                                                : "system";
  json_.begin_object().key("role").string(role).optional_string("name", turn.name);
  write_content(parts);
  json_.end_object();
}

void MessagesWriter::write_result(const Part& result) {
  Parts texts;
  bool has_media = false;
  for (const Part& part : result.parts) {
    if (part.kind == Kind::text || is_text_file(part)) {
      texts.push_back(&part);
    } else {
      has_media = has_media || is_media(part);
    }
  }
  if (!result.cache_control.empty()) out_.drop("cache_control");
  if (result.is_error) out_.drop("is_error");  // the text says it
  json_.begin_object().key("role").string("tool").key("tool_call_id").string(result.id).key("content");
  if (texts.empty() && has_media) {
    json_.string("The result is shown in the next message.");
  } else {
    write_text(texts, blank_line);
  }
  json_.end_object();
}

// What a tool's message cannot hold follows all of them.
void MessagesWriter::write_moved(const Parts& results) {
  json_.begin_object().key("role").string("user").key("content").begin_array();
  for (const Part* result : results) {
    json_.begin_object().key("type").string("text").key("text");
    out_.begin_literal();
    out_.add("Shown by the result of ");
    out_.add(result->id);
    out_.add(":");
    out_.end_literal();
    json_.end_object();
    for (const Part& part : result->parts) {
      if (is_media(part) && !is_text_file(part)) write_part(part, out_);
    }
  }
  json_.end_array().end_object();
}

// Everything between two messages of the assistant: results first, which must follow their calls.
void MessagesWriter::write_others(std::span<const Turn> turns) {
  Parts with_media;
  for (const Turn& turn : turns) {
    for (const Part& part : turn.parts) {
      if (part.kind != Kind::result) continue;
      write_result(part);
      const bool moves = std::any_of(part.parts.begin(), part.parts.end(), [](const Part& inner) {
        return is_media(inner) && !is_text_file(inner);
      });
      if (moves) with_media.push_back(&part);
    }
  }
  if (!with_media.empty()) write_moved(with_media);
  for (const Turn& turn : turns) write_said(turn);
}

void MessagesWriter::write_calls(const Parts& calls) {
  json_.key("tool_calls").begin_array();
  for (const Part* call : calls) {
    json_.begin_object().key("id").string(call->id).key("type").string("function").key("function").begin_object();
    json_.key("name").string(call->name).key("arguments");
    if (!call->arguments.object.empty()) {
      json_.plain(call->arguments.object);
    } else {
      json_.string(call->arguments.text.empty() ? Raw("{}") : call->arguments.text);
    }
    json_.end_object();
    if (out_.variant().is_google && !call->proof.empty()) {
      json_.key("extra_content").begin_object().key("google").begin_object();
      json_.key("thought_signature").string(call->proof).end_object().end_object();
    }
    json_.end_object();
  }
  json_.end_array();
}

// Turns of the assistant that follow each other are one message: the calls in them are answered together.
void MessagesWriter::write_assistant(std::span<const Turn> turns) {
  Parts texts;
  Parts reasoning;
  Parts calls;
  Raw refusal;
  for (const Turn& turn : turns) {
    for (const Part& part : turn.parts) {
      switch (part.kind) {
        case Kind::refusal:
          if (out_.variant().is_openai) {
            refusal = part.text;
            break;
          }
          [[fallthrough]];
        case Kind::text:
          texts.push_back(&part);
          break;
        case Kind::reasoning:
          reasoning.push_back(&part);
          break;
        case Kind::call:
          calls.push_back(&part);
          break;
        case Kind::image:
        case Kind::file:
        case Kind::audio:
        case Kind::result:
          out_.drop("messages.content");  // nothing an assistant says
          break;
      }
      if (!part.cache_control.empty()) out_.drop("cache_control");
    }
  }
  if (texts.empty() && calls.empty() && refusal.empty()) {
    if (!reasoning.empty()) out_.drop("messages.reasoning");  // there is no message for it alone
    return;
  }
  json_.begin_object().key("role").string("assistant").optional_string("name", turns.front().name).key("content");
  if (texts.empty()) {
    json_.null();
  } else {
    write_text(texts, turns.size() == 1 ? Raw{} : blank_line);
  }
  json_.optional_string("refusal", refusal);
  reasoning.insert(reasoning.end(), calls.begin(), calls.end());  // for what is sealed of the calls
  write_reasoning(reasoning, !calls.empty(), out_);
  if (!calls.empty()) write_calls(calls);
  json_.end_object();
}

void MessagesWriter::write(std::span<const Turn> turns) {
  for (std::size_t begin = 0; begin < turns.size();) {
    const bool is_assistant = turns[begin].speaker == Speaker::assistant;
    std::size_t end = begin + 1;
    while (end < turns.size() && (turns[end].speaker == Speaker::assistant) == is_assistant) ++end;
    const auto run = turns.subspan(begin, end - begin);
    if (is_assistant) {
      write_assistant(run);
    } else {
      write_others(run);
    }
    begin = end;
  }
}

void write_data_url(Raw media_type, Raw data, Writing& out) {
  out.begin_literal();
  out.add("data:");
  out.add(media_type);
  out.add(";base64,");
  out.add(data);
  out.end_literal();
}

void write_image(const Part& part, Writing& out) {
  JsonWriter& json = out.json;
  if (part.url.empty() && part.data.empty()) {
    out.refuse("messages.content", "holds an image by a file's id, which only its own provider knows.");
    return;
  }
  json.begin_object().key("type").string("image_url").key("image_url").begin_object().key("url");
  if (part.url.empty()) {
    write_data_url(part.media_type, part.data, out);
  } else {
    json.string(part.url);
  }
  json.optional_string("detail", part.detail).end_object().end_object();
}

void write_file(const Part& part, Writing& out) {
  JsonWriter& json = out.json;
  const Variant& variant = out.variant();
  if (part.data.empty() && (part.url.empty() || !variant.is_openrouter) &&
      (part.file_id.empty() || !variant.is_openai)) {
    out.refuse("messages.content", "holds a file that is not in the request itself.");
    return;
  }
  json.begin_object().key("type").string("file").key("file").begin_object();
  if (!part.data.empty()) {
    json.key("filename").string(part.name.empty() ? Raw("document.pdf") : part.name).key("file_data");
    write_data_url(part.media_type, part.data, out);
  } else if (!part.url.empty() && variant.is_openrouter) {
    json.optional_string("filename", part.name).key("file_data").string(part.url);
  } else {
    json.key("file_id").string(part.file_id);
  }
  json.end_object().end_object();
}

void write_audio(const Part& part, Writing& out) {
  const std::string_view format = audio_format(part.media_type);
  if (format.empty() || part.data.empty()) {
    out.refuse("messages.content", "holds audio in a format that has no name here.");
    return;
  }
  JsonWriter& json = out.json;
  json.begin_object().key("type").string("input_audio").key("input_audio").begin_object();
  json.key("data").string(part.data).key("format").string(format).end_object().end_object();
}

}  // namespace

void write_part(const Part& part, Writing& out) {
  if (part.kind == Kind::image) return write_image(part, out);
  if (part.kind == Kind::audio) return write_audio(part, out);
  write_file(part, out);
}

void write_messages(std::span<const Turn> turns, Writing& out) {
  MessagesWriter(out).write(turns);
}

}  // namespace gw::dialect::openai
