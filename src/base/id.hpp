// Request ids: 26 characters, time-ordered, unique across shards and restarts (48 bits of milliseconds, 80 random).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace gw {

class RequestId {
 public:
  RequestId() = default;

  [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), text_.size()}; }

 private:
  friend class RequestIdSource;
  std::array<char, 26> text_{};
};

/// One a shard; not thread-safe. Seeded from the operating system, then a fast generator (ids are not secrets).
class RequestIdSource {
 public:
  RequestIdSource();
  [[nodiscard]] RequestId next(std::int64_t unix_ms);

 private:
  std::uint64_t state_[2];
};

}  // namespace gw
