// Facts: OpenAI's API reference, "Create chat completion", and those that variant.hpp names.
#include "dialect/openai/request_write.hpp"

#include "dialect/openai/translate.hpp"

#include <algorithm>
#include <array>

namespace gw::dialect::openai {

namespace {

constexpr std::size_t max_stops = 4;  // of OpenAI; others take more
constexpr std::size_t max_identifier = 64;

// So that a large body is allocated once.
std::size_t size_of(const std::vector<Part>& parts) {
  std::size_t size = 0;
  for (const Part& part : parts) {
    size += 128 + part.text.size() + part.url.size() + part.data.size() + part.proof.size() +
            part.arguments.object.size() * 9 / 8 + part.arguments.text.size();
    for (const Part& inner : part.parts) size += 128 + inner.text.size() + inner.data.size();
  }
  return size;
}

std::size_t size_of(const Conversation& conversation) {
  std::size_t size = 512;
  for (const Turn& turn : conversation.turns) size += 64 + size_of(turn.parts);
  for (const Tool& tool : conversation.tools) size += 128 + tool.description.size() + tool.schema.size();
  return size + conversation.format.schema.size();
}

class RequestWriter {
 public:
  RequestWriter(const Conversation& conversation, const WriteInput& input)
      : conversation_(conversation), input_(input), variant_(variant_of(input)), out_(body_, variant_) {}

  Result<Written> write();

 private:
  void write_stream();
  void write_limits();
  void write_sampling();
  void write_tools();
  void write_tool_choice();
  void write_format();
  void write_thinking();
  void write_effort(Raw effort);
  void write_hints();
  void write_identifier(std::string_view name, Raw value, bool is_known);

  const Conversation& conversation_;
  const WriteInput& input_;
  const Variant variant_;
  std::string body_;
  Writing out_;
};

Result<Written> RequestWriter::write() {
  body_.reserve(size_of(conversation_));
  JsonWriter& json = out_.json;
  json.begin_object().key("model").plain(input_.model);
  json.key("messages").begin_array();
  write_messages(conversation_.turns, out_);
  json.end_array();
  write_stream();
  write_limits();
  write_tools();
  write_format();
  write_thinking();
  write_sampling();
  write_hints();
  json.end_object();
  if (out_.error()) return std::move(*out_.error());
  return Written{std::move(body_), std::move(out_.dropped())};
}

void RequestWriter::write_stream() {
  if (!conversation_.is_stream) return;
  out_.json.key("stream").boolean(true);
  if (!input_.injects_usage && !conversation_.wants_usage.value_or(false)) return;
  out_.json.key("stream_options").begin_object().key("include_usage").boolean(true).end_object();
}

void RequestWriter::write_limits() {
  JsonWriter& json = out_.json;
  if (conversation_.max_tokens) {
    // More than the model can give is refused by many; the client gets what there is.
    const std::uint64_t known = input_.max_output == 0 ? *conversation_.max_tokens : input_.max_output;
    json.key(variant_.is_openai ? "max_completion_tokens" : "max_tokens")
        .number(std::min(*conversation_.max_tokens, known));
  }
  if (conversation_.choices > 1) json.key("n").number(conversation_.choices);
  if (conversation_.stop.empty()) return;
  if (variant_.is_openai && conversation_.stop.size() > max_stops) {
    out_.refuse("stop", "has more than the four sequences that this provider takes.");
    return;
  }
  json.key("stop").begin_array();
  for (const Raw stop : conversation_.stop) json.string(stop);
  json.end_array();
}

void RequestWriter::write_sampling() {
  const auto write = [&](std::string_view name, JsonText number, bool is_known) {
    if (number.empty()) return;
    if (is_known) {
      out_.json.key(name).json(number);
    } else {
      out_.drop(name);
    }
  };
  const bool samples = !variant_.thinks;
  write("temperature", conversation_.temperature, samples);
  write("top_p", conversation_.top_p, samples);
  write("top_k", conversation_.top_k, variant_.has_top_k);
  write("frequency_penalty", conversation_.frequency_penalty, samples);
  write("presence_penalty", conversation_.presence_penalty, samples);
  write("seed", conversation_.seed, true);
  write("logit_bias", conversation_.logit_bias, samples);
  if (!conversation_.logprobs) return;
  out_.json.key("logprobs").boolean(true);
  if (conversation_.top_logprobs) out_.json.key("top_logprobs").number(*conversation_.top_logprobs);
}

void RequestWriter::write_tools() {
  if (conversation_.tools.empty()) return;  // then a choice among them is an error
  JsonWriter& json = out_.json;
  json.key("tools").begin_array();
  for (const Tool& tool : conversation_.tools) {
    if (!tool.builtin.empty()) {
      out_.refuse("tools", "holds a tool that only its own provider has.");
      continue;
    }
    json.begin_object().key("type").string("function").key("function").begin_object();
    json.key("name").string(tool.name).optional_string("description", tool.description);
    json.optional_json("parameters", tool.schema);
    if (tool.is_strict.value_or(false)) json.key("strict").boolean(true);
    json.end_object();
    if (!tool.cache_control.empty()) {
      if (variant_.is_openrouter) {
        json.key("cache_control").json(tool.cache_control);
      } else {
        out_.drop("cache_control");
      }
    }
    json.end_object();
  }
  json.end_array();
  write_tool_choice();
  // True is what everybody does anyway, and what OpenAI's older reasoning models refuse to be told.
  if (conversation_.parallel_calls == false) json.key("parallel_tool_calls").boolean(false);
}

void RequestWriter::write_tool_choice() {
  JsonWriter& json = out_.json;
  switch (conversation_.tool_choice.kind) {
    case ToolChoice::Kind::unsaid:
      return;
    case ToolChoice::Kind::automatic:
      json.key("tool_choice").string("auto");
      return;
    case ToolChoice::Kind::none:
      json.key("tool_choice").string("none");
      return;
    case ToolChoice::Kind::required:
      json.key("tool_choice").string("required");
      return;
    case ToolChoice::Kind::named:
      json.key("tool_choice").begin_object().key("type").string("function").key("function").begin_object();
      json.key("name").string(conversation_.tool_choice.name).end_object().end_object();
      return;
  }
}

void RequestWriter::write_format() {
  const AnswerFormat& format = conversation_.format;
  JsonWriter& json = out_.json;
  if (format.kind == AnswerFormat::Kind::json_object) {
    json.key("response_format").begin_object().key("type").string("json_object").end_object();
  }
  if (format.kind != AnswerFormat::Kind::json_schema) return;
  if (!variant_.has_schema) {
    out_.refuse("response_format", "asks for a JSON schema, which this provider does not hold answers to.");
    return;
  }
  json.key("response_format").begin_object().key("type").string("json_schema").key("json_schema").begin_object();
  json.key("name").string(format.name.empty() ? Raw("answer") : format.name);
  json.optional_string("description", format.description).optional_json("schema", format.schema);
  if (format.is_strict) json.key("strict").boolean(*format.is_strict);
  json.end_object().end_object();
}

// The words differ at the top of the scale only.
void RequestWriter::write_effort(Raw effort) {
  if (effort.empty()) return;
  if (variant_.is_openai && !variant_.thinks) {
    out_.drop("reasoning_effort");
    return;
  }
  const bool is_beyond = says(effort, "max") && !variant_.is_openrouter && variant_.thinking != Variant::Thinking::type;
  out_.json.key("reasoning_effort").string(is_beyond ? Raw("high") : effort);
}

void RequestWriter::write_thinking() {
  const Reasoning& asked = conversation_.reasoning;
  JsonWriter& json = out_.json;
  if (!asked.summary.empty()) out_.drop("reasoning.summary");
  switch (variant_.thinking) {
    case Variant::Thinking::effort:
      // Without a word for on and off, the model does what it does; a budget of tokens has no counterpart.
      if (asked.is_on || asked.budget) out_.drop("thinking");
      write_effort(asked.effort);
      return;
    case Variant::Thinking::type:
      if (asked.is_on) {
        json.key("thinking").begin_object().key("type").string(*asked.is_on ? "enabled" : "disabled").end_object();
      }
      if (asked.budget) out_.drop("thinking.budget");
      write_effort(asked.effort);
      return;
    case Variant::Thinking::flag:
      if (asked.is_on) json.key("enable_thinking").boolean(*asked.is_on);
      if (asked.budget) json.key("thinking_budget").number(*asked.budget);
      if (!asked.effort.empty()) out_.drop("reasoning_effort");
      return;
    case Variant::Thinking::reasoning:
      if (!asked.is_on && !asked.budget && asked.effort.empty()) return;
      json.key("reasoning").begin_object();
      // One of the two; the budget is the finer one.
      if (asked.budget) {
        json.key("max_tokens").number(*asked.budget);
      } else if (!asked.effort.empty()) {
        json.key("effort").string(asked.effort);
      }
      if (asked.is_on) json.key("enabled").boolean(*asked.is_on);
      json.end_object();
      return;
  }
}

void RequestWriter::write_identifier(std::string_view name, Raw value, bool is_known) {
  if (value.empty()) return;
  if (is_known && value.size() <= max_identifier) {
    out_.json.key(name).string(value);
  } else {
    out_.drop(name);
  }
}

// What changes no answer: who asks, and how it is to be served.
void RequestWriter::write_hints() {
  write_identifier("user", conversation_.user, variant_.is_openai || variant_.is_openrouter);
  write_identifier("prompt_cache_key", conversation_.cache_key, variant_.has_cache_key);
  constexpr auto tiers = std::to_array<std::string_view>({"auto", "default", "flex", "scale", "priority"});
  const bool is_tier = std::any_of(tiers.begin(), tiers.end(), [&](std::string_view tier) {
    return says(conversation_.service_tier, tier);
  });
  write_identifier("service_tier", conversation_.service_tier, variant_.is_openai && is_tier);
  const bool speaks = variant_.is_openrouter || variant_.thinks;
  write_identifier("verbosity", conversation_.verbosity, speaks);
  if (!conversation_.metadata.empty()) out_.drop("metadata");  // OpenAI takes it with `store` only
}

}  // namespace

void Writing::drop(std::string_view name) {
  if (std::find(dropped_.begin(), dropped_.end(), name) == dropped_.end()) dropped_.emplace_back(name);
}

void Writing::refuse(std::string_view name, std::string_view why) {
  if (error_) return;
  error_ = upstream_error(
      Errc::unsupported_input, "'" + std::string(name) + "' " + std::string(why) + " (chat completions)"
  );
  error_->param = name;
}

Result<Written> write_chat(const Conversation& conversation, const WriteInput& input) {
  return RequestWriter(conversation, input).write();
}

}  // namespace gw::dialect::openai
