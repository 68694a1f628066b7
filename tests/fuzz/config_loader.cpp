// Loading never crashes; an original's settings, rewritten, load as the same settings without another rewriting.
#include "config/load.hpp"

#include <cstdint>
#include <cstdlib>

using namespace gw::config;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  SecretSource secrets;
  secrets.env = [](std::string_view) { return std::optional<std::string>("value"); };
  secrets.file = secrets.env;
  const LoadResult result = load({reinterpret_cast<const char*>(data), size}, secrets);
  const auto* const loaded = std::get_if<Loaded>(&result);
  if (loaded == nullptr) {
    if (std::get<std::vector<Problem>>(result).empty()) std::abort();
    return 0;
  }
  if (!loaded->rewritten) return 0;
  const LoadResult again = load(*loaded->rewritten, secrets);
  const auto* const second = std::get_if<Loaded>(&again);
  if (second == nullptr || second->rewritten || second->config != loaded->config) std::abort();
  return 0;
}
