// Counts of tokens as the four dialects' providers write them, and calls that they give no id.
#include "dialect/client.hpp"
#include "dialect/dialect.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gw::dialect {
namespace {

const config::Provider some_provider;

TEST(Usage, counts_of_servers_that_know_only_floating_point) {
  const std::string chat = R"({"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}],"usage":{)";
  const std::string messages =
      R"({"type":"message","role":"assistant","content":[{"type":"text","text":"a"}],"stop_reason":"end_turn","usage":{)";
  const std::string responses =
      R"({"status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"a"}]}],"usage":{)";
  const std::string gemini =
      R"({"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}],"usageMetadata":{)";

  struct Counts {
    std::string prompt;
    std::string completion;
    std::uint64_t want_prompt;
    std::uint64_t want_completion;
  };

  for (const Counts& counts :
       {Counts{"7", "2", 7, 2},
        Counts{"7.0", "2.0", 7, 2},
        Counts{"7e0", "1e3", 7, 1000},
        Counts{"-7.0", "1e30", 0, 0},
        Counts{"\"7\"", "null", 0, 0}}) {
    const std::string openai_names =
        R"("prompt_tokens":)" + counts.prompt + R"(,"completion_tokens":)" + counts.completion;
    const std::string other_names = R"("input_tokens":)" + counts.prompt + R"(,"output_tokens":)" + counts.completion;
    const std::string gemini_names =
        R"("promptTokenCount":)" + counts.prompt + R"(,"candidatesTokenCount":)" + counts.completion;
    for (const auto& [protocol, body] :
         {std::pair{config::Protocol::openai, chat + openai_names},
          std::pair{config::Protocol::v1_messages, messages + other_names},
          std::pair{config::Protocol::v1_response, responses + other_names},
          std::pair{config::Protocol::gemini, gemini + gemini_names}}) {
      const auto facts = for_protocol(protocol)->reply(some_provider, body + "}}");
      ASSERT_TRUE(facts) << body << ": " << facts.error().message;
      const Usage usage = facts->usage.value_or(Usage{});
      EXPECT_EQ(usage.prompt, counts.want_prompt) << body;
      EXPECT_EQ(usage.completion, counts.want_completion) << body;
    }
  }
}

TEST(Usage, details_of_servers_that_know_only_floating_point) {
  const auto openai = for_protocol(config::Protocol::openai)
                          ->reply(
                              some_provider,
                              R"({"choices":[{"index":0,"message":{"content":"a"},"finish_reason":"stop"}],"usage":{)"
                              R"("prompt_tokens":7.0,"prompt_tokens_details":{"cached_tokens":3.0},)"
                              R"("completion_tokens_details":{"reasoning_tokens":2.0}}})"
                          );
  ASSERT_TRUE(openai);
  EXPECT_EQ(openai->usage, (Usage{7, 0, 0, 3, 0, 2}));
  const auto responses = for_protocol(config::Protocol::v1_response)
                             ->reply(
                                 some_provider,
                                 R"({"output":[],"usage":{"input_tokens":7.0,"input_tokens_details":{)"
                                 R"("cached_tokens":3.0},"output_tokens_details":{"reasoning_tokens":2.0}}})"
                             );
  ASSERT_TRUE(responses);
  EXPECT_EQ(responses->usage, (Usage{7, 0, 0, 3, 0, 2}));
}

TEST(Calls, those_without_an_id_get_one_for_clients_of_chat_completions) {
  const AnswerHead head{"req1", "p/m", 1, false};
  for (const bool is_stream : {true, false}) {
    std::string out;
    const Client& client = *client_of_path("/v1/chat/completions");
    const auto writer = is_stream ? client.stream(head, out) : client.plain(head, out);
    Event event;
    event.kind = Event::Kind::call;
    event.name = "f";
    writer->on(event);
    event.block = 1;
    writer->on(event);
    event.block = 2;
    event.id = "own";
    writer->on(event);
    writer->end();
    for (const char* id : {R"("id":"call_req1_0_0")", R"("id":"call_req1_0_1")", R"("id":"own")"}) {
      EXPECT_NE(out.find(id), std::string::npos) << id << " in " << out;
    }
    EXPECT_EQ(out.find(R"("id":"")"), std::string::npos) << out;
  }
}

}  // namespace
}  // namespace gw::dialect
