// Waiting for a time or for a word, ended early by a client that leaves.
#pragma once

#include "net/cancel.hpp"
#include "net/shard.hpp"
#include "net/wakeup.hpp"

namespace gw::relay {

/// Waits until `until` or until `wakeup` is set by somebody. False: the client left or we stop.
net::Task<bool> pause(net::Shard& shard, TimePoint until, net::Cancel& cancel, net::Wakeup& wakeup);

}  // namespace gw::relay
