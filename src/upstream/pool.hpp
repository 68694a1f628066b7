// Keep-alive connections to endpoints, of one shard. Hands out the most recently used one, closes those idle for
// `upstream.pool_idle`. One thread.
#pragma once

#include "upstream/connector.hpp"

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace gw::upstream {

/// What the pool counts; read at any time by the shard.
struct PoolCounters {
  std::uint64_t opened = 0;
  std::uint64_t reused = 0;
  std::size_t idle = 0;
};

class Pool {
 public:
  Pool(net::Shard& shard, ConnectServices services);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// An endpoint with its idle connections; stays where it is until the pool ends.
  struct Host {
    Endpoint endpoint;
    SessionSlot sessions;

   private:
    friend class Pool;

    struct Idle {
      std::unique_ptr<net::Connection> connection;
      TimePoint since;
    };

    std::vector<Idle> idle_;
  };

  /// What stands for a provider as long as its configuration does.
  struct Target {
    std::shared_ptr<const config::Provider> provider;  // keeps its address from being taken by another
    Host* host = nullptr;
    /// The caller's: the part of a request's head that is the same each time, a key of the provider and an operation;
    /// null, or not there, at first. Shared with the requests that are being sent.
    std::vector<std::shared_ptr<const std::string>> heads;
  };

  /// Taken apart once a configuration. Stays where it is until the next one comes, so not over a suspension; its host
  /// stays until the pool ends.
  [[nodiscard]] Result<Target*> target_of(const std::shared_ptr<const config::Provider>& provider);

  struct Lease {
    std::unique_ptr<net::Connection> connection;
    bool reused = false;  ///< an ordinary keep-alive race is possible: nothing may come back
  };

  enum class Reuse : std::uint8_t { allowed, fresh_only };

  /// An idle connection, or a new one by `deadline`.
  net::Task<Result<Lease>> acquire(
      Host& host, Reuse reuse, TimePoint deadline, const config::Upstream& settings, net::Cancel& cancel
  );

  /// Gives a connection back whose reply was read to its end.
  void release(Host& host, std::unique_ptr<net::Connection> connection, const config::Upstream& settings);

  /// A new configuration: its providers are taken apart anew; hosts nobody names keep no connections.
  void configure(const config::Config& config);

  [[nodiscard]] const PoolCounters& counters() const noexcept { return counters_; }

 private:
  void sweep();

  net::Shard& shard_;
  ConnectServices services_;
  PoolCounters counters_;
  std::map<std::string, std::unique_ptr<Host>, std::less<>> hosts_;
  std::unordered_map<const config::Provider*, Target> by_provider_;
  Millis idle_limit_{4000};
  net::Deadline sweep_;
};

}  // namespace gw::upstream
