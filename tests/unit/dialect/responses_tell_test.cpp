// What a Responses provider's streams and replies say, as events.
#include "responses_support.hpp"

namespace gw::dialect::responses::test {
namespace {

using Kind = Event::Kind;

Told told(Kind kind, std::uint32_t block, std::string text, std::string id = {}, std::string name = {}) {
  Told one;
  one.kind = kind;
  one.block = block;
  one.text = std::move(text);
  one.id = std::move(id);
  one.name = std::move(name);
  return one;
}

Told begin() {
  return told(Kind::begin, 0, "", "resp_67ccd2bed1ec8190b14f964abc054267", "gpt-5-2025-08-07");
}

Told finish(std::uint32_t block, Finish how) {
  Told one = told(Kind::finish, block, "");
  one.finish = how;
  return one;
}

Told usage(const Usage& counts) {
  Told one;
  one.kind = Kind::usage;
  one.usage = counts;
  return one;
}

std::vector<Told> weather() {
  return {
      begin(),
      told(Kind::reasoning, 0, "**Weather** first\n\nThen Paris"),
      told(Kind::proof, 0, "gAAAAsealed"),
      told(Kind::call, 1, "", "call_a", "get_weather"),
      told(Kind::arguments, 1, R"({"city":"杭州"})"),
      told(Kind::call, 2, "", "call_b", "get_weather"),
      told(Kind::arguments, 2, R"({"city":"Paris"})"),
      finish(3, Finish::tool_calls),
      usage({100, 60, 160, 64, 0, 20})};
}

std::vector<Told> search() {
  Told citation = told(Kind::annotation, 0, "");
  citation.json =
      R"({"type":"url_citation","url_citation":{"start_index":0,"end_index":4,"title":"News","url":"https://example.com/a?b=1"}})";
  return {begin(), told(Kind::text, 0, "Rain [1]"), citation, finish(1, Finish::stop), usage({50, 9, 59, 0, 0, 0})};
}

TEST(ResponsesTeller, golden_streams_tell_the_same_story_under_every_slicing) {
  struct Case {
    const char* file;
    std::vector<Told> story;
  };

  for (const Case& c : {
           Case{
               "stream_text",
               {begin(), told(Kind::text, 0, "Hello, 世界"), finish(1, Finish::stop), usage({19, 10, 29, 8, 0, 3})}},
           Case{"stream_tools", weather()},
           Case{
               "stream_sealed",
               {begin(),
                told(Kind::sealed, 0, "gAAAAhidden"),
                told(Kind::text, 1, "42"),
                finish(2, Finish::stop),
                usage({5, 30, 35, 0, 0, 28})}},
           Case{
               "stream_incomplete",
               {begin(), told(Kind::text, 0, "Once upon"), finish(1, Finish::length), usage({7, 16, 23, 0, 0, 0})}},
           Case{"stream_filtered", {begin(), finish(0, Finish::content_filter), usage({7, 0, 7, 0, 0, 0})}},
           Case{
               "stream_refusal",
               {begin(),
                told(Kind::refusal, 0, "I cannot help with that."),
                finish(1, Finish::stop),
                usage({9, 8, 17, 0, 0, 0})}},
           Case{"stream_failed", {begin()}},
           Case{"stream_error", {begin()}},
           Case{"stream_search", search()},
           Case{
               "stream_open_model",
               {begin(),
                told(Kind::reasoning, 0, "We add."),
                told(Kind::text, 1, "4"),
                finish(2, Finish::stop),
                usage({3, 9, 12, 0, 0, 4})}},
           Case{
               "stream_one_piece",
               {begin(), told(Kind::text, 0, "All at once"), finish(1, Finish::stop), usage({3, 3, 6, 0, 0, 0})}},
       }) {
    const std::string bytes = file(std::string(c.file) + ".sse");
    for (const std::size_t slice : {bytes.size(), std::size_t{1}, std::size_t{13}}) {
      std::vector<Told> story = story_of_stream(bytes, slice);
      if (std::string(c.file) == "stream_error") story.resize(1);  // its text was told before the error
      EXPECT_EQ(story, c.story) << c.file << " in slices of " << slice << "\n" << to_string(story);
    }
  }
}

TEST(ResponsesTeller, golden_replies) {
  EXPECT_EQ(story_of_reply(file("reply_tools.json")), weather()) << to_string(story_of_reply(file("reply_tools.json")));
  EXPECT_EQ(
      story_of_reply(file("reply_incomplete.json")),
      (std::vector<Told>{
          begin(), told(Kind::text, 0, "Once upon"), finish(1, Finish::length), usage({7, 16, 23, 0, 0, 0})})
  );
}

std::vector<Told> story_of(const std::vector<std::string>& events) {
  std::string bytes;
  for (const std::string& data : events) bytes += "data: " + data + "\n\n";
  return story_of_stream(bytes, bytes.size());
}

const std::string done = R"({"type":"response.completed","response":{"status":"completed","output":[]}})";

TEST(ResponsesTeller, calls_that_come_by_turns_keep_their_arguments_apart) {
  const std::vector<Told> story = story_of({
      R"({"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","call_id":"a","name":"f"}})",
      R"({"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","call_id":"b","name":"g"}})",
      R"({"type":"response.function_call_arguments.delta","output_index":0,"delta":"{\"x\":"})",
      R"({"type":"response.function_call_arguments.delta","output_index":1,"delta":"{}"})",
      R"({"type":"response.function_call_arguments.delta","output_index":0,"delta":"1}"})",
      R"({"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","call_id":"a","name":"f","arguments":"{\"x\":1}"}})",
      R"({"type":"response.output_item.done","output_index":1,"item":{"type":"function_call","call_id":"b","name":"g","arguments":"{}"}})",
      done,
  });
  EXPECT_EQ(
      story,
      (std::vector<Told>{
          told(Kind::begin, 0, ""),
          told(Kind::call, 0, "", "a", "f"),
          told(Kind::call, 1, "", "b", "g"),
          told(Kind::arguments, 0, R"({"x":1})"),
          told(Kind::arguments, 1, "{}"),
          finish(2, Finish::tool_calls)})
  ) << to_string(story);
}

TEST(ResponsesTeller, items_without_deltas_are_told_at_their_end) {
  const std::vector<Told> story = story_of({
      R"({"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"hm"}]}})",
      R"({"type":"response.output_item.done","output_index":1,"item":{"type":"message","content":[{"type":"output_text","text":"a","logprobs":[{"token":"a","logprob":-0.5}]},{"type":"refusal","refusal":"b"}]}})",
      R"({"type":"response.output_item.done","output_index":2,"item":{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}})",
      done,
  });
  Told logprobs = told(Kind::logprobs, 1, "");
  logprobs.json = R"({"content":[{"token":"a","logprob":-0.5}],"refusal":null})";
  EXPECT_EQ(
      story,
      (std::vector<Told>{
          told(Kind::begin, 0, ""),
          told(Kind::reasoning, 0, "hm"),
          told(Kind::text, 1, "a"),
          logprobs,
          told(Kind::refusal, 2, "b"),
          told(Kind::call, 3, "", "c", "f"),
          told(Kind::arguments, 3, "{}"),
          finish(4, Finish::tool_calls)})
  ) << to_string(story);
}

TEST(ResponsesTeller, a_summary_and_the_reasoning_itself_are_not_told_twice) {
  const std::vector<Told> story = story_of({
      R"({"type":"response.reasoning_text.delta","output_index":0,"content_index":0,"delta":"raw"})",
      R"({"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":0,"delta":"short"})",
      R"({"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","summary":[{"type":"summary_text","text":"short"}],"encrypted_content":"gAAAA"}})",
      R"({"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","summary":[],"encrypted_content":"gAAAA"}})",
  });
  EXPECT_EQ(
      story,
      (std::vector<Told>{told(Kind::begin, 0, ""), told(Kind::reasoning, 0, "raw"), told(Kind::proof, 0, "gAAAA")})
  ) << to_string(story);
}

TEST(ResponsesTeller, hostile_events_are_passed_over) {
  const std::vector<Told> story = story_of({
      R"({"type":"response.output_text.delta","output_index":-1,"content_index":"x","delta":5})",
      R"({"type":"response.output_text.delta","delta":"bad \q escape"})",
      R"({"type":"response.output_item.added","item":7})",
      R"({"type":"response.output_item.added","item":{"type":"function_call"}})",
      R"({"type":"response.function_call_arguments.delta","output_index":99,"delta":"{}"})",
      R"({"type":"response.output_text.annotation.added","annotation":{"a" 5}})",
      R"({"type":"response.output_text.delta","output_index":18446744073709551615,"delta":"ok","logprobs":[{"a":}]})",
      R"({"type":"response.output_text.annotation.added","output_index":18446744073709551615,"annotation":{"a":nope}})",
      R"({"type":"response.completed","response":[]})",
      R"({"type":"response.completed"})",
  });
  EXPECT_EQ(
      story,
      (std::vector<Told>{
          told(Kind::begin, 0, ""),
          told(Kind::call, 0, "", "", ""),
          told(Kind::text, 1, "ok"),
          finish(2, Finish::tool_calls)})
  ) << to_string(story);
}

TEST(ResponsesTeller, endless_blocks_are_bounded) {
  Recorder recorder;
  const auto stream = responses::dialect().stream(some_provider);
  http::SseEvent event;
  event.has_data = true;
  for (int i = 0; i < 6000; ++i) {
    const std::string data =
        R"({"type":"response.output_text.delta","output_index":)" + std::to_string(i) + R"(,"delta":"a"})";
    event.data = data;
    stream->read(event, &recorder);
  }
  EXPECT_EQ(recorder.story().size(), 4097U);
}

TEST(ResponsesTeller, every_cut_of_a_stream_is_told_without_harm) {
  const std::string bytes = file("stream_tools.sse");
  for (std::size_t size = 0; size < bytes.size(); size += 3) {
    http::SseSplitter splitter(1 << 20);
    http::SseEvent event;
    Recorder recorder;
    const auto stream = responses::dialect().stream(some_provider);
    splitter.feed(std::string_view(bytes).substr(0, size));
    while (splitter.next(event).value()) {
      if (event.has_data) stream->read(event, &recorder);
    }
    if (splitter.finish(event) && event.has_data) stream->read(event, &recorder);
    EXPECT_LE(recorder.story().size(), weather().size());
  }
}

}  // namespace
}  // namespace gw::dialect::responses::test
