#include "http/sse.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace gw::http {
namespace {

struct Seen {
  std::string data;
  std::string name;

  bool operator==(const Seen&) const = default;
};

struct Split {
  std::vector<Seen> events;  // those with data
  std::string raw;           // all raw bytes and what is pending

  bool operator==(const Split&) const = default;
};

Split split(std::string_view text, const std::vector<std::size_t>& slices) {
  SseSplitter splitter(1 << 20);
  Split out;
  std::size_t at = 0;
  std::size_t turn = 0;
  SseEvent event;
  while (at < text.size()) {
    // A copy of its own for each slice: views must not outlive it.
    const std::string slice(text.substr(at, slices.empty() ? text.size() : slices[turn++ % slices.size()]));
    at += slice.size();
    splitter.feed(slice);
    while (splitter.next(event).value()) {
      out.raw.append(event.raw);
      if (event.has_data) out.events.push_back({std::string(event.data), std::string(event.name)});
    }
  }
  out.raw.append(splitter.pending());
  if (splitter.finish(event) && event.has_data)
    out.events.push_back({std::string(event.data), std::string(event.name)});
  return out;
}

TEST(Sse, reads_the_grammar) {
  struct Case {
    const char* name;
    std::string text;
    std::vector<Seen> events;
  };

  const Case cases[] = {
      {"plain", "data: a\n\ndata:b\n\n", {{"a", ""}, {"b", ""}}},
      {"CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", {{"a", ""}, {"b", ""}}},
      {"CR", "data: a\r\rdata: b\r\r", {{"a", ""}, {"b", ""}}},
      {"several lines", "data: a\ndata: b\n\n", {{"a\nb", ""}}},
      {"named", "event: error\ndata: x\n\n", {{"x", "error"}}},
      {"data without colon", "data\n\n", {{"", ""}}},
      {"two spaces", "data:  a\n\n", {{" a", ""}}},
      {"comment and fields", ": hi\nid: 1\nretry: 5\ndata: a\n\n", {{"a", ""}}},
      {"BOM",
       "\xEF\xBB\xBF"
       "data: a\n\n",
       {{"a", ""}}},
      {"no blank line at the end", "data: a\n\ndata: [DONE]", {{"a", ""}, {"[DONE]", ""}}},
      {"comments only", ": a\n\n: b\n\n", {}},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(split(c.text, {}).events, c.events) << c.name;
    EXPECT_EQ(split(c.text, {1}).events, c.events) << c.name << ", byte by byte";
    EXPECT_EQ(split(c.text, {1}).raw, c.text) << c.name;
  }
}

TEST(Sse, any_slicing_gives_the_same_events_and_every_byte) {
  std::mt19937 random(11);
  const char* const ends[] = {"\n", "\r\n", "\r"};
  for (int round = 0; round < 300; ++round) {
    std::string text;
    const char* const end = ends[random() % 3];
    for (std::size_t i = random() % 6; i > 0; --i) {
      if (random() % 4 == 0) text += std::string(": ping") + end + end;
      if (random() % 4 == 0) text += std::string("event: e") + end;
      for (std::size_t lines = 1 + random() % 2; lines > 0; --lines) {
        text += "data: \xE4\xBD\xA0" + std::string(random() % 30, 'x') + end;
      }
      text += end;
    }
    const Split whole = split(text, {});
    EXPECT_EQ(whole.raw, text);
    for (int slicing = 0; slicing < 5; ++slicing) {
      const std::vector<std::size_t> slices{1 + random() % 3, 1 + random() % 17, 1 + random() % 2};
      EXPECT_EQ(split(text, slices), whole);
    }
  }
}

// Not a stream anyone writes: every mixture of line ends, fields and bytes at the edges of the grammar.
TEST(Sse, any_slicing_of_any_bytes_gives_the_same_events_and_every_byte) {
  std::mt19937 random(17);
  const std::vector<std::string> words{
      "\n", "\r", "\r\n", "data", ":", " ", "event", "x", "\xEF\xBB\xBF", std::string(1, '\0')};
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (std::size_t i = random() % 40; i > 0; --i) text += words[random() % words.size()];
    const Split whole = split(text, {});
    EXPECT_EQ(whole.raw, text);
    EXPECT_EQ(split(text, {1}), whole) << text;
    EXPECT_EQ(split(text, {1 + random() % 4, 1 + random() % 9}), whole) << text;
  }
}

TEST(Sse, an_event_within_one_feed_is_not_copied) {
  SseSplitter splitter(1024);
  SseEvent event;
  const std::string text = ": note\ndata: a\n\ndata: b\r\n\r\n";
  splitter.feed(text);
  ASSERT_TRUE(splitter.next(event).value());
  EXPECT_EQ(event.raw, ": note\ndata: a\n\n") << "a comment without an empty line belongs to the event behind it";
  EXPECT_EQ(event.raw.data(), text.data());
  EXPECT_EQ(event.data.data(), text.data() + 13);
  ASSERT_TRUE(splitter.next(event).value());
  EXPECT_EQ(event.raw.data(), text.data() + 16);
  EXPECT_EQ(event.raw, "data: b\r\n\r\n");
  EXPECT_FALSE(splitter.next(event).value());
}

TEST(Sse, a_late_line_feed_opens_the_bytes_of_the_next_event) {
  SseSplitter splitter(1024);
  SseEvent event;
  splitter.feed("data: a\r\n\r");
  ASSERT_TRUE(splitter.next(event).value());
  EXPECT_EQ(event.data, "a");
  ASSERT_FALSE(splitter.next(event).value());
  splitter.feed("\ndata: b\r\n\r\n");
  ASSERT_TRUE(splitter.next(event).value());
  EXPECT_EQ(event.raw, "\ndata: b\r\n\r\n");
  EXPECT_EQ(event.data, "b");
  EXPECT_FALSE(splitter.next(event).value());
  EXPECT_EQ(splitter.pending(), "");
}

TEST(Sse, only_the_first_byte_order_mark_is_one) {
  const std::string text =
      "\xEF\xBB\xBF"
      "data: a\n\n\xEF\xBB\xBF"
      "data: b\n\ndata: c\n\n";
  const std::vector<Seen> expected{{"a", ""}, {"c", ""}};
  for (const std::size_t slice : {std::size_t{1}, std::size_t{2}, std::size_t{100}}) {
    EXPECT_EQ(split(text, {slice}).events, expected) << slice;
  }
}

TEST(Sse, a_heartbeat_is_not_held_back) {
  SseSplitter splitter(1024);
  SseEvent event;
  splitter.feed(": ping\n\n");
  ASSERT_TRUE(splitter.next(event).value());
  EXPECT_FALSE(event.has_data);
  EXPECT_EQ(event.raw, ": ping\n\n");
  splitter.feed("data: a\r\r");
  ASSERT_TRUE(splitter.next(event).value()) << "the second CR ends it, whatever comes next";
  EXPECT_EQ(event.data, "a");
}

TEST(Sse, an_event_over_the_limit_is_an_error_also_in_slices) {
  for (const std::size_t slice : {std::size_t{5000}, std::size_t{10}}) {
    SseSplitter splitter(1000);
    const std::string text = "data: " + std::string(4000, 'x');
    SseEvent event;
    bool refused = false;
    for (std::size_t at = 0; at < text.size() && !refused; at += slice) {
      const std::string part = text.substr(at, slice);
      splitter.feed(part);
      refused = !splitter.next(event);
    }
    EXPECT_TRUE(refused) << slice;
  }
}

TEST(Sse, a_ten_megabyte_line_passes_in_small_slices) {
  SseSplitter splitter(16 << 20);
  const std::string piece(1024, 'x');
  SseEvent event;
  splitter.feed("data: ");
  ASSERT_FALSE(splitter.next(event).value());
  for (int i = 0; i < 10 * 1024; ++i) {
    splitter.feed(piece);
    ASSERT_FALSE(splitter.next(event).value());
  }
  splitter.feed("\n\n");
  ASSERT_TRUE(splitter.next(event).value());
  EXPECT_EQ(event.data.size(), 10U << 20U);
}

// A search for the other kind of line end that ran on to the end of the bytes at every line would take minutes here.
TEST(Sse, megabytes_of_lines_that_end_in_cr_are_read_in_linear_time) {
  constexpr std::size_t lines = 2U << 20U;
  std::string comments;
  for (std::size_t i = 0; i < lines; ++i) comments += ":\r";
  for (const char* last : {"\r", "\n\r\n"}) {
    const std::string one_event = comments + last;
    SseSplitter splitter(one_event.size());
    SseEvent event;
    splitter.feed(one_event);
    ASSERT_TRUE(splitter.next(event).value());
    EXPECT_EQ(event.raw.size(), one_event.size());
  }
  const std::string blanks = std::string(lines, '\r') + '\n';
  SseSplitter splitter(1024);
  SseEvent event;
  splitter.feed(blanks);
  std::size_t events = 0;
  while (splitter.next(event).value()) ++events;
  EXPECT_EQ(events, lines);
}

}  // namespace
}  // namespace gw::http
