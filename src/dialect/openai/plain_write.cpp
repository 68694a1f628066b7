// Facts: OpenAI's API reference, "The chat completion object".
#include "base/text.hpp"
#include "dialect/ending.hpp"
#include "dialect/openai/answer_write.hpp"

#include <algorithm>

namespace gw::dialect::openai {

namespace {

using Kind = Event::Kind;

class PlainWriter final : public AnswerWriter {
 public:
  PlainWriter(const AnswerHead& head, std::string& out) : id_(head.id), out_(out) {
    append_head(head, "chatcmpl-", "chat.completion", head_);
  }

  void on(const Event& event) override;
  void end() override;

 private:
  struct Call {
    std::uint32_t block = 0;
    std::string id;
    std::string name;
    std::string arguments;
    std::string proof;
  };

  struct Choice {
    std::uint32_t number = 0;
    bool has_text = false;
    bool has_reasoning = false;
    bool has_refusal = false;
    std::string text;
    std::string reasoning;
    std::string refusal;
    Thoughts thoughts;
    std::vector<Call> calls;
    std::string annotations;
    std::string logprobs;
    Ending ending;
  };

  Choice& choice_of(std::uint32_t number);
  static Call* call_of(Choice& choice, std::uint32_t block);
  static void take_proof(Choice& choice, const Event& event);
  void add_call(Choice& choice, const Event& event) const;
  void write_choice(Choice& choice);
  void write_message(Choice& choice, JsonWriter& json);
  static void write_calls(const Choice& choice, JsonWriter& json, std::string& out);

  std::string id_;
  std::string head_;
  std::string& out_;
  std::vector<Choice> choices_;
  Usage usage_;
  bool has_usage_ = false;
};

PlainWriter::Choice& PlainWriter::choice_of(std::uint32_t number) {
  const auto known =
      std::find_if(choices_.begin(), choices_.end(), [&](const Choice& choice) { return choice.number >= number; });
  if (known != choices_.end() && known->number == number) return *known;
  Choice added;
  added.number = number;
  return *choices_.insert(known, std::move(added));
}

PlainWriter::Call* PlainWriter::call_of(Choice& choice, std::uint32_t block) {
  const auto known =
      std::find_if(choice.calls.begin(), choice.calls.end(), [&](const Call& call) { return call.block == block; });
  return known == choice.calls.end() ? nullptr : &*known;
}

void PlainWriter::take_proof(Choice& choice, const Event& event) {
  if (Call* const call = call_of(choice, event.block)) {
    call->proof = event.text;
  } else {
    choice.thoughts.add_proof(event.block, event.text, event.id);
  }
}

void PlainWriter::add_call(Choice& choice, const Event& event) const {
  Call& call = choice.calls.emplace_back();
  call.block = event.block;
  call.id = event.id.empty() ? made_call_id(id_, event.choice, event.block) : std::string(event.id);
  call.name = event.name;
}

void PlainWriter::on(const Event& event) {
  if (event.kind == Kind::usage) {
    usage_.merge(event.usage);
    has_usage_ = true;
    return;
  }
  Choice& choice = choice_of(event.choice);
  choice.ending.on(event);
  switch (event.kind) {
    case Kind::begin:
    case Kind::usage:
    case Kind::finish:
      return;
    case Kind::text:
      choice.has_text = true;
      choice.text.append(event.text);
      return;
    case Kind::reasoning:
      choice.has_reasoning = true;
      choice.reasoning.append(event.text);
      choice.thoughts.add_text(event.block, event.text);
      return;
    case Kind::proof:
      return take_proof(choice, event);
    case Kind::sealed:
      return choice.thoughts.add_sealed(event.block, event.text, event.id);
    case Kind::refusal:
      choice.has_refusal = true;
      choice.refusal.append(event.text);
      return;
    case Kind::call:
      return add_call(choice, event);
    case Kind::arguments:
      if (Call* const call = call_of(choice, event.block)) call->arguments.append(event.text);
      return;
    case Kind::logprobs:
      if (choice.logprobs.empty()) choice.logprobs = event.json;
      return;
    case Kind::annotation:
      if (!choice.annotations.empty()) choice.annotations.push_back(',');
      choice.annotations.append(event.json);
      return;
  }
}

void PlainWriter::write_calls(const Choice& choice, JsonWriter& json, std::string& out) {
  json.key("tool_calls").begin_array();
  for (const Call& call : choice.calls) {
    json.begin_object().key("id").string(call.id).key("type").string("function").key("function").begin_object();
    json.key("name").string(call.name);
    json.key("arguments").string(call.arguments.empty() ? Raw("{}") : Raw(call.arguments)).end_object();
    if (!call.proof.empty()) {
      json.key("extra_content");
      append_extra_content(call.proof, out);
    }
    json.end_object();
  }
  json.end_array();
}

void PlainWriter::write_message(Choice& choice, JsonWriter& json) {
  json.begin_object().key("role").string("assistant").key("content");
  // A text is promised to those who neither call nor refuse.
  if (choice.has_text || (choice.calls.empty() && !choice.has_refusal)) {
    json.string(choice.text);
  } else {
    json.null();
  }
  json.key("refusal");
  if (choice.has_refusal) {
    json.string(choice.refusal);
  } else {
    json.null();
  }
  if (choice.has_reasoning) json.key("reasoning_content").string(choice.reasoning);
  if (choice.thoughts.must_come_back()) {
    json.key("reasoning_details").begin_array();
    choice.thoughts.write(out_);
    json.end_array();
  }
  if (!choice.calls.empty()) write_calls(choice, json, out_);
  if (!choice.annotations.empty()) json.key("annotations").begin_array().json(choice.annotations).end_array();
  json.end_object();
}

void PlainWriter::write_choice(Choice& choice) {
  JsonWriter json(out_);
  json.begin_object().key("index").number(choice.number).key("message");
  write_message(choice, json);
  json.key("logprobs");
  if (choice.logprobs.empty()) {
    json.null();
  } else {
    json.json(choice.logprobs);
  }
  json.key("finish_reason").string(finish_word(choice.ending.finish())).end_object();
}

void PlainWriter::end() {
  if (choices_.empty()) choice_of(0);
  out_.append(head_).append(R"(,"choices":[)");
  bool is_first = true;
  for (Choice& choice : choices_) {
    if (!is_first) out_.push_back(',');
    is_first = false;
    write_choice(choice);
  }
  out_.push_back(']');
  if (has_usage_) {
    out_.append(R"(,"usage":)");
    append_usage(usage_, out_);
  }
  out_.push_back('}');
}

}  // namespace

std::unique_ptr<AnswerWriter> plain_writer(const AnswerHead& head, std::string& out) {
  return std::make_unique<PlainWriter>(head, out);
}

}  // namespace gw::dialect::openai
