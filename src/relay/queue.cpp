#include "relay/queue.hpp"

#include "relay/pause.hpp"

#include <algorithm>

namespace gw::relay {

Queue::Place::Place(Queue& queue, const Tries& tries)
    : queue_(queue), tries_(tries), number_(++queue.came_), at_(queue.line_.insert(queue.line_.end(), this)) {}

Queue::Place::~Place() {
  queue_.line_.erase(at_);
}

net::Task<bool> Queue::Place::wait(TimePoint until, net::Cancel& cancel) {
  wakeup_.reset();
  const bool goes_on = co_await pause(queue_.shard_, std::min(until, Clock::now() + poll), cancel, wakeup_);
  co_return goes_on;
}

void Queue::place_free(const health::Target& target) {
  if (line_.empty()) return;
  freed_.push_back(&target);
  // Who was resumed here may have ended already: one call goes on for all, or the stack would grow with the line.
  if (freed_.size() > 1) return;
  for (std::size_t i = 0; i < freed_.size(); ++i) wake_for(*freed_[i]);
  freed_.clear();
}

void Queue::wake_for(const health::Target& target) {
  const TimePoint now = Clock::now();
  std::uint64_t woken = 0;
  for (;;) {
    const auto next = std::find_if(line_.begin(), line_.end(), [&](const Place* place) {
      return place->number_ > woken && !place->wakeup_.is_set() && place->tries_.wants(target);
    });
    if (next == line_.end()) return;
    Place& place = **next;
    if (!place.tries_.has_place(target, now)) return;
    woken = place.number_;
    place.wakeup_.set();  // it may leave the line, and others with it
  }
}

}  // namespace gw::relay
