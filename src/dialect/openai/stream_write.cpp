// Facts: OpenAI's API reference, "The chat completion chunk object": the first chunk of a choice has the role, the last
// its finish reason, which waits here for the end, since providers say more behind theirs; where usage was asked for,
// every chunk has the member, null but in one more at the end.
#include "base/text.hpp"
#include "dialect/ending.hpp"
#include "dialect/one_line.hpp"
#include "dialect/openai/answer_write.hpp"

#include <algorithm>

namespace gw::dialect::openai {

namespace {

using Kind = Event::Kind;

class StreamWriter final : public AnswerWriter {
 public:
  StreamWriter(const AnswerHead& head, std::string& out) : id_(head.id), wants_usage_(head.wants_usage), out_(out) {
    head_.append("data: ");
    append_head(head, "chatcmpl-", "chat.completion.chunk", head_);
    head_.append(R"(,"choices":[)");
  }

  void on(const Event& event) override;
  void end() override;

 private:
  struct Choice {
    std::uint32_t number = 0;
    std::vector<std::uint32_t> calls;  // their blocks; a call's index is its place
    Thoughts thoughts;
    Ending ending;
  };

  Choice& choice_of(std::uint32_t number);
  void begin_delta(std::uint32_t choice);
  void end_delta(std::string_view finish = {});
  void write_text(std::string_view member, const Event& event);
  void write_call(Choice& choice, const Event& event);
  void begin_call_delta(const Choice& choice, std::size_t index);
  void write_arguments(const Choice& choice, const Event& event);
  void write_proof(Choice& choice, const Event& event);
  void write_thoughts(Choice& choice);
  void write_json(std::string_view member, JsonText json, const Event& event);
  void write_logprobs(const Event& event);

  std::string id_;
  std::string head_;
  bool wants_usage_;
  std::string& out_;
  std::vector<Choice> choices_;
  Usage usage_;
  bool has_usage_ = false;
};

void StreamWriter::begin_delta(std::uint32_t choice) {
  out_.append(head_).append(R"({"index":)");
  append_number(out_, choice);
  out_.append(R"(,"delta":{)");
}

void StreamWriter::end_delta(std::string_view finish) {
  if (finish.empty()) {
    out_.append(R"(},"logprobs":null,"finish_reason":null}])");
  } else {
    out_.append(R"(},"logprobs":null,"finish_reason":")").append(finish).append(R"("}])");
  }
  out_.append(wants_usage_ ? ",\"usage\":null}\n\n" : "}\n\n");
}

StreamWriter::Choice& StreamWriter::choice_of(std::uint32_t number) {
  const auto known =
      std::find_if(choices_.begin(), choices_.end(), [&](const Choice& choice) { return choice.number == number; });
  if (known != choices_.end()) return *known;
  begin_delta(number);
  out_.append(R"("role":"assistant","content":"","refusal":null)");
  end_delta();
  Choice& added = choices_.emplace_back();
  added.number = number;
  return added;
}

void StreamWriter::write_text(std::string_view member, const Event& event) {
  if (event.text.empty()) return;
  begin_delta(event.choice);
  out_.push_back('"');
  out_.append(member).append("\":\"").append(event.text).push_back('"');
  end_delta();
}

void StreamWriter::begin_call_delta(const Choice& choice, std::size_t index) {
  begin_delta(choice.number);
  out_.append(R"("tool_calls":[{"index":)");
  append_number(out_, index);
}

void StreamWriter::write_call(Choice& choice, const Event& event) {
  begin_call_delta(choice, choice.calls.size());
  choice.calls.push_back(event.block);
  out_.append(R"(,"id":")");
  out_.append(event.id.empty() ? made_call_id(id_, event.choice, event.block) : std::string(event.id));
  out_.append(R"(","type":"function","function":{"name":")").append(event.name);
  out_.append(R"(","arguments":""}}])");
  end_delta();
}

void StreamWriter::write_arguments(const Choice& choice, const Event& event) {
  const auto call = std::find(choice.calls.begin(), choice.calls.end(), event.block);
  if (call == choice.calls.end() || event.text.empty()) return;
  begin_call_delta(choice, static_cast<std::size_t>(call - choice.calls.begin()));
  out_.append(R"(,"function":{"arguments":")").append(event.text).append("\"}}]");
  end_delta();
}

void StreamWriter::write_proof(Choice& choice, const Event& event) {
  const auto call = std::find(choice.calls.begin(), choice.calls.end(), event.block);
  if (call == choice.calls.end()) {
    choice.thoughts.add_proof(event.block, event.text, event.id);
    write_thoughts(choice);
    return;
  }
  begin_call_delta(choice, static_cast<std::size_t>(call - choice.calls.begin()));
  out_.append(R"(,"extra_content":)");
  append_extra_content(event.text, out_);
  out_.append("}]");
  end_delta();
}

// Whole blocks, though their text went out in pieces: so a client need not put them together again.
void StreamWriter::write_thoughts(Choice& choice) {
  begin_delta(choice.number);
  out_.append(R"("reasoning_details":[)");
  choice.thoughts.write(out_);
  out_.push_back(']');
  end_delta();
}

void StreamWriter::write_json(std::string_view member, JsonText json, const Event& event) {
  begin_delta(event.choice);
  out_.push_back('"');
  out_.append(member).append("\":[");
  append_one_line(json, out_);
  out_.push_back(']');
  end_delta();
}

void StreamWriter::write_logprobs(const Event& event) {
  begin_delta(event.choice);
  out_.append(R"(},"logprobs":)");
  append_one_line(event.json, out_);
  out_.append(R"(,"finish_reason":null}])");
  out_.append(wants_usage_ ? ",\"usage\":null}\n\n" : "}\n\n");
}

void StreamWriter::on(const Event& event) {
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
      return write_text("content", event);
    case Kind::reasoning:
      choice.thoughts.add_text(event.block, event.text);
      return write_text("reasoning_content", event);
    case Kind::proof:
      return write_proof(choice, event);
    case Kind::sealed:
      choice.thoughts.add_sealed(event.block, event.text, event.id);
      return write_thoughts(choice);
    case Kind::refusal:
      return write_text("refusal", event);
    case Kind::call:
      return write_call(choice, event);
    case Kind::arguments:
      return write_arguments(choice, event);
    case Kind::logprobs:
      return write_logprobs(event);
    case Kind::annotation:
      return write_json("annotations", event.json, event);
  }
}

void StreamWriter::end() {
  if (choices_.empty()) choice_of(0);
  for (const Choice& choice : choices_) {
    begin_delta(choice.number);
    end_delta(finish_word(choice.ending.finish()));
  }
  if (wants_usage_ && has_usage_) {
    out_.append(head_).append(R"(],"usage":)");
    append_usage(usage_, out_);
    out_.append("}\n\n");
  }
  out_.append("data: [DONE]\n\n");
}

}  // namespace

std::unique_ptr<AnswerWriter> stream_writer(const AnswerHead& head, std::string& out) {
  return std::make_unique<StreamWriter>(head, out);
}

}  // namespace gw::dialect::openai
