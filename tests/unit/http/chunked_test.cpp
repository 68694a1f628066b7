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
        "0\r\nA: b\nc\r\n\r\n"}) {
    EXPECT_FALSE(decode(bad, 1).ok) << bad;
    EXPECT_FALSE(decode(bad, 100).ok) << bad;
  }
  EXPECT_FALSE(decode("5;" + std::string(20000, 'x') + "\r\n", 4096).ok) << "endless extension";
  EXPECT_FALSE(decode("0\r\nA: " + std::string(20000, 'x') + "\r\n\r\n", 4096).ok) << "endless trailer";
}

}  // namespace
}  // namespace gw::http
