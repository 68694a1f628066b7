// A provider's head is read or refused, never misread: no body is framed in two ways.
#include "http/head.hpp"

#include <cstdint>
#include <cstdlib>
#include <memory>

using namespace gw::http;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  HeadScanner scanner;
  const std::size_t end = scanner.find_end(bytes);
  if (end == 0) return 0;
  const auto head = std::make_unique<ResponseHead>();
  if (!parse_response(bytes.substr(0, end), HeadLimits{}, false, *head)) return 0;
  if (head->status < 100 || head->status > 599) std::abort();
  const bool has_length = head->headers.find("content-length").data() != nullptr;
  const bool has_coding = head->headers.find("transfer-encoding").data() != nullptr;
  const bool has_body = head->status >= 200 && head->status != 204 && head->status != 304;
  if (has_body && has_length && has_coding) std::abort();
  if (head->framing == Framing::until_close && head->keep_alive) std::abort();
  return 0;
}
