// An answer said to a chat client: on the wire, and read back.
#include "answers.hpp"
#include "base/random.hpp"
#include "openai_support.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>
#include <string>

namespace gw::dialect::test {
namespace {

using Json = nlohmann::json;

const config::Provider some_provider;
constexpr AnswerHead head{.id = "r1", .model = "p/m", .created = 1764000000, .wants_usage = true};

// What the dialect does not carry: the provider's own names of the answer.
std::vector<Told> comparable(std::vector<Told> story) {
  for (Told& one : story) {
    if (one.kind == Event::Kind::begin) {
      one.id = "chatcmpl-r1";
      one.name = "p/m";
    }
  }
  return story;
}

// A stream says how its choices end when all of them have.
std::vector<Told> with_late_finishes(std::vector<Told> story) {
  const auto rank = [](const Told& one) {
    return one.kind == Event::Kind::usage ? 2 : one.kind == Event::Kind::finish ? 1 : 0;
  };
  std::stable_sort(story.begin(), story.end(), [&](const Told& a, const Told& b) { return rank(a) < rank(b); });
  return story;
}

std::string streamed(const std::vector<Told>& story, std::uint64_t seed, const AnswerHead& with = head) {
  std::string out;
  const auto writer = openai::client().stream(with, out);
  tell(story, seed, *writer);
  writer->end();
  return out;
}

std::string plain(const std::vector<Told>& story, std::uint64_t seed) {
  std::string out;
  const auto writer = openai::client().plain(head, out);
  tell(story, seed, *writer);
  writer->end();
  return out;
}

std::vector<Told> read_back(std::string_view bytes, std::size_t slice) {
  Recorder recorder;
  http::SseSplitter splitter(1 << 20);
  http::SseEvent event;
  const auto stream = openai::dialect().stream(some_provider);
  bool is_done = false;
  for (std::size_t at = 0; at < bytes.size(); at += slice) {
    splitter.feed(bytes.substr(at, slice));
    while (splitter.next(event).value()) {
      if (!event.has_data) continue;
      if (event.data != "[DONE]") {
        EXPECT_EQ(wrong_chunk(event.data), "");
      }
      const Meaning meaning = stream->read(event, &recorder);
      EXPECT_FALSE(meaning.error);
      EXPECT_FALSE(is_done) << "something behind the end";
      is_done = meaning.terminator;
    }
  }
  EXPECT_TRUE(is_done);
  EXPECT_EQ(splitter.pending(), "");
  return recorder.story();
}

TEST(ChatAnswer, comes_back_as_it_was_told) {
  for (const bool several : {false, true}) {
    Shapes shapes;
    shapes.several_choices = several;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      const std::vector<Told> story = comparable(random_answer(seed, shapes));
      const std::string bytes = streamed(story, seed);
      const std::size_t slice = seed % 4 == 0 ? bytes.size() : 1 + seed % 40;
      const std::vector<Told> back = read_back(bytes, slice);
      ASSERT_EQ(back, with_late_finishes(story)) << "seed " << seed << "\n"
                                                 << to_string(story) << "came back as\n"
                                                 << to_string(back) << bytes;

      const std::string body = plain(story, seed);
      ASSERT_EQ(wrong_completion(body), "");
      Recorder recorder;
      const auto facts = openai::dialect().reply(some_provider, body, &recorder);
      ASSERT_TRUE(facts) << body;
      EXPECT_TRUE(facts->finished);
      ASSERT_EQ(recorder.story(), story) << "seed " << seed << "\n"
                                         << to_string(story) << "came back as\n"
                                         << to_string(recorder.story()) << body;
    }
  }
}

Told event(Event::Kind kind, std::string text, std::uint32_t block = 0) {
  Told out;
  out.kind = kind;
  out.block = block;
  out.text = std::move(text);
  return out;
}

Told finish(Finish reason) {
  Told out;
  out.kind = Event::Kind::finish;
  out.finish = reason;
  return out;
}

// What an OpenAI client sees, to the byte.
TEST(ChatAnswer, a_stream_on_the_wire) {
  std::string out;
  const auto writer = openai::client().stream({.id = "r1", .model = "p/m", .created = 5}, out);
  EXPECT_EQ(out, "") << "nothing before the first event";
  Event said;
  said.kind = Event::Kind::begin;
  writer->on(said);
  said.kind = Event::Kind::text;
  said.text = "a\\n\\u4f60";
  writer->on(said);
  said.kind = Event::Kind::call;
  said.block = 1;
  said.id = "c";
  said.name = "f";
  writer->on(said);
  said.kind = Event::Kind::arguments;
  said.text = "{}";
  writer->on(said);
  said.kind = Event::Kind::usage;
  said.usage = {3, 4, 7, 1, 2, 1};
  writer->on(said);
  said.kind = Event::Kind::finish;
  said.finish = Finish::tool_calls;
  writer->on(said);
  writer->end();
  const std::string begin =
      R"(data: {"id":"chatcmpl-r1","object":"chat.completion.chunk","created":5,"model":"p/m","choices":[{"index":0,"delta":{)";
  const std::string end = R"(},"logprobs":null,"finish_reason":null}]})"
                          "\n\n";
  EXPECT_EQ(
      out,
      begin + R"("role":"assistant","content":"","refusal":null)" + end + begin + R"("content":"a\n\u4f60")" + end +
          begin + R"("tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":""}}])" +
          end + begin + R"("tool_calls":[{"index":0,"function":{"arguments":"{}"}}])" + end + begin +
          R"(},"logprobs":null,"finish_reason":"tool_calls"}]})" + "\n\ndata: [DONE]\n\n"
  );
}

TEST(ChatAnswer, usage_has_a_chunk_when_it_was_asked_for_and_is_known) {
  const std::vector<Told> story = random_answer(1, {});
  AnswerHead unasked = head;
  unasked.wants_usage = false;
  EXPECT_EQ(streamed(story, 1, unasked).find("usage"), std::string::npos);
  const std::string asked = streamed(story, 1);
  EXPECT_NE(asked.find(R"("choices":[],"usage":{"prompt_tokens":)"), std::string::npos);
  EXPECT_NE(asked.find(R"(,"usage":null})"), std::string::npos);
  const std::string unknown = streamed({event(Event::Kind::text, "a"), finish(Finish::stop)}, 1);
  EXPECT_EQ(unknown.find("prompt_tokens"), std::string::npos) << "no numbers are made up";
}

TEST(ChatAnswer, usage_is_the_highest_of_its_reports) {
  Told first;
  first.kind = Event::Kind::usage;
  first.usage = {10, 1, 0, 4, 3, 0};
  Told last = first;
  last.usage = {0, 20, 0, 0, 0, 5};
  const Json body = Json::parse(plain({event(Event::Kind::text, "a"), first, finish(Finish::stop), last}, 1));
  EXPECT_EQ(
      body.at("usage"),
      Json::parse(
          R"({"prompt_tokens":10,"completion_tokens":20,"total_tokens":30,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":3},"completion_tokens_details":{"reasoning_tokens":5}})"
      )
  );
}

TEST(ChatAnswer, every_finish_has_a_word_openai_clients_know) {
  for (const auto& [reason, word] : std::initializer_list<std::pair<Finish, const char*>>{
           {Finish::stop, "stop"},
           {Finish::length, "length"},
           {Finish::tool_calls, "tool_calls"},
           {Finish::content_filter, "content_filter"},
           {Finish::refusal, "content_filter"},
           {Finish::pause, "length"},
       }) {
    const std::string body = plain({event(Event::Kind::text, "a"), finish(reason)}, 1);
    EXPECT_EQ(Json::parse(body).at("choices")[0].at("finish_reason"), word);
  }
}

TEST(ChatAnswer, a_plain_answer_on_the_wire) {
  Told call;
  call.kind = Event::Kind::call;
  call.block = 2;
  call.id = "c";
  call.name = "f";
  Told source;
  source.kind = Event::Kind::annotation;
  source.json = R"({"type":"url_citation"})";
  Told logprobs;
  logprobs.kind = Event::Kind::logprobs;
  logprobs.json = R"({"content":[]})";
  const std::vector<Told> story{
      event(Event::Kind::reasoning, "hm"),
      event(Event::Kind::proof, "S"),
      event(Event::Kind::text, "a", 1),
      source,
      logprobs,
      call,
      event(Event::Kind::proof, "T", 2),
      finish(Finish::tool_calls)};
  EXPECT_EQ(
      plain(story, 1),
      R"({"id":"chatcmpl-r1","object":"chat.completion","created":1764000000,"model":"p/m","choices":[{"index":0,"message":{"role":"assistant","content":"a","refusal":null,"reasoning_content":"hm","reasoning_details":[{"type":"reasoning.text","text":"hm","signature":"S","index":0}],"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"T"}}}],"annotations":[{"type":"url_citation"}]},"logprobs":{"content":[]},"finish_reason":"tool_calls"}]})"
  );
  EXPECT_EQ(wrong_completion(plain(story, 1)), "");
  const Json empty = Json::parse(plain({finish(Finish::stop)}, 1)).at("choices")[0].at("message");
  EXPECT_EQ(empty.at("content"), "");
}

// A thinking model's loop through a chat client: what was signed and sealed is in the next request as it was.
TEST(ChatAnswer, what_was_signed_comes_back_with_the_next_request) {
  Told call;
  call.kind = Event::Kind::call;
  call.block = 2;
  call.id = "c";
  call.name = "f";
  const std::vector<Told> story{
      event(Event::Kind::reasoning, "I \"need\" it"),
      event(Event::Kind::proof, "S"),
      event(Event::Kind::sealed, "E", 1),
      call,
      event(Event::Kind::arguments, "{}", 2),
      event(Event::Kind::proof, "T", 2),
      finish(Finish::tool_calls)};
  const std::string wanted =
      "user\n  text text=q\nassistant\n  reasoning text=I \\\"need\\\" it proof=S\n  reasoning proof=E sealed\n"
      "  call id=c name=f arguments={} proof=T\nuser\n  result id=c\n    text text=r\n";
  const auto next = [](const std::string& message) {
    return R"({"messages":[{"role":"user","content":"q"},)" + message +
           R"(,{"role":"tool","tool_call_id":"c","content":"r"}]})";
  };
  const Json answer = Json::parse(plain(story, 1));
  EXPECT_EQ(conversation_text(next(answer.at("choices")[0].at("message").dump())), wanted);

  // As an SDK's accumulator does: texts appended, lists by index.
  Json message = {{"role", "assistant"}, {"content", ""}};
  http::SseSplitter splitter(1 << 20);
  http::SseEvent sse;
  const std::string bytes = streamed(story, 3);
  splitter.feed(bytes);
  while (splitter.next(sse).value()) {
    if (sse.data == "[DONE]") break;
    const Json chunk = Json::parse(sse.data);
    if (chunk.at("choices").empty()) continue;
    const Json delta = chunk.at("choices")[0].at("delta");
    if (delta.contains("reasoning_content")) {
      message["reasoning_content"] =
          message.value("reasoning_content", "") + delta.at("reasoning_content").get<std::string>();
    }
    for (const Json& detail : delta.value("reasoning_details", Json::array()))
      message["reasoning_details"].push_back(detail);
    for (const Json& piece : delta.value("tool_calls", Json::array())) {
      Json& one = message["tool_calls"][piece.at("index").get<std::size_t>()];
      if (piece.contains("id")) one = piece;
      if (piece.contains("extra_content")) one["extra_content"] = piece.at("extra_content");
      if (piece.contains("function") && !piece.contains("id")) {
        one["function"]["arguments"] =
            one["function"]["arguments"].get<std::string>() + piece.at("function").at("arguments").get<std::string>();
      }
    }
  }
  EXPECT_EQ(conversation_text(next(message.dump())), wanted);
}

TEST(ChatClient, says_errors_as_openai_does) {
  const Client& client = openai::client();
  EXPECT_EQ(client.own(), config::Protocol::openai);

  struct Case {
    Error error;
    int status;
    const char* body;
  };

  for (const Case& c : {
           Case{
               client_error(Errc::invalid_request, "no \"x\"", "x"),
               400,
               R"({"error":{"message":"no \"x\"","type":"invalid_request_error","param":"x","code":"invalid_request"}})"},
           Case{
               client_error(Errc::unauthenticated, "m"),
               401,
               R"({"error":{"message":"m","type":"authentication_error","param":null,"code":"invalid_api_key"}})"},
           Case{
               client_error(Errc::forbidden, "m"),
               403,
               R"({"error":{"message":"m","type":"permission_error","param":null,"code":"forbidden"}})"},
           Case{
               client_error(Errc::not_found, "m"),
               404,
               R"({"error":{"message":"m","type":"not_found_error","param":null,"code":"not_found"}})"},
           Case{
               client_error(Errc::not_found, "m", "model"),
               404,
               R"({"error":{"message":"m","type":"not_found_error","param":"model","code":"model_not_found"}})"},
           Case{
               upstream_error(Errc::rate_limited, "m"),
               429,
               R"({"error":{"message":"m","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}})"},
           Case{
               upstream_error(Errc::context_exceeded, "m"),
               400,
               R"({"error":{"message":"m","type":"invalid_request_error","param":null,"code":"context_length_exceeded"}})"},
           Case{
               upstream_error(Errc::content_policy, "m"),
               400,
               R"({"error":{"message":"m","type":"invalid_request_error","param":null,"code":"content_policy_violation"}})"},
           Case{
               upstream_error(Errc::upstream_server, "m"),
               502,
               R"({"error":{"message":"m","type":"upstream_error","param":null,"code":"upstream_server"}})"},
           Case{
               gateway_error(Errc::overloaded, "m"),
               503,
               R"({"error":{"message":"m","type":"server_error","param":null,"code":"overloaded"}})"},
       }) {
    EXPECT_EQ(client.error_body(c.error, c.status), c.body);
    EXPECT_EQ(client.error_event(c.error, c.status), "data: " + std::string(c.body) + "\n\n");
  }
}

}  // namespace
}  // namespace gw::dialect::test
