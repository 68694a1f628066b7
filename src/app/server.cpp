#include "app/server.hpp"

#include "app/boot.hpp"
#include "app/data_lock.hpp"
#include "app/greeting.hpp"
#include "app/health_file.hpp"
#include "app/shard_service.hpp"
#include "app/tls_listener.hpp"
#include "net/listener.hpp"
#include "telemetry/log.hpp"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <functional>
#include <iostream>
#include <random>
#include <thread>

namespace gw::app {

namespace asio = boost::asio;
using telemetry::Level;

namespace {

constexpr Millis edit_debounce{150};

// Request bodies come and go in all sizes. Without this, glibc keeps each arena's high-water mark: large blocks go back
// to the kernel at once, and arenas stay as few as threads that allocate (docs/benchmarks.md, "memory after a burst").
void tune_allocator(std::size_t shards) {
  ::mallopt(M_ARENA_MAX, static_cast<int>(shards) + 1);
  ::mallopt(M_MMAP_THRESHOLD, 64 * 1024);
  ::mallopt(M_TRIM_THRESHOLD, 256 * 1024);
}

void report_escape(std::string_view name, std::string_view what) {
  telemetry::log(Level::error, "task_failed", "task=" + telemetry::field(name) + " what=" + telemetry::field(what));
}

Published compiled(const config::Snapshot& config, health::Book& book) {
  book.begin_configuration();
  Published published{config, routing::Catalog::make(*config, book)};
  book.end_configuration();
  return published;
}

class Server {
 public:
  Server(const ServeOptions& options, const config::Opened& opened);

  [[nodiscard]] Result<void> start();
  int run();

 private:
  void apply_edit();
  void publish(const config::Snapshot& snapshot, const std::function<void()>& when_everywhere);
  [[nodiscard]] std::optional<Error> prepare_tls(const config::Config& config);
  void on_signal();
  void stop_accepting();
  void wait_for_shards();
  [[nodiscard]] config::Snapshot with_overrides(const config::Config& config) const;

  const ServeOptions& options_;
  config::Snapshot config_;
  Runtime runtime_;
  asio::io_context control_{1};
  upstream::Resolver resolver_;
  upstream::TlsContexts tls_contexts_;
  std::shared_ptr<SSL_CTX> server_tls_;
  std::vector<std::unique_ptr<net::Shard>> shards_;
  std::vector<std::unique_ptr<ShardService>> services_;
  std::unique_ptr<net::Listener> listener_;
  asio::signal_set signals_;
  asio::steady_timer drain_timer_;
  asio::steady_timer grace_timer_;
  std::vector<std::unique_ptr<config::Watcher>> watchers_;
  std::unique_ptr<HealthFile> health_file_;
  std::size_t shards_running_ = 0;
  bool stopping_ = false;
};

std::size_t shard_count(const config::Config& config) {
  return config.server.shards != 0 ? config.server.shards : std::max(1U, std::thread::hardware_concurrency());
}

Server::Server(const ServeOptions& options, const config::Opened& opened)
    : options_(options),
      config_(with_overrides(*opened.snapshot)),
      runtime_(shard_count(*config_)),
      signals_(control_, SIGTERM, SIGINT),
      drain_timer_(control_),
      grace_timer_(control_) {
  runtime_.data_dir = std::filesystem::absolute(options.data_dir);
  runtime_.config_path = runtime_.data_dir / "config.json";
}

config::Snapshot Server::with_overrides(const config::Config& config) const {
  auto copy = std::make_shared<config::Config>(config);
  if (options_.port) copy->server.port = *options_.port;
  if (options_.bind) copy->server.bind = *options_.bind;
  return copy;
}

std::optional<Error> Server::prepare_tls(const config::Config& config) {
  for (const auto& [id, provider] : config.providers.by_id) {
    if (provider->protocol == config::Protocol::demo) continue;
    const auto context = tls_contexts_.get(provider->ca_file, provider->verify_ssl);
    if (!context) return context.error();
  }
  return std::nullopt;
}

Result<void> Server::start() {
  tune_allocator(shard_count(*config_));
  if (!config_->server.tls.cert_file.empty()) {
    auto tls = make_server_context(config_->server.tls);
    if (!tls) return tls.error();
    server_tls_ = std::move(*tls);
  }
  const upstream::ConnectServices connect{resolver_, tls_contexts_};
  std::vector<net::Shard*> shards;
  health_file_ = std::make_unique<HealthFile>(runtime_.health, runtime_.data_dir);
  health_file_->load(config_->health);
  const Published published = compiled(config_, runtime_.health);
  std::random_device entropy;
  const auto chance = [&entropy] { return (std::uint64_t{entropy()} << 32U) | entropy(); };
  for (std::size_t i = 0; i < shard_count(*config_); ++i) {
    shards_.push_back(std::make_unique<net::Shard>(i, report_escape));
    services_.push_back(std::make_unique<ShardService>(*shards_.back(), runtime_, connect, published, chance()));
    shards.push_back(shards_.back().get());
  }
  listener_ = std::make_unique<net::Listener>(
      control_,
      std::move(shards),
      [this](net::Shard& shard, std::unique_ptr<net::Connection> connection) {
        // The TLS context is replaced on the control thread only while no shard reads it: it is handed over by value.
        services_[shard.index()]->accept(std::move(connection), std::atomic_load(&server_tls_), [this, &shard] {
          shard.load.fetch_sub(1, std::memory_order_relaxed);
          listener_->open_connections.fetch_sub(1, std::memory_order_relaxed);
        });
      }
  );
  const Result<void> opened =
      listener_->open({config_->server.bind, config_->server.port, config_->limits.connections});
  if (!opened) return opened.error();
  return {};
}

int Server::run() {
  // Signals are the control thread's; a peer's reset must not end the process.
  std::signal(SIGPIPE, SIG_IGN);
  for (auto& shard : shards_) shard->start([] {});
  shards_running_ = shards_.size();
  listener_->start();
  health_file_->start();
  signals_.async_wait([this](const boost::system::error_code& error, int) {
    if (!error) on_signal();
  });
  watchers_.push_back(std::make_unique<config::Watcher>(runtime_.config_path, edit_debounce, [this] {
    asio::post(control_, [this] { apply_edit(); });
  }));
  if (server_tls_) {
    for (const std::string& file : {config_->server.tls.cert_file, config_->server.tls.key_file}) {
      watchers_.push_back(std::make_unique<config::Watcher>(file, edit_debounce, [this] {
        asio::post(control_, [this] {
          auto tls = make_server_context(config_->server.tls);
          telemetry::log(
              tls ? Level::info : Level::error,
              tls ? "certificate_reloaded" : "certificate_rejected",
              tls ? std::string{} : "why=" + telemetry::field(tls.error().message)
          );
          if (tls) std::atomic_store(&server_tls_, std::move(*tls));
        });
      }));
    }
  }
  // Reading the system's authorities takes milliseconds: after the port is open, before the first request needs them.
  if (const auto problem = prepare_tls(*config_)) {
    telemetry::log(Level::error, "provider_tls", "why=" + telemetry::field(problem->message));
  }
  print_greeting(std::cout, *config_, runtime_, listener_->port());
  control_.run();
  watchers_.clear();
  resolver_.stop();  // its answers are posted to the shards
  for (auto& shard : shards_) shard->join();
  health_file_.reset();  // saves what the last requests taught
  return 0;
}

void Server::apply_edit() {
  if (stopping_) return;
  auto result = config::check(runtime_.config_path, config::SecretSource::system(), check_files);
  std::vector<config::Problem> problems;
  if (auto* found = std::get_if<std::vector<config::Problem>>(&result)) {
    problems = std::move(*found);
  } else if (const auto tls = prepare_tls(std::get<config::Loaded>(result).config)) {
    problems.push_back({"providers", tls->message});
  }
  if (!problems.empty()) {
    runtime_.metrics.config_rejected.fetch_add(1, std::memory_order_relaxed);
    for (const config::Problem& problem : problems) {
      telemetry::log(
          Level::error,
          "config_rejected",
          "path=" + telemetry::field(problem.path) + " why=" + telemetry::field(problem.message)
      );
    }
    runtime_.rejected(std::move(problems));
    return;
  }
  auto& loaded = std::get<config::Loaded>(result);
  const config::Server& server = loaded.config.server;
  if (server.tls.cert_file != config_->server.tls.cert_file || server.tls.key_file != config_->server.tls.key_file ||
      (!options_.port && server.port != config_->server.port) ||
      (!options_.bind && server.bind != config_->server.bind) || server.shards != config_->server.shards) {
    telemetry::log(Level::warn, "restart_needed", "settings=server.bind,server.port,server.tls,server.shards");
  }
  for (const config::Problem& warning : loaded.warnings) {
    telemetry::log(
        Level::warn,
        "config_warning",
        "path=" + telemetry::field(warning.path) + " why=" + telemetry::field(warning.message)
    );
  }
  runtime_.rejected({});
  runtime_.metrics.config_reloads.fetch_add(1, std::memory_order_relaxed);
  // Said when it holds for every request to come.
  publish(with_overrides(loaded.config), [file = runtime_.config_path.string()] {
    telemetry::log(Level::info, "config_reloaded", "file=" + telemetry::field(file));
  });
}

void Server::publish(const config::Snapshot& snapshot, const std::function<void()>& when_everywhere) {
  config_ = snapshot;
  listener_->max_connections(snapshot->limits.connections);
  const Published published = compiled(snapshot, runtime_.health);
  const auto left = std::make_shared<std::atomic<std::size_t>>(services_.size());
  for (auto& service : services_) {
    service->shard().post([&service, published, left, when_everywhere] {
      service->publish(published);
      if (left->fetch_sub(1) == 1) when_everywhere();
    });
  }
}

void Server::on_signal() {
  if (stopping_) {  // the second one: at once
    std::cerr << "stopped at once; requests under way were cut" << std::endl;
    std::_Exit(1);
  }
  stopping_ = true;
  runtime_.draining.store(true, std::memory_order_relaxed);
  telemetry::log(
      Level::info,
      "stopping",
      "drain_delay_ms=" + std::to_string(config_->server.drain_delay.count()) +
          " grace_ms=" + std::to_string(config_->server.grace.count())
  );
  signals_.async_wait([this](const boost::system::error_code& error, int) {
    if (!error) on_signal();
  });
  drain_timer_.expires_after(config_->server.drain_delay);
  drain_timer_.async_wait([this](const boost::system::error_code&) { stop_accepting(); });
}

void Server::stop_accepting() {
  listener_->close();
  health_file_->soon();
  runtime_.closing.store(true, std::memory_order_relaxed);
  grace_timer_.expires_after(config_->server.grace);
  grace_timer_.async_wait([](const boost::system::error_code& error) {
    if (error) return;
    telemetry::log(Level::warn, "grace_over", "requests under way are cut (server.grace)");
    telemetry::stop_log();
    std::_Exit(0);
  });
  wait_for_shards();
}

void Server::wait_for_shards() {
  for (auto& service : services_) {
    service->shard().post([this, &service] {
      service->close_idle();
      service->shard().gate().when_empty([this, &service] {
        service->flush();
        asio::post(control_, [this] {
          if (--shards_running_ != 0) return;
          grace_timer_.cancel();
          signals_.cancel();
          control_.stop();
        });
      });
    });
  }
}

}  // namespace

int serve(const ServeOptions& options) {
  telemetry::start_log(options.log_level);
  auto opened = config::open(options.data_dir, config::SecretSource::system(), check_files);
  if (const auto* problems = std::get_if<std::vector<config::Problem>>(&opened)) {
    const std::string file = (options.data_dir / "config.json").string();
    print_problems(std::cerr, "The gateway did not start (configuration " + file + "):", *problems);
    telemetry::stop_log();
    return 1;
  }
  const auto& ready = std::get<config::Opened>(opened);
  const Result<DataLock> lock = DataLock::acquire(options.data_dir);
  if (!lock) {
    std::cerr << "The gateway did not start: " << lock.error().message << '\n';
    telemetry::stop_log();
    return 1;
  }
  for (const config::Problem& warning : ready.warnings) {
    telemetry::log(
        Level::warn,
        "config_warning",
        "path=" + telemetry::field(warning.path) + " why=" + telemetry::field(warning.message)
    );
  }
  if (ready.backup) {
    std::cout << "The configuration of an earlier release was brought up to date; its copy is "
              << ready.backup->string() << '\n';
  }
  Server server(options, ready);
  const Result<void> started = server.start();
  if (!started) {
    std::cerr << "The gateway did not start: " << started.error().message << '\n';
    telemetry::stop_log();
    return 1;
  }
  const int code = server.run();
  telemetry::log(Level::info, "stopped");
  telemetry::stop_log();
  return code;
}

}  // namespace gw::app
