#include "strict_messages.hpp"

#include "http/sse.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

namespace gw::dialect::test {
namespace {

namespace dom = simdjson::dom;
using Names = std::set<std::string_view>;

class Checker {
 public:
  std::vector<std::string> faults;

  void request(dom::element body);
  void message(dom::element body, bool is_whole);
  void block_of_answer(dom::element value, const std::string& path);
  void usage(dom::object object, const std::string& path);
  void stop(dom::object object, const std::string& path);

  void fault(const std::string& path, const std::string& what) { faults.push_back(path + ": " + what); }

  void only(dom::object object, const std::string& path, const Names& known) {
    Names seen;
    for (const dom::key_value_pair member : object) {
      if (known.count(member.key) == 0) fault(path, "unknown member '" + std::string(member.key) + "'");
      if (!seen.insert(member.key).second) fault(path, "'" + std::string(member.key) + "' twice");
    }
  }

  std::string text(dom::object object, std::string_view key, const std::string& path, bool is_needed = true) {
    dom::element element;
    std::string_view value;
    if (object[key].get(element) != simdjson::SUCCESS) {
      if (is_needed) fault(path, "'" + std::string(key) + "' is missing");
      return {};
    }
    if (element.get_string().get(value) != simdjson::SUCCESS) fault(path, "'" + std::string(key) + "' is no string");
    return std::string(value);
  }

  std::uint64_t number(dom::object object, std::string_view key, const std::string& path) {
    std::uint64_t value = 0;
    if (object[key].get_uint64().get(value) != simdjson::SUCCESS) fault(path, "'" + std::string(key) + "' is no count");
    return value;
  }

  bool object(dom::element element, const std::string& path, dom::object& out) {
    if (element.get_object().get(out) == simdjson::SUCCESS) return true;
    fault(path, "no object");
    return false;
  }

  void one_of(const std::string& value, const std::string& path, const Names& values) {
    if (values.count(value) == 0) fault(path, "'" + value + "' is not allowed");
  }

 private:
  void turn(dom::element value, const std::string& path, bool is_last);
  void block(dom::element value, const std::string& path, const Names& types);
  void source(dom::object block, const std::string& path, bool is_image);
  void result(dom::object block, const std::string& path);
  void words(dom::object block, const std::string& path);
  void id(const std::string& value, const std::string& path);
  void cache(dom::object object);
  void tools(dom::object body);
  void thinking(dom::object body);
  void sampling(dom::object body);
  void output(dom::object body);

  std::set<std::string> calls_;  // that wait for results
  std::set<std::string> next_calls_;
  std::size_t marks_ = 0;
  bool has_schema_ = false;
};

bool is_blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

void Checker::words(dom::object block, const std::string& path) {
  if (is_blank(text(block, "text", path))) fault(path, "text content blocks must contain non-whitespace text");
}

void Checker::id(const std::string& value, const std::string& path) {
  const bool is_id = !value.empty() && std::all_of(value.begin(), value.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-';
  });
  if (!is_id) fault(path, "id '" + value + "' does not match ^[a-zA-Z0-9_-]+$");
}

void Checker::cache(dom::object object) {
  dom::element element;
  if (object["cache_control"].get(element) != simdjson::SUCCESS) return;
  if (++marks_ > 4) fault("cache_control", "more than 4");
}

void Checker::source(dom::object block, const std::string& path, bool is_image) {
  dom::object source;
  if (block["source"].get_object().get(source) != simdjson::SUCCESS) return fault(path, "'source' is no object");
  const std::string type = text(source, "type", path);
  if (type == "base64") {
    only(source, path, {"type", "media_type", "data"});
    const std::string media = text(source, "media_type", path);
    one_of(
        media, path, is_image ? Names{"image/jpeg", "image/png", "image/gif", "image/webp"} : Names{"application/pdf"}
    );
    if (text(source, "data", path).empty()) fault(path, "no data");
  } else if (type == "url") {
    only(source, path, {"type", "url"});
    if (!text(source, "url", path).starts_with("http")) fault(path, "no address");
  } else if (type == "text" && !is_image) {
    only(source, path, {"type", "media_type", "data"});
    one_of(text(source, "media_type", path), path, {"text/plain"});
    text(source, "data", path);
  } else {
    fault(path, "source of type '" + type + "'");
  }
}

void Checker::result(dom::object block, const std::string& path) {
  only(block, path, {"type", "tool_use_id", "content", "is_error", "cache_control"});
  const std::string id = text(block, "tool_use_id", path);
  if (calls_.erase(id) == 0) fault(path, "unexpected tool_use_id '" + id + "'");
  dom::element content;
  if (block["content"].get(content) != simdjson::SUCCESS || content.is_string()) return;
  dom::array list;
  if (content.get_array().get(list) != simdjson::SUCCESS) return fault(path, "'content' is no list");
  if (list.size() == 0) fault(path, "empty content");
  for (const dom::element one : list) this->block(one, path + ".content", {"text", "image", "document"});
}

void Checker::block(dom::element value, const std::string& path, const Names& types) {
  dom::object block;
  if (!object(value, path, block)) return;
  const std::string type = text(block, "type", path);
  one_of(type, path, types);
  cache(block);
  if (type == "text") {
    only(block, path, {"type", "text", "cache_control"});
    words(block, path);
  } else if (type == "image") {
    only(block, path, {"type", "source", "cache_control"});
    source(block, path, true);
  } else if (type == "document") {
    only(block, path, {"type", "source", "title", "cache_control"});
    source(block, path, false);
  } else if (type == "tool_use") {
    only(block, path, {"type", "id", "name", "input", "cache_control"});
    const std::string call = text(block, "id", path);
    id(call, path);
    next_calls_.insert(call);
    text(block, "name", path);
    if (!block["input"].is_object()) fault(path, "input: Input should be a valid dictionary");
  } else if (type == "tool_result") {
    result(block, path);
  } else if (type == "thinking") {
    only(block, path, {"type", "thinking", "signature"});
    text(block, "thinking", path);
    if (text(block, "signature", path).empty()) fault(path, "no signature");
  } else if (type == "redacted_thinking") {
    only(block, path, {"type", "data"});
    if (text(block, "data", path).empty()) fault(path, "no data");
  }
}

void Checker::turn(dom::element value, const std::string& path, bool is_last) {
  dom::object turn;
  if (!object(value, path, turn)) return;
  only(turn, path, {"role", "content"});
  const std::string role = text(turn, "role", path);
  one_of(role, path, {"user", "assistant"});
  calls_ = std::move(next_calls_);
  next_calls_.clear();
  dom::array list;
  if (turn["content"].get_array().get(list) != simdjson::SUCCESS) {
    text(turn, "content", path);
  } else {
    if (list.size() == 0) fault(path, "empty content");
    bool has_other = false;
    std::size_t index = 0;
    for (const dom::element one : list) {
      const std::string here = path + ".content[" + std::to_string(index++) + "]";
      std::string_view type;
      if (one["type"].get_string().get(type) != simdjson::SUCCESS) type = {};
      if (type == "tool_result" && has_other) fault(here, "results must stand first");
      has_other = has_other || type != "tool_result";
      block(
          one,
          here,
          role == "user" ? Names{"text", "image", "document", "tool_result"}
                         : Names{"text", "tool_use", "thinking", "redacted_thinking"}
      );
      std::string_view last_text;
      const bool ends = is_last && index == list.size() && role == "assistant";
      if (ends && one["text"].get_string().get(last_text) == simdjson::SUCCESS && !last_text.empty() &&
          std::isspace(static_cast<unsigned char>(last_text.back())) != 0) {
        fault(here, "final assistant content cannot end with trailing whitespace");
      }
    }
  }
  if (!calls_.empty()) fault(path, "tool_use without tool_result: " + *calls_.begin());
}

void Checker::tools(dom::object body) {
  dom::array list;
  const bool has_tools = body["tools"].get_array().get(list) == simdjson::SUCCESS;
  if (has_tools) {
    if (list.size() == 0) fault("tools", "empty");
    for (const dom::element one : list) {
      dom::object tool;
      if (!object(one, "tools", tool)) continue;
      cache(tool);
      if (tool["type"].error() == simdjson::SUCCESS && text(tool, "type", "tools") != "custom") continue;  // their own
      only(tool, "tools", {"type", "name", "description", "input_schema", "strict", "cache_control"});
      text(tool, "name", "tools");
      dom::object schema;
      if (tool["input_schema"].get_object().get(schema) != simdjson::SUCCESS) {
        fault("tools", "input_schema is no object");
      } else if (text(schema, "type", "tools.input_schema") != "object") {
        fault("tools", "input_schema.type must be object");
      }
    }
  }
  dom::object choice;
  if (body["tool_choice"].get_object().get(choice) != simdjson::SUCCESS) return;
  if (!has_tools) fault("tool_choice", "may only be specified while providing tools");
  const std::string type = text(choice, "type", "tool_choice");
  one_of(type, "tool_choice", {"auto", "any", "tool", "none"});
  Names known{"type"};
  if (type != "none") known.insert("disable_parallel_tool_use");
  if (type == "tool") known.insert("name");
  only(choice, "tool_choice", known);
  if (type == "tool") text(choice, "name", "tool_choice");
}

void Checker::thinking(dom::object body) {
  dom::object thinking;
  if (body["thinking"].get_object().get(thinking) != simdjson::SUCCESS) return;
  const std::string type = text(thinking, "type", "thinking");
  one_of(type, "thinking", {"enabled", "adaptive", "disabled"});
  if (type == "enabled") {
    only(thinking, "thinking", {"type", "budget_tokens"});
    const std::uint64_t budget = number(thinking, "budget_tokens", "thinking");
    if (budget < 1024) fault("thinking", "budget_tokens must be at least 1024");
    if (budget >= number(body, "max_tokens", "body"))
      fault("thinking", "max_tokens must be greater than budget_tokens");
  } else {
    only(thinking, "thinking", {"type", "display"});
  }
  if (type == "disabled") return;
  for (const std::string_view key : {"temperature", "top_k", "top_p"}) {
    if (body[key].error() == simdjson::SUCCESS) fault(std::string(key), "not with thinking");
  }
  std::string_view choice;
  if (body["tool_choice"]["type"].get_string().get(choice) == simdjson::SUCCESS &&
      (choice == "any" || choice == "tool"))
    fault("thinking", "may not be enabled when tool_choice forces tool use");
}

void Checker::sampling(dom::object body) {
  double temperature = 0;
  dom::element element;
  if (body["temperature"].get(element) == simdjson::SUCCESS) {
    if (element.get_double().get(temperature) != simdjson::SUCCESS || temperature < 0 || temperature > 1)
      fault("temperature", "range: 0..1");
    if (body["top_p"].error() == simdjson::SUCCESS) fault("top_p", "not both");
  }
  dom::array list;
  if (body["stop_sequences"].get_array().get(list) == simdjson::SUCCESS) {
    for (const dom::element one : list) {
      std::string_view text;
      if (one.get_string().get(text) != simdjson::SUCCESS || is_blank(std::string(text)))
        fault("stop_sequences", "each stop sequence must contain non-whitespace");
    }
  }
}

void Checker::output(dom::object body) {
  dom::object config;
  if (body["output_config"].get_object().get(config) != simdjson::SUCCESS) return;
  only(config, "output_config", {"effort", "format"});
  if (config.size() == 0) fault("output_config", "empty");
  const std::string effort = text(config, "effort", "output_config", false);
  if (!effort.empty()) one_of(effort, "output_config", {"low", "medium", "high", "xhigh", "max"});
  dom::object format;
  if (config["format"].get_object().get(format) != simdjson::SUCCESS) return;
  only(format, "output_config.format", {"type", "schema"});
  one_of(text(format, "type", "output_config.format"), "output_config.format", {"json_schema"});
  if (!format["schema"].is_object()) fault("output_config.format", "no schema");
}

void Checker::request(dom::element value) {
  dom::object body;
  if (!object(value, "body", body)) return;
  only(
      body,
      "body",
      {"model",
       "max_tokens",
       "messages",
       "system",
       "metadata",
       "stop_sequences",
       "stream",
       "temperature",
       "top_p",
       "top_k",
       "tools",
       "tool_choice",
       "thinking",
       "service_tier",
       "output_config"}
  );
  text(body, "model", "body");
  if (number(body, "max_tokens", "body") == 0) fault("max_tokens", "must be at least 1");
  dom::array list;
  if (body["system"].error() == simdjson::SUCCESS) {
    if (body["system"].get_array().get(list) != simdjson::SUCCESS) {
      text(body, "system", "body");
    } else {
      for (const dom::element one : list) block(one, "system", {"text"});
    }
  }
  if (body["messages"].get_array().get(list) != simdjson::SUCCESS) return fault("messages", "no list");
  if (list.size() == 0) fault("messages", "at least one message is required");
  std::size_t index = 0;
  std::string before;
  for (const dom::element one : list) {
    const std::string path = "messages[" + std::to_string(index++) + "]";
    turn(one, path, index == list.size());
    std::string_view role;
    if (one["role"].get_string().get(role) == simdjson::SUCCESS && role == before)
      fault(path, "roles do not alternate");
    before = role;
  }
  if (!next_calls_.empty()) fault("messages", "tool_use without tool_result: " + *next_calls_.begin());
  tools(body);
  thinking(body);
  sampling(body);
  output(body);
  dom::object metadata;
  if (body["metadata"].get_object().get(metadata) == simdjson::SUCCESS) {
    only(metadata, "metadata", {"user_id"});
    if (text(metadata, "user_id", "metadata").size() > 256) fault("metadata", "user_id is too long");
  }
  const std::string tier = text(body, "service_tier", "body", false);
  if (!tier.empty()) one_of(tier, "service_tier", {"auto", "standard_only"});
}

void Checker::usage(dom::object object, const std::string& path) {
  dom::object usage;
  if (object["usage"].get_object().get(usage) != simdjson::SUCCESS) return fault(path, "no usage");
  only(
      usage,
      path + ".usage",
      {"input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens"}
  );
  for (const std::string_view key : {"input_tokens", "output_tokens"}) number(usage, key, path + ".usage");
}

void Checker::stop(dom::object object, const std::string& path) {
  one_of(
      text(object, "stop_reason", path),
      path,
      {"end_turn", "max_tokens", "stop_sequence", "tool_use", "pause_turn", "refusal"}
  );
  dom::element sequence;
  if (object["stop_sequence"].get(sequence) != simdjson::SUCCESS) fault(path, "no stop_sequence");
}

void Checker::block_of_answer(dom::element value, const std::string& path) {
  dom::object block;
  if (!object(value, path, block)) return;
  const std::string type = text(block, "type", path);
  one_of(type, path, {"text", "thinking", "redacted_thinking", "tool_use"});
  if (type == "text") {
    only(block, path, {"type", "text"});
    text(block, "text", path);
  } else if (type == "thinking") {
    only(block, path, {"type", "thinking", "signature"});
    text(block, "thinking", path);
    text(block, "signature", path);
  } else if (type == "redacted_thinking") {
    only(block, path, {"type", "data"});
    text(block, "data", path);
  } else if (type == "tool_use") {
    only(block, path, {"type", "id", "name", "input"});
    text(block, "id", path);
    text(block, "name", path);
    if (!block["input"].is_object()) fault(path, "input is no object");
  }
}

void Checker::message(dom::element value, bool is_whole) {
  dom::object message;
  if (!object(value, "message", message)) return;
  only(message, "message", {"id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"});
  if (!text(message, "id", "message").starts_with("msg_")) fault("message", "id");
  one_of(text(message, "type", "message"), "message", {"message"});
  one_of(text(message, "role", "message"), "message", {"assistant"});
  text(message, "model", "message");
  usage(message, "message");
  dom::array list;
  if (message["content"].get_array().get(list) != simdjson::SUCCESS) return fault("message", "no content");
  if (!is_whole) {
    if (list.size() != 0) fault("message_start", "content is not empty");
    if (!message["stop_reason"].is_null()) fault("message_start", "stop_reason is not null");
    return;
  }
  for (const dom::element one : list) block_of_answer(one, "message.content");
  stop(message, "message");
}

// Follows a stream as the SDKs do: blocks one after the other, each growing by deltas of its own type.
class Follower {
 public:
  std::vector<std::string> faults() {
    if (state_ != State::ended) checker_.fault("stream", "no message_stop");
    return checker_.faults;
  }

  void event(const http::SseEvent& event);

 private:
  enum class State { before, between, in_block, delta, ended };

  void block_event(dom::element value, const std::string& type);

  Checker checker_;
  dom::parser parser_;
  State state_ = State::before;
  std::uint64_t index_ = 0;
  std::string block_type_;
  std::string arguments_;
};

void Follower::block_event(dom::element value, const std::string& type) {
  std::uint64_t index = 0;
  if (value["index"].get_uint64().get(index) != simdjson::SUCCESS || index != index_) checker_.fault(type, "index");
  if (type == "content_block_start") {
    if (state_ != State::between) checker_.fault(type, "misplaced");
    state_ = State::in_block;
    dom::element block;
    if (value["content_block"].get(block) != simdjson::SUCCESS) return checker_.fault(type, "no content_block");
    checker_.block_of_answer(block, type);
    block_type_ = std::string(block["type"].get_string().value_unsafe());
    arguments_.clear();
    return;
  }
  if (state_ != State::in_block) checker_.fault(type, "misplaced");
  if (type == "content_block_stop") {
    state_ = State::between;
    ++index_;
    dom::parser parser;
    if (!arguments_.empty() && parser.parse(arguments_).error() != simdjson::SUCCESS)
      checker_.fault(type, "input is no JSON: " + arguments_);
    return;
  }
  const std::string delta(value["delta"]["type"].get_string().value_unsafe());
  const std::map<std::string, Names> wanted{
      {"text", {"text_delta"}},
      {"thinking", {"thinking_delta", "signature_delta"}},
      {"redacted_thinking", {}},
      {"tool_use", {"input_json_delta"}}};
  checker_.one_of(delta, type, wanted.at(block_type_));
  if (delta == "input_json_delta") arguments_.append(value["delta"]["partial_json"].get_string().value_unsafe());
}

void Follower::event(const http::SseEvent& event) {
  dom::element value;
  std::string_view type;
  if (parser_.parse(event.data.data(), event.data.size(), true).get(value) != simdjson::SUCCESS ||
      value["type"].get_string().get(type) != simdjson::SUCCESS) {
    return checker_.fault("event", "no JSON: " + std::string(event.data));
  }
  if (event.name != type) checker_.fault("event", "its name is not its type");
  if (type == "message_start") {
    if (state_ != State::before) checker_.fault("message_start", "misplaced");
    state_ = State::between;
    checker_.message(value["message"].value_unsafe(), false);
  } else if (type == "message_delta") {
    if (state_ != State::between) checker_.fault("message_delta", "misplaced");
    state_ = State::delta;
    dom::object object;
    dom::object delta;
    if (!checker_.object(value, "message_delta", object)) return;
    checker_.usage(object, "message_delta");
    if (object["delta"].get_object().get(delta) != simdjson::SUCCESS)
      return checker_.fault("message_delta", "no delta");
    checker_.only(delta, "message_delta.delta", {"stop_reason", "stop_sequence"});
    checker_.stop(delta, "message_delta");
  } else if (type == "message_stop") {
    if (state_ != State::delta) checker_.fault("message_stop", "misplaced");
    state_ = State::ended;
  } else if (type.starts_with("content_block_")) {
    block_event(value, std::string(type));
  } else {
    checker_.fault("event", "unknown type " + std::string(type));
  }
}

}  // namespace

std::vector<std::string> faults_of_messages_request(std::string_view body) {
  Checker checker;
  dom::parser parser;
  dom::element element;
  if (parser.parse(body.data(), body.size(), true).get(element) != simdjson::SUCCESS) return {"no JSON"};
  checker.request(element);
  return checker.faults;
}

std::vector<std::string> faults_of_message(std::string_view body) {
  Checker checker;
  dom::parser parser;
  dom::element element;
  if (parser.parse(body.data(), body.size(), true).get(element) != simdjson::SUCCESS) return {"no JSON"};
  checker.message(element, true);
  return checker.faults;
}

std::vector<std::string> faults_of_messages_stream(const std::string& bytes) {
  Follower follower;
  http::SseSplitter splitter(1 << 24);
  http::SseEvent event;
  splitter.feed(bytes);
  while (splitter.next(event).value()) {
    if (event.has_data) follower.event(event);
  }
  return follower.faults();
}

std::string joined(const std::vector<std::string>& faults) {
  std::string out;
  for (const std::string& fault : faults) out.append(fault).append("\n");
  return out;
}

}  // namespace gw::dialect::test
