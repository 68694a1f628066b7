// A provider's head is read or refused, never misread: no body is framed in two ways, and any slicing ends it alike.
#include "http/head.hpp"

#include <cstdint>
#include <cstdlib>
#include <memory>

using namespace gw::http;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  HeadScanner scanner;
  const std::size_t end = scanner.find_end(bytes);
  HeadScanner by_byte;
  std::size_t found = 0;
  for (std::size_t n = 1; n <= size && found == 0; ++n) found = by_byte.find_end(bytes.substr(0, n));
  if (found != end) std::abort();
  if (end == 0) return 0;
  const std::string_view text = bytes.substr(0, end);
  const auto head = std::make_unique<ResponseHead>();
  for (const std::size_t cut : {end - 1, end - 2, end - 3, end / 2}) {
    if (parse_response(text.substr(0, cut), HeadLimits{}, false, *head)) std::abort();
  }
  if (!parse_response(text, HeadLimits{}, false, *head)) return 0;
  if (head->status < 100 || head->status > 599) std::abort();
  for (const Header& header : head->headers.all()) {
    if (header.name.empty() || header.name.data() < text.data()) std::abort();
    if (header.value.data() < text.data() || header.value.data() + header.value.size() > text.data() + text.size()) {
      std::abort();
    }
    if (header.value.find_first_of("\r\n") != std::string_view::npos) std::abort();
  }
  const bool has_length = head->headers.find("content-length").data() != nullptr;
  const bool has_coding = head->headers.find("transfer-encoding").data() != nullptr;
  const bool has_body = head->status >= 200 && head->status != 204 && head->status != 304;
  if (!has_body && head->framing != Framing::none) std::abort();
  if (has_body && has_length && has_coding) std::abort();
  if (has_body && has_coding != (head->framing == Framing::chunked)) std::abort();
  if (head->framing == Framing::until_close && (head->keep_alive || has_length)) std::abort();
  return 0;
}
