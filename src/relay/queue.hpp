// Requests that wait for a place at a full model (`max_concurrent`), of one shard, in the order they came. One thread.
// Bounded: `limits.queue` of them, `limits.queue_ms` each. A place that another shard gives back is found within
// `poll`.
#pragma once

#include "health/health.hpp"
#include "net/cancel.hpp"
#include "net/shard.hpp"
#include "net/wakeup.hpp"
#include "relay/tries.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <vector>

namespace gw::relay {

class Queue {
 public:
  static constexpr Millis poll{20};

  explicit Queue(net::Shard& shard) noexcept : shard_(shard) {}

  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  /// A request's place in the line, for a scope.
  class Place {
   public:
    Place(Queue& queue, const Tries& tries);
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    /// Waits until it is worth looking, at most until `until`. False: the client left or we stop.
    net::Task<bool> wait(TimePoint until, net::Cancel& cancel);

   private:
    friend class Queue;
    Queue& queue_;
    const Tries& tries_;
    net::Wakeup wakeup_;
    std::uint64_t number_;  // rises along the line
    std::list<Place*>::iterator at_;
  };

  /// A place at `target` was given back on this shard: the first in line who wants it is resumed, now, before anybody
  /// who comes later can take it; and the next one when that one did not take it.
  void place_free(const health::Target& target);

  [[nodiscard]] std::size_t waiting() const noexcept { return line_.size(); }

 private:
  void wake_for(const health::Target& target);

  net::Shard& shard_;
  std::list<Place*> line_;
  std::uint64_t came_ = 0;
  std::vector<const health::Target*> freed_;  // whose places are being given away
};

}  // namespace gw::relay
