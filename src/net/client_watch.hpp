// Notices clients that went away while their request is being answered. One poll(2) over all of them four times a
// second: no operation, buffer or system call a request, and it sees a close behind pipelined bytes too.
#pragma once

#include "net/timers.hpp"

#include <cstddef>
#include <vector>

struct pollfd;

namespace gw::net {

class ClientWatch {
 public:
  static constexpr Millis interval{250};

  /// Embedded in the request; `gone` is called at most once, on the shard's thread. It stops operations (their ends are
  /// queued by Asio) and must not end an entry itself.
  class Entry {
   public:
    using Gone = void (*)(void* context);

    Entry(ClientWatch& watch, int fd, Gone gone, void* context);
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

   private:
    friend class ClientWatch;
    ClientWatch& watch_;
    int fd_;
    Gone gone_;
    void* context_;
    std::size_t index_;
  };

  explicit ClientWatch(Timers& timers);
  ~ClientWatch();
  ClientWatch(const ClientWatch&) = delete;
  ClientWatch& operator=(const ClientWatch&) = delete;

  /// One round; called by the timer, and by tests.
  void look();

 private:
  void add(Entry& entry);
  void remove(Entry& entry) noexcept;

  Deadline tick_;
  std::vector<Entry*> entries_;
  std::vector<pollfd> polled_;
};

}  // namespace gw::net
