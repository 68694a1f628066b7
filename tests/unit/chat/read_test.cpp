#include "chat/chat.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace gw::chat {
namespace {

// A body with the readable bytes behind it that `read` asks for.
class Body {
 public:
  explicit Body(std::string text) : size_(text.size()), bytes_(std::move(text) + std::string(padding, '\0')) {}

  [[nodiscard]] std::string_view view() const { return std::string_view(bytes_).substr(0, size_); }

 private:
  std::size_t size_;
  std::string bytes_;
};

Result<ChatRequest> read_text(const std::string& text) {
  const Body body(text);
  return read(body.view());
}

const std::string minimal = R"({"messages":[{"role":"user","content":"hi"}]})";

TEST(ChatRead, finds_what_later_stages_need) {
  const Body body(R"( { "model" : "gpt", "stream":true, "n":2, "max_tokens":7, "stream_options":{"include_usage":false},
    "messages":[{"role":"system","content":"be brief"},
                {"role":"user","content":[{"type":"text","text":"what \"is\" it"},{"type":"image_url","image_url":{"url":"u"}}]},
                {"role":"assistant","content":null,"tool_calls":[{"id":"1"},{"id":"2"}]},
                {"role":"tool","content":"r","tool_call_id":"1"}],
    "tools":[{},{}], "response_format":{"type":"json_schema","json_schema":{}}, "user":"u1" } )");
  const Result<ChatRequest> result = read(body.view());
  ASSERT_TRUE(result) << result.error().message;
  const ChatRequest& request = *result;
  EXPECT_EQ(request.model, "gpt");
  EXPECT_TRUE(request.stream);
  EXPECT_EQ(request.include_usage, false);
  EXPECT_EQ(request.n, 2U);
  EXPECT_EQ(request.max_tokens, 7U);
  EXPECT_EQ(request.tools, 2U);
  EXPECT_EQ(request.images, 1U);
  EXPECT_TRUE(request.has_json_schema);
  EXPECT_EQ(request.user, "u1");
  ASSERT_EQ(request.messages.size(), 4U);
  EXPECT_EQ(request.messages[0].role, Role::system);
  EXPECT_EQ(request.messages[2].tool_calls, 2U);
  EXPECT_EQ(request.messages[3].role, Role::tool);
  const Span text = request.messages[1].text.at(0);
  EXPECT_EQ(body.view().substr(text.offset, text.length), R"(what \"is\" it)");
  EXPECT_EQ(body.view()[request.object_begin], '{');
  EXPECT_EQ(body.view()[request.object_end], '}');
  const Field* const options = request.find("stream_options");
  ASSERT_NE(options, nullptr);
  EXPECT_EQ(body.view().substr(options->value.offset, options->value.length), R"({"include_usage":false})");
}

TEST(ChatRead, says_what_to_change) {
  struct Case {
    const char* name;
    std::string body;
    std::string param;
  };

  const Case cases[] = {
      {"empty", "", ""},
      {"blank", "  \n ", ""},
      {"not JSON", "hello", ""},
      {"an array", "[1]", ""},
      {"a number", "5", ""},
      {"cut", R"({"messages":[{"role":"user")", ""},
      {"trailing text", minimal + "x", ""},
      {"two documents", minimal + minimal, ""},
      {"byte order mark", "\xEF\xBB\xBF" + minimal, ""},
      {"invalid UTF-8", "{\"messages\":[{\"role\":\"user\",\"content\":\"\xFF\"}]}", ""},
      {"control character", "{\"messages\":[{\"role\":\"user\",\"content\":\"a\nb\"}]}", ""},
      {"no messages", R"({"model":"a"})", "messages"},
      {"empty messages", R"({"messages":[]})", "messages"},
      {"messages null", R"({"messages":null})", "messages"},
      {"messages of numbers", R"({"messages":[1]})", "messages[0]"},
      {"no role", R"({"messages":[{"content":"x"}]})", "messages[0].role"},
      {"role of wrong type", R"({"messages":[{"role":1,"content":"x"}]})", "messages[0].role"},
      {"content of wrong type", R"({"messages":[{"role":"user","content":5}]})", "messages[0].content"},
      {"part of wrong type", R"({"messages":[{"role":"user","content":["x"]}]})", "messages[0].content[0]"},
      {"part without text",
       R"({"messages":[{"role":"user","content":[{"type":"text"}]}]})",
       "messages[0].content[0].text"},
      {"stream of wrong type", R"({"stream":"yes","messages":[{"role":"user","content":"x"}]})", "stream"},
      {"model of wrong type", R"({"model":5,"messages":[{"role":"user","content":"x"}]})", "model"},
      {"model with a lone surrogate", R"({"model":"\ud800","messages":[{"role":"user","content":"x"}]})", "model"},
      {"n too large", R"({"n":1000,"messages":[{"role":"user","content":"x"}]})", "n"},
      {"max_tokens negative", R"({"max_tokens":-1,"messages":[{"role":"user","content":"x"}]})", "max_tokens"},
      {"stream_options of wrong type",
       R"({"stream_options":1,"messages":[{"role":"user","content":"x"}]})",
       "stream_options"},
      {"model twice", R"({"model":"a","model":"b","messages":[{"role":"user","content":"x"}]})", "model"},
      {"unknown key twice", R"({"x":1,"x":2,"messages":[{"role":"user","content":"x"}]})", "x"},
      {"a key in two spellings", R"({"x":1,"\u0078":2,"messages":[{"role":"user","content":"x"}]})", "x"},
      {"a key in two other spellings", R"({"\u0078y":1,"x\u0079":2,"messages":[{"role":"user","content":"x"}]})", "xy"},
      {"escaped known key", R"({"mod\u0065l":"a","messages":[{"role":"user","content":"x"}]})", "model"},
  };
  for (const Case& c : cases) {
    const Result<ChatRequest> result = read_text(c.body);
    ASSERT_FALSE(result) << c.name;
    EXPECT_EQ(result.error().code, Errc::invalid_request) << c.name;
    EXPECT_EQ(result.error().param, c.param) << c.name << ": " << result.error().message;
    EXPECT_GT(result.error().message.size(), 10U) << c.name;
  }
}

TEST(ChatRead, lets_pass_what_is_only_unusual) {
  for (const char* const body : {
           R"({"messages":[{"role":"user","content":"\ud83d"}]})",
           R"({"messages":[{"role":"alien","content":"x"}],"new_field":{"deep":[1e999,-0.0,12345678901234567890123]}})",
           R"({"model":null,"stream":null,"n":null,"stream_options":null,"messages":[{"role":"user","content":"x"}]})",
           R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":"plain string"}]}]})",
           R"({"messages":[{"role":"user","content":[{"type":"video_of_tomorrow","x":1}]}]})",
           R"({"messages":[{"role":"user","content":""}]})",
       }) {
    const Result<ChatRequest> result = read_text(body);
    EXPECT_TRUE(result) << body << ": " << (result ? "" : result.error().message);
  }
}

// simdjson by itself steps over them, and what stands there would be unseen by us and not by a provider.
TEST(ChatRead, a_value_is_no_key) {
  for (const char* const body : {
           R"({"model":"a":null,"messages":[{"role":"user","content":"x"}]})",
           R"({"user":"a":{"b":1},"messages":[{"role":"user","content":"x"}]})",
           R"({"messages":[{"role":"user","content":"x":"y"}]})",
           R"({"messages":[{"role":"user":"x","content":"y"}]})",
           R"({"messages":[{"role":"user","content":[{"type":"text":1,"text":"x"}]}]})",
           R"({"messages":[{"role":"user","content":[{"type":"text","text":"x":1}]}]})",
           R"({"messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema":1}})",
           R"({"messages":[{"role":"user","content":"x"}],"reasoning_effort" : "low" : "stream" , "x":1})",
       }) {
    const Result<ChatRequest> result = read_text(body);
    ASSERT_FALSE(result) << body;
    EXPECT_EQ(result.error().code, Errc::invalid_request) << body;
  }
}

TEST(ChatRead, depth_is_bounded) {
  const auto nested = [](std::size_t levels) {
    return R"({"messages":[{"role":"user","content":"x"}],"x":)" + std::string(levels, '[') + std::string(levels, ']') +
           "}";
  };
  EXPECT_TRUE(read_text(nested(400)));
  EXPECT_FALSE(read_text(nested(600)));
  EXPECT_FALSE(read_text(nested(200000)));
}

// Each is compared with all others, to find one that is given twice.
TEST(ChatRead, the_number_of_members_is_bounded) {
  const auto with_members = [](int count) {
    std::string body = R"({"messages":[{"role":"user","content":"x"}])";
    for (int i = 1; i < count; ++i) body += ",\"f" + std::to_string(i) + "\":1";
    return body + "}";
  };
  EXPECT_TRUE(read_text(with_members(512)));
  const auto refused = read_text(with_members(513));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("512 members"), std::string::npos);
}

bool accepts_as_unknown_field(const std::string& value) {
  return read_text(R"({"messages":[{"role":"user","content":"x"}],"unknown":)" + value + "}").has_value();
}

TEST(ChatRead, validates_parts_that_nobody_reads) {
  for (const char* const good :
       {"1", "-0", "1.5e+3", "\"\\u00e9\\n\"", "[]", "{}", "[{\"a\":[null,true,false]}]", "\"\\ud800\""}) {
    EXPECT_TRUE(accepts_as_unknown_field(good)) << good;
  }
  for (const char* const bad :
       {"tru",
        "nul",
        "01",
        "1.",
        ".5",
        "+1",
        "1e",
        "0x1",
        "'a'",
        "[1,]",
        "[1 2]",
        "{\"a\"}",
        "{a:1}",
        "{\"a\":1,}",
        "\"\\x\"",
        "\"\\u12g4\"",
        R"("a":1)",
        R"("a" : "b","c":2)",
        R"(["a":1])",
        R"({"a":"b":1})",
        R"({"a":"b":{"c":1}})",
        "NaN",
        "Infinity",
        "[",
        "]",
        "",
        "\"",
        "1 2"}) {
    EXPECT_FALSE(accepts_as_unknown_field(bad)) << bad;
  }
}

// A public JSON parsing suite beside the checkout; our own list above always runs.
TEST(ChatRead, agrees_with_the_public_parsing_suite) {
  const std::filesystem::path folder = std::string(GW_SHARED_DATA) + "/jsontestsuite";
  if (!std::filesystem::is_directory(folder)) {
    GTEST_SKIP() << "the public suite is not on this machine; the built-in list covers its classes";
  }
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() != ".json") continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    ++files;
    const bool accepted = accepts_as_unknown_field(text.str());
    if (name.starts_with("y_")) {
      EXPECT_TRUE(accepted) << name;
    }
    if (name.starts_with("n_")) {
      EXPECT_FALSE(accepted) << name;
    }
  }
  EXPECT_GT(files, 100U);
}

TEST(Unescape, resolves_and_never_splits) {
  EXPECT_EQ(unescape(R"(a\n\"\\\/\u00e9)"), "a\n\"\\/\xC3\xA9");
  EXPECT_EQ(unescape(R"(\ud83d\ude00)"), "\xF0\x9F\x98\x80");
  EXPECT_EQ(unescape(R"(\ud83d x)"), "\xEF\xBF\xBD x") << "a lone surrogate";
  EXPECT_EQ(unescape("plain text", 5), "plain");
}

}  // namespace
}  // namespace gw::chat
