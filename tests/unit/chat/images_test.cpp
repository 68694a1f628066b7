// Where the images of a request stand, in every dialect and spelling.
#include "chat/chat.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gw::chat {
namespace {

using Read = Result<ChatRequest> (*)(std::string_view);

struct Seen {
  std::string part;
  std::string content;
  std::string media_type;
  std::string cache_control;
  bool is_base64 = false;

  friend bool operator==(const Seen&, const Seen&) = default;
};

void PrintTo(const Seen& seen, std::ostream* out) {
  *out << seen.part << " | " << seen.content << " | " << seen.media_type << " | " << seen.cache_control << " | "
       << seen.is_base64;
}

std::vector<Seen> images_of(Read read, const std::string& body) {
  std::string padded = body;
  padded.reserve(body.size() + padding);
  const Result<ChatRequest> request = read(padded);
  if (!request) {
    ADD_FAILURE() << request.error().message << "\n" << body;
    return {};
  }
  const auto text = [&](const Span& span) { return body.substr(span.offset, span.length); };
  std::vector<Seen> out;
  for (const Image& image : request->image_parts) {
    out.push_back(
        {text(image.part), text(image.content), text(image.media_type), text(image.cache_control), image.is_base64}
    );
  }
  return out;
}

// `part` with white space around it, between two texts.
std::string in_chat(const std::string& part) {
  return R"({"messages":[{"role":"user","content":[{"type":"text","text":"a"}, )" + part +
         R"( ,{"type":"text","text":"b"}]}]})";
}

TEST(ChatImages, every_spelling_of_a_chat_completion) {
  const std::vector<Seen> cases{
      {R"({"type":"image_url","image_url":{"url":"https://x/a.png","detail":"low"}})", "https://x/a.png", "", ""},
      {R"({ "image_url" : { "detail":null, "url" : "data:image\/png;base64,AAAA" } , "type":"image_url" })",
       R"(data:image\/png;base64,AAAA)",
       "",
       ""},
      {R"({"type":"image_url","image_url":"https://x/b.png"})", "https://x/b.png", "", ""},
      {R"({"type":"input_image","image_url":"u"})", "u", "", ""},
      {R"({"type":"image","url":"u"})", "u", "", ""},
      {R"({"type":"image","source":{"type":"base64","media_type":"image/gif","data":"AAAA"}})",
       "AAAA",
       "image/gif",
       "",
       true},
      {R"({"type":"image","source":{"type":"url","url":"u"},"cache_control":{"type":"ephemeral"}})",
       "u",
       "",
       R"({"type":"ephemeral"})"},
      {R"({"type":"image_url","image_url":{"file_id":"f"}})", "", "", ""},
  };
  for (const Seen& expected : cases) {
    EXPECT_EQ(images_of(read, in_chat(expected.part)), std::vector<Seen>{expected}) << expected.part;
  }
}

TEST(ChatImages, they_come_in_the_order_of_the_body) {
  const std::string image = R"({"type":"image_url","image_url":"u)";
  const std::string body = R"({"messages":[{"role":"system","content":[)" + image +
                           R"(1"}]},{"role":"user","content":[)" + image + R"(2"},)" + image + R"(3"}]}]})";
  const std::vector<Seen> seen = images_of(read, body);
  ASSERT_EQ(seen.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(seen[i].content, "u" + std::to_string(i + 1));
}

TEST(ChatImages, what_is_no_image_is_none) {
  for (const char* const part :
       {R"({"type":"text","text":"t","image_url":"u"})",
        R"({"type":"file","source":{"data":"AAAA"},"file":{"file_id":"f"}})",
        R"({"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"},"url":"u"})"}) {
    EXPECT_TRUE(images_of(read, in_chat(part)).empty()) << part;
  }
}

TEST(ChatImages, anthropic_s_blocks_and_those_inside_of_results) {
  const std::string base64 = R"({"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA"}})";
  const std::string url =
      R"({"source":{"url":"https://x","type":"url"},"type":"image","cache_control":{"type":"ephemeral"}})";
  const std::string body = R"({"max_tokens":5,"messages":[{"role":"user","content":[{"type":"text","text":"a"},)" +
                           base64 +
                           R"(]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[ )" +
                           url + R"( ,{"type":"text","text":"b"}]},)" + base64 + R"(]}]})";
  const Seen first{base64, "AA", "image/png", "", true};
  const Seen second{url, "https://x", "", R"({"type":"ephemeral"})"};
  EXPECT_EQ(images_of(read_messages, body), (std::vector<Seen>{first, second, first}));
}

TEST(ChatImages, one_within_another_is_a_part_of_it) {
  const std::string outer =
      R"({"type":"image","content":[{"type":"image","source":{"type":"url","url":"in"}}],"source":{"type":"url","url":"out"}})";
  const std::vector<Seen> seen =
      images_of(read_messages, R"({"messages":[{"role":"user","content":[)" + outer + "]}]}");
  EXPECT_EQ(seen, (std::vector<Seen>{{outer, "out", "", ""}}));
}

TEST(ChatImages, responses_in_messages_and_in_outputs_of_calls) {
  const std::string url = R"({"type":"input_image","image_url":"https://x","detail":"auto"})";
  const std::string data = R"({"type":"input_image","image_url":"data:image/png;base64,AA"})";
  const std::string file = R"({"type":"input_image","file_id":"f"})";
  const std::string body = R"({"input":[{"role":"user","content":[{"type":"input_text","text":"a"},)" + url + "," +
                           file + R"(]},{"type":"function_call_output","call_id":"c","output":[ )" + data + R"( ]}]})";
  const std::vector<Seen> expected{
      {url, "https://x", "", ""}, {file, "", "", ""}, {data, "data:image/png;base64,AA", "", ""}};
  EXPECT_EQ(images_of(read_responses, body), expected);
}

TEST(ChatImages, more_than_anybody_describes_are_counted_only) {
  std::string parts;
  for (std::size_t i = 0; i < max_image_parts + 10; ++i) parts += R"({"type":"image_url","image_url":"u"},)";
  const std::string body = R"({"messages":[{"role":"user","content":[)" + parts + R"({"type":"text","text":"t"}]}]})" +
                           std::string(padding, ' ');
  const Result<ChatRequest> request = read(std::string_view(body).substr(0, body.size() - padding));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->images, max_image_parts + 10);
  EXPECT_EQ(request->image_parts.size(), max_image_parts);
}

}  // namespace
}  // namespace gw::chat
