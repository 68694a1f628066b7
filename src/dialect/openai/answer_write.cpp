#include "dialect/openai/answer_write.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace gw::dialect::openai {

void append_head(const AnswerHead& head, std::string_view prefix, std::string_view object, std::string& out) {
  out.append(R"({"id":)");
  append_json_string(out, std::string(prefix).append(head.id));
  out.append(R"(,"object":")").append(object).append(R"(","created":)");
  append_number(out, head.created);
  out.append(R"(,"model":)");
  append_json_string(out, head.model);
}

std::string made_call_id(std::string_view answer, std::uint32_t choice, std::uint32_t block) {
  std::string out = "call_" + to_raw(answer) + '_';
  append_number(out, choice);
  out.push_back('_');
  append_number(out, block);
  return out;
}

void append_usage(Usage usage, std::string& out) {
  usage.total = std::max(usage.total, usage.prompt + usage.completion);
  JsonWriter json(out);
  json.begin_object().key("prompt_tokens").number(usage.prompt).key("completion_tokens").number(usage.completion);
  json.key("total_tokens").number(usage.total).key("prompt_tokens_details").begin_object();
  json.key("cached_tokens").number(usage.cached);
  if (usage.cache_written != 0) json.key("cache_write_tokens").number(usage.cache_written);
  json.end_object().key("completion_tokens_details").begin_object();
  json.key("reasoning_tokens").number(usage.reasoning).end_object().end_object();
}

std::string_view finish_word(Finish finish) noexcept {
  switch (finish) {
    case Finish::stop:
      return "stop";
    case Finish::length:
    case Finish::pause:  // there is more to come
      return "length";
    case Finish::tool_calls:
      return "tool_calls";
    case Finish::content_filter:
    case Finish::refusal:
      return "content_filter";
  }
  return "stop";
}

void append_extra_content(Raw proof, std::string& out) {
  out.append(R"({"google":{"thought_signature":")").append(proof).append("\"}}");
}

Thoughts::Thought& Thoughts::of(std::uint32_t block) {
  if (thoughts_.empty() || thoughts_.back().block != block) thoughts_.emplace_back().block = block;
  return thoughts_.back();
}

void Thoughts::add_text(std::uint32_t block, Raw text) {
  of(block).text.append(text);
}

void Thoughts::add_proof(std::uint32_t block, Raw proof, Raw id) {
  Thought& thought = of(block);
  thought.proof = proof;
  thought.id = id;
  has_proof_ = true;
}

void Thoughts::add_sealed(std::uint32_t block, Raw proof, Raw id) {
  add_proof(block, proof, id);
  thoughts_.back().is_sealed = true;
}

void Thoughts::write(std::string& out) {
  bool is_first = true;
  for (const Thought& thought : thoughts_) {
    if (!is_first) out.push_back(',');
    is_first = false;
    JsonWriter json(out);
    json.begin_object();
    if (thought.is_sealed) {
      json.key("type").string("reasoning.encrypted").key("data").string(thought.proof);
    } else {
      json.key("type").string("reasoning.text").key("text").string(thought.text);
      json.optional_string("signature", thought.proof);
    }
    json.optional_string("id", thought.id).key("index").number(written_++).end_object();
  }
  thoughts_.clear();
  has_proof_ = false;
}

}  // namespace gw::dialect::openai
