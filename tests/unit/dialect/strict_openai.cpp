#include "strict_openai.hpp"

#include <nlohmann/json.hpp>

#include <set>
#include <stdexcept>
#include <vector>

namespace gw::dialect::test {
namespace {

using Json = nlohmann::json;
using Names = std::set<std::string>;

class Refused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

void require(bool holds, const std::string& what) {
  if (!holds) throw Refused(what);
}

void only(const Json& object, const Names& names, const std::string& where) {
  require(object.is_object(), where + " is no object");
  for (const auto& [key, value] : object.items()) require(names.count(key) != 0, where + ": unknown member " + key);
}

const Json& needed(const Json& object, const char* name, const std::string& where) {
  require(object.contains(name), where + ": " + name + " is missing");
  return object.at(name);
}

std::string text_of(const Json& object, const char* name, const std::string& where) {
  const Json& value = needed(object, name, where);
  require(value.is_string(), where + ": " + name + " is no text");
  return value.get<std::string>();
}

Names members_of(ChatService service) {
  Names names{
      "model",
      "messages",
      "stream",
      "stream_options",
      "n",
      "stop",
      "tools",
      "tool_choice",
      "parallel_tool_calls",
      "response_format",
      "temperature",
      "top_p",
      "frequency_penalty",
      "presence_penalty",
      "seed",
      "logit_bias",
      "logprobs",
      "top_logprobs"};
  const auto add = [&](std::initializer_list<const char*> more) { names.insert(more.begin(), more.end()); };
  switch (service) {
    case ChatService::openai:
      add({"max_completion_tokens", "reasoning_effort", "user", "prompt_cache_key", "service_tier", "verbosity"});
      break;
    case ChatService::deepseek:
    case ChatService::zhipu:
      add({"max_tokens", "thinking", "reasoning_effort"});
      break;
    case ChatService::moonshot:
      add({"max_tokens", "thinking", "reasoning_effort", "prompt_cache_key"});
      break;
    case ChatService::dashscope:
      add({"max_tokens", "enable_thinking", "thinking_budget", "top_k"});
      break;
    case ChatService::openrouter:
      add({"max_tokens", "reasoning", "top_k", "user", "verbosity"});
      break;
    case ChatService::google:
    case ChatService::generic:
      add({"max_tokens", "reasoning_effort"});
      break;
  }
  return names;
}

class Checker {
 public:
  explicit Checker(ChatService service) : service_(service) {}

  void request(const Json& body);

 private:
  void messages(const Json& list);
  void message(const Json& message, const std::string& where);
  void content(const Json& value, const std::string& where);
  void part(const Json& part, const std::string& where);
  void calls(const Json& list, const std::string& where);
  void details(const Json& list, const std::string& where) const;
  void tools(const Json& list) const;
  void format(const Json& format) const;

  [[nodiscard]] bool is(ChatService service) const { return service_ == service; }

  ChatService service_;
  Names open_;  // calls that wait for their results
};

void Checker::part(const Json& part, const std::string& where) {
  const std::string type = text_of(part, "type", where);
  if (type == "text") {
    only(part, is(ChatService::openrouter) ? Names{"type", "text", "cache_control"} : Names{"type", "text"}, where);
    require(!text_of(part, "text", where).empty(), where + ": an empty text");
  } else if (type == "image_url") {
    only(part, {"type", "image_url"}, where);
    only(part.at("image_url"), {"url", "detail"}, where + ".image_url");
    const std::string url = text_of(part.at("image_url"), "url", where);
    require(url.starts_with("http") || url.starts_with("data:image/"), where + ": no URL of an image: " + url);
  } else if (type == "file") {
    only(part, {"type", "file"}, where);
    only(part.at("file"), {"filename", "file_data", "file_id"}, where + ".file");
    require(part.at("file").contains("file_data") || part.at("file").contains("file_id"), where + ": an empty file");
  } else if (type == "input_audio") {
    only(part, {"type", "input_audio"}, where);
    only(part.at("input_audio"), {"data", "format"}, where + ".input_audio");
  } else {
    throw Refused(where + ": unknown type " + type);
  }
}

void Checker::content(const Json& value, const std::string& where) {
  if (value.is_string()) return;
  require(value.is_array() && !value.empty(), where + " is neither text nor a list");
  for (std::size_t i = 0; i < value.size(); ++i) part(value[i], where + "[" + std::to_string(i) + "]");
}

void Checker::calls(const Json& list, const std::string& where) {
  require(list.is_array() && !list.empty(), where + " is no list");
  for (const Json& call : list) {
    only(
        call,
        is(ChatService::google) ? Names{"id", "type", "function", "extra_content"} : Names{"id", "type", "function"},
        where
    );
    require(text_of(call, "type", where) == "function", where + ": no function");
    only(needed(call, "function", where), {"name", "arguments"}, where + ".function");
    require(!text_of(call.at("function"), "name", where).empty(), where + ": no name");
    require(Json::accept(text_of(call.at("function"), "arguments", where)), where + ": arguments are no JSON");
    require(open_.insert(text_of(call, "id", where)).second, where + ": an id twice");
  }
}

void Checker::details(const Json& list, const std::string& where) const {
  require(list.is_array() && !list.empty(), where + " is no list");
  for (const Json& detail : list) {
    const std::string type = text_of(detail, "type", where);
    Names names{"type", "id", "format", "index"};
    if (type == "reasoning.text") names.insert({"text", "signature"});
    if (type == "reasoning.summary") names.insert("summary");
    if (type == "reasoning.encrypted") names.insert("data");
    require(names.size() > 4, where + ": unknown type " + type);
    only(detail, names, where);
  }
}

void Checker::message(const Json& message, const std::string& where) {
  const std::string role = text_of(message, "role", where);
  if (role == "tool") {
    only(message, {"role", "tool_call_id", "content"}, where);
    require(needed(message, "content", where).is_string(), where + ": a result that is no text");
    require(open_.erase(text_of(message, "tool_call_id", where)) == 1, where + ": answers no call before it");
    return;
  }
  require(open_.empty(), where + ": calls before it have no results");
  if (role == "assistant") {
    Names names{"role", "name", "content", "tool_calls"};
    if (is(ChatService::openai)) names.insert("refusal");
    if (is(ChatService::deepseek) || is(ChatService::moonshot) || is(ChatService::zhipu)) {
      names.insert("reasoning_content");
    }
    if (is(ChatService::openrouter)) names.insert("reasoning_details");
    only(message, names, where);
    const Json& said = needed(message, "content", where);
    require(
        said.is_string() || (said.is_null() && (message.contains("tool_calls") || message.contains("refusal"))),
        where + ": an assistant that says nothing"
    );
    if (message.contains("tool_calls")) {
      calls(message.at("tool_calls"), where + ".tool_calls");
      const bool thinks = is(ChatService::deepseek) || is(ChatService::moonshot);
      require(!thinks || message.contains("reasoning_content"), where + ": reasoning_content is missing");
    }
    if (message.contains("reasoning_details")) details(message.at("reasoning_details"), where + ".reasoning_details");
    return;
  }
  require(role == "system" || role == "user" || (role == "developer" && is(ChatService::openai)), where + ": " + role);
  only(message, {"role", "name", "content"}, where);
  content(needed(message, "content", where), where + ".content");
}

void Checker::messages(const Json& list) {
  require(list.is_array() && !list.empty(), "messages is no list");
  for (std::size_t i = 0; i < list.size(); ++i) message(list[i], "messages[" + std::to_string(i) + "]");
}

void Checker::tools(const Json& list) const {
  require(list.is_array() && !list.empty(), "tools is no list");
  for (const Json& tool : list) {
    only(
        tool,
        is(ChatService::openrouter) ? Names{"type", "function", "cache_control"} : Names{"type", "function"},
        "tools"
    );
    require(text_of(tool, "type", "tools") == "function", "tools: no function");
    only(needed(tool, "function", "tools"), {"name", "description", "parameters", "strict"}, "tools.function");
    require(!text_of(tool.at("function"), "name", "tools").empty(), "tools: no name");
    if (tool.at("function").contains("parameters")) {
      require(tool.at("function").at("parameters").is_object(), "tools: parameters are no object");
    }
  }
}

void Checker::format(const Json& format) const {
  const std::string type = text_of(format, "type", "response_format");
  if (type == "json_object") return only(format, {"type"}, "response_format");
  require(type == "json_schema", "response_format: " + type);
  require(!is(ChatService::deepseek) && !is(ChatService::zhipu), "response_format: no schemas here");
  only(format, {"type", "json_schema"}, "response_format");
  only(needed(format, "json_schema", "response_format"), {"name", "description", "schema", "strict"}, "json_schema");
  require(!text_of(format.at("json_schema"), "name", "json_schema").empty(), "json_schema: no name");
}

void Checker::request(const Json& body) {
  only(body, members_of(service_), "request");
  require(!text_of(body, "model", "request").empty(), "no model");
  messages(needed(body, "messages", "request"));
  require(!body.contains("stream_options") || body.contains("stream"), "stream_options without a stream");
  if (body.contains("stream_options")) only(body.at("stream_options"), {"include_usage"}, "stream_options");
  if (body.contains("tools")) tools(body.at("tools"));
  require(body.contains("tools") || !body.contains("tool_choice"), "tool_choice without tools");
  require(body.contains("tools") || !body.contains("parallel_tool_calls"), "parallel_tool_calls without tools");
  if (body.contains("response_format")) format(body.at("response_format"));
  if (body.contains("stop")) require(body.at("stop").is_array() && !body.at("stop").empty(), "stop");
  if (body.contains("user")) require(text_of(body, "user", "request").size() <= 64, "user is too long");
  require(body.contains("logprobs") || !body.contains("top_logprobs"), "top_logprobs without logprobs");
}

template <class Check>
std::string problem_of(std::string_view body, Check check) {
  const Json json = Json::parse(body, nullptr, false);
  if (json.is_discarded()) return "no JSON: " + std::string(body);
  try {
    check(json);
    return {};
  } catch (const std::exception& error) {
    return std::string(error.what()) + " in " + std::string(body);
  }
}

void check_head(const Json& body, const char* object, const Names& more) {
  Names names{"id", "object", "created", "model", "choices", "usage"};
  names.insert(more.begin(), more.end());
  only(body, names, "answer");
  require(text_of(body, "id", "answer").starts_with("chatcmpl-"), "id");
  require(text_of(body, "object", "answer") == object, "object");
  require(needed(body, "created", "answer").is_number_unsigned(), "created");
  text_of(body, "model", "answer");
  require(needed(body, "choices", "answer").is_array(), "choices");
}

void check_usage(const Json& usage) {
  if (usage.is_null()) return;
  only(
      usage,
      {"prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details", "completion_tokens_details"},
      "usage"
  );
  require(
      usage.at("total_tokens") == usage.at("prompt_tokens").get<int>() + usage.at("completion_tokens").get<int>(),
      "total"
  );
}

void check_said(const Json& said, bool is_whole, const std::string& where) {
  Names names{"role", "content", "refusal", "reasoning_content", "reasoning_details", "tool_calls", "annotations"};
  only(said, names, where);
  for (const char* name : {"content", "refusal", "reasoning_content"}) {
    if (said.contains(name)) require(said.at(name).is_string() || said.at(name).is_null(), where + "." + name);
  }
  if (!said.contains("tool_calls")) return;
  for (const Json& call : said.at("tool_calls")) {
    only(call, {"index", "id", "type", "function", "extra_content"}, where + ".tool_calls");
    require(call.contains("index") != is_whole, where + ": index");
    if (is_whole || call.contains("id")) {
      require(text_of(call, "type", where) == "function" && !text_of(call, "id", where).empty(), where + ": call");
      require(!text_of(call.at("function"), "name", where).empty(), where + ": name");
    }
    if (is_whole) require(Json::accept(text_of(call.at("function"), "arguments", where)), where + ": arguments");
  }
}

void check_choices(const Json& choices, const char* member, bool is_whole) {
  for (const Json& choice : choices) {
    only(choice, {"index", member, "logprobs", "finish_reason"}, "choice");
    require(choice.at("index").is_number_unsigned(), "index");
    check_said(needed(choice, member, "choice"), is_whole, member);
    const Json& finish = needed(choice, "finish_reason", "choice");
    const Names words{"stop", "length", "tool_calls", "content_filter"};
    require(finish.is_null() ? !is_whole : words.count(finish.get<std::string>()) != 0, "finish_reason");
  }
}

}  // namespace

std::string refuses_chat(std::string_view body, ChatService service) {
  return problem_of(body, [&](const Json& json) { Checker(service).request(json); });
}

std::string wrong_completion(std::string_view body) {
  return problem_of(body, [](const Json& json) {
    check_head(json, "chat.completion", {});
    check_choices(json.at("choices"), "message", true);
    if (json.contains("usage")) check_usage(json.at("usage"));
  });
}

std::string wrong_chunk(std::string_view data) {
  return problem_of(data, [](const Json& json) {
    check_head(json, "chat.completion.chunk", {});
    check_choices(json.at("choices"), "delta", false);
    if (json.contains("usage")) check_usage(json.at("usage"));
    require(!json.at("choices").empty() || json.contains("usage"), "an empty chunk");
  });
}

}  // namespace gw::dialect::test
