// Completions of a text, embeddings and counts of tokens: paths, requests, answers.
#include "answers.hpp"
#include "dialect/client.hpp"
#include "dialect/messages/count.hpp"
#include "dialect/messages/messages.hpp"
#include "dialect/openai/completions.hpp"
#include "dialect/openai/embeddings.hpp"
#include "openai_support.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace gw::dialect::test {
namespace {

using Json = nlohmann::json;

const config::Provider some_provider;
constexpr AnswerHead head{.id = "r1", .model = "p/m", .created = 1764000000, .wants_usage = true};

std::string target(const Dialect& dialect, const std::string& base, Operation operation) {
  const Secret key("k");
  return dialect.request({.provider = some_provider, .key = key, .base_path = base, .operation = operation}).target;
}

TEST(Operations, each_has_its_path_under_whatever_base_url) {
  const Dialect& openai = openai::dialect();
  for (const char* const base : {"/v1", "/v1/", "/v1/chat/completions", "/v1/completions", "/v1/embeddings/"}) {
    EXPECT_EQ(target(openai, base, Operation::chat), "/v1/chat/completions") << base;
    EXPECT_EQ(target(openai, base, Operation::completions), "/v1/completions") << base;
    EXPECT_EQ(target(openai, base, Operation::embeddings), "/v1/embeddings") << base;
  }
  EXPECT_EQ(target(openai, "", Operation::embeddings), "/embeddings");
  EXPECT_EQ(
      target(openai, "/openai/deployments/d?api-version=1", Operation::embeddings),
      "/openai/deployments/d/embeddings?api-version=1"
  );
  for (const char* const base : {"/v1", "/v1/messages", "/v1/messages/"}) {
    EXPECT_EQ(target(messages::dialect(), base, Operation::chat), "/v1/messages") << base;
    EXPECT_EQ(target(messages::dialect(), base, Operation::count_tokens), "/v1/messages/count_tokens") << base;
  }
}

TEST(Operations, a_path_has_its_client) {
  for (const auto& [path, own, operation] :
       {std::tuple{"/v1/chat/completions", config::Protocol::openai, Operation::chat},
        std::tuple{"/v1/completions", config::Protocol::openai, Operation::completions},
        std::tuple{"/v1/embeddings", config::Protocol::openai, Operation::embeddings},
        std::tuple{"/v1/messages", config::Protocol::v1_messages, Operation::chat},
        std::tuple{"/v1/messages/count_tokens", config::Protocol::v1_messages, Operation::count_tokens},
        std::tuple{"/v1/responses", config::Protocol::v1_response, Operation::chat}}) {
    const Client* const client = client_of_path(path);
    ASSERT_NE(client, nullptr) << path;
    EXPECT_EQ(client->own(), own) << path;
    EXPECT_EQ(client->operation(), operation) << path;
  }
  EXPECT_EQ(client_of_path("/v1/completions/"), nullptr);
}

Result<Conversation> conversation(std::string_view text, Body& body, Keep& keep) {
  body = Body(text);
  return openai::completions_client().conversation(body.view(), keep);
}

TEST(Completions, a_prompt_is_what_the_user_says) {
  Keep keep;
  Body body("");
  const auto read = conversation(
      R"({"model":"m","prompt":"a \"b\"","max_tokens":5,"temperature":0.50,"top_p":1,"n":2,"best_of":2,"stop":["x"],
          "presence_penalty":1,"frequency_penalty":2,"seed":3,"logit_bias":{"1":2},"user":"u","stream":true,"suffix":"",
          "stream_options":{"include_usage":true},"echo":false,"logprobs":null,"odd":1})",
      body,
      keep
  );
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->turns.size(), 1U);
  EXPECT_EQ(read->turns[0].speaker, Speaker::user);
  ASSERT_EQ(read->turns[0].parts.size(), 1U);
  EXPECT_EQ(read->turns[0].parts[0].text, R"(a \"b\")");
  EXPECT_EQ(read->max_tokens, 5U);
  EXPECT_EQ(read->temperature, "0.50");
  EXPECT_EQ(read->choices, 2U);
  EXPECT_EQ(read->stop, std::vector<Raw>{"x"});
  EXPECT_EQ(read->logit_bias, R"({"1":2})");
  EXPECT_TRUE(read->is_stream);
  EXPECT_EQ(read->wants_usage, true);
  EXPECT_EQ(read->left_out, std::vector<std::string>{"odd"});
  const auto unsaid = conversation(R"({"prompt":["a"]})", body, keep);
  ASSERT_TRUE(unsaid);
  EXPECT_FALSE(unsaid->max_tokens) << "the older API's 16 is nobody's wish";
  EXPECT_EQ(unsaid->turns.at(0).parts.at(0).text, "a");
}

TEST(Completions, what_no_chat_can_say_is_for_another_candidate) {
  for (const auto& [members, param] : std::vector<std::pair<std::string, std::string>>{
           {R"("suffix":"x")", "suffix"},
           {R"("echo":true)", "echo"},
           {R"("logprobs":0)", "logprobs"},
           {R"("best_of":3,"n":2)", "best_of"},
           {R"("prompt":["a","b"])", "prompt"},
           {R"("prompt":[1])", "prompt"},
           {R"("prompt":[[1]])", "prompt"},
       }) {
    Keep keep;
    Body body("");
    const bool has_prompt = members.find("prompt") != std::string::npos;
    const auto read = conversation((has_prompt ? "{" : R"({"prompt":"p",)") + members + "}", body, keep);
    ASSERT_FALSE(read) << members;
    EXPECT_EQ(read.error().code, Errc::unsupported_input) << members;
    EXPECT_EQ(read.error().param, param) << members;
    EXPECT_NE(read.error().message.find("native"), std::string::npos) << read.error().message;
  }
  Keep keep;
  Body body("");
  EXPECT_EQ(conversation(R"({"prompt":"a","temperature":"hot"})", body, keep).error().code, Errc::invalid_request);
}

Told told(Event::Kind kind, std::uint32_t choice, std::string text, Finish finish = Finish::stop) {
  Told out;
  out.kind = kind;
  out.choice = choice;
  out.text = std::move(text);
  out.finish = finish;
  return out;
}

std::vector<Told> story_of_two() {
  std::vector<Told> story{
      told(Event::Kind::begin, 0, {}),
      told(Event::Kind::reasoning, 0, "hm"),
      told(Event::Kind::text, 1, "second \"\n"),
      told(Event::Kind::text, 0, "first"),
      told(Event::Kind::finish, 0, {}, Finish::length),
      told(Event::Kind::finish, 1, {}, Finish::tool_calls),
      told(Event::Kind::usage, 0, {})};
  story.back().usage.prompt = 2;
  story.back().usage.completion = 3;
  return story;
}

TEST(Completions, an_answer_as_text_completions) {
  std::string plain;
  const auto whole = openai::completions_client().plain(head, plain);
  tell(story_of_two(), 1, *whole);
  whole->end();
  const Json answer = Json::parse(plain);
  EXPECT_EQ(answer["id"], "cmpl-r1");
  EXPECT_EQ(answer["object"], "text_completion");
  EXPECT_EQ(answer["usage"]["total_tokens"], 5);
  const auto choice = [](int index, const char* text, const char* finish) {
    return Json{{"index", index}, {"text", text}, {"logprobs", nullptr}, {"finish_reason", finish}};
  };
  EXPECT_EQ(answer["choices"], Json::array({choice(0, "first", "length"), choice(1, "second \"\n", "stop")}));
}

TEST(Completions, a_stream_reads_back_as_what_was_told) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::string bytes;
    const auto writer = openai::completions_client().stream(head, bytes);
    tell(story_of_two(), seed, *writer);
    writer->end();
    ASSERT_TRUE(bytes.ends_with("data: [DONE]\n\n"));
    http::SseSplitter events(1 << 20);
    http::SseEvent event;
    events.feed(bytes);
    const auto stream = openai::dialect().stream(some_provider);
    std::array<std::string, 2> texts;
    bool is_finished = false;
    std::optional<Usage> usage;
    while (events.next(event).value()) {
      const Meaning meaning = stream->read(event);
      EXPECT_FALSE(meaning.error);
      is_finished = is_finished || meaning.finished;
      if (meaning.usage) usage = meaning.usage;
      if (meaning.terminator || meaning.usage_only) continue;
      const Json piece = Json::parse(event.data);
      EXPECT_EQ(piece["object"], "text_completion");
      EXPECT_TRUE(piece["usage"].is_null());
      for (const Json& one : piece["choices"])
        texts.at(one["index"].get<std::size_t>()) += one["text"].get<std::string>();
    }
    EXPECT_EQ(texts[0], "first");
    EXPECT_EQ(texts[1], "second \"\n");
    EXPECT_TRUE(is_finished);
    ASSERT_TRUE(usage);
    EXPECT_EQ(usage->completion, 3U);
  }
}

TEST(Embeddings, an_answer_has_a_vector_for_each_text) {
  for (const char* const body : {
           R"({"object":"list","data":[{"embedding":[0.1]},{"embedding":[1]}],"usage":{"prompt_tokens":8,"total_tokens":8}})",
           R"({"usage":{"prompt_tokens":8},"data":[{"object":"embedding","index":0,"embedding":"AACAPw=="}]})",
           R"({"data":[{"embedding":[1]}],"error":null,"usage":{"prompt_tokens":8}})",
       }) {
    const auto facts = openai::read_embeddings_reply(some_provider, body);
    ASSERT_TRUE(facts) << body << facts.error().message;
    EXPECT_TRUE(facts->has_content);
    EXPECT_EQ(facts->usage->prompt, 8U) << body;
    EXPECT_EQ(facts->usage->completion, 0U) << body;
  }
}

TEST(Embeddings, anything_else_is_a_failure) {
  for (const auto& [body, code] : std::vector<std::pair<std::string, Errc>>{
           {R"({"data":[]})", Errc::upstream_empty},
           {R"({"data":[{"embedding":[]}]})", Errc::upstream_empty},
           {R"({"data":[{"embedding":[1]},{"embedding":null}]})", Errc::upstream_empty},
           {R"({"data":[{"index":0}]})", Errc::upstream_empty},
           {R"({"data":[{"embedding":""}]})", Errc::upstream_empty},
           {R"({"data":{}})", Errc::upstream_protocol},
           {R"({"object":"list"})", Errc::upstream_protocol},
           {R"({"data":[{"embedding":[1]}])", Errc::upstream_protocol},
           {R"([1])", Errc::upstream_protocol},
           {"<html></html>", Errc::upstream_protocol},
           {"", Errc::upstream_protocol},
           {R"({"error":{"message":"slow","code":"rate_limit_exceeded"}})", Errc::rate_limited},
           {R"({"code":"insufficient_quota","message":"pay"})", Errc::billing},
       }) {
    const auto facts = openai::read_embeddings_reply(some_provider, body);
    ASSERT_FALSE(facts) << body;
    EXPECT_EQ(facts.error().code, code) << body << ": " << facts.error().message;
  }
  EXPECT_TRUE(openai::begins_embeddings_reply(R"( {"object":"list","data":[{"embedding":[0.1,)"));
  EXPECT_FALSE(openai::begins_embeddings_reply(R"({"error":")"));
  EXPECT_FALSE(openai::begins_embeddings_reply(R"({"choices":[)"));
}

TEST(Counts, an_answer_has_a_number) {
  EXPECT_TRUE(messages::read_count_reply(some_provider, R"({"input_tokens":0})"));
  EXPECT_TRUE(messages::read_count_reply(some_provider, R"({"context_management":{},"input_tokens":12})"));
  for (const char* const body : {R"({"input_tokens":"1"})", R"({"input_tokens":-1})", "{}", "[]", "", "<html>"}) {
    const auto facts = messages::read_count_reply(some_provider, body);
    ASSERT_FALSE(facts) << body;
    EXPECT_EQ(facts.error().code, Errc::upstream_protocol) << body;
  }
  const char* const busy = R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})";
  EXPECT_FALSE(messages::read_count_reply(some_provider, busy));
  EXPECT_EQ(messages::count_body(123), R"({"input_tokens":123})");
}

TEST(Counts, a_request_needs_no_limit_and_is_never_a_stream) {
  const Body plain(R"({"model":"m","messages":[{"role":"user","content":"x"}]})");
  EXPECT_TRUE(messages::count_client().read(plain.view()));
  const Body streamed(R"({"stream":true,"messages":[{"role":"user","content":"x"}]})");
  const auto read = messages::count_client().read(streamed.view());
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().param, "stream");
}

}  // namespace
}  // namespace gw::dialect::test
