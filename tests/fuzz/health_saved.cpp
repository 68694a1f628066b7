// Whatever stands in the file: no crash, every value within its bounds, no rest longer than one may be; and what was
// read, written again, is read as the same.
#include "health/saved.hpp"

#include <cmath>
#include <cstdint>
#include <cstdlib>

using namespace gw::health;

namespace {

const gw::config::Health policy;

void check(const Parsed& parsed, std::int64_t now_ms) {
  for (const Kept& kept : parsed.kept) {
    const State& s = kept.state;
    if (kept.name.id.empty() || kept.name.id.size() > 512) std::abort();
    if (!(s.score >= 0 && s.score <= policy.max_score) || s.streak > 15 || s.step > 31) std::abort();
    if (s.updated > now_ms || s.measured > now_ms || s.seen > now_ms) std::abort();
    if (s.rested && s.until - now_ms > policy.long_cooldown.max.count()) std::abort();
    if (!std::isfinite(s.ttft_ms) || !std::isfinite(s.tokens_per_second) || !std::isfinite(s.total_ms)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const Clocks now{gw::TimePoint(gw::Seconds{1000}), WallTime(gw::Seconds{1'772'000'000})};
  for (const auto parse : {parse_saved, parse_original}) {
    const Parsed parsed = parse(text, policy, now);
    check(parsed, now.steady_ms());
    const Parsed again = parse_saved(write_saved(parsed.kept, now), policy, now);
    if (again.problem || again.kept != parsed.kept) std::abort();
  }
  return 0;
}
