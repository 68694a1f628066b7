// Whole exchanges of providers, as their documentation shows them (tests/data/openai), read under several slicings.
#include "dialect/openai/openai.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace gw::dialect {
namespace {

std::string file(const std::string& name) {
  std::ifstream in(std::string(GW_TEST_DATA) + "/openai/" + name, std::ios::binary);
  EXPECT_TRUE(in) << name;
  return {std::istreambuf_iterator<char>(in), {}};
}

const config::Provider some_provider;

// What a stream came to.
struct Story {
  int events = 0;
  int commits_at = -1;  // the first event with content, counted from 0
  std::string text;
  int finished = 0;
  int usage_only = 0;
  bool terminator = false;
  std::optional<Usage> usage;
  std::optional<Errc> error;

  friend bool operator==(const Story&, const Story&) = default;
};

void add_event(ReplyStream& meanings, const http::SseEvent& event, Story& story) {
  if (!event.has_data) return;
  const Meaning meaning = meanings.read(event);
  if (meaning.content && story.commits_at < 0) story.commits_at = story.events;
  ++story.events;
  // The text is a view into the event itself: it outlives the next document this thread parses.
  const std::string_view text = meaning.text;
  EXPECT_TRUE(
      text.empty() ||
      (text.data() >= event.data.data() && text.data() + text.size() <= event.data.data() + event.data.size())
  );
  story.text += chat::unescape(text);
  story.finished += meaning.finished ? 1 : 0;
  story.usage_only += meaning.usage_only ? 1 : 0;
  story.terminator = story.terminator || meaning.terminator;
  if (meaning.usage) {
    if (story.usage) {
      story.usage->merge(*meaning.usage);
    } else {
      story.usage = meaning.usage;
    }
  }
  if (meaning.error) story.error = meaning.error->code;
}

Story read_stream(const std::string& bytes, std::size_t slice) {
  Story story;
  http::SseSplitter splitter(1 << 20);
  http::SseEvent event;
  const auto meanings = openai::dialect().stream(some_provider);
  for (std::size_t at = 0; at < bytes.size(); at += slice) {
    splitter.feed(std::string_view(bytes).substr(at, slice));
    while (splitter.next(event).value()) add_event(*meanings, event, story);
  }
  return story;
}

TEST(Golden, streams_mean_what_the_provider_says) {
  struct Case {
    const char* file;
    Story story;
  };

  const Usage none{};
  for (const Case& c : {
           Case{"stream_openai", {6, 1, "Hello, 世界", 1, 1, true, Usage{19, 10, 29, 8, 0, 3}, {}}},
           Case{"stream_openai_tools", {5, 0, "", 1, 0, true, {}, {}}},
           Case{"stream_openai_refusal", {4, 1, "", 1, 0, true, {}, {}}},
           Case{"stream_openai_two_choices", {7, 2, "BA", 2, 0, true, {}, {}}},
           Case{"stream_openai_error", {2, -1, "", 0, 0, false, {}, Errc::upstream_server}},
           Case{"stream_deepseek_reasoner", {5, 1, "42", 1, 0, true, Usage{11, 20, 31, 4, 0, 15}, {}}},
           Case{"stream_moonshot", {4, 1, "你好", 1, 0, true, Usage{8, 2, 10, 6, 0}, {}}},
           Case{"stream_openrouter", {5, 0, "Yes", 1, 0, true, Usage{5, 7, 12, 0, 0}, {}}},
           Case{"stream_openrouter_error", {1, -1, "", 1, 0, false, {}, Errc::rate_limited}},
           Case{"stream_azure", {5, 2, "Bonjour", 1, 0, true, {}, {}}},
           Case{"stream_legacy_text", {3, 0, "Once", 1, 0, true, {}, {}}},
       }) {
    const std::string bytes = file(std::string(c.file) + ".sse");
    for (const std::size_t slice : {bytes.size(), std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{64}}) {
      const Story story = read_stream(bytes, slice);
      EXPECT_TRUE(story == c.story) << c.file << " in slices of " << slice << ": " << story.events
                                    << " events, commits at " << story.commits_at << ", \"" << story.text
                                    << "\", finished " << story.finished << ", usage only " << story.usage_only
                                    << ", done " << story.terminator << ", prompt tokens "
                                    << story.usage.value_or(none).prompt << ", error "
                                    << (story.error ? to_string(*story.error) : "none");
    }
  }
}

TEST(Golden, every_cut_of_an_event_is_a_protocol_error) {
  const std::string bytes = file("stream_openai.sse");
  http::SseSplitter splitter(1 << 20);
  http::SseEvent event;
  splitter.feed(bytes);
  const auto meanings = openai::dialect().stream(some_provider);
  int cuts = 0;
  while (splitter.next(event).value()) {
    if (event.data == "[DONE]") continue;
    for (std::size_t length = 0; length < event.data.size(); ++length, ++cuts) {
      http::SseEvent cut;
      cut.data = event.data.substr(0, length);
      cut.has_data = true;
      const Meaning meaning = meanings->read(cut);
      ASSERT_TRUE(meaning.error) << cut.data;
      EXPECT_EQ(meaning.error->code, Errc::upstream_protocol) << cut.data;
      EXPECT_FALSE(meaning.content || meaning.finished || meaning.usage) << cut.data;
    }
  }
  EXPECT_GT(cuts, 1000);
}

TEST(Golden, plain_replies) {
  struct Case {
    const char* file;
    bool content;
    const char* text;
  };

  for (const Case& c : {
           Case{"reply_openai", true, "Hello! How can I help?"},
           Case{"reply_tools", true, ""},
           Case{"reply_refusal", true, ""},
           Case{"reply_audio", true, ""},
           Case{"reply_empty", false, ""},
       }) {
    const std::string body = file(std::string(c.file) + ".json");
    const Result<ReplyFacts> facts = openai::dialect().reply(some_provider, body);
    ASSERT_TRUE(facts) << c.file << ": " << facts.error().message;
    EXPECT_EQ(facts->has_content, c.content) << c.file;
    EXPECT_TRUE(facts->finished) << c.file;
    EXPECT_EQ(facts->text, c.text) << c.file;
    EXPECT_TRUE(facts->text.empty() || (facts->text.data() > body.data() && facts->text.data() < &body.back()))
        << c.file << ": a view into the body";
    EXPECT_EQ(facts->usage, (Usage{9, 12, 21, 2, 0, 5})) << c.file;
  }
  const auto failed = openai::dialect().reply(some_provider, file("reply_openrouter_choice_error.json"));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Errc::upstream_server);
}

TEST(Golden, every_cut_of_a_plain_reply_is_a_protocol_error) {
  std::string body = file("reply_tools.json");
  body.pop_back();  // the line's end: all that may be missing
  for (std::size_t length = 0; length < body.size(); ++length) {
    const auto facts = openai::dialect().reply(some_provider, body.substr(0, length));
    ASSERT_FALSE(facts) << length;
    EXPECT_EQ(facts.error().code, Errc::upstream_protocol) << length;
  }
  EXPECT_TRUE(openai::dialect().reply(some_provider, body));
}

TEST(Golden, failures_have_a_class_and_a_message_without_keys) {
  struct Case {
    const char* file;
    int status;
    Errc code;
    const char* says;
  };

  for (const Case& c : {
           Case{
               "error_openai_bad_key.json", 401, Errc::upstream_auth, "status 401: Incorrect API key provided: sk-***"},
           Case{"error_openai_rate.json", 429, Errc::rate_limited, "status 429: Rate limit reached for gpt-4o"},
           Case{"error_openai_quota.json", 429, Errc::billing, "status 429: You exceeded your current quota"},
           Case{"error_openai_context.json", 400, Errc::context_exceeded, "This model's maximum context"},
           Case{"error_deepseek_balance.json", 402, Errc::billing, "status 402: Insufficient Balance"},
           Case{"error_moonshot_quota.json", 429, Errc::billing, "status 429: Your account is suspended"},
           Case{"error_moonshot_overloaded.json", 429, Errc::rate_limited, "status 429: The engine is currently"},
           Case{"error_openrouter_credits.json", 402, Errc::billing, "status 402: Insufficient credits"},
           Case{"error_siliconflow.json", 404, Errc::upstream_refused, "Model does not exist."},
           Case{"error_proxy_502.html", 502, Errc::upstream_server, "status 502"},
       }) {
    const Error error = openai::dialect().failure(some_provider, c.status, file(c.file));
    EXPECT_EQ(error.code, c.code) << c.file;
    EXPECT_EQ(error.origin, Origin::upstream) << c.file;
    EXPECT_EQ(error.retry, Retry::elsewhere) << c.file;
    EXPECT_EQ(error.upstream_status, c.status) << c.file;
    EXPECT_TRUE(error.message.starts_with(c.says)) << c.file << ": " << error.message;
    EXPECT_EQ(error.message.find("abcd"), std::string::npos) << c.file;
    EXPECT_EQ(error.message.find('<'), std::string::npos) << c.file;
  }
}

}  // namespace
}  // namespace gw::dialect
