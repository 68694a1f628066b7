// Facts: DeepSeek's "Thinking Mode" and Moonshot's "Use Kimi K2 Thinking" (`reasoning_content`, refused when it is
// missing from a message with tool calls), OpenRouter's "Reasoning Tokens" (`reasoning_details`).
#include "dialect/openai/request_write.hpp"

namespace gw::dialect::openai {

namespace {

using Kind = Part::Kind;

void write_content(std::span<const Part* const> parts, bool has_calls, Writing& out) {
  std::string joined;
  for (const Part* part : parts) {
    if (part->kind != Kind::reasoning || part->text.empty()) continue;
    if (!joined.empty()) joined.append(R"(\n\n)");
    joined.append(part->text);
  }
  // Another model's answer has none: the field must be there all the same.
  if (joined.empty() && has_calls && out.variant().wants_back) joined.push_back(' ');
  out.json.optional_string("reasoning_content", joined);
}

// The ids of OpenAI's reasoning items; what Anthropic signs has none.
bool is_item(Raw id) {
  return id.starts_with("rs_");
}

class DetailsWriter {
 public:
  explicit DetailsWriter(Writing& out) : json_(out.json) {}

  void write(const Part& part) {
    if (part.kind == Kind::call) {
      if (!part.proof.empty()) sealed(part, "google-gemini-v1");
    } else if (part.is_sealed) {
      sealed(part, is_item(part.id) ? "openai-responses-v1" : "anthropic-claude-v1");
    } else if (is_item(part.id)) {
      text(part, "reasoning.summary", "summary");
      if (!part.proof.empty()) sealed(part, "openai-responses-v1");
    } else {
      text(part, "reasoning.text", "text");
    }
  }

  void end() {
    if (index_ != 0) json_.end_array();
  }

 private:
  void begin(std::string_view type) {
    if (index_ == 0) json_.key("reasoning_details").begin_array();
    json_.begin_object().key("type").string(type);
  }

  void finish(const Part& part, std::string_view format) {
    json_.optional_string("id", part.id).optional_string("format", format);
    json_.key("index").number(index_++).end_object();
  }

  void text(const Part& part, std::string_view type, std::string_view field) {
    const bool is_signed = !is_item(part.id) && !part.proof.empty();
    begin(type);
    json_.key(field).string(part.text);
    if (is_signed) json_.key("signature").string(part.proof);
    finish(part, is_signed ? "anthropic-claude-v1" : is_item(part.id) ? "openai-responses-v1" : "");
  }

  void sealed(const Part& part, std::string_view format) {
    begin("reasoning.encrypted");
    json_.key("data").string(part.proof);
    finish(part, format);
  }

  JsonWriter& json_;
  std::uint64_t index_ = 0;
};

bool is_reasoning(const Part* part) {
  return part->kind == Kind::reasoning;
}

}  // namespace

void write_reasoning(std::span<const Part* const> parts, bool has_calls, Writing& out) {
  switch (out.variant().back) {
    case Variant::Back::never:
      break;
    case Variant::Back::with_calls:
      if (has_calls) write_content(parts, has_calls, out);
      return;
    case Variant::Back::always:
      write_content(parts, has_calls, out);
      return;
    case Variant::Back::details: {
      DetailsWriter details(out);
      for (const Part* part : parts) details.write(*part);
      details.end();
      return;
    }
  }
  for (const Part* part : parts) {
    if (is_reasoning(part)) out.drop("messages.reasoning");
  }
}

}  // namespace gw::dialect::openai
