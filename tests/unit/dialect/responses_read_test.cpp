// Requests of clients that speak Responses, as conversations and as what the stages need to know.
#include "responses_support.hpp"

namespace gw::dialect::responses::test {
namespace {

std::string arguments(const Part& part) {
  return part.arguments.object.empty() ? from_raw(part.arguments.text) : std::string(part.arguments.object);
}

// A conversation for people: one line a turn.
std::string shown(const Part& part) {
  switch (part.kind) {
    case Part::Kind::text:
      return std::string(part.text);
    case Part::Kind::image:
      return "image(" + std::string(part.url) + "," + std::string(part.media_type) + "," + std::string(part.data) +
             "," + std::string(part.file_id) + "," + std::string(part.detail) + ")";
    case Part::Kind::file:
      return "file(" + std::string(part.url) + "," + std::string(part.media_type) + "," + std::string(part.data) + "," +
             std::string(part.file_id) + "," + std::string(part.name) + ")";
    case Part::Kind::audio:
      return "audio(" + std::string(part.media_type) + "," + std::string(part.data) + ")";
    case Part::Kind::refusal:
      return "refusal(" + std::string(part.text) + ")";
    case Part::Kind::reasoning:
      return "reasoning(" + std::string(part.text) + "," + std::string(part.proof) +
             (part.is_sealed ? ",sealed)" : ")");
    case Part::Kind::call:
      return "call(" + std::string(part.id) + "," + std::string(part.name) + "," + arguments(part) + ")";
    case Part::Kind::result: {
      std::string out = "result(" + std::string(part.id);
      for (const Part& one : part.parts) out += "," + shown(one);
      return out + ")";
    }
  }
  return {};
}

std::string shown(const Conversation& conversation) {
  std::string out;
  for (const Turn& turn : conversation.turns) {
    out += turn.speaker == Speaker::user        ? "user:"
           : turn.speaker == Speaker::assistant ? "assistant:"
           : turn.is_developer                  ? "developer:"
                                                : "system:";
    for (const Part& part : turn.parts) out += " " + shown(part);
    out += "\n";
  }
  return out;
}

struct Read {
  explicit Read(const std::string& text) : body(text) {
    const auto facts = responses::client().read(body.view());
    if (!facts) fault = facts.error();
    result = responses::client().conversation(body.view(), keep);
  }

  const Conversation& operator*() const {
    EXPECT_FALSE(fault) << (fault ? fault->message : "");
    EXPECT_TRUE(result) << (result ? "" : result.error().message);
    static const Conversation nothing;
    return result ? *result : nothing;
  }

  const Conversation* operator->() const { return &**this; }

  Body body;
  Keep keep;
  std::optional<Error> fault;  // of the facts
  Result<Conversation> result = Conversation{};
};

std::string items(const std::string& list) {
  return R"({"model":"m","input":[)" + list + "]}";
}

TEST(ResponsesRead, a_text_is_one_turn) {
  EXPECT_EQ(shown(*Read(file("request_minimal.json"))), "user: Tell me a joke.\n");
}

TEST(ResponsesRead, codex_as_it_asks) {
  const Read read(file("request_codex.json"));
  EXPECT_EQ(
      shown(*read),
      R"(system: You are Codex.\n\"Quotes\" and 中文.)"
      "\ndeveloper: <permissions>\nuser: list files\n"
      R"(assistant: reasoning(Look first,gAAAAsealed) call(call_1,shell,{"command":["ls"]}))"
      "\n"
      R"(user: result(call_1,a.txt\n))"
      "\n"
      R"(assistant: call(call_2,custom__apply_patch,{"input":"*** Begin Patch\n\"x\"\n*** End Patch"}))"
      "\nuser: result(call_2,Done!)\nassistant: There is a.txt.\n"
      "user: and now? image(,image/png,iVBORw0KGgo=,,)\n"
  );
  ASSERT_EQ(read->tools.size(), 2U);
  EXPECT_EQ(read->tools[0].name, "shell");
  EXPECT_EQ(read->tools[0].is_strict, false);
  EXPECT_TRUE(read->tools[0].schema.starts_with('{') && read->tools[0].schema.ends_with('}'));
  EXPECT_EQ(read->tools[1].name, "custom__apply_patch");
  EXPECT_EQ(
      read->tools[1].description,
      R"(Edits files.\n\nThe text in `input` must follow this grammar (lark):\nstart: \"x\"\n)"
  );
  EXPECT_TRUE(is_json(read->tools[1].schema));
  EXPECT_EQ(read->tool_choice.kind, ToolChoice::Kind::automatic);
  EXPECT_EQ(read->parallel_calls, false);
  EXPECT_EQ(read->reasoning.effort, "medium");
  EXPECT_EQ(read->reasoning.summary, "auto");
  EXPECT_EQ(read->cache_key, "0199-ab");
  EXPECT_EQ(read->verbosity, "low");
  EXPECT_TRUE(read->is_stream);
  EXPECT_EQ(read->left_out, std::vector<std::string>{});
}

TEST(ResponsesRead, an_sdks_request) {
  const Read read(file("request_sdk.json"));
  EXPECT_EQ(
      shown(*read),
      "system: Be brief.\n"
      "user: What is in it? image(https://example.com/cat.png,,,,low) file(,application/pdf,JVBERi0=,,a.pdf) "
      "file(https://example.com/b.pdf,,,,)\n"
      "assistant: A cat. refusal(No more.)\n"
      "user: Sure?\n"
  );
  EXPECT_EQ(read->max_tokens, 200U);
  EXPECT_EQ(read->temperature, "0.5");
  EXPECT_EQ(read->top_p, "1.0");
  EXPECT_EQ(read->format.kind, AnswerFormat::Kind::json_schema);
  EXPECT_EQ(read->format.name, "cat");
  EXPECT_EQ(read->format.description, "A cat");
  EXPECT_EQ(read->format.is_strict, true);
  EXPECT_TRUE(is_json(read->format.schema));
  EXPECT_EQ(read->metadata.front(), '{');
  EXPECT_EQ(read->user, "u-1");
  EXPECT_EQ(read->service_tier, "flex");
  EXPECT_TRUE(read->logprobs);
  EXPECT_EQ(read->top_logprobs, 2U);
  EXPECT_EQ(read->left_out, (std::vector<std::string>{"truncation", "max_tool_calls", "unheard_of"}));
}

TEST(ResponsesRead, items_as_turns) {
  struct Case {
    const char* name;
    const char* items;
    const char* turns;
  };

  for (const Case& c : {
           Case{"role alone", R"({"role":"user","content":"a"})", "user: a\n"},
           Case{"older parts", R"({"role":"user","content":[{"type":"text","text":"a"}]})", "user: a\n"},
           Case{
               "parallel calls",
               R"({"type":"function_call","call_id":"1","name":"f","arguments":"{}"},{"type":"function_call","call_id":"2","name":"g","arguments":""},
                  {"type":"function_call_output","call_id":"1","output":"x"},{"type":"function_call_output","call_id":"2","output":[{"type":"input_text","text":"y"},{"type":"input_image","image_url":"https://i"}]})",
               "assistant: call(1,f,{}) call(2,g,{})\nuser: result(1,x) result(2,y,image(https://i,,,,))\n"},
           Case{
               "two messages of the model",
               R"({"role":"assistant","content":"a"},{"role":"assistant","content":[{"type":"output_text","text":"b"}]})",
               "assistant: a\nassistant: b\n"},
           Case{
               "text, then a call",
               R"({"role":"assistant","content":"a"},{"type":"function_call","call_id":"1","name":"f","arguments":"{}"})",
               "assistant: a call(1,f,{})\n"},
           Case{
               "sealed reasoning",
               R"({"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAAA"},{"role":"user","content":"go"})",
               "assistant: reasoning(,gAAAA,sealed)\nuser: go\n"},
           Case{
               "a summary of parts",
               R"({"type":"reasoning","summary":[{"type":"summary_text","text":"a"},{"type":"summary_text","text":"b"}]},{"role":"user","content":"go"})",
               R"(assistant: reasoning(a\n\nb,))"
               "\nuser: go\n"},
           Case{
               "an open model's reasoning",
               R"({"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"a"}],"encrypted_content":null},{"role":"user","content":"go"})",
               "assistant: reasoning(a,)\nuser: go\n"},
           Case{
               "reasoning without anything",
               R"({"type":"reasoning","summary":[]},{"role":"user","content":"a"})",
               "user: a\n"},
           Case{
               "system in its place",
               R"({"role":"user","content":"a"},{"role":"developer","content":"b"},{"role":"system","content":"c"})",
               "user: a\ndeveloper: b\nsystem: c\n"},
           Case{
               "stored files",
               R"({"role":"user","content":[{"type":"input_image","file_id":"f1","detail":"high"},{"type":"input_file","file_id":"f2"}]})",
               "user: image(,,,f1,high) file(,,,f2,)\n"},
           Case{
               "a text file",
               R"({"role":"user","content":[{"type":"input_file","filename":"a.txt","file_data":"data:text/plain;charset=utf-8;base64,aGkgIngi"}]})",
               R"(user: file(,text/plain,hi \"x\",,a.txt))"
               "\n"},
           Case{
               "slashes escaped, as PHP does",
               R"({"role":"user","content":[{"type":"input_image","image_url":"data:image\/png;base64,AA\/A"}]})",
               R"(user: image(,image\/png,AA\/A,,))"
               "\n"},
           Case{
               "audio",
               R"({"role":"user","content":[{"type":"input_audio","input_audio":{"data":"AA","format":"wav"}}]})",
               "user: audio(audio/wav,AA)\n"},
       }) {
    EXPECT_EQ(shown(*Read(items(c.items))), c.turns) << c.name;
  }
}

TEST(ResponsesRead, what_is_not_known_is_left_out_by_name) {
  const Read read(items(
      R"({"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search"}},)"
      R"({"type":"brand_new","x":[1]},)"
      R"({"role":"user","phase":"x","content":[{"type":"input_text","text":"a","odd":1},{"type":"input_video","video":"v"}]},)"
      R"({"type":"function_call","call_id":"1","name":"f","arguments":"{}","namespace":"mcp"})"
  ));
  EXPECT_EQ(shown(*read), "user: a\nassistant: call(1,f,{})\n");
  EXPECT_EQ(
      read->left_out,
      (std::vector<std::string>{
          "input[0]",
          "input[1]",
          "input[2].content[0].odd",
          "input[2].content[1]",
          "input[2].phase",
          "input[3].namespace"})
  );
}

TEST(ResponsesRead, endless_unknown_names_are_bounded_and_harmless_in_a_header) {
  std::string body = R"({"input":"a","new\nline":1,"中文":2)";
  for (int i = 0; i < 500; ++i) body += ",\"x" + std::to_string(i) + "\":1";
  const Read read(body + "}");
  EXPECT_LE(read->left_out.size(), 32U);
  for (const std::string& name : read->left_out) {
    for (const char c : name) EXPECT_TRUE(c >= ' ' && c <= '~') << name;
  }
}

TEST(ResponsesRead, tools_of_every_kind) {
  const Read read(
      R"({"input":"a","tools":[{"type":"function","name":"f","parameters":null,"defer_loading":true},{"type":"web_search","filters":{"a":[1]}},
          {"type":"custom","name":"c","format":{"type":"text"}},{"name":"late","type":"function","strict":null,"parameters":{ "type":"object" } }]})"
  );
  ASSERT_EQ(read->tools.size(), 4U);
  EXPECT_EQ(read->tools[0].name, "f");
  EXPECT_TRUE(read->tools[0].schema.empty());
  EXPECT_EQ(read->tools[1].builtin, R"({"type":"web_search","filters":{"a":[1]}})");
  EXPECT_TRUE(read->tools[1].name.empty());
  EXPECT_EQ(read->tools[2].name, "custom__c");
  EXPECT_EQ(read->tools[2].description, "");
  EXPECT_EQ(read->tools[3].name, "late");
  EXPECT_EQ(read->tools[3].schema, R"({ "type":"object" })");
  EXPECT_EQ(read->left_out, (std::vector<std::string>{"tools[0].defer_loading"}));
}

TEST(ResponsesRead, which_tool_is_to_be_used) {
  struct Case {
    const char* choice;
    ToolChoice::Kind kind;
    const char* name;
    std::size_t tools;
  };

  for (const Case& c : {
           Case{R"("auto")", ToolChoice::Kind::automatic, "", 2},
           Case{R"("none")", ToolChoice::Kind::none, "", 2},
           Case{R"("required")", ToolChoice::Kind::required, "", 2},
           Case{"null", ToolChoice::Kind::unsaid, "", 2},
           Case{R"({"type":"function","name":"f"})", ToolChoice::Kind::named, "f", 2},
           Case{R"({"name":"c","type":"custom"})", ToolChoice::Kind::named, "custom__c", 2},
           Case{
               R"({"type":"allowed_tools","mode":"required","tools":[{"type":"custom","name":"c"}]})",
               ToolChoice::Kind::required,
               "",
               1},
           Case{
               R"({"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"f"},{"type":"mcp","server_label":"x"}]})",
               ToolChoice::Kind::automatic,
               "",
               1},
       }) {
    const Read read(
        R"({"tool_choice":)" + std::string(c.choice) +
        R"(,"input":"a","tools":[{"type":"function","name":"f"},{"type":"custom","name":"c"}]})"
    );
    EXPECT_EQ(read->tool_choice.kind, c.kind) << c.choice;
    EXPECT_EQ(read->tool_choice.name, c.name) << c.choice;
    EXPECT_EQ(read->tools.size(), c.tools) << c.choice;
  }
}

TEST(ResponsesRead, tools_may_be_added_on_the_way) {
  const Read read(items(
      R"({"type":"additional_tools","role":"developer","tools":[{"type":"function","name":"f"}]},{"role":"user","content":"a"})"
  ));
  ASSERT_EQ(read->tools.size(), 1U);
  EXPECT_EQ(read->tools[0].name, "f");
}

TEST(ResponsesRead, off_is_said_outright) {
  EXPECT_EQ(Read(R"({"input":"a","reasoning":{"effort":"none"}})")->reasoning.is_on, false);
  EXPECT_FALSE(Read(R"({"input":"a","reasoning":{"effort":"low","generate_summary":"concise"}})")->reasoning.is_on);
  EXPECT_EQ(Read(R"({"input":"a","reasoning":{"generate_summary":"concise"}})")->reasoning.summary, "concise");
  EXPECT_EQ(
      Read(R"({"input":"a","reasoning":{"mode":"pro"},"store":false,"stream_options":{"include_obfuscation":false}})")
          ->left_out,
      (std::vector<std::string>{"reasoning.mode"})
  );
}

TEST(ResponsesRead, a_wrong_type_is_said_by_path) {
  struct Case {
    const char* body;
    const char* param;
    Errc code = Errc::invalid_request;
  };

  for (const Case& c : {
           Case{R"({"input":"a","tools":5})", "tools"},
           Case{R"({"input":"a","tools":[5]})", "tools[0]"},
           Case{R"({"input":"a","tools":[{"name":"f"}]})", "tools[0].type"},
           Case{R"({"input":"a","tools":[{"type":"function"}]})", "tools[0].name"},
           Case{R"({"input":"a","tools":[{"type":"function","name":"f","parameters":"x"}]})", "tools[0].parameters"},
           Case{R"({"input":"a","tool_choice":"sometimes"})", "tool_choice"},
           Case{R"({"input":"a","tool_choice":{"type":"function"}})", "tool_choice.name"},
           Case{R"({"input":"a","tool_choice":{"type":"mcp"}})", "tool_choice", Errc::unsupported_input},
           Case{R"({"input":"a","temperature":"hot"})", "temperature"},
           Case{R"({"input":"a","metadata":[]})", "metadata"},
           Case{R"({"input":"a","include":"x"})", "include"},
           Case{R"({"input":"a","include":[1]})", "include[0]"},
           Case{R"({"input":"a","text":{"format":{"type":"json_schema","name":"n"}}})", "text.format.schema"},
           Case{R"({"input":"a","text":{"format":{"type":"grammar"}}})", "text.format.type", Errc::unsupported_input},
           Case{R"({"input":"a","parallel_tool_calls":1})", "parallel_tool_calls"},
           Case{R"({"input":[{"type":"function_call","name":"f","arguments":"{}"}]})", "input[0].call_id"},
           Case{
               R"({"input":[{"type":"function_call","call_id":"1","name":"f","arguments":{}}]})", "input[0].arguments"},
           Case{R"({"input":[{"type":"function_call_output","output":""}]})", "input[0].call_id"},
           Case{R"({"input":[{"role":"user","content":[{"type":"input_image"}]}]})", "input[0].content[0].image_url"},
           Case{R"({"input":[{"role":"user","content":[{"type":"input_file"}]}]})", "input[0].content[0]"},
           Case{
               R"({"input":[{"type":"computer_call","call_id":"1","action":{}},{"type":"computer_call_output","call_id":"1","output":{"type":"computer_screenshot"}}]})",
               "input[0]",
               Errc::unsupported_input},
           Case{R"({"input":[{"type":"compaction","encrypted_content":"x"}]})", "input[0]", Errc::unsupported_input},
       }) {
    const Read read(c.body);
    ASSERT_FALSE(read.result) << c.body;
    EXPECT_EQ(read.result.error().param, c.param) << c.body << read.result.error().message;
    EXPECT_EQ(read.result.error().code, c.code) << c.body;
    EXPECT_NE(read.result.error().message.find(c.param), std::string::npos) << read.result.error().message;
  }
}

// --- What the stages need to know ------------------------------------------------------------------------------------

TEST(ResponsesFacts, of_codex) {
  const Body body(file("request_codex.json"));
  const auto facts = responses::client().read(body.view());
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_EQ(facts->model, "gpt-5-codex");
  EXPECT_TRUE(facts->stream);
  EXPECT_EQ(facts->tools, 2U);
  EXPECT_EQ(facts->images, 1U);
  EXPECT_EQ(facts->reasoning_effort, "medium");
  EXPECT_EQ(facts->prompt_cache_key, "0199-ab");
  EXPECT_FALSE(facts->has_json_schema);
  std::vector<std::pair<chat::Role, std::string>> messages;
  for (const chat::Message& message : facts->messages) {
    std::string text;
    for (const chat::Span& span : message.text) text += chat::unescape(body.view().substr(span.offset, span.length));
    messages.emplace_back(message.role, text);
  }
  using chat::Role;
  EXPECT_EQ(
      messages,
      (std::vector<std::pair<Role, std::string>>{
          {Role::system, "You are Codex.\n\"Quotes\" and 中文."},
          {Role::developer, "<permissions>"},
          {Role::user, "list files"},
          {Role::assistant, ""},
          {Role::tool, "a.txt\n"},
          {Role::assistant, ""},
          {Role::tool, "Done!"},
          {Role::assistant, "There is a.txt."},
          {Role::user, "and now?"}})
  );
  EXPECT_EQ(facts->messages[3].tool_calls, 1U);
  EXPECT_EQ(facts->messages[8].images, 1U);
}

TEST(ResponsesFacts, of_an_sdk) {
  const Body body(file("request_sdk.json"));
  const auto facts = responses::client().read(body.view());
  ASSERT_TRUE(facts) << facts.error().message;
  EXPECT_TRUE(facts->has_json_schema);
  EXPECT_TRUE(facts->has_response_format);
  EXPECT_EQ(facts->max_tokens, 200U);
  EXPECT_EQ(facts->user, "u-1");
  EXPECT_EQ(facts->images, 1U);
  ASSERT_NE(facts->find("unheard_of"), nullptr);
}

TEST(ResponsesFacts, the_instructions_come_first_wherever_they_stand) {
  const Body body(R"({"input":"ask","instructions":"be brief"})");
  const auto facts = responses::client().read(body.view());
  ASSERT_TRUE(facts);
  ASSERT_EQ(facts->messages.size(), 2U);
  EXPECT_EQ(facts->messages[0].role, chat::Role::system);
  EXPECT_EQ(facts->messages[1].role, chat::Role::user);
  EXPECT_EQ(facts->text_bytes, 11U);
}

TEST(ResponsesFacts, what_needs_a_memory_is_refused_and_null_is_nothing) {
  struct Case {
    const char* body;
    const char* param;
  };

  for (const Case& c : {
           Case{R"({"input":"a","previous_response_id":"resp_1"})", "previous_response_id"},
           Case{R"({"input":"a","conversation":"conv_1"})", "conversation"},
           Case{R"({"input":"a","conversation":{"id":"conv_1"}})", "conversation"},
           Case{R"({"input":"a","background":true})", "background"},
           Case{R"({"input":"a","store":true})", "store"},
           Case{R"({"input":"a","store":"yes"})", "store"},
           Case{R"({"input":"a","prompt":{"id":"pmpt_1"}})", "prompt"},
           Case{R"({"input":[{"type":"item_reference","id":"msg_1"}]})", "input[0]"},
           Case{R"({"prompt":{"id":"pmpt_1"}})", "prompt"},
       }) {
    const Body body(c.body);
    const auto facts = responses::client().read(body.view());
    ASSERT_FALSE(facts) << c.body;
    EXPECT_EQ(facts.error().code, Errc::invalid_request);
    EXPECT_EQ(facts.error().origin, Origin::client);
    EXPECT_EQ(facts.error().param, c.param) << facts.error().message;
    EXPECT_NE(facts.error().message.find(c.param), std::string::npos) << facts.error().message;
  }
  const Body body(
      R"({"input":"a","previous_response_id":null,"conversation":null,"background":false,"prompt":null,"store":null})"
  );
  EXPECT_TRUE(responses::client().read(body.view()));
}

TEST(ResponsesFacts, what_is_no_request) {
  struct Case {
    const char* body;
    const char* param;
  };

  for (const Case& c : {
           Case{"", ""},
           Case{"[]", ""},
           Case{"{}", "input"},
           Case{R"({"input":null})", "input"},
           Case{R"({"input":[]})", "input"},
           Case{R"({"input":5})", "input"},
           Case{R"({"input":[5]})", "input[0]"},
           Case{R"({"input":[{"role":"robot","content":5}]})", "input[0].content"},
           Case{R"({"input":[{"role":"user","content":[5]}]})", "input[0].content[0]"},
           Case{R"({"input":[{"role":"user","content":[{"text":"a"}]}]})", "input[0].content[0].type"},
           Case{R"({"input":"a","input":"b"})", "input"},
           Case{R"({"inp\u0075t":"a"})", "input"},
           Case{R"({"input":"a","stream":1})", "stream"},
           Case{R"({"input":"a","instructions":[]})", "instructions"},
           Case{R"({"input":"a","max_output_tokens":0})", "max_output_tokens"},
           Case{R"({"input":"a","max_output_tokens":"x"})", "max_output_tokens"},
           Case{R"({"input":"a"}x)", ""},
           Case{R"({"input":"a","x":nope})", ""},
           Case{R"({"input":"a","x":{"y":"\q"}})", ""},
           Case{R"({"input":[{"role":"user","content":"\q"}]})", ""},
           Case{R"({"input":[{"type":"function_call","arguments":"\q"}]})", ""},
           Case{R"({"input":"a","text":{"format":{"type":"json_schema","x":tru}}})", ""},
       }) {
    const Body body(c.body);
    const auto facts = responses::client().read(body.view());
    ASSERT_FALSE(facts) << c.body;
    EXPECT_EQ(facts.error().param, c.param) << c.body << ": " << facts.error().message;
    EXPECT_EQ(facts.error().origin, Origin::client);
  }
}

TEST(ResponsesFacts, a_truncated_body_is_refused_at_every_length) {
  for (const char* name : {"request_codex.json", "request_sdk.json"}) {
    const std::string text = file(name);
    for (std::size_t size = 0; size + 2 < text.size(); ++size) {
      const Body body(text.substr(0, size));
      EXPECT_FALSE(responses::client().read(body.view())) << size;
    }
  }
}

// Whatever a field holds, reading it ends in a conversation or in an error that says where.
TEST(ResponsesRead, any_value_anywhere_is_read_or_refused) {
  const std::vector<std::string> values{
      "null", "true", "5", "\"x\"", "[]", "{}", "[1]", R"([{"type":"x"}])", R"({"type":"function"})"};
  const std::vector<std::string> shapes{
      R"({"input":"a","tools":@})",
      R"({"input":"a","tools":[{"type":@,"name":"f"}]})",
      R"({"input":"a","tools":[{"type":"custom","name":"f","format":@}]})",
      R"({"input":"a","tool_choice":@})",
      R"({"input":"a","tool_choice":{"type":"allowed_tools","mode":@,"tools":@}})",
      R"({"input":"a","reasoning":@})",
      R"({"input":"a","reasoning":{"effort":@,"summary":@}})",
      R"({"input":"a","text":@})",
      R"({"input":"a","text":{"format":@,"verbosity":@}})",
      R"({"input":"a","include":@,"metadata":@,"user":@,"service_tier":@})",
      R"({"input":"a","temperature":@,"top_p":@,"top_logprobs":@,"truncation":@})",
      R"({"input":@})",
      R"({"input":[@]})",
      R"({"input":[{"role":"user","content":@}]})",
      R"({"input":[{"role":"user","content":[{"type":"input_image","image_url":@,"detail":@}]}]})",
      R"({"input":[{"role":"user","content":[{"type":"input_file","file_data":@,"filename":@}]}]})",
      R"({"input":[{"role":"user","content":[{"type":"input_audio","input_audio":@}]}]})",
      R"({"input":[{"type":"function_call","call_id":@,"name":@,"arguments":@}]})",
      R"({"input":[{"type":"function_call_output","call_id":"a","output":@}]})",
      R"({"input":[{"type":"custom_tool_call","call_id":"a","name":"b","input":@}]})",
      R"({"input":[{"type":"reasoning","summary":@,"content":@,"encrypted_content":@}]})",
      R"({"input":[{"type":"shell_call_output","call_id":"a","output":@}]})"};
  int accepted = 0;
  for (const std::string& shape : shapes) {
    for (const std::string& value : values) {
      std::string text = shape;
      for (std::size_t at = text.find('@'); at != std::string::npos; at = text.find('@')) text.replace(at, 1, value);
      const Body body(text);
      if (!responses::client().read(body.view())) continue;
      Keep keep;
      const auto conversation = responses::client().conversation(body.view(), keep);
      if (conversation) {
        ++accepted;
      } else {
        EXPECT_FALSE(conversation.error().param.empty()) << text << conversation.error().message;
      }
    }
  }
  EXPECT_GT(accepted, 40);
}

}  // namespace
}  // namespace gw::dialect::responses::test
