#include "app/boot.hpp"

#include "app/data_lock.hpp"
#include "app/tls_listener.hpp"
#include "net/listener.hpp"
#include "upstream/tls.hpp"

#include <ostream>

namespace gw::app {
namespace {

void check_data_dir(const std::filesystem::path& data_dir, std::vector<config::Problem>& problems) {
  if (auto problem = config::data_dir_problem(data_dir)) {
    problems.push_back(std::move(*problem));
  } else if (const auto lockable = DataLock::check(data_dir); !lockable) {
    problems.push_back({"", lockable.error().message});
  }
}

void print_line(std::ostream& out, std::string_view kind, const config::Problem& problem) {
  out << "  " << kind << problem.path << (problem.path.empty() ? "" : ": ") << problem.message << '\n';
}

}  // namespace

void check_files(const config::Config& config, std::vector<config::Problem>& problems) {
  if (!config.server.tls.cert_file.empty() && !config.server.tls.key_file.empty()) {
    const auto context = make_server_context(config.server.tls);
    if (!context) problems.push_back({context.error().param, context.error().message});
  }
  for (const auto& [id, provider] : config.providers.by_id) {
    if (provider->ca_file.empty()) continue;
    const Result<void> usable = upstream::check_authorities(provider->ca_file);
    if (usable) continue;
    const std::string path = id == "upstream" ? "providers.upstream" : "providers.custom." + id;
    problems.push_back({path + ".ca_file", usable.error().message});
  }
}

void print_problems(std::ostream& out, std::string_view intro, const std::vector<config::Problem>& problems) {
  out << intro << '\n';
  for (const config::Problem& problem : problems) print_line(out, "", problem);
}

int check_config(
    const std::filesystem::path& file, const std::filesystem::path& data_dir, std::ostream& out, std::ostream& err
) {
  auto result = config::check(file, config::SecretSource::system(), check_files);
  std::vector<config::Problem> problems;
  if (auto* const found = std::get_if<std::vector<config::Problem>>(&result)) {
    problems = std::move(*found);
  } else {
    const auto& loaded = std::get<config::Loaded>(result);
    for (const config::Problem& warning : loaded.warnings) print_line(out, "note: ", warning);
    if (loaded.rewritten) {
      out << "  note: this file is of an earlier release; the next start brings it up to date and keeps a copy\n";
    }
    const config::Server& server = loaded.config.server;
    const auto listens = net::can_listen({server.bind, server.port, loaded.config.limits.connections});
    if (!listens) problems.push_back({"server", listens.error().message});
  }
  check_data_dir(data_dir, problems);
  if (problems.empty()) {
    out << file.string() << ": ok\n";
    return 0;
  }
  out.flush();
  const std::string count = problems.size() == 1 ? "1 problem" : std::to_string(problems.size()) + " problems";
  print_problems(err, file.string() + ": " + count, problems);
  return 1;
}

}  // namespace gw::app
