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
  SpliceInput input = with_model("m");
  input.defaults = {{"temperature", "0.1"}, {"top_p", "0.5"}, {"top_p", "0.6"}, {"seed", "1"}, {"model", "\"evil\""}};
  input.forced = {{"seed", "7"}, {"stream", "true"}};
  const std::string body = R"({"model":"a","temperature":0.9,"seed":null,"messages":[{"role":"user","content":"x"}]})";
  const Json result = Json::parse(spliced_text(body, input));
  EXPECT_EQ(result["model"], "m");
  EXPECT_EQ(result["temperature"], 0.9) << "the request's own value wins over a default";
  EXPECT_EQ(result["top_p"], 0.6) << "a later default wins";
  EXPECT_EQ(result["seed"], 7) << "forced wins over everything";
  EXPECT_FALSE(result.contains("stream")) << "not an operator's to set";
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

// Whatever the order, spacing and kind of the members: what comes out means what went in, with the edits.
TEST(Splice, random_bodies_mean_the_same_with_the_edits) {
  std::mt19937 random(5);
  const char* const values[] = {"null", "0.70", "\"text\\n\"", "[1, {\"a\":2}]", "{\"k\" : [ ]}", "true"};
  const char* const keys[] = {"temperature", "top_p", "seed", "x", "response_format2"};
  for (int round = 0; round < 500; ++round) {
    std::vector<std::string> members{R"("messages":[{"role":"user","content":"x"}])"};
    if (random() % 2) members.emplace_back(R"("model" : "auto")");
    for (const char* const key : keys) {
      if (random() % 2) members.push_back("\"" + std::string(key) + "\" :" + values[random() % 6]);
    }
    std::shuffle(members.begin(), members.end(), random);
    std::string body = " {";
    for (std::size_t i = 0; i < members.size(); ++i) body += (i ? " ," : "\n") + members[i];
    body += " }\n";

    SpliceInput input = with_model("upstream/model");
    for (const char* const key : keys) {
      if (random() % 3 == 0) input.defaults.push_back({key, "[\"d\"]"});
      if (random() % 4 == 0) input.forced.push_back({key, "{\"f\":1}"});
    }
    Json expected = Json::parse(body);
    expected["model"] = "upstream/model";
    for (const Edit& edit : input.defaults) {
      const std::string key(edit.key);
      if (!expected.contains(key) || expected[key].is_null()) expected[key] = Json::parse(edit.json);
    }
    for (const Edit& edit : input.forced) expected[std::string(edit.key)] = Json::parse(edit.json);
    const Json got = Json::parse(spliced_text(body, input));
    EXPECT_TRUE(nlohmann::json(got) == nlohmann::json(expected)) << body << got;
  }
}

}  // namespace
}  // namespace gw::chat
