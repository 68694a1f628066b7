// However the bytes are sliced, the same payload, end and verdict come out.
#include "http/chunked.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

using namespace gw::http;

namespace {

struct Outcome {
  bool ok = true;
  bool done = false;
  std::string payload;

  bool operator==(const Outcome&) const = default;
};

Outcome decode(std::string_view bytes, std::size_t slice) {
  ChunkedDecoder decoder;
  Outcome out;
  while (!bytes.empty() && !out.done) {
    const auto step = decoder.decode(bytes.substr(0, slice));
    if (!step) {
      out.ok = false;
      return out;
    }
    if (step->consumed == 0 && !step->done) std::abort();
    out.payload.append(step->payload);
    out.done = step->done;
    bytes.remove_prefix(step->consumed);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  const Outcome whole = decode(bytes, bytes.size() + 1);
  if (decode(bytes, 1) != whole || decode(bytes, 3) != whole) std::abort();
  return 0;
}
