// Requests that wait for a place at a full model (`max_concurrent`), of one shard, in the order they came. Bounded by
// `limits.queue`; when it is full, who comes does not wait. A place that another shard gives back is found within
// `poll`. One thread.
#pragma once

#include "net/cancel.hpp"
#include "net/shard.hpp"
#include "net/wakeup.hpp"

#include <cstddef>
#include <list>

namespace gw::relay {

class Queue {
 public:
  static constexpr Millis poll{20};

  explicit Queue(net::Shard& shard) noexcept : shard_(shard) {}

  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  enum class Woken : std::uint8_t {
    look,      ///< a place may be free
    too_late,  ///< `until` has come
    full,      ///< there is no room to wait
    stopped,   ///< the client left, or we stop
  };

  /// Waits its turn until `until`.
  net::Task<Woken> wait(TimePoint until, std::size_t limit, net::Cancel& cancel);

  /// A place was given back on this shard: the first in line looks. Resumes it, so never from within a decision.
  void place_free();

  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }

 private:
  net::Shard& shard_;
  std::list<net::Wakeup*> waiting_;
};

}  // namespace gw::relay
