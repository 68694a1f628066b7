#include "dialect/target.hpp"

#include "base/text.hpp"
#include "http/write.hpp"

#include <algorithm>

namespace gw::dialect {
namespace {

constexpr std::string_view place_of_model = "{model}";

bool sets(const config::Provider& provider, std::string_view name) {
  return std::any_of(provider.headers.begin(), provider.headers.end(), [&](const auto& header) {
    return iequals(header.first, name);
  });
}

}  // namespace

BasePath::BasePath(std::string_view base) noexcept : path_(base.substr(0, base.find('?'))) {
  if (path_.size() < base.size()) query_ = base.substr(path_.size() + 1);
  while (path_.ends_with('/')) path_.remove_suffix(1);
}

void BasePath::drop(std::string_view endpoint) noexcept {
  if (path_.ends_with(endpoint)) path_.remove_suffix(endpoint.size());
}

bool BasePath::names_model() const noexcept {
  return path_.find(place_of_model) != std::string_view::npos;
}

std::string BasePath::with(std::string_view endpoint, std::string_view model) const {
  std::string out;
  std::string_view rest = path_;
  for (std::size_t at = rest.find(place_of_model); at != std::string_view::npos; at = rest.find(place_of_model)) {
    out.append(rest.substr(0, at));
    append_escaped(out, model, false);
    rest.remove_prefix(at + place_of_model.size());
  }
  out.append(rest).append(endpoint);
  if (query_.empty()) return out;
  out.push_back(endpoint.find('?') == std::string_view::npos ? '?' : '&');
  out.append(query_);
  return out;
}

void append_escaped(std::string& out, std::string_view name, bool keeps_slashes) {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~@";
  constexpr std::string_view hex = "0123456789ABCDEF";
  for (const char c : name) {
    if (plain.find(c) != std::string_view::npos || (c == '/' && keeps_slashes)) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(hex[byte >> 4U]);
    out.push_back(hex[byte & 0xFU]);
  }
}

void add_header(std::string& lines, const config::Provider& provider, std::string_view name, std::string_view value) {
  if (!sets(provider, name)) http::append_header(lines, name, value);
}

void add_key(std::string& lines, const config::Provider& provider, const Secret& key, std::string_view header) {
  constexpr std::string_view bearer = "Authorization";
  if (key.empty() || sets(provider, bearer)) return;
  if (!provider.key_header.empty()) header = provider.key_header;
  if (iequals(header, bearer)) {
    http::append_header(lines, header, "Bearer " + std::string(key.reveal()));
  } else {
    add_header(lines, provider, header, key.reveal());
  }
}

void add_operators_headers(std::string& lines, const config::Provider& provider) {
  for (const auto& [name, value] : provider.headers) http::append_header(lines, name, value);
}

}  // namespace gw::dialect
