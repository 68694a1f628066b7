#include "upstream/resolver.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <cstring>

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

Resolver::Resolver(std::size_t threads, LookUp look_up) : look_up_(std::move(look_up)) {
  threads_.reserve(threads);
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

Resolver::~Resolver() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

Addresses Resolver::resolve(const std::string& host, TimePoint now, const Lifetimes& lifetimes, Done done) {
  boost::system::error_code not_literal;
  const Address literal = boost::asio::ip::make_address(host, not_literal);
  if (!not_literal) return std::make_shared<const std::vector<Address>>(1, literal);

  const std::unique_lock lock(mutex_);
  if (entries_.size() >= max_names && !entries_.contains(host)) {
    std::erase_if(entries_, [&](const auto& item) { return !item.second.pending; });
  }
  Entry& entry = entries_[host];
  if (entry.addresses && now - entry.resolved < lifetimes.ttl) return entry.addresses;
  if (!entry.pending && queue_.size() >= max_waiting) {
    // Refused here and now, on the caller's thread: it is told as if by a look-up.
    done(upstream_error(Errc::upstream_dns, "too many names wait to be resolved"));
    return nullptr;
  }
  entry.waiting.push_back(std::move(done));
  entry.lifetimes = lifetimes;
  if (!entry.pending) {
    entry.pending = true;
    queue_.push_back(host);
    wake_.notify_one();
  }
  return nullptr;
}

void Resolver::work() {
  for (;;) {
    std::string host;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;
      host = std::move(queue_.front());
      queue_.pop_front();
    }
    std::string why;
    std::vector<Address> found = look_up_(host, why);
    finish(host, std::move(found), why);
  }
}

void Resolver::finish(const std::string& host, std::vector<Address> found, const std::string& why) {
  std::vector<Done> waiting;
  Addresses answer;
  {
    const std::lock_guard lock(mutex_);
    Entry& entry = entries_[host];
    const TimePoint now = Clock::now();
    entry.pending = false;
    waiting.swap(entry.waiting);
    if (!found.empty()) {
      entry.addresses = std::make_shared<const std::vector<Address>>(std::move(found));
      entry.resolved = now;
    } else if (entry.addresses && now - entry.resolved > entry.lifetimes.ttl + entry.lifetimes.stale) {
      entry.addresses = nullptr;
    }
    answer = entry.addresses;
  }
  const std::string failure = answer ? std::string{} : "the name " + host + " cannot be resolved: " + why;
  for (const Done& done : waiting) {
    if (answer) {
      done(answer);
    } else {
      done(upstream_error(Errc::upstream_dns, failure));
    }
  }
}

}  // namespace gw::upstream
