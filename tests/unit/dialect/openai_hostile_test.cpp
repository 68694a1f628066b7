// Whatever comes, from clients and providers: no crash, and nothing but JSON goes on.
#include "answers.hpp"
#include "base/random.hpp"
#include "openai_support.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace gw::dialect::test {
namespace {

using Json = nlohmann::json;

std::string file(const std::string& name) {
  std::ifstream in(std::string(GW_TEST_DATA) + "/openai/" + name, std::ios::binary);
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

constexpr ChatService services[] = {
    ChatService::openai, ChatService::deepseek, ChatService::openrouter, ChatService::google};

// What is read of a provider, written for a client in both ways.
class Relay final : public EventSink {
 public:
  Relay()
      : stream_(openai::client().stream({.id = "r", .model = "m", .created = 1, .wants_usage = true}, chunks_)),
        plain_(openai::client().plain({.id = "r", .model = "m", .created = 1}, body_)) {}

  void on(const Event& event) override {
    stream_->on(event);
    plain_->on(event);
  }

  void expect_json(const std::string& of) {
    stream_->end();
    plain_->end();
    EXPECT_TRUE(Json::accept(body_)) << of << "\n" << body_;
    http::SseSplitter splitter(1 << 22);
    http::SseEvent event;
    splitter.feed(chunks_);
    while (splitter.next(event).value()) {
      if (event.has_data && event.data != "[DONE]") {
        EXPECT_TRUE(Json::accept(event.data)) << of << "\n" << event.data;
      }
    }
  }

 private:
  std::string chunks_;
  std::string body_;
  std::unique_ptr<AnswerWriter> stream_;
  std::unique_ptr<AnswerWriter> plain_;
};

void relay(const std::string& data) {
  const config::Provider provider;
  {
    Relay sink;
    http::SseEvent event;
    event.data = data;
    event.has_data = true;
    const auto stream = openai::dialect().stream(provider);
    (void)stream->read(event, &sink);
    (void)stream->read(event, &sink);
    sink.expect_json(data);
  }
  Relay sink;
  (void)openai::dialect().reply(provider, data, &sink);
  sink.expect_json(data);
}

std::vector<std::string> chunks() {
  std::vector<std::string> out;
  for (const char* name :
       {"stream_openai.sse", "stream_openai_tools.sse", "stream_openrouter.sse", "stream_moonshot.sse"}) {
    const std::string bytes = file(name);
    http::SseSplitter splitter(1 << 20);
    http::SseEvent event;
    splitter.feed(bytes);
    while (splitter.next(event).value()) {
      if (event.has_data) out.emplace_back(event.data);
    }
  }
  out.push_back(file("reply_tools.json"));
  out.emplace_back(
      R"({"id":"x","choices":[{"index":0,"delta":{"reasoning":"h","reasoning_details":[{"type":"reasoning.text","text":"h","signature":"S","index":0},{"type":"reasoning.encrypted","data":"E","id":"c"}],"content":[{"type":"text","text":"a"}],"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":{"a":1}},"extra_content":{"google":{"thought_signature":"T"}}}],"annotations":[{"a":[1,2]}],"refusal":"no"},"logprobs":{"content":[{"token":"a","logprob":-0.1}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}})"
  );
  return out;
}

TEST(ChatHostile, an_answer_cut_anywhere_stays_json) {
  for (const std::string& chunk : chunks()) {
    for (std::size_t length = 0; length <= chunk.size(); ++length) relay(chunk.substr(0, length));
  }
}

TEST(ChatHostile, an_answer_with_broken_parts_stays_json) {
  for (const char* data : {
           R"({"choices":[{"index":0,"delta":{"content":"\x"}}]})",
           R"({"choices":[{"index":0,"delta":{"content":"\u12"}}]})",
           R"({"choices":[{"index":0,"delta":{"content":"a":"b"}}]})",
           R"({"id":"\q","model":"\u00","choices":[{"index":0,"delta":{"content":"a"}}]})",
           R"({"choices":[{"index":0,"delta":{"content":"a"},"logprobs":{"content":[nul]}}]})",
           R"({"choices":[{"index":0,"delta":{"content":"a"},"logprobs":{"a" "b"}}]})",
           R"({"choices":[{"index":0,"delta":{"annotations":[{"a":01}]}}]})",
           R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"\z","function":{"name":"\y","arguments":{"a":tru}}}]}}]})",
           R"({"choices":[{"index":-1,"delta":{"content":"a"}}]})",
           R"({"choices":[{"index":0,"finish_reason":"\u"}]})",
       }) {
    relay(data);
  }
  std::string deep = R"({"choices":[{"index":0,"delta":{"content":"a"},"logprobs":{"x":)";
  deep += std::string(3000, '[') + std::string(3000, ']') + "}}]}";
  relay(deep);
}

// A model's tokens may cut a character between its two escapes: each half goes out as it came, and both together are
// the character again.
TEST(ChatHostile, halves_of_a_character_meet_again) {
  const config::Provider provider;
  const auto stream = openai::dialect().stream(provider);
  std::string body;
  const auto writer = openai::client().plain({.id = "r", .model = "m", .created = 1}, body);
  for (const char* data : {
           R"({"choices":[{"index":0,"delta":{"content":"\ud83d"}}]})",
           R"({"choices":[{"index":0,"delta":{"content":"\ude00"}}]})",
       }) {
    http::SseEvent event;
    event.data = data;
    event.has_data = true;
    EXPECT_FALSE(stream->read(event, writer.get()).error);
  }
  writer->end();
  EXPECT_EQ(Json::parse(body).at("choices")[0].at("message").at("content"), "😀");
}

// A byte changed, taken out or doubled.
std::string mutated(std::string text, Random& random) {
  constexpr std::string_view bytes = "\"\\{}[]:,0n \x80u-";
  const std::uint32_t changes = 1 + random.below(4);
  for (std::uint32_t i = 0; i < changes && !text.empty(); ++i) {
    const std::size_t at = random.below(static_cast<std::uint32_t>(text.size()));
    switch (random.below(3)) {
      case 0:
        text[at] = bytes[random.below(static_cast<std::uint32_t>(bytes.size()))];
        break;
      case 1:
        text.erase(at, 1 + random.below(8));
        break;
      default:
        text.insert(at, text.substr(at, random.below(20)));
    }
  }
  return text;
}

TEST(ChatHostile, a_mutated_answer_stays_json) {
  const std::vector<std::string> all = chunks();
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    Random random(seed);
    relay(mutated(all[seed % all.size()], random));
  }
}

// Swaps whole values for others: still JSON, of the wrong types.
void swap_values(Json& json, Random& random) {
  if (!json.is_structured()) return;
  for (Json& value : json) {
    if (random.below(40) == 0) {
      constexpr const char* others[] = {
          "null", "0", "-1.5", "\"\"", "\"x\\u0000\"", "[]", "{}", "[[1]]", "{\"type\":\"text\"}", "true"};
      value = Json::parse(others[random.below(10)]);
    } else {
      swap_values(value, random);
    }
  }
}

TEST(ChatHostile, a_request_of_any_shape_is_written_as_json_or_refused) {
  int written = 0;
  std::vector<Json> requests;
  for (const char* name :
       {"request_tools.json", "request_vision.json", "request_settings.json", "request_thinking.json"}) {
    requests.push_back(Json::parse(file(name)));
  }
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    Random random(seed);
    Json request = requests[seed % requests.size()];
    swap_values(request, random);
    const std::string body = request.dump();
    const Rewritten out = rewrite(body, services[seed % 4]);
    if (out.error.empty()) {
      ++written;
      ASSERT_TRUE(Json::accept(out.body)) << body << "\n" << out.body;
    } else {
      EXPECT_EQ(out.body, "");
    }
  }
  EXPECT_GT(written, 500) << "or nothing was tested";
}

TEST(ChatHostile, a_mutated_request_is_written_as_json_or_refused) {
  const std::string bodies[] = {file("request_tools.json"), file("request_vision.json"), file("request_thinking.json")};
  int written = 0;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    Random random(seed);
    const std::string body = mutated(bodies[seed % 3], random);
    const Rewritten out = rewrite(body, services[seed % 4]);
    if (!out.error.empty()) continue;
    ++written;
    ASSERT_TRUE(Json::accept(out.body)) << body << "\n" << out.body;
  }
  EXPECT_GT(written, 200);
}

TEST(ChatHostile, a_request_cut_anywhere_is_refused) {
  const std::string body = file("request_thinking.json");
  const std::size_t end = body.find_last_of('}');
  for (std::size_t length = 0; length <= end; ++length) {
    EXPECT_NE(rewrite(std::string_view(body).substr(0, length), ChatService::generic).error, "") << length;
  }
  EXPECT_EQ(rewrite(body, ChatService::generic).error, "");
}

}  // namespace
}  // namespace gw::dialect::test
