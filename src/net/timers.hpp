// Deadlines of one shard, thousands of them in one heap: the loop waits until the earliest. Setting one later than
// before costs a store. Resolution about 1 ms plus the loop's own delay. One thread.
#pragma once

#include "base/clock.hpp"

#include <cstddef>
#include <vector>

namespace gw::net {

class Timers;

/// One deadline, embedded in its owner. Calls `fire(context)` when due; it may set itself again there. Leaving scope
/// disarms it.
class Deadline {
 public:
  using Fire = void (*)(void* context);

  Deadline(Timers& timers, Fire fire, void* context) noexcept : timers_(timers), fire_(fire), context_(context) {}

  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  /// `far_future` disarms.
  void at(TimePoint due);

  void clear() noexcept { due_ = far_future; }

  [[nodiscard]] TimePoint due() const noexcept { return due_; }

 private:
  friend class Timers;
  static constexpr std::size_t outside = static_cast<std::size_t>(-1);

  Timers& timers_;
  Fire fire_;
  void* context_;
  TimePoint due_ = far_future;  // what the owner wants
  TimePoint key_ = far_future;  // what the heap is ordered by; never later than due_ while armed
  std::size_t index_ = outside;
};

class Timers {
 public:
  Timers() = default;
  ~Timers();
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;

  /// Fires everything due at `now`; called by the loop, and by tests.
  void run(TimePoint now);

  /// When there may be something to fire: never later than the earliest deadline. far_future: nothing is set.
  [[nodiscard]] TimePoint next() const noexcept { return heap_.empty() ? far_future : heap_.front()->key_; }

  [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }

 private:
  friend class Deadline;
  void insert(Deadline& entry);
  void remove(Deadline& entry) noexcept;
  void place(std::size_t index, Deadline* entry) noexcept;
  void sift_up(std::size_t index) noexcept;
  void sift_down(std::size_t index) noexcept;

  std::vector<Deadline*> heap_;  // binary min-heap by key_
};

}  // namespace gw::net
