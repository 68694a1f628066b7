// Private to config: its JSON library, and the one way in which settings are read and complained about.
#pragma once

#include "config/load.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gw::config {

using Json = nlohmann::ordered_json;

/// Collects everything that is wrong, so that all of it is reported at once.
struct Findings {
  std::vector<Problem> problems;
  std::vector<Problem> warnings;

  void problem(std::string path, std::string message) { problems.push_back({std::move(path), std::move(message)}); }

  void warning(std::string path, std::string message) { warnings.push_back({std::move(path), std::move(message)}); }
};

/// An object of the file being read: typed access to its members, each complaint with its path.
class Section {
 public:
  /// `json` may be null (the section is missing: all defaults) or no object (a problem, then as if missing).
  Section(const Json* json, std::string path, Findings& findings);

  [[nodiscard]] const Json* find(std::string_view key) const;
  [[nodiscard]] Section section(std::string_view key) const;
  [[nodiscard]] std::string path_of(std::string_view key) const;

  [[nodiscard]] bool exists() const noexcept { return json_ != nullptr; }

  [[nodiscard]] const Json* json() const noexcept { return json_; }

  [[nodiscard]] Findings& findings() const noexcept { return findings_; }

  // Each leaves `out` as it is when the key is missing, and when its value is wrong (a problem then).
  void read(std::string_view key, bool& out) const;
  void read(std::string_view key, std::string& out) const;
  void read(std::string_view key, double& out, double low, double high) const;
  void read_integer(std::string_view key, std::int64_t low, std::int64_t high, std::int64_t& out) const;
  void read(std::string_view key, Millis& out, std::int64_t low = 0, std::int64_t high = 86'400'000) const;

  template <class Int>
  void read_count(std::string_view key, Int& out, std::int64_t low, std::int64_t high) const {
    auto value = static_cast<std::int64_t>(out);
    read_integer(key, low, high, value);
    out = static_cast<Int>(value);
  }

  /// Reads a list of strings; false when missing or wrong.
  bool read(std::string_view key, std::vector<std::string>& out) const;

  /// A warning for each member that is not in `known`.
  void warn_unknown(std::initializer_list<std::string_view> known) const;

 private:
  const Json* json_;
  std::string path_;
  Findings& findings_;
};

/// True for a file of the original: no schema_version.
[[nodiscard]] bool is_original(const Json& root);

/// The original's settings in today's shape (contract 1.1 to 1.3): nested, entries as objects, its defaults where ours
/// differ, every unknown key kept. What it tolerated and we do not is put right with a warning, so that a file that
/// loads once loads for ever.
[[nodiscard]] Json converted(const Json& original, Findings& findings);

template <class T, class Read>
void read_per_tier(const Section& section, PerTier<T>& out, Read read) {
  for (const Tier tier : tiers) read(section, to_string(tier), out[tier]);
  section.warn_unknown({"t1", "t2", "t3"});
}

/// One of an enum's names. Leaves `out` as it is when the key is missing; a problem that lists the names when it is
/// none.
template <class Enum, std::size_t count>
void read_name(const Section& section, std::string_view key, const std::array<Enum, count>& all, Enum& out) {
  std::string name(to_string(out));
  section.read(key, name);
  std::string known;
  for (const Enum one : all) {
    if (name == to_string(one)) {
      out = one;
      return;
    }
    known.append(known.empty() ? "" : ", ").append(to_string(one));
  }
  section.findings().problem(section.path_of(key), "is \"" + name + "\"; it must be one of: " + known);
}

/// False also for a folder, and for what may not be looked at.
[[nodiscard]] bool is_file(const std::string& path);

/// The value, or where it is ("env:", "file:"). Empty after a problem.
[[nodiscard]] Secret read_secret(const Section& section, std::string_view key, const SecretSource& secrets);

// A file of the configuration each; all add to the section's findings.
void read_providers(const Section& root, const SecretSource& secrets, Config& config);
void read_models(const Section& root, Config& config);             // behind the providers
void read_image_description(const Section& root, Config& config);  // of `providers`; behind the models
void read_routing(const Section& root, Config& config);
void read_adaptive_weights(const Section& root, Config& config);
void read_timeouts(const Section& root, Config& config);
void read_retries(const Section& root, Config& config);
void read_health(const Section& root, Config& config);

/// `vendor` and `error_map` of a provider's section.
void read_error_map(const Section& section, Provider& provider);

/// The section `params`; after the models, since a rule for a model that nobody entered is worth a warning.
void read_params(const Section& root, Config& config);

/// Today's shape into Config. Adds to `findings`.
[[nodiscard]] Config read_config(const Json& root, const SecretSource& secrets, Findings& findings);

}  // namespace gw::config
