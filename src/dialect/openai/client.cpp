#include "dialect/openai/client.hpp"

#include "base/text.hpp"
#include "dialect/openai/answer_write.hpp"
#include "dialect/openai/request_read.hpp"

namespace gw::dialect::openai {

namespace {

// The names OpenAI's SDKs and their users know.
std::string_view type_of(const Error& error, int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 429:
      return "rate_limit_error";
    default:
      break;
  }
  if (status >= 400 && status < 500) return "invalid_request_error";
  return error.origin == Origin::upstream ? "upstream_error" : "server_error";
}

std::string_view code_of(const Error& error) {
  switch (error.code) {
    case Errc::unauthenticated:
      return "invalid_api_key";
    case Errc::rate_limited:
      return "rate_limit_exceeded";
    case Errc::context_exceeded:
      return "context_length_exceeded";
    case Errc::content_policy:
      return "content_policy_violation";
    default:
      return to_string(error.code);
  }
}

class ChatClient final : public Client {
 public:
  [[nodiscard]] config::Protocol own() const noexcept override { return config::Protocol::openai; }

  [[nodiscard]] Result<chat::ChatRequest> read(std::string_view body) const override { return chat::read(body); }

  [[nodiscard]] Result<Conversation> conversation(std::string_view body, Keep& keep) const override {
    return read_conversation(body, keep);
  }

  [[nodiscard]] std::unique_ptr<AnswerWriter> stream(const AnswerHead& head, std::string& out) const override {
    return stream_writer(head, out);
  }

  [[nodiscard]] std::unique_ptr<AnswerWriter> plain(const AnswerHead& head, std::string& out) const override {
    return plain_writer(head, out);
  }

  [[nodiscard]] std::string error_body(const Error& error, int status) const override {
    std::string body = R"({"error":{"message":)";
    append_json_string(body, error.message);
    body.append(R"(,"type":)");
    append_json_string(body, type_of(error, status));
    body.append(R"(,"param":)");
    if (error.param.empty()) {
      body.append("null");
    } else {
      append_json_string(body, error.param);
    }
    body.append(R"(,"code":)");
    append_json_string(body, code_of(error));
    body.append("}}");
    return body;
  }

  [[nodiscard]] std::string error_event(const Error& error, int status) const override {
    return "data: " + error_body(error, status) + "\n\n";
  }
};

}  // namespace

const Client& client() {
  static const ChatClient instance;
  return instance;
}

}  // namespace gw::dialect::openai
