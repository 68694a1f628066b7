// The event loop of one shard: descriptors (epoll(7), edge-triggered, registered once for their life), deadlines,
// completions put off to the next turn, and work posted by other threads. Everything but `post` and `stop` is called on
// the shard's thread.
//
// Our own and not Asio's, for what a stream costs: no descriptor is armed or asked again for each wait, no buffer is
// held while one waits, and a closed peer is told of without asking (docs/benchmarks.md has the figures).
#pragma once

#include "net/timers.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

struct epoll_event;

namespace gw::net {

class Reactor {
 public:
  /// Errors: std::system_error when the kernel gives no epoll or event descriptor.
  Reactor();
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  /// A descriptor that is watched; embedded in its owner, which keeps the descriptor itself.
  class Watch {
   public:
    /// `events` are EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR: what became possible since the last call.
    using Ready = void (*)(void* owner, std::uint32_t events);

    Watch(Reactor& reactor, Ready ready, void* owner) noexcept : reactor_(reactor), ready_(ready), owner_(owner) {}

    ~Watch() { remove(); }

    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    /// Watches `fd` from now on. Returns 0 or an errno.
    [[nodiscard]] int add(int fd);

    /// Before the descriptor is closed; no call comes after it. Idempotent.
    void remove() noexcept;

    [[nodiscard]] Reactor& reactor() const noexcept { return reactor_; }

   private:
    friend class Reactor;
    Reactor& reactor_;
    Ready ready_;
    void* owner_;
    int fd_ = -1;
  };

  /// A call in the loop's next turn; embedded in its owner. Leaving scope takes it back.
  class Deferred {
   public:
    using Call = void (*)(void* owner);

    Deferred(Reactor& reactor, Call call, void* owner) noexcept : reactor_(reactor), call_(call), owner_(owner) {}

    ~Deferred() { cancel(); }

    Deferred(const Deferred&) = delete;
    Deferred& operator=(const Deferred&) = delete;

    /// Once, however often it is asked for before it comes.
    void schedule() noexcept;
    void cancel() noexcept;

    [[nodiscard]] bool is_scheduled() const noexcept { return turn_ != 0; }

   private:
    friend class Reactor;
    Reactor& reactor_;
    Call call_;
    void* owner_;
    Deferred* previous_ = nullptr;
    Deferred* next_ = nullptr;
    std::uint64_t turn_ = 0;  // when it was scheduled; 0: it is not
  };

  [[nodiscard]] Timers& timers() noexcept { return timers_; }

  /// When this turn began: for deadlines and ages, where a turn's length does not matter.
  [[nodiscard]] TimePoint now() const noexcept { return now_; }

  /// Turns until `stop`.
  void run();

  /// One turn: waits at most `longest` for something to do, and does it.
  void turn(Millis longest);

  /// Any thread: `work` runs in the loop, in the order of the calls.
  void post(std::function<void()> work);

  /// Any thread: `run` returns after the turn it is in.
  void stop();

 private:
  static constexpr std::size_t batch = 128;

  void wake() const noexcept;
  void forget(const Watch& watch) noexcept;
  void run_deferred();
  void run_posted();
  [[nodiscard]] int wait_ms(Millis longest) const noexcept;

  int epoll_ = -1;
  int event_ = -1;  // eventfd(2): written by `post` and `stop`
  Timers timers_;
  TimePoint now_ = Clock::now();
  // The events of this turn that were not told yet: a watch that goes away takes its own out.
  std::array<Watch*, batch> told_{};
  std::size_t told_count_ = 0;
  Deferred* first_ = nullptr;
  Deferred* last_ = nullptr;
  std::uint64_t turn_ = 1;
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // under mutex_
  std::atomic<bool> has_posted_{false};
  std::atomic<bool> stopped_{false};
};

}  // namespace gw::net
