#include "table_requests.hpp"

#include "chat/chat.hpp"
#include "dialect/client.hpp"
#include "dialect/dialect.hpp"
#include "strict_gemini.hpp"
#include "strict_messages.hpp"
#include "strict_openai.hpp"
#include "strict_responses.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace gw::dialect::test {
namespace {

using config::Protocol;
using config::Vendor;

const Client& client_of(Protocol protocol) {
  const char* const path = protocol == Protocol::v1_messages   ? "/v1/messages"
                           : protocol == Protocol::v1_response ? "/v1/responses"
                                                               : "/v1/chat/completions";
  return *client_of_path(path);
}

// With the readable bytes behind it that readers ask for.
class PaddedBody {
 public:
  explicit PaddedBody(const Json& request) : bytes_(request.dump()), size_(bytes_.size()) {
    bytes_.append(chat::padding, '\0');
  }

  [[nodiscard]] std::string_view view() const { return std::string_view(bytes_).substr(0, size_); }

 private:
  std::string bytes_;
  std::size_t size_;
};

void add_if_there(Json& list, const Json& one, bool is_there) {
  if (is_there) list.push_back(one);
}

Json parsed(const char* text) {
  return Json::parse(text);
}

// ---- chat completions

Json chat_user(const char* text = "hi") {
  return Json{{"role", "user"}, {"content", text}};
}

Json chat_tool() {
  return parsed(R"({"type":"function","function":{"name":"f","parameters":{"type":"object"}}})");
}

Json chat_call(const Json& id) {
  Json call = parsed(R"({"role":"assistant","tool_calls":[{"type":"function","function":{"name":"f"}}]})");
  call["tool_calls"][0]["id"] = id;
  call["tool_calls"][0]["function"]["arguments"] = "{}";
  return call;
}

Json chat_message(const Json& example, bool is_there) {
  const std::string role = example.at("role");
  Json out = Json::array();
  if (role == "user" || role == "system" || role == "developer") {
    add_if_there(out, example, is_there);
    if (role != "user" || !is_there) out.push_back(chat_user());
    return out;
  }
  out.push_back(chat_user());
  if (role == "tool") out.push_back(chat_call(example.value("tool_call_id", "c")));
  if (role == "function") {
    out.push_back(parsed(R"({"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}})"));
  }
  add_if_there(out, example, is_there);
  if (!is_there || role != "assistant") return out;
  for (const Json& call : example.value("tool_calls", Json::array())) {
    out.push_back(Json{{"role", "tool"}, {"tool_call_id", call.value("id", "")}, {"content", "r"}});
  }
  if (example.contains("function_call")) out.push_back(Json{{"role", "function"}, {"name", "f"}, {"content", "r"}});
  if (out.size() == 2) out.push_back(chat_user("go on"));
  return out;
}

Json chat_part(const Json& example, bool is_there) {
  const std::string type = example.at("type");
  const bool is_said = type == "refusal" || type == "thinking";
  Json parts = Json::array({parsed(R"({"type":"text","text":"hi"})")});
  add_if_there(parts, example, is_there);
  Json out = Json::array();
  if (is_said) out.push_back(chat_user());
  out.push_back(Json{{"role", is_said ? "assistant" : "user"}, {"content", parts}});
  if (is_said) out.push_back(chat_user("go on"));
  return out;
}

Json chat_request(const Json& example, bool is_there) {
  Json body{{"model", "auto"}, {"messages", Json::array({chat_user()})}};
  if (example.contains("role")) {
    body["messages"] = chat_message(example, is_there);
    const std::string text = body["messages"].dump();
    if (text.find("tool_calls") != std::string::npos) body["tools"] = Json::array({chat_tool()});
    return body;
  }
  if (example.contains("type")) {
    body["messages"] = chat_part(example, is_there);
    return body;
  }
  if (is_there) body.update(example);
  if (example.contains("function_call") && !example.contains("functions")) {
    body["functions"] = Json::array({Json{{"name", "f"}}});
  }
  const bool chooses = example.contains("tool_choice") || example.contains("parallel_tool_calls");
  if (chooses && !example.contains("tools")) body["tools"] = Json::array({chat_tool()});
  return body;
}

// ---- Messages

Json blocks(std::initializer_list<Json> list) {
  return Json(list);
}

Json said(const char* role, Json content) {
  return Json{{"role", role}, {"content", std::move(content)}};
}

Json text_block(const char* text) {
  return Json{{"type", "text"}, {"text", text}};
}

Json messages_list(const Json& example, bool is_there) {
  const std::string type = example.value("type", "");
  Json out = Json::array();
  const bool is_message = example.contains("role");
  const bool is_assistant_block = type == "tool_use" || type == "thinking" || type == "redacted_thinking" ||
                                  type == "server_tool_use" || type == "web_search_tool_result" ||
                                  type == "mcp_tool_use" || type == "compaction";
  if (!is_message && !is_assistant_block) {
    Json content = Json::array();
    if (type == "tool_result") {
      out.push_back(said("user", "hi"));
      Json call = parsed(R"({"type":"tool_use","name":"f","input":{}})");
      call["id"] = example.value("tool_use_id", "t");
      out.push_back(said("assistant", blocks({call})));
    } else {
      content.push_back(text_block("hi"));
    }
    add_if_there(content, example, is_there);
    out.push_back(said("user", content));
    return out;
  }
  if (is_message && example.at("role") != "assistant") {
    add_if_there(out, example, is_there);
    if (!is_there || example.at("role") != "user") out.push_back(said("user", "hi"));
    return out;
  }
  out.push_back(said("user", "hi"));
  if (is_message) {
    add_if_there(out, example, is_there);
  } else {
    Json content = Json::array();
    add_if_there(content, example, is_there);
    if (type != "tool_use") content.push_back(text_block("a"));
    if (!content.empty()) out.push_back(said("assistant", content));
  }
  Json results = Json::array();
  if (is_there && type == "tool_use") {
    results.push_back(Json{{"type", "tool_result"}, {"tool_use_id", example.value("id", "")}, {"content", "r"}});
  }
  out.push_back(results.empty() ? said("user", "go on") : said("user", results));
  return out;
}

Json messages_request(const Json& example, bool is_there) {
  Json body{{"model", "auto"}, {"max_tokens", 4000}, {"messages", Json::array({said("user", "hi")})}};
  if (example.contains("role") || example.contains("type")) {
    body["messages"] = messages_list(example, is_there);
  } else if (is_there) {
    body.update(example);
  }
  if (example.contains("tool_choice") || body["messages"].dump().find("tool_use") != std::string::npos) {
    if (!body.contains("tools")) body["tools"] = blocks({parsed(R"({"name":"f","input_schema":{"type":"object"}})")});
  }
  return body;
}

// ---- Responses

Json input_message(const char* role, const char* type, const Json& text) {
  return Json{{"role", role}, {"content", blocks({Json{{"type", type}, {"text", text}}})}};
}

bool is_input_part(const std::string& type) {
  constexpr std::array<std::string_view, 6> types{
      "input_text", "input_image", "input_file", "input_audio", "output_text", "refusal"};
  return std::find(types.begin(), types.end(), type) != types.end();
}

Json responses_part(const Json& example, bool is_there) {
  const std::string type = example.at("type");
  const bool is_output = type == "output_text" || type == "refusal";
  const char* const first = is_output ? "output_text" : "input_text";
  Json message = input_message(is_output ? "assistant" : "user", first, "a");
  add_if_there(message["content"], example, is_there);
  if (!is_output) return blocks({message});
  return blocks({input_message("user", "input_text", "hi"), message, input_message("user", "input_text", "go on")});
}

Json responses_input(const Json& example, bool is_there) {
  const std::string type = example.value("type", "");
  if (!example.contains("role") && is_input_part(type)) return responses_part(example, is_there);
  const Json user = input_message("user", "input_text", "hi");
  Json out = Json::array();
  const std::string role = example.value("role", "");
  if ((!role.empty() && role != "assistant") || type == "additional_tools") {
    add_if_there(out, example, is_there);
    if (!is_there || role != "user") out.push_back(user);
    return out;
  }
  out.push_back(user);
  const std::string id = example.value("call_id", "c");
  if (type == "function_call_output" || type == "custom_tool_call_output") {
    Json call{{"type", "function_call"}, {"call_id", id}, {"name", "f"}, {"arguments", "{}"}};
    if (type == "custom_tool_call_output") {
      call = Json{{"type", "custom_tool_call"}, {"call_id", id}, {"name", "f"}, {"input", "x"}};
    }
    out.push_back(call);
  }
  add_if_there(out, example, is_there);
  if (type == "reasoning") out.push_back(input_message("assistant", "output_text", "a"));
  if (is_there && type == "function_call") {
    out.push_back(Json{{"type", "function_call_output"}, {"call_id", id}, {"output", "r"}});
  } else if (is_there && type == "custom_tool_call") {
    out.push_back(Json{{"type", "custom_tool_call_output"}, {"call_id", id}, {"output", "r"}});
  } else if (type.find("_output") == std::string::npos) {
    out.push_back(input_message("user", "input_text", "go on"));
  }
  return out;
}

Json responses_request(const Json& example, bool is_there) {
  Json body{{"model", "auto"}, {"input", "hi"}};
  if (example.contains("role") || example.contains("type")) {
    body["input"] = responses_input(example, is_there);
    return body;
  }
  if (is_there) body.update(example);
  const bool chooses = example.contains("tool_choice") || example.contains("parallel_tool_calls");
  if (chooses && !body.contains("tools")) {
    body["tools"] = blocks({parsed(R"({"type":"function","name":"f","parameters":{"type":"object"}})")});
  }
  return body;
}

// ---- what providers refuse

ChatService service_of(Vendor vendor) {
  switch (vendor) {
    case Vendor::openai:
      return ChatService::openai;
    case Vendor::deepseek:
      return ChatService::deepseek;
    case Vendor::moonshot:
      return ChatService::moonshot;
    case Vendor::zhipu:
    case Vendor::volcengine:
      return ChatService::zhipu;
    case Vendor::dashscope:
    case Vendor::siliconflow:
      return ChatService::dashscope;
    case Vendor::openrouter:
      return ChatService::openrouter;
    case Vendor::gemini:
      return ChatService::google;
    case Vendor::automatic:
    case Vendor::generic:
    case Vendor::anthropic:
      break;
  }
  return ChatService::generic;
}

std::string fault_of(const Target& target, const std::string& model, const std::string& body) {
  switch (target.protocol) {
    case Protocol::v1_messages:
      return joined(faults_of_messages_request(body));
    case Protocol::v1_response:
      return joined(faults_of_responses_request(body));
    case Protocol::gemini:
      return strict_gemini(body, model);
    default:
      return refuses_chat(body, service_of(target.vendor));
  }
}

std::string common_model(Protocol protocol) {
  switch (protocol) {
    case Protocol::v1_messages:
      return "claude-sonnet-4-5";
    case Protocol::gemini:
      return "gemini-3-pro";
    default:
      return "m";
  }
}

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out.append(out.empty() ? "" : ", ").append(name);
  return "[" + out + "]";
}

}  // namespace

config::Protocol protocol_named(const std::string& name) {
  if (name == "openai" || name == "Chat") return Protocol::openai;
  if (name == "messages" || name == "Messages") return Protocol::v1_messages;
  if (name == "responses" || name == "Responses") return Protocol::v1_response;
  if (name == "gemini" || name == "Gemini") return Protocol::gemini;
  throw std::runtime_error("no dialect: " + name);
}

Target target_named(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, Vendor>, 10> vendors{
      {{"OpenAI", Vendor::openai},
       {"DeepSeek", Vendor::deepseek},
       {"Moonshot", Vendor::moonshot},
       {"Zhipu", Vendor::zhipu},
       {"DashScope", Vendor::dashscope},
       {"SiliconFlow", Vendor::siliconflow},
       {"Volcengine", Vendor::volcengine},
       {"OpenRouter", Vendor::openrouter},
       {"Google", Vendor::gemini},
       {"Others", Vendor::generic}}};
  const auto* const at =
      std::find_if(vendors.begin(), vendors.end(), [&](const auto& one) { return one.first == name; });
  Target out;
  if (at != vendors.end()) {
    out.vendor = at->second;
  } else {
    out.protocol = protocol_named(name);
  }
  return out;
}

Json request_with(config::Protocol client, const Json& example, const Json& with, bool is_there) {
  if (!example.is_object()) throw std::runtime_error("an example that is no object");
  Json body = client == Protocol::v1_messages   ? messages_request(example, is_there)
              : client == Protocol::v1_response ? responses_request(example, is_there)
                                                : chat_request(example, is_there);
  if (with.is_object()) body.update(with);
  return body;
}

bool is_taken(config::Protocol client, const Json& request) {
  const PaddedBody body(request);
  return client_of(client).read(body.view()).has_value();
}

Outcome translated(config::Protocol client, const Target& target, const Json& request) {
  Outcome out;
  const PaddedBody padded(request);
  const std::string_view body = padded.view();
  const Client& speaker = client_of(client);
  if (const auto read = speaker.read(body); !read) {
    out.error = read.error();
    return out;
  }
  Keep keep;
  const auto conversation = speaker.conversation(body, keep);
  if (!conversation) {
    out.error = conversation.error();
    return out;
  }
  config::Provider provider;
  provider.vendor = target.vendor;
  if (!target.version.empty()) provider.headers.emplace_back("anthropic-version", target.version);
  const std::string model = target.model.empty() ? common_model(target.protocol) : target.model;
  const WriteInput input{.model = model, .provider = provider, .max_output = target.limit};
  auto written = for_protocol(target.protocol)->write(*conversation, input);
  if (!written) {
    out.error = written.error();
    return out;
  }
  out.body = std::move(written->body);
  out.dropped = conversation->left_out;
  for (std::string& name : written->dropped) out.dropped.push_back(std::move(name));
  out.fault = fault_of(target, model, out.body);
  return out;
}

std::string verdict_of(config::Protocol client, const Target& target, const Json& example, const Json& with) {
  const Outcome outcome = translated(client, target, request_with(client, example, with, true));
  if (outcome.error) return outcome.error->code == Errc::unsupported_input ? "refused" : "400";
  if (!outcome.dropped.empty()) return "dropped";
  const Outcome without = translated(client, target, request_with(client, example, with, false));
  return outcome.body == without.body ? "nothing" : "mapped";
}

std::string fault_of_request(
    config::Protocol client,
    const Target& target,
    const Json& example,
    const Json& with,
    const std::string& verdict,
    const Counterpart& wanted
) {
  const Json request = request_with(client, example, with, true);
  const Outcome outcome = translated(client, target, request);
  const std::string seen = "\n  request: " + request.dump() + "\n  body: " + outcome.body +
                           (outcome.error ? "\n  error: " + outcome.error->param + ": " + outcome.error->message : "") +
                           "\n  dropped: " + listed(outcome.dropped);
  const std::string is = verdict_of(client, target, example, with);
  if (is != verdict) return "is " + is + ", not " + verdict + seen;
  if (outcome.error) {
    if (wanted.names.size() != 1 || !wanted.whole.empty()) return "must name what is refused" + seen;
    const bool names = outcome.error->param == wanted.names.front() ||
                       outcome.error->message.find(wanted.names.front()) != std::string::npos;
    return names ? std::string{} : "does not name " + wanted.names.front() + seen;
  }
  if (!outcome.fault.empty()) return "the provider refuses it: " + outcome.fault + seen;
  std::vector<std::string> dropped = outcome.dropped;
  std::vector<std::string> named = wanted.names;
  std::sort(dropped.begin(), dropped.end());
  std::sort(named.begin(), named.end());
  if (dropped != named) return "names " + listed(outcome.dropped) + seen;
  const Json body = Json::parse(outcome.body);
  if (verdict == "dropped" && holds(body, example)) return "still there" + seen;
  if (verdict == "mapped" && wanted.whole.empty()) return "has no counterpart" + seen;
  if (verdict == "nothing" && !wanted.whole.empty()) return "nothing with a counterpart" + seen;
  for (const Json& want : wanted.whole) {
    if (!holds(body, want)) return "has no " + want.dump() + seen;
  }
  if (verdict != "mapped") return {};
  const Outcome without = translated(client, target, request_with(client, example, with, false));
  const Json bare = Json::parse(without.body, nullptr, false);
  const bool is_said_anyway =
      std::all_of(wanted.whole.begin(), wanted.whole.end(), [&](const Json& want) { return holds(bare, want); });
  return is_said_anyway ? "is there without it" + seen : std::string{};
}

}  // namespace gw::dialect::test
