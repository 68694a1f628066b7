#include "config/load.hpp"

#include "base/file.hpp"
#include "config/json.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

namespace gw::config {
namespace {

// Settings are nested less than ten deep; the library recurses where it copies and prints.
constexpr int max_depth = 64;

constexpr std::size_t max_secret_bytes = std::size_t{64} * 1024;

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

// Looks at a file while it is read. A key given twice in one object: the last one counts, and that is worth a word.
// Nesting too deep is not built at all.
class Inspector {
 public:
  explicit Inspector(Findings& findings) : findings_(findings) {}

  // False leaves the value out.
  bool operator()(int depth, Json::parse_event_t event, Json& value) {
    const auto level = static_cast<std::size_t>(depth);
    if (event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start) {
      if (depth >= max_depth) {
        is_too_deep_ = true;
        return false;
      }
      if (keys_.size() <= level) keys_.resize(level + 1);
      keys_[level].clear();
    } else if (event == Json::parse_event_t::key && level >= 1 && level <= keys_.size()) {
      const auto& key = value.get_ref<const std::string&>();
      if (!keys_[level - 1].insert(key).second) {
        findings_.warning(key, "is given twice in the same object; the last one counts");
      }
    }
    return true;
  }

  [[nodiscard]] bool is_too_deep() const noexcept { return is_too_deep_; }

 private:
  Findings& findings_;
  std::vector<std::set<std::string>> keys_;
  bool is_too_deep_ = false;
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
    Result<std::string> text = read_file(path, max_secret_bytes);
    if (!text) return std::nullopt;
    return std::move(*text);
  };
  return source;
}

LoadResult load(std::string_view text, const SecretSource& secrets) {
  Findings findings;
  Inspector inspector(findings);
  Json root;
  try {
    root = Json::parse(text.begin(), text.end(), std::ref(inspector));
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
  if (inspector.is_too_deep()) {
    return std::vector<Problem>{{"", "is nested more than " + std::to_string(max_depth) + " deep"}};
  }
  if (!root.is_object()) return std::vector<Problem>{{"", "must hold one JSON object {...}"}};

  const bool original = is_original(root);
  if (original) root = converted(root, findings);
  if (!original && root["schema_version"].is_number_integer() && root["schema_version"].get<std::int64_t>() > 1) {
    return std::vector<Problem>{
        {"schema_version", "is newer than this program understands (1); use the release that wrote it"}};
  }
  Loaded loaded;
  loaded.config = read_config(root, secrets, findings);
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
