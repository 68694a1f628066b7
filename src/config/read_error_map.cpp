// providers.*.vendor and providers.*.error_map: what a provider's errors mean.
#include "config/json.hpp"

#include <algorithm>

namespace gw::config {
namespace {

// Beyond this, each failure would be held against more rules than anybody can keep in mind.
constexpr std::size_t max_rules = 200;

Vendor read_vendor(const Section& section, Vendor otherwise) {
  std::string name(to_string(otherwise));
  section.read("vendor", name);
  const auto found =
      std::find_if(vendors.begin(), vendors.end(), [&](Vendor vendor) { return name == to_string(vendor); });
  if (found != vendors.end()) return *found;
  std::string known;
  for (const Vendor vendor : vendors) known.append(known.empty() ? "" : ", ").append(to_string(vendor));
  section.findings().problem(section.path_of("vendor"), "is \"" + name + "\"; use one of " + known);
  return Vendor::automatic;
}

// `code` and `type`: a text, or a number as providers write it too.
void read_name(const Section& section, std::string_view key, std::string& out) {
  const Json* const value = section.find(key);
  if (value == nullptr || value->is_null()) return;
  if (value->is_number_integer()) {
    out = value->dump();
    return;
  }
  section.read(key, out);
  if (!value->is_string()) return;
  const std::size_t star = out.find('*');
  if (out.empty() || star == 0 || (star != std::string::npos && star + 1 != out.size())) {
    section.findings().problem(
        section.path_of(key),
        "must be a name, or the beginning of one with a single '*' behind it, e.g. \"Throttling*\""
    );
  }
}

void read_status(const Section& section, ErrorRule& rule) {
  std::int64_t status = 0;
  section.read_integer("status", 100, 599, status);
  if (status >= 400 && status < 500) {
    rule.status = static_cast<int>(status);
  } else if (status != 0) {
    section.findings().problem(
        section.path_of("status"),
        "must be from 400 to 499: a 5xx is the provider's own failure whatever it says, and an error inside a 200 is "
        "known by its code, type or message"
    );
  }
}

void read_class(const Section& section, ErrorRule& rule) {
  std::string name;
  section.read("class", name);
  const auto found =
      std::find_if(rule_classes.begin(), rule_classes.end(), [&](Errc code) { return name == to_string(code); });
  if (found != rule_classes.end()) {
    rule.becomes = *found;
    return;
  }
  std::string known;
  for (const Errc code : rule_classes) known.append(known.empty() ? "" : ", ").append(to_string(code));
  section.findings().problem(
      section.path_of("class"),
      (name.empty() ? std::string("is missing") : "is \"" + name + "\"") + "; use one of " + known
  );
}

ErrorRule read_rule(const Section& section) {
  ErrorRule rule;
  const std::size_t problems = section.findings().problems.size();
  read_status(section, rule);
  read_name(section, "code", rule.code);
  read_name(section, "type", rule.type);
  section.read("message", rule.message);
  read_class(section, rule);
  // A misspelt condition would leave a rule that holds for more than was meant.
  constexpr std::string_view known[] = {"status", "code", "type", "message", "class"};
  for (const auto& [key, value] : section.json()->items()) {
    if (std::find(std::begin(known), std::end(known), key) == std::end(known)) {
      section.findings().problem(
          section.path_of(key), "is no condition; a rule has status, code, type, message and class"
      );
    }
  }
  const bool holds_for_all = rule.status == 0 && rule.code.empty() && rule.type.empty() && rule.message.empty();
  if (holds_for_all && section.findings().problems.size() == problems) {
    section.findings().problem(
        section.path_of("class"), "has no condition beside it; add status, code, type or message"
    );
  }
  return rule;
}

}  // namespace

void read_error_map(const Section& section, Provider& provider) {
  provider.vendor = read_vendor(section, provider.vendor);
  if (provider.vendor == Vendor::automatic) provider.vendor = vendor_of_url(provider.base_url);
  const Json* const list = section.find("error_map");
  if (list == nullptr || list->is_null()) return;
  const std::string path = section.path_of("error_map");
  if (!list->is_array() || list->size() > max_rules) {
    section.findings().problem(
        path, "must be a list of at most " + std::to_string(max_rules) + R"( rules {"code": ..., "class": ...})"
    );
    return;
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    const Section rule(&(*list)[i], path + "[" + std::to_string(i) + "]", section.findings());
    if (rule.exists()) {
      provider.error_map.push_back(read_rule(rule));
    } else if ((*list)[i].is_null()) {
      section.findings().problem(path + "[" + std::to_string(i) + "]", "must be an object {...}");
    }
  }
}

}  // namespace gw::config
