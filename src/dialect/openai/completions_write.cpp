// Facts: OpenAI's API reference, "The completion object": a stream's pieces have the same shape; where usage was asked
// for, every piece has the member, null but in one more at the end.
#include "dialect/openai/completions_write.hpp"

#include "base/text.hpp"
#include "dialect/ending.hpp"
#include "dialect/openai/answer_write.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

namespace gw::dialect::openai {
namespace {

using Kind = Event::Kind;

// Nothing calls a tool here.
std::string_view word_of(Finish finish) noexcept {
  return finish == Finish::tool_calls ? "stop" : finish_word(finish);
}

void append_choice(std::string& out, std::uint32_t number, std::string_view text, std::string_view finish) {
  JsonWriter json(out);
  json.begin_object().key("text").string(text).key("index").number(number).key("logprobs").null();
  json.key("finish_reason");
  if (finish.empty()) {
    json.null();
  } else {
    json.string(finish);
  }
  json.end_object();
}

class StreamWriter final : public AnswerWriter {
 public:
  StreamWriter(const AnswerHead& head, std::string& out) : wants_usage_(head.wants_usage), out_(out) {
    head_.append("data: ");
    append_head(head, "cmpl-", "text_completion", head_);
    head_.append(R"(,"choices":[)");
  }

  void on(const Event& event) override {
    if (event.kind != Kind::usage) endings_[event.choice].on(event);
    switch (event.kind) {
      case Kind::usage:
        usage_.merge(event.usage);
        has_usage_ = true;
        return;
      case Kind::text:
      case Kind::refusal:
        if (!event.text.empty()) write(event.choice, event.text, {});
        return;
      default:
        return;
    }
  }

  void end() override {
    if (endings_.empty()) endings_[0];
    for (const auto& [choice, ending] : endings_) write(choice, {}, word_of(ending.finish()));
    if (wants_usage_ && has_usage_) {
      out_.append(head_).append(R"(],"usage":)");
      append_usage(usage_, out_);
      out_.append("}\n\n");
    }
    out_.append("data: [DONE]\n\n");
  }

 private:
  void write(std::uint32_t choice, std::string_view text, std::string_view finish) {
    out_.append(head_);
    append_choice(out_, choice, text, finish);
    out_.append(wants_usage_ ? "],\"usage\":null}\n\n" : "]}\n\n");
  }

  std::string head_;
  bool wants_usage_;
  std::string& out_;
  std::map<std::uint32_t, Ending> endings_;  // of the choices; they wait for the end
  Usage usage_;
  bool has_usage_ = false;
};

class PlainWriter final : public AnswerWriter {
 public:
  PlainWriter(const AnswerHead& head, std::string& out) : out_(out) {
    append_head(head, "cmpl-", "text_completion", head_);
  }

  void on(const Event& event) override {
    if (event.kind == Kind::usage) {
      usage_.merge(event.usage);
      has_usage_ = true;
      return;
    }
    Choice& choice = choice_of(event.choice);
    choice.ending.on(event);
    if (event.kind == Kind::text || event.kind == Kind::refusal) choice.text.append(event.text);
  }

  void end() override {
    if (choices_.empty()) choice_of(0);
    out_.append(head_).append(R"(,"choices":[)");
    bool is_first = true;
    for (const Choice& choice : choices_) {
      if (!is_first) out_.push_back(',');
      is_first = false;
      append_choice(out_, choice.number, choice.text, word_of(choice.ending.finish()));
    }
    out_.push_back(']');
    if (has_usage_) {
      out_.append(R"(,"usage":)");
      append_usage(usage_, out_);
    }
    out_.push_back('}');
  }

 private:
  struct Choice {
    std::uint32_t number = 0;
    std::string text{};
    Ending ending{};
  };

  Choice& choice_of(std::uint32_t number) {
    const auto at =
        std::find_if(choices_.begin(), choices_.end(), [&](const Choice& choice) { return choice.number >= number; });
    if (at != choices_.end() && at->number == number) return *at;
    return *choices_.insert(at, Choice{number});
  }

  std::string head_;
  std::string& out_;
  std::vector<Choice> choices_;
  Usage usage_;
  bool has_usage_ = false;
};

}  // namespace

std::unique_ptr<AnswerWriter> completion_stream_writer(const AnswerHead& head, std::string& out) {
  return std::make_unique<StreamWriter>(head, out);
}

std::unique_ptr<AnswerWriter> completion_plain_writer(const AnswerHead& head, std::string& out) {
  return std::make_unique<PlainWriter>(head, out);
}

}  // namespace gw::dialect::openai
