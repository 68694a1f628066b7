// The Asio headers of the control thread: listening, signals, its timers. The shards have a loop of their own
// (net/reactor.hpp). Include this, never <boost/asio.hpp> piecemeal.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
