// A request for a chat provider: what each kind of provider gets, and that the strict ones take it.
#include "openai_support.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <iterator>
#include <string>

namespace gw::dialect::test {
namespace {

using Json = nlohmann::json;

std::string file(const std::string& name) {
  std::ifstream in(std::string(GW_TEST_DATA) + "/openai/" + name, std::ios::binary);
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

constexpr ChatService services[] = {
    ChatService::openai,
    ChatService::deepseek,
    ChatService::moonshot,
    ChatService::zhipu,
    ChatService::dashscope,
    ChatService::openrouter,
    ChatService::google,
    ChatService::generic};

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out.append(out.empty() ? "" : " ").append(name);
  return out;
}

// Documented requests of OpenAI say the same when they were read and written again.
TEST(ChatRequestWrite, what_openai_documents_comes_out_as_it_went_in) {
  for (const char* name : {"request_tools.json", "request_vision.json", "request_settings.json"}) {
    const std::string body = file(name);
    const Rewritten out = rewrite(body, ChatService::openai, "gpt-5");
    ASSERT_EQ(out.error, "") << name;
    EXPECT_EQ(Json::parse(out.body), Json::parse(body)) << name;
    EXPECT_EQ(refuses_chat(out.body, ChatService::openai), "") << name;
    EXPECT_EQ(joined(out.dropped), "") << name;
  }
}

TEST(ChatRequestWrite, every_service_takes_what_is_written_for_it) {
  for (const ChatService service : services) {
    for (const char* name :
         {"request_tools.json", "request_vision.json", "request_settings.json", "request_thinking.json"}) {
      const Rewritten out = rewrite(file(name), service);
      if (!out.error.empty()) {
        EXPECT_NE(out.error.find("schema"), std::string::npos) << name << ": " << out.error;
        continue;
      }
      EXPECT_EQ(refuses_chat(out.body, service), "") << name;
    }
  }
}

struct Case {
  const char* name;
  ChatService service;
  std::string members;  // of the client's body, beside model
  std::string written;  // members of the provider's, beside model
  std::string dropped;
};

constexpr const char* hi = R"("messages":[{"role":"user","content":"hi"}],)";

TEST(ChatRequestWrite, parameters_as_each_service_wants_them) {
  using S = ChatService;
  for (const Case& c : {
           Case{"limit, OpenAI", S::openai, R"("max_tokens":5)", R"("max_completion_tokens":5)", ""},
           Case{"limit, others", S::generic, R"("max_completion_tokens":5)", R"("max_tokens":5)", ""},
           Case{"one stop", S::generic, R"("stop":"a")", R"("stop":["a"])", ""},
           Case{
               "five stops elsewhere",
               S::generic,
               R"("stop":["a","b","c","d","e"])",
               R"("stop":["a","b","c","d","e"])",
               ""},
           Case{
               "sampling",
               S::generic,
               R"("temperature":0.70,"top_p":0.5,"seed":1,"n":2)",
               R"("temperature":0.70,"top_p":0.5,"seed":1,"n":2)",
               ""},
           Case{"top_k", S::generic, R"("top_k":4)", "", "top_k"},
           Case{"top_k, OpenRouter", S::openrouter, R"("top_k":4)", R"("top_k":4)", ""},
           Case{"who, OpenAI", S::openai, R"("safety_identifier":"u")", R"("user":"u")", ""},
           Case{"who is too long", S::openai, R"("user":")" + std::string(65, 'u') + "\"", "", "user"},
           Case{"who, elsewhere", S::deepseek, R"("user":"u")", "", "user"},
           Case{"cache key", S::openai, R"("prompt_cache_key":"k")", R"("prompt_cache_key":"k")", ""},
           Case{"cache key, elsewhere", S::zhipu, R"("prompt_cache_key":"k")", "", "prompt_cache_key"},
           Case{"tier", S::openai, R"("service_tier":"flex")", R"("service_tier":"flex")", ""},
           Case{"tier of another vendor", S::openai, R"("service_tier":"standard_only")", "", "service_tier"},
           Case{"metadata", S::openai, R"("metadata":{"a":"b"})", "", "metadata"},
           Case{"no choice without tools", S::generic, R"("tool_choice":"auto","parallel_tool_calls":false)", "", ""},
           Case{
               "all at once is what everybody does",
               S::generic,
               R"("tools":[{"function":{"name":"f"}}],"parallel_tool_calls":true)",
               R"("tools":[{"type":"function","function":{"name":"f"}}])",
               ""},
           Case{
               "one at a time",
               S::generic,
               R"("tools":[{"function":{"name":"f"}}],"parallel_tool_calls":false,"tool_choice":"required")",
               R"("tools":[{"type":"function","function":{"name":"f"}}],"parallel_tool_calls":false,"tool_choice":"required")",
               ""},
           Case{
               "a mark on a tool",
               S::openrouter,
               R"("tools":[{"function":{"name":"f"},"cache_control":{"type":"ephemeral"}}])",
               R"("tools":[{"type":"function","function":{"name":"f"},"cache_control":{"type":"ephemeral"}}])",
               ""},
           Case{
               "a mark on a tool, elsewhere",
               S::openai,
               R"("tools":[{"function":{"name":"f"},"cache_control":{"type":"ephemeral"}}])",
               R"("tools":[{"type":"function","function":{"name":"f"}}])",
               "cache_control"},
           Case{"effort, elsewhere", S::generic, R"("reasoning_effort":"low")", R"("reasoning_effort":"low")", ""},
           Case{"the highest effort", S::generic, R"("reasoning_effort":"max")", R"("reasoning_effort":"high")", ""},
           Case{
               "the highest effort, DeepSeek",
               S::deepseek,
               R"("reasoning_effort":"max")",
               R"("reasoning_effort":"max")",
               ""},
           Case{
               "effort of a model that does not reason",
               S::openai,
               R"("reasoning_effort":"low")",
               "",
               "reasoning_effort"},
           Case{
               "a budget, elsewhere", S::generic, R"("thinking":{"type":"enabled","budget_tokens":9})", "", "thinking"},
           Case{"thinking, DeepSeek", S::deepseek, R"("enable_thinking":true)", R"("thinking":{"type":"enabled"})", ""},
           Case{
               "thinking, Zhipu",
               S::zhipu,
               R"("thinking":{"type":"disabled","budget_tokens":9})",
               R"("thinking":{"type":"disabled"})",
               "thinking.budget"},
           Case{
               "thinking, DashScope",
               S::dashscope,
               R"("thinking":{"type":"enabled","budget_tokens":9})",
               R"("enable_thinking":true,"thinking_budget":9)",
               ""},
           Case{
               "thinking, OpenRouter",
               S::openrouter,
               R"("thinking":{"type":"enabled","budget_tokens":9})",
               R"("reasoning":{"max_tokens":9,"enabled":true})",
               ""},
           Case{
               "effort, OpenRouter",
               S::openrouter,
               R"("reasoning_effort":"low")",
               R"("reasoning":{"effort":"low"})",
               ""},
           Case{
               "JSON",
               S::deepseek,
               R"("response_format":{"type":"json_object"})",
               R"("response_format":{"type":"json_object"})",
               ""},
           Case{"text is what it is anyway", S::generic, R"("response_format":{"type":"text"})", "", ""},
       }) {
    const Rewritten out = rewrite(R"({"model":"x",)" + (hi + c.members) + "}", c.service);
    ASSERT_EQ(out.error, "") << c.name;
    const std::string wanted = R"({"model":"m","messages":[{"role":"user","content":"hi"}])" +
                               (c.written.empty() ? "" : "," + c.written) + "}";
    EXPECT_EQ(Json::parse(out.body), Json::parse(wanted)) << c.name << ": " << out.body;
    EXPECT_EQ(joined(out.dropped), c.dropped) << c.name;
    EXPECT_EQ(refuses_chat(out.body, c.service), "") << c.name;
  }
}

TEST(ChatRequestWrite, an_openai_model_that_reasons_gets_no_sampling) {
  const std::string body =
      R"({"messages":[{"role":"user","content":"hi"}],"temperature":0.5,"top_p":0.5,"presence_penalty":1,"reasoning_effort":"low","verbosity":"low"})";
  const Rewritten out = rewrite(body, ChatService::openai, "gpt-5-mini");
  EXPECT_EQ(joined(out.dropped), "temperature top_p presence_penalty");
  EXPECT_EQ(Json::parse(out.body).at("reasoning_effort"), "low");
  EXPECT_EQ(Json::parse(out.body).at("verbosity"), "low");
  const Rewritten chat = rewrite(body, ChatService::openai, "gpt-4o");
  EXPECT_EQ(joined(chat.dropped), "reasoning_effort verbosity");
}

TEST(ChatRequestWrite, what_would_be_missed_is_refused) {
  using S = ChatService;

  struct Refusal {
    const char* name;
    S service;
    std::string members;
    std::string says;
  };

  for (const Refusal& c : {
           Refusal{
               "schema, DeepSeek",
               S::deepseek,
               R"("response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{}}})",
               "'response_format'"},
           Refusal{"five stops", S::openai, R"("stop":["a","b","c","d","e"])", "'stop'"},
           Refusal{"builtin tool", S::generic, R"("tools":[{"type":"custom","custom":{"name":"x"}}])", "'tools'"},
       }) {
    const Rewritten out = rewrite("{" + (hi + c.members) + "}", c.service);
    EXPECT_TRUE(out.error.starts_with(c.says)) << c.name << ": " << out.error;
    EXPECT_EQ(out.body, "") << c.name;
  }
  const std::string by_id = R"({"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"f"}}]}]})";
  EXPECT_TRUE(rewrite(by_id, S::generic).error.starts_with("'messages.content'"));
  EXPECT_EQ(rewrite(by_id, S::openai).error, "");
}

struct Said {
  const char* name;
  ChatService service;
  std::string messages;
  std::string written;
};

TEST(ChatRequestWrite, messages_as_each_service_wants_them) {
  using S = ChatService;
  const std::string image = R"({"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}})";
  const std::string loop =
      R"({"role":"user","content":"q"},{"role":"assistant","content":"a","reasoning_content":"old"},{"role":"user","content":"q2"},{"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"r"})";
  const std::string call = R"("tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}])";
  const std::string result = R"({"role":"tool","tool_call_id":"c","content":"r"})";
  const std::string q = R"({"role":"user","content":"q"})";
  const std::string q2 = R"({"role":"user","content":"q2"})";
  for (const Said& c : {
           Said{
               "developer, OpenAI",
               S::openai,
               R"({"role":"developer","content":"d"})",
               R"({"role":"developer","content":"d"})"},
           Said{
               "developer, others",
               S::deepseek,
               R"({"role":"developer","content":"d"})",
               R"({"role":"system","content":"d"})"},
           Said{
               "texts are one text",
               S::generic,
               R"({"role":"user","name":"n","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]})",
               R"({"role":"user","name":"n","content":"a\n\nb"})"},
           Said{
               "marked texts, OpenRouter",
               S::openrouter,
               R"({"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}},{"type":"text","text":"b"}]})",
               R"({"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}},{"type":"text","text":"b"}]})"},
           Said{
               "an assistant's texts are joined",
               S::generic,
               R"({"role":"assistant","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]})",
               R"({"role":"assistant","content":"ab"})"},
           Said{
               "refusal, OpenAI",
               S::openai,
               R"({"role":"assistant","content":null,"refusal":"no"})",
               R"({"role":"assistant","content":null,"refusal":"no"})"},
           Said{
               "refusal, others",
               S::generic,
               R"({"role":"assistant","content":null,"refusal":"no"})",
               R"({"role":"assistant","content":"no"})"},
           Said{
               "an image in a result moves behind all results",
               S::generic,
               q + R"(,{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f"}},{"id":"d","function":{"name":"f"}}]},{"role":"tool","tool_call_id":"c","content":[{"type":"text","text":"t"},)" +
                   image + R"(]},{"role":"tool","tool_call_id":"d","content":[)" + image +
                   R"(]},{"role":"user","content":"so?"})",
               q + R"(,{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"d","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"t"},{"role":"tool","tool_call_id":"d","content":"The result is shown in the next message."},{"role":"user","content":[{"type":"text","text":"Shown by the result of c:"},)" +
                   image + R"(,{"type":"text","text":"Shown by the result of d:"},)" + image +
                   R"(]},{"role":"user","content":"so?"})"},
           Said{
               "a file of text is text",
               S::generic,
               R"({"role":"user","content":[{"type":"file","file":{"filename":"a.txt","file_data":"data:text/plain;base64,aGk="}},{"type":"text","text":"b"}]})",
               R"({"role":"user","content":"a.txt:\nhi\n\nb"})"},
           Said{
               "a PDF",
               S::openrouter,
               R"({"role":"user","content":[{"type":"file","file":{"filename":"a.pdf","file_data":"JVBE"}}]})",
               R"({"role":"user","content":[{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBE"}}]})"},
           Said{
               "audio",
               S::generic,
               R"({"role":"user","content":[{"type":"input_audio","input_audio":{"data":"UklG","format":"wav"}}]})",
               R"({"role":"user","content":[{"type":"input_audio","input_audio":{"data":"UklG","format":"wav"}}]})"},
           Said{
               "assistant turns are one",
               S::generic,
               q + R"(,{"role":"assistant","content":"a"},{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f"}}]},)" +
                   result,
               q + R"(,{"role":"assistant","content":"a",)" + call + "}," + result},
           Said{
               "results first, whoever speaks between",
               S::generic,
               q + R"(,{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f"}}]},{"role":"system","content":"s"},)" +
                   result,
               q + R"(,{"role":"assistant","content":null,)" + call + "}," + result +
                   R"(,{"role":"system","content":"s"})"},
           Said{
               "reasoning is dropped",
               S::generic,
               loop,
               q + R"(,{"role":"assistant","content":"a"},)" + q2 + R"(,{"role":"assistant","content":null,)" + call +
                   "}," + result},
           Said{
               "reasoning, DeepSeek: with calls",
               S::deepseek,
               loop,
               q + R"(,{"role":"assistant","content":"a"},)" + q2 +
                   R"(,{"role":"assistant","content":null,"reasoning_content":"hm",)" + call + "}," + result},
           Said{
               "reasoning, Moonshot: always",
               S::moonshot,
               loop,
               q + R"(,{"role":"assistant","content":"a","reasoning_content":"old"},)" + q2 +
                   R"(,{"role":"assistant","content":null,"reasoning_content":"hm",)" + call + "}," + result},
           Said{
               "reasoning of another model, DeepSeek",
               S::deepseek,
               q + R"(,{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f"}}]},)" + result,
               q + R"(,{"role":"assistant","content":null,"reasoning_content":" ",)" + call + "}," + result},
           Said{
               "reasoning, OpenRouter",
               S::openrouter,
               loop,
               q + R"(,{"role":"assistant","content":"a","reasoning_details":[{"type":"reasoning.text","text":"old","index":0}]},)" +
                   q2 +
                   R"(,{"role":"assistant","content":null,"reasoning_details":[{"type":"reasoning.text","text":"hm","index":0}],)" +
                   call + "}," + result},
           Said{
               "signed and sealed, OpenRouter",
               S::openrouter,
               R"({"role":"assistant","content":"a","reasoning_details":[{"type":"reasoning.text","text":"hm","signature":"S","index":0},{"type":"reasoning.encrypted","data":"E","index":1},{"type":"reasoning.summary","summary":"s","id":"rs_1","index":2},{"type":"reasoning.encrypted","data":"F","id":"rs_1","index":3}]})",
               R"({"role":"assistant","content":"a","reasoning_details":[{"type":"reasoning.text","text":"hm","signature":"S","format":"anthropic-claude-v1","index":0},{"type":"reasoning.encrypted","data":"E","format":"anthropic-claude-v1","index":1},{"type":"reasoning.summary","summary":"s","id":"rs_1","format":"openai-responses-v1","index":2},{"type":"reasoning.encrypted","data":"F","id":"rs_1","format":"openai-responses-v1","index":3}]})"},
           Said{
               "a call's signature, Gemini",
               S::google,
               q + R"(,{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f"},"extra_content":{"google":{"thought_signature":"S"}}}]},)" +
                   result,
               q + R"(,{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"S"}}}]},)" +
                   result},
           Said{
               "a call's signature, OpenRouter",
               S::openrouter,
               q + R"(,{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f"},"extra_content":{"google":{"thought_signature":"S"}}}]},)" +
                   result,
               q + R"(,{"role":"assistant","content":null,"reasoning_details":[{"type":"reasoning.encrypted","data":"S","id":"c","format":"google-gemini-v1","index":0}],)" +
                   call + "}," + result},
           Said{
               "arguments that are an object",
               S::generic,
               q + R"(,{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":{"a":"\"\n"}}}]},)" +
                   result,
               q + R"(,{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":\"\\\"\\n\"}"}}]},)" +
                   result},
       }) {
    const Rewritten out = rewrite(R"({"messages":[)" + c.messages + "]}", c.service);
    ASSERT_EQ(out.error, "") << c.name;
    EXPECT_EQ(Json::parse(out.body).at("messages"), Json::parse("[" + c.written + "]")) << c.name << ": " << out.body;
    EXPECT_EQ(refuses_chat(out.body, c.service), "") << c.name;
  }
}

TEST(ChatRequestWrite, the_stream_reports_usage_when_anybody_wants_it) {
  const config::Provider provider;
  for (const bool is_stream : {false, true}) {
    for (const bool injects : {false, true}) {
      for (const std::optional<bool> wants : {std::optional<bool>{}, std::optional(false), std::optional(true)}) {
        Conversation conversation;
        conversation.is_stream = is_stream;
        conversation.wants_usage = wants;
        conversation.turns.emplace_back().parts.emplace_back().text = "hi";
        const auto out =
            openai::dialect().write(conversation, {.model = "m", .provider = provider, .injects_usage = injects});
        const Json body = Json::parse(out->body);
        EXPECT_EQ(body.contains("stream"), is_stream);
        EXPECT_EQ(body.contains("stream_options"), is_stream && (injects || wants.value_or(false)));
      }
    }
  }
}

TEST(ChatRequestWrite, a_limit_is_cut_to_what_the_model_can_give) {
  const config::Provider provider;
  Conversation conversation;
  conversation.max_tokens = 32000;
  conversation.turns.emplace_back().parts.emplace_back().text = "hi";
  const auto out = openai::dialect().write(conversation, {.model = "m\"", .provider = provider, .max_output = 8192});
  EXPECT_EQ(Json::parse(out->body).at("max_tokens"), 8192);
  EXPECT_EQ(Json::parse(out->body).at("model"), "m\"");
  const auto all = openai::dialect().write(conversation, {.model = "m", .provider = provider});
  EXPECT_EQ(Json::parse(all->body).at("max_tokens"), 32000);
}

TEST(ChatRequestWrite, an_image_by_a_files_id_is_refused) {
  const config::Provider provider = provider_of(ChatService::openai);
  Conversation conversation;
  Part& part = conversation.turns.emplace_back().parts.emplace_back();
  part.kind = Part::Kind::image;
  part.file_id = "file-1";
  const auto out = openai::dialect().write(conversation, {.model = "m", .provider = provider});
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, Errc::unsupported_input);
  EXPECT_EQ(out.error().origin, Origin::upstream);
}

TEST(StrictChat, refuses_what_real_services_refuse) {
  using S = ChatService;

  struct Wrong {
    const char* name;
    S service;
    std::string body;
  };

  const std::string q = R"({"role":"user","content":"q"})";
  const std::string called =
      R"({"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]})";
  for (const Wrong& c : {
           Wrong{"unknown member", S::openai, R"({"model":"m","messages":[)" + q + R"(],"top_k":1})"},
           Wrong{"max_tokens, OpenAI", S::openai, R"({"model":"m","messages":[)" + q + R"(],"max_tokens":1})"},
           Wrong{"no messages", S::openai, R"({"model":"m","messages":[]})"},
           Wrong{"unanswered call", S::generic, R"({"model":"m","messages":[)" + q + "," + called + "," + q + "]}"},
           Wrong{
               "answer to nothing",
               S::generic,
               R"({"model":"m","messages":[)" + q + R"(,{"role":"tool","tool_call_id":"c","content":"r"}]})"},
           Wrong{
               "reasoning, OpenAI",
               S::openai,
               R"({"model":"m","messages":[{"role":"assistant","content":"a","reasoning_content":"h"}]})"},
           Wrong{"no reasoning, DeepSeek", S::deepseek, R"({"model":"m","messages":[)" + q + "," + called + "]}"},
           Wrong{"choice without tools", S::generic, R"({"model":"m","messages":[)" + q + R"(],"tool_choice":"auto"})"},
           Wrong{"empty assistant", S::generic, R"({"model":"m","messages":[{"role":"assistant","content":null}]})"},
           Wrong{"developer", S::deepseek, R"({"model":"m","messages":[{"role":"developer","content":"a"}]})"},
       }) {
    EXPECT_NE(refuses_chat(c.body, c.service), "") << c.name;
  }
}

}  // namespace
}  // namespace gw::dialect::test
