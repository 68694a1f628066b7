#include "dialect/messages/blocks_read.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

namespace gw::dialect::messages {
namespace {

using Value = BodyReader::Value;

constexpr unsigned max_depth = 3;  // a result holds a document, which holds blocks

// Where an image or a document comes from.
struct Source {
  Raw type;
  Raw media_type;
  Raw data;
  Raw url;
  Raw file_id;
  std::vector<Part> content;
};

// The members of a block, whatever its type.
struct Block {
  Raw type;
  std::optional<Raw> text;
  Raw thinking;
  Raw signature;
  Raw data;
  Raw id;
  Raw name;
  Raw tool_use_id;
  Raw title;
  Raw origin;  // `source` of a search result
  std::optional<bool> is_error;
  JsonText input;
  JsonText cache_control;
  Source source;
  std::vector<Part> content;
  std::vector<std::string_view> others;  // not known
};

// Types that say something elsewhere too.
bool is_carried(Raw type) {
  return type == "text" || type == "image" || type == "document" || type == "search_result" || type == "tool_use" ||
         type == "tool_result" || type == "thinking" || type == "redacted_thinking";
}

class BlockReader {
 public:
  explicit BlockReader(BodyReader& reader) noexcept : reader_(reader) {}

  bool content(Value& value, const Path& path, unsigned depth, std::vector<Part>& out);

 private:
  bool block(Value& value, const Path& path, unsigned depth, std::vector<Part>& out);
  bool members(BodyReader::Object object, const Path& path, unsigned depth, Block& out);
  bool member(std::string_view key, Value& value, const Path& path, unsigned depth, Block& out);
  bool source(Value& value, const Path& path, unsigned depth, Block& out);
  bool make(Block& block, const Path& path, std::vector<Part>& out);
  bool make_text(const Block& block, const Path& path, Part& part);
  bool make_image(const Block& block, const Path& path, Part& part);
  bool make_document(Block& block, const Path& path, std::vector<Part>& out);
  bool make_call(const Block& block, const Path& path, Part& part);
  bool make_result(Block& block, const Path& path, Part& part);
  void make_search_result(Block& block, std::vector<Part>& out);
  static void make_reasoning(const Block& block, Part& part);
  bool media(const Source& source, const Path& path, Part& part);

  BodyReader& reader_;
};

bool BlockReader::content(Value& value, const Path& path, unsigned depth, std::vector<Part>& out) {
  if (is_null(value)) return true;
  if (is_string(value)) return reader_.text(value, path, out.emplace_back().text);
  BodyReader::Array list;
  return reader_.array(value, path, list) && reader_.elements(list, path, [&](Value& element, const Path& here) {
    return block(element, here, depth, out);
  });
}

bool BlockReader::source(Value& value, const Path& path, unsigned depth, Block& out) {
  if (is_null(value)) return true;
  if (is_string(value)) return reader_.text(value, path, out.origin);
  BodyReader::Object object;
  return reader_.object(value, path, object) && reader_.members(object, [&](std::string_view key, Value& member) {
    const Path here = path.at(key);
    if (key == "type") return reader_.text(member, here, out.source.type);
    if (key == "media_type") return reader_.text(member, here, out.source.media_type);
    if (key == "data") return reader_.text(member, here, out.source.data);
    if (key == "url") return reader_.text(member, here, out.source.url);
    if (key == "file_id") return reader_.text(member, here, out.source.file_id);
    if (key == "content" && depth < max_depth) return content(member, here, depth + 1, out.source.content);
    if (!is_null(member)) reader_.leave_out(here);
    return true;
  });
}

bool BlockReader::members(BodyReader::Object object, const Path& path, unsigned depth, Block& out) {
  return reader_.members(object, [&](std::string_view key, Value& value) {
    return member(key, value, path.at(key), depth, out);
  });
}

// Members of blocks that are not carried over have shapes of their own.
bool BlockReader::member(std::string_view key, Value& value, const Path& path, unsigned depth, Block& out) {
  if (key == "type") return reader_.text(value, path, out.type);
  if (!out.type.empty() && !is_carried(out.type) && out.type != "compaction") return true;
  if (key == "text") {
    if (is_null(value)) return true;
    return reader_.text(value, path, out.text.emplace());
  }
  if (key == "thinking") return reader_.text(value, path, out.thinking);
  if (key == "signature") return reader_.text(value, path, out.signature);
  if (key == "data") return reader_.text(value, path, out.data);
  if (key == "id") return reader_.text(value, path, out.id);
  if (key == "name") return reader_.text(value, path, out.name);
  if (key == "tool_use_id") return reader_.text(value, path, out.tool_use_id);
  if (key == "title") return reader_.text(value, path, out.title);
  if (key == "is_error") return reader_.flag(value, path, out.is_error);
  if (key == "cache_control") return reader_.object_text(value, path, out.cache_control);
  if (key == "source") return source(value, path, depth, out);
  if (key == "input" && (out.type.empty() || out.type == "tool_use"))
    return reader_.object_text(value, path, out.input);
  if (key == "content" && depth < max_depth && !out.type.ends_with("_tool_result")) {
    return content(value, path, depth + 1, out.content);
  }
  // Who called a tool, and what an answer of the model cited, is not said back to another model.
  if (key != "citations" && key != "caller" && !is_null(value)) out.others.push_back(key);
  return true;
}

bool BlockReader::make_text(const Block& block, const Path& path, Part& part) {
  if (!block.text) return reader_.wrong_type(path.at("text"), "a string");
  part.text = *block.text;
  return true;
}

bool BlockReader::media(const Source& source, const Path& path, Part& part) {
  const Path here = path.at("source");
  part.media_type = source.media_type;
  part.data = source.data;
  part.url = source.url;
  part.file_id = source.file_id;
  if (part.data.empty() && part.url.empty() && part.file_id.empty()) {
    return reader_.wrong_type(here, "an object with data, url or file_id");
  }
  return true;
}

bool BlockReader::make_image(const Block& block, const Path& path, Part& part) {
  part.kind = Part::Kind::image;
  return media(block.source, path, part);
}

// A document of blocks is what its blocks say.
bool BlockReader::make_document(Block& block, const Path& path, std::vector<Part>& out) {
  if (block.source.type == "content") {
    std::move(block.source.content.begin(), block.source.content.end(), std::back_inserter(out));
    return true;
  }
  Part& part = out.emplace_back();
  part.kind = Part::Kind::file;
  part.name = block.title;
  part.cache_control = block.cache_control;
  if (!media(block.source, path, part)) return false;
  if (part.media_type.empty() && !part.data.empty()) {
    part.media_type = block.source.type == "text" ? "text/plain" : "application/pdf";
  }
  return true;
}

bool BlockReader::make_call(const Block& block, const Path& path, Part& part) {
  if (block.id.empty()) return reader_.wrong_type(path.at("id"), "a string");
  if (block.name.empty()) return reader_.wrong_type(path.at("name"), "a string");
  part.kind = Part::Kind::call;
  part.id = block.id;
  part.name = block.name;
  part.arguments.object = block.input.empty() ? JsonText("{}") : block.input;
  return true;
}

bool BlockReader::make_result(Block& block, const Path& path, Part& part) {
  if (block.tool_use_id.empty()) return reader_.wrong_type(path.at("tool_use_id"), "a string");
  part.kind = Part::Kind::result;
  part.id = block.tool_use_id;
  part.is_error = block.is_error.value_or(false);
  // What is no text, image or file cannot stand in one.
  for (Part& inner : block.content) {
    const bool may_stand =
        inner.kind == Part::Kind::text || inner.kind == Part::Kind::image || inner.kind == Part::Kind::file;
    if (may_stand) part.parts.push_back(std::move(inner));
  }
  return true;
}

void BlockReader::make_reasoning(const Block& block, Part& part) {
  part.kind = Part::Kind::reasoning;
  if (block.type == "redacted_thinking") {
    part.proof = block.data;
    part.is_sealed = true;
    return;
  }
  part.text = block.thinking;
  part.proof = block.signature;
  part.is_sealed = block.thinking.empty();
}

// What a client found for the model: a heading, and the texts under it.
void BlockReader::make_search_result(Block& block, std::vector<Part>& out) {
  std::string heading(block.title);
  if (!heading.empty() && !block.origin.empty()) heading.append("\\n");
  heading.append(block.origin);
  if (!heading.empty()) out.emplace_back().text = reader_.keep(std::move(heading));
  std::move(block.content.begin(), block.content.end(), std::back_inserter(out));
}

bool BlockReader::make(Block& block, const Path& path, std::vector<Part>& out) {
  for (const std::string_view other : block.others) reader_.leave_out(path.at(other));
  if (block.type == "document") return make_document(block, path, out);
  if (block.type == "search_result") {
    make_search_result(block, out);
    return true;
  }
  Part part;
  part.cache_control = block.cache_control;
  if (block.type == "text") {
    if (!make_text(block, path, part)) return false;
  } else if (block.type == "image") {
    if (!make_image(block, path, part)) return false;
  } else if (block.type == "tool_use") {
    if (!make_call(block, path, part)) return false;
  } else if (block.type == "tool_result") {
    if (!make_result(block, path, part)) return false;
  } else {
    make_reasoning(block, part);
    if (part.text.empty() && part.proof.empty()) return true;
  }
  out.push_back(std::move(part));
  return true;
}

bool BlockReader::block(Value& value, const Path& path, unsigned depth, std::vector<Part>& out) {
  BodyReader::Object object;
  Block block;
  if (!reader_.object(value, path, object) || !members(object, path, depth, block)) return false;
  if (block.type.empty()) return reader_.wrong_type(path.at("type"), "given, e.g. \"text\"");
  if (is_carried(block.type)) return make(block, path, out);
  if (block.type == "container_upload") return reader_.unsupported(path, "a file in a container");
  if (block.type == "compaction" && !block.content.empty()) {  // what came before it, in short
    std::move(block.content.begin(), block.content.end(), std::back_inserter(out));
    return true;
  }
  // Reports of what Anthropic's own tools did: what came of it stands in the answer behind them.
  reader_.leave_out(path);
  return true;
}

}  // namespace

bool read_content(BodyReader& reader, Value& value, const Path& path, std::vector<Part>& out) {
  return BlockReader(reader).content(value, path, 0, out);
}

}  // namespace gw::dialect::messages
