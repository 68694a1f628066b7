// Owns the coroutines that nobody awaits: counts them, so that a stop can wait for the last, and reports what escaped.
// One a shard; every method on the shard's thread.
#pragma once

#include "net/task.hpp"

#include <cstddef>
#include <functional>
#include <string_view>

namespace gw::net {

class Gate {
 public:
  /// `report` is told of an exception that ended a task: the task's name and the exception's text.
  using Report = std::function<void(std::string_view name, std::string_view what)>;

  explicit Gate(Report report) : report_(std::move(report)) {}

  /// Starts the task at once, up to its first suspension. `name` is a literal. The task must not outlive the gate.
  void spawn(std::string_view name, Task<void> task);

  [[nodiscard]] std::size_t running() const noexcept { return running_; }

  /// Called once when the last task has ended (at once when none runs).
  void when_empty(std::function<void()> callback);

 private:
  struct Root;
  static Root run(Gate& gate, std::string_view name, Task<void> task);
  void left();

  Report report_;
  std::size_t running_ = 0;
  std::function<void()> empty_;
};

}  // namespace gw::net
