#include "net/shard.hpp"

#include "net/asio.hpp"

#include <pthread.h>

namespace gw::net {

struct Shard::Work {
  explicit Work(boost::asio::io_context& context) : guard(context.get_executor()) {}

  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard;
};

Shard::Shard(std::size_t index, Gate::Report report)
    : index_(index),
      context_(std::make_unique<boost::asio::io_context>(1)),
      work_(std::make_unique<Work>(*context_)),
      timers_(*context_),
      clients_(timers_),
      gate_(std::move(report)),
      scratch_(new char[scratch_bytes + scratch_padding]()) {}

Shard::~Shard() {
  join();
}

void Shard::start(std::function<void()> ready) {
  thread_ = std::thread([this, ready = std::move(ready)] {
    const std::string name = "shard-" + std::to_string(index_);
    ::pthread_setname_np(::pthread_self(), name.c_str());
    ready();
    context_->run();
  });
}

void Shard::post(std::function<void()> work) {
  boost::asio::post(*context_, std::move(work));
}

void Shard::join() {
  work_.reset();
  context_->stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace gw::net
