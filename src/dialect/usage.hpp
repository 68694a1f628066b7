// What an answer cost, in tokens.
#pragma once

#include <cstdint>

namespace gw::dialect {

/// Token counts as the provider reported them; several reports merge field-wise by maximum. OpenAI's meaning: `prompt`
/// holds `cached` and `cache_written`, `completion` holds `reasoning`.
struct Usage {
  std::uint64_t prompt = 0;
  std::uint64_t completion = 0;
  std::uint64_t total = 0;
  std::uint64_t cached = 0;         ///< read from the provider's prompt cache
  std::uint64_t cache_written = 0;  ///< written to it, where that has a price of its own
  std::uint64_t reasoning = 0;

  void merge(const Usage& other) noexcept;

  friend bool operator==(const Usage&, const Usage&) = default;
};

}  // namespace gw::dialect
