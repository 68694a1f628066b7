#include "upstream/pool.hpp"

#include <algorithm>

namespace gw::upstream {
namespace {

constexpr Millis sweep_interval{1000};

}  // namespace

Pool::Pool(net::Shard& shard, ConnectServices services)
    : shard_(shard),
      services_(services),
      sweep_(
          shard.timers(), [](void* self) { static_cast<Pool*>(self)->sweep(); }, this
      ) {}

Pool::~Pool() = default;

Result<Pool::Target*> Pool::target_of(const std::shared_ptr<const config::Provider>& provider) {
  if (const auto known = by_provider_.find(provider.get()); known != by_provider_.end()) return &known->second;
  Result<Endpoint> endpoint = endpoint_of(*provider);
  if (!endpoint) return endpoint.error();
  const std::string key = endpoint->key() + " " + endpoint->base_path;
  std::unique_ptr<Host>& place = hosts_[key];
  if (!place) {
    place = std::make_unique<Host>();
    place->endpoint = std::move(*endpoint);
  }
  Target target{provider, place.get(), {}};
  target.heads.resize(provider->keys.size());
  return &by_provider_.try_emplace(provider.get(), std::move(target)).first->second;
}

net::Task<Result<Pool::Lease>> Pool::acquire(
    Host& host, Reuse reuse, TimePoint deadline, const config::Upstream& settings, net::Cancel& cancel
) {
  const TimePoint now = shard_.reactor().now();
  while (reuse == Reuse::allowed && !host.idle_.empty()) {
    Host::Idle last = std::move(host.idle_.back());
    host.idle_.pop_back();
    --counters_.idle;
    const auto age = now - last.since;
    // The loop has told of a peer that closed or sent something unasked. Should it do so just now, the request is sent
    // again on a fresh connection.
    if (age >= settings.pool_idle || last.connection->is_stale()) continue;
    ++counters_.reused;
    co_return Lease{std::move(last.connection), true};
  }
  const TimePoint connect_deadline = std::min(deadline, now + settings.connect);
  ConnectRequest request{
      host.endpoint, host.sessions, Resolver::Lifetimes{settings.dns_ttl, settings.dns_stale}, connect_deadline};
  Result<std::unique_ptr<net::Connection>> fresh = co_await connect(shard_, services_, request, cancel);
  if (!fresh) co_return fresh.error();
  ++counters_.opened;
  co_return Lease{std::move(*fresh), false};
}

void Pool::release(Host& host, std::unique_ptr<net::Connection> connection, const config::Upstream& settings) {
  idle_limit_ = settings.pool_idle;
  if (connection->is_stale() || host.idle_.size() >= settings.pool_size) return;
  connection->deadline(far_future);
  host.idle_.push_back({std::move(connection), shard_.reactor().now()});
  ++counters_.idle;
  if (sweep_.due() == far_future) sweep_.at(Clock::now() + sweep_interval);
}

void Pool::configure(const config::Config& config) {
  by_provider_.clear();
  idle_limit_ = config.upstream.pool_idle;
  for (auto& [key, host] : hosts_) {
    counters_.idle -= host->idle_.size();
    host->idle_.clear();
  }
}

void Pool::sweep() {
  const TimePoint now = Clock::now();
  for (auto& [key, host] : hosts_) {
    const auto first_young = std::find_if(host->idle_.begin(), host->idle_.end(), [&](const Host::Idle& idle) {
      return now - idle.since < idle_limit_;
    });
    counters_.idle -= static_cast<std::size_t>(first_young - host->idle_.begin());
    host->idle_.erase(host->idle_.begin(), first_young);
  }
  if (counters_.idle != 0) sweep_.at(now + sweep_interval);
}

}  // namespace gw::upstream
