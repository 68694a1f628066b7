// However the bytes are sliced, the same events come out, and no byte is lost or doubled.
#include "http/sse.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

using namespace gw::http;

namespace {

struct Outcome {
  std::vector<std::string> events;
  std::string raw;

  bool operator==(const Outcome&) const = default;
};

Outcome split(std::string_view bytes, std::size_t slice) {
  SseSplitter splitter(1 << 20);
  Outcome out;
  SseEvent event;
  while (!bytes.empty()) {
    const std::string part(bytes.substr(0, slice));
    bytes.remove_prefix(part.size());
    splitter.feed(part);
    for (;;) {
      const auto more = splitter.next(event);
      if (!more) std::abort();
      if (!*more) break;
      out.raw.append(event.raw);
      if (event.has_data) out.events.push_back(std::string(event.name) + "|" + std::string(event.data));
    }
  }
  out.raw.append(splitter.pending());
  if (splitter.finish(event) && event.has_data)
    out.events.push_back(std::string(event.name) + "|" + std::string(event.data));
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), std::min<std::size_t>(size, 4096)};
  const Outcome whole = split(bytes, bytes.size() + 1);
  if (whole.raw != bytes) std::abort();
  for (const std::size_t slice : {std::size_t{1}, std::size_t{2}, std::size_t{5}}) {
    if (split(bytes, slice) != whole) std::abort();
  }
  return 0;
}
