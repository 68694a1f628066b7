#include "net/shard.hpp"

#include <pthread.h>

namespace gw::net {

Shard::Shard(std::size_t index, Gate::Report report)
    : index_(index), gate_(std::move(report)), scratch_(new char[scratch_bytes + scratch_padding]()) {}

Shard::~Shard() {
  join();
}

void Shard::start(std::function<void()> ready) {
  thread_ = std::thread([this, ready = std::move(ready)] {
    const std::string name = "shard-" + std::to_string(index_);
    ::pthread_setname_np(::pthread_self(), name.c_str());
    ready();
    reactor_.run();
  });
}

void Shard::post(std::function<void()> work) {
  reactor_.post(std::move(work));
}

void Shard::join() {
  reactor_.stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace gw::net
