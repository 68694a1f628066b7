#include "dialect/demo/demo.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace gw::dialect::demo {
namespace {

constexpr std::size_t echoed_characters = 80;
constexpr std::size_t read_bytes = 1024;  // of the user's text, more than is echoed
constexpr std::uint32_t max_choices = 8;

// The beginning of the last user message, all its text parts, escapes resolved.
std::string last_user_text(const Input& input) {
  const auto& messages = input.request.messages;
  const auto last = std::find_if(messages.rbegin(), messages.rend(), [](const chat::Message& m) {
    return m.role == chat::Role::user;
  });
  std::string text;
  if (last == messages.rend()) return text;
  for (const chat::Span& span : last->text) {
    if (text.size() >= read_bytes) break;
    if (!text.empty()) text.push_back(' ');
    text.append(chat::unescape(input.body.substr(span.offset, span.length), read_bytes));
  }
  return text;
}

bool continues_character(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// One line of at most 80 characters, with dots where it was cut.
std::string echo_of(std::string_view text) {
  std::string out;
  std::size_t characters = 0;
  for (const char c : text) {
    if (!continues_character(c) && ++characters > echoed_characters) return out + "...";
    out.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  }
  return out;
}

// Chinese when a quarter of the characters are CJK ideographs (UTF-8 lead bytes E4 to E9).
bool is_chinese(std::string_view text) {
  std::size_t characters = 0;
  std::size_t ideographs = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (continues_character(c)) continue;
    ++characters;
    if (byte >= 0xE4U && byte <= 0xE9U) ++ideographs;
  }
  return ideographs != 0 && ideographs * 4 >= characters;
}

// response_format json_object or json_schema; `text` asks for nothing special.
bool wants_json(const Input& input) {
  if (input.request.has_json_schema) return true;
  const chat::Field* const format = input.request.find("response_format");
  return format != nullptr && input.body.substr(format->value.offset, format->value.length).find("\"json_object\"") !=
                                  std::string_view::npos;
}

// A word with the space before it, or one Chinese character: what a model's tokens look like.
std::vector<std::string_view> pieces_of(std::string_view text) {
  std::vector<std::string_view> pieces;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80U ? 1 : lead < 0xE0U ? 2 : lead < 0xF0U ? 3 : 4;
    const bool cuts = at > begin && (lead == ' ' || lead == '\n' || lead >= 0xE0U);
    if (cuts) {
      pieces.push_back(text.substr(begin, at - begin));
      begin = at;
    }
    at += std::min(length, text.size() - at);
  }
  if (begin < text.size()) pieces.push_back(text.substr(begin));
  return pieces;
}

// What is said, cut to the tokens the client allows.
struct Words {
  std::string text;
  bool cut = false;
  std::size_t tokens = 0;
};

Words words_of(const Input& input) {
  Words words;
  words.text = answer(input);
  const auto pieces = pieces_of(words.text);
  words.tokens = pieces.size();
  if (input.request.max_tokens && *input.request.max_tokens < pieces.size()) {
    words.cut = true;
    words.tokens = static_cast<std::size_t>(*input.request.max_tokens);
    std::string kept;
    for (std::size_t i = 0; i < words.tokens; ++i) kept.append(pieces[i]);
    words.text = std::move(kept);
  }
  return words;
}

std::size_t prompt_tokens(const Input& input) {
  return input.request.text_bytes / 4 + 4 * input.request.messages.size();
}

std::uint32_t choices_of(const Input& input) {
  return std::min(input.request.n, max_choices);
}

std::string usage_json(const Input& input, std::size_t completion) {
  const std::size_t prompt = prompt_tokens(input);
  return R"({"prompt_tokens":)" + std::to_string(prompt) + R"(,"completion_tokens":)" + std::to_string(completion) +
         R"(,"total_tokens":)" + std::to_string(prompt + completion) + "}";
}

std::string head(const Input& input, std::string_view object) {
  std::string out = R"({"id":"chatcmpl-)" + std::string(input.request_id) + R"(","object":")" + std::string(object) +
                    R"(","created":)" + std::to_string(input.created) + R"(,"model":)";
  append_json_string(out, input.candidate.model);
  out.append(R"(,"system_fingerprint":"demo")");
  return out;
}

bool reports_usage(const Input& input) {
  return input.request.include_usage.value_or(false);
}

// Where usage is asked for, every chunk has the member, null but in the last.
std::string event(const Input& input, std::string_view choices, std::string_view usage = "null") {
  std::string out = "data: " + head(input, "chat.completion.chunk") + R"(,"choices":[)" + std::string(choices) + "]";
  if (reports_usage(input)) out.append(R"(,"usage":)").append(usage);
  return out + "}\n\n";
}

std::string delta(std::uint32_t index, std::string_view inner, std::string_view finish) {
  return R"({"index":)" + std::to_string(index) + R"(,"delta":{)" + std::string(inner) +
         R"(},"logprobs":null,"finish_reason":)" + std::string(finish) + "}";
}

}  // namespace

std::string answer(const Input& input) {
  const std::string asked = last_user_text(input);
  const bool chinese = is_chinese(asked);
  const std::string tier(config::to_string(input.candidate.tier));
  const std::string echo = echo_of(asked);
  if (wants_json(input)) {
    return R"({"demo":true,"tier":")" + tier + R"(","message":)" +
           json_string(
               chinese ? "这是内置演示，没有调用任何模型。" : "This is the built-in demo; no model was asked."
           ) +
           "}";
  }
  if (chinese) {
    return "【演示】你好！我是 SmartRoute 内置的演示服务，没有调用任何真实模型。你问的是：“" + echo +
           "”。这次请求被分到 " + tier + " 档，依据是：" + std::string(intent::to_string(input.verdict.source)) + "（" +
           input.verdict.reason +
           "）。要接入真实模型，请在 config.json 的 providers 里填写服务商的 base_url 和 api_key，再把模型加入 "
           "models；保存后立即生效。";
  }
  return "[demo] Hello! I am the demo built into SmartRoute; no real model was asked. You said: \"" + echo +
         "\". This request was routed to tier " + tier + ", decided by " +
         std::string(intent::to_string(input.verdict.source)) + " (" + input.verdict.reason +
         "). To use real models, put your provider's base_url and api_key under \"providers\" in config.json and its "
         "models under \"models\"; the change takes effect when you save the file.";
}

std::string completion(const Input& input) {
  const Words words = words_of(input);
  std::string out = head(input, "chat.completion") + R"(,"choices":[)";
  for (std::uint32_t i = 0; i < choices_of(input); ++i) {
    if (i != 0) out.push_back(',');
    out.append(R"({"index":)").append(std::to_string(i)).append(R"(,"message":{"role":"assistant","content":)");
    append_json_string(out, words.text);
    out.append(R"(,"refusal":null},"logprobs":null,"finish_reason":)")
        .append(words.cut ? R"("length"})" : R"("stop"})");
  }
  out.append(R"(],"usage":)").append(usage_json(input, words.tokens * choices_of(input))).push_back('}');
  return out;
}

std::vector<std::string> stream(const Input& input) {
  const Words words = words_of(input);
  std::vector<std::string> events;
  for (std::uint32_t i = 0; i < choices_of(input); ++i) {
    events.push_back(event(input, delta(i, R"("role":"assistant","content":"","refusal":null)", "null")));
  }
  for (const std::string_view piece : pieces_of(words.text)) {
    for (std::uint32_t i = 0; i < choices_of(input); ++i) {
      events.push_back(event(input, delta(i, R"("content":)" + json_string(piece), "null")));
    }
  }
  for (std::uint32_t i = 0; i < choices_of(input); ++i) {
    events.push_back(event(input, delta(i, "", words.cut ? R"("length")" : R"("stop")")));
  }
  if (reports_usage(input)) {
    events.push_back(event(input, "", usage_json(input, words.tokens * choices_of(input))));
  }
  events.emplace_back("data: [DONE]\n\n");
  return events;
}

}  // namespace gw::dialect::demo
