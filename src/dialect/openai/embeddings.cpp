// Facts: OpenAI's API reference, "Embeddings": {"object":"list","data":[{"object":"embedding","index":0,
// "embedding":[...] or base64}],"model":...,"usage":{"prompt_tokens":8,"total_tokens":8}}.
#include "dialect/openai/embeddings.hpp"

#include "dialect/openai/error_write.hpp"
#include "dialect/openai/usage_read.hpp"
#include "dialect/provider_json.hpp"

#include <algorithm>

namespace gw::dialect::openai {
namespace {

namespace od = simdjson::ondemand;

std::string_view after_space(std::string_view json) {
  return json.substr(std::min(json.find_first_not_of(" \t\r\n"), json.size()));
}

// What an answer holds, read in one pass.
struct Answer {
  bool has_data = false;
  std::size_t vectors = 0;
  std::size_t empty = 0;  // elements without one
  std::optional<Usage> usage;
  std::optional<ErrorFacts> error;
};

// Numbers, or the text that encodes them.
bool holds_vector(od::object& element) {
  od::value vector;
  if (element.find_field_unordered("embedding").get(vector) != simdjson::SUCCESS) return false;
  const std::string_view token = trimmed(vector.raw_json_token());
  if (token.starts_with('"')) return token.size() > 2;
  bool is_empty = true;
  od::array numbers;
  return vector.get_array().get(numbers) == simdjson::SUCCESS &&
         numbers.is_empty().get(is_empty) == simdjson::SUCCESS && !is_empty;
}

void read_data(od::value& value, Answer& out) {
  od::array list;
  if (value.get_array().get(list) != simdjson::SUCCESS) return;
  out.has_data = true;
  for (auto element : list) {
    od::object object;
    if (element.get_object().get(object) != simdjson::SUCCESS) break;
    ++(holds_vector(object) ? out.vectors : out.empty);
  }
}

// False when the bytes are not one JSON object and nothing else.
bool read_answer(std::string_view json, Answer& out) {
  od::document document;
  od::object object;
  if (parse(json, document) != simdjson::SUCCESS || document.get_object().get(object) != simdjson::SUCCESS)
    return false;
  for (auto member : object) {
    od::field field;
    if (std::move(member).get(field) != simdjson::SUCCESS) return false;
    const od::raw_json_string key = field.key();
    if (key == "data") {
      read_data(field.value(), out);
    } else if (key == "usage") {
      od::object usage;
      if (field.value().get_object().get(usage) == simdjson::SUCCESS) out.usage = read_usage(usage);
    } else if (key == "error" && !is_no_error(field.value())) {
      out.error = read_error(field.value(), 0);
    }
  }
  const char* behind = nullptr;
  return document.current_location().get(behind) != simdjson::SUCCESS;
}

Error not_an_answer(std::string_view body) {
  const bool is_markup = after_space(body).starts_with('<');
  return upstream_error(
      Errc::upstream_protocol,
      is_markup ? "the provider sent a page of HTML" : "the provider sent a reply that is not a JSON object"
  );
}

class EmbeddingsClient final : public Client {
 public:
  [[nodiscard]] config::Protocol own() const noexcept override { return config::Protocol::openai; }

  [[nodiscard]] Operation operation() const noexcept override { return Operation::embeddings; }

  [[nodiscard]] Result<chat::ChatRequest> read(std::string_view body) const override {
    return chat::read_embeddings(body);
  }

  [[nodiscard]] Result<Conversation> conversation(std::string_view /*body*/, Keep& /*keep*/) const override {
    return upstream_error(Errc::unsupported_input, "embeddings are no conversation; only protocol openai has them");
  }

  [[nodiscard]] std::unique_ptr<AnswerWriter> stream(const AnswerHead& /*head*/, std::string& /*out*/) const override {
    return nullptr;
  }

  [[nodiscard]] std::unique_ptr<AnswerWriter> plain(const AnswerHead& /*head*/, std::string& /*out*/) const override {
    return nullptr;
  }

  [[nodiscard]] std::string error_body(const Error& error, int status) const override {
    return openai::error_body(error, status);
  }

  [[nodiscard]] std::string error_event(const Error& error, int status) const override {
    return openai::error_event(error, status);
  }
};

}  // namespace

const Client& embeddings_client() {
  static const EmbeddingsClient instance;
  return instance;
}

Result<ReplyFacts> read_embeddings_reply(const config::Provider& provider, std::string_view body) {
  Answer answer;
  if (!read_answer(body, answer)) return not_an_answer(body);
  if (answer.error) return error_of(*answer.error, provider);
  if (!answer.has_data) {
    // Errors without a member of that name: the whole document is one.
    const ErrorFacts facts = read_error_body(body, 0);
    if (!facts.message.empty() && !facts.code.empty()) return error_of(facts, provider);
    return upstream_error(Errc::upstream_protocol, "the provider sent a reply without data");
  }
  if (answer.vectors == 0 || answer.empty != 0) {
    return upstream_error(Errc::upstream_empty, "the provider's answer lacks embeddings");
  }
  ReplyFacts facts;
  facts.has_content = true;
  facts.finished = true;
  facts.usage = answer.usage;
  facts.bytes = body.size();  // a notice of the provider's is text alone, and this is none
  return facts;
}

bool begins_embeddings_reply(std::string_view begun) {
  return after_space(begun).starts_with('{') && begun.find(R"("data")") != std::string_view::npos &&
         begun.find(R"("embedding")") != std::string_view::npos;
}

}  // namespace gw::dialect::openai
