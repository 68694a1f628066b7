#include "relay/vision_cache.hpp"

#include <cstring>
#include <utility>

namespace gw::relay {
namespace {

constexpr std::size_t overhead = 256;  // of an entry beside its texts

}  // namespace

// A digest is as good as any hash of it.
std::size_t VisionCache::KeyHash::operator()(const Key& key) const noexcept {
  std::size_t hash = 0;
  std::memcpy(&hash, key.data(), sizeof(hash));
  return hash;
}

std::size_t VisionCache::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

void VisionCache::drop(std::list<Entry>::iterator entry) {
  bytes_ -= entry->bytes;
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

VisionCache::Found VisionCache::known(const Key& key, TimePoint now, Seconds ttl) {
  const auto at = by_key_.find(key);
  if (at == by_key_.end()) return nullptr;
  const auto entry = at->second;
  if (now - entry->made >= ttl) {
    drop(entry);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, entry);
  return entry->found;
}

void VisionCache::keep(const Key& key, Found found, TimePoint now, std::size_t max_bytes) {
  if (const auto at = by_key_.find(key); at != by_key_.end()) drop(at->second);
  const std::size_t bytes = found->text.size() + found->model.size() + overhead;
  if (bytes > max_bytes) return;
  while (bytes_ + bytes > max_bytes) drop(std::prev(entries_.end()));
  entries_.push_front({key, std::move(found), now, bytes});
  by_key_[key] = entries_.begin();
  bytes_ += bytes;
}

// `tell` says to a visit how it ended. Who is to be woken is woken by the caller, without the mutex.
template <class Tell>
void VisionCache::end_flight(const Key& key, Tell tell, Wakes& wakes) {
  const auto flight = flights_.find(key);
  for (Visit* const visit : flight->second) {
    if (visit->state_ == Visit::State::waits) wakes.push_back(visit->wake_);
    visit->is_in_flight_ = false;
    tell(*visit);
  }
  flights_.erase(flight);
}

void VisionCache::leave(Visit& visit) {
  std::function<void()> wake;
  {
    const std::lock_guard lock(mutex_);
    if (!visit.is_in_flight_) return;
    const auto flight = flights_.find(visit.key_);
    flight->second.remove(&visit);
    if (flight->second.empty()) {
      flights_.erase(flight);
    } else if (visit.state_ == Visit::State::leads) {
      Visit& next = *flight->second.front();
      next.state_ = Visit::State::leads;
      wake = next.wake_;
    }
  }
  if (wake) wake();
}

VisionCache::Visit::Visit(VisionCache& cache, const Key& key, std::function<void()> wake)
    : cache_(cache), key_(key), wake_(std::move(wake)) {}

VisionCache::Visit::~Visit() {
  cache_.leave(*this);
}

VisionCache::Visit::State VisionCache::Visit::begin(TimePoint now, Seconds ttl) {
  const std::lock_guard lock(cache_.mutex_);
  found_ = cache_.known(key_, now, ttl);
  if (found_) {
    state_ = State::found;
    return state_;
  }
  std::list<Visit*>& flight = cache_.flights_[key_];
  state_ = flight.empty() ? State::leads : State::waits;
  flight.push_back(this);
  is_in_flight_ = true;
  return state_;
}

VisionCache::Visit::State VisionCache::Visit::state() const {
  const std::lock_guard lock(cache_.mutex_);
  return state_;
}

VisionCache::Found VisionCache::Visit::found() const {
  const std::lock_guard lock(cache_.mutex_);
  return found_;
}

Error VisionCache::Visit::error() const {
  const std::lock_guard lock(cache_.mutex_);
  return *error_;
}

VisionCache::Found VisionCache::Visit::succeed(Description description, TimePoint now, std::size_t max_bytes) {
  auto found = std::make_shared<const Description>(std::move(description));
  Wakes wakes;
  {
    const std::lock_guard lock(cache_.mutex_);
    cache_.keep(key_, found, now, max_bytes);
    const auto tell = [&](Visit& visit) {
      visit.state_ = State::found;
      visit.found_ = found;
    };
    cache_.end_flight(key_, tell, wakes);
  }
  for (const auto& wake : wakes) wake();
  return found;
}

void VisionCache::Visit::fail(Error error) {
  Wakes wakes;
  {
    const std::lock_guard lock(cache_.mutex_);
    const auto tell = [&](Visit& visit) {
      visit.state_ = State::failed;
      visit.error_ = error;
    };
    cache_.end_flight(key_, tell, wakes);
  }
  for (const auto& wake : wakes) wake();
}

}  // namespace gw::relay
