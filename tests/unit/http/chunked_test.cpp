#include "http/chunked.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <random>
#include <string>

namespace gw::http {
namespace {

struct Decoded {
  bool ok = true;
  bool done = false;
  std::string payload;
  std::size_t consumed = 0;

  bool operator==(const Decoded&) const = default;
};

// Feeds `text` in slices of the given size; stops at the end or the first error.
Decoded decode(std::string_view text, std::size_t slice) {
  ChunkedDecoder decoder;
  Decoded out;
  while (!text.empty() && !out.done) {
    std::string_view part = text.substr(0, slice);
    while (!part.empty() && !out.done) {
      const auto step = decoder.decode(part);
      if (!step) return {false, false, out.payload, 0};
      out.payload.append(step->payload);
      out.consumed += step->consumed;
      out.done = step->done;
      part.remove_prefix(step->consumed);
      text.remove_prefix(step->consumed);
    }
  }
  return out;
}

TEST(Chunked, any_slicing_gives_the_same_payload_and_end) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    std::string text;
    std::string payload;
    for (std::size_t chunks = random() % 5; chunks > 0; --chunks) {
      const std::string data(1 + random() % 40, static_cast<char>('a' + random() % 26));
      char size[24];
      std::snprintf(size, sizeof size, "%zx", data.size());
      text += size + std::string(random() % 2 ? ";ext=1" : "") + "\r\n" + data + "\r\n";
      payload += data;
    }
    text += random() % 2 ? "0\r\n\r\n" : "0\r\nTrailer: x\r\n\r\n";
    const std::size_t length = text.size();
    text += "NEXT";
    for (const std::size_t slice : {text.size(), std::size_t{1}, std::size_t{2}, std::size_t{7}}) {
      const Decoded got = decode(text, slice);
      ASSERT_TRUE(got.ok && got.done) << text;
      EXPECT_EQ(got.payload, payload);
      EXPECT_EQ(got.consumed, length) << "bytes behind the end are not ours";
    }
  }
}

TEST(Chunked, refuses_bad_framing) {
  for (const char* bad :
       {"\r\n",
        "g\r\n",
        "-1\r\n",
        "0x5\r\nhello\r\n",
        "5\nhello\r\n",
        "5\r\nhelloX\r\n",
        "5\r\nhello\n0\r\n\r\n",
        " 5\r\nhello\r\n",
        "11111111111111111\r\n",
        "5;a\nb\r\n",
        "0\r\nA: b\nc\r\n\r\n",
        "5 5\r\nhello\r\n",
        "5\tx\r\nhello\r\n",
        "5;a\rb\r\nhello\r\n",
        "0\r\nA: b\rc\r\n\r\n"}) {
    EXPECT_FALSE(decode(bad, 1).ok) << bad;
    EXPECT_FALSE(decode(bad, 100).ok) << bad;
  }
  EXPECT_FALSE(decode("5;" + std::string(20000, 'x') + "\r\n", 4096).ok) << "endless extension";
  std::string amplified;
  for (int i = 0; i < 100; ++i) amplified += "1;" + std::string(2000, 'x') + "\r\na\r\n";
  EXPECT_FALSE(decode(amplified, 4096).ok) << "far more extensions than payload";
  EXPECT_FALSE(decode("0\r\nA: " + std::string(20000, 'x') + "\r\n\r\n", 4096).ok) << "endless trailer";
}

TEST(Chunked, extensions_of_a_long_stream_do_not_add_up) {
  const std::string signed_chunk =
      "fa;chunk-signature=" + std::string(64, 'a') + "\r\n" + std::string(250, 'x') + "\r\n";
  const std::string small_chunk = "1 ; x=1\r\ny\r\n";
  std::string text;
  std::size_t length = 0;
  for (int i = 0; i < 5000; ++i, length += 251) text += signed_chunk + small_chunk;
  text += "0\r\n\r\n";
  for (const std::size_t slice : {text.size(), std::size_t{1}, std::size_t{1000}}) {
    const Decoded got = decode(text, slice);
    EXPECT_TRUE(got.ok && got.done) << slice;
    EXPECT_EQ(got.payload.size(), length) << slice;
  }
}

TEST(Chunked, bounds_are_exact_in_any_slicing) {
  struct Case {
    const char* name;
    std::string text;
    bool ok;
  };

  const auto extended = [](std::size_t bytes) { return "1;" + std::string(bytes, 'x') + "\r\na\r\n0\r\n\r\n"; };
  const auto trailed = [](std::size_t bytes) { return "0\r\n" + std::string(bytes, 'x') + "\r\n\r\n"; };
  const Case cases[] = {
      {"an extension of 4 KiB", extended(4096), true},
      {"a longer one", extended(4097), false},
      {"padding of 4 KiB", "1" + std::string(4096, ' ') + "\r\na\r\n0\r\n\r\n", true},
      {"more padding", "1" + std::string(4097, ' ') + "\r\na\r\n0\r\n\r\n", false},
      {"a trailer of 16 KiB", trailed(16384), true},
      {"a longer one", trailed(16385), false},
      {"an extension does not use up the trailers", "0;" + std::string(4096, 'x') + trailed(16384).substr(1), true},
  };
  for (const Case& c : cases) {
    for (const std::size_t slice : {c.text.size(), std::size_t{1}, std::size_t{1000}}) {
      const Decoded got = decode(c.text, slice);
      EXPECT_EQ(got.ok && got.done, c.ok) << c.name << ", slices of " << slice;
    }
  }
}

TEST(Chunked, the_largest_size_is_read_without_overflow) {
  ChunkedDecoder decoder;
  const std::string_view text = "ffffffffffffffff;x\r\nabc";
  const auto head = decoder.decode(text);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->payload, "abc");
  EXPECT_EQ(head->consumed, text.size());
  EXPECT_FALSE(head->done);
}

TEST(Chunked, payload_is_a_view_into_what_was_fed) {
  ChunkedDecoder decoder;
  const std::string text = "5\r\nhello\r\n0\r\n\r\n";
  const auto step = decoder.decode(text);
  ASSERT_TRUE(step);
  EXPECT_EQ(step->payload.data(), text.data() + 3);
  EXPECT_EQ(step->payload, "hello");
}

}  // namespace
}  // namespace gw::http
