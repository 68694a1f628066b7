// What a Responses provider's streams and replies say, as events.
#include "responses_support.hpp"

#include <algorithm>

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

std::string done_with(const std::string& items) {
  return R"({"type":"response.completed","response":{"status":"completed","output":[)" + items + "]}}";
}

std::string of_call(const std::string& event, int index, const std::string& item) {
  return R"({"type":"response.output_item.)" + event + R"(","output_index":)" + std::to_string(index) +
         R"(,"item":{"type":"function_call",)" + item + "}}";
}

TEST(ResponsesTeller, text_is_told_wherever_it_stands_and_once) {
  const std::string delta = R"({"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"who"})";
  const std::string text_done = R"({"type":"response.output_text.done","output_index":0,"text":"whole"})";
  const std::string item = R"({"type":"message","id":"m","content":[{"type":"output_text","text":"whole"}]})";
  const std::string item_done = R"({"type":"response.output_item.done","output_index":0,"item":)" + item + "}";
  const std::string added = R"({"type":"response.output_item.added","output_index":0,"item":)" + item + "}";
  for (const std::vector<std::string>& events : std::vector<std::vector<std::string>>{
           {text_done, done},
           {added, done},
           {item_done, done},
           {done_with(item)},
           {delta, text_done, done},
           {delta, item_done, done},
           {delta, done_with(item)},
           {delta, done_with(R"({"type":"web_search_call"},)" + item)},
           {added, delta, text_done, item_done, done_with(item)},
       }) {
    const std::vector<Told> story = story_of(events);
    EXPECT_EQ(
        story, (std::vector<Told>{told(Kind::begin, 0, ""), told(Kind::text, 0, "whole"), finish(1, Finish::stop)})
    ) << events.front()
      << to_string(story);
  }
}

TEST(ResponsesTeller, another_text_than_the_one_that_was_told_is_not_told_behind_it) {
  const std::vector<Told> story = story_of({
      R"({"type":"response.output_text.delta","output_index":0,"delta":"a\\n"})",
      R"({"type":"response.output_text.done","output_index":0,"text":"b and more"})",
      R"({"type":"response.output_text.done","output_index":0,"text":"a"})",
      done_with(R"({"type":"message","content":[{"type":"output_text","text":"something else"}]})"),
  });
  EXPECT_EQ(story, (std::vector<Told>{told(Kind::begin, 0, ""), told(Kind::text, 0, "a\\n"), finish(1, Finish::stop)}))
      << to_string(story);
}

TEST(ResponsesTeller, reasoning_is_told_wherever_it_stands_and_once) {
  const std::string delta =
      R"({"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":0,"delta":"fir"})";
  const std::string first =
      R"({"type":"response.reasoning_summary_text.done","output_index":0,"summary_index":0,"text":"first"})";
  const std::string item =
      R"({"type":"reasoning","id":"r","summary":[{"type":"summary_text","text":"first"},{"type":"summary_text","text":"then"}]})";
  for (const std::vector<std::string>& events : std::vector<std::vector<std::string>>{
           {done_with(item)}, {delta, done_with(item)}, {first, done_with(item)}, {delta, first, done_with(item)}}) {
    const std::vector<Told> story = story_of(events);
    EXPECT_EQ(
        story,
        (std::vector<Told>{told(Kind::begin, 0, ""), told(Kind::reasoning, 0, "first\n\nthen"), finish(1, Finish::stop)}
        )
    ) << events.front()
      << to_string(story);
  }
}

TEST(ResponsesTeller, arguments_are_told_wherever_they_stand_and_once) {
  const std::string item = R"("id":"fc","call_id":"c","name":"f")";
  const std::string whole = R"(,"arguments":"{\"q\":1}")";
  const std::string output = R"({"type":"function_call",)" + item + whole + "}";
  const std::string added = of_call("added", 0, item + R"(,"arguments":"")");
  const std::string delta = R"({"type":"response.function_call_arguments.delta","output_index":0,"delta":"{\"q"})";
  const std::string all =
      R"({"type":"response.function_call_arguments.done","output_index":0,"arguments":"{\"q\":1}"})";
  for (const std::vector<std::string>& events : std::vector<std::vector<std::string>>{
           {added, all, done},
           {added, delta, all, done},
           {added, delta, of_call("done", 0, item + whole), done},
           {added, delta, done_with(output)},
           {of_call("added", 0, item + whole), done},
           {of_call("added", 0, item + whole), delta, all, of_call("done", 0, item + whole), done_with(output)},
           {of_call("done", 0, item + whole), done},
           {added, done_with(output)},
           {added, done_with(R"({"type":"reasoning","summary":[]},)" + output)},
           {done_with(output)},
       }) {
    const std::vector<Told> story = story_of(events);
    EXPECT_EQ(
        story,
        (std::vector<Told>{
            told(Kind::begin, 0, ""),
            told(Kind::call, 0, "", "c", "f"),
            told(Kind::arguments, 0, R"({"q":1})"),
            finish(1, Finish::tool_calls)})
    ) << events.front()
      << to_string(story);
  }
}

TEST(ResponsesTeller, what_only_the_finished_response_holds_is_told_behind_what_was_streamed) {
  const std::vector<Told> story = story_of({
      R"({"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"aa"})",
      done_with(
          R"({"type":"message","content":[{"type":"output_text","text":"aa"}]},{"type":"function_call","call_id":"c","name":"f","arguments":"{}"})"
      ),
  });
  EXPECT_EQ(
      story,
      (std::vector<Told>{
          told(Kind::begin, 0, ""),
          told(Kind::text, 0, "aa"),
          told(Kind::call, 1, "", "c", "f"),
          told(Kind::arguments, 1, "{}"),
          finish(2, Finish::tool_calls)})
  ) << to_string(story);
}

TEST(ResponsesTeller, a_call_whose_id_comes_late_is_one_call_with_that_id) {
  const std::string delta = R"({"type":"response.function_call_arguments.delta","output_index":0,"delta":"{}"})";
  const auto call = [](const std::string& id) {
    return std::vector<Told>{
        told(Kind::begin, 0, ""),
        told(Kind::call, 0, "", id, "f"),
        told(Kind::arguments, 0, "{}"),
        finish(1, Finish::tool_calls)};
  };
  const std::string added = of_call("added", 0, R"("id":"fc_1","name":"f","arguments":"")");
  const std::string with_id = R"("id":"fc_1","call_id":"c","name":"f","arguments":"{}")";
  EXPECT_EQ(story_of({added, delta, of_call("done", 0, with_id), done}), call("c"));
  EXPECT_EQ(story_of({added, delta, done_with(R"({"type":"function_call",)" + with_id + "}")}), call("c"));
  EXPECT_EQ(story_of({added, delta, done}), call("fc_1")) << "it never came";
}

TEST(ResponsesTeller, calls_of_the_same_id_or_of_none_are_all_told) {
  for (const std::string id : {R"("call_id":"same",)", R"("call_id":"",)", ""}) {
    const std::string one = id + R"("name":"f","arguments":"{}")";
    const std::string other = id + R"("name":"g","arguments":"[]")";
    const std::string output = R"({"type":"function_call",)" + one + R"(},{"type":"function_call",)" + other + "}";
    for (const std::vector<std::string>& events : std::vector<std::vector<std::string>>{
             {of_call("done", 0, one), of_call("done", 1, other), done},
             {of_call("done", 0, one), of_call("done", 1, other), done_with(output)},
             {of_call("added", 0, one), of_call("added", 1, other), done_with(output)},
             {done_with(output)}}) {
      const std::string said = id.find("same") == std::string::npos ? "" : "same";
      std::vector<Told> story = story_of(events);
      std::stable_sort(story.begin(), story.end(), [](const Told& left, const Told& right) {
        return left.block < right.block;
      });
      EXPECT_EQ(
          story,
          (std::vector<Told>{
              told(Kind::begin, 0, ""),
              told(Kind::call, 0, "", said, "f"),
              told(Kind::arguments, 0, "{}"),
              told(Kind::call, 1, "", said, "g"),
              told(Kind::arguments, 1, "[]"),
              finish(2, Finish::tool_calls)})
      ) << events.front()
        << to_string(story);
    }
  }
}

TEST(ResponsesTeller, items_without_an_index_are_known_by_their_ids) {
  const std::vector<Told> story = story_of({
      R"({"type":"response.output_item.added","item":{"type":"function_call","id":"1","call_id":"a","name":"f"}})",
      R"({"type":"response.output_item.added","item":{"type":"function_call","id":"2","call_id":"b","name":"g"}})",
      R"({"type":"response.function_call_arguments.delta","item_id":"1","delta":"{}"})",
      R"({"type":"response.function_call_arguments.delta","item_id":"2","delta":"[]"})",
      R"({"type":"response.output_item.done","item":{"type":"function_call","id":"1","call_id":"a","name":"f","arguments":"{}"}})",
      done,
  });
  EXPECT_EQ(
      story,
      (std::vector<Told>{
          told(Kind::begin, 0, ""),
          told(Kind::call, 0, "", "a", "f"),
          told(Kind::call, 1, "", "b", "g"),
          told(Kind::arguments, 0, "{}"),
          told(Kind::arguments, 1, "[]"),
          finish(2, Finish::tool_calls)})
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
  EXPECT_EQ(story, (std::vector<Told>{told(Kind::begin, 0, ""), told(Kind::text, 0, "ok"), finish(1, Finish::stop)}))
      << to_string(story);
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

TEST(ResponsesTeller, an_endless_finished_response_is_bounded) {
  std::string items = R"({"type":"function_call","name":"f"})";
  for (int i = 0; i < 20000; ++i) items += R"(,{"type":"function_call","name":"f"})";
  EXPECT_EQ(story_of({done_with(items)}).size(), 4096U + 2);  // and the begin and the end
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
