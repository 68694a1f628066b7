#include "net/reactor.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace gw::net {
namespace {

constexpr int longest_wait_ms = 60'000;

int checked(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::generic_category(), what);
  return fd;
}

}  // namespace

Reactor::Reactor()
    : epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      event_(checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.ptr = nullptr;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, event_, &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

Reactor::~Reactor() {
  ::close(event_);
  ::close(epoll_);
}

int Reactor::Watch::add(int fd) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = this;
  if (::epoll_ctl(reactor_.epoll_, EPOLL_CTL_ADD, fd, &event) != 0) return errno;
  fd_ = fd;
  return 0;
}

void Reactor::Watch::remove() noexcept {
  if (fd_ < 0) return;
  (void)::epoll_ctl(reactor_.epoll_, EPOLL_CTL_DEL, fd_, nullptr);
  fd_ = -1;
  reactor_.forget(*this);
}

void Reactor::forget(const Watch& watch) noexcept {
  for (std::size_t i = 0; i < told_count_; ++i) {
    if (told_[i] == &watch) told_[i] = nullptr;
  }
}

void Reactor::Deferred::schedule() noexcept {
  if (is_scheduled()) return;
  turn_ = reactor_.turn_;
  previous_ = reactor_.last_;
  next_ = nullptr;
  (previous_ != nullptr ? previous_->next_ : reactor_.first_) = this;
  reactor_.last_ = this;
}

void Reactor::Deferred::cancel() noexcept {
  if (!is_scheduled()) return;
  turn_ = 0;
  (previous_ != nullptr ? previous_->next_ : reactor_.first_) = next_;
  (next_ != nullptr ? next_->previous_ : reactor_.last_) = previous_;
}

// Only what was scheduled before: one that schedules itself again does not keep the loop from waiting.
void Reactor::run_deferred() {
  ++turn_;
  while (first_ != nullptr && first_->turn_ != turn_) {
    Deferred* const one = first_;
    one->cancel();
    one->call_(one->owner_);
  }
}

void Reactor::run_posted() {
  if (!has_posted_.load(std::memory_order_acquire)) return;
  std::vector<std::function<void()>> work;
  {
    const std::lock_guard lock(mutex_);
    work.swap(posted_);
    has_posted_.store(false, std::memory_order_relaxed);
  }
  for (const auto& one : work) one();
}

void Reactor::wake() const noexcept {
  const std::uint64_t one = 1;
  (void)!::write(event_, &one, sizeof one);
}

void Reactor::post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(work));
    if (has_posted_.load(std::memory_order_relaxed)) return;  // the loop was woken and has not come yet
    has_posted_.store(true, std::memory_order_release);
  }
  wake();
}

void Reactor::stop() {
  stopped_.store(true, std::memory_order_release);
  wake();
}

int Reactor::wait_ms(Millis longest) const noexcept {
  if (first_ != nullptr || has_posted_.load(std::memory_order_relaxed)) return 0;
  const int bound = static_cast<int>(std::min<Millis::rep>(longest.count(), longest_wait_ms));
  const TimePoint due = timers_.next();
  if (due == far_future) return bound;
  // Rounded up: a wake-up before the time would find nothing to do.
  if (due <= now_) return 0;
  const auto left = std::chrono::ceil<Millis>(due - Clock::now()).count();
  return static_cast<int>(std::clamp<Millis::rep>(left, 0, bound));
}

void Reactor::turn(Millis longest) {
  std::array<epoll_event, batch> events;  // NOLINT(cppcoreguidelines-pro-type-member-init): the kernel fills it
  const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(batch), wait_ms(longest));
  now_ = Clock::now();
  told_count_ = count > 0 ? static_cast<std::size_t>(count) : 0;
  for (std::size_t i = 0; i < told_count_; ++i) told_[i] = static_cast<Watch*>(events[i].data.ptr);
  for (std::size_t i = 0; i < told_count_; ++i) {
    // The eventfd's own event has no watch; its count need not be read: each write is a new edge.
    if (Watch* const watch = told_[i]; watch != nullptr) watch->ready_(watch->owner_, events[i].events);
  }
  told_count_ = 0;
  run_deferred();
  run_posted();
  // A time that passes while the turn lasts is the next turn's, which then does not wait.
  if (timers_.next() <= now_) timers_.run(now_);
}

void Reactor::run() {
  while (!stopped_.load(std::memory_order_acquire)) turn(Millis{longest_wait_ms});
}

}  // namespace gw::net
