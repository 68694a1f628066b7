#include "config/json.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace gw::config {
namespace {

// The original accepts numbers written as strings.
std::optional<std::int64_t> integer_of(const Json& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
    return static_cast<std::int64_t>(number);
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number_float()) {
    const auto number = value.get<double>();
    if (number < -9e15 || number > 9e15 || number != static_cast<double>(static_cast<std::int64_t>(number))) {
      return std::nullopt;
    }
    return static_cast<std::int64_t>(number);
  }
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<double> double_of(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

Section::Section(const Json* json, std::string path, Findings& findings)
    : json_(json), path_(std::move(path)), findings_(findings) {
  if (json_ != nullptr && json_->is_null()) json_ = nullptr;
  if (json_ != nullptr && !json_->is_object()) {
    findings_.problem(path_, "must be an object {...}");
    json_ = nullptr;
  }
}

const Json* Section::find(std::string_view key) const {
  if (json_ == nullptr) return nullptr;
  const auto at = json_->find(std::string(key));
  return at == json_->end() ? nullptr : &*at;
}

std::string Section::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

Section Section::section(std::string_view key) const {
  return {find(key), path_of(key), findings_};
}

void Section::read(std::string_view key, bool& out) const {
  const Json* const value = find(key);
  if (value == nullptr || value->is_null()) return;
  if (value->is_boolean()) {
    out = value->get<bool>();
  } else {
    findings_.problem(path_of(key), "must be true or false");
  }
}

void Section::read(std::string_view key, std::string& out) const {
  const Json* const value = find(key);
  if (value == nullptr || value->is_null()) return;
  if (value->is_string()) {
    out = value->get<std::string>();
  } else {
    findings_.problem(path_of(key), "must be a text in quotes");
  }
}

void Section::read(std::string_view key, double& out, double low, double high) const {
  const Json* const value = find(key);
  if (value == nullptr || value->is_null()) return;
  const std::optional<double> number = double_of(*value);
  if (number && *number >= low && *number <= high) {
    out = *number;
  } else {
    findings_.problem(path_of(key), "must be a number from " + Json(low).dump() + " to " + Json(high).dump());
  }
}

void Section::read_integer(std::string_view key, std::int64_t low, std::int64_t high, std::int64_t& out) const {
  const Json* const value = find(key);
  if (value == nullptr || value->is_null()) return;
  const std::optional<std::int64_t> number = integer_of(*value);
  if (number && *number >= low && *number <= high) {
    out = *number;
  } else {
    findings_.problem(
        path_of(key), "must be a whole number from " + std::to_string(low) + " to " + std::to_string(high)
    );
  }
}

void Section::read(std::string_view key, Millis& out, std::int64_t low, std::int64_t high) const {
  std::int64_t value = out.count();
  read_integer(key, low, high, value);
  out = Millis{value};
}

bool Section::read(std::string_view key, std::vector<std::string>& out) const {
  const Json* const value = find(key);
  if (value == nullptr || value->is_null()) return false;
  const bool is_list =
      value->is_array() && std::all_of(value->begin(), value->end(), [](const Json& item) { return item.is_string(); });
  if (!is_list) {
    findings_.problem(path_of(key), "must be a list of texts, e.g. [\"a\", \"b\"]");
    return false;
  }
  out = value->get<std::vector<std::string>>();
  return true;
}

void Section::warn_unknown(std::initializer_list<std::string_view> known) const {
  if (json_ == nullptr) return;
  for (const auto& [key, value] : json_->items()) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      findings_.warning(path_of(key), "is not a setting of this release; it is kept and has no effect");
    }
  }
}

}  // namespace gw::config
