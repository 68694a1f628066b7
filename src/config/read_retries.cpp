// `timeouts` and `retries`.
#include "base/text.hpp"
#include "config/json.hpp"

#include <algorithm>
#include <array>

namespace gw::config {
namespace {

void read_conditions(const Section& conditions, RetryConditions& out) {
  if (const Json* const codes = conditions.find("status_codes"); codes != nullptr && !codes->is_null()) {
    std::vector<int> values;
    bool good = codes->is_array();
    for (std::size_t i = 0; good && i < codes->size(); ++i) {
      const Json wrapped{{"code", (*codes)[i]}};
      int code = -1;
      Findings inner;
      Section(&wrapped, "", inner).read_count("code", code, 100, 599);
      good = inner.problems.empty() && code > 0;
      values.push_back(code);
    }
    if (good) {
      out.status_codes = std::move(values);
    } else {
      conditions.findings().problem(
          conditions.path_of("status_codes"), "must be a list of HTTP statuses from 100 to 599"
      );
    }
  }
  if (conditions.read("error_keywords", out.error_keywords)) {
    // A blank would stand in every answer.
    std::erase_if(out.error_keywords, [](const std::string& keyword) {
      return keyword.find_first_not_of(" \t\r\n") == std::string::npos;
    });
    for (std::string& keyword : out.error_keywords) keyword = to_lower(keyword);
  }
  conditions.read("retry_on_empty", out.retry_on_empty);
  conditions.read_count("keyword_max_chars", out.keyword_max_chars, 0, 100000);
  conditions.warn_unknown({"status_codes", "error_keywords", "retry_on_empty", "keyword_max_chars"});
}

}  // namespace

void read_timeouts(const Section& root, Config& config) {
  const Section section = root.section("timeouts");
  const auto read_ms = [](const Section& s, std::string_view key, Millis& out) { s.read(key, out, 1); };
  read_per_tier(section.section("connect"), config.timeouts.connect, read_ms);
  read_per_tier(section.section("generation"), config.timeouts.generation, read_ms);
  section.read("idle", config.timeouts.idle, 1);
  section.read("min_tokens_per_second", config.timeouts.min_tokens_per_second, 0, 10000);
  section.warn_unknown({"connect", "generation", "idle", "min_tokens_per_second"});
}

void read_retries(const Section& root, Config& config) {
  const Section section = root.section("retries");
  Retries& out = config.retries;
  const auto read_int = [](const Section& s, std::string_view key, int& value) { s.read_count(key, value, 0, 1000); };
  read_per_tier(section.section("rounds"), out.rounds, read_int);
  read_per_tier(section.section("max_retries"), out.max_retries, read_int);
  read_conditions(section.section("conditions"), out.conditions);
  read_name(
      section,
      "client_errors",
      std::array{ClientErrors::one_other, ClientErrors::give_back, ClientErrors::all},
      out.client_errors
  );
  std::string policy = "return";
  section.read("content_policy", policy);
  if (policy != "return" && policy != "next") {
    root.findings().problem(section.path_of("content_policy"), "is \"" + policy + "\"; it must be return or next");
  }
  out.content_policy_next = policy == "next";
  read_name(section, "escalate", std::array{Escalate::none, Escalate::up, Escalate::any}, out.escalate);
  section.read_count("max_attempts", out.max_attempts, 1, 100);
  section.read("deadline", out.deadline, 1);
  section.read("backoff", out.backoff, 0, 60'000);
  section.read("backoff_max", out.backoff_max, 0, 600'000);
  if (out.backoff_max < out.backoff) {
    root.findings().problem(section.path_of("backoff_max"), "is below backoff; make it the longest wait");
  }
  section.read("max_wait", out.max_wait, 0, 600'000);
  section.read_count("budget_percent", out.budget_percent, 0, 100);
  section.read_count("budget_min", out.budget_min, 0, 1000);
  section.read("last_resort", out.last_resort);
  section.warn_unknown(
      {"rounds",
       "max_retries",
       "conditions",
       "client_errors",
       "content_policy",
       "escalate",
       "max_attempts",
       "deadline",
       "backoff",
       "backoff_max",
       "max_wait",
       "budget_percent",
       "budget_min",
       "last_resort"}
  );
}

}  // namespace gw::config
