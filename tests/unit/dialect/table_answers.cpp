// Answers to clients.
#include "table_answers.hpp"

#include "dialect/client.hpp"
#include "http/sse.hpp"
#include "strict_messages.hpp"
#include "strict_openai.hpp"

#include <algorithm>
#include <array>
#include <list>
#include <stdexcept>

namespace gw::dialect::test {
namespace {

using config::Protocol;
using Kind = Event::Kind;

const Client& client_of(Protocol protocol) {
  const char* const path = protocol == Protocol::v1_messages   ? "/v1/messages"
                           : protocol == Protocol::v1_response ? "/v1/responses"
                                                               : "/v1/chat/completions";
  return *client_of_path(path);
}

struct Word {
  std::string_view name;
  Kind kind;
};

constexpr std::array<Word, 12> words{
    {{"begin", Kind::begin},
     {"text", Kind::text},
     {"reasoning", Kind::reasoning},
     {"proof", Kind::proof},
     {"sealed", Kind::sealed},
     {"refusal", Kind::refusal},
     {"call", Kind::call},
     {"arguments", Kind::arguments},
     {"logprobs", Kind::logprobs},
     {"annotation", Kind::annotation},
     {"usage", Kind::usage},
     {"finish", Kind::finish}}};

Finish finish_named(const std::string& name) {
  constexpr std::array<std::string_view, 6> finishes{
      "stop", "length", "tool_calls", "content_filter", "refusal", "pause"};
  const auto* const at = std::find(finishes.begin(), finishes.end(), name);
  if (at == finishes.end()) throw std::runtime_error("no finish: " + name);
  return static_cast<Finish>(at - finishes.begin());
}

// Events of one answer, in the order of their telling; blocks are counted here.
class Script {
 public:
  void add(const Json& event);

  [[nodiscard]] bool has(Kind kind) const {
    return std::any_of(events_.begin(), events_.end(), [&](const Event& event) { return event.kind == kind; });
  }

  void tell(AnswerWriter& writer) const {
    for (const Event& event : events_) writer.on(event);
    writer.end();
  }

 private:
  std::string_view keep(std::string text) { return kept_.emplace_back(std::move(text)); }

  std::list<std::string> kept_;
  std::vector<Event> events_;
  std::uint32_t block_ = 0;
  bool has_block_ = false;
};

void Script::add(const Json& told) {
  const auto* const word =
      std::find_if(words.begin(), words.end(), [&](const Word& one) { return told.contains(std::string(one.name)); });
  if (word == words.end()) throw std::runtime_error("no event: " + told.dump());
  const Json& value = told.at(std::string(word->name));
  Event event;
  event.kind = word->kind;
  event.choice = told.value("choice", 0U);
  const bool goes_on = event.kind == Kind::proof || event.kind == Kind::arguments || event.kind == Kind::logprobs ||
                       event.kind == Kind::annotation;
  const bool is_block = !goes_on && event.kind != Kind::begin && event.kind != Kind::usage;
  if (is_block && has_block_) ++block_;
  has_block_ = has_block_ || is_block;
  event.block = block_;
  if (event.kind == Kind::call || event.kind == Kind::begin) {
    event.id = keep(to_raw(value.value("id", "")));
    event.name = keep(to_raw(value.value("name", "")));
  } else if (event.kind == Kind::logprobs || event.kind == Kind::annotation) {
    event.json = keep(value.dump());
  } else if (event.kind == Kind::usage) {
    event.usage.prompt = value.value("prompt", 0U);
    event.usage.completion = value.value("completion", 0U);
    event.usage.total = event.usage.prompt + event.usage.completion;
    event.usage.cached = value.value("cached", 0U);
    event.usage.cache_written = value.value("cache_written", 0U);
    event.usage.reasoning = value.value("reasoning", 0U);
  } else if (event.kind == Kind::finish) {
    event.finish = finish_named(value);
    event.text = keep(to_raw(told.value("sequence", "")));
  } else {
    event.text = keep(to_raw(value.get<std::string>()));
  }
  events_.push_back(event);
}

Script script_of(const Json& example, bool is_there) {
  const Json list = example.is_array() ? example : Json::array({example});
  Script script;
  const bool begins = list.front().contains("begin");
  if (!begins) script.add(Json::parse(R"({"begin":{"id":"x","name":"m"}})"));
  if (list.front().contains("logprobs") || list.front().contains("annotation")) script.add(Json{{"text", "hi"}});
  // Only the last one is promised something; what stands before it is its place.
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (is_there || i + 1 != list.size()) script.add(list[i]);
  }
  if (!script.has(Kind::finish)) script.add(Json{{"finish", "stop"}});
  const unsigned choice = list.back().value("choice", 0U);
  if (is_there && choice != 0) script.add(Json{{"finish", "stop"}, {"choice", choice}});
  return script;
}

struct Written {
  std::string plain;
  std::string stream;
};

Errc code_named(const std::string& name) {
  for (int i = 0; i <= static_cast<int>(Errc::internal); ++i) {
    if (to_string(static_cast<Errc>(i)) == name) return static_cast<Errc>(i);
  }
  throw std::runtime_error("no error: " + name);
}

Written written_error(const Client& client, const Json& example) {
  Error error;
  error.code = code_named(example.at("error"));
  error.message = example.value("message", "said");
  error.param = example.value("param", "");
  const int status = example.at("status");
  return {client.error_body(error, status), client.error_event(error, status)};
}

Written written(const Client& client, const Json& example, bool is_there) {
  const Script script = script_of(example, is_there);
  const AnswerHead head{.id = "1", .model = "Shown", .created = 1, .wants_usage = true};
  Written out;
  script.tell(*client.plain(head, out.plain));
  script.tell(*client.stream(head, out.stream));
  return out;
}

Json stream_json(const std::string& bytes) {
  Json out = Json::array();
  http::SseSplitter splitter(1 << 20);
  splitter.feed(bytes);
  http::SseEvent event;
  while (splitter.next(event).value()) {
    if (event.has_data && event.data != "[DONE]") out.push_back(Json::parse(event.data));
  }
  return out;
}

// What the client's SDK would stumble over.
std::string fault_of_form(Protocol client, const Written& written) {
  if (client == Protocol::v1_messages) {
    return joined(faults_of_message(written.plain)) + joined(faults_of_messages_stream(written.stream));
  }
  if (client != Protocol::openai) return {};
  std::string out = wrong_completion(written.plain);
  for (const Json& chunk : stream_json(written.stream)) out.append(wrong_chunk(chunk.dump()));
  return out;
}

}  // namespace

std::string fault_of_answer(
    config::Protocol protocol, const Json& example, const std::string& verdict, const Counterpart& wanted
) {
  if (verdict != "mapped" && verdict != "dropped" && verdict != "nothing") return "no verdict on an answer: " + verdict;
  const bool wants = !wanted.whole.empty() || !wanted.stream.empty();
  if ((verdict == "mapped") != wants) return "mapped has a counterpart, and nothing else has";
  const Client& client = client_of(protocol);
  const bool is_error = example.is_object() && example.contains("error");
  const Written with = is_error ? written_error(client, example) : written(client, example, true);
  const std::string seen = "\n  plain: " + with.plain + "\n  stream: " + with.stream;
  if (!is_error) {
    if (std::string fault = fault_of_form(protocol, with); !fault.empty()) return fault + seen;
    const Written without = written(client, example, false);
    const bool is_same = without.plain == with.plain && without.stream == with.stream;
    if (is_same == (verdict == "mapped")) return (is_same ? "says nothing" : "is said") + seen;
  }
  const Json plain = Json::parse(with.plain);
  for (const Json& want : wanted.whole) {
    if (!holds(plain, want)) return "has no " + want.dump() + seen;
  }
  const Json stream = stream_json(with.stream);
  for (const Json& want : wanted.stream) {
    if (!holds(stream, want)) return "has no " + want.dump() + " in its stream" + seen;
  }
  return {};
}

}  // namespace gw::dialect::test
