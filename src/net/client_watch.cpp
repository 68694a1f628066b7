#include "net/client_watch.hpp"

#include <poll.h>

#include <utility>

namespace gw::net {

ClientWatch::ClientWatch(Timers& timers)
    : tick_(
          timers, [](void* self) { static_cast<ClientWatch*>(self)->look(); }, this
      ) {}

ClientWatch::~ClientWatch() = default;

ClientWatch::Entry::Entry(ClientWatch& watch, int fd, Gone gone, void* context)
    : watch_(watch), fd_(fd), gone_(gone), context_(context), index_(watch.entries_.size()) {
  watch_.add(*this);
}

ClientWatch::Entry::~Entry() {
  watch_.remove(*this);
}

void ClientWatch::add(Entry& entry) {
  entries_.push_back(&entry);
  if (tick_.due() == far_future) tick_.at(Clock::now() + interval);
}

void ClientWatch::remove(Entry& entry) noexcept {
  Entry* const last = entries_.back();
  entries_[entry.index_] = last;
  last->index_ = entry.index_;
  entries_.pop_back();
}

void ClientWatch::look() {
  if (entries_.empty()) return;  // the next entry starts the tick again
  polled_.clear();
  for (const Entry* entry : entries_) {
    polled_.push_back({entry->gone_ == nullptr ? -1 : entry->fd_, POLLRDHUP, 0});
  }
  if (::poll(polled_.data(), polled_.size(), 0) > 0) {
    for (std::size_t i = 0; i < polled_.size(); ++i) {
      if ((polled_[i].revents & (POLLRDHUP | POLLHUP | POLLERR)) == 0) continue;
      Entry& entry = *entries_[i];
      std::exchange(entry.gone_, nullptr)(entry.context_);
    }
  }
  tick_.at(Clock::now() + interval);
}

}  // namespace gw::net
