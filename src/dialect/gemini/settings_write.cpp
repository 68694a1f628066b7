// What stands beside the contents: tools, and how to answer.
#include "base/text.hpp"
#include "dialect/gemini/request_write.hpp"

#include <algorithm>

namespace gw::dialect::gemini {
namespace {

constexpr std::uint64_t max_candidates = 8;
constexpr std::size_t max_stops = 5;
constexpr std::uint64_t max_top_logprobs = 20;
constexpr std::uint64_t max_seed = 2147483647;  // the service's is an int32

// `generationConfig` is only written when there is something in it.
class Settings {
 public:
  Settings(JsonWriter& out, const Conversation& conversation, const WriteInput& input, Dropped& dropped)
      : out_(out), asked_(conversation), input_(input), generation_(generation_of(input.model)), dropped_(dropped) {}

  Result<void> write();

 private:
  Result<void> write_tools();
  void write_tool(const Tool& tool);
  void write_tool_choice();
  Result<void> write_generation();
  void write_sampling();
  Result<void> write_stops();
  Result<void> write_format();
  Result<void> write_logprobs();
  void write_thinking();
  void write_effort();
  void write_budget(std::uint64_t budget);
  void write_service_tier();
  void drop_the_rest();

  [[nodiscard]] bool thinks_aloud() const;

  // The member `name` of generationConfig.
  JsonWriter& setting(std::string_view name);

  JsonWriter& out_;
  const Conversation& asked_;
  const WriteInput& input_;
  Generation generation_;
  Dropped& dropped_;
  bool has_settings_ = false;
};

JsonWriter& Settings::setting(std::string_view name) {
  if (!has_settings_) out_.key("generationConfig").begin_object();
  has_settings_ = true;
  return out_.key(name);
}

void Settings::write_tool(const Tool& tool) {
  if (tool.is_strict.value_or(false)) dropped_("strict");
  if (!tool.cache_control.empty()) dropped_("cache_control");
  out_.begin_object().key("name").string(tool.name);
  out_.optional_string("description", tool.description);
  // JSON Schema as it is: `parameters` takes OpenAPI's subset of it only and refuses other keywords.
  if (tool.schema.starts_with('{')) out_.key("parametersJsonSchema").json(tool.schema);
  out_.end_object();
}

Result<void> Settings::write_tools() {
  const auto builtin =
      std::find_if(asked_.tools.begin(), asked_.tools.end(), [](const Tool& tool) { return !tool.builtin.empty(); });
  if (builtin != asked_.tools.end()) {
    return unsupported("a built-in tool of another provider cannot be offered by this one", "tools");
  }
  if (asked_.tools.empty()) return {};  // a choice among none is refused by the service
  out_.key("tools").begin_array().begin_object().key("functionDeclarations").begin_array();
  for (const Tool& tool : asked_.tools) write_tool(tool);
  out_.end_array().end_object().end_array();
  write_tool_choice();
  return {};
}

void Settings::write_tool_choice() {
  const ToolChoice& choice = asked_.tool_choice;
  if (choice.kind == ToolChoice::Kind::unsaid) return;
  out_.key("toolConfig").begin_object().key("functionCallingConfig").begin_object().key("mode");
  switch (choice.kind) {
    case ToolChoice::Kind::none:
      out_.plain("NONE");
      break;
    case ToolChoice::Kind::required:
      out_.plain("ANY");
      break;
    case ToolChoice::Kind::named:
      out_.plain("ANY").key("allowedFunctionNames").begin_array().string(choice.name).end_array();
      break;
    case ToolChoice::Kind::automatic:
    case ToolChoice::Kind::unsaid:
      out_.plain("AUTO");
      break;
  }
  out_.end_object().end_object();
}

void Settings::write_sampling() {
  const auto number = [&](std::string_view name, JsonText value) {
    if (!value.empty()) setting(name).json(value);
  };
  if (asked_.max_tokens) {
    const bool is_too_many = input_.max_output != 0 && *asked_.max_tokens > input_.max_output;
    setting("maxOutputTokens").number(is_too_many ? input_.max_output : *asked_.max_tokens);
  }
  number("temperature", asked_.temperature);
  number("topP", asked_.top_p);
  number("topK", asked_.top_k);
  number("presencePenalty", asked_.presence_penalty);
  number("frequencyPenalty", asked_.frequency_penalty);
  const JsonText seed = asked_.seed;
  const auto magnitude = parse_u64(seed.starts_with('-') ? seed.substr(1) : seed);
  if (magnitude && *magnitude <= max_seed) {
    setting("seed").json(seed);
  } else if (!seed.empty()) {
    dropped_("seed");
  }
}

Result<void> Settings::write_stops() {
  if (asked_.stop.empty()) return {};
  if (asked_.stop.size() > max_stops) return unsupported("more than five stop sequences", "stop");
  JsonWriter& list = setting("stopSequences").begin_array();
  for (const Raw stop : asked_.stop) list.string(stop);
  list.end_array();
  return {};
}

Result<void> Settings::write_format() {
  const AnswerFormat& format = asked_.format;
  const bool is_json = format.kind == AnswerFormat::Kind::json_object || format.kind == AnswerFormat::Kind::json_schema;
  if (!is_json) return {};
  if (!asked_.tools.empty() && generation_ != Generation::level) {
    return unsupported(
        "models before the third generation take no tools together with a JSON format", "response_format"
    );
  }
  setting("responseMimeType").plain("application/json");
  if (format.kind == AnswerFormat::Kind::json_schema && format.schema.starts_with('{')) {
    setting("responseJsonSchema").json(format.schema);
  }
  return {};
}

Result<void> Settings::write_logprobs() {
  if (!asked_.logprobs) return {};
  setting("responseLogprobs").boolean(true);
  if (!asked_.top_logprobs || *asked_.top_logprobs == 0) return {};
  if (*asked_.top_logprobs > max_top_logprobs) return unsupported("more than twenty top_logprobs", "top_logprobs");
  setting("logprobs").number(*asked_.top_logprobs);
  return {};
}

bool Settings::thinks_aloud() const {
  const Reasoning& reasoning = asked_.reasoning;
  if (reasoning.is_on && !*reasoning.is_on) return false;
  return reasoning.is_on.value_or(false) || (!reasoning.summary.empty() && !says(reasoning.summary, "none"));
}

// Anthropic's clients say a number of tokens, which the third generation does not take.
void Settings::write_budget(std::uint64_t budget) {
  constexpr std::uint64_t low = 2048;
  constexpr std::uint64_t medium = 12288;
  if (generation_ == Generation::level) {
    out_.key("thinkingLevel").plain(budget <= low ? "LOW" : budget <= medium ? "MEDIUM" : "HIGH");
    return;
  }
  const std::uint64_t most = is_pro(input_.model) ? 32768 : 24576;
  out_.key("thinkingBudget").number(std::min(budget, most));
}

// Levels and budgets as the service's own chat completions take an effort. What cannot be turned off does its least.
void Settings::write_effort() {
  struct Effort {
    std::string_view name;
    std::string_view level;
    std::uint64_t budget;
  };

  constexpr Effort efforts[] = {
      {"none", "MINIMAL", 0},
      {"minimal", "MINIMAL", 1024},
      {"low", "LOW", 1024},
      {"medium", "MEDIUM", 8192},
      {"high", "HIGH", 24576},
      {"xhigh", "HIGH", 24576},
      {"max", "HIGH", 24576}};
  const bool is_off = asked_.reasoning.is_on && !*asked_.reasoning.is_on;
  const auto* const effort = std::find_if(std::begin(efforts), std::end(efforts), [&](const Effort& one) {
    return is_off ? one.name == "none" : says(asked_.reasoning.effort, one.name);
  });
  if (effort == std::end(efforts)) {
    if (!asked_.reasoning.effort.empty()) dropped_("reasoning_effort");
    return;
  }
  constexpr std::uint64_t least_of_pro = 128;
  if (generation_ == Generation::level) {
    const bool is_too_low = effort->level == "MINIMAL" && !has_minimal_level(input_.model);
    out_.key("thinkingLevel").plain(is_too_low ? "LOW" : effort->level);
  } else {
    out_.key("thinkingBudget").number(is_pro(input_.model) ? std::max(effort->budget, least_of_pro) : effort->budget);
  }
}

void Settings::write_thinking() {
  const Reasoning& reasoning = asked_.reasoning;
  if (!reasoning.is_on && reasoning.effort.empty() && !reasoning.budget && reasoning.summary.empty()) return;
  if (generation_ == Generation::plain) {
    if (!reasoning.is_on || *reasoning.is_on) dropped_("reasoning");
    return;
  }
  setting("thinkingConfig").begin_object();
  const bool is_off = reasoning.is_on && !*reasoning.is_on;
  if (reasoning.budget && !is_off) {
    write_budget(*reasoning.budget);
  } else {
    write_effort();
  }
  if (thinks_aloud()) out_.key("includeThoughts").boolean(true);
  out_.end_object();
}

Result<void> Settings::write_generation() {
  if (asked_.choices > max_candidates) return unsupported("more than eight answers to one request", "n");
  if (asked_.choices > 1) setting("candidateCount").number(asked_.choices);
  write_sampling();
  if (auto done = write_stops(); !done) return done.error();
  if (auto done = write_format(); !done) return done.error();
  if (auto done = write_logprobs(); !done) return done.error();
  write_thinking();
  if (has_settings_) out_.end_object();
  return {};
}

void Settings::write_service_tier() {
  const Raw tier = asked_.service_tier;
  if (tier.empty() || says(tier, "auto")) return;
  if (says(tier, "flex") || says(tier, "priority")) {
    out_.key("serviceTier").string(tier);
  } else if (says(tier, "default") || says(tier, "standard_only")) {
    out_.key("serviceTier").plain("standard");
  } else {
    dropped_("service_tier");
  }
}

void Settings::drop_the_rest() {
  if (asked_.parallel_calls && !*asked_.parallel_calls) dropped_("parallel_tool_calls");
  if (!asked_.logit_bias.empty()) dropped_("logit_bias");
  if (!asked_.user.empty()) dropped_("user");
  if (!asked_.cache_key.empty()) dropped_("prompt_cache_key");
  if (!asked_.verbosity.empty()) dropped_("verbosity");
  if (!asked_.metadata.empty()) dropped_("metadata");
}

Result<void> Settings::write() {
  if (auto done = write_tools(); !done) return done.error();
  if (auto done = write_generation(); !done) return done.error();
  write_service_tier();
  drop_the_rest();
  return {};
}

}  // namespace

Result<void> write_settings(
    JsonWriter& out, const Conversation& conversation, const WriteInput& input, Dropped& dropped
) {
  return Settings(out, conversation, input, dropped).write();
}

}  // namespace gw::dialect::gemini
