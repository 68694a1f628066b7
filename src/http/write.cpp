#include "http/write.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace gw::http {
namespace {

struct Reason {
  int status;
  std::string_view line;
};

constexpr std::array reasons{
    Reason{200, "HTTP/1.1 200 OK\r\n"},
    Reason{201, "HTTP/1.1 201 Created\r\n"},
    Reason{202, "HTTP/1.1 202 Accepted\r\n"},
    Reason{204, "HTTP/1.1 204 No Content\r\n"},
    Reason{301, "HTTP/1.1 301 Moved Permanently\r\n"},
    Reason{302, "HTTP/1.1 302 Found\r\n"},
    Reason{303, "HTTP/1.1 303 See Other\r\n"},
    Reason{304, "HTTP/1.1 304 Not Modified\r\n"},
    Reason{307, "HTTP/1.1 307 Temporary Redirect\r\n"},
    Reason{308, "HTTP/1.1 308 Permanent Redirect\r\n"},
    Reason{400, "HTTP/1.1 400 Bad Request\r\n"},
    Reason{401, "HTTP/1.1 401 Unauthorized\r\n"},
    Reason{402, "HTTP/1.1 402 Payment Required\r\n"},
    Reason{403, "HTTP/1.1 403 Forbidden\r\n"},
    Reason{404, "HTTP/1.1 404 Not Found\r\n"},
    Reason{405, "HTTP/1.1 405 Method Not Allowed\r\n"},
    Reason{406, "HTTP/1.1 406 Not Acceptable\r\n"},
    Reason{408, "HTTP/1.1 408 Request Timeout\r\n"},
    Reason{409, "HTTP/1.1 409 Conflict\r\n"},
    Reason{410, "HTTP/1.1 410 Gone\r\n"},
    Reason{411, "HTTP/1.1 411 Length Required\r\n"},
    Reason{412, "HTTP/1.1 412 Precondition Failed\r\n"},
    Reason{413, "HTTP/1.1 413 Content Too Large\r\n"},
    Reason{414, "HTTP/1.1 414 URI Too Long\r\n"},
    Reason{415, "HTTP/1.1 415 Unsupported Media Type\r\n"},
    Reason{417, "HTTP/1.1 417 Expectation Failed\r\n"},
    Reason{422, "HTTP/1.1 422 Unprocessable Content\r\n"},
    Reason{424, "HTTP/1.1 424 Failed Dependency\r\n"},
    Reason{425, "HTTP/1.1 425 Too Early\r\n"},
    Reason{428, "HTTP/1.1 428 Precondition Required\r\n"},
    Reason{429, "HTTP/1.1 429 Too Many Requests\r\n"},
    Reason{431, "HTTP/1.1 431 Request Header Fields Too Large\r\n"},
    Reason{451, "HTTP/1.1 451 Unavailable For Legal Reasons\r\n"},
    Reason{500, "HTTP/1.1 500 Internal Server Error\r\n"},
    Reason{501, "HTTP/1.1 501 Not Implemented\r\n"},
    Reason{502, "HTTP/1.1 502 Bad Gateway\r\n"},
    Reason{503, "HTTP/1.1 503 Service Unavailable\r\n"},
    Reason{504, "HTTP/1.1 504 Gateway Timeout\r\n"},
    Reason{505, "HTTP/1.1 505 HTTP Version Not Supported\r\n"},
};

}  // namespace

std::string_view status_line(int status) {
  const auto known = std::find_if(reasons.begin(), reasons.end(), [&](const Reason& r) { return r.status == status; });
  if (known != reasons.end()) return known->line;
  thread_local std::string line;
  line = "HTTP/1.1 " + std::to_string(status) + " \r\n";
  return line;
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  if (has_control(value)) {
    const std::string_view forbidden("\r\n\0", 3);
    for (std::size_t at = value.find_first_of(forbidden); at != std::string_view::npos;
         at = value.find_first_of(forbidden)) {
      out.append(value.substr(0, at));
      value.remove_prefix(at + 1);
    }
  }
  out.append(value).append("\r\n");
}

std::size_t append_chunk_head(char* out, std::size_t size) noexcept {
  char* end = std::to_chars(out, out + 16, size, 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  return static_cast<std::size_t>(end - out);
}

}  // namespace gw::http
