#include "chat/splice.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace gw::chat {
namespace {

using Json = nlohmann::ordered_json;

std::string spliced_text(const std::string& body, const SpliceInput& input) {
  const std::string padded = body + std::string(padding, '\0');
  const std::string_view view = std::string_view(padded).substr(0, body.size());
  const Result<ChatRequest> request = read(view);
  EXPECT_TRUE(request) << body;
  const Spliced spliced = splice(view, *request, input);
  std::size_t size = 0;
  for (const std::string_view piece : spliced.pieces) {
    EXPECT_FALSE(piece.empty());
    size += piece.size();
  }
  EXPECT_EQ(spliced.size, size);
  return spliced.joined();
}

SpliceInput with_model(std::string_view model) {
  SpliceInput input;
  input.model = model;
  return input;
}

TEST(Splice, changes_the_model_and_nothing_else) {
  const std::string messages = R"("messages" : [ {"role":"user", "content":"\u4f60 1.50"} ])";
  EXPECT_EQ(
      spliced_text("{ \"x\":1e2,\t\"model\" :  \"auto\" ," + messages + "}\n", with_model("a\"b")),
      "{ \"x\":1e2,\t\"model\" :  \"a\\\"b\" ," + messages + "}\n"
  );
  EXPECT_EQ(spliced_text("{" + messages + "}", with_model("m")), "{\"model\":\"m\"," + messages + "}");
  EXPECT_EQ(spliced_text("{\"model\":null," + messages + "}", with_model("m")), "{\"model\":\"m\"," + messages + "}");
}

TEST(Splice, parameters_by_strength) {
  config::ParameterRules rules;
  rules.defaults = {{"temperature", "0.1"}, {"top_p", "0.6"}};
  rules.forced = {{"seed", "7"}, {"x", "{}"}};
  SpliceInput input = with_model("m");
  input.rules = &rules;
  const std::string body = R"({"model":"a","temperature":0.9,"seed":null,"messages":[{"role":"user","content":"x"}]})";
  const Json result = Json::parse(spliced_text(body, input));
  EXPECT_EQ(result["model"], "m");
  EXPECT_EQ(result["temperature"], 0.9) << "the request's own value wins over a default";
  EXPECT_EQ(result["top_p"], 0.6);
  EXPECT_EQ(result["seed"], 7) << "forced wins over everything";
  EXPECT_EQ(result["x"], Json::object());
}

TEST(Splice, usage_is_asked_for_only_when_the_client_did_not_say) {
  SpliceInput input = with_model("m");
  input.inject_usage = true;
  const auto options = [&](const std::string& given) {
    const std::string body =
        R"({"model":"a","stream":true,)" + given + R"("messages":[{"role":"user","content":"x"}]})";
    return Json::parse(spliced_text(body, input))["stream_options"].dump();
  };
  EXPECT_EQ(options(""), R"({"include_usage":true})");
  EXPECT_EQ(options(R"("stream_options":null,)"), R"({"include_usage":true})");
  EXPECT_EQ(options(R"("stream_options":{ },)"), R"({"include_usage":true})");
  EXPECT_EQ(options(R"("stream_options":{"a":1},)"), R"({"include_usage":true,"a":1})");
  EXPECT_EQ(options(R"("stream_options":{"include_usage":null},)"), R"({"include_usage":true})");
  EXPECT_EQ(options(R"("stream_options":{"include_usage":false},)"), R"({"include_usage":false})");
}

}  // namespace
}  // namespace gw::chat
