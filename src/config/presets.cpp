#include "config/presets.hpp"

#include <algorithm>
#include <array>

namespace gw::config {
namespace {

// Prices are US dollars a million tokens of input and of output, as listed, without caches, batches and regions. Each
// row has the date on which its facts were read; "models.dev" is that public collection's copy of the provider's page.
// What was not found is 0 or missing: an entry may say it.

constexpr std::nullopt_t no_price = std::nullopt;

// developers.openai.com/api/docs/models and /pricing; rows of 2026-07-02 by way of models.dev. Longer prompts than
// 272,000 tokens cost more where the window is 1,050,000.
constexpr auto openai = std::to_array<PresetModel>({
    {"gpt-6.2-astra", 1'050'000, 128'000, Price{8, 40}, "2026-11"},
    {"gpt-6.2-sol", 1'050'000, 128'000, Price{2, 10}, "2026-11"},
    {"gpt-6.1-terra", 1'050'000, 128'000, Price{1, 5}, "2026-11"},
    {"gpt-6-luna", 1'050'000, 128'000, Price{0.1, 0.5}, "2026-11"},
    {"gpt-5.5", 1'050'000, 128'000, Price{5, 30}, "2026-07-02"},
    {"gpt-5.4", 1'050'000, 128'000, Price{2.5, 15}, "2026-07-02"},
    {"gpt-5.4-mini", 400'000, 128'000, Price{0.75, 4.5}, "2026-07-02"},
    {"gpt-5.4-nano", 400'000, 128'000, Price{0.2, 1.25}, "2026-07-02"},
    {"gpt-5.2", 400'000, 128'000, Price{1.75, 14}, "2026-07-02"},
    {"gpt-5.1", 400'000, 128'000, Price{1.25, 10}, "2026-07-02"},
    {"gpt-5", 400'000, 128'000, Price{1.25, 10}, "2026-07-02"},
    {"gpt-5-mini", 400'000, 128'000, Price{0.25, 2}, "2026-07-02"},
    {"gpt-5-nano", 400'000, 128'000, Price{0.05, 0.4}, "2026-07-02"},
    {"gpt-4.1", 1'047'576, 32'768, Price{2, 8}, "2026-07-02"},
    {"gpt-4.1-mini", 1'047'576, 32'768, Price{0.4, 1.6}, "2026-07-02"},
    {"gpt-4.1-nano", 1'047'576, 32'768, Price{0.1, 0.4}, "2026-07-02"},
    {"gpt-4o", 128'000, 16'384, Price{2.5, 10}, "2026-07-02"},
    {"gpt-4o-mini", 128'000, 16'384, Price{0.15, 0.6}, "2026-07-02"},
    {"o3", 200'000, 100'000, Price{2, 8}, "2026-07-02"},
    {"o3-mini", 200'000, 100'000, Price{1.1, 4.4}, "2026-07-02"},
    {"o4-mini", 200'000, 100'000, Price{1.1, 4.4}, "2026-07-02"},
});

// platform.claude.com/docs/en/models/overview; rows of 2026-07-02 by way of models.dev.
constexpr auto anthropic = std::to_array<PresetModel>({
    {"claude-opus-5-5", 1'000'000, 128'000, Price{4, 20}, "2026-11"},
    {"claude-opus-5", 1'000'000, 128'000, Price{5, 25}, "2026-11"},
    {"claude-sonnet-5", 1'000'000, 128'000, Price{2, 10}, "2026-07-02"},
    {"claude-fable-5", 1'000'000, 128'000, Price{10, 50}, "2026-07-02"},
    {"claude-opus-4-8", 1'000'000, 128'000, Price{5, 25}, "2026-07-02"},
    {"claude-opus-4-7", 1'000'000, 128'000, Price{5, 25}, "2026-07-02"},
    {"claude-opus-4-6", 1'000'000, 128'000, Price{5, 25}, "2026-07-02"},
    {"claude-opus-4-5", 200'000, 64'000, Price{5, 25}, "2026-07-02"},
    {"claude-opus-4-1", 200'000, 32'000, Price{15, 75}, "2026-07-02"},
    {"claude-sonnet-4-6", 1'000'000, 64'000, Price{3, 15}, "2026-07-02"},
    {"claude-sonnet-4-5", 200'000, 64'000, Price{3, 15}, "2026-07-02"},
    {"claude-haiku-4-5", 200'000, 64'000, Price{1, 5}, "2026-07-02"},
});

// ai.google.dev/gemini-api/docs/models and /pricing; rows of 2026-07-02 by way of models.dev. The window is the input's
// limit. Longer prompts than 200,000 tokens cost more with the pro models; 3.8's price holds until 2026-12-31.
constexpr auto gemini = std::to_array<PresetModel>({
    {"gemini-3.8-flash", 1'048'576, 65'536, Price{0.75, 3.75}, "2026-10-07"},
    {"gemini-3.5-flash", 1'048'576, 65'536, Price{1.5, 9}, "2026-07-02"},
    {"gemini-3.1-pro-preview", 1'048'576, 65'536, Price{2, 12}, "2026-07-02"},
    {"gemini-3.1-flash-lite", 1'048'576, 65'536, Price{0.25, 1.5}, "2026-07-02"},
    {"gemini-3-flash-preview", 1'048'576, 65'536, Price{0.5, 3}, "2026-07-02"},
    {"gemini-2.5-pro", 1'048'576, 65'536, Price{1.25, 10}, "2026-07-02"},
    {"gemini-2.5-flash", 1'048'576, 65'536, Price{0.3, 2.5}, "2026-07-02"},
    {"gemini-2.5-flash-lite", 1'048'576, 65'536, Price{0.1, 0.4}, "2026-07-02"},
});

// api-docs.deepseek.com/quick_start/pricing. Of the peak hours; all others cost half.
constexpr auto deepseek = std::to_array<PresetModel>({
    {"deepseek-flash", 1'000'000, 384'000, Price{0.3, 1.2}, "2026-11-15"},
    {"deepseek-v4-flash", 1'000'000, 384'000, Price{0.3, 1.2}, "2026-11-15"},  // the earlier name of the same
    {"deepseek-v4-pro", 1'000'000, 384'000, Price{1.32, 3.96}, "2026-11-15"},
});

// platform.kimi.ai/docs/pricing.
constexpr auto moonshot = std::to_array<PresetModel>({
    {"kimi-k3", 1'048'576, 131'072, Price{3, 15}, "2026-07-24"},
    {"kimi-k2.7-code", 262'144, 0, Price{0.95, 4}, "2026-07-24"},
    {"kimi-k2.7-code-highspeed", 262'144, 0, Price{1.9, 8}, "2026-07-24"},
    {"kimi-k2.6", 262'144, 0, Price{0.95, 4}, "2026-07-24"},
    {"kimi-k2.5", 262'144, 0, Price{0.6, 3}, "2026-07-24"},
});

// docs.z.ai/guides/overview/pricing; rows of 2026-07-02 by way of models.dev.
constexpr auto zhipu = std::to_array<PresetModel>({
    {"glm-5.3", 1'000'000, 131'072, Price{1.4, 4.4}, "2026-08-19"},
    {"glm-5.2", 1'000'000, 131'072, Price{1.4, 4.4}, "2026-07-02"},
    {"glm-5.1", 200'000, 131'072, Price{1.4, 4.4}, "2026-07-02"},
    {"glm-5", 204'800, 131'072, Price{1, 3.2}, "2026-07-02"},
    {"glm-4.7", 204'800, 131'072, Price{0.6, 2.2}, "2026-07-02"},
    {"glm-4.6", 204'800, 131'072, Price{0.6, 2.2}, "2026-07-02"},
    {"glm-4.5-air", 131'072, 98'304, Price{0.2, 1.1}, "2026-07-02"},
});

// www.alibabacloud.com/help/en/model-studio/models, by way of models.dev; the international site's prices.
constexpr auto dashscope = std::to_array<PresetModel>({
    {"qwen3.7-max", 1'000'000, 65'536, Price{2.5, 7.5}, "2026-07-02"},
    {"qwen3.7-plus", 1'000'000, 65'536, Price{0.5, 3}, "2026-07-02"},
    {"qwen3.6-plus", 1'000'000, 65'536, Price{0.5, 3}, "2026-07-02"},
    {"qwen3.6-flash", 1'000'000, 65'536, Price{0.1875, 1.125}, "2026-07-02"},
    {"qwen3.5-plus", 1'000'000, 65'536, Price{0.4, 2.4}, "2026-07-02"},
    {"qwen3-max", 262'144, 65'536, Price{1.2, 6}, "2026-07-02"},
    {"qwen3-coder-plus", 1'048'576, 65'536, Price{1, 5}, "2026-07-02"},
    {"qwen3-coder-flash", 1'000'000, 65'536, Price{0.3, 1.5}, "2026-07-02"},
    {"qwen-plus", 1'000'000, 32'768, Price{0.4, 1.2}, "2026-07-02"},
    {"qwen-flash", 1'000'000, 32'768, Price{0.05, 0.4}, "2026-07-02"},
});

// cloud.siliconflow.com/models, by way of models.dev; the international site's prices.
constexpr auto siliconflow = std::to_array<PresetModel>({
    {"deepseek-ai/DeepSeek-V4-Pro", 1'049'000, 393'000, Price{1.74, 3.48}, "2026-07-02"},
    {"deepseek-ai/DeepSeek-V3.2", 164'000, 164'000, Price{0.27, 0.42}, "2026-07-02"},
    {"deepseek-ai/DeepSeek-V3.1-Terminus", 164'000, 164'000, Price{0.27, 1}, "2026-07-02"},
    {"zai-org/GLM-5.2", 1'049'000, 262'000, Price{1.4, 4.4}, "2026-07-02"},
});

// platform.minimax.io/docs, by way of models.dev. Longer prompts cost more with M3.
constexpr auto minimax = std::to_array<PresetModel>({
    {"MiniMax-M3", 1'000'000, 128'000, Price{0.3, 1.2}, "2026-07-02"},
    {"MiniMax-M2.7", 204'800, 131'072, Price{0.3, 1.2}, "2026-07-02"},
    {"MiniMax-M2.7-highspeed", 204'800, 131'072, Price{0.6, 2.4}, "2026-07-02"},
    {"MiniMax-M2.5", 204'800, 131'072, Price{0.3, 1.2}, "2026-07-02"},
    {"MiniMax-M2.1", 204'800, 131'072, Price{0.3, 1.2}, "2026-07-02"},
    {"MiniMax-M2", 196'608, 128'000, Price{0.3, 1.2}, "2026-07-02"},
});

// console.groq.com/docs/models, by way of models.dev.
constexpr auto groq = std::to_array<PresetModel>({
    {"openai/gpt-oss-120b", 131'072, 65'536, Price{0.15, 0.6}, "2026-07-02"},
    {"openai/gpt-oss-20b", 131'072, 65'536, Price{0.075, 0.3}, "2026-07-02"},
    {"llama-3.3-70b-versatile", 131'072, 32'768, Price{0.59, 0.79}, "2026-07-02"},
    {"llama-3.1-8b-instant", 131'072, 131'072, Price{0.05, 0.08}, "2026-07-02"},
    {"qwen/qwen3-32b", 131'072, 40'960, Price{0.29, 0.59}, "2026-07-02"},
});

// docs.mistral.ai, by way of models.dev. Aliases that move on have no price here.
constexpr auto mistral = std::to_array<PresetModel>({
    {"mistral-medium-3.5", 256'000, 0, Price{1.5, 7.5}, "2026-05"},
    {"mistral-large-latest", 262'144, 0, no_price, "2026-07-02"},
    {"mistral-small-latest", 256'000, 0, no_price, "2026-07-02"},
    {"codestral-latest", 256'000, 0, no_price, "2026-07-02"},
});

// docs.x.ai/docs/models; rows of 2026-07-02 by way of models.dev. Longer prompts than 200,000 tokens cost more.
constexpr auto xai = std::to_array<PresetModel>({
    {"grok-4.5", 500'000, 0, Price{2, 6}, "2026-07-09"},
    {"grok-4.3", 1'000'000, 0, Price{1.25, 2.5}, "2026-07-02"},
    {"grok-build-0.1", 256'000, 0, Price{1, 2}, "2026-07-02"},
});

constexpr std::span<const PresetModel> none{};

using P = Protocol;
using V = Vendor;

// Of companies with two sites, `-intl` is the one outside China's mainland, which charges in US dollars.
constexpr auto table = std::to_array<Preset>({
    {"anthropic",
     "https://api.anthropic.com/v1",
     "",
     P::v1_messages,
     V::anthropic,
     anthropic,
     true,
     "platform.claude.com/docs"},
    {"azure",
     "",
     "https://RESOURCE.openai.azure.com/openai/v1",
     P::openai,
     V::openai,
     none,
     false,
     "learn.microsoft.com/azure/ai-foundry/openai",
     "api-key"},
    {"dashscope",
     "https://dashscope.aliyuncs.com/compatible-mode/v1",
     "",
     P::openai,
     V::dashscope,
     dashscope,
     false,
     "help.aliyun.com/zh/model-studio"},
    {"dashscope-intl",
     "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
     "",
     P::openai,
     V::dashscope,
     dashscope,
     true,
     "www.alibabacloud.com/help/en/model-studio"},
    {"deepseek", "https://api.deepseek.com", "", P::openai, V::deepseek, deepseek, true, "api-docs.deepseek.com"},
    {"gemini",
     "https://generativelanguage.googleapis.com/v1beta",
     "",
     P::gemini,
     V::gemini,
     gemini,
     true,
     "ai.google.dev/gemini-api/docs"},
    {"groq", "https://api.groq.com/openai/v1", "", P::openai, V::automatic, groq, true, "console.groq.com/docs"},
    {"llama.cpp",
     "http://127.0.0.1:8080/v1",
     "",
     P::openai,
     V::automatic,
     none,
     false,
     "github.com/ggml-org/llama.cpp, tools/server"},
    {"minimax",
     "https://api.minimaxi.com/v1",
     "",
     P::openai,
     V::automatic,
     minimax,
     false,
     "platform.minimaxi.com/docs"},
    {"minimax-intl",
     "https://api.minimax.io/v1",
     "",
     P::openai,
     V::automatic,
     minimax,
     true,
     "platform.minimax.io/docs"},
    {"mistral", "https://api.mistral.ai/v1", "", P::openai, V::automatic, mistral, true, "docs.mistral.ai"},
    {"moonshot", "https://api.moonshot.cn/v1", "", P::openai, V::moonshot, moonshot, false, "platform.kimi.com/docs"},
    {"moonshot-intl",
     "https://api.moonshot.ai/v1",
     "",
     P::openai,
     V::moonshot,
     moonshot,
     true,
     "platform.kimi.ai/docs"},
    {"ollama", "http://127.0.0.1:11434/v1", "", P::openai, V::automatic, none, false, "docs.ollama.com/openai"},
    {"openai", "https://api.openai.com/v1", "", P::openai, V::openai, openai, true, "developers.openai.com/api/docs"},
    {"openrouter", "https://openrouter.ai/api/v1", "", P::openai, V::openrouter, none, false, "openrouter.ai/docs"},
    {"siliconflow",
     "https://api.siliconflow.cn/v1",
     "",
     P::openai,
     V::siliconflow,
     siliconflow,
     false,
     "docs.siliconflow.cn"},
    {"siliconflow-intl",
     "https://api.siliconflow.com/v1",
     "",
     P::openai,
     V::siliconflow,
     siliconflow,
     true,
     "docs.siliconflow.com"},
    {"vllm",
     "http://127.0.0.1:8000/v1",
     "",
     P::openai,
     V::automatic,
     none,
     false,
     "docs.vllm.ai, OpenAI-compatible server"},
    {"volcengine",
     "https://ark.cn-beijing.volces.com/api/v3",
     "",
     P::openai,
     V::volcengine,
     none,
     false,
     "www.volcengine.com/docs/82379"},
    {"xai", "https://api.x.ai/v1", "", P::openai, V::automatic, xai, true, "docs.x.ai"},
    {"zhipu", "https://open.bigmodel.cn/api/paas/v4", "", P::openai, V::zhipu, zhipu, false, "docs.bigmodel.cn"},
    {"zhipu-intl", "https://api.z.ai/api/paas/v4", "", P::openai, V::zhipu, zhipu, true, "docs.z.ai"},
});

}  // namespace

std::span<const Preset> presets() noexcept {
  return table;
}

const Preset* find_preset(std::string_view name) noexcept {
  const auto* const found =
      std::find_if(table.begin(), table.end(), [&](const Preset& preset) { return preset.name == name; });
  return found == table.end() ? nullptr : found;
}

std::string preset_names() {
  std::string names;
  for (const Preset& preset : table) names.append(names.empty() ? "" : ", ").append(preset.name);
  return names;
}

const PresetModel* find_model(const Preset& preset, std::string_view model) noexcept {
  for (const PresetModel& known : preset.models) {
    if (known.name == model) return &known;
  }
  return nullptr;
}

}  // namespace gw::config
