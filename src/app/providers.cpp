#include "app/providers.hpp"

#include "config/presets.hpp"

#include <algorithm>
#include <iomanip>
#include <ostream>
#include <string>
#include <vector>

namespace gw::app {
namespace {

using Row = std::vector<std::string>;

// Columns as wide as their widest cell, two spaces between them.
void print_table(std::ostream& out, const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line.append(row[i]).append(widths[i] + 2 - row[i].size(), ' ');
    }
    out << line.substr(0, line.find_last_not_of(' ') + 1) << '\n';
  }
}

// 0.1875 as it is, 2 as "2".
std::string money(double amount) {
  std::string text = std::to_string(amount);
  text.resize(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string count(std::uint64_t tokens) {
  return tokens == 0 ? "-" : std::to_string(tokens);
}

std::vector<Row> rows_of_presets() {
  std::vector<Row> rows{{"PRESET", "PROTOCOL", "ERRORS OF", "MODELS", "BASE URL"}};
  for (const config::Preset& preset : config::presets()) {
    const std::string url(preset.base_url.empty() ? "yours: " + std::string(preset.example) : preset.base_url);
    rows.push_back(
        {std::string(preset.name),
         std::string(to_string(preset.protocol)),
         std::string(to_string(preset.vendor)),
         count(preset.models.size()),
         url}
    );
  }
  return rows;
}

std::vector<Row> rows_of_models(const config::Preset& preset) {
  std::vector<Row> rows{{"MODEL", "CONTEXT", "OUTPUT", "$ IN", "$ OUT", "READ"}};
  for (const config::PresetModel& model : preset.models) {
    const bool has_price = preset.has_prices && model.price.has_value();
    rows.push_back(
        {std::string(model.name),
         count(model.context_window),
         count(model.max_output),
         has_price ? money(model.price->input) : "-",
         has_price ? money(model.price->output) : "-",
         std::string(model.read)}
    );
  }
  return rows;
}

}  // namespace

int list_providers(std::string_view name, std::ostream& out, std::ostream& err) {
  if (name.empty()) {
    print_table(out, rows_of_presets());
    return 0;
  }
  const config::Preset* const preset = config::find_preset(name);
  if (preset == nullptr) {
    err << "there is no preset \"" << name << "\"; there are: " << config::preset_names() << '\n';
    return 1;
  }
  print_table(out, rows_of_models(*preset));
  out << "Read in " << preset->source << ".\n";
  return 0;
}

}  // namespace gw::app
