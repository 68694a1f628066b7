#include "net/gate.hpp"

#include <exception>

namespace gw::net {

// A coroutine that starts at once and frees itself at its end.
struct Gate::Root {
  struct promise_type {  // NOLINT(readability-identifier-naming): the language's name

    [[nodiscard]] Root get_return_object() const noexcept { return {}; }

    [[nodiscard]] std::suspend_never initial_suspend() const noexcept { return {}; }

    [[nodiscard]] std::suspend_never final_suspend() const noexcept { return {}; }

    void return_void() const noexcept {}

    void unhandled_exception() const noexcept { std::terminate(); }
  };
};

Gate::Root Gate::run(Gate& gate, std::string_view name, Task<void> task) {
  std::exception_ptr failure;
  try {
    co_await task;
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) {
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& e) {
      gate.report_(name, e.what());
    } catch (...) {
      gate.report_(name, "unknown exception");
    }
  }
  gate.left();
}

void Gate::spawn(std::string_view name, Task<void> task) {
  ++running_;
  run(*this, name, std::move(task));
}

void Gate::left() {
  if (--running_ == 0 && empty_) std::exchange(empty_, nullptr)();
}

void Gate::when_empty(std::function<void()> callback) {
  if (running_ == 0) {
    callback();
  } else {
    empty_ = std::move(callback);
  }
}

}  // namespace gw::net
