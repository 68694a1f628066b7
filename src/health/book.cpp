#include "health/book.hpp"

#include <openssl/evp.h>

#include <array>
#include <cmath>

namespace gw::health {
namespace {

// The first 96 bits of SHA-256 over the parts, each with a byte 0 behind it: tells keys apart, does not tell them. The
// provider's id is among the parts: the same key at two providers is two keys.
std::string fingerprint(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (const std::string_view part : parts) all.append(part).push_back('\0');
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(all.data(), all.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::string out;
  for (std::size_t i = 0; i < 12; ++i) {
    constexpr std::string_view digits = "0123456789abcdef";
    out.push_back(digits[digest[i] >> 4]);
    out.push_back(digits[digest[i] & 15]);
  }
  return out;
}

std::int64_t absolute(std::uint32_t tick, std::int64_t now_ms) {
  return now_ms - ms_since(tick, now_ms);
}

}  // namespace

// --- Cells in and out ------------------------------------------------------------------------------------------------

State state_of(const Cell& cell, std::int64_t now_ms) {
  State out;
  out.successes = cell.successes.load(std::memory_order_relaxed);
  out.failures = cell.failures.load(std::memory_order_relaxed);
  const Standing standing = standing_of(cell.standing.load(std::memory_order_relaxed));
  out.score = standing.score;
  out.streak = standing.streak;
  out.updated = absolute(standing.tick, now_ms);
  const Rest rest = rest_of(cell.rest.load(std::memory_order_relaxed));
  out.rested = rest.generation != 0;
  out.open = rest.open;
  out.step = rest.step;
  out.until = rest.until;
  return out;
}

State state_of(const Entry& entry, std::int64_t now_ms) {
  State out = state_of(static_cast<const Cell&>(entry), now_ms);
  const Speeds::Values speeds = entry.speeds.load();
  out.ttft_ms = speeds.ttft_ms;
  out.tokens_per_second = speeds.tokens_per_second;
  out.total_ms = speeds.total_ms;
  out.measured = absolute(speeds.tick, now_ms);
  return out;
}

void restore(Cell& cell, const State& state) {
  cell.successes.store(state.successes, std::memory_order_relaxed);
  cell.answered_before.store(state.successes, std::memory_order_relaxed);
  cell.failures.store(state.failures, std::memory_order_relaxed);
  cell.standing.store(pack(Standing{state.score, state.streak, tick_of(state.updated)}), std::memory_order_relaxed);
  if (!state.rested) return;
  // Whoever probed did so in another process.
  cell.rest.store(pack(Rest{state.until, state.step, state.open, false, 1}), std::memory_order_relaxed);
}

void restore(Entry& entry, const State& state) {
  restore(static_cast<Cell&>(entry), state);
  entry.speeds.store(
      {static_cast<float>(state.ttft_ms),
       static_cast<float>(state.tokens_per_second),
       static_cast<float>(state.total_ms),
       tick_of(state.measured)}
  );
}

// --- Impl ------------------------------------------------------------------------------------------------------------

template <class T>
Book::Impl::Known<T>& Book::Impl::known(
    std::map<Name, std::unique_ptr<Known<T>>>& in, const Name& name, const std::string& shown_as
) {
  std::unique_ptr<Known<T>>& at = in[name];
  if (!at) {
    at = std::make_unique<Known<T>>();
    auto state = saved.find(name);
    if (state == saved.end() && name.kind == Row::Kind::entry) state = saved.find({name.kind, name.id, ""});
    if (state != saved.end()) {
      health::restore(at->cell, state->second);
      saved.erase(state);
    }
  }
  at->shown_as = shown_as;
  at->configuration = configuration;
  return *at;
}

void Book::Impl::restore(std::vector<Kept> kept) {
  const std::lock_guard lock(mutex);
  for (Kept& one : kept) saved.insert_or_assign(std::move(one.name), one.state);
}

std::vector<Kept> Book::Impl::kept(std::int64_t now_ms) {
  const std::lock_guard lock(mutex);
  std::vector<Kept> current;
  std::vector<Kept> former;
  const auto add = [&](const Name& name, auto& known) {
    const bool is_current = known.configuration >= shown;
    if (is_current || known.seen == 0) known.seen = now_ms;
    State state = state_of(known.cell, now_ms);
    state.seen = known.seen;
    (is_current ? current : former).push_back({name, state});
  };
  for (const auto& [name, known] : entries) add(name, *known);
  for (const auto& [name, known] : others) add(name, *known);
  for (const auto& [name, state] : saved) former.push_back({name, state});
  drop_forgotten(former, now_ms);
  current.insert(current.end(), std::make_move_iterator(former.begin()), std::make_move_iterator(former.end()));
  return current;
}

// --- Book ------------------------------------------------------------------------------------------------------------

Book::Book() : impl_(std::make_unique<Impl>()) {}

Book::~Book() = default;

void Book::begin_configuration() {
  const std::lock_guard lock(impl_->mutex);
  ++impl_->configuration;
}

void Book::end_configuration() {
  const std::lock_guard lock(impl_->mutex);
  impl_->shown = impl_->configuration;
}

Target& Book::target(const config::ModelEntry& entry, const config::Provider& provider) {
  const std::lock_guard lock(impl_->mutex);
  const std::string id = entry.id();
  auto& own = impl_->known(impl_->entries, {Row::Kind::entry, id, provider.id}, id);
  const std::string endpoint_mark = fingerprint({provider.base_url, provider.proxy});
  auto& endpoint = impl_->known(impl_->others, {Row::Kind::endpoint, provider.id, endpoint_mark}, provider.id);

  std::string whole = id + '\0' + provider.id + '\0' + endpoint_mark;
  std::vector<Target::Key> keys;
  for (std::size_t k = 0; k < provider.keys.size(); ++k) {
    const config::ProviderKey& key = provider.keys[k];
    const std::string mark = fingerprint({"key", provider.id, key.secret.reveal(), provider.key_header});
    auto& known =
        impl_->known(impl_->others, {Row::Kind::key, provider.id, mark}, provider.id + "#" + std::to_string(k + 1));
    keys.push_back({&known.cell, std::isfinite(key.weight) ? key.weight : 1});
    whole += '\0' + mark + ' ' + std::to_string(key.weight);
  }
  std::unique_ptr<Target>& target = impl_->targets[whole];
  if (!target) {
    target = std::make_unique<Target>();
    target->entry_ = &own.cell;
    target->endpoint_ = &endpoint.cell;
    target->keys_ = std::move(keys);
  }
  own.target = target.get();
  return *target;
}

std::vector<Row> Book::rows(const config::Health& policy, TimePoint now, std::chrono::system_clock::time_point wall)
    const {
  const std::lock_guard lock(impl_->mutex);
  const Clocks clocks{now, wall};
  const std::int64_t now_ms = clocks.steady_ms();
  const auto epoch = [&](std::int64_t ms) { return static_cast<double>(ms - now_ms + clocks.wall_ms()) / 1000; };
  std::vector<Row> out;
  const auto add = [&](const Name& name, const auto& known, const Reading& reading, std::int64_t measured) {
    const State state = state_of(known.cell, now_ms);
    Row row;
    row.id = known.shown_as;
    row.kind = name.kind;
    row.successes = state.successes;
    row.failures = state.failures;
    row.failure_score = known.cell.score(policy, now_ms);
    row.rests = reading.rests;
    row.health_score = reading.rests ? 0 : static_cast<int>(std::floor(shown(row.failure_score)));
    if (reading.rests) row.cooldown_until = epoch(ms_of(reading.until));
    if (known.cell.standing.load(std::memory_order_relaxed) != 0) row.last_updated = epoch(state.updated);
    if (measured != 0) row.last_updated = std::max(row.last_updated, epoch(measured));
    row.current = known.configuration >= impl_->shown;
    row.reading = reading;
    out.push_back(std::move(row));
  };
  for (const auto& [name, known] : impl_->entries) {
    const Speeds::Values speeds = known->cell.speeds.load();
    const std::int64_t measured = speeds.total_ms > 0 ? absolute(speeds.tick, now_ms) : 0;
    add(name, *known, known->target->read(policy, now, Detail::all), measured);
  }
  for (const auto& [name, known] : impl_->others) {
    Reading reading;
    const Rest rest = rest_of(known->cell.rest.load(std::memory_order_relaxed));
    reading.rests = admit(rest, false, now_ms) == Admission::rests;
    if (reading.rests) reading.until = time_of(rest.until);
    reading.score = shown(known->cell.score(policy, now_ms));
    add(name, *known, reading, 0);
  }
  return out;
}

}  // namespace gw::health
