// What stands in a request in the place of its images.
#include "relay/vision.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gw::relay {
namespace {

using Read = Result<chat::ChatRequest> (*)(std::string_view);

std::string said(
    Read read, const std::string& body, const std::vector<std::string_view>& texts, std::string_view type
) {
  std::string padded = body;
  padded.reserve(body.size() + chat::padding);
  const Result<chat::ChatRequest> request = read(padded);
  if (!request) return request.error().message;
  std::string out = in_words(padded, request->image_parts, texts, type);
  EXPECT_GE(out.capacity(), out.size() + chat::padding) << "it is read next";
  return out;
}

TEST(Vision, only_the_parts_of_images_change) {
  const std::string begin = "{ \"model\" : \"m\",\n\"messages\":[{\"role\":\"user\",\"content\":[\t";
  const std::string middle = " ,\n{\"type\":\"text\",\"text\":\"\\u00e4 \\/\"} , ";
  const std::string end = "]}],\"x\":1e2 }\n";
  const std::string first = R"({"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}})";
  const std::string second = R"({ "image_url":"https:\/\/x", "type":"image_url" })";
  EXPECT_EQ(
      said(chat::read, begin + first + middle + second + end, {"a \"cat\"\n", "二"}, "text"),
      begin + R"({"type":"text","text":"a \"cat\"\n"})" + middle + R"({"type":"text","text":"二"})" + end
  );
}

TEST(Vision, a_cache_mark_stays_where_it_was) {
  const std::string begin =
      R"({"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[)";
  const std::string image =
      R"({"type":"image","cache_control":{"type":"ephemeral"},"source":{"type":"base64","media_type":"image/png","data":"AA"}})";
  EXPECT_EQ(
      said(chat::read_messages, begin + image + "]}]}]}", {"x"}, "text"),
      begin + R"({"type":"text","text":"x","cache_control":{"type":"ephemeral"}}]}]}]})"
  );
}

TEST(Vision, responses_have_a_type_of_their_own) {
  EXPECT_EQ(
      said(
          chat::read_responses,
          R"({"input":[{"role":"user","content":[{"type":"input_image","image_url":"u"}]}]})",
          {"x"},
          "input_text"
      ),
      R"({"input":[{"role":"user","content":[{"type":"input_text","text":"x"}]}]})"
  );
}

}  // namespace
}  // namespace gw::relay
