// Answers and errors for clients of Messages: what is written, followed as an SDK follows it, and read back.
#include "messages_support.hpp"

#include <chrono>

namespace gw::dialect::messages::test {
namespace {

using dialect::test::faults_of_message;
using dialect::test::faults_of_messages_stream;
using dialect::test::joined;
using dialect::test::random_answer;
using dialect::test::Shapes;
using dialect::test::tell;
using Kind = Event::Kind;

const AnswerHead head{"r-1", "model-7", 0, true};

Event event(Kind kind, Raw text = {}, std::uint32_t block = 0) {
  Event out;
  out.kind = kind;
  out.text = text;
  out.block = block;
  return out;
}

Event call(Raw id, Raw name, std::uint32_t block) {
  Event out = event(Kind::call, {}, block);
  out.id = id;
  out.name = name;
  return out;
}

Event finish(Finish why, Raw text = {}) {
  Event out = event(Kind::finish, text);
  out.finish = why;
  return out;
}

std::string written(const std::vector<Event>& events, bool is_stream) {
  std::string out;
  const auto writer = is_stream ? client().stream(head, out) : client().plain(head, out);
  EXPECT_EQ(out, "");
  for (const Event& one : events) writer->on(one);
  writer->end();
  const auto faults = is_stream ? faults_of_messages_stream(out) : faults_of_message(out);
  EXPECT_EQ(joined(faults), "") << out;
  return out;
}

// Less what the dialect does not carry.
std::vector<Told> carried(std::vector<Told> story) {
  for (Told& one : story) {
    if (one.kind == Kind::begin) one.id = "msg_" + std::string(head.id);
    if (one.kind == Kind::begin) one.name = head.model;
    if (one.kind == Kind::usage) one.usage.reasoning = 0;
  }
  return story;
}

TEST(MessagesAnswer, what_is_written_is_read_back_equal) {
  const Shapes shapes{.refusals = false};
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    const std::vector<Told> story = random_answer(seed, shapes);
    for (const bool is_stream : {true, false}) {
      std::string out;
      const auto writer = is_stream ? client().stream(head, out) : client().plain(head, out);
      tell(story, seed, *writer);
      writer->end();
      const auto faults = is_stream ? faults_of_messages_stream(out) : faults_of_message(out);
      ASSERT_EQ(joined(faults), "") << "seed " << seed << "\n" << out;
      std::vector<Told> back = is_stream ? story_of_stream(out, 1 + seed % 97) : story_of_reply(out);
      for (Told& one : back) {
        if (one.kind == Kind::arguments) one.text = minified(one.text);
      }
      std::vector<Told> wanted = carried(story);
      for (Told& one : wanted) {
        if (one.kind == Kind::arguments) one.text = minified(one.text);
      }
      ASSERT_EQ(to_string(back), to_string(wanted)) << "seed " << seed << "\n" << out;
    }
  }
}

TEST(MessagesAnswer, the_same_answer_streamed_and_plain_says_the_same) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const std::vector<Told> story = random_answer(seed, Shapes{.several_choices = true});
    std::string streamed;
    std::string plain;
    const auto stream_writer = client().stream(head, streamed);
    const auto plain_writer = client().plain(head, plain);
    tell(story, seed, *stream_writer);
    tell(story, seed, *plain_writer);
    stream_writer->end();
    plain_writer->end();
    std::vector<Told> one = story_of_stream(streamed, 1000);
    std::vector<Told> other = story_of_reply(plain);
    for (auto* side : {&one, &other}) {
      for (Told& told : *side) {
        if (told.kind == Kind::arguments) told.text = minified(told.text);
      }
    }
    ASSERT_EQ(to_string(one), to_string(other)) << seed;
  }
}

TEST(MessagesAnswer, a_stream_is_written_as_it_comes) {
  std::string out;
  const auto writer = client().stream(head, out);
  writer->on(event(Kind::begin));
  EXPECT_EQ(out, "");
  writer->on(event(Kind::text, "He"));
  EXPECT_TRUE(out.starts_with("event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_r-1\","
  ));
  EXPECT_TRUE(out.ends_with(R"("delta":{"type":"text_delta","text":"He"}})"
                            "\n\n")
  ) << out;
  writer->on(finish(Finish::stop));
  EXPECT_EQ(out.find("message_delta"), std::string::npos);  // usage may follow
  Event usage = event(Kind::usage);
  usage.usage.prompt = 10;
  usage.usage.cached = 4;
  usage.usage.cache_written = 1;
  usage.usage.completion = 3;
  writer->on(usage);
  writer->end();
  EXPECT_NE(
      out.find(R"("delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":5,)"
               R"("cache_creation_input_tokens":1,"cache_read_input_tokens":4,"output_tokens":3}})"),
      std::string::npos
  ) << out;
  EXPECT_EQ(joined(faults_of_messages_stream(out)), "");
}

TEST(MessagesAnswer, an_answer_without_anything_is_whole) {
  EXPECT_NE(written({}, true).find("message_stop"), std::string::npos);
  EXPECT_NE(written({}, false).find(R"("content":[])"), std::string::npos);
}

TEST(MessagesAnswer, stop_reasons) {
  struct Case {
    const char* name;
    std::vector<Event> events;
    const char* wanted;
  };

  for (const Case& c : {
           Case{"stop", {finish(Finish::stop)}, R"("stop_reason":"end_turn","stop_sequence":null)"},
           Case{
               "sequence",
               {finish(Finish::stop, "EN\\\"D")},
               R"("stop_reason":"stop_sequence","stop_sequence":"EN\"D")"},
           Case{"length", {finish(Finish::length)}, R"("stop_reason":"max_tokens","stop_sequence":null)"},
           Case{"calls", {call("c", "f", 0), finish(Finish::tool_calls)}, R"("stop_reason":"tool_use")"},
           Case{
               "calls of a server that says stop",
               {call("c", "f", 0), finish(Finish::stop)},
               R"("stop_reason":"tool_use")"},
           Case{"filter", {finish(Finish::content_filter)}, R"("stop_reason":"refusal")"},
           Case{"refusal", {finish(Finish::refusal)}, R"("stop_reason":"refusal")"},
           Case{"refusal as a text", {event(Kind::refusal, "no"), finish(Finish::stop)}, R"("stop_reason":"refusal")"},
           Case{"pause", {finish(Finish::pause)}, R"("stop_reason":"pause_turn")"},
       }) {
    for (const bool is_stream : {true, false}) {
      EXPECT_NE(written(c.events, is_stream).find(c.wanted), std::string::npos) << c.name;
    }
  }
}

TEST(MessagesAnswer, calls_that_overlap_come_one_after_the_other) {
  const std::vector<Event> events{
      call("c0", "f", 0),
      call("c1", "g", 1),
      event(Kind::arguments, R"({\"a\":)", 0),
      event(Kind::arguments, R"({\"b\":)", 1),
      call("c2", "h", 2),
      event(Kind::arguments, R"(1})", 0),
      event(Kind::arguments, R"(2})", 1),
      event(Kind::arguments, R"({})", 2),
      finish(Finish::tool_calls)};
  for (const bool is_stream : {true, false}) {
    const std::string out = written(events, is_stream);
    const std::vector<Told> story = is_stream ? story_of_stream(out, 1000) : story_of_reply(out);
    ASSERT_EQ(story.size(), 9U) << to_string(story);
    EXPECT_EQ(story[1].id, "c0");
    EXPECT_EQ(story[2].text, R"({"a":1})");
    EXPECT_EQ(story[3].id, "c1");
    EXPECT_EQ(story[4].text, R"({"b":2})");
    EXPECT_EQ(story[5].name, "h");
    EXPECT_EQ(story[6].text, "{}");
  }
}

// The arguments of every call and the rest, in the order of the blocks.
std::string summary(const std::string& out, bool is_stream) {
  std::string text;
  for (const Told& one : is_stream ? story_of_stream(out, 1000) : story_of_reply(out)) {
    if (one.kind == Kind::begin || one.kind == Kind::finish || one.kind == Kind::usage) continue;
    text += one.kind == Kind::call ? one.name + "=" : one.kind == Kind::proof ? "(" + one.text + ")" : one.text;
    if (one.kind != Kind::call) text += ";";
  }
  return text;
}

TEST(MessagesAnswer, a_text_before_a_call_s_arguments_takes_nothing_from_them) {
  const std::vector<Event> events{
      call("c0", "f", 0),
      event(Kind::text, R"(\n)", 1),
      event(Kind::arguments, R"({\"q\":1})", 0),
      finish(Finish::tool_calls)};
  EXPECT_EQ(summary(written(events, true), true), "\n;f={\"q\":1};");
  EXPECT_EQ(summary(written(events, false), false), "f={\"q\":1};\n;");
}

TEST(MessagesAnswer, whatever_comes_among_arguments_waits_for_them) {
  const std::vector<Event> events{
      call("c0", "f", 0),
      event(Kind::arguments, R"({\"q\")", 0),
      event(Kind::text, "he", 1),
      event(Kind::text, "llo", 1),
      call("c1", "g", 2),
      event(Kind::arguments, R"({\"a\":)", 2),
      event(Kind::reasoning, "hm", 3),
      event(Kind::proof, "c2ln", 3),
      event(Kind::sealed, "c2VhbGVk", 4),
      event(Kind::arguments, R"(:\"}\"})", 0),
      event(Kind::text, "bye", 5),
      event(Kind::arguments, R"(2})", 2),
      finish(Finish::tool_calls)};
  for (const bool is_stream : {true, false}) {
    EXPECT_EQ(summary(written(events, is_stream), is_stream), R"(f={"q":"}"};hello;g={"a":2};hm;(c2ln);c2VhbGVk;bye;)")
        << is_stream;
  }
}

TEST(MessagesAnswer, arguments_that_never_get_whole_lose_nothing) {
  const std::vector<Event> events{
      call("c0", "f", 0),
      event(Kind::arguments, R"({\"q\")", 0),
      call("c1", "g", 1),
      event(Kind::text, "a", 2),
      event(Kind::arguments, R"({})", 1),
      finish(Finish::length)};
  std::string out;
  const auto writer = client().stream(head, out);
  for (const Event& one : events) writer->on(one);
  writer->end();
  EXPECT_NE(out.find(R"("partial_json":"{\"q\"")"), std::string::npos) << out;
  EXPECT_NE(out.find(R"("text":"a")"), std::string::npos) << out;
  EXPECT_NE(out.find(R"("partial_json":"{}")"), std::string::npos) << out;
}

TEST(MessagesAnswer, a_text_goes_out_as_it_comes_unless_arguments_are_half_said) {
  std::string out;
  const auto writer = client().stream(head, out);
  const auto says = [&](const Event& one, std::string_view wanted) {
    writer->on(one);
    return out.find(wanted) != std::string::npos;
  };
  writer->on(call("c0", "f", 0));
  EXPECT_TRUE(says(event(Kind::text, "first", 1), "first"));
  EXPECT_TRUE(says(event(Kind::arguments, R"({\"q\":)", 0), R"({\"q\":)"));
  EXPECT_FALSE(says(event(Kind::text, "second", 2), "second"));
  EXPECT_TRUE(says(event(Kind::arguments, "1}", 0), "second"));
  EXPECT_TRUE(says(event(Kind::text, "third", 2), "third"));
  writer->on(finish(Finish::tool_calls));
  writer->end();
  EXPECT_EQ(joined(faults_of_messages_stream(out)), "");
}

// Once each chunk, and each further call, had the arguments so far parsed again: half a minute of this.
TEST(MessagesAnswer, long_arguments_cost_what_they_are_long) {
  constexpr std::uint32_t calls = 1000;
  constexpr int chunks = 60000;
  std::string out;
  const auto writer = client().stream(head, out);
  const auto begun = std::chrono::steady_clock::now();
  writer->on(call("c0", "f", 0));
  writer->on(event(Kind::arguments, R"({\"a\":[{})", 0));
  writer->on(call("c1", "g", 1));
  for (int i = 0; i < chunks; ++i) writer->on(event(Kind::arguments, R"(,{\"b\":{}})", 0));
  for (std::uint32_t i = 2; i < calls; ++i) writer->on(call("c", "g", i));
  for (std::uint32_t i = 1; i < calls; ++i) writer->on(event(Kind::arguments, "{}", i));
  EXPECT_EQ(out.find("\"g\""), std::string::npos);
  writer->on(event(Kind::arguments, "]}", 0));
  EXPECT_NE(out.find("\"g\""), std::string::npos);
  writer->on(finish(Finish::tool_calls));
  writer->end();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(3));
}

TEST(MessagesAnswer, arguments_that_are_no_object_are_kept_in_one) {
  const std::string out =
      written({call("c0", "f", 0), event(Kind::arguments, R"(oops \"x)", 0), finish(Finish::tool_calls)}, false);
  EXPECT_NE(out.find(R"("input":{"arguments":"oops \"x"})"), std::string::npos) << out;
}

TEST(MessagesAnswer, a_call_without_an_id_gets_one) {
  const std::string out = written({call("", "f", 0), finish(Finish::tool_calls)}, true);
  EXPECT_NE(out.find(R"("id":"toolu_msg_r-1_0")"), std::string::npos) << out;
}

TEST(MessagesAnswer, an_id_that_anthropic_would_refuse_is_another_one_always_the_same) {
  const std::string out = written({call("functions.f:0", "f", 0), finish(Finish::tool_calls)}, true);
  EXPECT_EQ(out.find("functions.f:0"), std::string::npos) << out;
  EXPECT_EQ(out, written({call("functions.f:0", "f", 0), finish(Finish::tool_calls)}, true));
  EXPECT_NE(out, written({call("functions.f:1", "f", 0), finish(Finish::tool_calls)}, true));
  EXPECT_EQ(joined(faults_of_messages_stream(out)), "");
}

TEST(MessagesAnswer, what_has_no_place_is_left_out) {
  Event extra = event(Kind::annotation);
  extra.json = R"({"type":"url_citation"})";
  Event other = event(Kind::text, "no");
  other.choice = 1;
  const std::string out = written(
      {event(Kind::text, "a"),
       extra,
       other,
       call("c", "f", 1),
       event(Kind::arguments, "{}", 1),
       event(Kind::proof, "gemini.x", 1),
       finish(Finish::tool_calls)},
      true
  );
  EXPECT_EQ(out.find("url_citation"), std::string::npos);
  EXPECT_EQ(out.find("gemini.x"), std::string::npos);
  EXPECT_EQ(out.find("\"no\""), std::string::npos);
}

TEST(MessagesAnswer, a_call_s_proof_stands_before_it) {
  Event signed_call = call("c", "f", 1);
  signed_call.text = "gemini.call.x";
  for (const bool is_stream : {true, false}) {
    const std::string out = written({event(Kind::text, "a"), signed_call, finish(Finish::tool_calls)}, is_stream);
    const std::size_t proof = out.find(R"({"type":"redacted_thinking","data":"gemini.call.x"})");
    ASSERT_NE(proof, std::string::npos) << out;
    EXPECT_GT(out.find("tool_use", proof), proof) << out;
    EXPECT_LT(out.find(R"("type":"text")"), proof) << out;
    EXPECT_EQ(is_stream ? joined(faults_of_messages_stream(out)) : "", "") << out;
  }
}

TEST(MessagesAnswer, a_proof_without_its_thinking_is_sealed) {
  const std::string out = written({event(Kind::proof, "c2ln"), event(Kind::text, "a", 1), finish(Finish::stop)}, true);
  EXPECT_NE(out.find(R"({"type":"redacted_thinking","data":"c2ln"})"), std::string::npos);
}

TEST(MessagesAnswer, errors_have_anthropics_types) {
  struct Case {
    int status;
    const char* type;
  };

  for (const Case& c : {
           Case{400, "invalid_request_error"},
           Case{401, "authentication_error"},
           Case{402, "billing_error"},
           Case{403, "permission_error"},
           Case{404, "not_found_error"},
           Case{413, "request_too_large"},
           Case{422, "invalid_request_error"},
           Case{429, "rate_limit_error"},
           Case{500, "api_error"},
           Case{502, "api_error"},
           Case{503, "overloaded_error"},
           Case{504, "timeout_error"},
           Case{529, "overloaded_error"},
       }) {
    const Error error = client_error(Errc::invalid_request, "not \"that\"\n");
    const std::string wanted =
        R"({"type":"error","error":{"type":")" + std::string(c.type) + R"(","message":"not \"that\"\n"}})";
    EXPECT_EQ(client().error_body(error, c.status), wanted);
    EXPECT_EQ(client().error_event(error, c.status), "event: error\ndata: " + wanted + "\n\n");
  }
}

TEST(MessagesAnswer, a_context_that_is_too_long_is_said_in_the_words_that_claude_code_knows) {
  const Error error = upstream_error(Errc::context_exceeded, "maximum context length is 8192 tokens");
  EXPECT_NE(client().error_body(error, 400).find("prompt is too long: maximum context"), std::string::npos);
  const Error own = upstream_error(Errc::context_exceeded, "prompt is too long: 9 tokens > 8 maximum");
  EXPECT_EQ(client().error_body(own, 400).find("prompt is too long: prompt"), std::string::npos);
}

TEST(MessagesAnswer, the_strict_client_finds_faults) {
  EXPECT_NE(joined(faults_of_messages_stream("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")), "");
  EXPECT_NE(joined(faults_of_message(R"({"id":"x"})")), "");
}

}  // namespace
}  // namespace gw::dialect::messages::test
