#include "relay/trace.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace gw::relay {
namespace {

using namespace std::chrono_literals;
using Stage = TraceEvent::Stage;

const TimePoint received{std::chrono::hours{100}};

struct Tried {
  std::string_view name;
  Duration begun;
  Duration duration;
  Duration first_content{};
  std::optional<Errc> error{};
};

Attempt attempt_of(const Tried& tried) {
  Attempt attempt;
  attempt.display_name = tried.name;
  attempt.begun = received + tried.begun;
  attempt.duration = tried.duration;
  attempt.first_content = tried.first_content;
  if (tried.error) attempt.error = upstream_error(*tried.error, "because");
  return attempt;
}

Outcome outcome_of(const std::vector<Tried>& all, std::string model, std::optional<Errc> error = {}) {
  Outcome outcome;
  for (const Tried& one : all) outcome.attempts.push_back(attempt_of(one));
  outcome.model = std::move(model);
  if (error) outcome.error = upstream_error(*error, "because");
  return outcome;
}

// "STAGE at+duration #failed model reason", a line an event.
std::string story(const Outcome& outcome, Duration ended) {
  std::string out;
  for (const TraceEvent& event : trace(outcome, received, received + ended)) {
    out.append(to_string(event.stage)).append(" ");
    out.append(std::to_string(std::chrono::duration_cast<Millis>(event.at).count())).append("+");
    out.append(std::to_string(std::chrono::duration_cast<Millis>(event.duration).count()));
    out.append(" #").append(std::to_string(event.retry_count));
    if (!event.model.empty()) out.append(" ").append(event.model);
    if (!event.reason.empty()) out.append(" ").append(event.reason);
    out.append("\n");
  }
  return out;
}

TEST(Trace, an_answer_after_failures) {
  const Outcome outcome = outcome_of(
      {{"p/a", 2ms, 10ms, {}, Errc::rate_limited},
       {"p/b", 12ms, 100ms, {}, Errc::first_byte_timeout},
       {"p/c", 115ms, 50ms, 20ms}},
      "p/c"
  );
  EXPECT_EQ(
      story(outcome, 170ms),
      "REQ_RECEIVED 0+0 #0\n"
      "MODEL_CALL_START 2+2 #0 p/a\n"
      "MODEL_FAIL 12+10 #1 p/a rate_limited\n"
      "MODEL_CALL_START 12+12 #1 p/b\n"
      "MODEL_FAIL 112+100 #2 p/b first_byte_timeout\n"
      "MODEL_CALL_START 115+115 #2 p/c\n"
      "FIRST_TOKEN 135+20 #2 p/c\n"
      "FULL_RESPONSE 165+30 #2 p/c\n"
  );
}

TEST(Trace, when_everybody_failed) {
  const Outcome outcome = outcome_of({{"p/a", 1ms, 2ms, {}, Errc::upstream_connect}}, "", Errc::upstream_connect);
  EXPECT_EQ(
      story(outcome, 5ms),
      "REQ_RECEIVED 0+0 #0\n"
      "MODEL_CALL_START 1+1 #0 p/a\n"
      "MODEL_FAIL 3+2 #1 p/a upstream_connect\n"
      "ALL_FAILED 5+5 #1 upstream_connect\n"
  );
}

TEST(Trace, when_nobody_was_asked) {
  EXPECT_EQ(
      story(outcome_of({}, "", Errc::overloaded), 2000ms),
      "REQ_RECEIVED 0+0 #0\n"
      "ALL_FAILED 2000+2000 #0 overloaded\n"
  );
}

TEST(Trace, a_cut_answer_failed_its_model_but_not_them_all) {
  const Outcome outcome = outcome_of({{"p/a", 1ms, 9ms, 4ms, Errc::interrupted}}, "p/a", Errc::interrupted);
  EXPECT_EQ(
      story(outcome, 10ms),
      "REQ_RECEIVED 0+0 #0\n"
      "MODEL_CALL_START 1+1 #0 p/a\n"
      "FIRST_TOKEN 5+4 #0 p/a\n"
      "MODEL_FAIL 10+9 #1 p/a interrupted\n"
  );
}

TEST(Trace, a_client_that_left_gave_nobody_up) {
  EXPECT_EQ(
      story(outcome_of({{"p/a", 1ms, 9ms, {}, Errc::client_gone}}, "", Errc::client_gone), 10ms),
      "REQ_RECEIVED 0+0 #0\n"
      "MODEL_CALL_START 1+1 #0 p/a\n"
      "MODEL_FAIL 10+9 #1 p/a client_gone\n"
  );
  EXPECT_EQ(story(outcome_of({}, "", Errc::client_gone), 10ms), "REQ_RECEIVED 0+0 #0\n") << "while it waited";
}

TEST(TraceJson, is_the_original_s_array) {
  const Outcome outcome =
      outcome_of({{"p/a \"x\"", 1500us, 10ms, {}, Errc::upstream_server}, {"p/b", 12ms, 50ms, 20250us}}, "p/b");
  EXPECT_EQ(
      trace_json(trace(outcome, received, received + 62ms), 1772000000.25),
      R"([{"stage":"REQ_RECEIVED","timestamp":1772000000.250000,"duration_ms":0.0,"status":"success","retry_count":0},)"
      R"({"stage":"MODEL_CALL_START","timestamp":1772000000.251500,"duration_ms":1.5,"status":"success","retry_count":0,"model":"p/a \"x\""},)"
      R"({"stage":"MODEL_FAIL","timestamp":1772000000.261500,"duration_ms":10.0,"status":"fail","retry_count":1,"model":"p/a \"x\"","reason":"upstream_server"},)"
      R"({"stage":"MODEL_CALL_START","timestamp":1772000000.262000,"duration_ms":12.0,"status":"success","retry_count":1,"model":"p/b"},)"
      R"({"stage":"FIRST_TOKEN","timestamp":1772000000.282250,"duration_ms":20.2,"status":"success","retry_count":1,"model":"p/b"},)"
      R"({"stage":"FULL_RESPONSE","timestamp":1772000000.312000,"duration_ms":29.7,"status":"success","retry_count":1,"model":"p/b"}])"
  );
  EXPECT_EQ(
      trace_json(trace(outcome_of({}, "", Errc::overloaded), received, received + 1s), 1000.999),
      R"([{"stage":"REQ_RECEIVED","timestamp":1000.999000,"duration_ms":0.0,"status":"success","retry_count":0},)"
      R"({"stage":"ALL_FAILED","timestamp":1001.999000,"duration_ms":1000.0,"status":"fail","retry_count":0,"reason":"overloaded"}])"
  );
  EXPECT_EQ(trace_json({}, 0), "[]");
}

TEST(FailedHeader, names_what_failed_before_the_answer) {
  EXPECT_EQ(failed_header(outcome_of({{"p/a", 0ms, 5ms, 1ms}}, "p/a")), "");
  EXPECT_EQ(
      failed_header(outcome_of(
          {{"p/a", 0ms, 12340us, {}, Errc::rate_limited},
           {"p/b", 13ms, 1000ms, {}, Errc::upstream_tls},
           {"p/c", 14ms, 5ms, 1ms}},
          "p/c"
      )),
      "p/a;rate_limited;12.3, p/b;upstream_tls;1000.0"
  );
}

TEST(FailedHeader, has_an_end) {
  const std::string name(300, 'm');
  std::vector<Tried> many(50, Tried{name, 0ms, 5ms, {}, Errc::upstream_server});
  const std::string header = failed_header(outcome_of(many, ""));
  EXPECT_GT(header.size(), 1000U);
  EXPECT_LT(header.size(), 1400U);
}

TEST(Trace, images_that_were_described_stand_before_the_attempt_they_were_for) {
  Outcome outcome =
      outcome_of({{"p/sees", 1ms, 10ms, {}, Errc::upstream_server}, {"p/blind", 41ms, 20ms, 5ms}}, "p/blind");
  outcome.images = std::make_unique<Images>();
  outcome.images->model = "p/eyes";
  outcome.images->begun = received + 11ms;
  outcome.images->duration = 30ms;
  const std::vector<TraceEvent> events = trace(outcome, received, received + 70ms);
  std::vector<Stage> stages;
  for (const TraceEvent& event : events) stages.push_back(event.stage);
  EXPECT_EQ(
      stages,
      (std::vector<Stage>{
          Stage::req_received,
          Stage::model_call_start,
          Stage::model_fail,
          Stage::image_start,
          Stage::image_done,
          Stage::model_call_start,
          Stage::first_token,
          Stage::full_response})
  );
  EXPECT_EQ(events[4].at, Duration{41ms});
  EXPECT_EQ(events[4].duration, Duration{30ms});
  EXPECT_EQ(events[4].model, "p/eyes");
  EXPECT_EQ(events[4].retry_count, 1);
  const std::string json = trace_json(events, 0);
  EXPECT_NE(
      json.find(R"("stage":"IMAGE_TRANSCRIBE_DONE","timestamp":0.041000,"duration_ms":30.0,"status":"success")"),
      std::string::npos
  ) << json;
}

TEST(Trace, images_that_could_not_be_described) {
  Outcome outcome = outcome_of({{"p/blind", 31ms, 0ms, {}, Errc::image_undescribed}}, "", Errc::image_undescribed);
  outcome.images = std::make_unique<Images>();
  outcome.images->begun = received + 1ms;
  outcome.images->duration = 30ms;
  outcome.images->error = upstream_error(Errc::image_undescribed, "because");
  const std::vector<TraceEvent> events = trace(outcome, received, received + 31ms);
  ASSERT_EQ(events.size(), 6U);
  EXPECT_EQ(events[2].stage, Stage::image_done);
  EXPECT_EQ(events[2].reason, "image_undescribed");
  EXPECT_NE(
      trace_json(events, 0).find(
          R"("stage":"IMAGE_TRANSCRIBE_DONE","timestamp":0.031000,"duration_ms":30.0,"status":"fail")"
      ),
      std::string::npos
  );
  EXPECT_EQ(events[3].stage, Stage::model_call_start);
}

}  // namespace
}  // namespace gw::relay
