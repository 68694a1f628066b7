// Requests that are no conversation: completions of a text, embeddings.
#include "chat/chat.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gw::chat {
namespace {

using Read = Result<ChatRequest> (*)(std::string_view body);

Result<ChatRequest> read_with(Read read, std::string text) {
  static std::string kept;  // what is read points into it
  const std::size_t size = text.size();
  kept = std::move(text);
  kept.append(padding, '\0');
  return read(std::string_view(kept).substr(0, size));
}

TEST(CompletionsRead, the_prompt_is_a_message_of_the_user) {
  const std::string body = R"({"model":"m","prompt":["a b","c\n"],"n":3,"max_tokens":9,"stream":true,"user":"u",)"
                           R"("stream_options":{"include_usage":true},"suffix":"x"})";
  const Result<ChatRequest> request = read_with(read_completions, body);
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->model, "m");
  EXPECT_TRUE(request->stream);
  EXPECT_EQ(request->include_usage, true);
  EXPECT_EQ(request->max_tokens, 9U);
  EXPECT_EQ(request->n, 6U) << "each prompt has its answers";
  EXPECT_EQ(request->text_bytes, 6U);
  ASSERT_EQ(request->messages.size(), 1U);
  EXPECT_EQ(request->messages[0].role, Role::user);
  ASSERT_EQ(request->messages[0].text.size(), 2U);
  const Span second = request->messages[0].text[1];
  EXPECT_EQ(body.substr(second.offset, second.length), R"(c\n)");
}

TEST(CompletionsRead, tokens_are_a_prompt_without_text) {
  for (const auto& [prompt, answers] :
       {std::pair{"[1,2,3]", 1U}, std::pair{"[[1],[2,3]]", 2U}, std::pair{R"([[1],"a"])", 2U}}) {
    const auto request = read_with(read_completions, R"({"prompt":)" + std::string(prompt) + "}");
    ASSERT_TRUE(request) << prompt << request.error().message;
    EXPECT_EQ(request->n, answers) << prompt;
    EXPECT_EQ(request->messages.size(), 1U) << prompt;
  }
}

TEST(EmbeddingsRead, the_model_and_what_is_embedded) {
  const auto request = read_with(read_embeddings, R"({"model":"m","input":["ab","c"],"dimensions":256,"user":"u"})");
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->model, "m");
  EXPECT_EQ(request->text_bytes, 3U);
  EXPECT_EQ(request->user, "u");
  EXPECT_TRUE(request->messages.empty());
  EXPECT_EQ(request->fields.size(), 4U);
}

TEST(Operations, what_is_refused_names_its_field) {
  struct Case {
    Read read;
    const char* body;
    const char* param;
  };

  for (const Case& c : {
           Case{read_completions, R"({"model":"m"})", "prompt"},
           Case{read_completions, R"({"prompt":null})", "prompt"},
           Case{read_completions, R"({"prompt":{}})", "prompt"},
           Case{read_completions, R"({"prompt":[]})", "prompt"},
           Case{read_completions, R"({"prompt":[1,"a"]})", "prompt"},
           Case{read_completions, R"({"prompt":["a",1]})", "prompt"},
           Case{read_completions, R"({"prompt":[1,[2]]})", "prompt"},
           Case{read_completions, R"({"prompt":[-1]})", "prompt"},
           Case{read_completions, R"({"prompt":[[1.5]]})", "prompt"},
           Case{read_completions, R"({"prompt":["\q"]})", ""},
           Case{read_completions, R"({"prompt":"a","n":200})", "n"},
           Case{read_completions, R"({"prompt":"a","stream_options":[]})", "stream_options"},
           Case{read_completions, R"({"prompt":"a","prompt":"b"})", "prompt"},
           Case{read_completions, R"({"pr\u006fmpt":"a"})", "prompt"},
           Case{read_embeddings, R"({"input":"a"})", "model"},
           Case{read_embeddings, R"({"input":"a","model":""})", "model"},
           Case{read_embeddings, R"({"input":"a","model":null})", "model"},
           Case{read_embeddings, R"({"model":"m"})", "input"},
           Case{read_embeddings, R"({"model":"m","input":[]})", "input"},
           Case{read_embeddings, R"({"model":"m","input":[[]]})", "input"},
           Case{read_embeddings, R"({"model":"m","input":[true]})", "input"},
           Case{read_embeddings, R"({"model":"m","input":"a","stream":false})", "stream"},
           Case{read_embeddings, R"({"model":"m","input":"a"} x)", ""},
           Case{read_embeddings, "", ""},
       }) {
    const auto request = read_with(c.read, c.body);
    ASSERT_FALSE(request) << c.body;
    EXPECT_EQ(request.error().code, Errc::invalid_request) << c.body;
    EXPECT_EQ(request.error().param, c.param) << c.body << request.error().message;
  }
}

}  // namespace
}  // namespace gw::chat
