#include "app/cli.hpp"

#include "app/runtime.hpp"
#include "app/server.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

namespace gw::app {
namespace {

int check_config(const std::filesystem::path& file) {
  auto result = config::check(file, config::SecretSource::system());
  if (const auto* problems = std::get_if<std::vector<config::Problem>>(&result)) {
    std::cerr << file.string() << ": " << problems->size() << (problems->size() == 1 ? " problem" : " problems")
              << '\n';
    for (const config::Problem& problem : *problems) {
      std::cerr << "  " << (problem.path.empty() ? "(file)" : problem.path) << ": " << problem.message << '\n';
    }
    return 1;
  }
  const auto& loaded = std::get<config::Loaded>(result);
  for (const config::Problem& warning : loaded.warnings) {
    std::cout << "  note: " << (warning.path.empty() ? "(file)" : warning.path) << ": " << warning.message << '\n';
  }
  if (loaded.rewritten) {
    std::cout
        << "  note: this file is of an earlier release; the gateway brings it up to date at its next start and keeps"
           " a copy\n";
  }
  std::cout << file.string() << ": ok\n";
  return 0;
}

}  // namespace

int run_cli(int argc, char** argv) {
  CLI::App cli{
      "SmartRoute AI Gateway: one address in front of your LLM providers, each request to the cheapest tier that can "
      "do it."};
  cli.set_version_flag("--version", "smartroute " + std::string(version));
  cli.require_subcommand(1);

  ServeOptions options;
  std::string data_dir = options.data_dir.string();
  std::uint16_t port = 0;
  std::string bind;
  CLI::App* const serve_command =
      cli.add_subcommand("serve", "Run the gateway until it is stopped (SIGTERM or Ctrl-C)");
  serve_command->add_option("--data", data_dir, "Folder of config.json and the database")
      ->envname("SMARTROUTE_DATA_DIR")
      ->capture_default_str();
  CLI::Option* const port_option =
      serve_command
          ->add_option("--port", port, "Port to listen on; 0 lets the system choose. Default: server.port, 6688")
          ->envname("SMARTROUTE_PORT");
  CLI::Option* const bind_option =
      serve_command->add_option("--bind", bind, "Address to listen on. Default: server.bind, 0.0.0.0")
          ->envname("SMARTROUTE_BIND");
  serve_command->add_option("--log", options.log_level, "debug, info, warn, error or off")
      ->envname("SMARTROUTE_LOG")
      ->check(CLI::IsMember({"debug", "info", "warn", "error", "off"}))
      ->capture_default_str();

  CLI::App* const config_command = cli.add_subcommand("config", "Work with a configuration file");
  config_command->require_subcommand(1);
  std::string file;
  CLI::App* const check_command = config_command->add_subcommand("check", "Say everything that is wrong with a file");
  check_command->add_option("FILE", file, "The configuration file")->required();

  CLI11_PARSE(cli, argc, argv);

  if (check_command->parsed()) return check_config(file);
  options.data_dir = data_dir;
  if (port_option->count() != 0) options.port = port;
  if (bind_option->count() != 0) options.bind = bind;
  return serve(options);
}

}  // namespace gw::app
