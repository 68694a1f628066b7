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

// Where in the text an offset is, for people: both count from 1, columns in characters.
std::string line_and_column(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::string_view on_line = before.substr(before.rfind('\n') + 1);
  const auto column = std::count_if(on_line.begin(), on_line.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;  // not a later byte of a character
  });
  return "line " + std::to_string(line) + ", column " + std::to_string(column + 1);
}

// The library tells where a token it did not expect ends; people look for its beginning.
std::size_t begin_of_token(std::string_view text, std::size_t last) {
  constexpr std::string_view bare = "+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
  if (last >= text.size()) return text.find_last_not_of(" \t\r\n") + 1;  // the file ended too early
  std::size_t begin = last;
  if (text[last] == '"') {
    do {
      begin = text.rfind('"', begin == 0 ? 0 : begin - 1);
    } while (begin != std::string_view::npos && begin > 0 && text[begin - 1] == '\\');
    return begin == std::string_view::npos ? last : begin;
  }
  while (begin > 0 && bare.find(text[begin]) != std::string_view::npos &&
         bare.find(text[begin - 1]) != std::string_view::npos) {
    --begin;
  }
  return begin;
}

bool is_utf8(std::string_view text) {
  try {
    (void)Json(text).dump();
    return true;
  } catch (const Json::type_error&) {
    return false;
  }
}

// The library's own text names bytes of the file, which may be a key: the place is enough.
Problem syntax_problem(std::string_view text, std::size_t last) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return {"", "is empty; remove the file to get one with defaults at the next start"};
  }
  if (!is_utf8(text)) {
    return {"", "is not UTF-8 text (" + line_and_column(text, last) + "); save it with the encoding UTF-8"};
  }
  return {
      "",
      "is not valid JSON at " + line_and_column(text, begin_of_token(text, last)) +
          "; look there, or just before, for a comma, quote or bracket that is missing or too many"};
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

// A setting is complained about once.
void add_file_problems(const Config& config, const FileCheck& files, std::vector<Problem>& problems) {
  std::vector<Problem> found;
  files(config, found);
  for (Problem& one : found) {
    const bool is_known =
        std::any_of(problems.begin(), problems.end(), [&](const Problem& other) { return other.path == one.path; });
    if (!is_known) problems.push_back(std::move(one));
  }
}

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

LoadResult load(std::string_view text, const SecretSource& secrets, const FileCheck& files) {
  Findings findings;
  Inspector inspector(findings);
  Json root;
  try {
    root = Json::parse(text.begin(), text.end(), std::ref(inspector));
  } catch (const Json::parse_error& error) {
    return std::vector<Problem>{syntax_problem(text, error.byte == 0 ? 0 : error.byte - 1)};
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
  if (files) add_file_problems(loaded.config, files, findings.problems);
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
