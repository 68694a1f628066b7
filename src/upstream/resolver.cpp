#include "upstream/resolver.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <cstring>
#include <utility>

namespace gw::upstream {
namespace {

constexpr std::size_t max_waiting = 1024;
constexpr std::size_t max_names = 4096;
constexpr std::size_t max_addresses = 16;  // of one name; a client needs no more (fault U18: 100 answers)

}  // namespace

std::vector<Address> Resolver::system_look_up(const std::string& host, std::string& why) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (error != 0) {
    why = ::gai_strerror(error);
    return {};
  }
  std::vector<Address> found;
  for (const addrinfo* at = list; at != nullptr && found.size() < max_addresses; at = at->ai_next) {
    if (at->ai_family == AF_INET) {
      const auto* v4 = reinterpret_cast<const sockaddr_in*>(at->ai_addr);
      found.emplace_back(boost::asio::ip::address_v4(ntohl(v4->sin_addr.s_addr)));
    } else if (at->ai_family == AF_INET6) {
      const auto* v6 = reinterpret_cast<const sockaddr_in6*>(at->ai_addr);
      boost::asio::ip::address_v6::bytes_type bytes{};
      std::memcpy(bytes.data(), &v6->sin6_addr, bytes.size());
      found.emplace_back(boost::asio::ip::address_v6(bytes, v6->sin6_scope_id));
    }
  }
  ::freeaddrinfo(list);
  if (found.empty()) why = "no address";
  return found;
}

Resolver::Resolver(std::size_t threads, LookUp look_up) : state_(std::make_shared<State>()) {
  state_->look_up = std::move(look_up);
  for (std::size_t i = 0; i < threads; ++i) {
    std::thread([state = state_] { state->work(); }).detach();
  }
}

Resolver::~Resolver() {
  stop();
}

void Resolver::stop() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    for (auto& [host, entry] : state_->entries) entry.waiting.clear();
  }
  state_->wake.notify_all();
}

// Under the lock. False: too many wait already.
bool Resolver::State::enqueue(const std::string& host, Entry& entry) {
  if (entry.pending) return true;
  if (queue.size() >= max_waiting) return false;
  entry.pending = true;
  queue.push_back(host);
  wake.notify_one();
  return true;
}

Addresses Resolver::resolve(const std::string& host, TimePoint now, const Lifetimes& lifetimes, Done done) {
  boost::system::error_code not_literal;
  const Address literal = boost::asio::ip::make_address(host, not_literal);
  if (!not_literal) return std::make_shared<const std::vector<Address>>(1, literal);

  const std::lock_guard lock(state_->mutex);
  auto& entries = state_->entries;
  if (entries.size() >= max_names && !entries.contains(host)) {
    std::erase_if(entries, [&](const auto& item) { return !item.second.pending; });
  }
  Entry& entry = entries[host];
  entry.lifetimes = lifetimes;
  if (entry.addresses && now - entry.resolved < lifetimes.ttl) return entry.addresses;
  const bool asked = state_->enqueue(host, entry);
  if (entry.addresses && now - entry.resolved < lifetimes.ttl + lifetimes.stale) return entry.addresses;
  if (!asked) {
    // Refused here and now, on the caller's thread: it is told as if by a look-up.
    done(upstream_error(Errc::upstream_dns, "too many names wait to be resolved"));
    return nullptr;
  }
  entry.waiting.push_back(std::move(done));
  return nullptr;
}

void Resolver::State::work() {
  for (;;) {
    std::string host;
    {
      std::unique_lock lock(mutex);
      wake.wait(lock, [this] { return stopping || !queue.empty(); });
      if (stopping) return;
      host = std::move(queue.front());
      queue.pop_front();
    }
    std::string why;
    std::vector<Address> found = look_up(host, why);
    finish(host, std::move(found), why);
  }
}

void Resolver::State::finish(const std::string& host, std::vector<Address> found, const std::string& why) {
  const std::lock_guard lock(mutex);
  Entry& entry = entries[host];
  const TimePoint now = Clock::now();
  entry.pending = false;
  if (!found.empty()) {
    entry.addresses = std::make_shared<const std::vector<Address>>(std::move(found));
    entry.resolved = now;
  } else if (entry.addresses && now - entry.resolved > entry.lifetimes.ttl + entry.lifetimes.stale) {
    entry.addresses = nullptr;
  }
  const std::string failure = entry.addresses ? std::string{} : "the name " + host + " cannot be resolved: " + why;
  for (const Done& done : std::exchange(entry.waiting, {})) {
    if (entry.addresses) {
      done(entry.addresses);
    } else {
      done(upstream_error(Errc::upstream_dns, failure));
    }
  }
}

}  // namespace gw::upstream
