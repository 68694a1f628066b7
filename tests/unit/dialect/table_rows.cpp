#include "table_rows.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace gw::dialect::test {
namespace {

struct Token {
  bool is_code = false;
  std::string text;
};

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(' ') - begin + 1));
}

// A bar inside of code is no border.
std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> out;
  bool is_code = false;
  std::string cell;
  for (const char c : line.substr(1)) {
    if (c == '`') is_code = !is_code;
    if (c == '|' && !is_code) {
      out.push_back(trimmed(cell));
      cell.clear();
    } else {
      cell.push_back(c);
    }
  }
  if (!trimmed(cell).empty()) out.push_back(trimmed(cell));  // without a border at its end
  return out;
}

std::vector<Token> tokens_of(std::string_view cell) {
  std::vector<Token> out;
  while (!cell.empty()) {
    if (cell.front() == '`') {
      const std::size_t end = cell.find('`', 1);
      if (end == std::string_view::npos) throw std::runtime_error("code without an end");
      out.push_back({true, std::string(cell.substr(1, end - 1))});
      cell.remove_prefix(end + 1);
    } else if (cell.front() == ' ' || cell.front() == ',') {
      cell.remove_prefix(1);
    } else {
      const std::size_t end = std::min(cell.find_first_of(" ,`"), cell.size());
      out.push_back({false, std::string(cell.substr(0, end))});
      cell.remove_prefix(end);
    }
  }
  return out;
}

Json json_of(const std::string& code) {
  Json members = Json::parse("{" + code + "}", nullptr, false);
  if (!members.is_discarded() && code.starts_with('"')) return members;
  Json value = Json::parse(code, nullptr, false);
  if (value.is_discarded()) throw std::runtime_error("no JSON: " + code);
  return value;
}

bool is_name(const std::string& word) {
  return !word.empty() && word.front() >= 'A' && word.front() <= 'Z';
}

// Whether `have` says all that `want` says.
bool matches(const Json& have, const Json& want) {
  if (want.is_string() && want == "...") return have.is_string() && !have.get_ref<const std::string&>().empty();
  if (want.is_object()) {
    return have.is_object() && std::all_of(want.items().begin(), want.items().end(), [&](const auto& member) {
             return have.contains(member.key()) && matches(have.at(member.key()), member.value());
           });
  }
  if (!want.is_array()) return have == want;
  if (!have.is_array()) return false;
  auto at = have.begin();
  for (const Json& element : want) {
    at = std::find_if(at, have.end(), [&](const Json& one) { return matches(one, element); });
    if (at == have.end()) return false;
    ++at;
  }
  return true;
}

}  // namespace

std::vector<Row> rows_of(std::string_view page) {
  std::vector<Row> out;
  std::istringstream lines{std::string(page)};
  std::string line;
  std::string section;
  bool is_table = false;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    if (line.starts_with("#")) section = trimmed(std::string_view(line).substr(line.find_first_not_of('#')));
    if (!line.starts_with("|")) {
      is_table = false;
    } else if (!is_table) {
      is_table = true;  // the head
    } else if (!line.starts_with("|---")) {
      out.push_back({number, section, cells_of(line)});
    }
  }
  return out;
}

Member member_of(std::string_view cell) {
  Member out;
  std::string mode;
  for (const Token& token : tokens_of(cell)) {
    const std::string& text = token.text;
    if (!token.is_code && (mode == "to" || mode == "from") && is_name(text)) {
      if (mode == "to") {
        out.targets.push_back(text);
      } else {
        out.from = text;
      }
    } else if (!token.is_code) {
      const bool is_mode = text == "to" || text == "from" || text == "with" || text == "limit" || text == "version";
      if (!is_mode) throw std::runtime_error("not understood: " + text);
      mode = text;
    } else if (mode.empty()) {
      out.examples.push_back(json_of(text));
    } else if (mode == "to") {
      out.models.push_back(text);
    } else if (mode == "with") {
      out.with = json_of(text);
    } else if (mode == "limit") {
      out.limit = std::stoull(text);
    } else if (mode == "version") {
      out.version = text;
    } else {
      throw std::runtime_error("not understood: " + text);
    }
  }
  if (out.examples.empty()) throw std::runtime_error("no example");
  return out;
}

Counterpart counterpart_of(std::string_view cell) {
  Counterpart out;
  std::string mode;
  for (const Token& token : tokens_of(cell)) {
    if (!token.is_code) {
      mode = token.text;
      if (mode != "stream" && mode != "plain" && mode != "named") throw std::runtime_error("not understood: " + mode);
    } else if (mode == "named") {
      out.names.push_back(token.text);
    } else {
      (mode == "stream" ? out.stream : out.whole).push_back(json_of(token.text));
    }
  }
  return out;
}

bool holds(const Json& tree, const Json& want) {
  if (matches(tree, want)) return true;
  if (!tree.is_structured()) return false;
  return std::any_of(tree.begin(), tree.end(), [&](const Json& child) { return holds(child, want); });
}

}  // namespace gw::dialect::test
