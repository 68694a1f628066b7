// Reads config.json: every shape of the original (flat, string lists, objects, any prefix in time) and ours.
// Pure: text in, Config or all problems out. No files except `file:` secrets, read through `SecretSource`.
#pragma once

#include "config/config.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gw::config {

/// One thing wrong with a file. `path` is like `models.t1[0].provider`; `message` says what to change.
struct Problem {
  std::string path;
  std::string message;

  friend bool operator==(const Problem&, const Problem&) = default;
};

/// Resolves "env:NAME" and "file:PATH"; the text after the prefix in, the value out. Missing = nullopt.
struct SecretSource {
  std::function<std::optional<std::string>(std::string_view name)> env;
  std::function<std::optional<std::string>(std::string_view path)> file;

  /// The process environment and the file system.
  static SecretSource system();
};

/// Looks into what a configuration names and this module cannot read (certificates): adds what is wrong, each with its
/// path. It is asked about a faulty configuration too, so that all problems are reported at once.
using FileCheck = std::function<void(const Config& config, std::vector<Problem>& problems)>;

struct Loaded {
  Config config;
  /// Accepted, but worth a line at start: unknown keys, a provider nobody uses, an open gateway.
  std::vector<Problem> warnings;
  /// Set when the text was an original's: the same settings in today's shape, every unknown key kept.
  std::optional<std::string> rewritten;
};

using LoadResult = std::variant<Loaded, std::vector<Problem>>;

[[nodiscard]] LoadResult load(std::string_view json, const SecretSource& secrets, const FileCheck& files = {});

/// True for what `server.bind` may be: an IPv4 or IPv6 address, no name.
[[nodiscard]] bool is_listen_address(std::string_view text);

/// The config.json a new installation gets: three tiers on the built-in provider `demo`.
[[nodiscard]] std::string default_config_json();

}  // namespace gw::config
