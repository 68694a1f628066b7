#include "relay/judge.hpp"

#include "relay/relay.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gw::relay {
namespace {

using Step = StreamJudge::Step;

JudgeRules rules() {
  JudgeRules rules;
  rules.strip_usage = true;
  rules.keyword_in = [](std::string_view text) -> std::optional<std::string_view> {
    if (text.find("overloaded") != std::string_view::npos) return "overloaded";
    return std::nullopt;
  };
  return rules;
}

dialect::Meaning text(std::string_view content) {
  dialect::Meaning meaning;
  meaning.content = true;
  meaning.text = content;
  return meaning;
}

dialect::Meaning finish() {
  dialect::Meaning meaning;
  meaning.finished = true;
  return meaning;
}

dialect::Meaning done() {
  dialect::Meaning meaning;
  meaning.terminator = true;
  return meaning;
}

dialect::Meaning usage_only() {
  dialect::Meaning meaning;
  meaning.usage_only = true;
  meaning.usage = dialect::Usage{1, 2, 3, 0, 0};
  return meaning;
}

dialect::Meaning failure(Errc code) {
  dialect::Meaning meaning;
  meaning.error = upstream_error(code, "said so");
  return meaning;
}

const dialect::Meaning nothing{};

// Steps over a sequence of events; the stream's end follows when `ends`.
std::vector<Step> steps(StreamJudge& judge, const std::vector<dialect::Meaning>& events, bool ends) {
  std::vector<Step> out;
  for (const dialect::Meaning& event : events) out.push_back(judge.on_event(event));
  if (ends) out.push_back(judge.on_end());
  return out;
}

TEST(StreamJudge, follows_the_streaming_contract) {
  struct Case {
    const char* name;
    std::vector<dialect::Meaning> events;
    bool ends;
    std::vector<Step> expected;
    std::optional<Errc> error;
  };

  const std::string long_text(300, 'x');
  const std::vector<Case> cases{
      {"a whole stream",
       {nothing, text("a"), text("b"), finish(), usage_only(), done()},
       false,
       {Step::hold, Step::forward, Step::forward, Step::forward, Step::drop, Step::complete},
       {}},
      {"a missing terminator is forgiven",
       {text("a"), finish()},
       true,
       {Step::forward, Step::forward, Step::complete},
       {}},
      {"cut before any content", {nothing}, true, {Step::hold, Step::fail}, Errc::upstream_empty},
      {"ends at once", {}, true, {Step::fail}, Errc::upstream_empty},
      {"cut after content", {text("a")}, true, {Step::forward, Step::interrupt}, Errc::interrupted},
      {"terminator without anything", {nothing, done()}, false, {Step::hold, Step::fail}, Errc::upstream_empty},
      {"terminator after content, no finish reason", {text("a"), done()}, false, {Step::forward, Step::complete}, {}},
      {"finish without content", {nothing, finish()}, false, {Step::hold, Step::fail}, Errc::upstream_empty},
      {"error first", {failure(Errc::rate_limited)}, false, {Step::fail}, Errc::rate_limited},
      {"error after the role",
       {nothing, failure(Errc::upstream_server)},
       false,
       {Step::hold, Step::fail},
       Errc::upstream_server},
      {"error after content",
       {text("a"), failure(Errc::upstream_server)},
       false,
       {Step::forward, Step::interrupt},
       Errc::upstream_server},
      {"a notice as an answer", {text("overloaded"), finish()}, false, {Step::hold, Step::fail}, Errc::rate_limited},
      {"a notice that ends without finish", {text("overloaded")}, true, {Step::hold, Step::fail}, Errc::rate_limited},
      {"a long answer with the word in it",
       {text("overloaded"), text(long_text)},
       false,
       {Step::hold, Step::forward},
       {}},
  };
  for (const Case& c : cases) {
    StreamJudge judge(rules());
    EXPECT_EQ(steps(judge, c.events, c.ends), c.expected) << c.name;
    if (c.error) {
      EXPECT_EQ(judge.error().code, *c.error) << c.name;
    }
  }
}

TEST(StreamJudge, a_failed_read_is_judged_by_what_was_seen) {
  const Error timeout = upstream_error(Errc::idle_timeout, "silent");
  StreamJudge before(rules());
  EXPECT_EQ(before.on_failure(timeout), Step::fail);
  StreamJudge between(rules());
  (void)between.on_event(text("a"));
  EXPECT_EQ(between.on_failure(timeout), Step::interrupt);
  StreamJudge after(rules());
  (void)after.on_event(text("a"));
  (void)after.on_event(finish());
  EXPECT_EQ(after.on_failure(timeout), Step::complete) << "the answer was whole";
}

TEST(StreamJudge, empty_answers_pass_when_the_operator_wants_them) {
  JudgeRules lenient = rules();
  lenient.retry_on_empty = false;
  StreamJudge judge(lenient);
  EXPECT_EQ(judge.on_event(finish()), Step::forward);
  EXPECT_EQ(judge.on_event(done()), Step::complete);
}

TEST(StreamJudge, comments_pass_after_the_commit_only) {
  StreamJudge judge(rules());
  EXPECT_EQ(judge.on_comment(), Step::hold);
  (void)judge.on_event(text("a"));
  EXPECT_EQ(judge.on_comment(), Step::forward);
}

TEST(PlainJudge, empty_and_notices_fail) {
  dialect::ReplyFacts facts;
  EXPECT_EQ(judge_plain(facts, rules())->code, Errc::upstream_empty);
  facts.has_content = true;
  EXPECT_FALSE(judge_plain(facts, rules()));
  facts.text = "overloaded, sorry";
  EXPECT_EQ(judge_plain(facts, rules())->code, Errc::rate_limited);
  const std::string essay = "why servers get overloaded: " + std::string(300, 'x');
  facts.text = essay;
  EXPECT_FALSE(judge_plain(facts, rules())) << "a long answer may speak of it";
}

Attempt failed(Errc code, std::string name, std::optional<std::uint16_t> status = {}) {
  Attempt attempt;
  attempt.display_name = std::move(name);
  attempt.error = upstream_error(code, "because");
  attempt.error->upstream_status = status;
  return attempt;
}

TEST(AllFailed, the_status_tells_the_truth) {
  EXPECT_EQ(all_failed({failed(Errc::rate_limited, "a"), failed(Errc::rate_limited, "b")}).code, Errc::rate_limited);
  EXPECT_EQ(
      all_failed({failed(Errc::rate_limited, "a"), failed(Errc::upstream_connect, "b")}).code, Errc::upstream_connect
  );
  EXPECT_EQ(
      all_failed({failed(Errc::upstream_connect, "a"), failed(Errc::rate_limited, "b")}).code, Errc::upstream_server
  ) << "not all were rate limited: waiting may not help";
  EXPECT_EQ(
      all_failed({failed(Errc::idle_timeout, "a"), failed(Errc::first_byte_timeout, "b")}).code,
      Errc::first_byte_timeout
  );
  const Error refused = all_failed({failed(Errc::upstream_refused, "a", 422), failed(Errc::upstream_server, "b")});
  EXPECT_EQ(refused.code, Errc::upstream_refused);
  EXPECT_EQ(refused.upstream_status, 422);
  const Error error = all_failed({failed(Errc::upstream_tls, "p/m1"), failed(Errc::upstream_empty, "q/m2")});
  EXPECT_NE(error.message.find("p/m1 (upstream_tls)"), std::string::npos) << error.message;
  EXPECT_NE(error.message.find("q/m2 (upstream_empty)"), std::string::npos);
}

TEST(ErrorBody, is_openai_s_shape) {
  Error error = client_error(Errc::invalid_request, "say \"please\"", "messages");
  EXPECT_EQ(
      error_body(error, 400),
      R"({"error":{"message":"say \"please\"","type":"invalid_request_error","param":"messages","code":"invalid_request"}})"
  );
  error = upstream_error(Errc::upstream_connect, "x");
  EXPECT_EQ(
      error_event(error, 502),
      "data: "
      "{\"error\":{\"message\":\"x\",\"type\":\"upstream_error\",\"param\":null,\"code\":\"upstream_connect\"}}\n\n"
  );
}

TEST(ForwardedHeaders, only_what_a_client_means_for_the_provider) {
  http::RequestHead head;
  const std::string text =
      "POST / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer k\r\nCookie: c\r\nX-Forwarded-For: "
      "1\r\nOpenAI-Organization: o\r\n"
      "traceparent: t\r\nx-api-key: k\r\nanthropic-beta: b\r\n\r\n";
  ASSERT_TRUE(http::parse_request(text, {}, head));
  EXPECT_EQ(forwarded_headers(head.headers), "OpenAI-Organization: o\r\ntraceparent: t\r\nanthropic-beta: b\r\n");
}

}  // namespace
}  // namespace gw::relay
