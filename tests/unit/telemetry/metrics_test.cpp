#include "telemetry/metrics.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

namespace gw::telemetry {
namespace {

using namespace std::chrono_literals;

RequestSample chat_sample() {
  RequestSample sample;
  sample.route = Route::chat;
  sample.tier = "t2";
  sample.status = 200;
  sample.stream = true;
  sample.duration = 2s;
  sample.first_content = 300ms;
  sample.own = 90us;
  sample.prompt_tokens = 10;
  sample.completion_tokens = 5;
  return sample;
}

bool contains(const std::string& text, const std::string& line) {
  return text.find(line + "\n") != std::string::npos;
}

TEST(Metrics, sums_over_shards_in_prometheus_text) {
  Registry registry(2);
  for (std::size_t i = 0; i < 2; ++i) {
    registry.shard(i).request(chat_sample());
    registry.shard(i).attempt({"p/m", "p", Errc::rate_limited, 1s});
    registry.shard(i).connections = 3;
  }
  const std::string text = registry.render();
  EXPECT_TRUE(contains(text, R"(smartroute_requests_total{route="chat",tier="t2",outcome="success",stream="true"} 2)"))
      << text;
  EXPECT_TRUE(contains(text, R"(smartroute_responses_total{route="chat",status="2xx"} 2)"));
  EXPECT_TRUE(contains(text, R"(smartroute_attempts_total{model="p/m",provider="p",outcome="rate_limited"} 2)"));
  EXPECT_TRUE(contains(text, R"(smartroute_request_duration_seconds_bucket{stream="true",le="2.5"} 2)"));
  EXPECT_TRUE(contains(text, R"(smartroute_request_duration_seconds_bucket{stream="true",le="1"} 0)"));
  EXPECT_TRUE(contains(text, R"(smartroute_request_duration_seconds_bucket{stream="true",le="+Inf"} 2)"));
  EXPECT_TRUE(contains(text, R"(smartroute_overhead_seconds_bucket{le="0.0001"} 2)"));
  EXPECT_TRUE(contains(text, R"(smartroute_tokens_total{kind="prompt"} 20)"));
  EXPECT_TRUE(contains(text, "smartroute_connections 6"));
  EXPECT_NE(text.find("process_resident_memory_bytes "), std::string::npos);
}

TEST(Metrics, totals_count_failures_but_not_clients_that_left) {
  Registry registry(1);
  RequestSample sample = chat_sample();
  registry.shard(0).request(sample);
  sample.error = Errc::upstream_connect;
  registry.shard(0).request(sample);
  sample.error = Errc::client_gone;
  registry.shard(0).request(sample);
  sample = {};
  sample.error = Errc::not_found;
  registry.shard(0).request(sample);
  const Totals totals = registry.totals();
  EXPECT_EQ(totals.requests, 4U);
  EXPECT_EQ(totals.failures, 2U);
  EXPECT_EQ(totals.chat_requests, 3U);
  EXPECT_EQ(totals.chat_failures, 1U);
  EXPECT_EQ(totals.by_tier[1], 3U);
}

TEST(Metrics, names_are_bounded) {
  Registry registry(1);
  for (int i = 0; i < 5000; ++i) registry.shard(0).attempt({"m" + std::to_string(i), "p", {}, 1ms});
  EXPECT_TRUE(
      contains(registry.render(), R"(smartroute_attempts_total{model="other",provider="p",outcome="success"} 904)")
  );
}

// For ThreadSanitizer: a scrape while the shard counts.
TEST(Metrics, a_scrape_never_waits_for_a_shard) {
  Registry registry(1);
  std::atomic<bool> stop{false};
  std::thread shard([&] {
    for (int i = 0; i < 20000; ++i) {
      registry.shard(0).request(chat_sample());
      registry.shard(0).attempt({"m" + std::to_string(i % 50), "p", {}, 1ms});
    }
    stop = true;
  });
  while (!stop) EXPECT_FALSE(registry.render().empty());
  shard.join();
  EXPECT_EQ(registry.totals().requests, 20000U);
}

}  // namespace
}  // namespace gw::telemetry
