// A head is read the same however it arrives, no part of one is read as a whole, and what is read lies inside it.
#include "http/head.hpp"

#include <cstdint>
#include <cstdlib>
#include <memory>

using namespace gw::http;

namespace {

bool holds_bare_line_end(std::string_view head) {
  for (std::size_t at = head.find_first_of("\r\n"); at != std::string_view::npos; at = head.find_first_of("\r\n", at)) {
    if (head.substr(at, 2) != "\r\n") return true;
    at += 2;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  HeadScanner whole;
  const std::size_t end = whole.find_end(bytes);
  HeadScanner by_byte;
  std::size_t found = 0;
  for (std::size_t n = 1; n <= size && found == 0; ++n) found = by_byte.find_end(bytes.substr(0, n));
  if (found != end) std::abort();
  if (end == 0) return 0;
  const std::string_view text = bytes.substr(0, end);
  const auto head = std::make_unique<RequestHead>();
  for (const std::size_t cut : {end - 1, end - 2, end - 3, end / 2}) {
    if (parse_request(text.substr(0, cut), HeadLimits{}, *head)) std::abort();
  }
  if (!parse_request(text, HeadLimits{}, *head)) return 0;
  if (holds_bare_line_end(text)) std::abort();
  const auto inside = [&](std::string_view part) {
    return part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size();
  };
  if (head->method.empty() || !inside(head->method)) std::abort();
  if (head->target.empty() || !inside(head->target)) std::abort();
  // An absolute-form without a path is read as "/", which is not in the head.
  if (head->path != "*" && !head->path.starts_with('/')) std::abort();
  if (head->path != "/" && !inside(head->path)) std::abort();
  if (!head->query.empty() && !inside(head->query)) std::abort();
  for (const Header& header : head->headers.all()) {
    if (header.name.empty() || !inside(header.name) || !inside(header.value)) std::abort();
  }
  const bool has_length = head->headers.find("content-length").data() != nullptr;
  const bool has_coding = head->headers.find("transfer-encoding").data() != nullptr;
  if (has_length && has_coding) std::abort();
  if (has_coding != (head->framing == Framing::chunked)) std::abort();
  return 0;
}
