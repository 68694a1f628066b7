#include "app/greeting.hpp"

#include <algorithm>
#include <ostream>

namespace gw::app {
namespace {

bool only_demo(const config::Config& config) {
  return std::all_of(config::tiers.begin(), config::tiers.end(), [&](config::Tier tier) {
    const auto& entries = config.models.entries[tier];
    return std::all_of(entries.begin(), entries.end(), [&](const config::ModelEntry& entry) {
      const auto provider = config.provider_of(entry);
      return provider && provider->protocol == config::Protocol::demo;
    });
  });
}

}  // namespace

void print_greeting(std::ostream& out, const config::Config& config, const Runtime& runtime, std::uint16_t port) {
  const bool any = config.server.bind == "0.0.0.0" || config.server.bind == "::";
  const bool v6 = !any && config.server.bind.find(':') != std::string::npos;
  const std::string host = any ? "127.0.0.1" : v6 ? "[" + config.server.bind + "]" : config.server.bind;
  const std::string url =
      (config.server.tls.cert_file.empty() ? "http://" : "https://") + host + ":" + std::to_string(port);
  const bool open = config.general.gateway_api_key.empty();

  out << "\nSmartRoute AI Gateway " << version << "\n\n"
      << "  Status page    " << url << "/\n"
      << "  API base URL   " << url << "/v1\n"
      << "  Configuration  " << runtime.config_path.string() << "  (an edit takes effect when it is saved)\n\n"
      << "  Try it:\n\n"
      << "    curl -N " << url << "/v1/chat/completions -H 'Content-Type: application/json'";
  if (!open) out << " -H \"Authorization: Bearer $GATEWAY_KEY\"";
  out << " \\\n      -d "
         "'{\"model\":\"auto\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hello!\"}]}'\n\n";
  if (only_demo(config)) {
    out << "  Answers come from the built-in demo: no model was asked. To use a real one, put your provider's\n"
           "  base_url and api_key under \"providers\" and its model under \"models\" in the configuration.\n\n";
  }
  if (open) {
    out << "  WARNING: no gateway key is set (general.gateway_api_key): anyone who reaches this port from "
        << (config.general.open_to_public ? "ANYWHERE" : "a private network")
        << "\n  can use your providers' accounts.\n\n";
  }
  out.flush();
}

}  // namespace gw::app
