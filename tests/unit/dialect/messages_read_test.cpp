// What clients of Messages ask for: for the stages, and for providers of other dialects.
#include "messages_support.hpp"

#include <algorithm>

namespace gw::dialect::messages::test {
namespace {

using Kind = Part::Kind;

std::string with(const std::string& members) {
  return R"({"model":"m","max_tokens":10,"messages":[{"role":"user","content":"hi"}])" +
         (members.empty() ? "" : "," + members) + "}";
}

std::string saying(const std::string& messages) {
  return R"({"model":"m","max_tokens":10,"messages":)" + messages + "}";
}

/// A conversation with all that it points into.
struct Asked {
  explicit Asked(const std::string& text) : body(text), conversation(client().conversation(body.view(), keep)) {}

  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;

  [[nodiscard]] const Conversation& get() const {
    EXPECT_TRUE(conversation) << (conversation ? "" : conversation.error().message);
    return *conversation;
  }

  Body body;
  Keep keep;
  Result<Conversation> conversation;
};

// --- For the stages --------------------------------------------------------------------------------------------------

TEST(MessagesBody, what_the_stages_need) {
  const Body body(file("request_claude_code.json"));
  const auto request = client().read(body.view());
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->model, "auto");
  EXPECT_TRUE(request->stream);
  EXPECT_EQ(request->tools, 2U);
  EXPECT_EQ(request->images, 1U);
  EXPECT_EQ(request->max_tokens, 32000U);
  EXPECT_EQ(request->user, "user_abc_account__session_1");
  ASSERT_EQ(request->messages.size(), 5U);
  const chat::Role roles[] = {
      chat::Role::system, chat::Role::user, chat::Role::assistant, chat::Role::tool, chat::Role::tool};
  const std::size_t texts[] = {2, 2, 1, 1, 1};
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(request->messages[i].role, roles[i]) << i;
    EXPECT_EQ(request->messages[i].text.size(), texts[i]) << i;
  }
  EXPECT_EQ(request->messages[2].tool_calls, 2U);
  const chat::Span words = request->messages[1].text[1];
  EXPECT_EQ(body.view().substr(words.offset, words.length), "Fix the bug in a.py");
  const chat::Field* const field = request->find("thinking");
  ASSERT_NE(field, nullptr);
  EXPECT_EQ(
      minified(body.view().substr(field->value.offset, field->value.length)),
      R"({"type":"enabled","budget_tokens":31999})"
  );
  EXPECT_EQ(body.view()[request->object_end], '}');
}

TEST(MessagesBody, results_and_words_of_one_turn_are_messages_of_their_own) {
  const Body body(saying(
      R"([{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"r"},)"
      R"({"type":"text","text":"go on"}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"b"}]}])"
  ));
  const auto request = client().read(body.view());
  ASSERT_TRUE(request) << request.error().message;
  ASSERT_EQ(request->messages.size(), 3U);
  EXPECT_EQ(request->messages[0].role, chat::Role::tool);
  EXPECT_EQ(request->messages[1].role, chat::Role::user);
  EXPECT_EQ(request->messages[2].role, chat::Role::tool);
  EXPECT_EQ(request->text_bytes, 6U);
}

TEST(MessagesBody, effort_and_schema) {
  const Body body(with(R"("output_config":{"effort":"low","format":{"type":"json_schema","schema":{}}})"));
  const auto request = client().read(body.view());
  ASSERT_TRUE(request) << request.error().message;
  EXPECT_EQ(request->reasoning_effort, "low");
  EXPECT_TRUE(request->has_json_schema);
  EXPECT_TRUE(request->has_response_format);
}

TEST(MessagesBody, what_is_refused) {
  struct Case {
    const char* name;
    std::string body;
    const char* param;
  };

  std::string deep = R"({"messages":[{"role":"user","content":"x"}],"x":)";
  deep += std::string(600, '[') + std::string(600, ']') + "}";
  std::string many = R"({"messages":[{"role":"user","content":"x"}])";
  for (int i = 0; i < 600; ++i) many += ",\"k" + std::to_string(i) + "\":1";
  many += "}";
  for (const Case& c : {
           Case{"empty", "", ""},
           Case{"no JSON", "{", ""},
           Case{"a list", "[]", ""},
           Case{"text behind", R"({"messages":[{"role":"user","content":"x"}]} x)", ""},
           Case{"mark", "\xEF\xBB\xBF{}", ""},
           Case{"deep", deep, ""},
           Case{"many", many, ""},
           Case{"no messages", R"({"model":"m"})", "messages"},
           Case{"no list", R"({"messages":"x"})", "messages"},
           Case{"no messages in it", R"({"messages":[]})", "messages"},
           Case{"twice", R"({"messages":[{"role":"user","content":"x"}],"messages":[]})", "messages"},
           Case{"escaped", R"({"m\u0065ssages":[{"role":"user","content":"x"}]})", "messages"},
           Case{"no object", saying("[1]"), "messages[0]"},
           Case{"no role", saying(R"([{"content":"x"}])"), "messages[0].role"},
           Case{"role", saying(R"([{"role":1,"content":"x"}])"), "messages[0].role"},
           Case{"content", saying(R"([{"role":"user","content":1}])"), "messages[0].content"},
           Case{"block", saying(R"([{"role":"user","content":[1]}])"), "messages[0].content[0]"},
           Case{"no type", saying(R"([{"role":"user","content":[{"text":"x"}]}])"), "messages[0].content[0].type"},
           Case{"no text", saying(R"([{"role":"user","content":[{"type":"text"}]}])"), "messages[0].content[0].text"},
           Case{"escape", saying(R"([{"role":"user","content":"\x"}])"), ""},
           Case{"scalar", with(R"("x":tru)"), ""},
           Case{"model", R"({"model":1,"messages":[{"role":"user","content":"x"}]})", "model"},
           Case{"stream", with(R"("stream":1)"), "stream"},
           Case{"system", with(R"("system":1)"), "system"},
           Case{"system block", with(R"("system":[1])"), "system[0]"},
           Case{"tools", with(R"("tools":{})"), "tools"},
           Case{"user", with(R"("metadata":{"user_id":1})"), "metadata.user_id"},
           Case{"metadata", with(R"("metadata":1)"), "metadata"},
           Case{"output", with(R"("output_config":1)"), "output_config"},
           Case{"max_tokens", R"({"max_tokens":0,"messages":[{"role":"user","content":"x"}]})", "max_tokens"},
       }) {
    const Body body(c.body);
    const auto request = client().read(body.view());
    ASSERT_FALSE(request) << c.name;
    EXPECT_EQ(request.error().code, Errc::invalid_request) << c.name;
    EXPECT_EQ(request.error().origin, Origin::client) << c.name;
    EXPECT_EQ(request.error().param, c.param) << c.name << ": " << request.error().message;
  }
}

TEST(MessagesBody, truncated_at_every_length_is_refused) {
  const std::string text = file("request_claude_code.json");
  const std::size_t whole = text.find_last_of('}') + 1;
  for (std::size_t length = 0; length < whole; ++length) {
    const Body body(text.substr(0, length));
    EXPECT_FALSE(client().read(body.view())) << length;
  }
}

// --- For another dialect ---------------------------------------------------------------------------------------------

TEST(MessagesRead, what_claude_code_says) {
  const Asked asked(file("request_claude_code.json"));
  const Conversation& said = asked.get();
  EXPECT_TRUE(said.is_stream);
  EXPECT_EQ(said.max_tokens, 32000U);
  EXPECT_EQ(said.temperature, "1");
  EXPECT_EQ(said.user, "user_abc_account__session_1");
  EXPECT_EQ(said.reasoning.budget, 31999U);
  EXPECT_EQ(said.reasoning.is_on, true);
  EXPECT_EQ(said.left_out, std::vector<std::string>{});
  ASSERT_EQ(said.turns.size(), 4U);
  EXPECT_EQ(said.turns[0].speaker, Speaker::system);
  EXPECT_EQ(minified(said.turns[0].parts[1].cache_control), R"({"type":"ephemeral"})");
  const std::vector<Part>& answer = said.turns[2].parts;
  ASSERT_EQ(answer.size(), 4U);
  EXPECT_EQ(answer[0].kind, Kind::reasoning);
  EXPECT_EQ(answer[0].text, "Read it first.");
  EXPECT_EQ(answer[0].proof, "Eq+/=");
  EXPECT_FALSE(answer[0].is_sealed);
  EXPECT_EQ(answer[2].kind, Kind::call);
  EXPECT_EQ(answer[2].id, "toolu_01A");
  EXPECT_EQ(minified(answer[2].arguments.object), R"({"file_path":"/tmp/a.py"})");
  const std::vector<Part>& results = said.turns[3].parts;
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[0].kind, Kind::result);
  EXPECT_EQ(results[0].parts[0].text, R"(     1\tprint(1)\n)");
  EXPECT_TRUE(results[1].is_error);
  EXPECT_EQ(results[1].parts[1].kind, Kind::image);
  EXPECT_EQ(results[1].parts[1].media_type, "image/png");
  EXPECT_EQ(results[1].parts[1].data, "iVBORw0=");
  ASSERT_EQ(said.tools.size(), 2U);
  EXPECT_EQ(said.tools[1].name, "Bash");
  EXPECT_FALSE(said.tools[1].cache_control.empty());
}

TEST(MessagesRead, blocks) {
  struct Case {
    const char* name;
    const char* block;
    Kind kind;
    const char* text;
    const char* media_type;
    const char* data;
    const char* url;
    const char* proof;
  };

  for (const Case& c : {
           Case{"text", R"({"type":"text","text":"a\n"})", Kind::text, "a\\n", "", "", "", ""},
           Case{
               "image",
               R"({"type":"image","source":{"type":"url","url":"https://x/a.png"}})",
               Kind::image,
               "",
               "",
               "",
               "https://x/a.png",
               ""},
           Case{
               "pdf",
               R"({"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBE"},"title":"t"})",
               Kind::file,
               "",
               "application/pdf",
               "JVBE",
               "",
               ""},
           Case{
               "plain",
               R"({"type":"document","source":{"type":"text","media_type":"text/plain","data":"words"}})",
               Kind::file,
               "",
               "text/plain",
               "words",
               "",
               ""},
           Case{
               "document by address",
               R"({"type":"document","source":{"type":"url","url":"https://x/a.pdf"}})",
               Kind::file,
               "",
               "",
               "",
               "https://x/a.pdf",
               ""},
           Case{
               "document of blocks",
               R"({"type":"document","source":{"type":"content","content":[{"type":"text","text":"in"}]}})",
               Kind::text,
               "in",
               "",
               "",
               "",
               ""},
           Case{
               "thinking",
               R"({"type":"thinking","thinking":"hm","signature":"Eq"})",
               Kind::reasoning,
               "hm",
               "",
               "",
               "",
               "Eq"},
           Case{"redacted", R"({"type":"redacted_thinking","data":"Em"})", Kind::reasoning, "", "", "", "", "Em"},
           Case{
               "search result",
               R"({"type":"search_result","source":"https://x","title":"T","content":[{"type":"text","text":"found"}]})",
               Kind::text,
               "T\\nhttps://x",
               "",
               "",
               "",
               ""},
       }) {
    const Asked asked(saying(R"([{"role":"user","content":[)" + std::string(c.block) + "]}]"));
    const Conversation& said = asked.get();
    ASSERT_FALSE(said.turns[0].parts.empty()) << c.name;
    const Part& part = said.turns[0].parts[0];
    EXPECT_EQ(part.kind, c.kind) << c.name;
    EXPECT_EQ(part.text, c.text) << c.name;
    EXPECT_EQ(part.media_type, c.media_type) << c.name;
    EXPECT_EQ(part.data, c.data) << c.name;
    EXPECT_EQ(part.url, c.url) << c.name;
    EXPECT_EQ(part.proof, c.proof) << c.name;
    EXPECT_EQ(part.is_sealed, part.kind == Kind::reasoning && part.text.empty()) << c.name;
  }
}

TEST(MessagesRead, what_only_anthropic_s_tools_said_is_left_out_by_name) {
  const Asked asked(saying(
      R"([{"role":"assistant","content":[{"type":"server_tool_use","id":"s","name":"web_search","input":{"q":1}},)"
      R"({"type":"web_search_tool_result","tool_use_id":"s","content":[{"type":"web_search_result","title":{}}]},)"
      R"({"type":"brand_new","text":{},"content":7},{"type":"text","text":"it is","citations":[{}]}]}])"
  ));
  const Conversation& said = asked.get();
  ASSERT_EQ(said.turns[0].parts.size(), 1U);
  const std::vector<std::string> wanted{"messages[0].content[0]", "messages[0].content[1]", "messages[0].content[2]"};
  EXPECT_EQ(said.left_out, wanted);
}

TEST(MessagesRead, members) {
  const Asked asked(with(
      R"("stop_sequences":["a","b"],"top_p":0.5,"top_k":4,"service_tier":"standard_only","tool_choice":{"type":"any","disable_parallel_tool_use":true},)"
      R"("tools":[{"type":"custom","name":"f","input_schema":{"type":"object"},"strict":true,"defer_loading":true},{"type":"web_search_20250305","name":"web_search"}],)"
      R"("output_config":{"effort":"max","format":{"type":"json_schema","schema":{"a":1}}},"container":"c","metadata":{"x":1})"
  ));
  const Conversation& said = asked.get();
  EXPECT_EQ(said.stop, (std::vector<Raw>{"a", "b"}));
  EXPECT_EQ(said.top_p, "0.5");
  EXPECT_EQ(said.top_k, "4");
  EXPECT_EQ(said.service_tier, "default");
  EXPECT_EQ(said.tool_choice.kind, ToolChoice::Kind::required);
  EXPECT_EQ(said.parallel_calls, false);
  EXPECT_EQ(said.tools[0].is_strict, true);
  EXPECT_EQ(said.tools[1].builtin, R"({"type":"web_search_20250305","name":"web_search"})");
  EXPECT_EQ(said.reasoning.effort, "high");
  EXPECT_EQ(said.format.kind, AnswerFormat::Kind::json_schema);
  EXPECT_EQ(said.format.schema, R"({"a":1})");
  EXPECT_EQ(said.left_out, (std::vector<std::string>{"tools[0].defer_loading", "container", "metadata.x"}));
}

TEST(MessagesRead, choices_of_tools) {
  struct Case {
    const char* value;
    ToolChoice::Kind kind;
    const char* name;
  };

  for (const Case& c : {
           Case{R"({"type":"auto"})", ToolChoice::Kind::automatic, ""},
           Case{R"({"type":"none"})", ToolChoice::Kind::none, ""},
           Case{R"({"type":"any"})", ToolChoice::Kind::required, ""},
           Case{R"({"type":"tool","name":"f"})", ToolChoice::Kind::named, "f"},
           Case{"null", ToolChoice::Kind::unsaid, ""},
       }) {
    const Asked asked(with(R"("tool_choice":)" + std::string(c.value)));
    EXPECT_EQ(asked.get().tool_choice.kind, c.kind) << c.value;
    EXPECT_EQ(asked.get().tool_choice.name, c.name) << c.value;
  }
}

TEST(MessagesRead, thinking) {
  struct Case {
    const char* members;
    std::optional<bool> is_on;
    std::optional<std::uint64_t> budget;
    const char* effort;
    const char* summary;
  };

  for (const Case& c : {
           Case{R"("thinking":{"type":"disabled"})", false, {}, "", ""},
           Case{R"("thinking":{"type":"enabled","budget_tokens":2000})", true, 2000, "", "auto"},
           Case{R"("thinking":{"type":"adaptive"},"output_config":{"effort":"low"})", true, {}, "low", "auto"},
           Case{R"("thinking":{"type":"adaptive","display":"omitted"})", true, {}, "", ""},
           Case{R"("thinking":{"type":"disabled"},"output_config":{"effort":"low"})", false, {}, "", ""},
           Case{R"("output_config":{"effort":"xhigh"})", {}, {}, "xhigh", ""},
       }) {
    const Asked asked(with(c.members));
    const Reasoning& said = asked.get().reasoning;
    EXPECT_EQ(said.is_on, c.is_on) << c.members;
    EXPECT_EQ(said.budget, c.budget) << c.members;
    EXPECT_EQ(said.effort, c.effort) << c.members;
    EXPECT_EQ(said.summary, c.summary) << c.members;
  }
}

TEST(MessagesRead, wrong_types_are_named) {
  struct Case {
    std::string body;
    const char* param;
  };

  for (const Case& c : {
           Case{with(R"("temperature":"x")"), "temperature"},
           Case{with(R"("stop_sequences":"x")"), "stop_sequences"},
           Case{with(R"("stop_sequences":[1])"), "stop_sequences[0]"},
           Case{with(R"("thinking":{"type":"brand_new"})"), "thinking.type"},
           Case{with(R"("thinking":1)"), "thinking"},
           Case{with(R"("tool_choice":"auto")"), "tool_choice"},
           Case{with(R"("tool_choice":{"type":"x"})"), "tool_choice.type"},
           Case{with(R"("tool_choice":{"type":"tool"})"), "tool_choice.name"},
           Case{with(R"("tools":[1])"), "tools[0]"},
           Case{with(R"("tools":[{"input_schema":{}}])"), "tools[0].name"},
           Case{with(R"("tools":[{"name":"f","input_schema":1}])"), "tools[0].input_schema"},
           Case{saying(R"([{"role":"tool","content":"x"}])"), "messages[0].role"},
           Case{saying(R"([{"role":"user","content":[{"type":"image"}]}])"), "messages[0].content[0].source"},
           Case{
               saying(R"([{"role":"user","content":[{"type":"image","source":{"data":1}}]}])"),
               "messages[0].content[0].source.data"},
           Case{
               saying(R"([{"role":"user","content":[{"type":"tool_result"}]}])"), "messages[0].content[0].tool_use_id"},
           Case{
               saying(R"([{"role":"assistant","content":[{"type":"tool_use","id":"a","input":{}}]}])"),
               "messages[0].content[0].name"},
           Case{
               saying(R"([{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":"x"}]}])"),
               "messages[0].content[0].input"},
       }) {
    const Body body(c.body);
    Keep keep;
    const auto conversation = client().conversation(body.view(), keep);
    ASSERT_FALSE(conversation) << c.body;
    EXPECT_EQ(conversation.error().code, Errc::invalid_request) << c.body;
    EXPECT_EQ(conversation.error().param, c.param) << conversation.error().message;
  }
}

TEST(MessagesRead, what_only_anthropic_can_do_is_for_its_models) {
  for (const std::string& body : {
           with(R"("mcp_servers":[{"url":"https://x"}])"),
           with(R"("output_config":{"format":{"type":"brand_new"}})"),
           saying(R"([{"role":"user","content":[{"type":"container_upload","file_id":"f"}]}])"),
       }) {
    const Body padded(body);
    Keep keep;
    const auto conversation = client().conversation(padded.view(), keep);
    ASSERT_FALSE(conversation) << body;
    EXPECT_EQ(conversation.error().code, Errc::unsupported_input) << body;
    EXPECT_NE(conversation.error().message.find("Anthropic Messages"), std::string::npos);
  }
}

// Each member in turn becomes something else: an error or a conversation, and nothing worse.
TEST(MessagesRead, any_value_anywhere_is_survived) {
  const std::string text = minified(file("request_claude_code.json"));
  for (const std::string_view other : {"null", "1", "\"x\"", "[]", "{}", "[{}]", "true", "[[\"a\"]]"}) {
    for (std::size_t at = text.find(':'); at != std::string::npos; at = text.find(':', at + 1)) {
      for (std::size_t end = at + 1; end < text.size() && end < at + 40; ++end) {
        const std::string body = text.substr(0, at + 1) + std::string(other) + text.substr(end);
        if (!is_json(body)) continue;
        const Body padded(body);
        Keep keep;
        if (!client().read(padded.view())) continue;
        const auto conversation = client().conversation(padded.view(), keep);
        if (!conversation) {
          EXPECT_FALSE(conversation.error().message.empty());
        }
      }
    }
  }
}

}  // namespace
}  // namespace gw::dialect::messages::test
