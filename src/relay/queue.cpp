#include "relay/queue.hpp"

#include "relay/pause.hpp"

#include <algorithm>

namespace gw::relay {

Queue::Place::Place(Queue& queue, const Tries& tries)
    : queue_(queue), tries_(tries), at_(queue.line_.insert(queue.line_.end(), this)) {}

Queue::Place::~Place() {
  queue_.line_.erase(at_);
}

net::Task<bool> Queue::Place::wait(TimePoint until, net::Cancel& cancel) {
  wakeup_.reset();
  const bool goes_on = co_await pause(queue_.shard_, std::min(until, Clock::now() + poll), cancel, wakeup_);
  co_return goes_on;
}

void Queue::place_free(const health::Target& target) {
  for (Place* const place : line_) {
    if (place->wakeup_.is_set() || !place->tries_.wants(target)) continue;
    place->wakeup_.set();  // it may leave the line
    return;
  }
}

}  // namespace gw::relay
