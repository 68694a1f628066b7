#include "dialect/openai/openai.hpp"

#include "base/text.hpp"
#include "dialect/openai/embeddings.hpp"
#include "dialect/openai/own_words.hpp"
#include "dialect/openai/translate.hpp"
#include "dialect/openai/usage_read.hpp"
#include "dialect/provider_json.hpp"
#include "dialect/target.hpp"
#include "dialect/vendors.hpp"
#include "http/write.hpp"

#include <algorithm>
#include <bitset>

namespace gw::dialect::openai {
namespace {

namespace od = simdjson::ondemand;

Error not_the_dialect(std::string_view what) {
  return upstream_error(Errc::upstream_protocol, "the provider sent " + std::string(what));
}

// The size of a list or an object that is not empty.
template <class Container>
std::size_t size_within(simdjson::simdjson_result<Container> found) {
  Container container;
  bool is_empty = true;
  std::string_view text;
  if (std::move(found).get(container) != simdjson::SUCCESS) return 0;
  if (container.is_empty().get(is_empty) != simdjson::SUCCESS || is_empty) return 0;
  return container.raw_json().get(text) == simdjson::SUCCESS ? text.size() : 1;
}

// How many bytes a value carries: none are a text, list or object that is empty.
std::size_t carried(od::value& value) {
  const std::string_view token = trimmed(value.raw_json_token());
  if (token.empty() || token == "null") return 0;
  if (token.front() == '"') return token.size() - 2;
  if (token.front() == '[') return size_within(value.get_array());
  if (token.front() == '{') return size_within(value.get_object());
  return token.size();
}

bool carries(od::value& value) {
  return carried(value) != 0;
}

// What one `delta` or `message` holds.
struct Content {
  std::size_t bytes = 0;  // of all that commits
  std::string_view text;  // raw inside of `content`
};

Content read_content(od::object object) {
  Content content;
  for (auto member : object) {
    od::field field;
    if (std::move(member).get(field) != simdjson::SUCCESS) break;
    const od::raw_json_string key = field.key();
    if (key == "content") {
      content.text = inside(field.value());
      content.bytes += content.text.empty() ? carried(field.value()) : content.text.size();
    } else if (key == "reasoning_content" || key == "reasoning" || key == "refusal" || key == "tool_calls" ||
               key == "function_call" || key == "audio" || key == "reasoning_details") {
      content.bytes += carried(field.value());
    }
  }
  return content;
}

// One element of `choices`, of a chunk (`delta`) or an answer (`message`).
struct Choice {
  std::uint64_t index = 0;
  Content content;
  bool finished = false;
  bool filtered = false;
  std::optional<Usage> usage;       // Moonshot reports it here
  std::optional<ErrorFacts> error;  // OpenRouter, when one choice failed
};

// Some write the word where others have null.
bool is_finish(od::value& value) {
  return carries(value) && trimmed(value.raw_json_token()) != R"("null")";
}

// A finish reason that says the filter stopped the answer; Zhipu has a word of its own.
bool is_filter(od::value& value) {
  const std::string_view token = trimmed(value.raw_json_token());
  return token == R"("content_filter")" || token == R"("sensitive")";
}

// Finish reasons that are failures of the provider: DeepSeek's when it has no room, Zhipu's and OpenRouter's.
std::optional<ErrorFacts> failed_finish(od::value& value) {
  const std::string_view token = trimmed(value.raw_json_token());
  if (token != R"("insufficient_system_resource")" && token != R"("network_error")" && token != R"("error")") {
    return std::nullopt;
  }
  ErrorFacts facts;
  facts.in_band = true;
  facts.code = token.substr(1, token.size() - 2);
  facts.message = "the answer ended with the finish reason " + facts.code;
  return facts;
}

Choice read_choice(od::object object) {
  Choice choice;
  for (auto member : object) {
    od::field field;
    if (std::move(member).get(field) != simdjson::SUCCESS) break;
    const od::raw_json_string key = field.key();
    if (key == "delta" || key == "message") {
      od::object inner;
      if (field.value().get_object().get(inner) == simdjson::SUCCESS) choice.content = read_content(inner);
    } else if (key == "text") {  // the older completions shape
      choice.content.text = inside(field.value());
      choice.content.bytes += choice.content.text.size();
    } else if (key == "index") {
      if (field.value().get_uint64().get(choice.index) != simdjson::SUCCESS) choice.index = 0;
    } else if (key == "finish_reason") {
      choice.finished = is_finish(field.value());
      choice.filtered = choice.finished && is_filter(field.value());
      // What the error itself says counts more.
      if (auto facts = failed_finish(field.value()); facts && !choice.error) choice.error = std::move(facts);
    } else if (key == "usage") {
      od::object usage;
      if (field.value().get_object().get(usage) == simdjson::SUCCESS) choice.usage = read_usage(usage);
    } else if (key == "error" && !is_no_error(field.value())) {
      choice.error = read_error(field.value(), 0);
    }
  }
  return choice;
}

constexpr std::size_t counted_choices = 128;  // the most that may be asked for

// A chunk or an answer, read in one pass.
struct Document {
  std::bitset<counted_choices> seen;  // by their index
  std::bitset<counted_choices> done;
  bool has_choices = false;
  std::size_t choices = 0;
  std::size_t finished = 0;
  std::size_t content = 0;  // bytes
  bool filtered = false;
  std::string_view text;  // of the first choice
  std::optional<Usage> usage;
  std::optional<ErrorFacts> error;
};

void add_usage(Document& out, const Usage& usage) {
  if (out.usage) {
    out.usage->merge(usage);
  } else {
    out.usage = usage;
  }
}

void read_choices(od::value& value, Document& out) {
  od::array list;
  if (value.get_array().get(list) != simdjson::SUCCESS) return;
  out.has_choices = true;
  for (auto element : list) {
    od::object object;
    if (element.get_object().get(object) != simdjson::SUCCESS) break;
    Choice choice = read_choice(object);
    if (out.choices++ == 0) out.text = choice.content.text;
    out.content += choice.content.bytes;
    if (choice.finished) ++out.finished;
    if (choice.index < counted_choices) {
      out.seen.set(choice.index);
      out.done.set(choice.index, choice.finished);
    }
    out.filtered = out.filtered || choice.filtered;
    if (choice.usage) add_usage(out, *choice.usage);
    if (choice.error && !out.error) out.error = std::move(choice.error);
  }
}

// False when the bytes are not one JSON object and nothing else.
bool read_document(std::string_view json, Document& out) {
  od::document document;
  od::object object;
  if (parse(json, document) != simdjson::SUCCESS || document.get_object().get(object) != simdjson::SUCCESS)
    return false;
  for (auto member : object) {
    od::field field;
    if (std::move(member).get(field) != simdjson::SUCCESS) return false;
    const od::raw_json_string key = field.key();
    if (key == "choices") {
      read_choices(field.value(), out);
    } else if (key == "usage") {
      od::object usage;
      if (field.value().get_object().get(usage) == simdjson::SUCCESS) add_usage(out, read_usage(usage));
    } else if (key == "x_groq") {  // where Groq tells it unasked
      od::object inner;
      od::object usage;
      if (field.value().get_object().get(inner) == simdjson::SUCCESS &&
          inner.find_field_unordered("usage").get_object().get(usage) == simdjson::SUCCESS) {
        add_usage(out, read_usage(usage));
      }
    } else if (key == "error") {
      if (!is_no_error(field.value())) out.error = read_error(field.value(), 0);
    }
  }
  out.text = original(out.text, json);
  const char* behind = nullptr;
  return document.current_location().get(behind) != simdjson::SUCCESS;
}

// Errors without a member of that name: the whole document is one, {"code": ..., "message": ...}. Asked of what has no
// choices only, so that an answer is read once.
std::optional<ErrorFacts> bare_error(std::string_view json) {
  ErrorFacts facts = read_error_body(json, 0);
  const bool is_success = facts.code == "0" || facts.code == "200";
  if (facts.message.empty() || facts.code.empty() || is_success) return std::nullopt;
  return facts;
}

class Stream final : public ReplyStream {
 public:
  explicit Stream(const config::Provider& provider) : provider_(provider) {}

  Meaning read(const http::SseEvent& event, EventSink* sink) override {
    Meaning meaning;
    if (event.data.starts_with("[DONE]")) {  // as the official SDKs see it
      meaning.terminator = true;
      return meaning;
    }
    Document document;
    const bool is_object = read_document(event.data, document);
    if (is_object) {
      meaning.usage = document.usage;
      meaning.content = document.content != 0;
      meaning.bytes = document.content;
      seen_ |= document.seen;
      done_ |= document.done;
      meaning.is_open = (seen_ & ~done_).any();
      meaning.finished = document.finished != 0 && !meaning.is_open;
      meaning.finished_choices = static_cast<std::uint32_t>(done_.count());
      meaning.filtered = document.filtered;
      meaning.usage_only = document.usage.has_value() && document.choices == 0;
      meaning.text = document.text;
    }
    if (document.error) {
      meaning.error = error_of(*document.error, provider_);
    } else if (event.name == "error") {
      meaning.error = error_of(read_error_body(event.data, 0), provider_);
    } else if (!is_object) {
      meaning.error = not_the_dialect("an event that is not a JSON object");
    } else if (!document.has_choices) {
      if (const auto facts = bare_error(event.data)) meaning.error = error_of(*facts, provider_);
    }
    if (sink != nullptr && !meaning.error) teller_.chunk(event.data, *sink);
    return meaning;
  }

 private:
  const config::Provider& provider_;
  Teller teller_;
  std::bitset<counted_choices> seen_;
  std::bitset<counted_choices> done_;
};

std::string_view endpoint_of(Operation operation) noexcept {
  switch (operation) {
    case Operation::completions:
      return "/completions";
    case Operation::embeddings:
      return "/embeddings";
    case Operation::chat:
    case Operation::count_tokens:  // nobody asks for it here
      break;
  }
  return "/chat/completions";
}

std::string_view after_space(std::string_view json) {
  return json.substr(std::min(json.find_first_not_of(" \t\r\n"), json.size()));
}

class OpenAi final : public Dialect {
 public:
  [[nodiscard]] Request request(const RequestInput& input) const override {
    Request out;
    BasePath base(input.base_path);
    for (const Operation known : {Operation::chat, Operation::completions, Operation::embeddings}) {
      base.drop(endpoint_of(known));
    }
    out.target = base.with(endpoint_of(input.operation), input.model);
    out.is_of_model = base.names_model();
    add_header(out.header_lines, input.provider, "Content-Type", "application/json");
    add_key(out.header_lines, input.provider, input.key, "Authorization");
    add_operators_headers(out.header_lines, input.provider);
    return out;
  }

  [[nodiscard]] Result<Written> write(const Conversation& conversation, const WriteInput& input) const override {
    return write_chat(conversation, input);
  }

  [[nodiscard]] std::optional<std::string> without_foreign(const config::Provider& provider, std::string_view body)
      const override {
    if (vendor_of(provider) != config::Vendor::openai) return std::nullopt;
    return openai::without_foreign(body);
  }

  [[nodiscard]] std::unique_ptr<ReplyStream> stream(const config::Provider& provider) const override {
    return std::make_unique<Stream>(provider);
  }

  [[nodiscard]] Result<ReplyFacts> reply(const config::Provider& provider, std::string_view body, EventSink* sink)
      const override {
    Document document;
    if (!read_document(body, document)) {
      const bool is_markup = after_space(body).starts_with('<');
      return not_the_dialect(is_markup ? "a page of HTML" : "a reply that is not a JSON object");
    }
    if (document.error) return error_of(*document.error, provider);
    if (!document.has_choices) {
      if (const auto facts = bare_error(body)) return error_of(*facts, provider);
      return not_the_dialect("a reply without choices");
    }
    if (sink != nullptr) Teller{}.reply(body, *sink);
    ReplyFacts facts;
    facts.has_content = document.content != 0;
    facts.finished = document.choices != 0 && document.finished == document.choices;
    facts.filtered = document.filtered;
    facts.usage = document.usage;
    facts.bytes = document.content;
    facts.text = document.text;
    return facts;
  }

  [[nodiscard]] Result<ReplyFacts> reply_to(
      Operation operation, const config::Provider& provider, std::string_view body
  ) const override {
    if (operation == Operation::embeddings) return read_embeddings_reply(provider, body);
    return reply(provider, body, nullptr);
  }

  // An error as large as an answer, or an endless one, has no choices.
  [[nodiscard]] bool begins_reply(std::string_view begun) const override {
    return after_space(begun).starts_with('{') && begun.find(R"("choices")") != std::string_view::npos;
  }

  [[nodiscard]] bool begins_reply_to(Operation operation, std::string_view begun) const override {
    return operation == Operation::embeddings ? begins_embeddings_reply(begun) : begins_reply(begun);
  }

  [[nodiscard]] std::optional<Usage> usage_within(std::string_view piece) const override {
    const auto found = object_in(piece, "usage");
    od::document document;
    od::object object;
    if (!found || parse(*found, document) != simdjson::SUCCESS ||
        document.get_object().get(object) != simdjson::SUCCESS) {
      return std::nullopt;
    }
    return read_usage(object);
  }

  [[nodiscard]] Error failure(const config::Provider& provider, int status, std::string_view body) const override {
    Error error = error_of(read_error_body(body, status), provider);
    if (status >= 300 && status < 400) error.message += " (redirects are not followed; check base_url)";
    return error;
  }
};

}  // namespace

const Dialect& dialect() {
  static const OpenAi instance;
  return instance;
}

}  // namespace gw::dialect::openai
