#include "health/saved.hpp"

#include "health/cell.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace gw::health {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<std::pair<const char*, Row::Kind>, 3> lists{
    {{"entries", Row::Kind::entry}, {"endpoints", Row::Kind::endpoint}, {"keys", Row::Kind::key}}};
constexpr std::size_t max_name = 512;
constexpr std::int64_t year_ms = std::int64_t{365} * 24 * 3600 * 1000;

double number(const Json& record, const char* key, double low, double high, double otherwise) {
  const auto at = record.find(key);
  if (at == record.end() || !at->is_number()) return otherwise;
  const auto value = at->get<double>();
  return std::isfinite(value) ? std::clamp(value, low, high) : otherwise;
}

std::uint64_t count(const Json& record, const char* key) {
  // Beyond 2^53 a double does not count any more.
  return static_cast<std::uint64_t>(number(record, key, 0, 9007199254740992.0, 0));
}

// Seconds since the epoch, kept to the millisecond; 0 is "never".
std::optional<std::int64_t> moment(const Json& record, const char* key) {
  const double seconds = number(record, key, 0, 1e11, 0);
  if (seconds <= 0) return std::nullopt;
  return std::llround(seconds * 1000);
}

double seconds_of(std::int64_t ms, const Clocks& now) {
  return static_cast<double>(ms - now.steady_ms() + now.wall_ms()) / 1000;
}

class Reader {
 public:
  Reader(const config::Health& policy, const Clocks& now) : policy_(policy), now_(now) {}

  // A moment that has been: not after now, whatever the clock did; and not so long ago that 32 bits do not hold it.
  std::int64_t past(const Json& record, const char* key) const {
    const std::int64_t wall = moment(record, key).value_or(now_.wall_ms());
    return now_.steady_ms() - std::clamp<std::int64_t>(now_.wall_ms() - wall, 0, year_ms);
  }

  // The end of a rest: never farther away than a rest may be long. So a clock that was set back bans nobody.
  std::int64_t end_of_rest(const Json& record, const char* key, Row::Kind kind) const {
    const std::int64_t wall = moment(record, key).value_or(0);
    return now_.steady_ms() + std::clamp<std::int64_t>(wall - now_.wall_ms(), -year_ms, longest_rest(kind));
  }

  [[nodiscard]] double score(double value) const {
    return std::clamp(value, 0.0, std::min(policy_.max_score, score_limit));
  }

 private:
  [[nodiscard]] std::int64_t longest_rest(Row::Kind kind) const {
    switch (kind) {
      case Row::Kind::entry:
        return std::max(policy_.cooldown.max, policy_.retry_after_max).count();
      case Row::Kind::endpoint:
        return policy_.connect_cooldown.max.count();
      case Row::Kind::key:
        return std::max({policy_.cooldown.max, policy_.retry_after_max, policy_.long_cooldown.max}).count();
    }
    return 0;
  }

  const config::Health& policy_;
  const Clocks& now_;
};

std::optional<std::string> name(const Json& record, const char* key) {
  const auto at = record.find(key);
  if (at == record.end() || !at->is_string()) return std::nullopt;
  const auto& text = at->get_ref<const std::string&>();
  if (text.empty() || text.size() > max_name) return std::nullopt;
  return text;
}

constexpr const char* mark_of(Row::Kind kind) {
  return kind == Row::Kind::entry ? "provider" : "fingerprint";
}

std::optional<Kept> read_record(const Json& record, Row::Kind kind, const Reader& reader) {
  if (!record.is_object()) return std::nullopt;
  auto id = name(record, "id");
  auto mark = name(record, mark_of(kind));
  // An original's record that no configuration has asked for yet has no provider.
  if (!mark && kind == Row::Kind::entry && !record.contains("provider")) mark = "";
  if (!id || !mark) return std::nullopt;
  Kept out{{kind, std::move(*id), std::move(*mark)}, {}};
  State& s = out.state;
  s.successes = count(record, "successes");
  s.failures = count(record, "failures");
  s.score = reader.score(number(record, "failure_score", 0, score_limit, 0));
  s.streak = static_cast<unsigned>(number(record, "streak", 0, 15, 0));
  s.updated = reader.past(record, "last_updated");
  if (moment(record, "cooldown_until")) {
    s.rested = true;
    s.until = reader.end_of_rest(record, "cooldown_until", kind);
    const auto open = record.find("half_open");
    s.open = s.until > reader.past(record, "") || (open != record.end() && open->is_boolean() && open->get<bool>());
    s.step = static_cast<unsigned>(number(record, "step", 0, last_step, 0));
  }
  constexpr double longest = 1e9;
  s.total_ms = number(record, "total_ms", 0, longest, 0);
  if (s.total_ms > 0) {  // every answer has one: without it the others were not measured
    s.ttft_ms = number(record, "ttft_ms", 0, longest, 0);
    s.tokens_per_second = number(record, "tokens_per_second", 0, longest, 0);
    s.measured = reader.past(record, "measured");
  }
  s.seen = reader.past(record, "seen");
  return out;
}

Json write_record(const Kept& kept, const Clocks& now) {
  const State& s = kept.state;
  Json out = Json::object();
  out["id"] = kept.name.id;
  if (!kept.name.mark.empty()) out[mark_of(kept.name.kind)] = kept.name.mark;
  out["seen"] = seconds_of(s.seen, now);
  out["successes"] = s.successes;
  out["failures"] = s.failures;
  out["failure_score"] = s.score;
  out["streak"] = s.streak;
  out["last_updated"] = seconds_of(s.updated, now);
  if (s.rested) {
    out["cooldown_until"] = seconds_of(s.until, now);
    out["half_open"] = s.open;
    out["step"] = s.step;
  }
  if (s.total_ms > 0) {
    out["ttft_ms"] = s.ttft_ms;
    out["tokens_per_second"] = s.tokens_per_second;
    out["total_ms"] = s.total_ms;
    out["measured"] = seconds_of(s.measured, now);
  }
  return out;
}

std::optional<Json> object_of(std::string_view text, Parsed& out) {
  Json root = Json::parse(text, nullptr, false);
  if (root.is_discarded()) {
    out.problem = "is no JSON";
    return std::nullopt;
  }
  if (!root.is_object()) {
    out.problem = "is no JSON object";
    return std::nullopt;
  }
  return root;
}

void finish(Parsed& out, std::int64_t now_ms, std::size_t unusable) {
  const std::size_t all = out.kept.size();
  drop_forgotten(out.kept, now_ms);
  out.left_out = unusable + all - out.kept.size();
  if (unusable != 0 && !out.problem) out.problem = "holds " + std::to_string(unusable) + " records that are unusable";
}

}  // namespace

std::int64_t Clocks::steady_ms() const noexcept {
  return ms_of(steady);
}

std::int64_t Clocks::wall_ms() const noexcept {
  return std::chrono::floor<Millis>(wall.time_since_epoch()).count();
}

Parsed parse_saved(std::string_view text, const config::Health& policy, const Clocks& now) {
  Parsed out;
  const std::optional<Json> root = object_of(text, out);
  if (!root) return out;
  const auto version = root->find("version");
  if (version == root->end() || !version->is_number_integer() || *version != 1) {
    out.problem = "is not of a version that this release reads";
    return out;
  }
  const Reader reader(policy, now);
  std::size_t unusable = 0;
  for (const auto& [list, kind] : lists) {
    const auto at = root->find(list);
    if (at == root->end()) continue;
    if (!at->is_array()) {
      ++unusable;
      continue;
    }
    for (const Json& record : *at) {
      if (auto kept = read_record(record, kind, reader)) {
        out.kept.push_back(std::move(*kept));
      } else {
        ++unusable;
      }
    }
  }
  finish(out, now.steady_ms(), unusable);
  return out;
}

std::string write_saved(const std::vector<Kept>& kept, const Clocks& now) {
  Json root = Json::object();
  root["version"] = 1;
  root["saved_at"] = static_cast<double>(now.wall_ms()) / 1000;
  for (const auto& [list, kind] : lists) root[list] = Json::array();
  for (const Kept& one : kept) {
    const auto list =
        std::find_if(lists.begin(), lists.end(), [&](const auto& l) { return l.second == one.name.kind; });
    root[list->first].push_back(write_record(one, now));
  }
  // A name that is not UTF-8 came from no configuration of ours; it must not end the saving.
  return root.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Parsed parse_original(std::string_view text, const config::Health& policy, const Clocks& now) {
  Parsed out;
  const std::optional<Json> root = object_of(text, out);
  if (!root) return out;
  const Reader reader(policy, now);
  std::size_t unusable = 0;
  for (const auto& [id, record] : root->items()) {
    if (!record.is_object() || id.empty() || id.size() > max_name) {
      ++unusable;
      continue;
    }
    Kept kept{{Row::Kind::entry, id, ""}, {}};
    State& s = kept.state;
    s.successes = count(record, "success");
    s.failures = count(record, "failures");
    // Before 2 February 2026 `failures` was the score.
    const char* const score = record.contains("failure_score") ? "failure_score" : "failures";
    s.score = reader.score(number(record, score, 0, 1e9, 0));
    s.updated = reader.past(record, "last_updated");
    const std::int64_t until = reader.end_of_rest(record, "cooldown_until", Row::Kind::entry);
    if (until > now.steady_ms()) {
      s.rested = s.open = true;
      s.until = until;
    }
    s.total_ms = number(record, "avg_response_time", 0, 1e9, 0);
    if (s.total_ms > 0) s.measured = s.updated;
    s.seen = now.steady_ms();
    out.kept.push_back(std::move(kept));
  }
  finish(out, now.steady_ms(), unusable);
  return out;
}

void drop_forgotten(std::vector<Kept>& kept, std::int64_t now_ms) {
  std::erase_if(kept, [&](const Kept& k) { return now_ms - k.state.seen > keep_ms; });
  if (kept.size() <= max_kept) return;
  std::stable_sort(kept.begin(), kept.end(), [](const Kept& a, const Kept& b) { return a.state.seen > b.state.seen; });
  kept.resize(max_kept);
}

}  // namespace gw::health
