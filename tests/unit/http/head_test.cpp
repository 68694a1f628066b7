#include "http/head.hpp"

#include "http/write.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace gw::http {
namespace {

constexpr HeadLimits limits{32 * 1024, 100};

Result<void> parse(const std::string& head, RequestHead& out) {
  return parse_request(head, limits, out);
}

TEST(RequestHead, reads_what_later_stages_need) {
  const std::string text =
      "POST /v1/chat/completions?x=1 HTTP/1.1\r\nHost: gw:6688\r\ncontent-LENGTH: 12\r\nAuthorization:  Bearer k "
      "\r\n\r\n";
  RequestHead head;
  ASSERT_TRUE(parse(text, head));
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.path, "/v1/chat/completions");
  EXPECT_EQ(head.query, "x=1");
  EXPECT_EQ(head.framing, Framing::length);
  EXPECT_EQ(head.content_length, 12U);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_EQ(head.headers.find("authorization"), "Bearer k");
  EXPECT_EQ(head.headers.find("nothing").data(), nullptr);
}

TEST(RequestHead, keep_alive_follows_version_and_connection) {
  struct Case {
    const char* name;
    const char* head;
    bool keep_alive;
  };

  for (const Case& c : {
           Case{"1.1", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
           Case{"1.1 close", "GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", false},
           Case{"1.0", "GET / HTTP/1.0\r\n\r\n", false},
           Case{"1.0 asked", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
       }) {
    RequestHead head;
    ASSERT_TRUE(parse(c.head, head)) << c.name;
    EXPECT_EQ(head.keep_alive, c.keep_alive) << c.name;
  }
}

TEST(RequestHead, refuses_what_two_parties_could_read_differently) {
  struct Case {
    const char* name;
    std::string head;
  };

  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  const Case cases[] = {
      {"length and transfer-encoding", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"two lengths", post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"},
      {"the same length twice", post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"},
      {"a list of lengths", post + "Content-Length: 5, 5\r\n\r\n"},
      {"signed length", post + "Content-Length: +5\r\n\r\n"},
      {"hexadecimal length", post + "Content-Length: 0x5\r\n\r\n"},
      {"empty length", post + "Content-Length: \r\n\r\n"},
      {"huge length", post + "Content-Length: 99999999999999999999\r\n\r\n"},
      {"negative length", post + "Content-Length: -1\r\n\r\n"},
      {"transfer-encoding twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"identity, chunked", post + "Transfer-Encoding: identity, chunked\r\n\r\n"},
      {"gzip", post + "Transfer-Encoding: gzip\r\n\r\n"},
      {"chunked in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"bare LF", "GET / HTTP/1.1\nHost: a\n\n\r\n\r\n"},
      {"bare CR in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n"},
      {"folded line", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"},
      {"space before the colon", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\n"},
      {"empty name", "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n"},
      {"no colon", "GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n"},
      {"NUL in a value", std::string("GET / HTTP/1.1\r\nHost: a\r\nX: a") + '\0' + "b\r\n\r\n"},
      {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"},
      {"no host", "GET / HTTP/1.1\r\n\r\n"},
      {"host that is none", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
      {"host with user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"},
      {"two hosts in one", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"},
      {"host with two ports", "GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n"},
      {"host whose port is no number", "GET / HTTP/1.1\r\nHost: a:x\r\n\r\n"},
      {"port alone", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n"},
      {"IPv6 without its end", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"},
      {"IPv6 with a tail", "GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n"},
      {"brackets around nothing", "GET / HTTP/1.1\r\nHost: []\r\n\r\n"},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\n"},
      {"HTTP/2 version", "GET / HTTP/2.0\r\nHost: a\r\n\r\n"},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n"},
      {"HTTP/0.9", "GET /\r\n\r\n"},
      {"two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"tab", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"method with a colon", "GE:T / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"CONNECT", "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"target without a slash", "GET x HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"control byte in the target", "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"UTF-8 in the target", "GET /\xC3\xA9 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"star with GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"fragment in the target", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"absolute-form without a host", "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"absolute-form with a user", "GET http://u@a/x HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"absolute-form with a port that is none", "GET http://a:x/ HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"absolute-form of another scheme", "GET ftp://a/x HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"UTF-8 in a name", "GET / HTTP/1.1\r\nHost: a\r\nX\xC3\xA9: b\r\n\r\n"},
      {"unknown expectation", "POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-maybe\r\n\r\n"},
      {"unknown expectation before a known one", post + "Expect: 200-maybe\r\nExpect: 100-continue\r\n\r\n"},
  };
  for (const Case& c : cases) {
    RequestHead head;
    const Result<void> result = parse(c.head, head);
    ASSERT_FALSE(result) << c.name;
    EXPECT_EQ(result.error().code, Errc::invalid_request) << c.name;
    EXPECT_EQ(result.error().origin, Origin::client) << c.name;
  }
}

TEST(RequestHead, absolute_form_and_leading_empty_lines_are_read) {
  RequestHead head;
  const std::string absolute = "\r\n\r\nGET http://gw:1/a?b HTTP/1.1\r\nHost: gw:1\r\n\r\n";
  ASSERT_TRUE(parse(absolute, head));
  EXPECT_EQ(head.path, "/a");
  EXPECT_EQ(head.query, "b");
  const std::string no_path = "GET https://gw?q HTTP/1.1\r\nHost: gw\r\n\r\n";
  ASSERT_TRUE(parse(no_path, head));
  EXPECT_EQ(head.path, "/");
}

TEST(RequestHead, hosts_of_every_form_are_read) {
  for (const char* host : {"a", "gw.example:6688", "10.0.0.1", "a_b-c.d", "[::1]", "[::1]:6688", "a:", ""}) {
    RequestHead head;
    const std::string text = "GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n";
    EXPECT_TRUE(parse(text, head)) << host;
  }
}

TEST(RequestHead, values_may_hold_bytes_beyond_ascii_and_star_is_for_options) {
  RequestHead head;
  const std::string text = "OPTIONS * HTTP/1.1\r\nHost: a\r\nX: \xE4\xBD\xA0\t!\r\n\r\n";
  ASSERT_TRUE(parse(text, head));
  EXPECT_EQ(head.path, "*");
  EXPECT_EQ(head.headers.find("x"), "\xE4\xBD\xA0\t!");
}

TEST(RequestHead, an_expectation_counts_only_on_1_1) {
  RequestHead head;
  const std::string modern = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n";
  ASSERT_TRUE(parse(modern, head));
  EXPECT_TRUE(head.expect_continue);
  for (const char* expectation : {"100-continue", "200-maybe"}) {
    const std::string old = "POST / HTTP/1.0\r\nExpect: " + std::string(expectation) + "\r\nContent-Length: 1\r\n\r\n";
    ASSERT_TRUE(parse(old, head)) << expectation;
    EXPECT_FALSE(head.expect_continue) << expectation;
  }
}

TEST(RequestHead, a_head_over_the_byte_limit_has_its_own_error_also_when_it_came_at_once) {
  RequestHead head;
  const std::string fits = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  EXPECT_TRUE(parse_request(fits, HeadLimits{fits.size(), 100}, head));
  const Result<void> result = parse_request(fits, HeadLimits{fits.size() - 1, 100}, head);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::header_too_large);
}

TEST(RequestHead, too_many_fields_have_their_own_error) {
  std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 100; ++i) text += "X: y\r\n";
  RequestHead head;
  const Result<void> result = parse(text + "\r\n", head);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::header_too_large);
}

TEST(HeadScanner, finds_the_end_whatever_the_slicing) {
  const std::string text = "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nBODY";
  const std::size_t end = text.size() - 4;
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    HeadScanner scanner;
    const std::size_t first = scanner.find_end(std::string_view(text).substr(0, cut));
    if (cut < end) {
      EXPECT_EQ(first, 0U) << cut;
      EXPECT_EQ(scanner.find_end(text), end) << cut;
    } else {
      EXPECT_EQ(first, end) << cut;
    }
  }
  HeadScanner by_byte;
  std::size_t found = 0;
  for (std::size_t n = 1; n <= text.size() && found == 0; ++n)
    found = by_byte.find_end(std::string_view(text).substr(0, n));
  EXPECT_EQ(found, end);
}

TEST(ResponseHead, framing_of_replies) {
  struct Case {
    const char* name;
    const char* head;
    bool ok;
    Framing framing;
  };

  for (const Case& c : {
           Case{"length", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true, Framing::length},
           Case{
               "same length twice",
               "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n",
               true,
               Framing::length},
           Case{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true, Framing::chunked},
           Case{"until close", "HTTP/1.1 200 OK\r\n\r\n", true, Framing::until_close},
           Case{"no reason", "HTTP/1.1 200\r\nContent-Length: 3\r\n\r\n", true, Framing::length},
           Case{"204", "HTTP/1.1 204 No Content\r\n\r\n", true, Framing::none},
           Case{"different lengths", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", false, {}},
           Case{"both", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", false, {}},
           Case{"list of lengths", "HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\n", false, {}},
           Case{"signed length", "HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\n", false, {}},
           Case{"gzip, chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", false, {}},
           Case{"304 with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", true, Framing::none},
           Case{"100", "HTTP/1.1 100 Continue\r\n\r\n", true, Framing::none},
           Case{"empty reason", "HTTP/1.1 200 \r\nContent-Length: 3\r\n\r\n", true, Framing::length},
           Case{"status", "HTTP/1.1 2000 OK\r\n\r\n", false, {}},
           Case{"status of two digits", "HTTP/1.1 99 OK\r\n\r\n", false, {}},
           Case{"status beyond 599", "HTTP/1.1 600 OK\r\n\r\n", false, {}},
           Case{"signed status", "HTTP/1.1 +20 OK\r\n\r\n", false, {}},
           Case{"folded line", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n", false, {}},
           Case{"not HTTP", "SSH-2.0-OpenSSH\r\n\r\n", false, {}},
       }) {
    ResponseHead head;
    const Result<void> result = parse_response(c.head, limits, false, head);
    EXPECT_EQ(result.has_value(), c.ok) << c.name;
    if (c.ok) {
      EXPECT_EQ(head.framing, c.framing) << c.name;
    }
    if (!c.ok) {
      EXPECT_EQ(result.error().code, Errc::upstream_protocol) << c.name;
    }
  }
}

TEST(ResponseHead, a_connection_is_kept_only_when_both_ends_agree_where_the_reply_ends) {
  struct Case {
    const char* name;
    const char* head;
    bool keep_alive;
  };

  for (const Case& c : {
           Case{"1.1", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true},
           Case{"1.1 close", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\n", false},
           Case{"1.0", "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n", false},
           Case{"1.0 kept", "HTTP/1.0 200 OK\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\n", true},
           Case{"until close", "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n", false},
           Case{
               "chunked in 1.0",
               "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n",
               false},
       }) {
    ResponseHead head;
    ASSERT_TRUE(parse_response(c.head, limits, false, head)) << c.name;
    EXPECT_EQ(head.keep_alive, c.keep_alive) << c.name;
  }
}

TEST(ResponseHead, a_reply_to_head_has_no_body_whatever_its_length_says) {
  ResponseHead head;
  ASSERT_TRUE(parse_response("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", limits, true, head));
  EXPECT_EQ(head.framing, Framing::none);
}

TEST(ResponseHead, limits_hold_for_replies) {
  ResponseHead head;
  const std::string_view text = "HTTP/1.1 200 OK\r\nA: b\r\nC: d\r\n\r\n";
  EXPECT_TRUE(parse_response(text, HeadLimits{text.size(), 2}, false, head));
  EXPECT_FALSE(parse_response(text, HeadLimits{text.size(), 1}, false, head)) << "one field too many";
  EXPECT_FALSE(parse_response(text, HeadLimits{text.size() - 1, 2}, false, head)) << "one byte too many";
}

TEST(Write, a_value_can_never_become_a_header) {
  std::string out;
  append_header(out, "X", std::string("a\r\nSet-Cookie: b") + '\0' + "c");
  EXPECT_EQ(out, "X: aSet-Cookie: bc\r\n");
  char frame[24];
  EXPECT_EQ(std::string(frame, append_chunk_head(frame, 0x1aF)), "1af\r\n");
  EXPECT_EQ(std::string(frame, append_chunk_head(frame, SIZE_MAX)), "ffffffffffffffff\r\n");
  EXPECT_EQ(status_line(402), "HTTP/1.1 402 Payment Required\r\n");
  EXPECT_EQ(status_line(429), "HTTP/1.1 429 Too Many Requests\r\n");
  EXPECT_EQ(status_line(299), "HTTP/1.1 299 \r\n");
}

}  // namespace
}  // namespace gw::http
