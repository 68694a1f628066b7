// `providers`, and what a secret's setting says.
#include "base/text.hpp"
#include "config/json.hpp"
#include "config/presets.hpp"

#include <algorithm>
#include <filesystem>

namespace gw::config {
namespace {

constexpr std::size_t max_keys = 64;  // a request remembers which failed in a word

// What a secret's setting says: itself, or where it is. Nullopt after a problem.
std::optional<std::string> resolved(const std::string& text, const SecretSource& secrets, std::string& problem) {
  const std::string_view view = text;
  std::optional<std::string> value;
  if (view.starts_with("env:")) {
    value = secrets.env(view.substr(4));
    if (!value) problem = "names the environment variable " + text.substr(4) + ", which is not set";
  } else if (view.starts_with("file:")) {
    value = secrets.file(view.substr(5));
    if (!value) problem = "names " + text.substr(5) + ", which is no file that can be read";
  } else {
    return text;
  }
  if (!value) return std::nullopt;
  while (!value->empty() && (value->back() == '\n' || value->back() == '\r' || value->back() == ' ')) value->pop_back();
  // An empty gateway key opens the gateway: never by accident.
  if (value->empty()) problem = "names " + text + ", which is empty; for no key write \"\" here";
  return value;
}

bool is_one_word(std::string_view text) {
  return !has_control(text) && text.find_first_of(" \t") == std::string_view::npos;
}

bool is_url(std::string_view url, bool user_info_allowed) {
  std::size_t scheme = 0;
  if (iequals(url.substr(0, 7), "http://")) scheme = 7;
  if (iequals(url.substr(0, 8), "https://")) scheme = 8;
  if (scheme == 0) return false;
  std::string_view rest = url.substr(scheme);
  if (!is_one_word(rest) || rest.find_first_of("?#") != std::string_view::npos) return false;
  std::string_view authority = rest.substr(0, rest.find('/'));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    if (!user_info_allowed) return false;
    authority.remove_prefix(at + 1);
  }
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos || close < 3) return false;
    port = authority.substr(close + 1);
  } else {
    const std::size_t colon = authority.find(':');
    if (colon == 0 || authority.empty()) return false;
    port = colon == std::string_view::npos ? std::string_view{} : authority.substr(colon);
  }
  if (port.empty()) return true;
  const auto number = parse_u64(port.substr(1));
  return port.front() == ':' && number && *number >= 1 && *number <= 65535;
}

// What is wrong with a base URL's query; empty: nothing. The URL is shown and logged, so a key does not belong there.
std::string_view fault_of_query(std::string_view query) {
  if (!is_one_word(query) || query.find_first_of("?#{}") != std::string_view::npos) {
    return "has a query that is none; write ?name=value, joined by &";
  }
  const std::string lower = to_lower(query);
  for (std::string_view rest = lower; !rest.empty();) {
    const std::string_view parameter = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(parameter.size() + 1, rest.size()));
    const std::string_view name = parameter.substr(0, parameter.find('='));
    for (const std::string_view secret : {"key", "token", "secret", "password", "sig"}) {
      if (name.find(secret) == std::string_view::npos) continue;
      return "has a key in its query, where it would be shown and logged; give it as api_key (and key_header)";
    }
  }
  return {};
}

// `{model}` may stand in the path.
std::string_view fault_of_base_url(std::string_view url) {
  const std::size_t question = std::min(url.find('?'), url.size());
  const std::string_view whole = url.substr(0, question);
  if (!is_url(whole, false)) {
    return "is not a usable URL; it must be http:// or https:// with a host, without user name and '#'";
  }
  const std::size_t path = std::min(whole.find('/', whole.find("://") + 3), whole.size());
  std::string rest(whole.substr(path));
  constexpr std::string_view model = "{model}";
  for (std::size_t at = rest.find(model); at != std::string::npos; at = rest.find(model)) rest.erase(at, model.size());
  if (rest.find_first_of("{}") != std::string::npos || whole.substr(0, path).find_first_of("{}") != std::string::npos) {
    return "has braces; only {model} may stand there, in the path";
  }
  return question == url.size() ? std::string_view{} : fault_of_query(url.substr(question + 1));
}

Protocol read_protocol(const Section& section, Protocol otherwise) {
  std::string name(to_string(otherwise));
  section.read("protocol", name);
  for (const Protocol protocol : protocols) {
    if (name == to_string(protocol)) return protocol;
  }
  section.findings().problem(
      section.path_of("protocol"), "is \"" + name + "\"; use openai, v1-messages, v1-response, gemini or demo"
  );
  return Protocol::openai;
}

// What is wrong with a header's name; empty: nothing.
std::string_view fault_of_header(std::string_view name) {
  constexpr std::string_view forbidden[] = {
      "host", "content-length", "transfer-encoding", "connection", "content-type"};
  constexpr std::string_view token = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz";
  const std::string lower = to_lower(name);
  if (lower.empty() || lower.find_first_not_of(token) != std::string::npos) return "is not a header name";
  if (std::find(std::begin(forbidden), std::end(forbidden), lower) == std::end(forbidden)) return {};
  return "is set by the gateway itself; remove it here";
}

void read_key_header(const Section& section, Provider& provider) {
  section.read("key_header", provider.key_header);
  if (provider.key_header.empty()) return;
  const std::string_view fault = fault_of_header(provider.key_header);
  if (!fault.empty()) section.findings().problem(section.path_of("key_header"), std::string(fault));
}

void read_headers(const Section& section, Provider& provider) {
  const Section headers = section.section("headers");
  if (!headers.exists()) return;
  for (const auto& [name, value] : headers.json()->items()) {
    if (const std::string_view fault = fault_of_header(name); !fault.empty()) {
      section.findings().problem(headers.path_of(name), std::string(fault));
    } else if (!value.is_string() || value.get<std::string>().find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
      section.findings().problem(headers.path_of(name), "must be one line of text");
    } else {
      provider.headers.emplace_back(name, value.get<std::string>());
    }
  }
}

// `api_keys`: texts, or {key, weight}. They follow `api_key`.
void read_keys(const Section& section, const SecretSource& secrets, Provider& provider) {
  provider.keys.clear();
  Secret first = read_secret(section, "api_key", secrets);
  const Json* const list = section.find("api_keys");
  if (!first.empty()) provider.keys.push_back({std::move(first), 1});
  if (list != nullptr && !list->is_null() && !list->is_array()) {
    section.findings().problem(
        section.path_of("api_keys"), R"(must be a list of keys: "..." or {"key": "...", "weight": 1})"
    );
  } else if (list != nullptr && !list->is_null()) {
    for (std::size_t i = 0; i < list->size(); ++i) {
      const std::string at = section.path_of("api_keys") + "[" + std::to_string(i) + "]";
      Json item = (*list)[i];
      if (item.is_string() || item.is_null()) item = Json{{"key", item.is_null() ? Json("") : item}};
      const Section one(&item, at, section.findings());
      ProviderKey key;
      key.secret = read_secret(one, "key", secrets);
      one.read("weight", key.weight, 0, 1000);
      one.warn_unknown({"key", "weight"});
      const bool is_known = std::any_of(provider.keys.begin(), provider.keys.end(), [&](const ProviderKey& other) {
        return other.secret == key.secret;
      });
      if (key.secret.empty()) {
        // What is given and leads to nothing has been complained about.
        const Json* const text = one.find("key");
        const bool is_given = text != nullptr && *text != Json("") && !text->is_null();
        if (one.exists() && !is_given) {
          section.findings().problem(at + ".key", "is missing or empty; leave the line out, or give a key");
        }
      } else if (is_known) {
        section.findings().problem(at, "is the same key as an earlier one of this provider; leave it out");
      } else {
        provider.keys.push_back(std::move(key));
      }
    }
    if (provider.keys.size() > max_keys) {
      section.findings().problem(section.path_of("api_keys"), "has more than " + std::to_string(max_keys) + " keys");
    }
  }
  if (provider.keys.empty()) provider.keys.emplace_back();
}

// What the operator does not say, a preset may.
const Preset* read_preset(const Section& section, Provider& provider) {
  section.read("preset", provider.preset);
  if (provider.preset.empty()) return nullptr;
  const Preset* const preset = find_preset(provider.preset);
  if (preset == nullptr) {
    section.findings().problem(
        section.path_of("preset"), "is \"" + provider.preset + "\"; it must be one of: " + preset_names()
    );
  }
  return preset;
}

void read_passthrough(const Section& section, Provider& provider) {
  constexpr std::size_t mib = std::size_t{1024} * 1024;
  std::vector<std::string> names;
  section.read("passthrough", names);
  for (const std::string& name : names) {
    const auto* const group =
        std::find_if(passthroughs.begin(), passthroughs.end(), [&](Passthrough one) { return to_string(one) == name; });
    if (group == passthroughs.end()) {
      section.findings().problem(
          section.path_of("passthrough"), "names \"" + name + "\"; it may name images, audio, moderations, rerank"
      );
    } else if (!provider.passes(*group)) {
      provider.passthrough.push_back(*group);
    }
  }
  if (!names.empty() && provider.protocol != Protocol::openai) {
    section.findings().problem(
        section.path_of("passthrough"),
        "is for providers of protocol openai; this one's is " + std::string(to_string(provider.protocol))
    );
  }
  std::size_t most = provider.passthrough_bytes / mib;
  section.read_count("passthrough_max_mb", most, 1, 4096);
  provider.passthrough_bytes = most * mib;
}

std::shared_ptr<const Provider> read_provider(const Section& section, std::string id, const SecretSource& secrets) {
  auto provider = std::make_shared<Provider>();
  provider->id = std::move(id);
  const Preset* const preset = read_preset(section, *provider);
  provider->protocol = read_protocol(section, preset == nullptr ? Protocol::openai : preset->protocol);
  if (provider->id == "upstream") provider->base_url = "https://api.openai.com/v1";
  if (preset != nullptr) {
    provider->base_url = preset->base_url;
    provider->vendor = preset->vendor;
    provider->key_header = preset->key_header;
  }
  section.read("base_url", provider->base_url);
  while (!provider->base_url.empty() && provider->base_url.back() == '/') provider->base_url.pop_back();
  const std::string_view fault = fault_of_base_url(provider->base_url);
  if (provider->protocol != Protocol::demo && !fault.empty()) {
    const std::string example(
        preset == nullptr || preset->example.empty() ? "https://api.openai.com/v1" : preset->example
    );
    section.findings().problem(
        section.path_of("base_url"),
        provider->base_url.empty() ? "is missing; give the provider's API root, e.g. " + example : std::string(fault)
    );
  }
  read_keys(section, secrets, *provider);
  section.read("verify_ssl", provider->verify_ssl);
  section.read("ca_file", provider->ca_file);
  if (!provider->ca_file.empty() && !is_file(provider->ca_file)) {
    section.findings().problem(section.path_of("ca_file"), "is no file that can be read: " + provider->ca_file);
  }
  section.read("proxy", provider->proxy);
  if (!provider->proxy.empty() && (!is_url(provider->proxy, true) || iequals(provider->proxy.substr(0, 6), "https:"))) {
    section.findings().problem(section.path_of("proxy"), "must be http://[user:password@]host:port");
  }
  read_key_header(section, *provider);
  read_headers(section, *provider);
  std::string usage = "inject";
  section.read("stream_usage", usage);
  if (usage != "inject" && usage != "as_is") {
    section.findings().problem(section.path_of("stream_usage"), "must be inject or as_is");
  }
  provider->stream_usage = usage == "as_is" ? StreamUsage::as_is : StreamUsage::inject;
  read_name(section, "completions", all_completions, provider->completions);
  if (provider->completions == Completions::native && provider->protocol != Protocol::openai) {
    section.findings().problem(
        section.path_of("completions"), "is native, which only providers of protocol openai have; leave it out"
    );
  }
  read_error_map(section, *provider);
  read_passthrough(section, *provider);
  section.warn_unknown(
      {"base_url",
       "api_key",
       "api_keys",
       "key_header",
       "protocol",
       "verify_ssl",
       "ca_file",
       "proxy",
       "headers",
       "stream_usage",
       "completions",
       "vendor",
       "preset",
       "error_map",
       "passthrough",
       "passthrough_max_mb"}
  );
  return provider;
}

}  // namespace

bool is_file(const std::string& path) {
  std::error_code ec;  // a name that is too long, a folder that may not be entered
  return std::filesystem::is_regular_file(path, ec);
}

Secret read_secret(const Section& section, std::string_view key, const SecretSource& secrets) {
  std::string text;
  section.read(key, text);
  std::string problem;
  std::optional<std::string> value = resolved(text, secrets, problem);
  // It goes into a header line.
  const bool is_line = !value || std::none_of(value->begin(), value->end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
  if (problem.empty() && !is_line) problem = "must be one line without control characters";
  if (!problem.empty()) {
    section.findings().problem(section.path_of(key), problem);
    return {};
  }
  return Secret(std::move(*value));
}

void read_providers(const Section& root, const SecretSource& secrets, Config& config) {
  const Section section = root.section("providers");
  config.providers.by_id["upstream"] = read_provider(section.section("upstream"), "upstream", secrets);
  config.providers.in_order.emplace_back("upstream");
  const Section custom = section.section("custom");
  if (custom.exists()) {
    for (const auto& [id, value] : custom.json()->items()) {
      if (id == "upstream" || id.empty() || id.find('/') != std::string::npos) {
        root.findings().problem(
            custom.path_of(id), "is not usable as a provider id: no \"upstream\", no '/', not empty"
        );
        continue;
      }
      config.providers.by_id[id] = read_provider(custom.section(id), id, secrets);
      config.providers.in_order.push_back(id);
    }
  }
  const Section map = section.section("map");
  if (map.exists()) {
    for (const auto& [model, value] : map.json()->items()) {
      std::string id;
      map.read(model, id);
      if (config.providers.by_id.contains(id)) {
        config.providers.model_map[model] = id;
      } else {
        root.findings().problem(map.path_of(model), "names the provider \"" + id + "\", which does not exist");
      }
    }
  }
  section.warn_unknown(
      {"upstream",
       "custom",
       "map",
       "image_description",
       "image_description_prompt",
       "image_description_cache_ttl",
       "image_description_cache_mb",
       "image_description_timeout"}
  );
}

}  // namespace gw::config
