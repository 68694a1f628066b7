#include "dialect/responses/parts_read.hpp"

#include "dialect/base64.hpp"

#include <optional>

namespace gw::dialect::responses {
namespace {

using Value = BodyReader::Value;

constexpr std::string_view ephemeral = R"({"type":"ephemeral"})";  // what a breakpoint of the cache is to others

// The members of one part, whatever its type.
struct Members {
  std::optional<Raw> text;
  Raw type;
  Raw image_url;
  Raw file_url;
  Raw file_data;
  Raw file_id;
  Raw filename;
  Raw detail;
  Raw audio_data;
  Raw audio_format;
  JsonText cache_control;
  std::vector<std::string_view> others;  // not known
};

// "data:image/png;base64,AAAA" as what it holds; anything else is an address.
bool split_data_url(Raw url, Part& part) {
  constexpr std::string_view scheme = "data:";
  constexpr std::string_view mark = ";base64,";
  if (!url.starts_with(scheme)) return false;
  const std::size_t at = url.find(mark);
  if (at == Raw::npos) return false;
  part.media_type = url.substr(scheme.size(), at - scheme.size());
  part.media_type = part.media_type.substr(0, part.media_type.find(';'));  // less a charset
  part.data = url.substr(at + mark.size());
  return true;
}

// A plain text travels as what it says.
void open_text_file(BodyReader& reader, Part& part) {
  if (!says(part.media_type, "text/plain")) return;
  if (const auto text = from_base64(from_raw(part.data))) part.data = reader.keep(to_raw(*text));
}

bool read_audio(BodyReader& reader, Value& value, const Path& path, Members& out) {
  BodyReader::Object object;
  return reader.object(value, path, object) && reader.members(object, [&](std::string_view key, Value& member) {
    if (key == "data") return reader.text(member, path.at(key), out.audio_data);
    if (key == "format") return reader.text(member, path.at(key), out.audio_format);
    return true;
  });
}

// An address as Responses has it, or in the object that chat completions puts around it.
bool read_image_url(BodyReader& reader, Value& value, const Path& path, Members& out) {
  if (is_null(value) || is_string(value)) return reader.text(value, path, out.image_url);
  BodyReader::Object object;
  return reader.object(value, path, object) && reader.members(object, [&](std::string_view key, Value& member) {
    if (key == "url") return reader.text(member, path.at(key), out.image_url);
    if (key == "detail") return reader.text(member, path.at(key), out.detail);
    return true;
  });
}

bool read_members(BodyReader& reader, BodyReader::Object object, const Path& path, Members& out) {
  return reader.members(object, [&](std::string_view key, Value& value) {
    const Path here = path.at(key);
    if (key == "type") return reader.text(value, here, out.type);
    if (key == "text" || key == "refusal") {
      Raw text;
      if (!is_null(value) && !reader.text(value, here, text)) return false;
      if (!is_null(value)) out.text = text;
      return true;
    }
    if (key == "image_url") return read_image_url(reader, value, here, out);
    if (key == "file_url") return reader.text(value, here, out.file_url);
    if (key == "file_data") return reader.text(value, here, out.file_data);
    if (key == "file_id") return reader.text(value, here, out.file_id);
    if (key == "filename") return reader.text(value, here, out.filename);
    if (key == "detail") return reader.text(value, here, out.detail);
    if (key == "input_audio") return read_audio(reader, value, here, out);
    if (key == "prompt_cache_breakpoint") {
      if (!is_null(value)) out.cache_control = ephemeral;
      return true;
    }
    // What hangs on an answer of the model is not said back to one.
    if (key != "annotations" && key != "logprobs" && !is_null(value)) out.others.push_back(key);
    return true;
  });
}

bool is_text_type(Raw type) {
  return type == "input_text" || type == "output_text" || type == "text" || type == "summary_text" ||
         type == "reasoning_text";
}

bool make_image(BodyReader& reader, const Members& members, const Path& path, Part& part) {
  part.kind = Part::Kind::image;
  part.detail = members.detail;
  part.file_id = members.file_id;
  if (part.file_id.empty() && members.image_url.empty()) return reader.wrong_type(path.at("image_url"), "given");
  if (!split_data_url(members.image_url, part)) part.url = members.image_url;
  return true;
}

bool make_file(BodyReader& reader, const Members& members, const Path& path, Part& part) {
  part.kind = Part::Kind::file;
  part.name = members.filename;
  part.file_id = members.file_id;
  part.url = members.file_url;
  if (part.file_id.empty() && part.url.empty() && members.file_data.empty()) {
    return reader.wrong_type(path, "a file with file_data, file_url or file_id");
  }
  if (members.file_data.empty()) return true;
  if (!split_data_url(members.file_data, part)) {
    part.data = members.file_data;
    part.media_type = members.filename.ends_with(".txt") ? "text/plain" : "application/pdf";
  }
  open_text_file(reader, part);
  return true;
}

void make_audio(BodyReader& reader, const Members& members, Part& part) {
  part.kind = Part::Kind::audio;
  part.data = members.audio_data;
  part.media_type = reader.keep("audio/" + std::string(members.audio_format));
}

bool read_part(BodyReader& reader, Value& value, const Path& path, std::vector<Part>& out) {
  BodyReader::Object object;
  Members members;
  if (!reader.object(value, path, object) || !read_members(reader, object, path, members)) return false;
  if (members.type.empty()) return reader.wrong_type(path.at("type"), "given, e.g. \"input_text\"");
  Part part;
  part.cache_control = members.cache_control;
  if (is_text_type(members.type) || members.type == "refusal") {
    if (!members.text) return reader.wrong_type(path.at(members.type == "refusal" ? "refusal" : "text"), "a string");
    part.kind = members.type == "refusal" ? Part::Kind::refusal : Part::Kind::text;
    part.text = *members.text;
  } else if (members.type == "input_image" || members.type == "image_url") {
    if (!make_image(reader, members, path, part)) return false;
  } else if (members.type == "input_file") {
    if (!make_file(reader, members, path, part)) return false;
  } else if (members.type == "input_audio") {
    make_audio(reader, members, part);
  } else {
    reader.leave_out(path);
    return true;
  }
  for (const std::string_view other : members.others) reader.leave_out(path.at(other));
  out.push_back(std::move(part));
  return true;
}

}  // namespace

bool read_content(BodyReader& reader, Value& value, const Path& path, std::vector<Part>& out) {
  if (is_null(value)) return true;
  if (is_string(value)) {
    Part& part = out.emplace_back();
    return reader.text(value, path, part.text);
  }
  BodyReader::Array list;
  if (!reader.array(value, path, list)) return false;
  return reader.elements(list, path, [&](Value& element, const Path& here) {
    return read_part(reader, element, here, out);
  });
}

}  // namespace gw::dialect::responses
