// A chat client's request as every dialect sees it, member by member.
#include "openai_support.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gw::dialect::test {
namespace {

struct Case {
  const char* name;
  std::string body;  // members beside messages, or the messages themselves
  std::string text;
};

std::string with(const std::string& members) {
  return R"({"model":"m","messages":[{"role":"user","content":"hi"}],)" + members + "}";
}

TEST(ChatRequestRead, every_parameter_has_its_place) {
  for (const Case& c : {
           Case{"stream", R"("stream":true,"stream_options":{"include_usage":true})", "stream true\nusage true\n"},
           Case{"no usage", R"("stream":true,"stream_options":{"include_usage":false})", "stream true\nusage false\n"},
           Case{"stream options of ours alone", R"("stream_options":{"include_obfuscation":false})", ""},
           Case{"max tokens", R"("max_tokens":5)", "max 5\n"},
           Case{"the newer name counts", R"("max_completion_tokens":7,"max_tokens":5)", "max 7\n"},
           Case{"the newer name counts, last", R"("max_tokens":5,"max_completion_tokens":7)", "max 7\n"},
           Case{"one stop", R"("stop":"END\n")", "stop END\\n\n"},
           Case{"stops", R"("stop":["a","b"])", "stop a\nstop b\n"},
           Case{"no stops", R"("stop":[])", ""},
           Case{
               "sampling",
               R"("temperature":0.70,"top_p":1e-1,"top_k":40,"frequency_penalty":-2,"presence_penalty":1,"seed":42)",
               "temperature 0.70\ntop_p 1e-1\ntop_k 40\nfrequency -2\npresence 1\nseed 42\n"},
           Case{"bias", R"("logit_bias":{ "5": -100 })", "bias { \"5\": -100 }\n"},
           Case{"logprobs", R"("logprobs":true,"top_logprobs":3)", "logprobs true\ntop_logprobs 3\n"},
           Case{"choices", R"("n":3)", "choices 3\n"},
           Case{"effort", R"("reasoning_effort":"high")", "effort high\n"},
           Case{"no effort", R"("reasoning_effort":"none")", "thinks false\n"},
           Case{"thinking", R"("thinking":{"type":"enabled","budget_tokens":2048})", "thinks true\nbudget 2048\n"},
           Case{"no thinking", R"("thinking":{"type":"disabled"})", "thinks false\n"},
           Case{"thinking, DashScope", R"("enable_thinking":true,"thinking_budget":100)", "thinks true\nbudget 100\n"},
           Case{
               "reasoning, OpenRouter",
               R"("reasoning":{"effort":"low","max_tokens":9,"enabled":true,"summary":"auto"})",
               "thinks true\neffort low\nbudget 9\nsummary auto\n"},
           Case{"who", R"("user":"u")", "who u\n"},
           Case{"who, the newer name", R"("safety_identifier":"s","user":"u")", "who s\n"},
           Case{
               "hints",
               R"("prompt_cache_key":"k","service_tier":"flex","verbosity":"low","metadata":{"a":"b"})",
               "cache_key k\ntier flex\nverbosity low\nmetadata {\"a\":\"b\"}\n"},
           Case{
               "nulls say nothing",
               R"("stop":null,"n":null,"tools":null,"temperature":null,"user":null,"response_format":null,"x":null)",
               ""},
           Case{"text format", R"("response_format":{"type":"text"})", "format text\n"},
           Case{"json format", R"("response_format":{"type":"json_object"})", "format json_object\n"},
           Case{
               "schema",
               R"("response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"type":"object"},"description":"d"}})",
               "format json_schema name=n description=d schema={\"type\":\"object\"} strict=true\n"},
           Case{
               "tools",
               R"("tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":false},"cache_control":{"type":"ephemeral"}}])",
               "tool name=f description=d schema={\"type\":\"object\"} strict=false cache={\"type\":\"ephemeral\"}\n"},
           Case{"a tool without parameters", R"("tools":[{"function":{"name":"f"}}])", "tool name=f\n"},
           Case{
               "a tool of its own kind",
               R"("tools":[{"custom":{"name":"x"},"type":"custom"},{"type":"function","function":{"name":"f"}}])",
               "tool builtin={\"custom\":{\"name\":\"x\"},\"type\":\"custom\"}\ntool name=f\n"},
           Case{
               "functions",
               R"("functions":[{"name":"f","parameters":{}}],"function_call":{"name":"f"})",
               "tool name=f schema={}\nchoice namedf\n"},
           Case{"function call", R"("function_call":"none")", "choice none\n"},
           Case{
               "choice",
               R"("tool_choice":"required","parallel_tool_calls":false)",
               "choice required\nparallel false\n"},
           Case{"choice by name", R"("tool_choice":{"type":"function","function":{"name":"f"}})", "choice namedf\n"},
           Case{
               "allowed tools",
               R"("tools":[{"function":{"name":"f"}},{"function":{"name":"g"}}],"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"g"}}]}})",
               "tool name=g\nchoice required\n"},
           Case{"text only", R"("modalities":["text"],"audio":{"voice":"v"},"store":false)", ""},
           Case{
               "left out",
               R"("prediction":{"type":"content"},"store":true,"prompt_cache_retention":"24h","stream_options":{"x":1})",
               "left prediction\nleft store\nleft prompt_cache_retention\nleft stream_options.x\n"},
           Case{"a key with escapes", R"("pre\u0064iction":1)", "left prediction\n"},
       }) {
    EXPECT_EQ(conversation_text(with(c.body)), "user\n  text text=hi\n" + c.text) << c.name;
  }
}

TEST(ChatRequestRead, every_message_has_its_turn) {
  for (const Case& c : {
           Case{
               "roles",
               R"({"role":"system","content":"s"},{"role":"developer","content":"d"},{"content":"u","role":"user","name":"n"},{"role":"assistant","content":"a"})",
               "system\n  text text=s\ndeveloper\n  text text=d\nuser name=n\n  text text=u\nassistant\n  text "
               "text=a\n"},
           Case{
               "texts stay as they were written",
               R"({"role":"user","content":"\u4f60\"\n"})",
               "user\n  text text=\\u4f60\\\"\\n\n"},
           Case{
               "parts",
               R"({"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}},{"type":"text","text":""},{"type":"input_text","text":"b"}]})",
               "user\n  text text=a cache={\"type\":\"ephemeral\"}\n  text text=b\n"},
           Case{
               "a mark on the message",
               R"({"role":"user","content":"a","cache_control":{"type":"ephemeral"}})",
               "user\n  text text=a cache={\"type\":\"ephemeral\"}\n"},
           Case{
               "image",
               R"({"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x/a.png","detail":"low"}}]})",
               "user\n  image url=https://x/a.png detail=low\n"},
           Case{
               "image, a plain text",
               R"({"role":"user","content":[{"type":"image_url","image_url":"https://x/a.png"}]})",
               "user\n  image url=https://x/a.png\n"},
           Case{
               "image, inline",
               R"({"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBO/w=="}}]})",
               "user\n  image media=image/png data=iVBO/w==\n"},
           Case{
               "image, inline, as PHP writes it",
               R"({"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image\/png;base64,iVBO\/w=="}}]})",
               "user\n  image media=image\\/png data=iVBO\\/w==\n"},
           Case{
               "image, Anthropic's",
               R"({"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/gif","data":"R0"}}]})",
               "user\n  image media=image/gif data=R0\n"},
           Case{
               "audio",
               R"({"role":"user","content":[{"type":"input_audio","input_audio":{"data":"UklG","format":"mp3"}}]})",
               "user\n  audio media=audio/mpeg data=UklG\n"},
           Case{
               "file",
               R"({"role":"user","content":[{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBE"}}]})",
               "user\n  file media=application/pdf data=JVBE name=a.pdf\n"},
           Case{
               "file, bare base64",
               R"({"role":"user","content":[{"type":"file","file":{"filename":"a.pdf","file_data":"JVBE"}}]})",
               "user\n  file media=application/pdf data=JVBE name=a.pdf\n"},
           Case{
               "file, of text",
               R"({"role":"user","content":[{"type":"file","file":{"filename":"a.txt","file_data":"data:text/plain;base64,aMOpIgo="}}]})",
               "user\n  file media=text/plain data=hé\\\"\\n name=a.txt\n"},
           Case{
               "file, by id",
               R"({"role":"user","content":[{"type":"file","file":{"file_id":"file-1"}}]})",
               "user\n  file file=file-1\n"},
           Case{
               "file, by URL",
               R"({"role":"user","content":[{"type":"file","file":{"file_data":"https://x/a.pdf"}}]})",
               "user\n  file url=https://x/a.pdf\n"},
           Case{
               "unknown part",
               R"({"role":"user","content":[{"type":"video_url","video_url":{"url":"v"}},{"type":"text","text":"a"}]})",
               "user\n  text text=a\nleft messages[0].content[0].video_url\nleft messages[0].content[0]\n"},
           Case{
               "calls and results",
               R"({"role":"assistant","content":"","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},{"id":"c2","type":"function","function":{"name":"g","arguments":""}}]},{"role":"tool","tool_call_id":"c1","content":"r1"},{"role":"tool","tool_call_id":"c2","content":[{"type":"text","text":"r2"}]},{"role":"user","content":"go"})",
               "assistant\n  call id=c1 name=f arguments={\\\"a\\\":1}\n  call id=c2 name=g\nuser\n  result id=c1\n    "
               "text text=r1\n  result id=c2\n    text text=r2\nuser\n  text text=go\n"},
           Case{
               "arguments that are an object",
               R"({"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":{"a":1}}}]})",
               "assistant\n  call id=c name=f object={\"a\":1}\n"},
           Case{
               "a signature of a call, Gemini's",
               R"({"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f"},"extra_content":{"google":{"thought_signature":"S"}}}]})",
               "assistant\n  call id=c name=f proof=S\n"},
           Case{
               "legacy call",
               R"({"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"r"})",
               "assistant\n  call id=call_0 name=f arguments={}\nuser\n  result id=call_0\n    text text=r\n"},
           Case{
               "refusal",
               R"({"role":"assistant","content":null,"refusal":"no"},{"role":"assistant","content":[{"type":"refusal","refusal":"never"}]})",
               "assistant\n  refusal text=no\nassistant\n  refusal text=never\n"},
           Case{
               "reasoning, DeepSeek",
               R"({"role":"assistant","content":"a","reasoning_content":"hm"})",
               "assistant\n  reasoning text=hm\n  text text=a\n"},
           Case{
               "reasoning, Mistral",
               R"({"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"h"},{"type":"text","text":"m"}]},{"type":"text","text":"a"}]})",
               "assistant\n  reasoning text=hm\n  text text=a\n"},
           Case{
               "reasoning details, signed",
               R"({"role":"assistant","content":"a","reasoning":"hm","reasoning_details":[{"type":"reasoning.text","text":"hm","signature":"S","format":"anthropic-claude-v1","index":0}]})",
               "assistant\n  reasoning text=hm proof=S\n  text text=a\n"},
           Case{
               "reasoning details, in pieces",
               R"({"role":"assistant","content":"a","reasoning_details":[{"type":"reasoning.text","text":"h","index":0},{"type":"reasoning.text","text":"m","index":0},{"type":"reasoning.text","signature":"S","index":0},{"type":"reasoning.text","text":"x","index":1}]})",
               "assistant\n  reasoning text=hm proof=S\n  reasoning text=x\n  text text=a\n"},
           Case{
               "reasoning details, sealed beside a text",
               R"({"role":"assistant","content":"a","reasoning_content":"hm","reasoning_details":[{"type":"reasoning.encrypted","data":"E","index":0}]})",
               "assistant\n  reasoning text=hm\n  reasoning proof=E sealed\n  text text=a\n"},
           Case{
               "reasoning details, an item of OpenAI",
               R"({"role":"assistant","content":"a","reasoning_details":[{"type":"reasoning.summary","summary":"s","id":"rs_1","index":0},{"type":"reasoning.encrypted","data":"E","id":"rs_1","index":0},{"type":"reasoning.encrypted","data":"F","id":"rs_2"}]})",
               "assistant\n  reasoning text=s id=rs_1 proof=E\n  reasoning id=rs_2 proof=F sealed\n  text text=a\n"},
           Case{
               "reasoning details, of a call",
               R"({"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f"}}],"reasoning_details":[{"type":"reasoning.encrypted","data":"E","id":"c","format":"google-gemini-v1"}]})",
               "assistant\n  call id=c name=f proof=E\n"},
           Case{
               "what an answer has, echoed",
               R"({"role":"assistant","content":"a","refusal":null,"annotations":[],"audio":null,"tool_calls":null,"function_call":null})",
               "assistant\n  text text=a\n"},
           Case{
               "left out, each once",
               R"({"role":"assistant","content":"a","audio":{"id":"x"},"annotations":[{"type":"url_citation"}]})",
               "assistant\n  text text=a\nleft messages[0].audio\nleft messages[0].annotations\n"},
           Case{"an empty message", R"({"role":"user","content":""},{"role":"assistant","content":null})", ""},
       }) {
    EXPECT_EQ(conversation_text(R"({"messages":[)" + c.body + "]}"), c.text) << c.name;
  }
}

TEST(ChatRequestRead, a_wrong_type_is_the_clients_error_and_names_its_place) {
  for (const Case& c : {
           Case{"temperature", R"("temperature":"warm")", "temperature: 'temperature' must be a number."},
           Case{"seed", R"("seed":[])", "seed: 'seed' must be a number."},
           Case{"stop", R"("stop":5)", "stop: 'stop' must be a string or an array of strings."},
           Case{"stops", R"("stop":["a",5])", "stop[1]: 'stop[1]' must be a string."},
           Case{"stop null", R"("stop":[null])", "stop[0]: 'stop[0]' must be a string."},
           Case{"logprobs", R"("logprobs":1)", "logprobs: 'logprobs' must be true or false."},
           Case{"top_logprobs", R"("top_logprobs":-1)", "top_logprobs: 'top_logprobs' must be a whole number."},
           Case{"bias", R"("logit_bias":[])", "logit_bias: 'logit_bias' must be an object."},
           Case{"metadata", R"("metadata":"x")", "metadata: 'metadata' must be an object."},
           Case{"tool", R"("tools":[5])", "tools[0]: 'tools[0]' must be an object."},
           Case{
               "no function",
               R"("tools":[{"type":"function"}])",
               "tools[0].function: 'tools[0].function' must be given."},
           Case{
               "no name",
               R"("tools":[{"function":{}}])",
               "tools[0].function.name: 'tools[0].function.name' must be given."},
           Case{
               "parameters",
               R"("tools":[{"function":{"name":"f","parameters":"x"}}])",
               "tools[0].function.parameters: 'tools[0].function.parameters' must be an object."},
           Case{
               "choice",
               R"("tool_choice":"maybe")",
               "tool_choice: 'tool_choice' must be \"auto\", \"none\", \"required\" or an object that names a tool."},
           Case{
               "choice of nothing",
               R"("tool_choice":{})",
               "tool_choice: 'tool_choice' must be \"auto\", \"none\", \"required\" or an object that names a tool."},
           Case{
               "schema",
               R"("response_format":{"type":"json_schema"})",
               "response_format.json_schema: 'response_format.json_schema' must be given with its schema."},
           Case{"thinking", R"("thinking":true)", "thinking: 'thinking' must be an object."},
           Case{"modalities", R"("modalities":"text")", "modalities: 'modalities' must be an array."},
       }) {
    EXPECT_EQ(conversation_text(with(c.body)), "error: invalid_request " + c.text) << c.name;
  }
}

TEST(ChatRequestRead, a_wrong_message_is_the_clients_error) {
  for (const Case& c : {
           Case{
               "role",
               R"({"role":"robot","content":"a"})",
               "messages[0].role: 'messages[0].role' must be system, developer, user, assistant or tool."},
           Case{
               "no id",
               R"({"role":"tool","content":"a"})",
               "messages[0].tool_call_id: 'messages[0].tool_call_id' must be given."},
           Case{
               "a call without id",
               R"({"role":"assistant","tool_calls":[{"function":{"name":"f"}}]})",
               "messages[0].tool_calls[0].id: 'messages[0].tool_calls[0].id' must be given."},
           Case{
               "a call without function",
               R"({"role":"assistant","tool_calls":[{"id":"c"}]})",
               "messages[0].tool_calls[0].function: 'messages[0].tool_calls[0].function' must be given with its name."},
           Case{
               "image of nothing",
               R"({"role":"user","content":[{"type":"image_url","image_url":{}}]})",
               "messages[0].content[0].image_url: 'messages[0].content[0].image_url' must be an object with a url."},
           Case{
               "image number",
               R"({"role":"user","content":[{"type":"image_url","image_url":5}]})",
               "messages[0].content[0].image_url: 'messages[0].content[0].image_url' must be an object."},
           Case{
               "audio",
               R"({"role":"user","content":[{"type":"input_audio","input_audio":{"data":"x","format":"midi"}}]})",
               "messages[0].content[0].input_audio: 'messages[0].content[0].input_audio' must be an object with data "
               "and a known format."},
           Case{
               "file of nothing",
               R"({"role":"user","content":[{"type":"file","file":{}}]})",
               "messages[0].content[0].file: 'messages[0].content[0].file' must be an object with file_data."},
           Case{
               "file that is no base64",
               R"({"role":"user","content":[{"type":"file","file":{"file_data":"data:text/plain;base64,#"}}]})",
               "messages[0].content[0].file: 'messages[0].content[0].file' must be base64 that can be read."},
           Case{
               "details",
               R"({"role":"assistant","content":"a","reasoning_details":"x"})",
               "messages[0].reasoning_details: 'messages[0].reasoning_details' must be an array."},
       }) {
    EXPECT_EQ(conversation_text(R"({"messages":[)" + c.body + "]}"), "error: invalid_request " + c.text) << c.name;
  }
}

TEST(ChatRequestRead, what_no_other_dialect_has_is_refused_so_that_another_candidate_may_take_it) {
  for (const Case& c : {
           Case{"speech", R"("modalities":["text","audio"])", "modalities"},
           Case{"search", R"("web_search_options":{})", "web_search_options"},
           Case{"grammar", R"("response_format":{"type":"grammar"})", "response_format"},
           Case{"custom tool", R"("tool_choice":{"type":"custom","custom":{"name":"x"}})", "tool_choice"},
       }) {
    EXPECT_TRUE(conversation_text(with(c.body)).starts_with("error: unsupported_input " + c.text + ":")) << c.name;
  }
}

TEST(ChatRequestRead, what_is_left_out_has_an_end) {
  std::string members;
  for (int i = 0; i < 400; ++i) members += "\"x" + std::to_string(i) + "\":1,";
  members.pop_back();
  const std::string text = conversation_text(with(members));
  EXPECT_NE(text.find("left x0\n"), std::string::npos);
  EXPECT_EQ(text.find("left x399\n"), std::string::npos);
}

}  // namespace
}  // namespace gw::dialect::test
