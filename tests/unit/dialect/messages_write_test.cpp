// Requests for a Messages provider, from clients that speak something else; each of them is one that it would take.
#include "dialect/openai/client.hpp"
#include "messages_support.hpp"

namespace gw::dialect::messages::test {
namespace {

using dialect::test::faults_of_messages_request;
using dialect::test::joined;
using Names = std::vector<std::string>;

const std::string sonnet = "claude-sonnet-4-5";
const std::string opus = "claude-opus-4-7";

Part text(Raw words) {
  Part part;
  part.text = words;
  return part;
}

Part part_of(Part::Kind kind, Raw id = {}, Raw name = {}) {
  Part part;
  part.kind = kind;
  part.id = id;
  part.name = name;
  return part;
}

Part call(Raw id, Raw arguments) {
  Part part = part_of(Part::Kind::call, id, "f");
  part.arguments.text = arguments;
  return part;
}

Part result(Raw id, Raw words) {
  Part part = part_of(Part::Kind::result, id);
  part.parts.push_back(text(words));
  return part;
}

Part thought(Raw words, Raw proof) {
  Part part = part_of(Part::Kind::reasoning);
  part.text = words;
  part.proof = proof;
  part.is_sealed = words.empty();
  return part;
}

Turn turn(Speaker speaker, std::vector<Part> parts) {
  Turn out;
  out.speaker = speaker;
  out.parts = std::move(parts);
  return out;
}

Conversation asking(std::vector<Turn> turns = {}) {
  Conversation out;
  out.turns = std::move(turns);
  if (out.turns.empty()) out.turns.push_back(turn(Speaker::user, {text("hi")}));
  return out;
}

Conversation with_tool() {
  Conversation out = asking();
  Tool& tool = out.tools.emplace_back();
  tool.name = "f";
  tool.schema = R"({"type":"object"})";
  return out;
}

// The body, which the service would take; with the names of what was dropped.
std::string body_of(const Conversation& said, const Names& dropped = {}, std::string_view model = sonnet) {
  const auto written = messages::dialect().write(said, {model, some_provider});
  EXPECT_TRUE(written) << (written ? "" : written.error().message);
  if (!written) return {};
  EXPECT_EQ(joined(faults_of_messages_request(written->body)), "") << written->body;
  EXPECT_EQ(written->dropped, dropped) << written->body;
  return written->body;
}

// What is said as `messages`, and before it.
std::string turns_of(const Conversation& said, const Names& dropped = {}, std::string_view model = sonnet) {
  const std::string body = body_of(said, dropped, model);
  const std::size_t at = body.find(R"("max_tokens":4096,)");
  if (at == std::string::npos) return body;
  return body.substr(at + 18, body.size() - at - 19);
}

void expect_holds(const std::string& body, const std::string& part) {
  EXPECT_NE(body.find(part), std::string::npos) << body << "\nhas no " << part;
}

void expect_lacks(const std::string& body, const std::string& part) {
  EXPECT_EQ(body.find(part), std::string::npos) << body << "\nhas " << part;
}

TEST(MessagesWrite, the_least_request) {
  EXPECT_EQ(
      body_of(asking()),
      R"({"model":"claude-sonnet-4-5","max_tokens":4096,"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]})"
  );
}

TEST(MessagesWrite, the_strict_service_can_refuse) {
  for (const char* body : {
           R"({"model":"m","messages":[{"role":"user","content":"x"}]})",
           R"({"model":"m","max_tokens":1,"messages":[]})",
           R"({"model":"m","max_tokens":1,"n":1,"messages":[{"role":"user","content":"x"}]})",
           R"({"model":"m","max_tokens":1,"messages":[{"role":"system","content":"x"}]})",
           R"({"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"text","text":" "}]}]})",
           R"({"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"image_url","image_url":"x"}]}]})",
           R"({"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"x"}]}]})",
           R"({"model":"m","max_tokens":1,"tool_choice":{"type":"any"},"messages":[{"role":"user","content":"x"}]})",
           R"({"model":"m","max_tokens":1,"thinking":{"type":"enabled","budget_tokens":1024},"messages":[{"role":"user","content":"x"}]})",
           R"({"model":"m","max_tokens":1,"temperature":1.5,"messages":[{"role":"user","content":"x"}]})",
       }) {
    EXPECT_NE(joined(faults_of_messages_request(body)), "") << body;
  }
}

TEST(MessagesWrite, turns) {
  const auto user = [](std::vector<Part> parts) { return turn(Speaker::user, std::move(parts)); };
  const auto model = [](std::vector<Part> parts) { return turn(Speaker::assistant, std::move(parts)); };
  const auto system = [](std::vector<Part> parts) { return turn(Speaker::system, std::move(parts)); };
  Part error = result("c", "bad");
  error.is_error = true;
  Part marked = text("a");
  marked.cache_control = R"({"type":"ephemeral"})";

  struct Case {
    const char* name;
    Conversation said;
    const char* wanted;
    Names dropped;
  };

  for (const Case& c : {
           Case{
               "system goes first",
               asking({user({text("a")}), system({text("s")}), user({text("b")})}),
               R"("system":[{"type":"text","text":"s"}],"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}])",
               {}},
           Case{
               "system alone is asked",
               asking({system({text("s")})}),
               R"("messages":[{"role":"user","content":[{"type":"text","text":"s"}]}])",
               {}},
           Case{
               "system beside a turn without anything",
               asking({system({text("s")}), user({})}),
               R"("messages":[{"role":"user","content":[{"type":"text","text":"s"}]}])",
               {}},
           Case{
               "blank texts",
               asking({user({text(" \\n"), text("a"), text("")})}),
               R"("messages":[{"role":"user","content":[{"type":"text","text":"a"}]}])",
               {}},
           Case{
               "prefill",
               asking({user({text("a")}), model({text("b \\\\n\\n\\t ")})}),
               R"("messages":[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"text","text":"b \\n"}]}])",
               {}},
           Case{
               "cache",
               asking({user({marked})}),
               R"("messages":[{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]}])",
               {}},
           Case{
               "a fifth mark",
               asking({user({marked, marked, marked, marked, marked})}),
               nullptr,
               {"cache_control above 4"}},
           Case{
               "calls and results",
               asking(
                   {user({text("a")}),
                    model({text("b"), call("c", R"({\"x\":\"\\n\"})")}),
                    user({text("d")}),
                    user({result("c", "r")})}
               ),
               R"("messages":[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"text","text":"b"},)"
               R"({"type":"tool_use","id":"c","name":"f","input":{"x":"\n"}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c",)"
               R"("content":[{"type":"text","text":"r"}]},{"type":"text","text":"d"}]}])",
               {}},
           Case{
               "parallel calls",
               asking(
                   {user({text("a")}),
                    model({call("c", ""), call("d", "{}")}),
                    user({result("c", "1")}),
                    user({result("d", "2")})}
               ),
               R"("messages":[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f","input":{}},)"
               R"({"type":"tool_use","id":"d","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":[{"type":"text","text":"1"}]},)"
               R"({"type":"tool_result","tool_use_id":"d","content":[{"type":"text","text":"2"}]}]}])",
               {}},
           Case{
               "errors",
               asking({user({text("a")}), model({call("c", "[1]")}), user({error})}),
               R"("messages":[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f","input":{"arguments":"[1]"}}]},)"
               R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":[{"type":"text","text":"bad"}],"is_error":true}]}])",
               {}},
           Case{
               "an empty result",
               asking({user({text("a")}), model({call("c", "{}")}), user({result("c", "")})}),
               R"("messages":[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f","input":{}}]},)"
               R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"c"}]}])",
               {}},
           Case{
               "refusal",
               asking(
                   {user({text("a")}),
                    model({[] {
                      Part p = part_of(Part::Kind::refusal);
                      p.text = "no";
                      return p;
                    }()}),
                    user({text("b")})}
               ),
               R"("messages":[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"text","text":"no"}]},{"role":"user","content":[{"type":"text","text":"b"}]}])",
               {}},
           Case{
               "thinking",
               asking(
                   {user({text("a")}),
                    model({thought("hm", "Eq"), thought("", "Em"), thought("", "thinking.Es"), text("b")}),
                    user({text("c")})}
               ),
               R"("messages":[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"Eq"},)"
               R"({"type":"redacted_thinking","data":"Em"},{"type":"thinking","thinking":"","signature":"Es"},{"type":"text","text":"b"}]},{"role":"user","content":[{"type":"text","text":"c"}]}])",
               {}},
           Case{
               "another vendor's thinking",
               asking(
                   {user({text("a")}),
                    model({thought("hm", ""), thought("x", "gAAAAB"), thought("", "gemini.x"), text("b")}),
                    user({text("c")})}
               ),
               R"("messages":[{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"text","text":"b"}]},{"role":"user","content":[{"type":"text","text":"c"}]}])",
               {"reasoning of earlier turns"}},
       }) {
    const std::string turns = turns_of(c.said, c.dropped);
    if (c.wanted == nullptr) continue;
    EXPECT_EQ(turns, c.wanted) << c.name;
  }
}

TEST(MessagesWrite, ids_that_the_service_does_not_take_are_others_and_still_match) {
  Conversation said = asking();
  said.turns.push_back(turn(Speaker::assistant, {call("call:1|x", "{}")}));
  said.turns.push_back(turn(Speaker::user, {result("call:1|x", "r")}));
  expect_holds(body_of(said), R"("tool_use_id":"toolu_)");
}

TEST(MessagesWrite, media) {
  const auto media = [](Part::Kind kind, Raw type, Raw data, Raw url) {
    Part part = part_of(kind);
    part.media_type = type;
    part.data = data;
    part.url = url;
    return part;
  };

  struct Case {
    const char* name;
    Part part;
    const char* wanted;
  };

  for (const Case& c : {
           Case{
               "image",
               media(Part::Kind::image, "image/png", "iVBO", ""),
               R"({"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBO"}})"},
           Case{
               "image by address",
               media(Part::Kind::image, "", "", "https://x/a.png"),
               R"({"type":"image","source":{"type":"url","url":"https://x/a.png"}})"},
           Case{
               "pdf",
               media(Part::Kind::file, "application/pdf", "JVBE", ""),
               R"({"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBE"}})"},
           Case{
               "file by address",
               media(Part::Kind::file, "", "", "https://x/a.pdf"),
               R"({"type":"document","source":{"type":"url","url":"https://x/a.pdf"}})"},
           Case{
               "plain text",
               media(Part::Kind::file, "text/plain", "a\\nb", ""),
               R"({"type":"document","source":{"type":"text","media_type":"text/plain","data":"a\nb"}})"},
           Case{
               "another text",
               media(Part::Kind::file, "text/csv", "YSxiCg==", ""),
               R"({"type":"document","source":{"type":"text","media_type":"text/plain","data":"a,b\n"}})"},
       }) {
    expect_holds(body_of(asking({turn(Speaker::user, {c.part})})), c.wanted);
    Part inner = part_of(Part::Kind::result, "c");
    inner.parts.push_back(c.part);
    expect_holds(
        body_of(asking(
            {turn(Speaker::user, {text("a")}),
             turn(Speaker::assistant, {call("c", "{}")}),
             turn(Speaker::user, {inner})}
        )),
        R"("content":[)" + std::string(c.wanted) + "]"
    );
  }
}

TEST(MessagesWrite, what_would_make_another_answer_is_refused) {
  const auto edited = [](auto edit) {
    Conversation said = asking();
    edit(said);
    return said;
  };
  const auto saying = [](Part part) { return asking({turn(Speaker::user, {std::move(part)})}); };
  Part kept = part_of(Part::Kind::image);
  kept.file_id = "file-1";
  Part word = part_of(Part::Kind::file);
  word.media_type = "application/msword";
  word.data = "AAAA";

  struct Case {
    const char* name;
    Conversation said;
    std::string model = sonnet;
  };

  for (const Case& c : {
           Case{"n", edited([](Conversation& said) { said.choices = 2; })},
           Case{"logprobs", edited([](Conversation& said) { said.logprobs = true; })},
           Case{"audio", saying(part_of(Part::Kind::audio))},
           Case{"file_id", saying(kept)},
           Case{"a file of another type", saying(word)},
           Case{"another vendor's tool", edited([](Conversation& said) {
                  said.tools.emplace_back().builtin = R"({"type":"web_search_preview_2025_03_11"})";
                })},
           Case{
               "a schema of a model that has none",
               edited([](Conversation& said) { said.format.kind = AnswerFormat::Kind::json_schema; }),
               "claude-3-5-haiku-20241022"},
       }) {
    const auto written = messages::dialect().write(c.said, {c.model, some_provider});
    ASSERT_FALSE(written) << c.name;
    EXPECT_EQ(written.error().code, Errc::unsupported_input) << c.name;
    EXPECT_NE(written.error().message.find("Anthropic Messages"), std::string::npos) << c.name;
  }
}

TEST(MessagesWrite, tools) {
  Conversation said = asking();
  said.tools.resize(4);
  said.tools[0].name = "a";
  said.tools[0].description = "does \\\"a\\\"";
  said.tools[0].schema = R"({"properties":{}})";
  said.tools[0].is_strict = true;
  said.tools[1].name = "b";
  said.tools[2].name = "c";
  said.tools[2].schema = "{ }";
  said.tools[2].is_strict = false;
  said.tools[3].builtin = R"({"type":"web_search_20250305","name":"web_search"})";
  expect_holds(
      body_of(said),
      R"("tools":[{"name":"a","description":"does \"a\"","input_schema":{"type":"object","properties":{}},"strict":true},)"
      R"({"name":"b","input_schema":{"type":"object","properties":{}}},{"name":"c","input_schema":{"type":"object" }},)"
      R"({"type":"web_search_20250305","name":"web_search"}])"
  );
}

TEST(MessagesWrite, choices_of_tools) {
  struct Case {
    ToolChoice choice;
    std::optional<bool> parallel;
    const char* wanted;
  };

  using Kind = ToolChoice::Kind;
  for (const Case& c : {
           Case{{Kind::unsaid, {}}, {}, nullptr},
           Case{{Kind::unsaid, {}}, true, nullptr},
           Case{{Kind::unsaid, {}}, false, R"({"type":"auto","disable_parallel_tool_use":true})"},
           Case{{Kind::automatic, {}}, {}, R"({"type":"auto"})"},
           Case{{Kind::none, {}}, false, R"({"type":"none"})"},
           Case{{Kind::required, {}}, {}, R"({"type":"any"})"},
           Case{{Kind::named, "f"}, false, R"({"type":"tool","name":"f","disable_parallel_tool_use":true})"},
       }) {
    Conversation said = with_tool();
    said.tool_choice = c.choice;
    said.parallel_calls = c.parallel;
    if (c.wanted == nullptr) {
      expect_lacks(body_of(said), "tool_choice");
    } else {
      expect_holds(body_of(said), R"("tool_choice":)" + std::string(c.wanted));
    }
    said.tools.clear();
    expect_lacks(body_of(said), "tool_choice");
  }
}

TEST(MessagesWrite, limits) {
  config::Provider provider;
  const auto limit = [&](std::optional<std::uint64_t> said, std::uint64_t max) {
    Conversation conversation = asking();
    conversation.max_tokens = said;
    const auto written = messages::dialect().write(conversation, {sonnet, provider, max});
    const std::size_t at = written->body.find(R"("max_tokens":)") + 13;
    return written->body.substr(at, written->body.find(',', at) - at) + (written->dropped.empty() ? "" : "!");
  };
  EXPECT_EQ(limit({}, 0), "4096");
  EXPECT_EQ(limit({}, 64000), "64000");
  EXPECT_EQ(limit(7, 64000), "7");
  EXPECT_EQ(limit(100000, 64000), "64000!");
}

TEST(MessagesWrite, thinking) {
  struct Case {
    const char* name;
    std::string model;
    Reasoning reasoning;
    std::optional<std::uint64_t> max_tokens;
    const char* wanted;  // null = no thinking
    Names dropped;
  };

  const auto effort = [](Raw word) {
    Reasoning out;
    out.effort = word;
    return out;
  };
  const auto budget = [](std::uint64_t tokens) {
    Reasoning out;
    out.budget = tokens;
    return out;
  };
  Reasoning on;
  on.is_on = true;
  Reasoning off = budget(2000);
  off.is_on = false;
  for (const Case& c : {
           Case{"unsaid", sonnet, {}, {}, nullptr, {}},
           Case{"off", sonnet, off, {}, nullptr, {}},
           Case{"none", sonnet, effort("none"), {}, nullptr, {}},
           Case{"low", sonnet, effort("low"), {}, R"("thinking":{"type":"enabled","budget_tokens":2048})", {}},
           Case{"high", sonnet, effort("high"), {}, R"("thinking":{"type":"enabled","budget_tokens":16384})", {}},
           Case{"on", sonnet, on, {}, R"("thinking":{"type":"enabled","budget_tokens":8192})", {}},
           Case{"budget", sonnet, budget(3000), 4000, R"("thinking":{"type":"enabled","budget_tokens":3000})", {}},
           Case{"too small", sonnet, budget(3), 4000, R"("thinking":{"type":"enabled","budget_tokens":1024})", {}},
           Case{"too large", sonnet, budget(9000), 4000, R"("thinking":{"type":"enabled","budget_tokens":2000})", {}},
           Case{"tight", sonnet, budget(9000), 1025, R"("thinking":{"type":"enabled","budget_tokens":1024})", {}},
           Case{"no room", sonnet, budget(9000), 1024, nullptr, {"reasoning"}},
           Case{"an older model", "claude-3-5-sonnet-20241022", effort("low"), {}, nullptr, {"reasoning"}},
           Case{
               "another vendor's",
               "kimi-k2",
               effort("low"),
               {},
               R"("thinking":{"type":"enabled","budget_tokens":2048})",
               {}},
           Case{
               "4.6",
               "anthropic/claude-opus-4.6",
               effort("xhigh"),
               {},
               R"("thinking":{"type":"adaptive"},"output_config":{"effort":"high"})",
               {}},
           Case{
               "4.7",
               opus,
               effort("xhigh"),
               {},
               R"("thinking":{"type":"adaptive","display":"summarized"},"output_config":{"effort":"xhigh"})",
               {}},
           Case{
               "4.7 by budget",
               opus,
               budget(5000),
               {},
               R"("thinking":{"type":"adaptive","display":"summarized"},"output_config":{"effort":"medium"})",
               {}},
           Case{"4.7 minimal", opus, effort("minimal"), {}, R"("output_config":{"effort":"low"})", {}},
           Case{"newer", "claude-sonnet-5", on, {}, R"("thinking":{"type":"adaptive","display":"summarized"})", {}},
       }) {
    Conversation said = asking();
    said.reasoning = c.reasoning;
    said.max_tokens = c.max_tokens;
    const std::string body = body_of(said, c.dropped, c.model);
    if (c.wanted == nullptr) {
      expect_lacks(body, "thinking");
    } else {
      expect_holds(body, c.wanted);
    }
  }
}

TEST(MessagesWrite, thinking_is_left_where_the_service_would_refuse_it) {
  Conversation forced = with_tool();
  forced.reasoning.effort = "low";
  forced.tool_choice.kind = ToolChoice::Kind::required;
  expect_lacks(body_of(forced, {"reasoning"}), "thinking");

  const auto loop = [](std::vector<Part> parts) {
    Conversation said = asking();
    said.turns.push_back(turn(Speaker::assistant, std::move(parts)));
    said.turns.push_back(turn(Speaker::user, {result("c", "r")}));
    said.reasoning.effort = "low";
    return said;
  };
  expect_lacks(body_of(loop({call("c", "{}")}), {"reasoning"}), "budget_tokens");
  expect_lacks(
      body_of(loop({thought("x", "gAAAA"), call("c", "{}")}), {"reasoning", "reasoning of earlier turns"}),
      "budget_tokens"
  );
  expect_holds(body_of(loop({thought("x", "Eq"), text("b"), call("c", "{}")})), "budget_tokens");
  Conversation begun = asking();
  begun.turns.push_back(turn(Speaker::assistant, {text("a")}));
  begun.reasoning.effort = "low";
  expect_lacks(body_of(begun, {"reasoning"}), "budget_tokens");
  expect_holds(body_of(loop({call("c", "{}")}), {}, opus), R"("type":"adaptive")");
}

TEST(MessagesWrite, sampling) {
  Conversation said = asking();
  said.temperature = "0.70";
  said.top_k = "5";
  expect_holds(body_of(said), R"("temperature":0.70,"top_k":5)");
  said.top_p = "0.9";
  expect_lacks(body_of(said, {"top_p"}), "top_p");
  said.temperature = {};
  expect_holds(body_of(said), R"("top_p":0.9,"top_k":5)");
  said.temperature = "1.7";
  expect_holds(body_of(said, {"temperature above 1", "top_p"}), R"("temperature":1,)");
  expect_lacks(body_of(said, {"temperature", "top_p", "top_k"}, opus), "top_k");
  said.reasoning.effort = "low";
  expect_lacks(body_of(said, {"temperature", "top_p", "top_k"}), "temperature");
}

TEST(MessagesWrite, the_version_that_refuses_sampling_parameters) {
  config::Provider provider;
  Conversation said = asking();
  said.temperature = "0.7";
  provider.headers = {{"Anthropic-Version", "2023-06-01"}};
  expect_holds(messages::dialect().write(said, {sonnet, provider})->body, R"("temperature":0.7)");
  provider.headers = {{"Anthropic-Version", "2026-10-21"}};
  const auto written = messages::dialect().write(said, {sonnet, provider});
  expect_lacks(written->body, "temperature");
  EXPECT_EQ(written->dropped, Names{"temperature"});
}

TEST(MessagesWrite, formats) {
  Conversation said = asking();
  said.format.kind = AnswerFormat::Kind::json_schema;
  said.format.name = "n";
  said.format.schema = R"({"type":"object","additionalProperties":false})";
  expect_holds(
      body_of(said),
      R"("output_config":{"format":{"type":"json_schema","schema":{"type":"object","additionalProperties":false}}})"
  );
  said.format.kind = AnswerFormat::Kind::json_object;
  expect_lacks(body_of(said, {"response_format"}), "output_config");
  said.format.kind = AnswerFormat::Kind::text;
  expect_lacks(body_of(said), "output_config");
}

TEST(MessagesWrite, the_rest) {
  Conversation said = asking();
  said.is_stream = true;
  said.stop = {"END", "\\n", "a\\n"};
  said.user = "u-1";
  said.service_tier = "default";
  said.seed = "1";
  said.frequency_penalty = "0.1";
  said.presence_penalty = "0.1";
  said.logit_bias = "{}";
  said.cache_key = "k";
  said.verbosity = "low";
  said.metadata = "{}";
  const std::string body = body_of(
      said,
      {"stop without text",
       "frequency_penalty",
       "presence_penalty",
       "seed",
       "logit_bias",
       "prompt_cache_key",
       "verbosity",
       "metadata"}
  );
  expect_holds(
      body,
      R"("stop_sequences":["END","a\n"],"metadata":{"user_id":"u-1"},"service_tier":"standard_only","stream":true})"
  );
  Conversation other = asking();
  const std::string long_name(257, 'u');
  other.user = long_name;
  other.service_tier = "flex";
  expect_lacks(body_of(other, {"user", "service_tier"}), "metadata");
}

// What is read from Messages and written to it says the same again.
TEST(MessagesWrite, a_request_of_its_own_dialect_comes_out_as_it_was) {
  const Body body(file("request_claude_code.json"));
  Keep keep;
  const auto said = client().conversation(body.view(), keep);
  ASSERT_TRUE(said);
  const auto first = messages::dialect().write(*said, {sonnet, some_provider});
  ASSERT_TRUE(first);
  EXPECT_EQ(joined(faults_of_messages_request(first->body)), "") << first->body;
  EXPECT_EQ(first->dropped, Names{"temperature"});
  const Body again(first->body);
  const auto read = client().conversation(again.view(), keep);
  ASSERT_TRUE(read) << read.error().message;
  const auto second = messages::dialect().write(*read, {sonnet, some_provider});
  ASSERT_TRUE(second);
  EXPECT_EQ(first->body, second->body);
  for (const char* part :
       {R"("system":[{"type":"text","text":"You are Claude Code.","cache_control":{"type":"ephemeral"}})",
        R"({"type":"thinking","thinking":"Read it first.","signature":"Eq+/="})",
        R"("thinking":{"type":"enabled","budget_tokens":31999})",
        R"({"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0="}})"}) {
    expect_holds(minified(first->body), part);
  }
}

// Whatever a client sends, what goes to a provider is JSON.
TEST(MessagesWrite, spoilt_requests_never_spoil_what_is_written) {
  const std::string text = minified(file("request_claude_code.json"));
  int written_ones = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const char spoilt : {'"', '\\', '}', ',', 'x', ' ', '1'}) {
      std::string other = text;
      other[at] = spoilt;
      const Body body(other);
      Keep keep;
      if (!client().read(body.view())) continue;
      const auto said = client().conversation(body.view(), keep);
      if (!said) continue;
      const auto written = messages::dialect().write(*said, {sonnet, some_provider});
      if (!written) continue;
      ++written_ones;
      ASSERT_TRUE(is_json(written->body)) << other << "\n" << written->body;
    }
  }
  EXPECT_GT(written_ones, 1000);
}

TEST(MessagesWrite, a_chat_completion_request_as_messages) {
  const Body body(
      R"({"model":"auto","stream":true,"stop":"X","max_completion_tokens":100,"user":"u","messages":[{"role":"system","content":"s"},)"
      R"({"role":"user","content":[{"type":"text","text":"what is it?"},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBO"}}]},)"
      R"({"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{\"a\": \"杭州\"}"}},)"
      R"({"id":"call_2","type":"function","function":{"name":"g","arguments":"{}"}}]},)"
      R"({"role":"tool","tool_call_id":"call_1","content":"one"},{"role":"tool","tool_call_id":"call_2","content":"two"},{"role":"user","content":"go on"}],)"
      R"("tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],"tool_choice":"required","parallel_tool_calls":false})"
  );
  Keep keep;
  const auto said = openai::client().conversation(body.view(), keep);
  ASSERT_TRUE(said) << said.error().message;
  EXPECT_EQ(
      body_of(*said),
      R"({"model":"claude-sonnet-4-5","max_tokens":100,"system":[{"type":"text","text":"s"}],"messages":[{"role":"user","content":[{"type":"text","text":"what is it?"},)"
      R"({"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBO"}}]},{"role":"assistant","content":[{"type":"tool_use","id":"call_1","name":"f","input":{"a": "杭州"}},)"
      R"({"type":"tool_use","id":"call_2","name":"g","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"call_1","content":[{"type":"text","text":"one"}]},)"
      R"({"type":"tool_result","tool_use_id":"call_2","content":[{"type":"text","text":"two"}]},{"type":"text","text":"go on"}]}],"tools":[{"name":"f","input_schema":{"type":"object"}}],)"
      R"("tool_choice":{"type":"any","disable_parallel_tool_use":true},"stop_sequences":["X"],"metadata":{"user_id":"u"},"stream":true})"
  );
}

}  // namespace
}  // namespace gw::dialect::messages::test
