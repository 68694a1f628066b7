#include "dialect/data_url.hpp"

#include "base/text.hpp"

namespace gw::dialect {

std::optional<DataUrl> data_url(Raw url) noexcept {
  constexpr std::string_view scheme = "data:";
  constexpr std::string_view base64 = ";base64";
  if (url.size() < scheme.size() || !iequals(url.substr(0, scheme.size()), scheme)) return std::nullopt;
  url.remove_prefix(scheme.size());
  const std::size_t comma = url.substr(0, 256).find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  std::string_view before = url.substr(0, comma);
  if (!before.ends_with(base64)) return std::nullopt;
  before.remove_suffix(base64.size());
  return DataUrl{before.substr(0, before.find(';')), url.substr(comma + 1)};
}

}  // namespace gw::dialect
