#include "relay/waiting.hpp"

#include "relay/pause.hpp"

namespace gw::relay {
namespace {

using Step = Tries::Step;

// Stands in line until somebody may be asked, or nobody any more.
net::Task<Step> stand_in_line(const Waiting& waiting, Tries& tries, TimePoint until) {
  Step step;
  const Services& services = waiting.services;
  const std::size_t most = waiting.config.limits.queue;
  if (services.queue.waiting() >= most) until = TimePoint{};
  Queue::Place place(services.queue, tries);
  for (;;) {
    if (until > Clock::now()) {
      const bool goes_on = co_await place.wait(until, waiting.cancel);
      if (!goes_on) break;
    } else {
      tries.no_more_waiting();
    }
    step = tries.next(Clock::now(), services.random, services.budget);
    if (step.kind != Step::Kind::queue) break;
    until = step.until;
  }
  co_return step;
}

}  // namespace

net::Task<Step> wait_for_step(const Waiting& waiting, Tries& tries, Step step) {
  const Services& services = waiting.services;
  while (waiting.cancel.reason() == net::Stop::none) {
    if (step.kind == Step::Kind::queue) {
      net::Task<Step> line = stand_in_line(waiting, tries, step.until);
      step = co_await line;
      continue;
    }
    if (step.kind != Step::Kind::wait) co_return step;
    net::Wakeup nobody_s;
    net::Task<bool> resting = pause(waiting.shard, step.until, waiting.cancel, nobody_s);
    const bool goes_on = co_await resting;
    if (!goes_on) break;  // nobody is asked any more
    step = tries.next(Clock::now(), services.random, services.budget);
  }
  step = {};
  co_return step;
}

Error stopped_error(net::Stop reason) {
  if (reason == net::Stop::client_gone) return client_error(Errc::client_gone, "the client closed the connection");
  return gateway_error(Errc::shutting_down, "The gateway is stopping; try again.");
}

}  // namespace gw::relay
