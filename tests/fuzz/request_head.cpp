// A head is read the same however it arrives, and what is read lies inside it.
#include "http/head.hpp"

#include <cstdint>
#include <cstdlib>
#include <memory>

using namespace gw::http;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  HeadScanner whole;
  const std::size_t end = whole.find_end(bytes);
  HeadScanner by_byte;
  std::size_t found = 0;
  for (std::size_t n = 1; n <= size && found == 0; ++n) found = by_byte.find_end(bytes.substr(0, n));
  if (found != end) std::abort();
  if (end == 0) return 0;
  const auto head = std::make_unique<RequestHead>();
  if (!parse_request(bytes.substr(0, end), HeadLimits{}, *head)) return 0;
  const auto inside = [&](std::string_view part) {
    return part.empty() || part.data() == nullptr || part == "/" ||
           (part.data() >= bytes.data() && part.data() + part.size() <= bytes.data() + end);
  };
  if (!inside(head->method) || !inside(head->path) || !inside(head->query)) std::abort();
  for (const Header& header : head->headers.all()) {
    if (!inside(header.name) || !inside(header.value) || header.name.empty()) std::abort();
    if (header.value.find_first_of("\r\n") != std::string_view::npos) std::abort();
  }
  return 0;
}
