// Answers made at random, said by a provider, told as they were meant.
#include "answers.hpp"
#include "base/random.hpp"
#include "dialect/gemini/gemini.hpp"
#include "dialect/gemini/signature.hpp"
#include "gemini_provider.hpp"

#include <gtest/gtest.h>

namespace gw::dialect::test {
namespace {

const config::Provider some_provider;

constexpr int seeds = 600;

// Random answers with what only Gemini has: signatures of calls and of texts.
std::vector<Told> answer_of(std::uint64_t seed) {
  Shapes shapes;
  shapes.refusals = false;
  shapes.several_choices = seed % 3 == 0;
  std::vector<Told> story = random_answer(seed, shapes);
  Random random(seed + 1);
  std::vector<Told> out;
  for (const Told& one : story) {
    out.push_back(one);
    const bool is_signed = one.kind == Event::Kind::arguments && random.below(3) == 0;
    if (!is_signed) continue;
    Told& proof = out.emplace_back();
    proof.kind = Event::Kind::proof;
    proof.choice = one.choice;
    proof.block = one.block;
    proof.text = "Y2FsbA+/==";
  }
  return out;
}

CallIds ids_of(std::uint64_t seed) {
  return seed % 2 == 0 ? CallIds::given : CallIds::missing;
}

std::vector<Told> told_of_stream(const std::string& bytes, std::size_t slice) {
  Recorder recorder;
  http::SseSplitter splitter(1 << 20);
  http::SseEvent event;
  const auto stream = gemini::dialect().stream(some_provider);
  for (std::size_t at = 0; at < bytes.size(); at += slice) {
    splitter.feed(std::string_view(bytes).substr(at, slice));
    while (splitter.next(event).value()) {
      if (!event.has_data) continue;
      const Meaning meaning = stream->read(event, &recorder);
      EXPECT_FALSE(meaning.error) << meaning.error->message << "\n" << event.data;
    }
  }
  return recorder.story();
}

TEST(GeminiRoundTrip, a_stream_tells_what_was_said_however_it_is_sliced) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const std::vector<Told> story = answer_of(seed);
    const std::string bytes = gemini_stream(story, ids_of(seed), seed);
    const std::vector<Told> wanted = as_gemini_tells(story, ids_of(seed));
    for (const std::size_t slice : {bytes.size(), std::size_t{1}, std::size_t{2}, std::size_t{13}}) {
      const std::vector<Told> told = told_of_stream(bytes, slice);
      ASSERT_TRUE(told == wanted) << "seed " << seed << " in slices of " << slice << "\n"
                                  << bytes << "told:\n"
                                  << to_string(told) << "wanted:\n"
                                  << to_string(wanted);
    }
  }
}

TEST(GeminiRoundTrip, a_plain_answer_tells_what_was_said) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const std::vector<Told> story = answer_of(seed);
    const std::string body = gemini_reply(story, ids_of(seed));
    Recorder recorder;
    const auto facts = gemini::dialect().reply(some_provider, body, &recorder);
    ASSERT_TRUE(facts) << facts.error().message << body;
    const std::vector<Told> wanted = as_gemini_tells(story, ids_of(seed));
    ASSERT_TRUE(recorder.story() == wanted) << "seed " << seed << "\n"
                                            << body << "\ntold:\n"
                                            << to_string(recorder.story()) << "wanted:\n"
                                            << to_string(wanted);
    EXPECT_TRUE(facts->finished) << body;
    EXPECT_EQ(*facts->usage, story.back().usage) << body;
  }
}

TEST(GeminiRoundTrip, a_sink_changes_nothing_of_the_meaning) {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const std::string bytes = gemini_stream(answer_of(seed), ids_of(seed), seed);
    http::SseSplitter splitter(1 << 20);
    http::SseEvent event;
    Recorder recorder;
    const auto told = gemini::dialect().stream(some_provider);
    const auto untold = gemini::dialect().stream(some_provider);
    splitter.feed(bytes);
    while (splitter.next(event).value()) {
      const Meaning a = told->read(event, &recorder);
      const Meaning b = untold->read(event);
      EXPECT_EQ(a.content, b.content) << event.data;
      EXPECT_EQ(a.finished, b.finished) << event.data;
      EXPECT_EQ(a.filtered, b.filtered) << event.data;
      EXPECT_EQ(a.usage, b.usage) << event.data;
      EXPECT_EQ(a.text, b.text) << event.data;
    }
  }
}

TEST(GeminiRoundTrip, a_mark_is_taken_off_as_it_was_put_on) {
  EXPECT_EQ(gemini::own_signature(gemini::marked("c2lnbmVk+/=")), "c2lnbmVk+/=");
  EXPECT_EQ(gemini::own_signature("c2lnbmVk+/="), "") << "another provider's";
  EXPECT_EQ(gemini::own_signature("gemini.call.c2lnbmVk+/="), "c2lnbmVk+/=") << "kept before its call";
}

}  // namespace
}  // namespace gw::dialect::test
