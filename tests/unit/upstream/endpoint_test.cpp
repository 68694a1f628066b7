#include "upstream/endpoint.hpp"

#include "upstream/connector.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <optional>

namespace gw::upstream {
namespace {

config::Provider provider(std::string url) {
  config::Provider out;
  out.base_url = std::move(url);
  return out;
}

TEST(Endpoint, takes_a_base_url_apart) {
  struct Case {
    const char* url;
    bool tls;
    const char* host;
    std::uint16_t port;
    const char* path;
    const char* header;
  };

  for (const Case& c : {
           Case{"https://api.openai.com/v1", true, "api.openai.com", 443, "/v1", "api.openai.com"},
           Case{"http://127.0.0.1:11434/v1/", false, "127.0.0.1", 11434, "/v1", "127.0.0.1:11434"},
           Case{"HTTP://h", false, "h", 80, "", "h"},
           Case{"https://[::1]:8443", true, "::1", 8443, "", "[::1]:8443"},
           Case{"https://h:443/a/b", true, "h", 443, "/a/b", "h"},
           Case{"https://h/a/{model}?x=y:z", true, "h", 443, "/a/{model}?x=y:z", "h"},
           Case{"http://h:81?x=y/z@a", false, "h", 81, "?x=y/z@a", "h:81"},
       }) {
    const Result<Endpoint> endpoint = endpoint_of(provider(c.url));
    ASSERT_TRUE(endpoint) << c.url;
    EXPECT_EQ(endpoint->tls, c.tls) << c.url;
    EXPECT_EQ(endpoint->authority, (Authority{c.host, c.port})) << c.url;
    EXPECT_EQ(endpoint->base_path, c.path) << c.url;
    EXPECT_EQ(endpoint->host_header, c.header) << c.url;
  }
  for (const char* const bad :
       {"", "api.openai.com", "ftp://h", "http://", "http://:80", "http://h:0", "http://h:99999", "http://[::1"}) {
    EXPECT_FALSE(endpoint_of(provider(bad))) << bad;
  }
}

TEST(Endpoint, connections_are_shared_only_between_alike) {
  config::Provider a = provider("https://h/v1");
  config::Provider b = provider("https://h/v2");
  EXPECT_EQ(endpoint_of(a)->key(), endpoint_of(b)->key());
  b.verify_ssl = false;
  EXPECT_NE(endpoint_of(a)->key(), endpoint_of(b)->key())
      << "an unverified connection never serves a verifying provider";
  b = a;
  b.proxy = "http://user:pw@proxy:3128";
  EXPECT_NE(endpoint_of(a)->key(), endpoint_of(b)->key());
  EXPECT_EQ(endpoint_of(b)->proxy_authorization.reveal(), "Basic dXNlcjpwdw==");
}

TEST(Interleave, families_alternate_beginning_with_the_first) {
  const auto address = [](const char* text) { return boost::asio::ip::make_address(text); };
  const std::vector<Address> mixed =
      interleave({address("::1"), address("::2"), address("1.1.1.1"), address("2.2.2.2"), address("::3")});
  EXPECT_EQ(
      mixed,
      (std::vector<Address>{address("::1"), address("1.1.1.1"), address("::2"), address("2.2.2.2"), address("::3")})
  );
  EXPECT_TRUE(interleave({}).empty());
}

// One look-up at a time, answered by the test.
class Waiter {
 public:
  Resolver::Done done() {
    return [this](Result<Addresses> result) {
      const std::lock_guard lock(mutex_);
      result_ = std::move(result);
      ready_.notify_all();
    };
  }

  Result<Addresses> get() {
    std::unique_lock lock(mutex_);
    ready_.wait_for(lock, std::chrono::seconds(20), [&] { return result_.has_value(); });
    return *std::exchange(result_, std::nullopt);
  }

 private:
  std::mutex mutex_;
  std::condition_variable ready_;
  std::optional<Result<Addresses>> result_;
};

TEST(Resolver, caches_and_serves_the_last_good_answer_while_resolving_fails) {
  std::atomic<int> calls{0};
  std::atomic<bool> works{true};
  Resolver resolver(1, [&](const std::string&, std::string& why) {
    ++calls;
    why = "it is broken";
    return works ? std::vector<Address>{boost::asio::ip::make_address("10.0.0.1")} : std::vector<Address>{};
  });
  const Resolver::Lifetimes lifetimes{Millis{1000}, Millis{3'600'000}};
  const TimePoint now = Clock::now();
  Waiter waiter;
  EXPECT_EQ(resolver.resolve("h", now, lifetimes, waiter.done()), nullptr);
  ASSERT_TRUE(waiter.get());
  EXPECT_NE(resolver.resolve("h", now, lifetimes, waiter.done()), nullptr) << "cached";
  EXPECT_EQ(calls, 1);
  works = false;
  const TimePoint later = now + std::chrono::minutes(5);
  const Addresses stale = resolver.resolve("h", later, lifetimes, waiter.done());
  ASSERT_NE(stale, nullptr) << "the last good answer, at once: whether the name server is silent or fails";
  EXPECT_EQ(stale->front().to_string(), "10.0.0.1");
  EXPECT_EQ(resolver.resolve("other", now, lifetimes, waiter.done()), nullptr);
  const Result<Addresses> failed = waiter.get();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Errc::upstream_dns);
  EXPECT_EQ((*resolver.resolve("192.0.2.7", now, lifetimes, waiter.done())).size(), 1U)
      << "addresses are not looked up";
}

// A look-up that hangs until it is let go; it may outlive the resolver.
struct Hanging {
  std::promise<void> begun;
  std::promise<void> let_go;
};

TEST(Resolver, neither_its_end_nor_its_stop_waits_for_a_look_up_that_hangs) {
  constexpr auto patience = std::chrono::seconds(20);
  const auto hanging = std::make_shared<Hanging>();
  const auto told = std::make_shared<std::atomic<int>>(0);
  const auto gone = std::make_shared<std::promise<void>>();
  std::shared_ptr<void> held(nullptr, [gone](void*) { gone->set_value(); });
  auto resolver = std::make_unique<Resolver>(1, [hanging, held = std::move(held)](const std::string&, std::string&) {
    hanging->begun.set_value();
    hanging->let_go.get_future().wait();
    return std::vector<Address>{boost::asio::ip::make_address("10.0.0.1")};
  });
  const Resolver::Lifetimes lifetimes{Millis{1000}, Millis{1000}};
  const auto count = [told](const Result<Addresses>&) { ++*told; };
  EXPECT_EQ(resolver->resolve("h", Clock::now(), lifetimes, count), nullptr);
  ASSERT_EQ(hanging->begun.get_future().wait_for(patience), std::future_status::ready);
  auto ended = std::async(std::launch::async, [&] {
    resolver->stop();
    resolver.reset();
  });
  EXPECT_EQ(ended.wait_for(patience), std::future_status::ready);
  hanging->let_go.set_value();
  ended.wait();
  EXPECT_EQ(gone->get_future().wait_for(patience), std::future_status::ready) << "its thread ends, and nothing is left";
  EXPECT_EQ(*told, 0) << "after the stop nobody is told";
}

TEST(Resolver, a_name_server_that_fell_silent_is_not_felt_while_its_last_answer_serves) {
  const auto hanging = std::make_shared<Hanging>();
  std::atomic<int> calls{0};
  Resolver resolver(1, [hanging, &calls](const std::string&, std::string&) {
    if (++calls > 1) {
      hanging->begun.set_value();
      hanging->let_go.get_future().wait();
    }
    return std::vector<Address>{boost::asio::ip::make_address("10.0.0.1")};
  });
  const Resolver::Lifetimes lifetimes{Millis{1000}, Millis{60'000}};
  const TimePoint now = Clock::now();
  Waiter waiter;
  EXPECT_EQ(resolver.resolve("h", now, lifetimes, waiter.done()), nullptr);
  ASSERT_TRUE(waiter.get());
  for (const int seconds : {2, 3, 60}) {
    EXPECT_NE(resolver.resolve("h", now + std::chrono::seconds(seconds), lifetimes, waiter.done()), nullptr) << seconds;
  }
  EXPECT_EQ(hanging->begun.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_EQ(calls, 2) << "it is asked once at a time";
  EXPECT_EQ(resolver.resolve("h", now + std::chrono::minutes(2), lifetimes, waiter.done()), nullptr) << "too old";
  hanging->let_go.set_value();
  EXPECT_TRUE(waiter.get());
}

}  // namespace
}  // namespace gw::upstream
