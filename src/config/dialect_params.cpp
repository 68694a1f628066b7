#include "config/dialect_params.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace gw::config {
namespace {

// A parameter of chat completions and what it is called; empty = it has no counterpart, or one of another form.
struct Word {
  std::string_view chat;
  std::string_view here;
};

constexpr auto of_messages = std::to_array<Word>({
    {"max_completion_tokens", "max_tokens"},
    {"audio", ""},
    {"frequency_penalty", ""},
    {"function_call", ""},
    {"functions", ""},
    {"logit_bias", ""},
    {"logprobs", ""},
    {"modalities", ""},
    {"n", ""},
    {"parallel_tool_calls", ""},
    {"prediction", ""},
    {"presence_penalty", ""},
    {"prompt_cache_key", ""},
    {"reasoning_effort", ""},
    {"response_format", ""},
    {"safety_identifier", ""},
    {"seed", ""},
    {"stop", ""},
    {"store", ""},
    {"top_logprobs", ""},
    {"user", ""},
    {"verbosity", ""},
    {"web_search_options", ""},
});

constexpr auto of_responses = std::to_array<Word>({
    {"max_completion_tokens", "max_output_tokens"},
    {"max_tokens", "max_output_tokens"},
    {"audio", ""},
    {"frequency_penalty", ""},
    {"function_call", ""},
    {"functions", ""},
    {"logit_bias", ""},
    {"logprobs", ""},
    {"modalities", ""},
    {"n", ""},
    {"prediction", ""},
    {"presence_penalty", ""},
    {"reasoning_effort", ""},
    {"response_format", ""},
    {"seed", ""},
    {"stop", ""},
    {"top_k", ""},
    {"verbosity", ""},
    {"web_search_options", ""},
});

class Words {
 public:
  explicit Words(Protocol dialect) noexcept {
    if (dialect == Protocol::v1_messages) words_ = of_messages;
    if (dialect == Protocol::v1_response) words_ = of_responses;
  }

  // Empty = there is no word for it.
  [[nodiscard]] std::string operator()(const std::string& name) const {
    const auto found = std::find_if(words_.begin(), words_.end(), [&](const Word& word) { return word.chat == name; });
    return found == words_.end() ? name : std::string(found->here);
  }

 private:
  std::span<const Word> words_;
};

bool has(const Parameters& list, std::string_view name) {
  return std::any_of(list.begin(), list.end(), [&](const Parameter& one) { return one.key == name; });
}

bool has(const std::vector<std::string>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

// Two names may have become one: the first counts.
void add(const Words& words, const Parameters& from, const ParameterRules& known, Parameters& out) {
  for (const Parameter& one : from) {
    std::string name = words(one.key);
    if (name.empty() || has(known.forced, name) || has(known.dropped, name) || has(out, name)) continue;
    out.push_back({std::move(name), one.json});
  }
}

}  // namespace

ParameterRules in_words_of(Protocol dialect, const ParameterRules& rules) {
  const Words words(dialect);
  ParameterRules out;
  add(words, rules.forced, {}, out.forced);
  for (const std::string& each : rules.dropped) {
    std::string name = words(each);
    if (!name.empty() && !has(out.forced, name) && !has(out.dropped, name)) out.dropped.push_back(std::move(name));
  }
  add(words, rules.defaults, out, out.defaults);
  // Renames are for what one provider of chat completions calls otherwise: those of names that are the same here.
  for (const Rename& one : rules.renamed) {
    if (words(one.from) == one.from && words(one.to) == one.to) out.renamed.push_back(one);
  }
  return out;
}

}  // namespace gw::config
