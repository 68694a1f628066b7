#include "net/timers.hpp"

namespace gw::net {

Timers::~Timers() {
  for (Deadline* entry : heap_) entry->index_ = Deadline::outside;
}

Deadline::~Deadline() {
  if (index_ != outside) timers_.remove(*this);
}

void Deadline::at(TimePoint due) {
  due_ = due;
  if (due == far_future) return;  // stays in the heap until its key comes up: disarming costs nothing
  if (index_ == outside) {
    key_ = due;
    timers_.insert(*this);
  } else if (due < key_) {
    key_ = due;
    timers_.sift_up(index_);
  }
}

void Timers::insert(Deadline& entry) {
  heap_.push_back(&entry);
  entry.index_ = heap_.size() - 1;
  sift_up(entry.index_);
}

void Timers::remove(Deadline& entry) noexcept {
  const std::size_t hole = entry.index_;
  Deadline* const last = heap_.back();
  heap_.pop_back();
  entry.index_ = Deadline::outside;
  if (last == &entry) return;
  place(hole, last);
  sift_up(hole);
  sift_down(last->index_);
}

void Timers::place(std::size_t index, Deadline* entry) noexcept {
  heap_[index] = entry;
  entry->index_ = index;
}

void Timers::sift_up(std::size_t index) noexcept {
  Deadline* const entry = heap_[index];
  while (index > 0) {
    const std::size_t parent = (index - 1) / 2;
    if (heap_[parent]->key_ <= entry->key_) break;
    place(index, heap_[parent]);
    index = parent;
  }
  place(index, entry);
}

void Timers::sift_down(std::size_t index) noexcept {
  Deadline* const entry = heap_[index];
  for (;;) {
    std::size_t child = 2 * index + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1]->key_ < heap_[child]->key_) ++child;
    if (entry->key_ <= heap_[child]->key_) break;
    place(index, heap_[child]);
    index = child;
  }
  place(index, entry);
}

void Timers::run(TimePoint now) {
  while (!heap_.empty() && heap_.front()->key_ <= now) {
    Deadline& entry = *heap_.front();
    if (entry.due_ == far_future) {
      remove(entry);
    } else if (entry.due_ > now) {
      entry.key_ = entry.due_;
      sift_down(0);
    } else {
      entry.due_ = far_future;
      remove(entry);
      entry.fire_(entry.context_);
    }
  }
}

}  // namespace gw::net
