#include "openai_support.hpp"

namespace gw::dialect::test {
namespace {

std::string_view word(Part::Kind kind) {
  switch (kind) {
    case Part::Kind::text:
      return "text";
    case Part::Kind::image:
      return "image";
    case Part::Kind::file:
      return "file";
    case Part::Kind::audio:
      return "audio";
    case Part::Kind::refusal:
      return "refusal";
    case Part::Kind::reasoning:
      return "reasoning";
    case Part::Kind::call:
      return "call";
    case Part::Kind::result:
      return "result";
  }
  return "?";
}

void add(std::string& out, std::string_view name, std::string_view value) {
  if (!value.empty()) out.append(" ").append(name).append("=").append(value);
}

void add_part(std::string& out, const Part& part, const std::string& indent) {
  out.append(indent).append(word(part.kind));
  add(out, "text", part.text);
  add(out, "url", part.url);
  add(out, "media", part.media_type);
  add(out, "data", part.data);
  add(out, "file", part.file_id);
  add(out, "detail", part.detail);
  add(out, "id", part.id);
  add(out, "name", part.name);
  add(out, "object", part.arguments.object);
  add(out, "arguments", part.arguments.text);
  add(out, "proof", part.proof);
  add(out, "cache", part.cache_control);
  if (part.is_sealed) out.append(" sealed");
  if (part.is_error) out.append(" error");
  out.push_back('\n');
  for (const Part& inner : part.parts) add_part(out, inner, indent + "  ");
}

void line(std::string& out, std::string_view name, std::string_view value) {
  if (!value.empty()) out.append(name).append(" ").append(value).append("\n");
}

std::string flag(const std::optional<bool>& value) {
  return value ? (*value ? "true" : "false") : "";
}

std::string number(const std::optional<std::uint64_t>& value) {
  return value ? std::to_string(*value) : "";
}

void add_tool(std::string& out, const Tool& tool) {
  out.append("tool");
  add(out, "name", tool.name);
  add(out, "description", tool.description);
  add(out, "schema", tool.schema);
  add(out, "strict", flag(tool.is_strict));
  add(out, "builtin", tool.builtin);
  add(out, "cache", tool.cache_control);
  out.push_back('\n');
}

std::string_view word(ToolChoice::Kind kind) {
  constexpr std::string_view words[] = {"", "automatic", "none", "required", "named"};
  return words[static_cast<std::size_t>(kind)];
}

std::string_view word(AnswerFormat::Kind kind) {
  constexpr std::string_view words[] = {"", "text", "json_object", "json_schema"};
  return words[static_cast<std::size_t>(kind)];
}

}  // namespace

std::string to_text(const Conversation& c) {
  std::string out;
  for (const Turn& turn : c.turns) {
    out.append(
        turn.speaker == Speaker::user        ? "user"
        : turn.speaker == Speaker::assistant ? "assistant"
        : turn.is_developer                  ? "developer"
                                             : "system"
    );
    add(out, "name", turn.name);
    out.push_back('\n');
    for (const Part& part : turn.parts) add_part(out, part, "  ");
  }
  for (const Tool& tool : c.tools) add_tool(out, tool);
  if (c.is_stream) line(out, "stream", "true");
  line(out, "usage", flag(c.wants_usage));
  line(out, "choice", std::string(word(c.tool_choice.kind)) + std::string(c.tool_choice.name));
  line(out, "parallel", flag(c.parallel_calls));
  if (c.format.kind != AnswerFormat::Kind::unsaid) {
    out.append("format ").append(word(c.format.kind));
    add(out, "name", c.format.name);
    add(out, "description", c.format.description);
    add(out, "schema", c.format.schema);
    add(out, "strict", flag(c.format.is_strict));
    out.push_back('\n');
  }
  line(out, "thinks", flag(c.reasoning.is_on));
  line(out, "effort", c.reasoning.effort);
  line(out, "budget", number(c.reasoning.budget));
  line(out, "summary", c.reasoning.summary);
  line(out, "max", number(c.max_tokens));
  if (c.choices != 1) line(out, "choices", std::to_string(c.choices));
  line(out, "temperature", c.temperature);
  line(out, "top_p", c.top_p);
  line(out, "top_k", c.top_k);
  line(out, "frequency", c.frequency_penalty);
  line(out, "presence", c.presence_penalty);
  line(out, "seed", c.seed);
  line(out, "bias", c.logit_bias);
  for (const Raw stop : c.stop) out.append("stop ").append(stop).append("\n");
  if (c.logprobs) line(out, "logprobs", "true");
  line(out, "top_logprobs", number(c.top_logprobs));
  line(out, "who", c.user);
  line(out, "cache_key", c.cache_key);
  line(out, "tier", c.service_tier);
  line(out, "verbosity", c.verbosity);
  line(out, "metadata", c.metadata);
  for (const std::string& path : c.left_out) line(out, "left", path);
  return out;
}

std::string conversation_text(std::string_view text) {
  const Body body(text);
  if (const auto request = openai::client().read(body.view()); !request) return "unread: " + request.error().message;
  Keep keep;
  const auto conversation = openai::client().conversation(body.view(), keep);
  if (conversation) return to_text(*conversation);
  const Error& error = conversation.error();
  return "error: " + std::string(to_string(error.code)) + " " + error.param + ": " + error.message;
}

config::Provider provider_of(ChatService service) {
  config::Provider out;
  switch (service) {
    case ChatService::openai:
      out.base_url = "https://api.openai.com/v1";
      break;
    case ChatService::deepseek:
      out.base_url = "https://api.deepseek.com";
      break;
    case ChatService::moonshot:
      out.base_url = "https://api.moonshot.cn/v1";
      break;
    case ChatService::zhipu:
      out.base_url = "https://open.bigmodel.cn/api/paas/v4";
      break;
    case ChatService::dashscope:
      out.base_url = "https://dashscope.aliyuncs.com/compatible-mode/v1";
      break;
    case ChatService::openrouter:
      out.base_url = "https://openrouter.ai/api/v1";
      break;
    case ChatService::google:
      out.base_url = "https://generativelanguage.googleapis.com/v1beta/openai";
      break;
    case ChatService::generic:
      out.base_url = "http://127.0.0.1:8000/v1";
      break;
  }
  return out;
}

Rewritten rewrite(std::string_view text, ChatService service, std::string_view model) {
  const Body body(text);
  if (const auto request = openai::client().read(body.view()); !request) return {{}, {}, request.error().message};
  Keep keep;
  const auto conversation = openai::client().conversation(body.view(), keep);
  if (!conversation) return {{}, {}, conversation.error().message};
  const config::Provider provider = provider_of(service);
  const WriteInput input{.model = model, .provider = provider};
  auto written = openai::dialect().write(*conversation, input);
  if (!written) return {{}, {}, written.error().message};
  return {std::move(written->body), std::move(written->dropped), {}};
}

}  // namespace gw::dialect::test
