#include "http/head.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

namespace gw::http {
namespace {

constexpr std::size_t usual_headers = 16;

// RFC 9110 5.6.2.
constexpr std::array<bool, 256> token_table = [] {
  std::array<bool, 256> table{};
  for (const char c :
       std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

// A request target holds visible ASCII only (RFC 3986 with the characters clients send unencoded). A fragment never
// belongs to it (RFC 9112 3.2), and readers differ on what follows one.
constexpr std::array<bool, 256> target_table = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0x21; c < 0x7F; ++c) table[c] = c != '#';
  return table;
}();

// A reg-name or IPv4 address (RFC 3986 3.2.2), less the comma, which would let two hosts be read in one.
constexpr std::array<bool, 256> host_table = [] {
  std::array<bool, 256> table{};
  for (const char c :
       std::string_view("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._~%!$&'()*+;=")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

// Between the brackets of an IPv6 address.
constexpr std::array<bool, 256> ipv6_table = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("0123456789abcdefABCDEF:.")) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

constexpr std::array<bool, 256> digit_table = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("0123456789")) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

bool all_in(std::string_view text, const std::array<bool, 256>& table) noexcept {
  for (const char c : text) {
    if (!table[static_cast<unsigned char>(c)]) return false;
  }
  return true;
}

bool is_token(std::string_view text) noexcept {
  return !text.empty() && all_in(text, token_table);
}

// What both kinds of message find while their fields are read.
struct Fields {
  std::size_t content_lengths = 0;
  std::string_view content_length;
  std::size_t transfer_encodings = 0;
  std::string_view transfer_encoding;
  std::size_t hosts = 0;
  std::string_view host;
  bool expects_continue = false;
  bool expects_other = false;
  bool says_close = false;
  bool says_keep_alive = false;
  bool lengths_differ = false;
};

void read_connection(std::string_view value, Fields& fields) noexcept {
  while (!value.empty()) {
    const std::size_t comma = value.find(',');
    const std::string_view option = trim_ows(value.substr(0, comma));
    if (iequals(option, "close")) fields.says_close = true;
    if (iequals(option, "keep-alive")) fields.says_keep_alive = true;
    if (comma == std::string_view::npos) break;
    value.remove_prefix(comma + 1);
  }
}

void notice(const Header& header, Fields& fields) noexcept {
  switch (header.name.size()) {
    case 4:
      if (iequals(header.name, "host")) {
        ++fields.hosts;
        fields.host = header.value;
      }
      break;
    case 6:
      if (iequals(header.name, "expect") && !header.value.empty()) {
        (iequals(header.value, "100-continue") ? fields.expects_continue : fields.expects_other) = true;
      }
      break;
    case 10:
      if (iequals(header.name, "connection")) read_connection(header.value, fields);
      break;
    case 14:
      if (iequals(header.name, "content-length")) {
        if (fields.content_lengths++ != 0 && fields.content_length != header.value) fields.lengths_differ = true;
        fields.content_length = header.value;
      }
      break;
    case 17:
      if (iequals(header.name, "transfer-encoding")) {
        ++fields.transfer_encodings;
        fields.transfer_encoding = header.value;
      }
      break;
    default:
      break;
  }
}

// One line of the head; moves `rest` behind it. A bare CR or LF makes the line one that no rule accepts.
std::optional<std::string_view> take_line(std::string_view& rest) noexcept {
  const std::size_t lf = rest.find('\n');
  if (lf == std::string_view::npos || lf == 0 || rest[lf - 1] != '\r') return std::nullopt;
  const std::string_view line = rest.substr(0, lf - 1);
  rest.remove_prefix(lf + 1);
  return line;
}

// Returns what is wrong, or nothing. `too_many` tells the one fault with a status of its own.
std::string_view read_fields(
    std::string_view rest, const HeadLimits& limits, Headers& headers, Fields& fields, bool& too_many
) {
  too_many = false;
  headers.fields.clear();
  headers.fields.reserve(usual_headers);
  for (;;) {
    const std::optional<std::string_view> line = take_line(rest);
    if (!line) return "a line does not end in CRLF";
    if (line->empty()) return rest.empty() ? std::string_view{} : "bytes follow the empty line";
    if (line->front() == ' ' || line->front() == '\t') return "a folded header line (RFC 9112 5.2)";
    const std::size_t colon = line->find(':');
    if (colon == std::string_view::npos) return "a header line without a colon";
    const Header header{line->substr(0, colon), trim_ows(line->substr(colon + 1))};
    if (!is_token(header.name)) return "a header name with characters that are not allowed";
    if (has_control(header.value)) return "a header value with control characters";
    if (headers.fields.size() >= std::min(max_headers, limits.count)) {
      too_many = true;
      return "too many header fields";
    }
    headers.fields.push_back(header);
    notice(header, fields);
  }
}

// uri-host [ ":" port ] (RFC 9110 7.2). Empty is allowed: a client whose target has no authority sends that.
bool is_host(std::string_view host) noexcept {
  if (host.empty()) return true;
  std::string_view rest;
  if (host.front() == '[') {
    const std::size_t close = host.find(']');
    if (close == std::string_view::npos || close == 1 || !all_in(host.substr(1, close - 1), ipv6_table)) return false;
    rest = host.substr(close + 1);
  } else {
    const std::size_t colon = host.find(':');
    if (colon == 0 || !all_in(host.substr(0, colon), host_table)) return false;
    if (colon != std::string_view::npos) rest = host.substr(colon);
  }
  return rest.empty() || (rest.front() == ':' && all_in(rest.substr(1), digit_table));
}

// A fresh head that keeps the memory of its fields.
template <class Head>
void reset(Head& head) {
  Headers headers = std::move(head.headers);
  head = Head{};
  head.headers = std::move(headers);
}

Error bad_request(std::string_view why) {
  return client_error(Errc::invalid_request, "The HTTP request is malformed: " + std::string(why) + ".");
}

Error bad_reply(std::string_view why) {
  return upstream_error(Errc::upstream_protocol, "the provider's reply is not proper HTTP: " + std::string(why));
}

// "HTTP/1.0" or "HTTP/1.1" -> 0 or 1; others are not ours.
std::optional<int> minor_version(std::string_view version) noexcept {
  if (version == "HTTP/1.1") return 1;
  if (version == "HTTP/1.0") return 0;
  return std::nullopt;
}

// Splits a target into path and query; false when it is none of the forms of RFC 9112 3.2.
bool read_target(RequestHead& out) noexcept {
  std::string_view rest = out.target;
  if (!all_in(rest, target_table)) return false;
  if (rest == "*") {
    out.path = rest;
    return out.method == "OPTIONS";
  }
  if (rest.front() != '/') {  // absolute-form
    std::size_t scheme = 0;
    if (iequals(rest.substr(0, 7), "http://")) scheme = 7;
    if (iequals(rest.substr(0, 8), "https://")) scheme = 8;
    if (scheme == 0) return false;
    rest.remove_prefix(scheme);
    const std::size_t end = rest.find_first_of("/?");
    if (end == 0 || !is_host(rest.substr(0, end))) return false;
    if (end == std::string_view::npos || rest[end] == '?') {
      out.path = "/";
      out.query = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
      return true;
    }
    rest.remove_prefix(end);
  }
  const std::size_t question = rest.find('?');
  out.path = rest.substr(0, question);
  out.query = question == std::string_view::npos ? std::string_view{} : rest.substr(question + 1);
  return true;
}

}  // namespace

std::string_view Headers::find(std::string_view name) const noexcept {
  for (const Header& header : all()) {
    if (iequals(header.name, name)) return header.value;
  }
  return {};
}

std::size_t HeadScanner::find_end(std::string_view bytes) noexcept {
  // Empty lines before a request line (RFC 9112 2.2) are not its end.
  while (bytes.substr(leading_).starts_with("\r\n")) leading_ += 2;
  // The end may have begun in the last three bytes already searched. A line's end is looked for, of which a head has
  // few.
  std::size_t at = std::max(leading_, scanned_ < 3 ? 0 : scanned_ - 3);
  while (at + 4 <= bytes.size()) {
    const void* const found = std::memchr(bytes.data() + at + 1, '\n', bytes.size() - at - 1);
    if (found == nullptr) break;
    at = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());  // of the first LF
    if (at + 2 >= bytes.size()) break;
    if (bytes[at - 1] == '\r' && bytes[at + 1] == '\r' && bytes[at + 2] == '\n') return at + 3;
  }
  scanned_ = bytes.size();
  return 0;
}

Result<void> parse_request(std::string_view head, const HeadLimits& limits, RequestHead& out) {
  reset(out);
  if (head.size() > limits.bytes) {
    return client_error(
        Errc::header_too_large,
        "the request head is larger than limits.head_bytes (" + std::to_string(limits.bytes) + ")"
    );
  }
  while (head.starts_with("\r\n")) head.remove_prefix(2);
  std::string_view rest = head;
  const std::optional<std::string_view> line = take_line(rest);
  if (!line) return bad_request("the request line does not end in CRLF");
  const std::size_t first = line->find(' ');
  const std::size_t last = line->rfind(' ');
  if (first == std::string_view::npos || first == last)
    return bad_request("the request line needs method, target and version");
  out.method = line->substr(0, first);
  out.target = line->substr(first + 1, last - first - 1);
  const std::string_view version = line->substr(last + 1);
  if (!is_token(out.method)) return bad_request("the method has characters that are not allowed");
  if (out.method == "PRI") return bad_request("HTTP/2 is not spoken here; use HTTP/1.1");
  if (out.method == "CONNECT" || out.method == "TRACE") return bad_request("the method is not accepted");
  const std::optional<int> minor = minor_version(version);
  if (!minor) return bad_request("only HTTP/1.0 and HTTP/1.1 are spoken here");
  out.minor_version = *minor;
  if (out.target.empty() || !read_target(out)) return bad_request("the request target is not a path");

  Fields fields;
  bool too_many = false;
  if (const std::string_view wrong = read_fields(rest, limits, out.headers, fields, too_many); !wrong.empty()) {
    if (too_many) {
      return client_error(
          Errc::header_too_large,
          "The request has more header fields than limits.header_count allows (" + std::to_string(limits.count) + ")."
      );
    }
    return bad_request(wrong);
  }
  // RFC 9112 3.2: exactly one Host on 1.1, and a valid one.
  if (fields.hosts > 1 || (fields.hosts == 0 && out.minor_version == 1))
    return bad_request("exactly one Host is needed");
  if (!is_host(fields.host)) return bad_request("the Host is not a host");

  // RFC 9112 6.3; whatever two parties could read differently is refused (request smuggling).
  if (fields.transfer_encodings != 0) {
    if (fields.content_lengths != 0) return bad_request("Transfer-Encoding and Content-Length together");
    if (out.minor_version == 0) return bad_request("Transfer-Encoding in an HTTP/1.0 request");
    if (fields.transfer_encodings > 1 || !iequals(fields.transfer_encoding, "chunked")) {
      return bad_request("the only Transfer-Encoding accepted is chunked");
    }
    out.framing = Framing::chunked;
  } else if (fields.content_lengths != 0) {
    const std::optional<std::uint64_t> length = parse_u64(fields.content_length);
    if (fields.content_lengths > 1 || !length) return bad_request("the Content-Length is not one number");
    out.content_length = *length;
    out.framing = *length == 0 ? Framing::none : Framing::length;
  }
  // RFC 9110 10.1.1: an HTTP/1.0 client's expectation is ignored.
  if (out.minor_version == 1) {
    if (fields.expects_other) return bad_request("the only expectation understood is 100-continue");
    out.expect_continue = fields.expects_continue;
  }
  out.keep_alive = !fields.says_close && (out.minor_version == 1 || fields.says_keep_alive);
  return {};
}

Result<void> parse_response(std::string_view head, const HeadLimits& limits, bool request_was_head, ResponseHead& out) {
  reset(out);
  if (head.size() > limits.bytes) return bad_reply("its head is too large");
  std::string_view rest = head;
  const std::optional<std::string_view> line = take_line(rest);
  if (!line) return bad_reply("the status line does not end in CRLF");
  const std::optional<int> minor = minor_version(line->substr(0, 8));
  if (!minor || line->size() < 12 || (*line)[8] != ' ') return bad_reply("the status line");
  const std::optional<std::uint64_t> status = parse_u64(line->substr(9, 3));
  if (!status || *status < 100 || *status > 599 || (line->size() > 12 && (*line)[12] != ' ')) {
    return bad_reply("the status");
  }
  if (has_control(*line)) return bad_reply("control characters in the status line");
  out.minor_version = *minor;
  out.status = static_cast<int>(*status);

  Fields fields;
  bool too_many = false;
  if (const std::string_view wrong = read_fields(rest, limits, out.headers, fields, too_many); !wrong.empty()) {
    return bad_reply(wrong);
  }
  out.keep_alive = !fields.says_close && (out.minor_version == 1 || fields.says_keep_alive);
  if (request_was_head || out.status < 200 || out.status == 204 || out.status == 304) return {};
  if (fields.transfer_encodings != 0) {
    if (fields.content_lengths != 0) return bad_reply("Transfer-Encoding and Content-Length together");
    if (fields.transfer_encodings > 1 || !iequals(fields.transfer_encoding, "chunked")) {
      return bad_reply("a Transfer-Encoding other than chunked");
    }
    // RFC 9112 6.1: chunked from HTTP/1.0 may be a field that was passed on unread.
    if (out.minor_version == 0) out.keep_alive = false;
    out.framing = Framing::chunked;
  } else if (fields.content_lengths != 0) {
    const std::optional<std::uint64_t> length = parse_u64(fields.content_length);
    if (fields.lengths_differ || !length) return bad_reply("the Content-Length is not one number");
    out.content_length = *length;
    out.framing = *length == 0 ? Framing::none : Framing::length;
  } else {
    out.framing = Framing::until_close;
    out.keep_alive = false;
  }
  return {};
}

}  // namespace gw::http
