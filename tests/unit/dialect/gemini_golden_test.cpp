// Whole exchanges of Gemini, as its documentation shows them (tests/data/gemini): what they mean, what is told of them,
// and that no bytes of a hostile provider do harm.
#include "answers.hpp"
#include "base/random.hpp"
#include "chat/scalar.hpp"
#include "dialect/gemini/gemini.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

namespace gw::dialect::test {
namespace {

using Kind = Event::Kind;

std::filesystem::path folder() {
  return std::filesystem::path(GW_TEST_DATA) / "gemini";
}

std::string file(const std::filesystem::path& name) {
  std::ifstream in(folder() / name, std::ios::binary);
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

config::Provider provider() {
  config::Provider out;
  out.base_url = "https://generativelanguage.googleapis.com/v1beta";
  return out;
}

const config::Provider gemini_provider = provider();

// What a stream came to, and what was told of it.
struct Story {
  int events = 0;
  int commits_at = -1;
  std::string text;
  int finished = 0;
  bool filtered = false;
  std::optional<Usage> usage;
  std::optional<Errc> error;

  friend bool operator==(const Story&, const Story&) = default;
};

Story read_stream(const std::string& bytes, std::size_t slice, EventSink* sink) {
  Story story;
  http::SseSplitter splitter(1 << 20);
  http::SseEvent event;
  const auto meanings = gemini::dialect().stream(gemini_provider);
  const auto take = [&] {
    if (!event.has_data) return;
    const Meaning meaning = meanings->read(event, sink);
    EXPECT_FALSE(meaning.terminator) << "the service has none";
    if (meaning.content && story.commits_at < 0) story.commits_at = story.events;
    ++story.events;
    EXPECT_TRUE(
        meaning.text.empty() || (meaning.text.data() >= event.data.data() &&
                                 meaning.text.data() + meaning.text.size() <= event.data.data() + event.data.size())
    ) << "a view into the event";
    story.text += chat::unescape(meaning.text);
    story.finished += meaning.finished ? 1 : 0;
    story.filtered = story.filtered || meaning.filtered;
    if (meaning.usage && story.usage) story.usage->merge(*meaning.usage);
    if (meaning.usage && !story.usage) story.usage = meaning.usage;
    if (meaning.error) story.error = meaning.error->code;
  };
  for (std::size_t at = 0; at < bytes.size(); at += slice) {
    splitter.feed(std::string_view(bytes).substr(at, slice));
    while (splitter.next(event).value()) take();
  }
  return story;
}

// {prompt, completion, total, cached, cache_written, reasoning}
TEST(GeminiGolden, streams_mean_what_the_provider_says) {
  struct Case {
    const char* name;
    Story story;
  };

  for (const Case& c : {
           Case{"stream_text", {3, 0, "Hello, 世界!", 1, false, Usage{8, 4, 12, 0, 0, 0}, {}}},
           Case{"stream_thinking", {4, 0, "42", 1, false, Usage{11, 82, 93, 5, 0, 80}, {}}},
           Case{"stream_calls", {3, 0, "", 1, false, Usage{60, 72, 132, 0, 0, 42}, {}}},
           Case{"stream_two_candidates", {3, 0, "Aba", 1, false, Usage{3, 4, 7, 0, 0, 0}, {}}},
           Case{"stream_safety", {1, -1, "", 1, true, Usage{9, 0, 9, 0, 0, 0}, {}}},
           Case{"stream_safety_later", {2, 0, "Take", 1, true, Usage{9, 1, 10, 0, 0, 0}, {}}},
           Case{"stream_blocked", {1, -1, "", 0, false, Usage{9, 0, 9, 0, 0, 0}, Errc::content_policy}},
           Case{"stream_malformed_call", {1, -1, "", 1, false, Usage{30, 0, 30, 0, 0, 0}, Errc::upstream_server}},
           Case{"stream_error", {2, 0, "Hel", 0, false, Usage{8, 0, 8, 0, 0, 0}, Errc::upstream_server}},
       }) {
    const std::string bytes = file(std::string(c.name) + ".sse");
    for (const std::size_t slice : {bytes.size(), std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{64}}) {
      for (const bool is_told : {false, true}) {
        Recorder recorder;
        const Story story = read_stream(bytes, slice, is_told ? &recorder : nullptr);
        EXPECT_TRUE(story == c.story) << c.name << " in slices of " << slice << ": " << story.events
                                      << " events, commits at " << story.commits_at << ", \"" << story.text
                                      << "\", finished " << story.finished << ", completion "
                                      << story.usage.value_or(Usage{}).completion << ", error "
                                      << (story.error ? to_string(*story.error) : "none");
      }
    }
  }
}

std::string told_of_stream(const char* name) {
  Recorder recorder;
  const std::string bytes = file(std::string(name) + ".sse");
  read_stream(bytes, bytes.size(), &recorder);
  return to_string(recorder.story());
}

std::string told_of_reply(const char* name) {
  Recorder recorder;
  const auto facts = gemini::dialect().reply(gemini_provider, file(std::string(name) + ".json"), &recorder);
  EXPECT_TRUE(facts) << name;
  return to_string(recorder.story());
}

TEST(GeminiGolden, streams_are_told_as_the_provider_said_them) {
  EXPECT_EQ(
      told_of_stream("stream_thinking"),
      "begin 0.0 id=x9TkaLmkHPPlz7IPvtfUqQ4 name=gemini-3.1-pro-preview text= json=\n"
      "reasoning 0.0 id= name= text=**Adding up**\n\nFirst the tens. json=\n"
      "text 0.1 id= name= text=42 json=\n"
      "sealed 0.2 id= name= text=gemini.EpwCCpkCAb4+9vs= json=\n"
      "finish 0.3 id= name= text= json= finish=0\n"
      "usage 0.0 id= name= text= json= 11 82 93 5 0 80\n"
  );
  EXPECT_EQ(
      told_of_stream("stream_calls"),
      "begin 0.0 id=x9TkaLmkHPPlz7IPvtfUqQ4 name=gemini-3.1-pro-preview text= json=\n"
      "call 0.0 id=k3f9a1b2 name=get_weather text=gemini.call.EiYKJGUyNDgzMGE3 json=\n"
      "arguments 0.0 id= name= text={\"city\":\"Paris\",\"days\":2} json=\n"
      "proof 0.0 id= name= text=gemini.EiYKJGUyNDgzMGE3 json=\n"
      "call 0.1 id=p7c4d5e6 name=get_time text= json=\n"
      "arguments 0.1 id= name= text={} json=\n"
      "finish 0.2 id= name= text= json= finish=2\n"
      "usage 0.0 id= name= text= json= 60 72 132 0 0 42\n"
  );
  EXPECT_EQ(
      told_of_stream("stream_two_candidates"),
      "begin 0.0 id=mAitaLmkHPPlz7IPvtfUqQ4 name=gemini-2.5-flash text= json=\n"
      "text 0.0 id= name= text=Aa json=\n"
      "text 1.0 id= name= text=Bb json=\n"
      "finish 1.1 id= name= text= json= finish=1\n"
      "finish 0.1 id= name= text= json= finish=0\n"
      "usage 0.0 id= name= text= json= 3 4 7 0 0 0\n"
  );
  EXPECT_EQ(
      told_of_stream("stream_safety_later"),
      "begin 0.0 id=mAitaLmkHPPlz7IPvtfUqQ4 name=gemini-2.5-flash text= json=\n"
      "text 0.0 id= name= text=Take json=\n"
      "finish 0.1 id= name= text= json= finish=3\n"
      "usage 0.0 id= name= text= json= 9 1 10 0 0 0\n"
  );
  EXPECT_EQ(told_of_stream("stream_malformed_call"), "") << "no finish before an error";
  EXPECT_EQ(told_of_stream("stream_blocked"), "");
}

TEST(GeminiGolden, plain_replies_are_told_as_the_provider_said_them) {
  EXPECT_EQ(
      told_of_reply("reply_calls"),
      "begin 0.0 id=Q2lqaLmkHPPlz7IPvtfUqQ4 name=gemini-2.5-pro text= json=\n"
      "reasoning 0.0 id= name= text=**Plan**\nAsk for both. json=\n"
      "call 0.1 id=call_Q2lqaLmkHPPlz7IPvtfUqQ4_0_0 name=get_weather text=gemini.call.EiYKJGUyNDgzMGE3 json=\n"
      "arguments 0.1 id= name= text={\"city\":\"Paris, \\\"Texas\\\"\",\"days\":2} json=\n"
      "proof 0.1 id= name= text=gemini.EiYKJGUyNDgzMGE3 json=\n"
      "call 0.2 id=call_Q2lqaLmkHPPlz7IPvtfUqQ4_0_1 name=get_time text= json=\n"
      "arguments 0.2 id= name= text={} json=\n"
      "finish 0.3 id= name= text= json= finish=2\n"
      "usage 0.0 id= name= text= json= 60 72 132 0 0 42\n"
  ) << "the service pretty-prints; ids are made where it gives none";
  EXPECT_EQ(
      told_of_reply("reply_logprobs"),
      "begin 0.0 id=r1 name=gemini-2.0-flash text= json=\n"
      "text 0.0 id= name= text=Hi json=\n"
      R"(logprobs 0.0 id= name= text= json={"content":[{"token":"Hi","logprob":-0.25,"bytes":null,"top_logprobs":[{"token":"Hi","logprob":-0.25,"bytes":null},{"token":"\"Ho\"","logprob":-1.5e0,"bytes":null}]}],"refusal":null})"
      "\nfinish 0.1 id= name= text= json= finish=0\n"
      "usage 0.0 id= name= text= json= 2 1 3 0 0 0\n"
  );
  EXPECT_EQ(
      told_of_reply("reply_empty"),
      "begin 0.0 id=r3 name=gemini-2.5-flash text= json=\n"
      "finish 0.0 id= name= text= json= finish=1\n"
      "usage 0.0 id= name= text= json= 4 100 104 0 0 100\n"
  );
}

TEST(GeminiGolden, plain_replies) {
  struct Case {
    const char* name;
    bool content;
    bool filtered;
    const char* text;
    Usage usage;
  };

  for (const Case& c : {
           Case{"reply_text", true, false, "Hello! How can I help?", {9, 12, 21, 2, 0, 5}},
           Case{"reply_calls", true, false, "", {60, 72, 132, 0, 0, 42}},
           Case{"reply_recitation", true, true, "It was the best", {4, 4, 8, 0, 0, 0}},
           Case{"reply_empty", false, false, "", {4, 100, 104, 0, 0, 100}},
       }) {
    const std::string body = file(std::string(c.name) + ".json");
    const Result<ReplyFacts> facts = gemini::dialect().reply(gemini_provider, body);
    ASSERT_TRUE(facts) << c.name << ": " << facts.error().message;
    EXPECT_EQ(facts->has_content, c.content) << c.name;
    EXPECT_TRUE(facts->finished) << c.name;
    EXPECT_EQ(facts->filtered, c.filtered) << c.name;
    EXPECT_EQ(facts->text, c.text) << c.name;
    EXPECT_TRUE(facts->text.empty() || (facts->text.data() > body.data() && facts->text.data() < &body.back()));
    EXPECT_TRUE(*facts->usage == c.usage) << c.name;
    EXPECT_TRUE(gemini::dialect().begins_reply(body.substr(0, 40)));
  }
  const auto blocked = gemini::dialect().reply(gemini_provider, file("reply_blocked.json"));
  ASSERT_FALSE(blocked);
  EXPECT_EQ(blocked.error().code, Errc::content_policy);
  EXPECT_EQ(blocked.error().message, "the provider blocked the prompt: SAFETY");
}

TEST(GeminiGolden, what_is_no_answer) {
  struct Case {
    const char* body;
    Errc code;
  };

  for (const Case& c : {
           Case{"", Errc::upstream_protocol},
           Case{"<html>", Errc::upstream_protocol},
           Case{"[]", Errc::upstream_protocol},
           Case{"{}", Errc::upstream_protocol},
           Case{R"({"candidates":7})", Errc::upstream_protocol},
           Case{R"({"choices":[]})", Errc::upstream_protocol},
           Case{R"({"candidates":[]} x)", Errc::upstream_protocol},
           Case{R"({"candidates":[{"content":{"parts":[{"text":"\q"}]}}]})", Errc::upstream_protocol},
           Case{R"({"error":{"code":429,"message":"Slow down","status":"RESOURCE_EXHAUSTED"}})", Errc::rate_limited},
           Case{R"({"candidates":[{"finishReason":"OTHER"}]})", Errc::upstream_server},
           Case{R"({"candidates":[{"finishReason":"UNEXPECTED_TOOL_CALL"}]})", Errc::upstream_server},
       }) {
    const auto facts = gemini::dialect().reply(gemini_provider, c.body);
    ASSERT_FALSE(facts) << c.body;
    EXPECT_EQ(facts.error().code, c.code) << c.body << ": " << facts.error().message;
  }
  EXPECT_TRUE(gemini::dialect().reply(gemini_provider, R"({"candidates":[],"promptFeedback":{}})"));
  EXPECT_TRUE(gemini::dialect().reply(gemini_provider, R"({"usageMetadata":{"promptTokenCount":1}})"));
  EXPECT_FALSE(gemini::dialect().begins_reply(R"(<html>"candidates")"));
}

TEST(GeminiGolden, finish_reasons) {
  struct Case {
    const char* reason;
    bool has_call;
    std::optional<Finish> finish;
  };

  for (const Case& c : {
           Case{"STOP", false, Finish::stop},
           Case{"STOP", true, Finish::tool_calls},
           Case{"MAX_TOKENS", false, Finish::length},
           Case{"MAX_TOKENS", true, Finish::length},
           Case{"SAFETY", false, Finish::content_filter},
           Case{"RECITATION", false, Finish::content_filter},
           Case{"LANGUAGE", false, Finish::content_filter},
           Case{"BLOCKLIST", false, Finish::content_filter},
           Case{"PROHIBITED_CONTENT", false, Finish::content_filter},
           Case{"SPII", false, Finish::content_filter},
           Case{"IMAGE_SAFETY", false, Finish::content_filter},
           Case{"SOMETHING_NEW", false, Finish::stop},
           Case{"SOMETHING_NEW", true, Finish::tool_calls},
           Case{"FINISH_REASON_UNSPECIFIED", false, {}},
           Case{"", false, {}},
       }) {
    const std::string part = c.has_call ? R"({"functionCall":{"name":"f"}})" : R"({"text":"a"})";
    const std::string body =
        R"({"candidates":[{"content":{"parts":[)" + part + R"(]},"finishReason":")" + c.reason + R"("}]})";
    Recorder recorder;
    const auto facts = gemini::dialect().reply(gemini_provider, body, &recorder);
    ASSERT_TRUE(facts) << c.reason;
    EXPECT_EQ(facts->finished, c.finish.has_value()) << c.reason;
    EXPECT_EQ(facts->filtered, c.finish == Finish::content_filter) << c.reason;
    const auto story = recorder.story();
    EXPECT_EQ(story.back().kind == Kind::finish, c.finish.has_value()) << c.reason;
    EXPECT_EQ(story.back().finish, c.finish.value_or(Finish::stop)) << c.reason;
  }
}

TEST(GeminiGolden, failures_have_a_class_and_a_message_without_keys) {
  struct Case {
    const char* name;
    int status;
    Errc code;
    const char* says;
  };

  for (const Case& c : {
           Case{"error_bad_key", 400, Errc::upstream_auth, "status 400: API key not valid"},
           Case{"error_quota", 429, Errc::rate_limited, "status 429: You exceeded your current quota"},
           Case{"error_prepaid", 429, Errc::billing, "status 429: Your prepayment credits are depleted"},
           Case{"error_context", 400, Errc::context_exceeded, "The input token count (1300000) exceeds"},
           Case{"error_model", 404, Errc::model_unavailable, "status 404: models/gemini-9 is not found"},
           Case{"error_location", 400, Errc::upstream_auth, "status 400: User location is not supported"},
           Case{"error_permission", 403, Errc::upstream_auth, "status 403: Permission denied"},
           Case{"error_overloaded", 503, Errc::upstream_server, "status 503: The model is overloaded"},
           Case{"error_signature", 400, Errc::upstream_refused, "Function call is missing"},
           Case{"error_logprobs", 400, Errc::unsupported_input, "Logprobs is not enabled"},
       }) {
    const Error error = gemini::dialect().failure(gemini_provider, c.status, file(std::string(c.name) + ".json"));
    EXPECT_EQ(to_string(error.code), to_string(c.code)) << c.name;
    EXPECT_EQ(error.upstream_status, c.status) << c.name;
    EXPECT_TRUE(error.message.starts_with(c.says)) << c.name << ": " << error.message;
  }
  const Error moved = gemini::dialect().failure(gemini_provider, 302, "<html>");
  EXPECT_NE(moved.message.find("base_url"), std::string::npos) << moved.message;
}

TEST(GeminiRequest, paths_and_headers) {
  struct Case {
    const char* base;
    const char* model;
    bool is_stream;
    const char* target;
  };

  for (const Case& c : {
           Case{"/v1beta", "gemini-2.5-flash", false, "/v1beta/models/gemini-2.5-flash:generateContent"},
           Case{"/v1beta/", "gemini-2.5-flash", true, "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"},
           Case{"", "models/gemini-3-pro", false, "/models/gemini-3-pro:generateContent"},
           Case{"/v1beta", "tunedModels/mine-1", false, "/v1beta/tunedModels/mine-1:generateContent"},
           Case{"/v1beta", "a b?c#d%e\r\n:é", false, "/v1beta/models/a%20b%3Fc%23d%25e%0D%0A%3A%C3%A9:generateContent"},
       }) {
    const Request request = gemini::dialect().request(
        {.provider = gemini_provider,
         .key = Secret("k"),
         .base_path = c.base,
         .model = c.model,
         .is_stream = c.is_stream}
    );
    EXPECT_EQ(request.target, c.target);
    EXPECT_TRUE(request.is_of_model) << "not to be kept for another";
    EXPECT_EQ(request.header_lines, "Content-Type: application/json\r\nx-goog-api-key: k\r\n");
  }
  config::Provider own;
  own.headers = {{"X-Goog-Api-Key", "t"}, {"x-goog-user-project", "p"}};
  EXPECT_EQ(
      gemini::dialect().request({.provider = own, .key = Secret("k"), .model = "m"}).header_lines,
      "Content-Type: application/json\r\nX-Goog-Api-Key: t\r\nx-goog-user-project: p\r\n"
  );
  EXPECT_EQ(
      gemini::dialect().request({.provider = gemini_provider, .key = Secret(), .model = "m"}).header_lines,
      "Content-Type: application/json\r\n"
  );
  EXPECT_EQ(for_protocol(config::Protocol::gemini), &gemini::dialect());
}

// --- Hostile bytes ---------------------------------------------------------------------------------------------------

// Everything that is told can stand in JSON.
class Checker final : public EventSink {
 public:
  void on(const Event& event) override {
    for (const Raw raw : {event.id, event.name, event.text}) {
      const std::string literal = "\"" + std::string(raw) + "\"";
      EXPECT_TRUE(nlohmann::json::accept(literal)) << literal;
    }
    if (event.kind == Kind::arguments) {
      EXPECT_TRUE(nlohmann::json::accept(chat::unescape(event.text))) << event.text;
    }
    EXPECT_TRUE(event.json.empty() || nlohmann::json::accept(event.json)) << event.json;
    ++events;
  }

  int events = 0;
};

std::vector<std::string> documents() {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    const std::string name = entry.path().filename();
    const std::string bytes = file(name);
    if (name.ends_with(".json")) out.push_back(bytes);
    if (!name.ends_with(".sse")) continue;
    http::SseSplitter splitter(1 << 20);
    http::SseEvent event;
    splitter.feed(bytes);
    while (splitter.next(event).value()) out.emplace_back(event.data);
  }
  EXPECT_GT(out.size(), 30U);
  return out;
}

Meaning read_document(const std::string& data, EventSink* sink) {
  http::SseEvent event;
  event.data = data;
  event.has_data = true;
  return gemini::dialect().stream(gemini_provider)->read(event, sink);
}

TEST(GeminiHostile, every_cut_of_a_document_is_a_protocol_error) {
  for (std::string document : documents()) {
    while (document.ends_with('\n')) document.pop_back();
    for (std::size_t length = 0; length < document.size(); ++length) {
      const std::string cut = document.substr(0, length);
      Checker checker;
      const Meaning meaning = read_document(cut, &checker);
      ASSERT_TRUE(meaning.error) << cut;
      EXPECT_EQ(meaning.error->code, Errc::upstream_protocol) << cut;
      EXPECT_FALSE(meaning.content || meaning.finished || meaning.usage) << cut;
      EXPECT_EQ(checker.events, 0) << cut;
      EXPECT_FALSE(gemini::dialect().reply(gemini_provider, cut)) << cut;
    }
  }
}

TEST(GeminiHostile, changed_bytes_are_an_error_or_told_as_json) {
  Random random(7);
  constexpr std::string_view bytes = "\"\\{}[]:,0-eutn \x80\xC3\x01";
  int told = 0;
  for (const std::string& document : documents()) {
    for (int i = 0; i < 400; ++i) {
      std::string changed = document;
      for (std::uint32_t n = 1 + random.below(3); n != 0; --n) {
        const std::size_t at = random.below(static_cast<std::uint32_t>(changed.size()));
        switch (random.below(3)) {
          case 0:
            changed[at] = bytes[random.below(static_cast<std::uint32_t>(bytes.size()))];
            break;
          case 1:
            changed.erase(at, 1 + random.below(4));
            break;
          default:
            changed.insert(at, changed.substr(random.below(static_cast<std::uint32_t>(changed.size())), 12));
        }
      }
      Checker checker;
      const Meaning meaning = read_document(changed, &checker);
      EXPECT_TRUE(chat::has_valid_escapes(meaning.text)) << meaning.text;
      told += checker.events;
    }
  }
  EXPECT_GT(told, 100) << "some changes do no harm";
}

TEST(GeminiHostile, odd_types_and_unknown_members_are_passed_over) {
  struct Case {
    const char* document;
    int events;
  };

  for (const Case& c : {
           Case{R"({"candidates":[{"content":{"parts":[{"text":7},{"text":null},[],"x",{}]}}]})", 1},
           Case{R"({"candidates":[{"content":[],"finishReason":{}},null,3]})", 1},
           Case{R"({"candidates":[{"content":{"parts":{"text":"a"}}}],"usageMetadata":[]})", 1},
           Case{
               R"({"candidates":[{"content":{"parts":[{"functionCall":"f"},{"functionCall":{"name":5,"args":[1]}}]}}]})",
               3},
           Case{R"({"candidates":[{"index":"x","content":{"parts":[{"text":"a","later":{"b":[1]}}]}}],"new":1})", 2},
           Case{R"({"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"QQ=="}}]}}]})", 1},
           Case{R"({"candidates":[{"content":{"parts":[{"executableCode":{"code":"1"}}]},"logprobsResult":7}]})", 1},
           Case{
               R"({"candidates":[{"index":-1,"content":{"parts":[{"text":"a"}]},"logprobsResult":{"chosenCandidates":[{"token":5,"logProbability":"x"}]}}]})",
               3},
           Case{R"({"usageMetadata":{"promptTokenCount":-5,"totalTokenCount":"9","candidatesTokenCount":1e99}})", 2},
       }) {
    Checker checker;
    const Meaning meaning = read_document(c.document, &checker);
    EXPECT_FALSE(meaning.error) << c.document << meaning.error->message;
    EXPECT_EQ(checker.events, c.events) << c.document;
  }
}

TEST(GeminiHostile, depth_and_numbers_are_bounded) {
  const std::string deep = std::string(5000, '[') + std::string(5000, ']');
  for (const std::string& document : {
           R"({"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"a":)" + deep + "}}}]}}]}",
           R"({"candidates":)" + deep + "}",
           R"({"x":)" + deep + R"(,"candidates":[{"content":{"parts":[{"text":"a"}]}}]})",
       }) {
    Checker checker;
    const Meaning meaning = read_document(document, &checker);  // an error or not: no crash, nothing that is no JSON
    EXPECT_TRUE(!meaning.error || meaning.error->code == Errc::upstream_protocol);
  }
  std::string many = R"({"candidates":[)";
  for (std::uint64_t i = 0; i < 1000; ++i)
    many += R"({"index":)" + std::to_string(i * 5000000) + R"(,"content":{"parts":[{"text":"a"}]}},)";
  many.back() = ']';
  Checker checker;
  EXPECT_FALSE(read_document(many + "}", &checker).error);
  EXPECT_LT(checker.events, 1100);
}

}  // namespace
}  // namespace gw::dialect::test
