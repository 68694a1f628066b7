// Whose error codes a provider uses, by where it is.
#include "base/text.hpp"
#include "config/provider.hpp"

namespace gw::config {
namespace {

struct HostOf {
  std::string_view host;  // itself, or the end of it behind a dot
  Vendor vendor;
};

constexpr auto hosts = std::to_array<HostOf>({
    {"api.openai.com", Vendor::openai},
    {"openai.azure.com", Vendor::openai},
    {"api.anthropic.com", Vendor::anthropic},
    {"deepseek.com", Vendor::deepseek},
    {"moonshot.cn", Vendor::moonshot},
    {"moonshot.ai", Vendor::moonshot},
    {"kimi.com", Vendor::moonshot},
    {"bigmodel.cn", Vendor::zhipu},
    {"z.ai", Vendor::zhipu},
    {"dashscope.aliyuncs.com", Vendor::dashscope},
    {"dashscope-intl.aliyuncs.com", Vendor::dashscope},
    {"dashscope-us.aliyuncs.com", Vendor::dashscope},
    {"dashscope-finance.aliyuncs.com", Vendor::dashscope},
    {"siliconflow.cn", Vendor::siliconflow},
    {"siliconflow.com", Vendor::siliconflow},
    {"volces.com", Vendor::volcengine},
    {"bytepluses.com", Vendor::volcengine},
    {"openrouter.ai", Vendor::openrouter},
    {"generativelanguage.googleapis.com", Vendor::gemini},
    {"aiplatform.googleapis.com", Vendor::gemini},
});

// Of a URL that the configuration has accepted: between the scheme and the port, path or query.
std::string_view host_of(std::string_view url) noexcept {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  const std::string_view rest = url.substr(scheme + 3);
  return rest.substr(0, rest.find_first_of(":/?"));
}

bool is_host_in(std::string_view host, std::string_view domain) noexcept {
  if (host.size() < domain.size()) return false;
  const std::size_t begin = host.size() - domain.size();
  return iequals(host.substr(begin), domain) && (begin == 0 || host[begin - 1] == '.');
}

}  // namespace

Vendor vendor_of_url(std::string_view base_url) noexcept {
  const std::string_view host = host_of(base_url);
  for (const HostOf& known : hosts) {
    if (is_host_in(host, known.host)) return known.vendor;
  }
  return Vendor::generic;
}

}  // namespace gw::config
