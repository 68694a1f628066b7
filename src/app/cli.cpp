#include "app/cli.hpp"

#include "app/boot.hpp"
#include "app/providers.hpp"
#include "app/runtime.hpp"
#include "app/server.hpp"
#include "base/text.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

namespace gw::app {
namespace {

constexpr int usage_error = 2;

constexpr const char* about =
    "SmartRoute AI Gateway: one address in front of your LLM providers, each request to the cheapest\n"
    "tier that can do it.";

constexpr const char* examples =
    "Examples:\n"
    "  smartroute serve                        the gateway on port 6688, with ./data/config.json\n"
    "  smartroute serve --data /srv/gateway --bind 127.0.0.1 --port 8080\n"
    "  smartroute config check config.json     everything that is wrong with a file\n"
    "  smartroute providers list               what \"preset\" in config.json may be\n"
    "\n"
    "\"smartroute serve --help\" and \"smartroute config check --help\" show their options.";

constexpr const char* serve_about =
    "Run the gateway until it is stopped: SIGTERM or Ctrl-C, a second one ends at once.\n"
    "An edit of config.json takes effect when it is saved.";

constexpr const char* list_about =
    "The presets of providers: address, protocol, and whose errors. With a name: its models, what they\n"
    "can hold and, in US dollars a million tokens, what they cost.";

constexpr const char* check_about =
    "Say everything that is wrong with a configuration, as a start with it would; nothing is written\n"
    "and nothing is stopped. Exit code 0: it can be used, 1: it cannot.";

std::string port_problem(std::string& text) {
  const auto port = parse_u64(text);
  if (port && *port <= 65535) return {};
  return "\"" + text + "\" is no port (--port, SMARTROUTE_PORT); give a number from 0 to 65535";
}

std::string bind_problem(std::string& text) {
  if (config::is_listen_address(text)) return {};
  return "\"" + text +
         "\" is no address (--bind, SMARTROUTE_BIND); use 0.0.0.0 (every network), 127.0.0.1 (this machine only), :: "
         "(IPv6 "
         "too) or one of this machine's own";
}

std::string level_problem(std::string& text) {
  for (const char* const level : {"debug", "info", "warn", "error", "off"}) {
    if (text == level) return {};
  }
  return "\"" + text + "\" is no level (--log, SMARTROUTE_LOG); use debug, info, warn, error or off";
}

// What to say of a command line that makes no sense. The library's own words are kept where they are good.
int explain(const CLI::App& cli, const CLI::ParseError& error) {
  const CLI::App* command = &cli;
  std::string parents;
  while (!command->get_subcommands().empty()) {
    parents += (parents.empty() ? "" : " ") + command->get_name();
    command = command->get_subcommands().front();
  }
  const std::string name = parents + (parents.empty() ? "" : " ") + command->get_name();
  const bool needs_command = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr &&
                             !command->get_subcommands([](const CLI::App*) { return true; }).empty();
  const std::vector<std::string> rest = command->remaining();
  if (needs_command && rest.empty()) {
    std::cerr << command->help(parents);
  } else if (needs_command) {
    std::cerr << name << ": there is no command \"" << rest.front() << "\"; see \"" << name << " --help\"\n";
  } else if (const auto* const invalid = dynamic_cast<const CLI::ValidationError*>(&error)) {
    const std::string text = invalid->what();
    std::cerr << name << ": " << text.substr(text.find('"')) << "\n";
  } else {
    std::cerr << name << ": " << error.what() << "; see \"" << name << " --help\"\n";
  }
  return usage_error;
}

void add_data_option(CLI::App& command, std::string& data_dir, const char* meaning) {
  command.add_option("--data", data_dir, meaning)
      ->envname("SMARTROUTE_DATA_DIR")
      ->type_name("DIR")
      ->capture_default_str();
}

}  // namespace

int run_cli(int argc, char** argv) {
  CLI::App cli{about, "smartroute"};
  cli.set_version_flag("--version", "smartroute " + std::string(version), "Print the version and exit");
  cli.set_help_flag("-h,--help", "Print this help and exit");
  cli.footer(examples);
  cli.require_subcommand(1);

  ServeOptions options;
  std::string data_dir = options.data_dir.string();
  std::string port;
  std::string bind;
  CLI::App* const serve_command = cli.add_subcommand("serve", serve_about);
  serve_command->footer("");
  add_data_option(*serve_command, data_dir, "Folder of config.json and the database; made if missing");
  CLI::Option* const port_option =
      serve_command
          ->add_option(
              "--port", port, "Port to listen on, 0 for any free one. Default: server.port of config.json, 6688"
          )
          ->envname("SMARTROUTE_PORT")
          ->type_name("PORT")
          ->check(CLI::Validator(port_problem, ""));
  CLI::Option* const bind_option =
      serve_command->add_option("--bind", bind, "Address to listen on. Default: server.bind of config.json, 0.0.0.0")
          ->envname("SMARTROUTE_BIND")
          ->type_name("ADDRESS")
          ->check(CLI::Validator(bind_problem, ""));
  serve_command->add_option("--log", options.log_level, "debug, info, warn, error or off")
      ->envname("SMARTROUTE_LOG")
      ->type_name("LEVEL")
      ->check(CLI::Validator(level_problem, ""))
      ->capture_default_str();

  CLI::App* const config_command = cli.add_subcommand("config", "Work with a configuration file");
  config_command->footer("");
  config_command->require_subcommand(1);
  std::string file;
  CLI::App* const check_command = config_command->add_subcommand("check", check_about);
  check_command->add_option("FILE", file, "The configuration, e.g. ./data/config.json")->required()->type_name("");
  add_data_option(*check_command, data_dir, "Data folder of the start; must be writable, or possible to make");

  CLI::App* const providers_command = cli.add_subcommand("providers", "Look up known providers");
  providers_command->footer("");
  providers_command->require_subcommand(1);
  std::string preset;
  CLI::App* const list_command = providers_command->add_subcommand("list", list_about);
  list_command->add_option("NAME", preset, "A preset, e.g. deepseek")->type_name("");

  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return cli.exit(error);  // --help, --version
    return explain(cli, error);
  }

  if (check_command->parsed()) return check_config(file, data_dir, std::cout, std::cerr);
  if (list_command->parsed()) return list_providers(preset, std::cout, std::cerr);
  options.data_dir = data_dir;
  if (port_option->count() != 0) options.port = static_cast<std::uint16_t>(*parse_u64(port));
  if (bind_option->count() != 0) options.bind = bind;
  return serve(options);
}

}  // namespace gw::app
