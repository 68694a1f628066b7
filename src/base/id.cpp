#include "base/id.hpp"

#include <random>

namespace gw {
namespace {

// Crockford's base 32: sorts as it counts, no letters that look alike.
constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

}  // namespace

RequestIdSource::RequestIdSource() {
  std::random_device device;
  for (auto& word : state_) word = (static_cast<std::uint64_t>(device()) << 32U) | device();
}

RequestId RequestIdSource::next(std::int64_t unix_ms) {
  // xorshift128+ (Vigna 2014).
  std::uint64_t a = state_[0];
  const std::uint64_t b = state_[1];
  state_[0] = b;
  a ^= a << 23U;
  state_[1] = a ^ b ^ (a >> 17U) ^ (b >> 26U);
  std::uint64_t low = state_[1] + b;
  std::uint64_t high = (b * 0x9E3779B97F4A7C15ULL) ^ state_[1];

  RequestId id;
  auto time = static_cast<std::uint64_t>(unix_ms);
  for (std::size_t i = 10; i-- > 0; time >>= 5U) id.text_[i] = alphabet[time & 31U];
  for (std::size_t i = 10; i < 18; ++i, low >>= 5U) id.text_[i] = alphabet[low & 31U];
  for (std::size_t i = 18; i < 26; ++i, high >>= 5U) id.text_[i] = alphabet[(high >> 20U) & 31U];
  return id;
}

}  // namespace gw
