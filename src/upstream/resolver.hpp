// Names to addresses without blocking a shard: getaddrinfo(3) on a few threads of its own, one look-up a name at a
// time, answers cached. While resolving fails, the last good answer goes on serving for `dns_stale` (fault U18).
#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"

#include <boost/asio/ip/address.hpp>

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace gw::upstream {

using Address = boost::asio::ip::address;
using Addresses = std::shared_ptr<const std::vector<Address>>;

class Resolver {
 public:
  /// The blocking look-up; injected for tests. Empty = the name could not be resolved; `why` then says so.
  using LookUp = std::function<std::vector<Address>(const std::string& host, std::string& why)>;

  explicit Resolver(std::size_t threads = 2, LookUp look_up = system_look_up);

  /// A look-up under way is not waited for: getaddrinfo(3) may take minutes.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  struct Lifetimes {
    Millis ttl{30000};
    Millis stale{600000};
  };

  using Done = std::function<void(Result<Addresses>)>;

  /// Any thread. An answer in the cache is returned at once and `done` is not called; one older than `ttl` is asked for
  /// anew meanwhile, and serves until it is `stale` older: so a silent name server is not felt. Otherwise `done` is
  /// called once, on a resolver thread and under the resolver's lock: it may only pass the answer on. At most 1,024
  /// look-ups wait; more are refused (upstream_dns).
  [[nodiscard]] Addresses resolve(const std::string& host, TimePoint now, const Lifetimes& lifetimes, Done done);

  /// After it nobody is called any more. Before whoever waits for an answer ends.
  void stop();

  static std::vector<Address> system_look_up(const std::string& host, std::string& why);

 private:
  struct Entry {
    Addresses addresses;
    TimePoint resolved{};
    bool pending = false;
    Lifetimes lifetimes;
    std::vector<Done> waiting;
  };

  // Shared with the threads, which may outlive the resolver inside a look-up.
  struct State {
    LookUp look_up;
    std::mutex mutex;
    std::condition_variable wake;
    std::map<std::string, Entry, std::less<>> entries;
    std::deque<std::string> queue;
    bool stopping = false;

    bool enqueue(const std::string& host, Entry& entry);
    void work();
    void finish(const std::string& host, std::vector<Address> found, const std::string& why);
  };

  std::shared_ptr<State> state_;
};

}  // namespace gw::upstream
