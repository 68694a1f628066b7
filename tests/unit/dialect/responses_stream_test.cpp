// What the judge is told of a Responses provider's events and replies.
#include "dialect/failure.hpp"
#include "responses_support.hpp"

namespace gw::dialect::responses::test {
namespace {

Request request_of(const config::Provider& provider, const char* key, const char* base_path) {
  const Secret secret(key);
  RequestInput input{provider, secret};
  input.base_path = base_path;
  return responses::dialect().request(input);
}

Meaning read_event(const std::string& data, const std::string& name = {}) {
  http::SseEvent event;
  event.data = data;
  event.name = name;
  event.has_data = true;
  return responses::dialect().stream(some_provider)->read(event);
}

TEST(ResponsesStream, what_commits_and_what_does_not) {
  struct Case {
    const char* name;
    const char* data;
    bool content;
  };

  for (const Case& c : {
           Case{"created", R"({"type":"response.created","response":{"status":"in_progress","output":[]}})", false},
           Case{"text", R"({"type":"response.output_text.delta","delta":"a"})", true},
           Case{"empty text", R"({"type":"response.output_text.delta","delta":""})", false},
           Case{"space", R"({"type":"response.output_text.delta","delta":" "})", true},
           Case{"refusal", R"({"type":"response.refusal.delta","delta":"no"})", true},
           Case{"arguments", R"({"type":"response.function_call_arguments.delta","delta":"{"})", true},
           Case{"summary", R"({"type":"response.reasoning_summary_text.delta","delta":"hm"})", true},
           Case{"reasoning", R"({"type":"response.reasoning_text.delta","delta":"hm"})", true},
           Case{"reasoning, older", R"({"type":"response.reasoning_summary.delta","delta":{"text":"hm"}})", true},
           Case{"custom input", R"({"type":"response.custom_tool_call_input.delta","delta":"x"})", true},
           Case{"whole text", R"({"type":"response.output_text.done","text":"all"})", true},
           Case{"whole empty text", R"({"type":"response.output_text.done","text":""})", false},
           Case{
               "message begins",
               R"({"type":"response.output_item.added","item":{"type":"message","content":[]}})",
               false},
           Case{
               "reasoning begins",
               R"({"type":"response.output_item.added","item":{"type":"reasoning","summary":[],"encrypted_content":"g"}})",
               false},
           Case{
               "call begins",
               R"({"type":"response.output_item.added","item":{"type":"function_call","name":"f","arguments":""}})",
               true},
           Case{"search begins", R"({"type":"response.output_item.added","item":{"type":"web_search_call"}})", false},
           Case{
               "message ends",
               R"({"type":"response.output_item.done","item":{"type":"message","content":[{"type":"output_text","text":"a"}]}})",
               true},
           Case{
               "part begins",
               R"({"type":"response.content_part.added","part":{"type":"output_text","text":""}})",
               false},
           Case{"image", R"({"type":"response.image_generation_call.partial_image","partial_image_b64":"AA"})", true},
           Case{"unknown", R"({"type":"response.brand_new","x":[{"y":1}]})", false},
           Case{"no type", R"({"x":1})", false},
       }) {
    const Meaning meaning = read_event(c.data);
    EXPECT_EQ(meaning.content, c.content) << c.name;
    EXPECT_FALSE(meaning.error) << c.name;
    EXPECT_FALSE(meaning.finished) << c.name;
    EXPECT_FALSE(meaning.terminator) << c.name;
  }
}

TEST(ResponsesStream, the_type_may_stand_behind_or_in_the_name) {
  EXPECT_EQ(read_event(R"({"delta":"hi","type":"response.output_text.delta"})").text, "hi");
  EXPECT_TRUE(read_event(R"({"response":{"output":[]}})", "response.completed").finished);
}

TEST(ResponsesStream, the_finished_response_ends_a_stream_that_had_content) {
  const auto stream = responses::dialect().stream(some_provider);
  http::SseEvent event;
  event.has_data = true;
  event.data = R"({"type":"response.output_text.delta","delta":"a"})";
  stream->read(event);
  event.data = R"({"type":"response.completed","response":{"status":"completed","output":[{"type":"message",)"
               R"("content":[{"type":"output_text","text":"a"}]}],"usage":{"input_tokens":3,"output_tokens":2}}})";
  const Meaning meaning = stream->read(event);
  EXPECT_TRUE(meaning.finished);
  EXPECT_TRUE(meaning.terminator);
  EXPECT_FALSE(meaning.content) << "it was counted when it came";
  EXPECT_EQ(meaning.usage, (Usage{3, 2, 0, 0, 0, 0}));
}

// The judge takes a terminator without content for the end of an empty stream, whatever stands in it.
TEST(ResponsesStream, an_answer_in_one_piece_is_content_and_leaves_the_end_to_the_connection) {
  const std::string data =
      R"({"type":"response.completed","response":{"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"all"}]}]}})";
  const Meaning meaning = read_event(data);  // whose text is a view into it
  EXPECT_TRUE(meaning.content);
  EXPECT_TRUE(meaning.finished);
  EXPECT_FALSE(meaning.terminator);
  EXPECT_EQ(meaning.text, "all");
}

TEST(ResponsesStream, filters_and_limits) {
  const Meaning filtered = read_event(
      R"({"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"content_filter"},"output":[]}})"
  );
  EXPECT_TRUE(filtered.finished);
  EXPECT_TRUE(filtered.filtered);
  EXPECT_FALSE(filtered.content);
  const Meaning cut = read_event(
      R"({"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[]}})"
  );
  EXPECT_TRUE(cut.finished);
  EXPECT_FALSE(cut.filtered);
}

TEST(ResponsesStream, errors_by_their_class) {
  struct Case {
    const char* name;
    const char* data;
    Errc code;
  };

  for (const Case& c : {
           Case{
               "flat",
               R"({"type":"error","code":"rate_limit_exceeded","message":"slow","param":null})",
               Errc::rate_limited},
           Case{
               "nested",
               R"({"type":"error","error":{"type":"invalid_request_error","code":"context_length_exceeded","message":"long"}})",
               Errc::context_exceeded},
           Case{"server", R"({"type":"error","code":"server_error","message":"oops"})", Errc::upstream_server},
           Case{
               "failed",
               R"({"type":"response.failed","response":{"status":"failed","error":{"code":"insufficient_quota","message":"no"}}})",
               Errc::billing},
           Case{
               "failed, no reason",
               R"({"type":"response.failed","response":{"status":"failed"}})",
               Errc::upstream_server},
           Case{"failed, nothing", R"({"type":"response.failed"})", Errc::upstream_server},
           Case{
               "cancelled",
               R"({"type":"response.completed","response":{"status":"cancelled"}})",
               Errc::upstream_server},
           Case{"no JSON", "oops", Errc::upstream_protocol},
           Case{"a list", "[]", Errc::upstream_protocol},
           Case{"two", R"({"type":"response.x"}{})", Errc::upstream_protocol},
           Case{"cut", R"({"type":"response.output_text.delta","delta":"a)", Errc::upstream_protocol},
           Case{"bare", R"({"error":{"message":"no","code":"invalid_api_key"}})", Errc::upstream_auth},
       }) {
    const Meaning meaning = read_event(c.data);
    ASSERT_TRUE(meaning.error) << c.name;
    EXPECT_EQ(meaning.error->code, c.code) << c.name << ": " << meaning.error->message;
    EXPECT_FALSE(meaning.finished) << c.name;
  }
  EXPECT_TRUE(read_event(R"({"message":"no","code":"x"})", "error").error);
  EXPECT_TRUE(read_event("[DONE]").terminator);
}

// What a whole stream comes to.
struct Story {
  int commits_at = -1;
  std::string text;
  int finished = 0;
  bool terminator = false;
  std::optional<Usage> usage;
  std::optional<Errc> error;

  friend bool operator==(const Story&, const Story&) = default;
};

Story read_stream(const std::string& bytes, std::size_t slice) {
  Story story;
  int events = 0;
  const auto stream = responses::dialect().stream(some_provider);
  each_event(bytes, slice, [&](const http::SseEvent& event) {
    const Meaning meaning = stream->read(event);
    if (meaning.content && story.commits_at < 0) story.commits_at = events;
    ++events;
    const std::string_view text = meaning.text;
    EXPECT_TRUE(
        text.empty() ||
        (text.data() >= event.data.data() && text.data() + text.size() <= event.data.data() + event.data.size())
    );
    story.text += chat::unescape(text);
    story.finished += meaning.finished ? 1 : 0;
    story.terminator = story.terminator || meaning.terminator;
    if (meaning.usage) story.usage = meaning.usage;
    if (meaning.error && !story.error) story.error = meaning.error->code;
  });
  return story;
}

TEST(ResponsesStream, golden_streams_mean_the_same_under_every_slicing) {
  struct Case {
    const char* file;
    Story story;
  };

  for (const Case& c : {
           Case{"stream_text", {4, "Hello, 世界", 1, true, Usage{19, 10, 29, 8, 0, 3}, {}}},
           Case{"stream_tools", {4, "", 1, true, Usage{100, 60, 160, 64, 0, 20}, {}}},
           Case{"stream_sealed", {6, "42", 1, true, Usage{5, 30, 35, 0, 0, 28}, {}}},
           Case{"stream_incomplete", {4, "Once upon", 1, true, Usage{7, 16, 23, 0, 0, 0}, {}}},
           Case{"stream_filtered", {-1, "", 1, false, Usage{7, 0, 7, 0, 0, 0}, {}}},
           Case{"stream_refusal", {4, "", 1, true, Usage{9, 8, 17, 0, 0, 0}, {}}},
           Case{"stream_failed", {-1, "", 0, false, {}, Errc::upstream_server}},
           Case{"stream_error", {4, "Hel", 0, false, {}, Errc::context_exceeded}},
           Case{"stream_search", {10, "Rain [1]", 1, true, Usage{50, 9, 59, 0, 0, 0}, {}}},
           Case{"stream_open_model", {3, "4", 1, true, Usage{3, 9, 12, 0, 0, 4}, {}}},
           Case{"stream_one_piece", {1, "All at once", 1, false, Usage{3, 3, 6, 0, 0, 0}, {}}},
       }) {
    const std::string bytes = file(std::string(c.file) + ".sse");
    for (const std::size_t slice : {bytes.size(), std::size_t{1}, std::size_t{7}, std::size_t{64}}) {
      EXPECT_EQ(read_stream(bytes, slice), c.story) << c.file << " in slices of " << slice;
    }
  }
}

TEST(ResponsesReply, golden_replies) {
  struct Case {
    const char* file;
    bool has_content;
    const char* text;
    Usage usage;
  };

  for (const Case& c : {
           Case{"reply_text", true, "Hello, 世界", Usage{19, 10, 29, 8, 0, 3}},
           Case{"reply_tools", true, "", Usage{100, 60, 160, 64, 0, 20}},
           Case{"reply_incomplete", true, "Once upon", Usage{7, 16, 23, 0, 0, 0}},
           Case{"reply_empty", false, "", Usage{7, 16, 23, 0, 0, 16}},
       }) {
    const std::string body = file(std::string(c.file) + ".json");
    const auto facts = responses::dialect().reply(some_provider, body);
    ASSERT_TRUE(facts) << c.file;
    EXPECT_EQ(facts->has_content, c.has_content) << c.file;
    EXPECT_TRUE(facts->finished) << c.file;
    EXPECT_EQ(facts->text, c.text) << c.file;
    EXPECT_EQ(facts->usage, c.usage) << c.file;
    EXPECT_TRUE(responses::dialect().begins_reply(std::string_view(body).substr(0, 400))) << c.file;
  }
}

TEST(ResponsesReply, what_is_no_answer) {
  const auto code_of = [](const std::string& body) {
    return responses::dialect().reply(some_provider, body).error().code;
  };
  EXPECT_EQ(code_of(file("reply_failed.json")), Errc::rate_limited);
  EXPECT_EQ(code_of("<html>"), Errc::upstream_protocol);
  EXPECT_EQ(code_of(""), Errc::upstream_protocol);
  EXPECT_EQ(code_of("{}"), Errc::upstream_protocol);
  EXPECT_EQ(code_of(R"({"choices":[]})"), Errc::upstream_protocol);
  EXPECT_EQ(code_of(R"({"error":{"code":"insufficient_quota","message":"no"}})"), Errc::billing);
  EXPECT_EQ(code_of(R"({"code":"invalid_api_key","message":"no"})"), Errc::upstream_auth);
  EXPECT_FALSE(responses::dialect().begins_reply(R"({"error":{"message":")"));
  EXPECT_EQ(
      responses::dialect().failure(some_provider, 404, file("error_not_found.json")).code, Errc::model_unavailable
  );
}

TEST(ResponsesReply, a_response_that_goes_on_elsewhere_is_not_finished) {
  const auto facts = responses::dialect().reply(some_provider, R"({"status":"queued","output":[]})");
  ASSERT_TRUE(facts);
  EXPECT_FALSE(facts->finished);
}

TEST(ResponsesReply, hostile_bytes_end_in_an_error_or_an_answer) {
  for (const char* name : {"reply_tools.json", "reply_text.json"}) {
    const std::string body = file(name);
    for (std::size_t size = 0; size < body.size(); ++size) {
      Recorder recorder;
      const auto facts = responses::dialect().reply(some_provider, body.substr(0, size), &recorder);
      EXPECT_TRUE(!facts || size + 2 >= body.size()) << size;
    }
  }
  const std::string deep = R"({"output":[)" + std::string(3000, '[') + std::string(3000, ']') + "]}";
  EXPECT_FALSE(responses::dialect().reply(some_provider, deep) && false);
}

TEST(ResponsesRequest, target_and_headers) {
  struct Case {
    const char* base;
    const char* target;
  };

  for (const Case& c : {
           Case{"/v1", "/v1/responses"},
           Case{"/v1/", "/v1/responses"},
           Case{"", "/responses"},
           Case{"/v1/responses", "/v1/responses"},
           Case{"/openai/v1?api-version=preview", "/openai/v1/responses?api-version=preview"},
       }) {
    EXPECT_EQ(request_of(some_provider, "k", c.base).target, c.target);
  }
  EXPECT_EQ(
      request_of(some_provider, "k", "/v1").header_lines,
      "Content-Type: application/json\r\nAuthorization: Bearer k\r\n"
  );
  EXPECT_EQ(request_of(some_provider, "", "/v1").header_lines, "Content-Type: application/json\r\n");
  config::Provider azure;
  azure.headers.emplace_back("authorization", "x");
  EXPECT_EQ(request_of(azure, "k", "/v1").header_lines, "Content-Type: application/json\r\nauthorization: x\r\n");
  EXPECT_EQ(for_protocol(config::Protocol::v1_response), &responses::dialect());
}

}  // namespace
}  // namespace gw::dialect::responses::test
