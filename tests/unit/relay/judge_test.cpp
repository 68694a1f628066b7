#include "relay/judge.hpp"

#include "http/session.hpp"
#include "relay/relay.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
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
  meaning.bytes = content.size();
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

TEST(StreamJudge, ends_when_every_choice_has_ended) {
  JudgeRules two = rules();
  two.choices = 2;
  dialect::Meaning first_done;  // the other one has begun
  first_done.is_open = true;
  first_done.finished_choices = 1;
  {
    StreamJudge judge(two);
    EXPECT_EQ(
        steps(judge, {text("a"), first_done}, true), (std::vector<Step>{Step::forward, Step::forward, Step::interrupt})
    );
    EXPECT_EQ(judge.error().code, Errc::interrupted);
  }
  {
    StreamJudge judge(two);
    (void)steps(judge, {text("a"), first_done}, false);
    EXPECT_FALSE(judge.finished());
    EXPECT_EQ(judge.on_failure(upstream_error(Errc::idle_timeout, "silence")), Step::interrupt);
  }
  dialect::Meaning one_done = finish();
  one_done.finished_choices = 1;
  {
    StreamJudge judge(two);
    (void)steps(judge, {text("a"), one_done}, false);
    EXPECT_FALSE(judge.finished()) << "the other one may yet begin";
    EXPECT_EQ(judge.on_failure(upstream_error(Errc::idle_timeout, "silence")), Step::interrupt);
  }
  {
    StreamJudge judge(two);
    EXPECT_EQ(steps(judge, {text("a"), one_done}, true).back(), Step::complete) << "the provider gives one only";
  }
  dialect::Meaning both_done = finish();
  both_done.finished_choices = 2;
  StreamJudge judge(two);
  (void)steps(judge, {text("a"), first_done, both_done}, false);
  EXPECT_TRUE(judge.finished());
  EXPECT_EQ(judge.on_failure(upstream_error(Errc::idle_timeout, "silence")), Step::complete);
}

TEST(StreamJudge, an_answer_that_calls_tools_is_no_notice) {
  dialect::Meaning call = text("");
  call.bytes = 40;
  StreamJudge judge(rules());
  EXPECT_EQ(steps(judge, {text("overloaded"), call}, false), (std::vector<Step>{Step::hold, Step::forward}));

  dialect::ReplyFacts facts;
  facts.has_content = facts.finished = true;
  facts.text = "overloaded";
  facts.bytes = facts.text.size();
  EXPECT_EQ(judge_plain(facts, rules())->code, Errc::rate_limited);
  facts.bytes += 40;
  EXPECT_FALSE(judge_plain(facts, rules()));
}

TEST(AllFailed, says_nothing_that_a_provider_said_of_itself_and_nothing_twice) {
  const auto down = [](const char* model) {
    Attempt attempt;
    attempt.display_name = model;
    attempt.error = upstream_error(Errc::upstream_server, "status 500: postgres://user:hunter2@10.0.0.5/db");
    attempt.error->upstream_status = 500;
    return attempt;
  };
  const std::vector<Attempt> attempts{down("p/a"), down("p/a"), down("p/b")};
  EXPECT_EQ(
      all_failed(std::span(attempts), Millis{1}).message,
      "None of 2 models could answer: p/a (upstream_server) the provider failed with status 500; p/b (upstream_server) "
      "the provider failed with status 500"
  );
  EXPECT_EQ(
      all_failed(std::span(attempts).first(2), Millis{1}).message,
      "The model could not answer: p/a (upstream_server) the provider failed with status 500"
  );
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

// `name`: a literal.
Attempt failed(Errc code, std::string_view name, std::optional<std::uint16_t> status = {}) {
  Attempt attempt;
  attempt.display_name = name;
  attempt.error = upstream_error(code, "because");
  attempt.error->upstream_status = status;
  return attempt;
}

TEST(Judge, what_the_filter_left_nothing_of_is_no_empty_answer) {
  dialect::Meaning filtered = finish();
  filtered.filtered = true;
  StreamJudge judge(rules());
  EXPECT_EQ(judge.on_event(filtered), Step::fail);
  EXPECT_EQ(judge.error().code, Errc::content_policy);

  StreamJudge begun(rules());
  EXPECT_EQ(begun.on_event(text("Hello")), Step::forward);
  EXPECT_EQ(begun.on_event(filtered), Step::forward) << "the client has what came before";

  dialect::ReplyFacts facts;
  facts.filtered = true;
  EXPECT_EQ(judge_plain(facts, rules())->code, Errc::content_policy);
  JudgeRules as_is = rules();
  as_is.retry_on_empty = false;
  EXPECT_FALSE(judge_plain(facts, as_is));
}

Error all_failed(std::initializer_list<Attempt> attempts) {
  return relay::all_failed(std::span(attempts.begin(), attempts.size()), Millis{5000});
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

TEST(AllFailed, a_refusal_goes_back_as_the_first_said_it) {
  for (const Errc code :
       {Errc::upstream_refused, Errc::context_exceeded, Errc::unsupported_input, Errc::content_policy}) {
    Attempt first = failed(code, "a", 413);
    first.error->message = "as it was said";
    const Error error =
        all_failed({failed(Errc::upstream_server, "s"), first, failed(Errc::upstream_refused, "b", 400)});
    EXPECT_EQ(error.code, code);
    EXPECT_EQ(error.message, "as it was said");
    EXPECT_EQ(http::status_of(error), 413);
  }
}

TEST(AllFailed, a_refusal_s_status_never_accuses_the_client_of_something_else) {
  for (const std::uint16_t told : std::initializer_list<std::uint16_t>{401, 402, 403, 407, 429, 500, 200, 302}) {
    EXPECT_EQ(http::status_of(all_failed({failed(Errc::content_policy, "a", told)})), 400) << told;
  }
  EXPECT_EQ(http::status_of(upstream_error(Errc::content_policy, "in a 200")), 400);
  for (const std::uint16_t told : std::initializer_list<std::uint16_t>{400, 404, 413, 415, 422, 451}) {
    EXPECT_EQ(http::status_of(all_failed({failed(Errc::upstream_refused, "a", told)})), told);
  }
}

TEST(AllFailed, what_is_ours_to_mend_is_not_the_client_s_fault) {
  for (const Errc code : {Errc::upstream_auth, Errc::billing, Errc::model_unavailable}) {
    Attempt attempt = failed(code, "p/m", 401);
    attempt.error->message = "status 401: Incorrect API key provided, see the account page";
    const Error error = all_failed({attempt});
    EXPECT_EQ(http::status_of(error), 502) << to_string(code);
    EXPECT_EQ(error.message.find("API key"), std::string::npos) << error.message;
    EXPECT_NE(error.message.find(to_string(code)), std::string::npos) << error.message;
    EXPECT_NE(error_body(error, 502).find("upstream_error"), std::string::npos);
  }
  Attempt limited = failed(Errc::rate_limited, "p/m", 429);
  limited.error->message = "status 429: Rate limit reached in organization org-1";
  EXPECT_EQ(all_failed({limited}).message.find("org-1"), std::string::npos);
}

TEST(Reasons, are_every_failed_attempt_in_the_provider_s_words) {
  Outcome outcome;
  EXPECT_EQ(reasons(outcome), "");
  outcome.error = client_error(Errc::unauthenticated, "no key");
  EXPECT_EQ(reasons(outcome), "no key") << "before any attempt";

  outcome.attempts = {failed(Errc::upstream_auth, "p/a", 401), failed(Errc::content_policy, "p/b", 400)};
  outcome.attempts[0].error->message = "status 401: Incorrect API key";
  outcome.attempts[1].error->message = "flagged";
  outcome.error = relay::all_failed(outcome.attempts, Millis{5000});
  EXPECT_EQ(reasons(outcome), "p/a (upstream_auth) status 401: Incorrect API key; p/b (content_policy) flagged");

  outcome.error.reset();
  outcome.attempts[1].error.reset();
  EXPECT_EQ(reasons(outcome), "p/a (upstream_auth) status 401: Incorrect API key") << "the second one answered";
  outcome.attempts.erase(outcome.attempts.begin());
  EXPECT_EQ(reasons(outcome), "");
}

TEST(AllFailed, says_when_to_come_back_only_if_waiting_helps) {
  const auto limited = [](std::optional<Millis> wait) {
    Attempt attempt = failed(Errc::rate_limited, "a", 429);
    attempt.error->retry_after = wait;
    return attempt;
  };
  EXPECT_EQ(
      all_failed({limited(Millis{9000}), limited(std::nullopt), limited(Millis{3000})}).retry_after, Millis{3000}
  );
  EXPECT_EQ(all_failed({limited(std::nullopt)}).retry_after, Millis{5000}) << "nobody said, so our own patience";
  EXPECT_EQ(all_failed({failed(Errc::upstream_server, "b", 500), limited(Millis{9000})}).retry_after, std::nullopt);
}

TEST(ErrorBody, names_that_clients_know) {
  EXPECT_NE(
      error_body(upstream_error(Errc::context_exceeded, "m"), 400).find("context_length_exceeded"), std::string::npos
  );
  EXPECT_NE(
      error_body(upstream_error(Errc::content_policy, "m"), 400).find("content_policy_violation"), std::string::npos
  );
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
  const Forwarded out = forwarded(head.headers);
  EXPECT_EQ(out.for_all, "traceparent: t\r\n");
  EXPECT_EQ(out.for_alike, "OpenAI-Organization: o\r\nanthropic-beta: b\r\n");
  EXPECT_EQ(out.version, "");
}

TEST(ForwardedHeaders, a_version_that_a_provider_is_not_sent_anyway) {
  for (const auto& [sent, expected] : {std::pair("2023-06-01", ""), std::pair("2026-10-21", "2026-10-21")}) {
    http::RequestHead head;
    const std::string text = "POST / HTTP/1.1\r\nHost: a\r\nAnthropic-Version: " + std::string(sent) + "\r\n\r\n";
    ASSERT_TRUE(http::parse_request(text, {}, head));
    EXPECT_EQ(forwarded(head.headers).version, expected);
  }
}

}  // namespace
}  // namespace gw::relay
