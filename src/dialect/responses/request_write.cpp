#include "dialect/responses/request_write.hpp"

#include "dialect/responses/input_write.hpp"

#include <algorithm>
#include <array>

namespace gw::dialect::responses {
namespace {

constexpr std::uint64_t least_output = 16;  // the service refuses a smaller max_output_tokens
constexpr std::size_t longest_name = 64;    // of `user` and `prompt_cache_key`: a longer one is refused
constexpr std::string_view any_object = R"({"type":"object","properties":{}})";

Error refused(const std::string& what) {
  return upstream_error(Errc::unsupported_input, what + " cannot be said in OpenAI Responses, which this model speaks");
}

class RequestWriter {
 public:
  RequestWriter(const Conversation& conversation, const WriteInput& input) noexcept
      : said_(conversation), input_(input), json_(out_.body), dropped_(out_.dropped) {}

  Result<Written> write();

 private:
  [[nodiscard]] std::string impossible() const;
  void tools();
  void tool_choice();
  void text();
  void format();
  void reasoning(bool is_carried);
  void include(bool has_reasoning);
  void limits();
  void names();
  void drop_hints();
  [[nodiscard]] std::string_view effort() const;
  [[nodiscard]] bool wants_reasoning() const;

  const Conversation& said_;
  const WriteInput& input_;
  Written out_;
  JsonWriter json_;
  Dropped dropped_;
};

// What would make a wrong answer if it were left out; empty when all is well.
std::string RequestWriter::impossible() const {
  if (said_.choices > 1) return "'n' above 1";
  if (!said_.stop.empty()) return "'stop'";
  const auto builtin =
      std::find_if(said_.tools.begin(), said_.tools.end(), [](const Tool& tool) { return !tool.builtin.empty(); });
  return builtin == said_.tools.end() ? std::string{} : "a tool of another vendor's own";
}

Result<Written> RequestWriter::write() {
  if (std::string what = impossible(); !what.empty()) return refused(what);
  json_.begin_object().key("model").plain(input_.model);
  InputWriter input(out_.body, json_, dropped_);
  input.write(said_.turns);
  if (!input.refused().empty()) return refused(input.refused());
  tools();
  text();
  reasoning(input.has_reasoning());
  limits();
  names();
  if (said_.is_stream) json_.key("stream").boolean(true);
  json_.key("store").boolean(false);  // the gateway keeps nothing, nor has it kept
  json_.end_object();
  drop_hints();
  return std::move(out_);
}

// Unlike chat completions, a function is strict here unless it says otherwise, and its schema must be given.
void RequestWriter::tools() {
  if (said_.tools.empty()) return;
  json_.key("tools").begin_array();
  for (const Tool& tool : said_.tools) {
    json_.begin_object().key("type").string("function").key("name").string(tool.name);
    json_.optional_string("description", tool.description);
    json_.key("parameters").json(tool.schema.empty() ? any_object : tool.schema);
    json_.key("strict").boolean(tool.is_strict.value_or(false)).end_object();
    if (!tool.cache_control.empty()) dropped_("cache_control");
  }
  json_.end_array();
  tool_choice();
  if (said_.parallel_calls) json_.key("parallel_tool_calls").boolean(*said_.parallel_calls);
}

void RequestWriter::tool_choice() {
  switch (said_.tool_choice.kind) {
    case ToolChoice::Kind::unsaid:
      break;
    case ToolChoice::Kind::automatic:
      json_.key("tool_choice").string("auto");
      break;
    case ToolChoice::Kind::none:
      json_.key("tool_choice").string("none");
      break;
    case ToolChoice::Kind::required:
      json_.key("tool_choice").string("required");
      break;
    case ToolChoice::Kind::named:
      json_.key("tool_choice").begin_object().key("type").string("function");
      json_.key("name").string(said_.tool_choice.name).end_object();
      break;
  }
}

void RequestWriter::text() {
  const bool has_format = said_.format.kind != AnswerFormat::Kind::unsaid;
  if (!has_format && said_.verbosity.empty()) return;
  json_.key("text").begin_object();
  if (has_format) format();
  json_.optional_string("verbosity", said_.verbosity).end_object();
}

// Flat, where chat completions has a "json_schema" inside.
void RequestWriter::format() {
  const AnswerFormat& format = said_.format;
  json_.key("format").begin_object().key("type");
  switch (format.kind) {
    case AnswerFormat::Kind::unsaid:
    case AnswerFormat::Kind::text:
      json_.string("text");
      break;
    case AnswerFormat::Kind::json_object:
      json_.string("json_object");
      break;
    case AnswerFormat::Kind::json_schema:
      json_.string("json_schema").key("name").string(format.name.empty() ? "answer" : format.name);
      json_.optional_string("description", format.description);
      json_.key("schema").json(format.schema.empty() ? any_object : format.schema);
      if (format.is_strict) json_.key("strict").boolean(*format.is_strict);
      break;
  }
  json_.end_object();
}

// A budget of tokens as one of the efforts that every reasoning model knows.
std::string_view RequestWriter::effort() const {
  constexpr std::uint64_t low_below = 4096;
  constexpr std::uint64_t medium_below = 16384;
  if (!said_.reasoning.effort.empty()) return said_.reasoning.effort;
  if (!said_.reasoning.budget) return {};
  return *said_.reasoning.budget < low_below ? "low" : *said_.reasoning.budget < medium_below ? "medium" : "high";
}

// Off without OpenAI's own word for it (effort `none`) is left to the model: many refuse that word.
bool RequestWriter::wants_reasoning() const {
  if (!said_.reasoning.effort.empty()) return true;
  return said_.reasoning.is_on.value_or(true) && (said_.reasoning.budget || !said_.reasoning.summary.empty());
}

void RequestWriter::reasoning(bool is_carried) {
  const bool is_wanted = wants_reasoning();
  if (is_wanted) {
    json_.key("reasoning").begin_object();
    json_.optional_string("effort", effort()).optional_string("summary", said_.reasoning.summary).end_object();
  }
  include(is_wanted || is_carried || said_.reasoning.is_on.value_or(false));
  if (!is_wanted && said_.reasoning.is_on) dropped_(*said_.reasoning.is_on ? "reasoning on" : "reasoning off");
}

// Sealed reasoning lets a conversation go on without anything stored.
void RequestWriter::include(bool has_reasoning) {
  if (!has_reasoning && !said_.logprobs) return;
  json_.key("include").begin_array();
  if (has_reasoning) json_.string("reasoning.encrypted_content");
  if (said_.logprobs) json_.string("message.output_text.logprobs");
  json_.end_array();
}

void RequestWriter::limits() {
  if (said_.max_tokens) {
    if (*said_.max_tokens < least_output) dropped_("max_tokens below 16");
    json_.key("max_output_tokens").number(std::max(*said_.max_tokens, least_output));
  }
  json_.optional_json("temperature", said_.temperature).optional_json("top_p", said_.top_p);
  if (said_.logprobs && said_.top_logprobs) json_.key("top_logprobs").number(*said_.top_logprobs);
}

void RequestWriter::names() {
  const auto name = [&](std::string_view key, Raw value) {
    if (value.size() > longest_name) return dropped_(key);
    json_.optional_string(key, value);
  };
  name("user", said_.user);
  name("prompt_cache_key", said_.cache_key);
  constexpr std::array<std::string_view, 4> tiers{"auto", "default", "flex", "priority"};
  if (std::find(tiers.begin(), tiers.end(), said_.service_tier) != tiers.end()) {
    json_.key("service_tier").string(said_.service_tier);
  } else if (!said_.service_tier.empty()) {
    dropped_("service_tier");
  }
  json_.optional_json("metadata", said_.metadata);
}

void RequestWriter::drop_hints() {
  const auto drop = [&](std::string_view name, JsonText value) {
    if (!value.empty()) dropped_(name);
  };
  drop("top_k", said_.top_k);
  drop("frequency_penalty", said_.frequency_penalty);
  drop("presence_penalty", said_.presence_penalty);
  drop("seed", said_.seed);
  drop("logit_bias", said_.logit_bias);
}

}  // namespace

Result<Written> write_request(const Conversation& conversation, const WriteInput& input) {
  return RequestWriter(conversation, input).write();
}

}  // namespace gw::dialect::responses
