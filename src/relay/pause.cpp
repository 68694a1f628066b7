#include "relay/pause.hpp"

namespace gw::relay {
namespace {

void wake(void* wakeup) {
  static_cast<net::Wakeup*>(wakeup)->set();
}

}  // namespace

net::Task<bool> pause(net::Shard& shard, TimePoint until, net::Cancel& cancel, net::Wakeup& wakeup) {
  if (cancel.reason() != net::Stop::none) co_return false;
  net::Deadline timer(shard.timers(), wake, &wakeup);
  timer.at(until);
  // Who tells must not resume anything itself: the timer does, at once.
  const net::Cancel::Hook hook(
      cancel, [](void* deadline, net::Stop) { static_cast<net::Deadline*>(deadline)->at(TimePoint{}); }, &timer
  );
  co_await wakeup;
  co_return cancel.reason() == net::Stop::none;
}

}  // namespace gw::relay
