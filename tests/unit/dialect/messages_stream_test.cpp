// What the judge and a client are told of a Messages provider's streams and replies.
#include "dialect/failure.hpp"
#include "messages_support.hpp"

namespace gw::dialect::messages::test {
namespace {

using dialect::test::to_string;
using Kind = Event::Kind;

Meaning read_event(const std::string& data, const std::string& name = {}) {
  http::SseEvent event;
  event.data = data;
  event.name = name;
  event.has_data = true;
  return messages::dialect().stream(some_provider)->read(event);
}

TEST(MessagesStream, what_commits_and_what_does_not) {
  struct Case {
    const char* name;
    const char* data;
    std::size_t bytes;
  };

  for (const Case& c : {
           Case{"start", R"({"type":"message_start","message":{"content":[],"usage":{"input_tokens":3}}})", 0},
           Case{"ping", R"({"type":"ping"})", 0},
           Case{
               "text begins",
               R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})",
               0},
           Case{"text at once", R"({"type":"content_block_start","content_block":{"type":"text","text":"ab"}})", 2},
           Case{"text", R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a\n"}})", 3},
           Case{"empty text", R"({"type":"content_block_delta","delta":{"type":"text_delta","text":""}})", 0},
           Case{"thinking", R"({"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"hm"}})", 2},
           Case{
               "signature", R"({"type":"content_block_delta","delta":{"type":"signature_delta","signature":"Eq"}})", 0},
           Case{
               "redacted",
               R"({"type":"content_block_start","content_block":{"type":"redacted_thinking","data":"E"}})",
               0},
           Case{
               "call",
               R"({"type":"content_block_start","content_block":{"type":"tool_use","id":"t","name":"f","input":{}}})",
               11},
           Case{
               "arguments",
               R"({"type":"content_block_delta","delta":{"type":"input_json_delta","partial_json":"{"}})",
               1},
           Case{
               "no arguments",
               R"({"type":"content_block_delta","delta":{"type":"input_json_delta","partial_json":""}})",
               0},
           Case{
               "citation",
               R"({"type":"content_block_delta","delta":{"type":"citations_delta","citation":{"url":"u"}}})",
               0},
           Case{"block ends", R"({"type":"content_block_stop","index":0})", 0},
           Case{"unknown block", R"({"type":"content_block_start","content_block":{"type":"brand_new","x":[1]}})", 9},
           Case{"unknown event", R"({"type":"brand_new","delta":"x","message":3,"usage":[]})", 0},
           Case{"no type", R"({"x":1})", 0},
       }) {
    const Meaning meaning = read_event(c.data);
    EXPECT_EQ(meaning.bytes, c.bytes) << c.name;
    EXPECT_EQ(meaning.content, c.bytes != 0) << c.name;
    EXPECT_FALSE(meaning.error) << c.name;
    EXPECT_FALSE(meaning.finished) << c.name;
    EXPECT_FALSE(meaning.terminator) << c.name;
    EXPECT_FALSE(meaning.usage_only) << c.name;
  }
}

TEST(MessagesStream, the_end_of_a_stream) {
  EXPECT_TRUE(read_event(R"({"type":"message_delta","delta":{"stop_reason":"end_turn"}})").finished);
  EXPECT_FALSE(read_event(R"({"type":"message_delta","delta":{"stop_reason":null}})").finished);
  EXPECT_TRUE(read_event(R"({"type":"message_delta","delta":{"stop_reason":"refusal"}})").filtered);
  EXPECT_FALSE(read_event(R"({"type":"message_delta","delta":{"stop_reason":"max_tokens"}})").filtered);
  EXPECT_TRUE(read_event(R"({"type":"message_stop"})").terminator);
  EXPECT_TRUE(read_event("{}", "message_stop").terminator);
  EXPECT_TRUE(read_event("[DONE]").terminator);
}

TEST(MessagesStream, usage_adds_up_over_a_stream) {
  const auto stream = messages::dialect().stream(some_provider);
  std::optional<Usage> last;
  each_event(file("stream_tools.sse"), 1000, [&](const http::SseEvent& event) {
    if (const Meaning meaning = stream->read(event); meaning.usage) last = meaning.usage;
  });
  ASSERT_TRUE(last);
  EXPECT_EQ(last->prompt, 1210U);
  EXPECT_EQ(last->cached, 1000U);
  EXPECT_EQ(last->cache_written, 200U);
  EXPECT_EQ(last->completion, 89U);
  EXPECT_EQ(last->total, 1299U);
}

TEST(MessagesStream, errors_inside_a_stream) {
  struct Case {
    const char* name;
    const char* event;
    const char* data;
    Errc code;
  };

  for (const Case& c : {
           Case{
               "overloaded",
               "error",
               R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})",
               Errc::rate_limited},
           Case{
               "rate",
               "error",
               R"({"type":"error","error":{"type":"rate_limit_error","message":"slow"}})",
               Errc::rate_limited},
           Case{
               "server",
               "error",
               R"({"type":"error","error":{"type":"api_error","message":"Internal server error"}})",
               Errc::upstream_server},
           Case{
               "request",
               "",
               R"({"type":"error","error":{"type":"invalid_request_error","message":"no"}})",
               Errc::upstream_refused},
           Case{"bare", "error", R"({"message":"broken"})", Errc::upstream_server},
           Case{"no JSON", "", "<html>", Errc::upstream_protocol},
           Case{"cut JSON", "", R"({"type":"ping")", Errc::upstream_protocol},
           Case{"two documents", "", R"({"type":"ping"}{})", Errc::upstream_protocol},
       }) {
    const Meaning meaning = read_event(c.data, c.event);
    ASSERT_TRUE(meaning.error) << c.name;
    EXPECT_EQ(meaning.error->code, c.code) << c.name << to_string(meaning.error->code);
  }
}

TEST(MessagesStream, golden_streams_under_every_slicing) {
  struct Case {
    const char* name;
    const char* wanted;
  };

  for (const Case& c : {
           Case{
               "stream_text.sse",
               "begin 0.0 id=msg_01 name=claude-sonnet-4-5-20250929 text= json=\n"
               "text 0.0 id= name= text=Hello，世界 🙂 json=\n"
               "finish 0.1 id= name= text= json= finish=0\n"
               "usage 0.0 id= name= text= json= 25 15 40 0 0 0\n"},
           Case{
               "stream_tools.sse",
               "begin 0.0 id=msg_01 name=claude-sonnet-4-5-20250929 text= json=\n"
               "text 0.0 id= name= text=Let me look. json=\n"
               "call 0.1 id=toolu_01 name=get_weather text= json=\n"
               "arguments 0.1 id= name= text={\"city\": \"杭州\"} json=\n"
               "call 0.2 id=toolu_02 name=now text= json=\n"
               "arguments 0.2 id= name= text={} json=\n"
               "finish 0.3 id= name= text= json= finish=2\n"
               "usage 0.0 id= name= text= json= 1210 89 1299 1000 200 0\n"},
           Case{
               "stream_thinking.sse",
               "begin 0.0 id=msg_01 name=claude-sonnet-4-20250514 text= json=\n"
               "reasoning 0.0 id= name= text=Let me solve this. json=\n"
               "proof 0.0 id= name= text=EqQBCgIYAhIM1gbcDa9GJwZA2b3hGgxBdjrkzLoky3dl1pkiMOYds= json=\n"
               "sealed 0.1 id= name= text=EmwKAhgBEgy3va3pzix/LafPsn4aDFIT2Xlxh0L5L8rLVyIwxtE3rAFBa8cr3qpP json=\n"
               "text 0.2 id= name= text=27 * 453 = 12,231 json=\n"
               "finish 0.3 id= name= text= json= finish=0\n"
               "usage 0.0 id= name= text= json= 25 120 145 0 0 90\n"},
           Case{
               "stream_unshown.sse",
               "begin 0.0 id=msg_01 name=claude-opus-4-7 text= json=\n"
               "sealed 0.0 id= name= text=thinking.EosnCkYICxIMMb3LzNrMu json=\n"
               "text 0.1 id= name= text=12,231 json=\n"
               "finish 0.2 id= name= text= json= finish=0\n"
               "usage 0.0 id= name= text= json= 25 50 75 0 0 0\n"},
           Case{
               "stream_search.sse",
               "begin 0.0 id=msg_01 name=claude-sonnet-4-5-20250929 text= json=\n"
               "text 0.0 id= name= text=It is warm. json=\n"
               "finish 0.1 id= name= text= json= finish=0\n"
               "usage 0.0 id= name= text= json= 25 60 85 0 0 0\n"},
           Case{
               "stream_refusal.sse",
               "begin 0.0 id=msg_01 name=claude-sonnet-4-5-20250929 text= json=\n"
               "text 0.0 id= name= text=Hello.. json=\n"
               "finish 0.1 id= name= text= json= finish=4\n"
               "usage 0.0 id= name= text= json= 25 22 47 0 0 0\n"},
           Case{
               "stream_stop_sequence.sse",
               "begin 0.0 id=msg_01 name=claude-sonnet-4-5-20250929 text= json=\n"
               "text 0.0 id= name= text=one json=\n"
               "finish 0.1 id= name= text=END json= finish=0\n"
               "usage 0.0 id= name= text= json= 25 3 28 0 0 0\n"},
           Case{
               "stream_cut.sse",
               "begin 0.0 id=msg_01 name=claude-sonnet-4-5-20250929 text= json=\n"
               "text 0.0 id= name= text=one tw json=\n"
               "finish 0.1 id= name= text= json= finish=1\n"
               "usage 0.0 id= name= text= json= 25 4 29 0 0 0\n"},
           Case{
               "stream_error.sse",
               "begin 0.0 id=msg_01 name=claude-sonnet-4-5-20250929 text= json=\n"
               "text 0.0 id= name= text=Hel json=\n"
               "usage 0.0 id= name= text= json= 25 1 26 0 0 0\n"},
           Case{
               "stream_other_server.sse",
               "begin 0.0 id=1 name=kimi text= json=\n"
               "call 0.0 id=f:0 name=f text= json=\n"
               "arguments 0.0 id= name= text={\"a\":[1,2]} json=\n"
               "finish 0.1 id= name= text= json= finish=2\n"
               "usage 0.0 id= name= text= json= 7 5 12 0 0 0\n"},
       }) {
    const std::string bytes = file(c.name);
    for (const std::size_t slice : {bytes.size(), std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{64}}) {
      EXPECT_EQ(to_string(story_of_stream(bytes, slice)), c.wanted) << c.name << " in slices of " << slice;
    }
  }
}

TEST(MessagesStream, golden_streams_end_with_a_finish_and_a_terminator) {
  for (const char* name :
       {"stream_text.sse",
        "stream_tools.sse",
        "stream_thinking.sse",
        "stream_unshown.sse",
        "stream_search.sse",
        "stream_refusal.sse",
        "stream_other_server.sse"}) {
    const auto stream = messages::dialect().stream(some_provider);
    int finished = 0;
    int ended = 0;
    int content = 0;
    each_event(file(name), 1000, [&](const http::SseEvent& event) {
      const Meaning meaning = stream->read(event);
      EXPECT_FALSE(meaning.error) << name;
      finished += static_cast<int>(meaning.finished);
      ended += static_cast<int>(meaning.terminator);
      content += static_cast<int>(meaning.content);
    });
    EXPECT_EQ(finished, 1) << name;
    EXPECT_EQ(ended, 1) << name;
    EXPECT_GT(content, 0) << name;
  }
}

TEST(MessagesReply, golden_replies) {
  struct Case {
    const char* name;
    const char* wanted;
    bool has_content;
    bool filtered;
  };

  for (const Case& c : {
           Case{
               "reply_text.json",
               "begin 0.0 id=msg_01 name=claude-sonnet-4-5-20250929 text= json=\n"
               "text 0.0 id= name= text=Hello, \"世界\"\n json=\n"
               "finish 0.1 id= name= text= json= finish=0\n"
               "usage 0.0 id= name= text= json= 20 6 26 5 3 0\n",
               true,
               false},
           Case{
               "reply_tools.json",
               "begin 0.0 id=msg_02 name=claude-sonnet-4-5-20250929 text= json=\n"
               "reasoning 0.0 id= name= text=hm json=\n"
               "proof 0.0 id= name= text=Eq+/= json=\n"
               "text 0.1 id= name= text=Look. json=\n"
               "call 0.2 id=toolu_01 name=get_weather text= json=\n"
               "arguments 0.2 id= name= text={\"city\":\"杭州\",\"n\":[1,2]} json=\n"
               "call 0.3 id=toolu_02 name=now text= json=\n"
               "arguments 0.3 id= name= text={} json=\n"
               "finish 0.4 id= name= text= json= finish=2\n"
               "usage 0.0 id= name= text= json= 12 6 18 0 0 0\n",
               true,
               false},
           Case{
               "reply_empty.json",
               "begin 0.0 id=msg_03 name=claude-sonnet-4-5-20250929 text= json=\n"
               "finish 0.0 id= name= text= json= finish=0\n"
               "usage 0.0 id= name= text= json= 12 2 14 0 0 0\n",
               false,
               false},
           Case{
               "reply_refusal.json",
               "begin 0.0 id=msg_04 name=claude-sonnet-4-5-20250929 text= json=\n"
               "finish 0.0 id= name= text= json= finish=4\n"
               "usage 0.0 id= name= text= json= 12 2 14 0 0 0\n",
               false,
               true},
       }) {
    const std::string body = file(c.name);
    EXPECT_EQ(to_string(story_of_reply(body)), c.wanted) << c.name;
    const auto facts = messages::dialect().reply(some_provider, body);
    ASSERT_TRUE(facts) << c.name;
    EXPECT_EQ(facts->has_content, c.has_content) << c.name;
    EXPECT_EQ(facts->filtered, c.filtered) << c.name;
    EXPECT_TRUE(facts->finished) << c.name;
    EXPECT_TRUE(messages::dialect().begins_reply(body)) << c.name;
  }
  const std::string text = file("reply_text.json");
  EXPECT_EQ(messages::dialect().reply(some_provider, text)->text, R"(Hello, \"世界\"\n)");
}

TEST(MessagesReply, what_is_no_answer) {
  struct Case {
    const char* name;
    std::string body;
    Errc code;
  };

  for (const Case& c : {
           Case{"HTML", " <html>", Errc::upstream_protocol},
           Case{"nothing", "", Errc::upstream_protocol},
           Case{"a list", "[]", Errc::upstream_protocol},
           Case{"no content", R"({"type":"message"})", Errc::upstream_protocol},
           Case{"an error", file("error_overloaded.json"), Errc::rate_limited},
           Case{"another shape of one", R"({"code":"1301","message":"no"})", Errc::upstream_server},
       }) {
    const auto facts = messages::dialect().reply(some_provider, c.body);
    ASSERT_FALSE(facts) << c.name;
    EXPECT_EQ(facts.error().code, c.code) << c.name;
    EXPECT_FALSE(messages::dialect().begins_reply(c.body)) << c.name;
  }
}

TEST(MessagesReply, failures_have_their_classes) {
  config::Provider provider;
  provider.base_url = "https://api.anthropic.com/v1";

  struct Case {
    const char* name;
    int status;
    Errc code;
  };

  for (const Case& c : {
           Case{"error_invalid.json", 400, Errc::upstream_refused},
           Case{"error_context.json", 400, Errc::context_exceeded},
           Case{"error_credit.json", 400, Errc::billing},
           Case{"error_key.json", 401, Errc::upstream_auth},
           Case{"error_model.json", 404, Errc::model_unavailable},
           Case{"error_large.json", 413, Errc::context_exceeded},
           Case{"error_rate.json", 429, Errc::rate_limited},
           Case{"error_overloaded.json", 529, Errc::rate_limited},
       }) {
    const Error error = messages::dialect().failure(provider, c.status, file(c.name));
    EXPECT_EQ(error.code, c.code) << c.name << " " << gw::to_string(error.code);
    EXPECT_EQ(error.upstream_status, c.status) << c.name;
  }
  EXPECT_NE(messages::dialect().failure(provider, 302, "").message.find("redirects"), std::string::npos);
}

TEST(MessagesReply, truncated_at_every_length_is_never_an_answer) {
  for (const char* name : {"reply_text.json", "reply_tools.json"}) {
    const std::string body = file(name);
    const std::size_t whole = body.find_last_of('}') + 1;
    for (std::size_t length = 0; length < whole; ++length) {
      Recorder recorder;
      EXPECT_FALSE(messages::dialect().reply(some_provider, body.substr(0, length), &recorder)) << name << length;
    }
  }
}

// Whatever a provider sends, what the client gets of it is well formed.
TEST(MessagesStream, spoilt_streams_never_spoil_what_is_written) {
  const AnswerHead head{"r", "m", 0, true};
  for (const char* name : {"stream_tools.sse", "stream_thinking.sse", "stream_search.sse", "stream_other_server.sse"}) {
    const std::string bytes = file(name);
    constexpr std::string_view spoilers = "\"\\}x\xff";
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      std::string other = bytes;
      other[at] = spoilers[at % spoilers.size()];
      std::string out;
      const auto writer = client().stream(head, out);
      const auto stream = messages::dialect().stream(some_provider);
      each_event(other, other.size(), [&](const http::SseEvent& event) { stream->read(event, writer.get()); });
      writer->end();
      each_event(out, out.size(), [&](const http::SseEvent& event) {
        ASSERT_TRUE(is_json(event.data)) << name << " " << at << "\n" << event.data;
      });
    }
  }
}

TEST(MessagesStream, streams_that_end_at_any_event_tell_no_finish_of_their_own) {
  const std::string bytes = file("stream_tools.sse");
  const std::size_t finish = bytes.find("event: message_delta");
  for (std::size_t length = 0; length < finish; ++length) {
    for (const Told& told : story_of_stream(bytes.substr(0, length), 1000)) EXPECT_NE(told.kind, Kind::finish);
  }
}

TEST(MessagesStream, strange_orders_of_events_are_survived) {
  for (const char* data : {
           R"({"type":"content_block_delta","index":5,"delta":{"type":"text_delta","text":"a"}})",
           R"({"type":"content_block_delta","index":18446744073709551615,"delta":{"partial_json":"{"}})",
           R"({"type":"content_block_stop","index":7})",
           R"({"type":"content_block_start","index":0,"content_block":{"type":"tool_use","input":"no","name":3}})",
           R"({"type":"content_block_start","index":0,"content_block":{"type":"tool_use","input":{"a":tru},"name":"\x"}})",
           R"({"type":"content_block_start","index":0,"content_block":7})",
           R"({"type":"message_delta","delta":[],"usage":{"output_tokens":-1,"input_tokens":"x"}})",
           R"({"type":"message_delta","delta":{"stop_reason":"brand_new"}})",
       }) {
    const AnswerHead head{"r", "m", 0, true};
    std::string out;
    const auto writer = client().stream(head, out);
    const auto stream = messages::dialect().stream(some_provider);
    http::SseEvent event;
    event.has_data = true;
    event.data = data;
    for (int i = 0; i < 3; ++i) stream->read(event, writer.get());
    writer->end();
    each_event(out, out.size(), [&](const http::SseEvent& one) { EXPECT_TRUE(is_json(one.data)) << one.data; });
  }
}

TEST(MessagesProvider, path_and_headers) {
  config::Provider provider;
  const Secret key("sk-ant-1");
  const auto lines = [&] {
    RequestInput input{provider, key};
    input.base_path = "/v1";
    return messages::dialect().request(input).header_lines;
  };
  EXPECT_EQ(lines(), "Content-Type: application/json\r\nanthropic-version: 2023-06-01\r\nx-api-key: sk-ant-1\r\n");
  provider.headers = {{"Authorization", "Bearer t"}, {"Anthropic-Version", "2026-10-21"}};
  EXPECT_EQ(lines(), "Content-Type: application/json\r\nAuthorization: Bearer t\r\nAnthropic-Version: 2026-10-21\r\n");
  provider.headers = {{"X-Api-Key", "k"}};
  EXPECT_EQ(lines(), "Content-Type: application/json\r\nanthropic-version: 2023-06-01\r\nX-Api-Key: k\r\n");

  for (const auto& [base, target] : std::initializer_list<std::pair<const char*, const char*>>{
           {"/v1", "/v1/messages"},
           {"/v1/", "/v1/messages"},
           {"/v1/messages", "/v1/messages"},
           {"/a?x=1", "/a/messages?x=1"},
           {"", "/messages"}}) {
    RequestInput input{provider, key};
    input.base_path = base;
    EXPECT_EQ(messages::dialect().request(input).target, target);
  }
  EXPECT_EQ(for_protocol(config::Protocol::v1_messages), &messages::dialect());
  EXPECT_EQ(client_of_path("/v1/messages"), &messages::client());
  EXPECT_EQ(messages::client().own(), config::Protocol::v1_messages);
}

}  // namespace
}  // namespace gw::dialect::messages::test
