// A client's own body for a provider that speaks alike: what answers of other providers left in it goes, the rest stays
// byte for byte.
#include "dialect/cuts.hpp"
#include "dialect/dialect.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gw::dialect::test {
namespace {

using config::Protocol;
using config::Vendor;

std::string cleaned(Protocol protocol, Vendor vendor, const std::string& body) {
  config::Provider provider;
  provider.protocol = protocol;
  provider.vendor = vendor;
  return for_protocol(protocol)->without_foreign(provider, body).value_or("as it is");
}

TEST(OwnWords, elements_go_with_one_comma_and_the_rest_stays) {
  const std::string text = "[a , b,c]";

  struct Case {
    std::string gone;
    std::string wanted;
  };

  for (const Case& c : std::vector<Case>{
           {"", "[a , b,c]"},
           {"a", "[b,c]"},
           {"b", "[a,c]"},
           {"c", "[a , b]"},
           {"ab", "[c]"},
           {"bc", "[a]"},
           {"ac", "[b]"},
           {"abc", "[]"}}) {
    Cuts cuts(text);
    Cuts::List list(cuts);
    for (const char element : {'a', 'b', 'c'}) {
      const std::string_view view = std::string_view(text).substr(text.find(element), 1);
      if (c.gone.find(element) == std::string::npos) {
        list.stays(view);
      } else {
        list.goes(view);
      }
    }
    list.end();
    EXPECT_EQ(cuts.empty(), c.gone.empty());
    EXPECT_EQ(cuts.rest(0), c.wanted) << c.gone;
  }
}

TEST(OwnWords, messages_lose_thinking_that_anthropic_did_not_sign) {
  const auto said = [](const std::string& blocks) {
    return R"({ "x" : 1.0e1,"messages":[{"role":"user","content":"\u0068i"},{"role":"assistant","content":[)" + blocks +
           R"(]}] ,"model":"m"})";
  };
  const std::string own = R"({"type":"thinking","thinking":"{\"a\": [","signature":"EqQB"})";
  const std::string gemini = R"({"type":"redacted_thinking","data":"gemini.call.QQ=="})";
  const std::string openai = R"({ "signature":"gAAAAx", "thinking":"hm", "type":"thinking"})";
  const std::string unsaid = R"({"type":"thinking","thinking":"hm","signature":""})";
  const std::string text = R"({"type":"text","text":"\"gemini. thinking"})";
  const std::string call =
      R"({"type":"tool_use","id":"a","name":"thinking","input":{"type":"thinking","signature":""}})";

  struct Case {
    const char* name;
    std::string blocks;
    std::string anthropic;
    std::string other;
  };

  const std::string same = "as it is";
  for (const Case& c : std::vector<Case>{
           {"nothing of others", own + "," + text, same, same},
           {"a call's proof", own + ", " + gemini + "," + call, said(own + "," + call), said(own + "," + call)},
           {"OpenAI's", openai + ",\n" + text, said(text), said(text)},
           {"unsigned, which some servers take", unsaid + "," + text, said(text), same},
           {"what a call says is no thinking", call + "," + text, same, same},
           {"nothing else: it stays", gemini, same, same}}) {
    EXPECT_EQ(cleaned(Protocol::v1_messages, Vendor::anthropic, said(c.blocks)), c.anthropic) << c.name;
    EXPECT_EQ(cleaned(Protocol::v1_messages, Vendor::generic, said(c.blocks)), c.other) << c.name;
  }
}

TEST(OwnWords, a_loop_of_tools_that_lost_its_thinking_goes_on_without) {
  const std::string foreign = R"({"type":"thinking","thinking":"hm","signature":"gemini.QQ"},)";
  const std::string call = R"({"type":"tool_use","id":"a","name":"f","input":{}})";
  const std::string budget = R"("thinking":{"type":"enabled","budget_tokens":1024})";
  const std::string result = R"({"type":"tool_result","tool_use_id":"a","content":"1"})";
  const auto said = [](const std::string& head, const std::string& blocks, const std::string& last) {
    return "{" + head + R"("messages":[{"role":"user","content":"hi"},{"role":"assistant","content":[)" + blocks +
           R"(]},{"role":"user","content":[)" + last + R"(]}],"max_tokens":2048})";
  };
  const auto of = [](const std::string& body) { return cleaned(Protocol::v1_messages, Vendor::anthropic, body); };
  EXPECT_EQ(of(said(budget + ",", foreign + call, result)), said("", call, result));
  const std::string adaptive = R"("thinking":{"type":"adaptive"},)";
  EXPECT_EQ(of(said(adaptive, foreign + call, result)), said(adaptive, call, result));
  const std::string text = R"({"type":"text","text":"more"})";
  EXPECT_EQ(of(said(budget + ",", foreign + text, text)), said(budget + ",", text, text)) << "no loop";
  const std::string own = R"({"type":"thinking","thinking":"hm","signature":"EqQB"},)";
  EXPECT_EQ(of(said(budget + ",", own + foreign + call, result)), said(budget + ",", own + call, result));
  EXPECT_EQ(of(said(budget + ",", call, result)), said("", call, result)) << "nobody thought";
  EXPECT_EQ(of(said(budget + ",", own + call, result)), "as it is");
}

TEST(OwnWords, responses_lose_reasoning_of_others_that_we_wrote) {
  const auto said = [](const std::string& items) {
    return R"({"model":"m" , "input":[)" + items + R"(],"store":false})";
  };
  const std::string user = R"({"role":"user","content":"\"rs_01jdqv9s6z3a8h5k2m4n7p0rtw_0 reasoning"})";
  const std::string own = R"({"type":"reasoning","id":"rs_67ccd2bed1ec8190b14f964abc054267","summary":[]})";
  const std::string ours =
      R"({"type":"reasoning","id":"rs_01jdqv9s6z3a8h5k2m4n7p0rtw_0","summary":[{"type":"summary_text","text":"]"}]})";
  const std::string gemini =
      R"({"encrypted_content":"gemini.QQ==","id":"rs_01jdqv9s6z3a8h5k2m4n7p0rtw_12","type":"reasoning","summary":[]})";
  const std::string sealed =
      R"({"type":"reasoning","id":"rs_01jdqv9s6z3a8h5k2m4n7p0rtw_1","summary":[],"encrypted_content":"gAAAAx"})";
  const auto of = [&](const std::string& items) { return cleaned(Protocol::v1_response, Vendor::openai, said(items)); };
  EXPECT_EQ(of(user + "," + own), "as it is");
  EXPECT_EQ(of(user + "," + sealed), "as it is");
  EXPECT_EQ(of(user + "," + ours + "," + own + "," + gemini), said(user + "," + own));
  EXPECT_EQ(of(ours + "," + user), said(user));
  EXPECT_EQ(
      cleaned(Protocol::v1_response, Vendor::openai, R"({"input":"\"rs_01jdqv9s6z3a8h5k2m4n7p0rtw_0"})"), "as it is"
  );
}

TEST(OwnWords, openai_gets_none_of_what_others_add_to_messages) {
  const std::string body =
      R"({"messages":[{"role":"user","content":"\"reasoning_content\""},)"
      R"({"role":"assistant" ,"reasoning_content":"a}","content":null,"tool_calls":[{"id":"c", "type":"function",)"
      R"("function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"QQ"}}}],)"
      R"("reasoning_details":[{"type":"reasoning.text"}]}],"seed":1,"reasoning_content":2})";
  EXPECT_EQ(
      cleaned(Protocol::openai, Vendor::openai, body),
      R"({"messages":[{"role":"user","content":"\"reasoning_content\""},)"
      R"({"role":"assistant","content":null,"tool_calls":[{"id":"c", "type":"function",)"
      R"("function":{"name":"f","arguments":"{}"}}]}],"seed":1,"reasoning_content":2})"
  );
  EXPECT_EQ(cleaned(Protocol::openai, Vendor::deepseek, body), "as it is") << "theirs";
  EXPECT_EQ(cleaned(Protocol::openai, Vendor::openai, R"({"messages":[{"role":"user","content":"a"}]})"), "as it is");
  EXPECT_EQ(
      cleaned(
          Protocol::openai, Vendor::openai, R"({"reasoning_content":1,"messages":[{"role":"user","content":"a"}]})"
      ),
      "as it is"
  );
}

}  // namespace
}  // namespace gw::dialect::test
