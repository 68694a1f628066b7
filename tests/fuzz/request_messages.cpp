// Requests of Anthropic Messages.
#include "dialect_request.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return gw::dialect::fuzz::request("/v1/messages", data, size);
}
