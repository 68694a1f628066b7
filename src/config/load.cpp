#include "config/load.hpp"

#include "config/json.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace gw::config {
namespace {

constexpr std::size_t max_file_bytes = 16 * 1024 * 1024;

// Where in the text an offset is, for people.
std::string line_and_column(std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  std::size_t line = 1;
  std::size_t begin = 0;
  for (std::size_t at = text.find('\n'); at < offset; at = text.find('\n', at + 1)) {
    ++line;
    begin = at + 1;
  }
  return "line " + std::to_string(line) + ", column " + std::to_string(offset - begin);
}

// A key given twice in one object: the last one counts, and that is worth a word.
class DuplicateFinder {
 public:
  explicit DuplicateFinder(Findings& findings) : findings_(findings) {}

  bool operator()(int depth, Json::parse_event_t event, Json& value) {
    const auto level = static_cast<std::size_t>(depth);
    if (event == Json::parse_event_t::object_start) {
      if (keys_.size() <= level) keys_.resize(level + 1);
      keys_[level].clear();
    } else if (event == Json::parse_event_t::key && level >= 1) {
      auto& seen = keys_[level - 1];
      const auto key = value.get<std::string>();
      if (std::find(seen.begin(), seen.end(), key) != seen.end()) {
        findings_.warning(key, "is given twice in the same object; the last one counts");
      }
      seen.push_back(key);
    }
    return true;
  }

 private:
  Findings& findings_;
  std::vector<std::vector<std::string>> keys_;
};

}  // namespace

SecretSource SecretSource::system() {
  SecretSource source;
  source.env = [](std::string_view name) -> std::optional<std::string> {
    const char* const value = std::getenv(std::string(name).c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
  source.file = [](std::string_view path) -> std::optional<std::string> {
    std::ifstream in{std::string(path), std::ios::binary};
    if (!in) return std::nullopt;
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  };
  return source;
}

LoadResult load(std::string_view text, const SecretSource& secrets) {
  Findings findings;
  if (text.size() > max_file_bytes) {
    return std::vector<Problem>{{"", "the file is larger than 16 MiB; this is no configuration"}};
  }
  Json root;
  try {
    root = Json::parse(text.begin(), text.end(), DuplicateFinder(findings));
  } catch (const Json::parse_error& error) {
    // The library's text names bytes of the file, which may be a key: the place is enough.
    const std::size_t offset = error.byte == 0 ? 0 : error.byte - 1;
    return std::vector<Problem>{
        {"",
         "is not valid JSON at " + line_and_column(text, offset) +
             (text.empty() ? "; the file is empty" : "; look for a missing comma, quote or bracket there")}};
  } catch (const Json::exception&) {  // a number beyond every range
    return std::vector<Problem>{{"", "holds a number that is too large for any setting"}};
  }
  if (!root.is_object()) return std::vector<Problem>{{"", "must hold one JSON object {...}"}};

  const bool original = is_original(root);
  if (original) root = converted(root);
  if (!original && root["schema_version"].is_number_integer() && root["schema_version"].get<std::int64_t>() > 1) {
    return std::vector<Problem>{
        {"schema_version", "is newer than this program understands (1); use the release that wrote it"}};
  }
  Loaded loaded;
  loaded.config = read_config(root, original, secrets, findings);
  if (!findings.problems.empty()) return std::move(findings.problems);
  loaded.warnings = std::move(findings.warnings);
  if (original) loaded.rewritten = root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
  return loaded;
}

std::string default_config_json() {
  return R"({
  "schema_version": 1,
  "general": {
    "gateway_api_key": "",
    "log_retention_days": 7
  },
  "models": {
    "t1": [{ "model": "demo-fast", "provider": "demo" }],
    "t2": [{ "model": "demo-standard", "provider": "demo" }],
    "t3": [{ "model": "demo-strong", "provider": "demo" }],
    "strategies": { "t1": "sequential", "t2": "sequential", "t3": "sequential" }
  },
  "providers": {
    "upstream": {
      "base_url": "https://api.openai.com/v1",
      "api_key": ""
    },
    "custom": {
      "demo": { "protocol": "demo" }
    }
  },
  "router": {
    "mode": "auto"
  }
}
)";
}

}  // namespace gw::config
