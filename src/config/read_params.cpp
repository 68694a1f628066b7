// `params`: what operators wrote about parameters, checked, and put together for each model once.
#include "config/dialect_params.hpp"
#include "config/json.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace gw::config {
namespace {

constexpr std::string_view every_model = "*";

constexpr std::array<std::string_view, 4> reserved{"model", "messages", "stream", "stream_options"};

// Why no rule may be about this parameter; empty when one may.
std::string_view refusal(std::string_view parameter) {
  if (parameter.empty()) return "is empty; name a parameter";
  if (std::find(reserved.begin(), reserved.end(), parameter) == reserved.end()) return {};
  return "is the request's own; it cannot be set, dropped or renamed";
}

// What one model's sections say, as written and checked one by one.
struct Written {
  Parameters defaults;
  Parameters forced;
  std::vector<std::string> dropped;
  std::vector<Rename> renamed;
};

using WrittenByModel = std::map<std::string, Written, std::less<>>;

bool has(const Parameters& parameters, std::string_view key) {
  return std::any_of(parameters.begin(), parameters.end(), [&](const Parameter& one) { return one.key == key; });
}

bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool touches(const Rename& rename, std::string_view name) {
  return rename.from == name || rename.to == name;
}

bool touches(const std::vector<Rename>& renames, std::string_view name) {
  return std::any_of(renames.begin(), renames.end(), [&](const Rename& one) { return touches(one, name); });
}

// A value written under a name that is renamed goes by the new one: `global_params` need not know who renames what.
const std::string& sent_as(const std::vector<Rename>& renames, const std::string& name) {
  const auto at = std::find_if(renames.begin(), renames.end(), [&](const Rename& one) { return one.from == name; });
  return at == renames.end() ? name : at->to;
}

// --- As written ------------------------------------------------------------------------------------------------------

Parameters read_values(const Section& section) {
  Parameters out;
  if (!section.exists()) return out;
  for (const auto& [key, value] : section.json()->items()) {
    if (const std::string_view why = refusal(key); !why.empty()) {
      section.findings().problem(section.path_of(key), std::string(why));
    } else {
      out.push_back({key, value.dump(-1, ' ', false, Json::error_handler_t::replace)});
    }
  }
  return out;
}

std::vector<std::string> read_dropped(const Section& section, std::string_view model) {
  std::vector<std::string> names;
  if (!section.read(model, names)) return {};
  std::vector<std::string> out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (const std::string_view why = refusal(names[i]); !why.empty()) {
      section.findings().problem(
          section.path_of(model) + "[" + std::to_string(i) + "]",
          (names[i].empty() ? "" : "\"" + names[i] + "\" ") + std::string(why)
      );
    } else if (!has(out, names[i])) {
      out.push_back(std::move(names[i]));
    }
  }
  return out;
}

// What is wrong with one rename, judged by itself; empty when nothing is.
std::string rename_problem(const Rename& rename) {
  if (const std::string_view why = refusal(rename.from); !why.empty()) return std::string(why);
  if (const std::string_view why = refusal(rename.to); !why.empty()) {
    return "is renamed to \"" + rename.to + "\", which " + std::string(why);
  }
  if (rename.from == rename.to) return "is renamed to itself; remove it, or give the name that the provider wants";
  return {};
}

// One step from what clients send to what the provider reads: with chains the outcome would hang on an order that a
// JSON object does not have.
std::string clash_of(const Rename& rename, const std::vector<Rename>& all) {
  for (const Rename& other : all) {
    if (other.from == rename.from) continue;
    if (other.to == rename.to) {
      return "is renamed to \"" + rename.to + "\", and so is \"" + other.from + "\"; keep one of the two";
    }
    if (other.from == rename.to) {
      return "is renamed to \"" + rename.to + "\", which is renamed too; write the final name here and keep one rule";
    }
  }
  return {};
}

std::vector<Rename> read_renames(const Section& section) {
  std::vector<Rename> sound;
  if (!section.exists()) return sound;
  for (const auto& [from, value] : section.json()->items()) {
    if (!value.is_string()) {
      section.findings().problem(section.path_of(from), "must be the new name, a text in quotes");
      continue;
    }
    Rename rename{from, value.get<std::string>()};
    if (std::string problem = rename_problem(rename); !problem.empty()) {
      section.findings().problem(section.path_of(from), std::move(problem));
    } else {
      sound.push_back(std::move(rename));
    }
  }
  std::vector<Rename> out;
  for (const Rename& rename : sound) {
    if (std::string clash = clash_of(rename, sound); !clash.empty()) {
      section.findings().problem(section.path_of(rename.from), std::move(clash));
    } else {
      out.push_back(rename);
    }
  }
  return out;
}

bool is_entered(const Models& models, std::string_view model) {
  return std::any_of(tiers.begin(), tiers.end(), [&](Tier tier) {
    const auto& entries = models.entries[tier];
    return std::any_of(entries.begin(), entries.end(), [&](const ModelEntry& one) { return one.model == model; });
  });
}

// One section of rules by model; `read` takes the section, the model and where its rules go.
template <class Read>
void read_by_model(const Section& section, const Models& models, WrittenByModel& out, Read read) {
  if (!section.exists()) return;
  for (const auto& [model, value] : section.json()->items()) {
    read(section, model, out[model]);
    if (model == every_model || is_entered(models, model)) continue;
    section.findings().warning(
        section.path_of(model),
        "is for a model that no tier has, so it has no effect; write the model as in its entry, without the provider"
    );
  }
}

// --- What contradicts itself -----------------------------------------------------------------------------------------

bool sets(const Parameters& values, const std::vector<Rename>& renames, std::string_view sent) {
  return std::any_of(values.begin(), values.end(), [&](const Parameter& one) {
    return sent_as(renames, one.key) == sent;
  });
}

void check_drops(const Section& params, const std::string& model, const Written& written) {
  for (const std::string& name : written.dropped) {
    const char* const other = touches(written.renamed, name)                ? "renamed_params"
                              : sets(written.forced, written.renamed, name) ? "forced_params"
                                                                            : nullptr;
    if (other == nullptr) continue;
    params.findings().problem(
        params.path_of("dropped_params." + model),
        "names \"" + name + "\", which " + other + " of the same model wants sent; remove it from one of the two"
    );
  }
}

void check_defaults(const Section& params, const std::string& model, const Written& written) {
  for (const Parameter& one : written.defaults) {
    const std::string& sent = sent_as(written.renamed, one.key);
    const char* const stronger = sets(written.forced, written.renamed, sent) ? "forced_params"
                                 : has(written.dropped, sent)                ? "dropped_params"
                                                                             : nullptr;
    if (stronger == nullptr) continue;
    params.findings().warning(
        params.path_of("model_params." + model + "." + one.key),
        std::string("has no effect, since ") + stronger + " has a rule for it and the same model"
    );
  }
}

// --- Put together ----------------------------------------------------------------------------------------------------

// What `*` says is void where the model's own renames and drops speak of the same name. Values need no such care: the
// later one replaces the earlier.
Written without_overruled(const Written& general, const Written& own) {
  Written out = general;
  std::erase_if(out.renamed, [&](const Rename& one) {
    return has(own.dropped, one.from) || has(own.dropped, one.to) || touches(own.renamed, one.from) ||
           touches(own.renamed, one.to);
  });
  std::erase_if(out.dropped, [&](const std::string& name) { return touches(own.renamed, name); });
  return out;
}

// The rule for one parameter, by the name sent. A later one for the same name replaces it, of whatever kind it is.
struct Rule {
  enum class Kind : std::uint8_t { fallback, force, drop };
  Kind kind = Kind::fallback;
  std::string name;
  std::string json;
};

class Merger {
 public:
  explicit Merger(std::vector<Rename> renames) : renames_(std::move(renames)) {}

  // Weaker ones first.
  void add(const Written& written) {
    add_values(Rule::Kind::fallback, written.defaults);
    for (const std::string& name : written.dropped) put({Rule::Kind::drop, name, {}});
    add_values(Rule::Kind::force, written.forced);
  }

  [[nodiscard]] ParameterRules finish() && {
    ParameterRules out;
    out.renamed = std::move(renames_);
    for (Rule& rule : rules_) {
      switch (rule.kind) {
        case Rule::Kind::fallback:
          out.defaults.push_back({std::move(rule.name), std::move(rule.json)});
          break;
        case Rule::Kind::force:
          out.forced.push_back({std::move(rule.name), std::move(rule.json)});
          break;
        case Rule::Kind::drop:
          out.dropped.push_back(std::move(rule.name));
          break;
      }
    }
    return out;
  }

 private:
  void add_values(Rule::Kind kind, const Parameters& values) {
    for (const Parameter& one : values) {
      const std::string& sent = sent_as(renames_, one.key);
      if (&sent == &one.key || !has(values, sent)) put({kind, sent, one.json});
    }
  }

  void put(Rule rule) {
    const auto at =
        std::find_if(rules_.begin(), rules_.end(), [&](const Rule& known) { return known.name == rule.name; });
    if (at == rules_.end()) {
      rules_.push_back(std::move(rule));
    } else {
      *at = std::move(rule);
    }
  }

  std::vector<Rename> renames_;
  std::vector<Rule> rules_;
};

ParameterRules merged(const Written& global, const Written& for_every_model, const Written& own) {
  const Written general = without_overruled(for_every_model, own);
  std::vector<Rename> renames = own.renamed;
  renames.insert(renames.end(), general.renamed.begin(), general.renamed.end());
  Merger merger(std::move(renames));
  merger.add(global);
  merger.add(general);
  merger.add(own);
  return std::move(merger).finish();
}

std::shared_ptr<const Params> in_words_of(Protocol dialect, const Params& params) {
  auto out = std::make_shared<Params>();
  for (const auto& [model, rules] : params.by_model) out->by_model[model] = config::in_words_of(dialect, rules);
  out->others = config::in_words_of(dialect, params.others);
  return out;
}

}  // namespace

void read_params(const Section& root, Config& config) {
  const Section params = root.section("params");
  Written global;
  global.defaults = read_values(params.section("global_params"));
  WrittenByModel by_model;
  const auto read = [&](std::string_view name, auto one) {
    read_by_model(params.section(name), config.models, by_model, one);
  };
  read("model_params", [](const Section& s, const std::string& model, Written& out) {
    out.defaults = read_values(s.section(model));
  });
  read("forced_params", [](const Section& s, const std::string& model, Written& out) {
    out.forced = read_values(s.section(model));
  });
  read("dropped_params", [](const Section& s, const std::string& model, Written& out) {
    out.dropped = read_dropped(s, model);
  });
  read("renamed_params", [](const Section& s, const std::string& model, Written& out) {
    out.renamed = read_renames(s.section(model));
  });
  params.warn_unknown({"global_params", "model_params", "forced_params", "dropped_params", "renamed_params"});

  const auto found = by_model.find(every_model);
  const Written general = found == by_model.end() ? Written{} : found->second;
  for (const auto& [model, written] : by_model) {
    check_drops(params, model, written);
    check_defaults(params, model, written);
    if (model != every_model) config.params.by_model[model] = merged(global, general, written);
  }
  config.params.others = merged(global, general, {});
  config.params.of_messages = in_words_of(Protocol::v1_messages, config.params);
  config.params.of_responses = in_words_of(Protocol::v1_response, config.params);
}

}  // namespace gw::config
