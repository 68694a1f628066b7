#include "dialect/messages/request_write.hpp"

#include "base/text.hpp"
#include "dialect/messages/model.hpp"
#include "dialect/messages/turns_write.hpp"
#include "dialect/provider_json.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstdlib>

namespace gw::dialect::messages {
namespace {

namespace dom = simdjson::dom;

constexpr std::uint64_t default_output = 4096;
constexpr std::uint64_t least_budget = 1024;  // the service refuses a smaller one
constexpr std::size_t longest_user = 256;     // of metadata.user_id
constexpr std::string_view any_object = R"({"type":"object","properties":{}})";

// Where budgets of tokens are efforts elsewhere: the same steps both ways.
constexpr std::uint64_t low_below = 4096;
constexpr std::uint64_t medium_below = 16384;

Error refused(const std::string& what) {
  return upstream_error(
      Errc::unsupported_input, what + " cannot be said in Anthropic Messages, which this model speaks"
  );
}

// From this version on sampling parameters are refused.
bool refuses_sampling(const config::Provider& provider) {
  return std::any_of(provider.headers.begin(), provider.headers.end(), [](const auto& header) {
    return iequals(header.first, "anthropic-version") && header.second >= "2026-10-21";
  });
}

bool parse(JsonText json, dom::element& out) {
  thread_local dom::parser parser;
  let_go_of_large(parser);
  return parser.parse(json.data(), json.size(), true).get(out) == simdjson::SUCCESS;
}

// "web_search_20250305": only Anthropic's own tools end in a date of this form.
bool is_own_tool(JsonText definition) {
  constexpr std::size_t date = 8;
  dom::element element;
  std::string_view type;
  if (!parse(definition, element) || element["type"].get_string().get(type) != simdjson::SUCCESS) return false;
  if (type.size() <= date + 1 || type[type.size() - date - 1] != '_') return false;
  const std::string_view digits = type.substr(type.size() - date);
  return digits.starts_with("20") && digits.find_first_not_of("0123456789") == std::string_view::npos;
}

// The service wants a type, which elsewhere goes without saying.
std::string schema_of(JsonText schema) {
  dom::element element;
  dom::element type;
  if (!parse(schema, element) || !element.is_object()) return std::string(any_object);
  if (element["type"].get(type) == simdjson::SUCCESS) return std::string(schema);
  const std::string_view rest = schema.substr(schema.find('{') + 1);
  const bool is_empty = rest.find_first_not_of(" \t\r\n") == rest.rfind('}');
  return R"({"type":"object")" + std::string(is_empty ? "" : ",") + std::string(rest);
}

std::uint64_t budget_of(Raw effort) {
  if (effort == "minimal") return least_budget;
  if (effort == "low") return 2048;
  if (effort == "high") return medium_below;
  if (effort == "xhigh" || effort == "max") return 2 * medium_below;
  return 2 * low_below;
}

class RequestWriter {
 public:
  RequestWriter(const Conversation& conversation, const WriteInput& input)
      : said_(conversation),
        input_(input),
        generation_(generation_of(input.model)),
        json_(out_.body),
        dropped_(out_.dropped),
        marks_(dropped_) {}

  Result<Written> write();

 private:
  [[nodiscard]] std::string impossible() const;
  void plan();
  void plan_budget();
  [[nodiscard]] bool wants_thinking() const;
  [[nodiscard]] bool can_think() const;
  [[nodiscard]] bool must_call() const;
  [[nodiscard]] std::string_view effort() const;
  void tools();
  void tool(const Tool& tool);
  void tool_choice();
  void thinking();
  void output_config();
  void sampling();
  void temperature();
  void stop();
  void names();
  void drop_hints();

  const Conversation& said_;
  const WriteInput& input_;
  Generation generation_;
  Written out_;
  JsonWriter json_;
  Dropped dropped_;
  CacheMarks marks_;
  bool thinks_ = false;
  std::uint64_t max_tokens_ = default_output;
  std::uint64_t budget_ = 0;
};

// What would make a wrong answer if it were left out; empty when all is well.
std::string RequestWriter::impossible() const {
  if (said_.choices > 1) return "'n' above 1";
  if (said_.logprobs || said_.top_logprobs.value_or(0) > 0) return "'logprobs'";
  if (said_.format.kind == AnswerFormat::Kind::json_schema && !takes_schema(input_.model)) {
    return "an answer held to a JSON schema";
  }
  const bool is_foreign = std::any_of(said_.tools.begin(), said_.tools.end(), [](const Tool& tool) {
    return !tool.builtin.empty() && !is_own_tool(tool.builtin);
  });
  return is_foreign ? "a tool of another vendor's own" : std::string{};
}

Result<Written> RequestWriter::write() {
  if (std::string what = impossible(); !what.empty()) return refused(what);
  plan();
  json_.begin_object().key("model").plain(input_.model).key("max_tokens").number(max_tokens_);
  TurnsWriter turns(json_, dropped_, marks_);
  turns.write(said_.turns);
  if (!turns.refused().empty()) return refused(turns.refused());
  tools();
  thinking();
  output_config();
  sampling();
  stop();
  names();
  if (said_.is_stream) json_.key("stream").boolean(true);
  json_.end_object();
  drop_hints();
  return std::move(out_);
}

bool RequestWriter::wants_thinking() const {
  const Reasoning& reasoning = said_.reasoning;
  if (!reasoning.is_on.value_or(true) || reasoning.effort == "none") return false;
  return reasoning.is_on || reasoning.budget || !reasoning.effort.empty();
}

bool RequestWriter::must_call() const {
  const ToolChoice::Kind kind = said_.tool_choice.kind;
  return !said_.tools.empty() && (kind == ToolChoice::Kind::required || kind == ToolChoice::Kind::named);
}

// A call that is asked for comes without thinking, and so does the rest of an answer that was begun.
bool RequestWriter::can_think() const {
  const auto last = std::find_if(said_.turns.rbegin(), said_.turns.rend(), [](const Turn& turn) {
    return turn.speaker != Speaker::system;
  });
  const bool is_begun = last != said_.turns.rend() && last->speaker == Speaker::assistant;
  if (generation_ == Generation::plain || must_call() || is_begun) return false;
  return generation_ != Generation::budget || can_think_on(said_.turns);
}

void RequestWriter::plan() {
  max_tokens_ = said_.max_tokens.value_or(input_.max_output != 0 ? input_.max_output : default_output);
  if (input_.max_output != 0 && max_tokens_ > input_.max_output) {
    max_tokens_ = input_.max_output;
    dropped_("max_tokens above the model's limit");
  }
  if (!wants_thinking()) return;
  thinks_ = can_think();
  if (thinks_ && generation_ == Generation::budget) plan_budget();
  if (!thinks_) dropped_("reasoning");
}

// What is thought counts among the answer's tokens, and must leave some.
void RequestWriter::plan_budget() {
  budget_ = std::max(said_.reasoning.budget.value_or(budget_of(said_.reasoning.effort)), least_budget);
  if (budget_ < max_tokens_) return;
  if (!said_.max_tokens && input_.max_output == 0) {
    max_tokens_ = budget_ + default_output;
    return;
  }
  thinks_ = max_tokens_ > least_budget;
  budget_ = std::max(max_tokens_ / 2, least_budget);
}

void RequestWriter::tool(const Tool& tool) {
  if (!tool.builtin.empty()) {
    json_.json(tool.builtin);
    return;
  }
  json_.begin_object().key("name").string(tool.name).optional_string("description", tool.description);
  json_.key("input_schema").json(tool.schema.empty() ? std::string(any_object) : schema_of(tool.schema));
  if (tool.is_strict.value_or(false)) json_.key("strict").boolean(true);
  marks_.write(json_, tool.cache_control);
  json_.end_object();
}

void RequestWriter::tools() {
  if (said_.tools.empty()) return;
  json_.key("tools").begin_array();
  for (const Tool& one : said_.tools) tool(one);
  json_.end_array();
  tool_choice();
}

void RequestWriter::tool_choice() {
  const bool is_serial = said_.parallel_calls == false;
  const ToolChoice& choice = said_.tool_choice;
  if (choice.kind == ToolChoice::Kind::unsaid && !is_serial) return;
  json_.key("tool_choice").begin_object().key("type");
  switch (choice.kind) {
    case ToolChoice::Kind::unsaid:
    case ToolChoice::Kind::automatic:
      json_.string("auto");
      break;
    case ToolChoice::Kind::none:
      json_.string("none").end_object();
      return;
    case ToolChoice::Kind::required:
      json_.string("any");
      break;
    case ToolChoice::Kind::named:
      json_.string("tool").key("name").string(choice.name);
      break;
  }
  if (is_serial) json_.key("disable_parallel_tool_use").boolean(true);
  json_.end_object();
}

void RequestWriter::thinking() {
  if (!thinks_) return;  // off goes without saying
  json_.key("thinking").begin_object().key("type");
  if (generation_ == Generation::budget) {
    json_.string("enabled").key("budget_tokens").number(budget_);
  } else {
    json_.string("adaptive");
    if (generation_ == Generation::latest) json_.key("display").string("summarized");
  }
  json_.end_object();
}

// Where the model itself finds out how much to think; empty when that was not said.
std::string_view RequestWriter::effort() const {
  const Reasoning& reasoning = said_.reasoning;
  if (!thinks_ || generation_ == Generation::budget) return {};
  if (reasoning.effort.empty()) {
    if (!reasoning.budget) return {};
    return *reasoning.budget < low_below ? "low" : *reasoning.budget < medium_below ? "medium" : "high";
  }
  if (reasoning.effort == "minimal") return "low";
  const bool is_known = reasoning.effort == "low" || reasoning.effort == "medium" || reasoning.effort == "high" ||
                        reasoning.effort == "max" || (reasoning.effort == "xhigh" && generation_ == Generation::latest);
  return is_known ? reasoning.effort : "high";
}

void RequestWriter::output_config() {
  const bool has_schema = said_.format.kind == AnswerFormat::Kind::json_schema;
  if (said_.format.kind == AnswerFormat::Kind::json_object) dropped_("response_format");
  const std::string_view effort = this->effort();
  if (!has_schema && effort.empty()) return;
  json_.key("output_config").begin_object().optional_string("effort", effort);
  if (has_schema) {
    json_.key("format").begin_object().key("type").string("json_schema");
    json_.key("schema").json(said_.format.schema.empty() ? any_object : said_.format.schema).end_object();
  }
  json_.end_object();
}

// Elsewhere it goes up to 2.
void RequestWriter::temperature() {
  if (said_.temperature.empty()) return;
  json_.key("temperature");
  if (std::strtod(std::string(said_.temperature).c_str(), nullptr) <= 1) {
    json_.json(said_.temperature);
    return;
  }
  json_.number(1);
  dropped_("temperature above 1");
}

void RequestWriter::sampling() {
  const auto drop = [&](std::string_view name, JsonText value) {
    if (!value.empty()) dropped_(name);
  };
  if (thinks_ || generation_ == Generation::latest || refuses_sampling(input_.provider)) {
    drop("temperature", said_.temperature);
    drop("top_p", said_.top_p);
    drop("top_k", said_.top_k);
    return;
  }
  temperature();
  if (said_.temperature.empty()) {
    json_.optional_json("top_p", said_.top_p);
  } else {
    drop("top_p", said_.top_p);  // newer models refuse both
  }
  json_.optional_json("top_k", said_.top_k);
}

void RequestWriter::stop() {
  bool is_begun = false;
  for (const Raw text : said_.stop) {
    const std::string plain = from_raw(text);
    if (plain.find_first_not_of(" \t\r\n") == std::string::npos) {
      dropped_("stop without text");
      continue;
    }
    if (!is_begun) json_.key("stop_sequences").begin_array();
    is_begun = true;
    json_.string(text);
  }
  if (is_begun) json_.end_array();
}

void RequestWriter::names() {
  if (said_.user.size() > longest_user) {
    dropped_("user");
  } else if (!said_.user.empty()) {
    json_.key("metadata").begin_object().key("user_id").string(said_.user).end_object();
  }
  if (said_.service_tier == "auto" || said_.service_tier == "priority") {
    json_.key("service_tier").string("auto");
  } else if (said_.service_tier == "default") {
    json_.key("service_tier").string("standard_only");
  } else if (!said_.service_tier.empty()) {
    dropped_("service_tier");
  }
}

void RequestWriter::drop_hints() {
  const auto drop = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) dropped_(name);
  };
  drop("frequency_penalty", said_.frequency_penalty);
  drop("presence_penalty", said_.presence_penalty);
  drop("seed", said_.seed);
  drop("logit_bias", said_.logit_bias);
  drop("prompt_cache_key", said_.cache_key);
  drop("verbosity", said_.verbosity);
  drop("metadata", said_.metadata);
}

}  // namespace

Result<Written> write_request(const Conversation& conversation, const WriteInput& input) {
  return RequestWriter(conversation, input).write();
}

}  // namespace gw::dialect::messages
