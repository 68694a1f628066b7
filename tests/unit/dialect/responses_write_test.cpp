// Requests for a Responses provider, from clients that speak something else.
#include "responses_support.hpp"
#include "strict_responses.hpp"

namespace gw::dialect::responses::test {
namespace {

Part text(Raw words) {
  Part part;
  part.text = words;
  return part;
}

Part part_of(Part::Kind kind) {
  Part part;
  part.kind = kind;
  return part;
}

Turn turn(Speaker speaker, std::vector<Part> parts, bool is_developer = false) {
  Turn out;
  out.speaker = speaker;
  out.is_developer = is_developer;
  out.parts = std::move(parts);
  return out;
}

Conversation asking() {
  Conversation conversation;
  conversation.turns.push_back(turn(Speaker::user, {text("hi")}));
  return conversation;
}

Result<Written> write(const Conversation& conversation) {
  return responses::dialect().write(conversation, {"gpt-5", some_provider});
}

// The body, which the service would take; with the names of what was dropped.
std::string body_of(const Conversation& conversation, const std::vector<std::string>& dropped = {}) {
  const auto written = write(conversation);
  EXPECT_TRUE(written) << (written ? "" : written.error().message);
  if (!written) return {};
  EXPECT_EQ(faults_of_responses_request(written->body), std::vector<std::string>{}) << written->body;
  EXPECT_EQ(written->dropped, dropped) << written->body;
  return written->body;
}

void expect_holds(const std::string& body, const std::string& part) {
  EXPECT_NE(body.find(part), std::string::npos) << body << "\nhas no " << part;
}

TEST(ResponsesWrite, the_least_request) {
  EXPECT_EQ(
      body_of(asking()),
      R"({"model":"gpt-5","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]}],"store":false})"
  );
}

TEST(ResponsesWrite, the_strict_service_can_refuse) {
  for (const char* body : {
           R"({"model":"m","input":[],"store":false})",
           R"({"model":"m","input":"hi"})",
           R"({"model":"m","input":"hi","store":false,"stop":["x"]})",
           R"({"model":"m","input":[{"role":"user","content":[{"type":"text","text":"x"}]}],"store":false})",
           R"({"model":"m","input":[{"type":"function_call_output","call_id":"a","output":""}],"store":false})",
           R"({"model":"m","input":"x","store":false,"max_output_tokens":3})",
           R"({"model":"m","input":"x","store":false,"tools":[{"type":"function","function":{"name":"f"}}]})",
           R"({"model":"m","input":"x","store":false,"text":{"format":{"type":"json_schema","json_schema":{}}}})",
           R"({"model":"m","input":"x","store":false,"reasoning":{"effort":"low"}})",
       }) {
    EXPECT_FALSE(faults_of_responses_request(body).empty()) << body;
  }
}

TEST(ResponsesWrite, all_that_the_system_said_first_is_the_instructions_and_what_it_said_later_stays_in_its_place) {
  Conversation conversation;
  conversation.turns.push_back(turn(Speaker::system, {text("one"), text("two")}));
  conversation.turns.push_back(turn(Speaker::system, {text("three \\\"q\\\"")}, true));
  conversation.turns.push_back(turn(Speaker::user, {text("hi")}));
  conversation.turns.push_back(turn(Speaker::system, {text("four")}, true));
  conversation.turns.push_back(turn(Speaker::system, {text("five")}));
  const std::string body = body_of(conversation);
  expect_holds(body, R"("instructions":"one\n\ntwo\n\nthree \"q\"","input":[)");
  expect_holds(body, R"({"type":"message","role":"developer","content":[{"type":"input_text","text":"four"}]})");
  expect_holds(body, R"({"type":"message","role":"system","content":[{"type":"input_text","text":"five"}]})");
}

TEST(ResponsesWrite, a_system_text_alone_is_the_input) {
  Conversation conversation;
  conversation.turns.push_back(turn(Speaker::system, {text("say hello")}));
  expect_holds(body_of(conversation), R"("input":[{"type":"message","role":"system")");
}

TEST(ResponsesWrite, images_and_files_in_every_form) {
  struct Case {
    Part part;
    const char* json;
  };

  Part url = part_of(Part::Kind::image);
  url.url = "https://e.org/a.png";
  url.detail = "low";
  Part inline_image = part_of(Part::Kind::image);
  inline_image.media_type = "image/jpeg";
  inline_image.data = "AAAA";
  Part stored = part_of(Part::Kind::image);
  stored.file_id = "file-1";
  Part pdf = part_of(Part::Kind::file);
  pdf.media_type = "application/pdf";
  pdf.data = "JVBE";
  pdf.name = "a.pdf";
  Part unnamed = pdf;
  unnamed.name = {};
  Part file_url = part_of(Part::Kind::file);
  file_url.url = "https://e.org/b.pdf";
  Part file_id = part_of(Part::Kind::file);
  file_id.file_id = "file-2";
  Part plain = part_of(Part::Kind::file);
  plain.media_type = "text/plain";
  plain.data = "the text\\n";
  for (const Case& c : {
           Case{url, R"({"type":"input_image","image_url":"https://e.org/a.png","detail":"low"})"},
           Case{inline_image, R"({"type":"input_image","image_url":"data:image/jpeg;base64,AAAA","detail":"auto"})"},
           Case{stored, R"({"type":"input_image","file_id":"file-1","detail":"auto"})"},
           Case{pdf, R"({"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,JVBE"})"},
           Case{unnamed, R"({"type":"input_file","filename":"document.pdf","file_data":"data:application/pdf;base64,)"},
           Case{file_url, R"({"type":"input_file","file_url":"https://e.org/b.pdf"})"},
           Case{file_id, R"({"type":"input_file","file_id":"file-2"})"},
           Case{plain, R"({"type":"input_text","text":"the text\n"})"},
       }) {
    Conversation conversation;
    conversation.turns.push_back(turn(Speaker::user, {text("look"), c.part}));
    expect_holds(body_of(conversation), c.json);
    // The same as the result of a call.
    Part call = part_of(Part::Kind::call);
    call.id = "c1";
    call.name = "f";
    Part result = part_of(Part::Kind::result);
    result.id = "c1";
    result.parts = {text("seen"), c.part};
    Conversation loop = asking();
    loop.turns.push_back(turn(Speaker::assistant, {call}));
    loop.turns.push_back(turn(Speaker::user, {result}));
    expect_holds(body_of(loop), R"("output":[{"type":"input_text","text":"seen"},)" + std::string(c.json));
  }
}

TEST(ResponsesWrite, an_agents_turn_in_its_order) {
  Part thought = part_of(Part::Kind::reasoning);
  thought.text = "hm";
  thought.proof = "gAAAAx";
  Part sealed = part_of(Part::Kind::reasoning);
  sealed.proof = "gAAAAy";
  sealed.is_sealed = true;
  Part call = part_of(Part::Kind::call);
  call.id = "toolu_1";
  call.name = "f";
  call.arguments.object = R"({"a": "b\n"})";
  Part other = part_of(Part::Kind::call);
  other.id = "toolu_2";
  other.name = "g";
  other.arguments.text = R"({\"x\":1})";
  Part result = part_of(Part::Kind::result);
  result.id = "toolu_1";
  result.parts = {text("done")};
  Part empty = part_of(Part::Kind::result);
  empty.id = "toolu_2";
  Conversation conversation = asking();
  conversation.turns.push_back(turn(Speaker::assistant, {thought, sealed, text("let me"), call, other}));
  conversation.turns.push_back(turn(Speaker::user, {result, empty, text("go on")}));
  Part refusal = part_of(Part::Kind::refusal);
  refusal.text = "no";
  conversation.turns.push_back(turn(Speaker::assistant, {refusal}));
  const std::string body = body_of(conversation);
  expect_holds(
      body,
      R"({"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}],"encrypted_content":"gAAAAx"},)"
      R"({"type":"reasoning","summary":[],"encrypted_content":"gAAAAy"},)"
      R"({"type":"message","role":"assistant","content":[{"type":"output_text","text":"let me"}]},)"
      R"({"type":"function_call","call_id":"toolu_1","name":"f","arguments":"{\"a\": \"b\\n\"}"},)"
      R"({"type":"function_call","call_id":"toolu_2","name":"g","arguments":"{\"x\":1}"},)"
      R"({"type":"function_call_output","call_id":"toolu_1","output":"done"},)"
      R"({"type":"function_call_output","call_id":"toolu_2","output":""},)"
      R"({"type":"message","role":"user","content":[{"type":"input_text","text":"go on"}]},)"
      R"({"type":"message","role":"assistant","content":[{"type":"refusal","refusal":"no"}]}])"
  );
  expect_holds(body, R"("include":["reasoning.encrypted_content"])");
}

TEST(ResponsesWrite, reasoning_that_another_vendor_signed_is_dropped) {
  Part thought = part_of(Part::Kind::reasoning);
  thought.text = "hm";
  thought.proof = "ErUBCkYIBRgC";
  Conversation conversation = asking();
  conversation.turns.push_back(turn(Speaker::assistant, {thought, text("a")}));
  conversation.turns.push_back(turn(Speaker::user, {text("b")}));
  const std::string body = body_of(conversation, {"reasoning of earlier turns"});
  EXPECT_EQ(body.find("hm"), std::string::npos);
  EXPECT_EQ(body.find("include"), std::string::npos);
}

TEST(ResponsesWrite, long_ids_of_calls_are_shortened_alike) {
  const std::string id(200, 'x');
  Part call = part_of(Part::Kind::call);
  call.id = id;
  call.name = "f";
  Part result = part_of(Part::Kind::result);
  result.id = id;
  Conversation conversation = asking();
  conversation.turns.push_back(turn(Speaker::assistant, {call}));
  conversation.turns.push_back(turn(Speaker::user, {result}));
  body_of(conversation);  // the strict service looks for the call of each result
}

TEST(ResponsesWrite, tools_are_flat_and_not_strict_unless_they_say_so) {
  Conversation conversation = asking();
  Tool tool;
  tool.name = "f";
  tool.description = "does";
  tool.schema = R"({"type":"object","properties":{"a":{}}})";
  conversation.tools.push_back(tool);
  tool = {};
  tool.name = "g";
  tool.is_strict = true;
  conversation.tools.push_back(tool);
  conversation.parallel_calls = false;
  expect_holds(
      body_of(conversation),
      R"("tools":[{"type":"function","name":"f","description":"does","parameters":{"type":"object","properties":{"a":{}}},"strict":false},)"
      R"({"type":"function","name":"g","parameters":{"type":"object","properties":{}},"strict":true}],"parallel_tool_calls":false)"
  );

  struct Case {
    ToolChoice choice;
    const char* json;
  };

  for (const Case& c : {
           Case{{ToolChoice::Kind::automatic, {}}, R"("tool_choice":"auto")"},
           Case{{ToolChoice::Kind::none, {}}, R"("tool_choice":"none")"},
           Case{{ToolChoice::Kind::required, {}}, R"("tool_choice":"required")"},
           Case{{ToolChoice::Kind::named, "g"}, R"("tool_choice":{"type":"function","name":"g"})"},
       }) {
    conversation.tool_choice = c.choice;
    expect_holds(body_of(conversation), c.json);
  }
  conversation.tools.clear();
  body_of(conversation);  // neither choice nor parallel calls without tools
}

TEST(ResponsesWrite, the_format_is_flat) {
  struct Case {
    AnswerFormat format;
    const char* json;
  };

  for (const Case& c : {
           Case{{AnswerFormat::Kind::text, {}, {}, {}, {}}, R"("text":{"format":{"type":"text"}})"},
           Case{{AnswerFormat::Kind::json_object, {}, {}, {}, {}}, R"("text":{"format":{"type":"json_object"}})"},
           Case{
               {AnswerFormat::Kind::json_schema, "n", "d", R"({"type":"object"})", true},
               R"("text":{"format":{"type":"json_schema","name":"n","description":"d","schema":{"type":"object"},"strict":true}})"},
           Case{
               {AnswerFormat::Kind::json_schema, {}, {}, R"({"type":"object"})", {}},
               R"("text":{"format":{"type":"json_schema","name":"answer","schema":{"type":"object"}}})"},
       }) {
    Conversation conversation = asking();
    conversation.format = c.format;
    expect_holds(body_of(conversation), c.json);
  }
  Conversation conversation = asking();
  conversation.verbosity = "low";
  expect_holds(body_of(conversation), R"("text":{"verbosity":"low"})");
}

TEST(ResponsesWrite, reasoning_by_effort_budget_and_summary) {
  struct Case {
    const char* name;
    Reasoning reasoning;
    const char* json;  // null = no member
    std::vector<std::string> dropped;
  };

  for (const Case& c : {
           Case{"effort", {{}, "high", {}, {}}, R"("reasoning":{"effort":"high"})", {}},
           Case{"off by OpenAI's word", {false, "none", {}, {}}, R"("reasoning":{"effort":"none"})", {}},
           Case{"summary", {{}, {}, {}, "auto"}, R"("reasoning":{"summary":"auto"})", {}},
           Case{"small budget", {true, {}, 1024, {}}, R"("reasoning":{"effort":"low"})", {}},
           Case{"budget", {true, {}, 8000, "auto"}, R"("reasoning":{"effort":"medium","summary":"auto"})", {}},
           Case{"large budget", {true, {}, 32000, {}}, R"("reasoning":{"effort":"high"})", {}},
           Case{"both", {true, "low", 32000, {}}, R"("reasoning":{"effort":"low"})", {}},
           Case{"off", {false, {}, {}, {}}, nullptr, {"reasoning off"}},
           Case{"on", {true, {}, {}, {}}, nullptr, {"reasoning on"}},
           Case{"unsaid", {}, nullptr, {}},
       }) {
    Conversation conversation = asking();
    conversation.reasoning = c.reasoning;
    const std::string body = body_of(conversation, c.dropped);
    if (c.json != nullptr) {
      expect_holds(body, c.json);
      expect_holds(body, R"("include":["reasoning.encrypted_content"])");
    } else {
      EXPECT_EQ(body.find("\"reasoning\":{"), std::string::npos) << c.name;
    }
  }
}

TEST(ResponsesWrite, the_other_members) {
  Conversation conversation = asking();
  conversation.is_stream = true;
  conversation.max_tokens = 100;
  conversation.temperature = "0.50";
  conversation.top_p = "1e0";
  conversation.logprobs = true;
  conversation.top_logprobs = 3;
  conversation.user = "u";
  conversation.cache_key = "k";
  conversation.service_tier = "flex";
  conversation.metadata = R"({"a":"b"})";
  const std::string body = body_of(conversation);
  expect_holds(body, R"("include":["message.output_text.logprobs"])");
  expect_holds(body, R"("max_output_tokens":100,"temperature":0.50,"top_p":1e0,"top_logprobs":3)");
  expect_holds(body, R"("user":"u","prompt_cache_key":"k","service_tier":"flex","metadata":{"a":"b"},"stream":true)");
}

TEST(ResponsesWrite, what_has_no_counterpart_is_dropped_by_name) {
  const std::string long_name(65, 'u');
  Conversation conversation = asking();
  conversation.top_k = "5";
  conversation.frequency_penalty = "1";
  conversation.presence_penalty = "1";
  conversation.seed = "7";
  conversation.logit_bias = R"({"1":2})";
  conversation.user = long_name;
  conversation.cache_key = long_name;
  conversation.service_tier = "standard_only";
  conversation.max_tokens = 4;
  conversation.turns.front().name = "Anna";
  conversation.turns.front().parts.front().cache_control = R"({"type":"ephemeral"})";
  Part picture = part_of(Part::Kind::image);
  picture.url = "https://e.org/a.png";
  conversation.turns.insert(conversation.turns.begin(), turn(Speaker::system, {text("s"), picture}));
  conversation.turns.push_back(turn(Speaker::assistant, {text("a"), picture}));
  Part call = part_of(Part::Kind::call);
  call.id = "c";
  call.name = "f";
  Part result = part_of(Part::Kind::result);
  result.id = "c";
  result.is_error = true;
  conversation.turns.push_back(turn(Speaker::assistant, {call}));
  conversation.turns.push_back(turn(Speaker::user, {result}));
  const std::string body = body_of(
      conversation,
      {"system content other than text",
       "name",
       "cache_control",
       "image of the assistant",
       "is_error",
       "max_tokens below 16",
       "user",
       "prompt_cache_key",
       "service_tier",
       "top_k",
       "frequency_penalty",
       "presence_penalty",
       "seed",
       "logit_bias"}
  );
  expect_holds(body, R"("max_output_tokens":16)");
}

TEST(ResponsesWrite, what_would_make_a_wrong_answer_is_refused) {
  std::vector<std::pair<const char*, Conversation>> cases;
  cases.emplace_back("'n'", asking());
  cases.back().second.choices = 2;
  cases.emplace_back("'stop'", asking());
  cases.back().second.stop.emplace_back("Observation:");
  cases.emplace_back("tool", asking());
  Tool tool;
  tool.builtin = R"({"type":"web_search_20250305","name":"web_search"})";
  cases.back().second.tools.push_back(tool);
  cases.emplace_back("audio", asking());
  cases.back().second.turns.front().parts.push_back(part_of(Part::Kind::audio));
  for (const auto& [what, conversation] : cases) {
    const auto written = write(conversation);
    ASSERT_FALSE(written) << what;
    EXPECT_EQ(written.error().code, Errc::unsupported_input);
    EXPECT_NE(written.error().message.find(what), std::string::npos) << written.error().message;
    EXPECT_NE(written.error().message.find("OpenAI Responses"), std::string::npos) << written.error().message;
  }
}

}  // namespace
}  // namespace gw::dialect::responses::test
