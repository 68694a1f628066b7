#include "relay/queue.hpp"

#include "relay/pause.hpp"

namespace gw::relay {

net::Task<Queue::Woken> Queue::wait(TimePoint until, std::size_t limit, net::Cancel& cancel) {
  if (waiting_.size() >= limit) co_return Woken::full;
  net::Wakeup wakeup;
  waiting_.push_back(&wakeup);
  const auto place = std::prev(waiting_.end());
  const bool goes_on = co_await pause(shard_, std::min(until, Clock::now() + poll), cancel, wakeup);
  waiting_.erase(place);
  if (!goes_on) co_return Woken::stopped;
  if (Clock::now() >= until) co_return Woken::too_late;
  co_return Woken::look;
}

void Queue::place_free() {
  if (!waiting_.empty()) waiting_.front()->set();
}

}  // namespace gw::relay
