// Conversations as Gemini's requests: every member of a conversation, what is dropped and what is refused. Each body
// that is written is one that the service would take (strict_gemini.hpp).
#include "base/random.hpp"
#include "dialect/gemini/gemini.hpp"
#include "dialect/gemini/signature.hpp"
#include "strict_gemini.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace gw::dialect::test {
namespace {

using Kind = Part::Kind;

constexpr const char* second = "gemini-2.5-flash";
constexpr const char* second_pro = "gemini-2.5-pro";
constexpr const char* third = "gemini-3-flash-preview";
constexpr const char* third_pro = "gemini-3.1-pro-preview";
constexpr const char* old = "gemini-2.0-flash";

const config::Provider some_provider;

Result<Written> written(const Conversation& conversation, const char* model = third, std::uint64_t max_output = 0) {
  return gemini::dialect().write(conversation, {.model = model, .provider = some_provider, .max_output = max_output});
}

Part text(Raw raw) {
  Part part;
  part.text = raw;
  return part;
}

Part call(Raw id, Raw name, Raw arguments) {
  Part part;
  part.kind = Kind::call;
  part.id = id;
  part.name = name;
  part.arguments.text = arguments;
  return part;
}

Part result(Raw id, std::vector<Part> parts) {
  Part part;
  part.kind = Kind::result;
  part.id = id;
  part.parts = std::move(parts);
  return part;
}

Part reasoning(Raw raw, Raw proof) {
  Part part;
  part.kind = Kind::reasoning;
  part.text = raw;
  part.proof = proof;
  part.is_sealed = raw.empty();
  return part;
}

Part inline_data(Kind kind, Raw type, Raw data) {
  Part part;
  part.kind = kind;
  part.media_type = type;
  part.data = data;
  return part;
}

Turn user(std::vector<Part> parts) {
  Turn turn;
  turn.parts = std::move(parts);
  return turn;
}

Turn assistant(std::vector<Part> parts) {
  Turn turn = user(std::move(parts));
  turn.speaker = Speaker::assistant;
  return turn;
}

Turn system(Raw raw) {
  Turn turn = user({text(raw)});
  turn.speaker = Speaker::system;
  return turn;
}

Conversation said(std::vector<Turn> turns) {
  Conversation conversation;
  conversation.turns = std::move(turns);
  return conversation;
}

using Names = std::vector<std::string>;

TEST(GeminiWrite, contents) {
  struct Case {
    const char* name;
    std::vector<Turn> turns;
    const char* model;
    const char* wanted;
    Names dropped = {};
  };

  Part with_url;
  with_url.kind = Kind::image;
  with_url.url = "https://example.org/a.PNG?x=1";
  with_url.detail = "high";
  Part failed = result("c1", {text("no such city")});
  failed.is_error = true;
  Part pdf = inline_data(Kind::file, "application/pdf", "JVBERi0=");
  pdf.name = "a.pdf";
  Part signed_call = call("c1", "f", "{}");
  signed_call.proof = "gemini.U2ln";
  Part own_call = call("c1", "f", "{}");
  own_call.proof = "T3du";
  Part object_call = call("c1", "f", "");
  object_call.arguments = {R"({"city":"Paris"})", {}};
  Turn named = user({text("hi")});
  named.name = "ann";
  Part cached = text("hi");
  cached.cache_control = R"({"type":"ephemeral"})";

  for (const Case& c : {
           Case{"a question", {user({text("hi")})}, third, R"("contents":[{"role":"user","parts":[{"text":"hi"}]}]})"},
           Case{
               "escapes stay as they are",
               {user({text(R"(a\n\"b\" \u4f60)")})},
               third,
               R"("contents":[{"role":"user","parts":[{"text":"a\n\"b\" \u4f60"}]}]})"},
           Case{
               "system texts are one instruction, wherever they stood",
               {system("be brief"), user({text("hi")}), assistant({text("ho")}), system("be kind"), user({text("?")})},
               third,
               R"("systemInstruction":{"parts":[{"text":"be brief"},{"text":"be kind"}]},"contents":[{"role":"user","parts":[{"text":"hi"}]},{"role":"model","parts":[{"text":"ho"}]},{"role":"user","parts":[{"text":"?"}]}]})"},
           Case{
               "only a system text is a question",
               {system("say hi")},
               third,
               R"("contents":[{"role":"user","parts":[{"text":"say hi"}]}]})"},
           Case{
               "turns of one speaker are one content",
               {user({text("a")}), user({text("b"), text("")}), assistant({}), user({text("c")})},
               third,
               R"("contents":[{"role":"user","parts":[{"text":"a"},{"text":"b"},{"text":"c"}]}]})"},
           Case{
               "an image inside and one elsewhere",
               {user({inline_data(Kind::image, "image/webp", "UklGRg=="), with_url})},
               third,
               R"("contents":[{"role":"user","parts":[{"inlineData":{"mimeType":"image/webp","data":"UklGRg=="}},{"fileData":{"mimeType":"image/png","fileUri":"https://example.org/a.PNG?x=1"}}]}]})",
               {"detail"}},
           Case{
               "documents and sound",
               {user(
                   {pdf,
                    inline_data(Kind::file, "text/plain", "line\\n"),
                    inline_data(Kind::audio, "audio/wav", "UklG"),
                    inline_data(Kind::audio, "mp3", "SUQz")}
               )},
               second,
               R"("contents":[{"role":"user","parts":[{"inlineData":{"mimeType":"application/pdf","data":"JVBERi0="}},{"text":"line\n"},{"inlineData":{"mimeType":"audio/wav","data":"UklG"}},{"inlineData":{"mimeType":"audio/mp3","data":"SUQz"}}]}]})",
               {"filename"}},
           Case{
               "a call and its result, which finds its name",
               {user({text("?")}),
                assistant({text("let me see"), call("c1", "get_weather", R"({\"city\":\"\u676d\u5dde\"})")}),
                user({result("c1", {text("rain"), text("cold")})})},
               second,
               R"("contents":[{"role":"user","parts":[{"text":"?"}]},{"role":"model","parts":[{"text":"let me see"},{"functionCall":{"id":"c1","name":"get_weather","args":{"city":"杭州"}}}]},{"role":"user","parts":[{"functionResponse":{"id":"c1","name":"get_weather","response":{"output":"rain\ncold"}}}]}]})"},
           Case{
               "results of parallel calls are one content, what the user says with them another",
               {user({text("?")}),
                assistant({call("c1", "f", "{}"), call("c2", "g", "")}),
                user({failed}),
                user({result("c2", {}), text("go on")})},
               second,
               R"("contents":[{"role":"user","parts":[{"text":"?"}]},{"role":"model","parts":[{"functionCall":{"id":"c1","name":"f","args":{}}},{"functionCall":{"id":"c2","name":"g","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"id":"c1","name":"f","response":{"error":"no such city"}}},{"functionResponse":{"id":"c2","name":"g","response":{"output":""}}}]},{"role":"user","parts":[{"text":"go on"}]}]})"},
           Case{
               "an id twice means the latest call",
               {user({text("?")}),
                assistant({call("c", "f", "{}")}),
                user({result("c", {text("1")})}),
                assistant({call("c", "g", "{}")}),
                user({result("c", {text("2")})})},
               second,
               R"("contents":[{"role":"user","parts":[{"text":"?"}]},{"role":"model","parts":[{"functionCall":{"id":"c","name":"f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"id":"c","name":"f","response":{"output":"1"}}}]},{"role":"model","parts":[{"functionCall":{"id":"c","name":"g","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"id":"c","name":"g","response":{"output":"2"}}}]}]})"},
           Case{
               "arguments that are an object already",
               {user({text("?")}), assistant({object_call}), user({result("c1", {text("1")})})},
               second,
               R"("contents":[{"role":"user","parts":[{"text":"?"}]},{"role":"model","parts":[{"functionCall":{"id":"c1","name":"f","args":{"city":"Paris"}}}]},{"role":"user","parts":[{"functionResponse":{"id":"c1","name":"f","response":{"output":"1"}}}]}]})"},
           Case{
               "arguments that are no JSON are kept as a text",
               {user({text("?")}), assistant({call("c1", "f", R"({\"a\":)")}), user({result("c1", {text("1")})})},
               second,
               R"("contents":[{"role":"user","parts":[{"text":"?"}]},{"role":"model","parts":[{"functionCall":{"id":"c1","name":"f","args":{"arguments":"{\"a\":"}}}]},{"role":"user","parts":[{"functionResponse":{"id":"c1","name":"f","response":{"output":"1"}}}]}]})"},
           Case{
               "a signature goes back with its call",
               {user({text("?")}),
                assistant({signed_call, call("c2", "g", "{}")}),
                user({result("c1", {text("1")}), result("c2", {text("2")})})},
               third,
               R"("contents":[{"role":"user","parts":[{"text":"?"}]},{"role":"model","parts":[{"functionCall":{"id":"c1","name":"f","args":{}},"thoughtSignature":"U2ln"},{"functionCall":{"id":"c2","name":"g","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"id":"c1","name":"f","response":{"output":"1"}}},{"functionResponse":{"id":"c2","name":"g","response":{"output":"2"}}}]}]})"},
           Case{
               "a call's signature without our mark is the service's own",
               {user({text("?")}), assistant({own_call}), user({result("c1", {text("1")})})},
               third,
               R"("contents":[{"role":"user","parts":[{"text":"?"}]},{"role":"model","parts":[{"functionCall":{"id":"c1","name":"f","args":{}},"thoughtSignature":"T3du"}]},{"role":"user","parts":[{"functionResponse":{"id":"c1","name":"f","response":{"output":"1"}}}]}]})"},
           Case{
               "a foreign call of the current turn says so, the first of its step only",
               {user({text("?")}),
                assistant({call("c1", "f", "{}")}),
                user({result("c1", {text("1")})}),
                user({text("and?")}),
                assistant({call("c2", "f", "{}"), call("c3", "f", "{}")}),
                user({result("c2", {text("2")}), result("c3", {text("3")})}),
                assistant({call("c4", "f", "{}")}),
                user({result("c4", {text("4")})})},
               third,
               R"("contents":[{"role":"user","parts":[{"text":"?"}]},{"role":"model","parts":[{"functionCall":{"id":"c1","name":"f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"id":"c1","name":"f","response":{"output":"1"}}}]},{"role":"user","parts":[{"text":"and?"}]},{"role":"model","parts":[{"functionCall":{"id":"c2","name":"f","args":{}},"thoughtSignature":"skip_thought_signature_validator"},{"functionCall":{"id":"c3","name":"f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"id":"c2","name":"f","response":{"output":"2"}}},{"functionResponse":{"id":"c3","name":"f","response":{"output":"3"}}}]},{"role":"model","parts":[{"functionCall":{"id":"c4","name":"f","args":{}},"thoughtSignature":"skip_thought_signature_validator"}]},{"role":"user","parts":[{"functionResponse":{"id":"c4","name":"f","response":{"output":"4"}}}]}]})"},
           Case{
               "thoughts go back with our signature, others' do not",
               {user({text("?")}),
                assistant(
                    {reasoning("hm", "gemini.U2ln"),
                     reasoning("hm", "Q2xhdWRl"),
                     reasoning("hm", ""),
                     text("42"),
                     reasoning("", "gemini.VGV4dA=="),
                     reasoning("", "gemini.TW9yZQ=="),
                     reasoning("", "c2VhbGVk")}
                ),
                user({text("why?")})},
               third,
               R"("contents":[{"role":"user","parts":[{"text":"?"}]},{"role":"model","parts":[{"text":"hm","thought":true,"thoughtSignature":"U2ln"},{"text":"42","thoughtSignature":"VGV4dA=="},{"text":"","thoughtSignature":"TW9yZQ=="}]},{"role":"user","parts":[{"text":"why?"}]}]})",
               {"reasoning"}},
           Case{
               "a media result stands inside of it",
               {user({text("?")}),
                assistant({signed_call}),
                user({result("c1", {text("see"), inline_data(Kind::image, "image/png", "iVBO")})})},
               third,
               R"("contents":[{"role":"user","parts":[{"text":"?"}]},{"role":"model","parts":[{"functionCall":{"id":"c1","name":"f","args":{}},"thoughtSignature":"U2ln"}]},{"role":"user","parts":[{"functionResponse":{"id":"c1","name":"f","response":{"output":"see"},"parts":[{"inlineData":{"mimeType":"image/png","data":"iVBO"}}]}}]}]})"},
           Case{
               "and for older models behind all results",
               {user({text("?")}),
                assistant({call("c1", "f", "{}"), call("c2", "g", "{}")}),
                user({result("c1", {inline_data(Kind::image, "image/png", "iVBO")})}),
                user({result("c2", {text("2")})})},
               second,
               R"("contents":[{"role":"user","parts":[{"text":"?"}]},{"role":"model","parts":[{"functionCall":{"id":"c1","name":"f","args":{}}},{"functionCall":{"id":"c2","name":"g","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"id":"c1","name":"f","response":{"output":""}}},{"functionResponse":{"id":"c2","name":"g","response":{"output":"2"}}}]},{"role":"user","parts":[{"inlineData":{"mimeType":"image/png","data":"iVBO"}}]}]})"},
           Case{
               "names of users and cache marks are left out",
               {named, user({cached})},
               third,
               R"("contents":[{"role":"user","parts":[{"text":"hi"},{"text":"hi"}]}]})",
               {"name", "cache_control"}},
       }) {
    const Result<Written> body = written(said(c.turns), c.model);
    ASSERT_TRUE(body) << c.name << ": " << body.error().message;
    EXPECT_EQ(body->body, "{" + std::string(c.wanted)) << c.name;
    EXPECT_EQ(body->dropped, c.dropped) << c.name;
    EXPECT_EQ(strict_gemini(body->body, c.model), "") << c.name << "\n" << body->body;
  }
}

TEST(GeminiWrite, a_signature_that_was_kept_before_its_call_goes_back_with_it_and_not_with_a_text) {
  const Part kept = reasoning("", "gemini.call.U2ln");
  const Result<Written> body = written(
      said({user({text("?")}), assistant({text("hm"), kept, call("c1", "f", "{}")}), user({result("c1", {text("1")})})}
      ),
      third
  );
  ASSERT_TRUE(body);
  const std::string wanted =
      R"({"text":"hm"},{"functionCall":{"id":"c1","name":"f","args":{}},"thoughtSignature":"U2ln"}])";
  EXPECT_NE(body->body.find(wanted), std::string::npos) << body->body;
  EXPECT_TRUE(body->dropped.empty());
}

using Change = std::function<void(Conversation&)>;

Conversation question() {
  return said({user({text("hi")})});
}

Tool tool(Raw name, JsonText schema) {
  Tool out;
  out.name = name;
  out.schema = schema;
  return out;
}

constexpr JsonText schema = R"({"type":"object","properties":{"a":{"$ref":"#/$defs/x"}},"additionalProperties":false})";

TEST(GeminiWrite, settings) {
  struct Case {
    const char* name;
    Change change;
    const char* model;
    const char* wanted;  // behind the contents
    Names dropped = {};
  };

  for (const Case& c : {
           Case{"nothing", [](Conversation&) {}, third, "}"},
           Case{
               "sampling as it was written",
               [](Conversation& a) {
                 a.max_tokens = 100;
                 a.temperature = "0.70";
                 a.top_p = "1e-1";
                 a.top_k = "40";
                 a.presence_penalty = "-0.5";
                 a.frequency_penalty = "1";
                 a.seed = "-7";
               },
               third,
               R"(,"generationConfig":{"maxOutputTokens":100,"temperature":0.70,"topP":1e-1,"topK":40,"presencePenalty":-0.5,"frequencyPenalty":1,"seed":-7}})"},
           Case{"a seed of 64 bits is none here", [](Conversation& a) { a.seed = "2147483648"; }, third, "}", {"seed"}},
           Case{
               "several answers and stops",
               [](Conversation& a) {
                 a.choices = 3;
                 a.stop = {"END", R"(\n\n)"};
               },
               third,
               R"(,"generationConfig":{"candidateCount":3,"stopSequences":["END","\n\n"]}})"},
           Case{
               "logprobs",
               [](Conversation& a) {
                 a.logprobs = true;
                 a.top_logprobs = 5;
               },
               second,
               R"(,"generationConfig":{"responseLogprobs":true,"logprobs":5}})"},
           Case{
               "a JSON object",
               [](Conversation& a) { a.format.kind = AnswerFormat::Kind::json_object; },
               second,
               R"(,"generationConfig":{"responseMimeType":"application/json"}})"},
           Case{
               "a JSON schema as it is",
               [](Conversation& a) {
                 a.format.kind = AnswerFormat::Kind::json_schema;
                 a.format.schema = schema;
               },
               second,
               R"(,"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":{"type":"object","properties":{"a":{"$ref":"#/$defs/x"}},"additionalProperties":false}}})"},
           Case{
               "tools with their schemas as they are",
               [](Conversation& a) {
                 a.tools = {tool("f", schema), tool("g", "")};
                 a.tools[1].description = R"(does \"g\")";
                 a.tools[1].is_strict = true;
               },
               second,
               R"(,"tools":[{"functionDeclarations":[{"name":"f","parametersJsonSchema":{"type":"object","properties":{"a":{"$ref":"#/$defs/x"}},"additionalProperties":false}},{"name":"g","description":"does \"g\""}]}]})",
               {"strict"}},
           Case{
               "tools and a JSON format together, where that can be",
               [](Conversation& a) {
                 a.tools = {tool("f", "")};
                 a.format.kind = AnswerFormat::Kind::json_object;
               },
               third,
               R"(,"tools":[{"functionDeclarations":[{"name":"f"}]}],"generationConfig":{"responseMimeType":"application/json"}})"},
           Case{
               "a choice of tools: automatic",
               [](Conversation& a) {
                 a.tools = {tool("f", "")};
                 a.tool_choice.kind = ToolChoice::Kind::automatic;
               },
               third,
               R"(,"tools":[{"functionDeclarations":[{"name":"f"}]}],"toolConfig":{"functionCallingConfig":{"mode":"AUTO"}}})"},
           Case{
               "a choice of tools: none",
               [](Conversation& a) {
                 a.tools = {tool("f", "")};
                 a.tool_choice.kind = ToolChoice::Kind::none;
               },
               third,
               R"(,"tools":[{"functionDeclarations":[{"name":"f"}]}],"toolConfig":{"functionCallingConfig":{"mode":"NONE"}}})"},
           Case{
               "a choice of tools: any",
               [](Conversation& a) {
                 a.tools = {tool("f", "")};
                 a.tool_choice.kind = ToolChoice::Kind::required;
               },
               third,
               R"(,"tools":[{"functionDeclarations":[{"name":"f"}]}],"toolConfig":{"functionCallingConfig":{"mode":"ANY"}}})"},
           Case{
               "a choice of tools: this one",
               [](Conversation& a) {
                 a.tools = {tool("f", ""), tool("g", "")};
                 a.tool_choice = {ToolChoice::Kind::named, "g"};
               },
               third,
               R"(,"tools":[{"functionDeclarations":[{"name":"f"},{"name":"g"}]}],"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["g"]}}})"},
           Case{
               "a choice among no tools is none",
               [](Conversation& a) { a.tool_choice.kind = ToolChoice::Kind::automatic; },
               third,
               "}"},
           Case{"tier flex", [](Conversation& a) { a.service_tier = "flex"; }, third, R"(,"serviceTier":"flex"})"},
           Case{
               "tier default",
               [](Conversation& a) { a.service_tier = "default"; },
               third,
               R"(,"serviceTier":"standard"})"},
           Case{"tier auto", [](Conversation& a) { a.service_tier = "auto"; }, third, "}"},
           Case{"tier scale", [](Conversation& a) { a.service_tier = "scale"; }, third, "}", {"service_tier"}},
           Case{
               "what it has no word for",
               [](Conversation& a) {
                 a.parallel_calls = false;
                 a.logit_bias = R"({"50256":-100})";
                 a.user = "u1";
                 a.cache_key = "k";
                 a.verbosity = "low";
                 a.metadata = R"({"a":"b"})";
               },
               third,
               "}",
               {"parallel_tool_calls", "logit_bias", "user", "prompt_cache_key", "verbosity", "metadata"}},
           Case{"parallel calls are what it does", [](Conversation& a) { a.parallel_calls = true; }, third, "}"},
       }) {
    Conversation asked = question();
    c.change(asked);
    const Result<Written> body = written(asked, c.model);
    ASSERT_TRUE(body) << c.name << ": " << body.error().message;
    EXPECT_EQ(body->body, R"({"contents":[{"role":"user","parts":[{"text":"hi"}]}])" + std::string(c.wanted)) << c.name;
    EXPECT_EQ(body->dropped, c.dropped) << c.name;
    EXPECT_EQ(strict_gemini(body->body, c.model), "") << c.name << "\n" << body->body;
  }
}

TEST(GeminiWrite, an_answer_is_never_asked_to_be_longer_than_the_model_can) {
  Conversation asked = question();
  asked.max_tokens = 100000;
  EXPECT_NE(written(asked, third, 65536)->body.find(R"("maxOutputTokens":65536)"), std::string::npos);
  EXPECT_NE(written(asked, third, 0)->body.find(R"("maxOutputTokens":100000)"), std::string::npos);
}

TEST(GeminiWrite, thinking) {
  struct Case {
    const char* name;
    Reasoning reasoning;
    const char* model;
    const char* wanted;  // thinkingConfig
    Names dropped = {};
  };

  const auto effort = [](Raw name) {
    Reasoning out;
    out.effort = name;
    return out;
  };
  const auto budget = [](std::uint64_t tokens) {
    Reasoning out;
    out.is_on = true;
    out.budget = tokens;
    return out;
  };
  Reasoning off;
  off.is_on = false;
  Reasoning on;
  on.is_on = true;
  Reasoning shown = effort("high");
  shown.summary = "auto";
  Reasoning hidden = effort("low");
  hidden.summary = "none";

  for (const Case& c : {
           Case{"unsaid", {}, third, ""},
           Case{"low", effort("low"), third, R"({"thinkingLevel":"LOW"})"},
           Case{"low", effort("low"), second, R"({"thinkingBudget":1024})"},
           Case{"medium", effort("medium"), third_pro, R"({"thinkingLevel":"MEDIUM"})"},
           Case{"medium", effort("medium"), second_pro, R"({"thinkingBudget":8192})"},
           Case{"high", effort("high"), third, R"({"thinkingLevel":"HIGH"})"},
           Case{"high", effort("high"), second, R"({"thinkingBudget":24576})"},
           Case{"xhigh", effort("xhigh"), third, R"({"thinkingLevel":"HIGH"})"},
           Case{"minimal", effort("minimal"), third, R"({"thinkingLevel":"MINIMAL"})"},
           Case{"minimal", effort("minimal"), third_pro, R"({"thinkingLevel":"LOW"})"},
           Case{"minimal", effort("minimal"), "gemini-3.8-flash", R"({"thinkingLevel":"LOW"})"},
           Case{"minimal", effort("minimal"), "models/gemini-3.1-flash-lite", R"({"thinkingLevel":"MINIMAL"})"},
           Case{"minimal", effort("minimal"), "gemini-flash-latest", R"({"thinkingLevel":"LOW"})"},
           Case{"minimal", effort("minimal"), second, R"({"thinkingBudget":1024})"},
           Case{"none", effort("none"), third, R"({"thinkingLevel":"MINIMAL"})"},
           Case{"none", effort("none"), second, R"({"thinkingBudget":0})"},
           Case{"none cannot be of a large one", effort("none"), second_pro, R"({"thinkingBudget":128})"},
           Case{"off", off, second, R"({"thinkingBudget":0})"},
           Case{"off", off, third_pro, R"({"thinkingLevel":"LOW"})"},
           Case{"on", on, third, R"({"includeThoughts":true})"},
           Case{"a budget", budget(5000), second, R"({"thinkingBudget":5000,"includeThoughts":true})"},
           Case{"a large budget", budget(60000), second, R"({"thinkingBudget":24576,"includeThoughts":true})"},
           Case{"a large budget", budget(60000), second_pro, R"({"thinkingBudget":32768,"includeThoughts":true})"},
           Case{"a budget as a level", budget(1024), third, R"({"thinkingLevel":"LOW","includeThoughts":true})"},
           Case{"a budget as a level", budget(8000), third, R"({"thinkingLevel":"MEDIUM","includeThoughts":true})"},
           Case{"a budget as a level", budget(32000), third, R"({"thinkingLevel":"HIGH","includeThoughts":true})"},
           Case{"shown", shown, third, R"({"thinkingLevel":"HIGH","includeThoughts":true})"},
           Case{"not shown", hidden, third, R"({"thinkingLevel":"LOW"})"},
           Case{"a new word", effort("heroic"), third, "{}", {"reasoning_effort"}},
           Case{"a model that does not think", effort("high"), old, "", {"reasoning"}},
           Case{"a model that does not think", off, old, ""},
       }) {
    Conversation asked = question();
    asked.reasoning = c.reasoning;
    const Result<Written> body = written(asked, c.model);
    ASSERT_TRUE(body) << c.name;
    const std::string config =
        *c.wanted == '\0' ? "" : R"(,"generationConfig":{"thinkingConfig":)" + std::string(c.wanted) + "}";
    EXPECT_EQ(body->body, R"({"contents":[{"role":"user","parts":[{"text":"hi"}]}])" + config + "}")
        << c.name << c.model;
    EXPECT_EQ(body->dropped, c.dropped) << c.name << " " << c.model;
    EXPECT_EQ(strict_gemini(body->body, c.model), "") << c.name << "\n" << body->body;
  }
}

TEST(GeminiWrite, what_would_be_missed_is_refused) {
  struct Case {
    const char* name;
    Change change;
    const char* param;
  };

  for (const Case& c : {
           Case{"nine answers", [](Conversation& a) { a.choices = 9; }, "n"},
           Case{
               "six stops",
               [](Conversation& a) {
                 a.stop = {"1", "2", "3", "4", "5", "6"};
               },
               "stop"},
           Case{
               "another's tool",
               [](Conversation& a) { a.tools.emplace_back().builtin = R"({"type":"web_search"})"; },
               "tools"},
           Case{
               "tools and a format with an older model",
               [](Conversation& a) {
                 a.tools = {tool("f", "")};
                 a.format.kind = AnswerFormat::Kind::json_schema;
               },
               "response_format"},
           Case{
               "another's file",
               [](Conversation& a) {
                 a.turns[0].parts.push_back(text(""));
                 a.turns[0].parts.back().kind = Kind::file;
                 a.turns[0].parts.back().file_id = "file-1";
               },
               "messages"},
           Case{
               "an image of nothing",
               [](Conversation& a) { a.turns[0].parts.push_back(inline_data(Kind::image, "image/png", "")); },
               "messages"},
           Case{
               "a result without its call",
               [](Conversation& a) { a.turns.push_back(user({result("c9", {text("1")})})); },
               "messages"},
           Case{
               "twenty-one top_logprobs",
               [](Conversation& a) {
                 a.logprobs = true;
                 a.top_logprobs = 21;
               },
               "top_logprobs"},
       }) {
    Conversation asked = question();
    c.change(asked);
    const Result<Written> body = written(asked, second);
    ASSERT_FALSE(body) << c.name << body->body;
    EXPECT_EQ(body.error().code, Errc::unsupported_input) << c.name;
    EXPECT_EQ(body.error().retry, Retry::elsewhere) << c.name;
    EXPECT_EQ(body.error().param, c.param) << c.name;
    EXPECT_TRUE(body.error().message.starts_with("gemini: ")) << body.error().message;
  }
}

// --- At random -------------------------------------------------------------------------------------------------------

Part random_user_part(Random& random) {
  switch (random.below(5)) {
    case 0:
      return inline_data(Kind::image, "image/png", "iVBORw0KGgo=");
    case 1:
      return inline_data(Kind::file, random.below(2) == 0 ? "text/plain" : "application/pdf", "QUJD");
    case 2: {
      Part part;
      part.kind = Kind::image;
      part.url = "https://example.org/x.jpg";
      return part;
    }
    case 3:
      return text("");
    default:
      return text(R"(say \"hi\"\n\u4f60)");
  }
}

// Calls, if any, are answered at once: other conversations are refused by everybody.
void add_exchange(Random& random, std::vector<Turn>& turns, int& calls) {
  std::vector<Part> user_parts{text("?")};
  for (std::uint32_t i = random.below(3); i != 0; --i) user_parts.push_back(random_user_part(random));
  turns.push_back(user(std::move(user_parts)));
  if (random.below(5) == 0) turns.push_back(system("note"));
  constexpr std::array<Raw, 4> proofs{"", "gemini.U2ln", "Q2xhdWRl", "gemini.QQ=="};
  for (std::uint32_t steps = random.below(3); steps != 0; --steps) {
    Turn model = assistant({});
    if (random.below(2) == 0) model.parts.push_back(reasoning("hm", proofs.at(random.below(4))));
    if (random.below(2) == 0) model.parts.push_back(text("let me see"));
    if (random.below(2) == 0) model.parts.push_back(reasoning("", proofs.at(random.below(4))));
    std::vector<Part> results;
    static const std::vector<std::string> ids{"c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9"};
    constexpr std::array<Raw, 5> arguments{"", "{}", R"({\"a\":[1,2]})", "[1]", R"({\"a\")"};
    for (std::uint32_t i = 1 + random.below(3); i != 0; --i) {
      const Raw id = ids[static_cast<std::size_t>(calls++ % 10)];
      model.parts.push_back(call(id, "get_weather", arguments.at(random.below(5))));
      model.parts.back().proof = random.below(3) == 0 ? Raw("gemini.U2ln") : Raw{};
      results.push_back(result(id, {text("1"), random_user_part(random)}));
      results.back().is_error = random.below(3) == 0;
    }
    turns.push_back(std::move(model));
    if (random.below(2) == 0) {
      turns.push_back(user(std::move(results)));
    } else {
      for (Part& one : results) turns.push_back(user({std::move(one)}));
    }
  }
  if (random.below(2) == 0) turns.push_back(assistant({text("there"), reasoning("", "gemini.U2ln")}));
}

Conversation random_conversation(Random& random, bool may_have_format) {
  Conversation out;
  int calls = 0;
  if (random.below(2) == 0) out.turns.push_back(system("be brief"));
  for (std::uint32_t i = 1 + random.below(4); i != 0; --i) add_exchange(random, out.turns, calls);
  const auto coin = [&] { return random.below(2) == 0; };
  if (coin()) out.tools = {tool("get_weather", coin() ? schema : JsonText{})};
  if (coin()) out.tool_choice = {static_cast<ToolChoice::Kind>(random.below(5)), "get_weather"};
  if (coin() && may_have_format) out.format.kind = AnswerFormat::Kind::json_schema;
  out.format.schema = schema;
  if (coin()) out.max_tokens = 1 + random.below(5000);
  if (coin()) out.temperature = "1.5";
  if (coin()) out.seed = "99999999999";
  if (coin()) out.stop = {"a", "b"};
  if (coin()) out.reasoning.effort = coin() ? Raw("low") : Raw("none");
  if (coin()) out.reasoning.is_on = coin();
  if (coin()) out.reasoning.budget = 2000 + random.below(60000);
  if (coin()) out.service_tier = "priority";
  if (coin()) out.logprobs = true;
  out.choices = 1 + random.below(8);
  return out;
}

TEST(GeminiWrite, every_body_is_one_that_the_service_takes) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    Random random(seed);
    constexpr std::array<const char*, 5> models{old, second, second_pro, third, third_pro};
    const char* const model = models.at(random.below(models.size()));
    const bool is_third = std::string_view(model).starts_with("gemini-3");
    const Conversation asked = random_conversation(random, is_third);
    const Result<Written> body = written(asked, model);
    ASSERT_TRUE(body) << seed << ": " << body.error().message;
    ASSERT_EQ(strict_gemini(body->body, model), "") << "seed " << seed << " " << model << "\n" << body->body;
  }
}

TEST(GeminiStrict, refuses_what_the_service_refuses) {
  const std::string contents = R"("contents":[{"role":"user","parts":[{"text":"a"}]}])";
  for (const std::string& body : {
           std::string("{"),
           std::string("{}"),
           std::string(R"({"contents":[]})"),
           "{" + contents + R"(,"model":"m"})",
           "{" + contents + "," + contents + "}",
           "{" + contents + R"(,"generationConfig":{"max_tokens":1}})",
           "{" + contents + R"(,"generationConfig":{"seed":2147483648}})",
           "{" + contents + R"(,"generationConfig":{"thinkingConfig":{"thinkingLevel":"LOW","thinkingBudget":1}}})",
           "{" + contents + R"(,"toolConfig":{"functionCallingConfig":{"mode":"AUTO"}}})",
           "{" + contents + R"(,"tools":[{"functionDeclarations":[{"name":"1"}]}]})",
           "{" + contents + R"(,"tools":[{"functionDeclarations":[{"name":"f","parameters":{}}]}]})",
           std::string(R"({"contents":[{"role":"assistant","parts":[{"text":"a"}]}]})"),
           std::string(R"({"contents":[{"role":"user","parts":[{"text":""}]}]})"),
           std::string(
               R"({"contents":[{"role":"user","parts":[{"text":"a","inlineData":{"mimeType":"a/b","data":"QQ=="}}]}]})"
           ),
           std::string(
               R"({"contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":[]},"thoughtSignature":"QQ=="}]}]})"
           ),
           std::string(
               R"({"contents":[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"functionCall":{"name":"f"}}]}]})"
           ),
           std::string(
               R"({"contents":[{"role":"model","parts":[{"functionCall":{"name":"f"},"thoughtSignature":"QQ=="}]},{"role":"user","parts":[{"text":"a"}]}]})"
           ),
           std::string(R"({"contents":[{"role":"model","parts":[{"text":"a","thoughtSignature":"gemini.QQ=="}]}]})"),
       }) {
    EXPECT_NE(strict_gemini(body, third), "") << body;
  }
  EXPECT_EQ(strict_gemini("{" + contents + "}", third), "");
}

}  // namespace
}  // namespace gw::dialect::test
