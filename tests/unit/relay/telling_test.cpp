// What counts as an answer for a client of another dialect: what it is told.
#include "relay/telling.hpp"

#include <gtest/gtest.h>

namespace gw::relay {
namespace {

class Nobody final : public dialect::EventSink {
 public:
  void on(const dialect::Event& /*event*/) override { ++events; }

  int events = 0;
};

dialect::Event event(dialect::Event::Kind kind, std::string_view text = {}) {
  dialect::Event out;
  out.kind = kind;
  out.text = text;
  return out;
}

dialect::Meaning content() {
  dialect::Meaning meaning;
  meaning.content = true;
  return meaning;
}

using Kind = dialect::Event::Kind;

TEST(Telling, content_that_is_not_told_is_none) {
  Nobody writer;
  Telling telling(writer);
  for (const auto& said : {event(Kind::begin), event(Kind::text), event(Kind::sealed, "x"), event(Kind::finish)}) {
    telling.on(said);
    dialect::Meaning meaning = content();
    telling.correct(meaning);
    EXPECT_FALSE(meaning.content);
  }
  EXPECT_EQ(writer.events, 4) << "the writer gets all of it";
  dialect::ReplyFacts facts;
  facts.has_content = true;
  telling.correct(facts);
  EXPECT_FALSE(facts.has_content);
}

TEST(Telling, content_that_is_told_counts_as_the_provider_means_it) {
  for (const auto& said :
       {event(Kind::text, "a"), event(Kind::reasoning, "a"), event(Kind::refusal, "a"), event(Kind::call)}) {
    Nobody writer;
    Telling telling(writer);
    telling.on(said);
    dialect::Meaning first = content();
    telling.correct(first);
    EXPECT_TRUE(first.content);
    dialect::Meaning nothing;
    telling.correct(nothing);
    EXPECT_FALSE(nothing.content);
    dialect::Meaning more = content();
    telling.correct(more);
    EXPECT_TRUE(more.content);
    dialect::ReplyFacts empty;
    telling.correct(empty);
    EXPECT_FALSE(empty.has_content);
    dialect::ReplyFacts full;
    full.has_content = true;
    telling.correct(full);
    EXPECT_TRUE(full.has_content);
  }
}

TEST(Telling, what_is_told_late_counts_then) {
  Nobody writer;
  Telling telling(writer);
  dialect::Meaning begun = content();
  telling.correct(begun);
  EXPECT_FALSE(begun.content);
  telling.on(event(Kind::call));
  dialect::Meaning end;
  end.finished = true;
  end.terminator = true;
  telling.correct(end);
  EXPECT_TRUE(end.content);
  EXPECT_TRUE(end.finished);
  EXPECT_FALSE(end.terminator) << "a terminator before any content would be the end of an empty stream";
}

}  // namespace
}  // namespace gw::relay
