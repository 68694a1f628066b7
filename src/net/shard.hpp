// One shard: an event loop with its thread, its tasks and its scratch memory. Nothing of it is shared; other threads
// reach it with `post` alone.
#pragma once

#include "net/gate.hpp"
#include "net/reactor.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <thread>

namespace gw::net {

class Shard {
 public:
  /// Bytes of scratch memory, and readable bytes behind it for vectorised parsers.
  static constexpr std::size_t scratch_bytes = std::size_t{64} * 1024;
  static constexpr std::size_t scratch_padding = 64;

  Shard(std::size_t index, Gate::Report report);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  /// Starts the thread. `ready` runs on it first.
  void start(std::function<void()> ready);

  /// Runs `work` on the shard's thread. Any thread.
  void post(std::function<void()> work);

  /// Ends the loop and joins its thread. For when the gate is empty: what else waits in the loop are timers of nobody.
  /// Called from another thread.
  void join();

  [[nodiscard]] std::size_t index() const noexcept { return index_; }

  [[nodiscard]] Reactor& reactor() noexcept { return reactor_; }

  [[nodiscard]] Timers& timers() noexcept { return reactor_.timers(); }

  [[nodiscard]] Gate& gate() noexcept { return gate_; }

  /// For bytes that are used before the next suspension, by anybody on this shard's thread.
  [[nodiscard]] std::span<char> scratch() noexcept { return {scratch_.get(), scratch_bytes}; }

  /// A string with the same rule: for what is put together and written in one step.
  [[nodiscard]] std::string& out() noexcept { return out_; }

  /// Connections and requests under way: what the listener balances by. Written by the shard, read by the listener.
  std::atomic<std::int64_t> load{0};

 private:
  std::size_t index_;
  Reactor reactor_;
  Gate gate_;
  std::unique_ptr<char[]> scratch_;
  std::string out_;
  std::thread thread_;
};

}  // namespace gw::net
