// A one-shot signal between a callback and the coroutine that waits for it. One thread.
#pragma once

#include <coroutine>
#include <utility>

namespace gw::net {

class Wakeup {
 public:
  /// Resumes the waiter, now; later waits do not wait. Idempotent.
  void set() {
    is_set_ = true;
    if (waiter_) std::exchange(waiter_, nullptr).resume();
  }

  [[nodiscard]] bool is_set() const noexcept { return is_set_; }

  void reset() noexcept { is_set_ = false; }

  [[nodiscard]] bool await_ready() const noexcept { return is_set_; }

  void await_suspend(std::coroutine_handle<> waiter) noexcept { waiter_ = waiter; }

  void await_resume() const noexcept {}

 private:
  bool is_set_ = false;
  std::coroutine_handle<> waiter_;
};

}  // namespace gw::net
