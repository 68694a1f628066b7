// Answers of Gemini.
#include "dialect_answer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return gw::dialect::fuzz::answer(*gw::dialect::for_protocol(gw::config::Protocol::gemini), data, size);
}
