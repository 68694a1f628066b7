#include "simulation.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace gw::health::simulation {
namespace {

const TimePoint start{std::chrono::hours{1000}};
constexpr std::size_t model_count = 3;
constexpr std::size_t max_attempts = 3;

struct Model {
  Target* target = nullptr;
  double ttft_ms = 0;
  double price = 0;
  bool rested = false;
};

struct Attempt {
  Ticket ticket;
  std::size_t model = 0;
  TimePoint began;
  std::optional<Fault> fault;
  Answered answered;
  Record record;
  std::vector<std::size_t> tried;
};

class World {
 public:
  explicit World(const Settings& settings) : settings_(settings), random_(settings.seed) {
    for (std::size_t m = 0; m < model_count; ++m) {
      config::ModelEntry entry;
      entry.model = std::string(1, static_cast<char>('a' + m));
      config::Provider provider;
      provider.id = entry.provider = "p" + std::to_string(m);
      provider.base_url = "https://" + provider.id + ".example";
      const auto n = static_cast<double>(m);
      models_.push_back({&book_.target(entry, provider), 300 + 150 * n, 1 + n, false});
    }
  }

  Outcome run() {
    TimePoint arrival = start;
    TimePoint sample = start;
    const TimePoint end = start + settings_.length;
    while (arrival < end) {
      const TimePoint event = events_.empty() ? far_future : std::get<0>(events_.top());
      const TimePoint now = std::min({arrival, event, sample});
      if (now == sample) {
        take_sample(now);
        sample += Seconds{1};
      } else if (now == event) {
        const auto [when, at, is_end] = events_.top();
        events_.pop();
        if (is_end) {
          finish(at, now);
        } else {
          attempts_[at].ticket.reached(settings_.health, now);
        }
      } else {
        ++out_.requests;
        attempt({}, now);
        const double minutes = -std::log(1 - chance()) / settings_.requests_a_minute;
        arrival += std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::ratio<60>>(minutes));
      }
    }
    return std::move(out_);
  }

 private:
  double chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }

  Reading read(std::size_t m, TimePoint now, Detail detail) {
    return models_[m].target->read(settings_.health, now, detail);
  }

  void take_sample(TimePoint now) {
    const Reading reading = read(0, now, Detail::standing);
    out_.samples.push_back({now - start, reading.score, reading.rests});
  }

  // The strategies of the contract (4.2) and the later ones, in their simplest form.
  std::vector<std::size_t> order(TimePoint now) {
    std::vector<std::size_t> out(model_count);
    std::iota(out.begin(), out.end(), std::size_t{0});
    std::vector<double> key(model_count);
    std::vector<Reading> readings(model_count);
    double busiest = 1;
    for (std::size_t m = 0; m < model_count; ++m) {
      readings[m] = read(m, now, Detail::all);
      busiest = std::max(busiest, readings[m].usage);
    }
    for (std::size_t m = 0; m < model_count; ++m) {
      const Reading& reading = readings[m];
      const double usage = reading.usage;
      switch (settings_.policy) {
        case Policy::sequential:
          key[m] = static_cast<double>(m);
          break;
        case Policy::cheapest:
          key[m] = models_[m].price;
          break;
        case Policy::random:  // weighted, without replacement: the exponential trick
          key[m] = -std::log(1 - chance()) / (1 + busiest - usage);
          break;
        case Policy::adaptive: {
          const double speed = reading.total_ms > 0 ? 1 - std::min(reading.total_ms / 30000, 1.0) : 0.8;
          key[m] =
              -(0.3 * chance() + 0.1 * reading.score / 100 + 0.3 * speed + 0.2 * 0.5) * (1 - 0.7 * usage / busiest);
          break;
        }
        case Policy::fastest:
          key[m] = reading.ttft_ms;
          break;
        case Policy::least_busy:
          key[m] = static_cast<double>(reading.in_flight) + 0.5 * chance();
          break;
      }
    }
    std::stable_sort(out.begin(), out.end(), [&](std::size_t a, std::size_t b) { return key[a] < key[b]; });
    if (settings_.policy == Policy::least_busy) {
      // Two chosen at random, the less busy of them first.
      const auto left_out = static_cast<std::size_t>(chance() * static_cast<double>(model_count));
      std::stable_partition(out.begin(), out.end(), [&](std::size_t m) { return m != left_out; });
    }
    return out;
  }

  // The first that does not rest; when all do, the least bad one.
  void attempt(std::vector<std::size_t> tried, TimePoint now) {
    if (tried.size() == max_attempts) return;
    Attempt next;
    std::size_t chosen = model_count;
    for (const std::size_t m : order(now)) {
      if (std::find(tried.begin(), tried.end(), m) != tried.end() || read(m, now, Detail::rest).rests) continue;
      if (models_[m].target->begin({}, now, next.ticket)) continue;
      chosen = m;
      break;
    }
    if (chosen == model_count) {
      TimePoint soonest = far_future;
      for (std::size_t m = 0; m < model_count; ++m) {
        if (std::find(tried.begin(), tried.end(), m) != tried.end()) continue;
        const Reading reading = read(m, now, Detail::rest);
        if (reading.until < soonest) {
          soonest = reading.until;
          chosen = m;
        }
      }
      if (chosen == model_count) return;
      next.record.last_resort = true;
      if (models_[chosen].target->begin({.last_resort = true}, now, next.ticket)) return;
    }
    next.model = chosen;
    next.began = now;
    next.record.at = now - start;
    next.record.model = chosen;
    next.record.first = tried.empty();
    next.fault = settings_.fault(chosen, now - start, chance());
    next.tried = std::move(tried);
    next.tried.push_back(chosen);
    TimePoint end = now;
    if (next.fault) {
      end += next.fault->after;
    } else {
      next.answered = answer_of(models_[chosen]);
      end += next.answered.total;
    }
    const bool is_reached = end > now + Millis{20};  // what fails sooner failed to connect, or says by its class
    const std::size_t at = slot();
    attempts_[at] = std::move(next);
    if (is_reached) events_.emplace(now + Millis{20}, at, false);
    events_.emplace(end, at, true);
  }

  // Two seconds in the middle, twenty at most: lengths of answers spread wide.
  Answered answer_of(const Model& model) {
    const double first = model.ttft_ms * (0.8 + 0.4 * chance());
    const double tokens = std::min(800.0, std::exp(std::normal_distribution<double>(4.4, 0.9)(random_)));
    const auto of_ms = [](double v) {
      return std::chrono::duration_cast<Duration>(std::chrono::duration<double, std::milli>(v));
    };
    return {of_ms(first), of_ms(first + tokens * 25), static_cast<std::uint64_t>(tokens)};
  }

  std::size_t slot() {
    if (free_.empty()) {
      attempts_.emplace_back();
      return attempts_.size() - 1;
    }
    const std::size_t at = free_.back();
    free_.pop_back();
    return at;
  }

  void finish(std::size_t at, TimePoint now) {
    Attempt done = std::move(attempts_[at]);
    free_.push_back(at);
    done.record.failed = done.fault.has_value();
    if (done.fault) {
      Error error = upstream_error(done.fault->code, "as told");
      error.retry_after = done.fault->retry_after;
      done.ticket.failed(settings_.health, error, now);
    } else {
      done.ticket.succeeded(settings_.health, done.answered, now);
      ++out_.answered;
    }
    const bool rests = read(done.model, now, Detail::rest).rests;
    if (rests && !models_[done.model].rested) out_.rests_began[done.model].push_back(now - start);
    models_[done.model].rested = rests;
    out_.attempts.push_back(done.record);
    if (done.fault) attempt(std::move(done.tried), now);
  }

  const Settings& settings_;
  std::mt19937_64 random_;
  Book book_;
  std::vector<Model> models_;
  std::vector<Attempt> attempts_;
  std::vector<std::size_t> free_;
  using Event = std::tuple<TimePoint, std::size_t, bool>;  // the attempt's end, or its connection
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  Outcome out_;
};

}  // namespace

const char* to_string(Policy policy) {
  switch (policy) {
    case Policy::sequential:
      return "sequential";
    case Policy::random:
      return "random";
    case Policy::adaptive:
      return "adaptive";
    case Policy::fastest:
      return "fastest";
    case Policy::cheapest:
      return "cheapest";
    case Policy::least_busy:
      return "least_busy";
  }
  return "";
}

Outcome run(const Settings& settings) {
  return World(settings).run();
}

double share(const Outcome& outcome, std::size_t model, Duration from, Duration to) {
  std::uint64_t requests = 0;
  std::uint64_t here = 0;
  for (const Record& record : outcome.attempts) {
    if (record.at < from || record.at >= to) continue;
    requests += record.first ? 1 : 0;
    here += record.model == model ? 1 : 0;
  }
  return requests == 0 ? 0 : static_cast<double>(here) / static_cast<double>(requests);
}

}  // namespace gw::health::simulation
