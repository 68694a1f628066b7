// What chunks and whole answers of chat providers say, whatever their habits.
#include "answers.hpp"
#include "dialect/openai/openai.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace gw::dialect::test {
namespace {

const config::Provider some_provider;

std::string file(const std::string& name) {
  std::ifstream in(std::string(GW_TEST_DATA) + "/openai/" + name, std::ios::binary);
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

// The story in short: "text 0.1 hello" a line; usage and the beginning only where they are asked for.
std::string told(const Recorder& recorder) {
  constexpr std::string_view names[] = {
      "begin",
      "text",
      "reasoning",
      "proof",
      "sealed",
      "refusal",
      "call",
      "arguments",
      "logprobs",
      "annotation",
      "usage",
      "finish"};
  constexpr std::string_view finishes[] = {"stop", "length", "tool_calls", "content_filter", "refusal", "pause"};
  std::string out;
  for (const Told& one : recorder.story()) {
    if (one.kind == Event::Kind::begin) continue;
    out.append(names[static_cast<std::size_t>(one.kind)]);
    if (one.kind == Event::Kind::usage) {
      out += " " + std::to_string(one.usage.prompt) + " " + std::to_string(one.usage.completion) + "\n";
      continue;
    }
    out += " " + std::to_string(one.choice) + "." + std::to_string(one.block);
    for (const std::string& text : {one.id, one.name, one.text, one.json}) {
      if (!text.empty()) out += " " + text;
    }
    if (one.kind == Event::Kind::finish) out.append(" ").append(finishes[static_cast<std::size_t>(one.finish)]);
    out += "\n";
  }
  return out;
}

void read_stream(std::string_view bytes, std::size_t slice, EventSink& sink) {
  http::SseSplitter splitter(1 << 20);
  http::SseEvent event;
  const auto stream = openai::dialect().stream(some_provider);
  for (std::size_t at = 0; at < bytes.size(); at += slice) {
    splitter.feed(bytes.substr(at, slice));
    while (splitter.next(event).value()) {
      if (event.has_data) stream->read(event, &sink);
    }
  }
}

std::string told_of(const std::vector<std::string>& chunks) {
  Recorder recorder;
  std::string bytes;
  for (const std::string& chunk : chunks) bytes += "data: " + chunk + "\n\n";
  read_stream(bytes, bytes.size(), recorder);
  return told(recorder);
}

std::string delta(const std::string& inner) {
  return R"({"id":"gen-1","choices":[{"index":0,"delta":{)" + inner + "}}]}";
}

std::string end(const std::string& reason) {
  return R"({"id":"gen-1","choices":[{"index":0,"delta":{},"finish_reason":")" + reason + R"("}]})";
}

std::string call(const std::string& inner) {
  return delta(R"("tool_calls":[{)" + inner + "}]");
}

TEST(ChatTeller, streams_of_providers) {
  struct Case {
    const char* name;
    std::vector<std::string> chunks;
    std::string story;
  };

  for (const Case& c : {
           Case{
               "text",
               {delta(R"("role":"assistant","content":"")"),
                delta(R"("content":"a")"),
                delta(R"("content":"b")"),
                end("stop")},
               "text 0.0 ab\nfinish 0.1 stop\n"},
           Case{
               "reasoning, then text",
               {delta(R"("content":null,"reasoning_content":"h")"),
                delta(R"("reasoning_content":"m")"),
                delta(R"("content":"a")"),
                end("stop")},
               "reasoning 0.0 hm\ntext 0.1 a\nfinish 0.2 stop\n"},
           Case{
               "both names of reasoning say it once",
               {delta(R"("reasoning":"hm","reasoning_content":"hm")"), end("stop")},
               "reasoning 0.0 hm\nfinish 0.1 stop\n"},
           Case{
               "reasoning stands before text, whatever the order of members",
               {delta(R"("content":"a","reasoning":"hm")"), end("stop")},
               "reasoning 0.0 hm\ntext 0.1 a\nfinish 0.2 stop\n"},
           Case{
               "OpenRouter: details repeat the reasoning, and sign it",
               {delta(R"("reasoning":"h","reasoning_details":[{"type":"reasoning.text","text":"h","index":0}])"),
                delta(R"("reasoning":"m","reasoning_details":[{"type":"reasoning.text","text":"m","index":0}])"),
                delta(R"("reasoning_details":[{"type":"reasoning.text","signature":"S","index":0}])"),
                delta(R"("content":"a")"),
                end("stop")},
               "reasoning 0.0 hm\nproof 0.0 S\ntext 0.1 a\nfinish 0.2 stop\n"},
           Case{
               "a signature that comes when the text has begun",
               {delta(R"("reasoning":"hm")"),
                delta(R"("content":"a")"),
                delta(R"("content":"b","reasoning_details":[{"type":"reasoning.text","signature":"S"}])"),
                end("stop")},
               "reasoning 0.0 hm\ntext 0.1 ab\nproof 0.0 S\nfinish 0.2 stop\n"},
           Case{
               "what is thought behind a signature is another block",
               {delta(R"("reasoning":"h")"),
                delta(R"("reasoning_details":[{"type":"reasoning.text","signature":"S"}])"),
                delta(R"("reasoning":"m")"),
                delta(R"("reasoning_details":[{"type":"reasoning.text","signature":"T"}])"),
                end("stop")},
               "reasoning 0.0 h\nproof 0.0 S\nreasoning 0.1 m\nproof 0.1 T\nfinish 0.2 stop\n"},
           Case{
               "details alone",
               {delta(R"("reasoning_details":[{"type":"reasoning.text","text":"h","index":0}])"),
                delta(
                    R"("reasoning_details":[{"type":"reasoning.text","text":"m","index":0},{"type":"reasoning.text","signature":"S","index":0}])"
                ),
                delta(R"("reasoning_details":[{"type":"reasoning.text","text":"x","index":1}])"),
                end("stop")},
               "reasoning 0.0 hm\nproof 0.0 S\nreasoning 0.1 x\nfinish 0.2 stop\n"},
           Case{
               "a signature without a text",
               {delta(R"("reasoning_details":[{"type":"reasoning.text","text":"","signature":"S"}])"), end("stop")},
               "proof 0.0 S\nfinish 0.1 stop\n"},
           Case{
               "sealed",
               {delta(R"("reasoning_details":[{"type":"reasoning.encrypted","data":"E","index":0}])"),
                delta(R"("content":"a")"),
                end("stop")},
               "sealed 0.0 E\ntext 0.1 a\nfinish 0.2 stop\n"},
           Case{
               "a summary and what it stands for",
               {delta(R"("reasoning":"s","reasoning_details":[{"type":"reasoning.summary","summary":"s","id":"rs_1"}])"
                ),
                delta(R"("reasoning_details":[{"type":"reasoning.encrypted","data":"E","id":"rs_1"}])"),
                end("stop")},
               "reasoning 0.0 s\nproof 0.0 rs_1 E\nfinish 0.1 stop\n"},
           Case{
               "a call's signature among the details",
               {call(R"("index":0,"id":"c","function":{"name":"f","arguments":"{}"})"),
                delta(R"("reasoning_details":[{"type":"reasoning.encrypted","data":"E","id":"c"}])"),
                end("tool_calls")},
               "call 0.0 c f\narguments 0.0 {}\nproof 0.0 E\nfinish 0.1 tool_calls\n"},
           Case{
               "a call's signature, Gemini",
               {call(
                    R"("index":0,"id":"c","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"S"}})"
                ),
                end("tool_calls")},
               "call 0.0 c f\narguments 0.0 {}\nproof 0.0 S\nfinish 0.1 tool_calls\n"},
           Case{
               "calls that overlap",
               {call(R"("index":0,"id":"c","type":"function","function":{"name":"f","arguments":""})"),
                call(R"("index":1,"id":"d","type":"function","function":{"name":"g","arguments":""})"),
                call(R"("index":0,"function":{"arguments":"{\"a\""})"),
                call(R"("index":1,"function":{"arguments":"{}"})"),
                call(R"("index":0,"function":{"arguments":":1}"})"),
                end("tool_calls")},
               "call 0.0 c f\ncall 0.1 d g\narguments 0.0 {\"a\":1}\narguments 0.1 {}\nfinish 0.2 tool_calls\n"},
           Case{
               "an id and a name in every delta",
               {call(R"("index":0,"id":"c","function":{"name":"f","arguments":"{"})"),
                call(R"("index":0,"id":"c","function":{"name":"f","arguments":"}"})"),
                end("tool_calls")},
               "call 0.0 c f\narguments 0.0 {}\nfinish 0.1 tool_calls\n"},
           Case{
               "empty ids and names in the later deltas",
               {call(R"("index":0,"id":"c","function":{"name":"f","arguments":"{"})"),
                call(R"("index":0,"id":"","function":{"name":"","arguments":"}"})"),
                end("tool_calls")},
               "call 0.0 c f\narguments 0.0 {}\nfinish 0.1 tool_calls\n"},
           Case{
               "no index",
               {call(R"("id":"c","function":{"name":"f","arguments":"{"})"),
                call(R"("function":{"arguments":"}"})"),
                call(R"("id":"d","function":{"name":"g","arguments":"{}"})"),
                end("tool_calls")},
               "call 0.0 c f\narguments 0.0 {}\ncall 0.1 d g\narguments 0.1 {}\nfinish 0.2 tool_calls\n"},
           Case{
               "every call is number 0",
               {call(R"("index":0,"id":"c","function":{"name":"f","arguments":"{}"})"),
                call(R"("index":0,"id":"d","function":{"name":"g","arguments":"{"})"),
                call(R"("index":0,"function":{"arguments":"}"})"),
                end("tool_calls")},
               "call 0.0 c f\narguments 0.0 {}\ncall 0.1 d g\narguments 0.1 {}\nfinish 0.2 tool_calls\n"},
           Case{
               "no id: one is made, another one in each answer",
               {call(R"("index":0,"function":{"name":"f","arguments":"{}"})"), end("tool_calls")},
               "call 0.0 call_gen-1_0_0 f\narguments 0.0 {}\nfinish 0.1 tool_calls\n"},
           Case{
               "the name comes late",
               {call(R"("index":0,"id":"c","function":{"arguments":"{"})"),
                call(R"("index":0,"function":{"name":"f","arguments":"}"})"),
                end("tool_calls")},
               "call 0.0 c f\narguments 0.0 {}\nfinish 0.1 tool_calls\n"},
           Case{
               "arguments that are an object",
               {call(R"("index":0,"id":"c","function":{"name":"f","arguments":{"a":"\"é"}})"), end("tool_calls")},
               "call 0.0 c f\narguments 0.0 {\"a\":\"\\\"é\"}\nfinish 0.1 tool_calls\n"},
           Case{
               "the legacy call",
               {delta(R"("function_call":{"name":"f","arguments":"{"})"),
                delta(R"("function_call":{"arguments":"}"})"),
                end("function_call")},
               "call 0.0 call_gen-1_0_0 f\narguments 0.0 {}\nfinish 0.1 tool_calls\n"},
           Case{
               "stop after a call that was named",
               {call(R"("index":0,"id":"c","function":{"name":"f","arguments":"{}"})"), end("stop")},
               "call 0.0 c f\narguments 0.0 {}\nfinish 0.1 tool_calls\n"},
           Case{
               "text between calls",
               {call(R"("index":0,"id":"c","function":{"name":"f","arguments":"{}"})"),
                delta(R"("content":"a")"),
                end("tool_calls")},
               "call 0.0 c f\narguments 0.0 {}\ntext 0.1 a\nfinish 0.2 tool_calls\n"},
           Case{
               "refusal",
               {delta(R"("refusal":"n")"), delta(R"("refusal":"o")"), end("stop")},
               "refusal 0.0 no\nfinish 0.1 stop\n"},
           Case{
               "logprobs and sources",
               {R"({"choices":[{"index":0,"delta":{"content":"a"},"logprobs":{"content":[{"token":"a"}]}}]})",
                delta(R"("annotations":[{"type":"url_citation"}])"),
                end("stop")},
               "text 0.0 a\nlogprobs 0.0 {\"content\":[{\"token\":\"a\"}]}\nannotation 0.0 "
               "{\"type\":\"url_citation\"}\nfinish 0.1 stop\n"},
           Case{
               "several choices",
               {R"({"choices":[{"index":1,"delta":{"content":"b"}},{"index":0,"delta":{"content":"a"}}]})",
                R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})",
                R"({"choices":[{"index":1,"delta":{"content":"c"},"finish_reason":"length"}]})"},
               "text 1.0 bc\ntext 0.0 a\nfinish 0.1 stop\nfinish 1.1 length\n"},
           Case{
               "content in parts, Mistral",
               {delta(R"("content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}])"),
                delta(R"("content":[{"type":"text","text":"a"}])"),
                end("stop")},
               "reasoning 0.0 hm\ntext 0.1 a\nfinish 0.2 stop\n"},
           Case{
               "the older completions",
               {R"({"choices":[{"index":0,"text":"a","finish_reason":"stop"}]})"},
               "text 0.0 a\nfinish 0.1 stop\n"},
           Case{
               "usage in a chunk of its own",
               {delta(R"("content":"a")"),
                end("stop"),
                R"({"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":1}})"},
               "text 0.0 a\nfinish 0.1 stop\nusage 3 1\n"},
           Case{
               "usage in the choice, Moonshot",
               {R"({"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop","usage":{"prompt_tokens":3,"completion_tokens":1}}]})"},
               "text 0.0 a\nfinish 0.1 stop\nusage 3 1\n"},
           Case{
               "usage in every chunk",
               {R"({"choices":[{"index":0,"delta":{"content":"a"}}],"usage":{"prompt_tokens":3,"completion_tokens":1}})",
                R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":2}})"},
               "text 0.0 a\nfinish 0.1 stop\nusage 3 2\n"},
           Case{
               "usage, Groq",
               {R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"x_groq":{"id":"r","usage":{"prompt_tokens":3,"completion_tokens":1}}})"},
               "finish 0.0 stop\nusage 3 1\n"},
           Case{
               "a later finish erases nothing",
               {delta(R"("content":"a")"),
                end("length"),
                end("stop"),
                R"({"choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}]})"},
               "text 0.0 a\nfinish 0.1 length\n"},
           Case{
               "what comes behind a finish is told, and so is the next finish",
               {delta(R"("content":"a")"), end("stop"), delta(R"("content":"late")"), end("length")},
               "text 0.0 alate\nfinish 0.1 stop\nfinish 0.1 length\n"},
           Case{
               "the word null is none",
               {R"({"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"null"}]})", end("length")},
               "text 0.0 a\nfinish 0.1 length\n"},
           Case{"finish: filter", {end("content_filter")}, "finish 0.0 content_filter\n"},
           Case{"finish: filter, Zhipu", {end("sensitive")}, "finish 0.0 content_filter\n"},
           Case{"finish: length, Mistral", {end("model_length")}, "finish 0.0 length\n"},
           Case{"finish: a word nobody knows", {end("eos")}, "finish 0.0 stop\n"},
           Case{
               "what is unknown is passed over",
               {R"({"object":"x","choices":[{"index":0,"delta":{"content":"a","new":{"deep":[1,{"x":2}]}},"new":[]}],"new":1})",
                R"({"choices":[5,null,"x"]})",
                R"({"choices":{"index":0}})",
                R"({"choices":[{"delta":5}]})",
                end("stop")},
               "text 0.0 a\nfinish 0.1 stop\n"},
           Case{
               "wrong types are passed over",
               {delta(
                    R"("content":5,"reasoning":[],"refusal":{},"tool_calls":[5,{"index":"x","function":7}],"annotations":"x","reasoning_details":{"a":1})"
                ),
                end("stop")},
               "finish 0.0 stop\n"},
           Case{
               "a choice beyond any number is no answer",
               {R"({"choices":[{"index":4000000000,"delta":{"content":"a"}}]})"},
               ""},
       }) {
    EXPECT_EQ(told_of(c.chunks), c.story) << c.name;
  }
}

TEST(ChatTeller, the_beginning_is_what_the_provider_said_of_itself) {
  Recorder recorder;
  const std::string bytes =
      "data: {\"id\":\"\",\"model\":\"\",\"choices\":[]}\n\n"
      "data: {\"id\":\"gen-1\",\"model\":\"gpt\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
  read_stream(bytes, bytes.size(), recorder);
  ASSERT_FALSE(recorder.story().empty());
  EXPECT_EQ(recorder.story().front().kind, Event::Kind::begin);
  EXPECT_EQ(recorder.story().front().id, "gen-1");
  EXPECT_EQ(recorder.story().front().name, "gpt");
}

TEST(ChatTeller, a_provider_that_gave_up_is_an_error) {
  for (const char* reason : {"insufficient_system_resource", "network_error", "error"}) {
    const std::string data = end(reason);
    http::SseEvent event;
    event.data = data;
    event.has_data = true;
    Recorder recorder;
    const Meaning meaning = openai::dialect().stream(some_provider)->read(event, &recorder);
    ASSERT_TRUE(meaning.error) << reason;
    EXPECT_EQ(meaning.error->code, Errc::upstream_server) << reason;
    EXPECT_TRUE(recorder.story().empty()) << reason;
  }
}

TEST(ChatTeller, documented_streams_under_every_slicing) {
  for (const char* name :
       {"stream_openai.sse",
        "stream_openai_tools.sse",
        "stream_openai_refusal.sse",
        "stream_openai_two_choices.sse",
        "stream_deepseek_reasoner.sse",
        "stream_moonshot.sse",
        "stream_openrouter.sse",
        "stream_azure.sse",
        "stream_legacy_text.sse"}) {
    const std::string bytes = file(name);
    Recorder whole;
    read_stream(bytes, bytes.size(), whole);
    EXPECT_NE(told(whole).find("finish"), std::string::npos) << name;
    for (const std::size_t slice : {1, 2, 3, 7, 64, 500}) {
      Recorder sliced;
      read_stream(bytes, slice, sliced);
      EXPECT_EQ(told(sliced), told(whole)) << name << " in slices of " << slice;
    }
  }
  Recorder tools;
  const std::string bytes = file("stream_openai_tools.sse");
  read_stream(bytes, 5, tools);
  EXPECT_EQ(told(tools), "call 0.0 call_1 get_weather\narguments 0.0 {\"city\":\"Paris\"}\nfinish 0.1 tool_calls\n");
}

std::string told_of_reply(const std::string& body) {
  Recorder recorder;
  const auto facts = openai::dialect().reply(some_provider, body, &recorder);
  return facts ? told(recorder) : "error: " + facts.error().message;
}

TEST(ChatTeller, whole_answers) {
  struct Case {
    const char* name;
    std::string message;
    std::string story;
  };

  for (const Case& c : {
           Case{"text", R"("content":"a")", "text 0.0 a\nfinish 0.1 stop\n"},
           Case{
               "reasoning",
               R"("content":"a","reasoning_content":"hm")",
               "reasoning 0.0 hm\ntext 0.1 a\nfinish 0.2 stop\n"},
           Case{
               "signed blocks",
               R"("content":"a","reasoning":"hmx","reasoning_details":[{"type":"reasoning.text","text":"hm","signature":"S","index":0},{"type":"reasoning.encrypted","data":"E"},{"type":"reasoning.text","text":"x","index":1}])",
               "reasoning 0.0 hm\nproof 0.0 S\nsealed 0.1 E\nreasoning 0.2 x\ntext 0.3 a\nfinish 0.4 stop\n"},
           Case{
               "calls without index",
               R"("content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"d","type":"function","function":{"name":"f","arguments":"{}"}}])",
               "call 0.0 c f\narguments 0.0 {}\ncall 0.1 d f\narguments 0.1 {}\nfinish 0.2 tool_calls\n"},
           Case{
               "calls without anything to tell them apart",
               R"("tool_calls":[{"function":{"name":"f","arguments":"1"}},{"function":{"name":"f","arguments":"2"}}])",
               "call 0.0 call__0_0 f\narguments 0.0 1\ncall 0.1 call__0_1 f\narguments 0.1 2\nfinish 0.2 tool_calls\n"},
           Case{
               "the legacy call",
               R"("function_call":{"name":"f","arguments":"{}"})",
               "call 0.0 call__0_0 f\narguments 0.0 {}\nfinish 0.1 tool_calls\n"},
           Case{"refusal", R"("content":null,"refusal":"no")", "refusal 0.0 no\nfinish 0.1 stop\n"},
           Case{
               "a source",
               R"("content":"a","annotations":[{"type":"url_citation"},5])",
               "text 0.0 a\nannotation 0.0 {\"type\":\"url_citation\"}\nfinish 0.1 stop\n"},
       }) {
    EXPECT_EQ(
        told_of_reply(R"({"choices":[{"index":0,"message":{)" + c.message + R"(},"finish_reason":"stop"}]})"), c.story
    ) << c.name;
  }
  EXPECT_EQ(
      told_of_reply(file("reply_tools.json")),
      "call 0.0 call_1 get_weather\narguments 0.0 {\"city\":\"Paris\"}\nfinish 0.1 tool_calls\nusage 9 12\n"
  );
}

TEST(ChatTeller, an_error_is_told_of_by_nobody) {
  Recorder recorder;
  EXPECT_FALSE(openai::dialect().reply(
      some_provider, R"({"error":{"message":"m"},"choices":[{"message":{"content":"a"}}]})", &recorder
  ));
  EXPECT_TRUE(recorder.story().empty());
}

}  // namespace
}  // namespace gw::dialect::test
