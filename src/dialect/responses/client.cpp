#include "dialect/responses/client.hpp"

#include "dialect/responses/answer_write.hpp"
#include "dialect/responses/error_write.hpp"
#include "dialect/responses/request_read.hpp"

namespace gw::dialect::responses {
namespace {

class ResponsesClient final : public Client {
 public:
  [[nodiscard]] config::Protocol own() const noexcept override { return config::Protocol::v1_response; }

  [[nodiscard]] Result<chat::ChatRequest> read(std::string_view body) const override {
    return chat::read_responses(body);
  }

  [[nodiscard]] Result<Conversation> conversation(std::string_view body, Keep& keep) const override {
    return read_request(body, keep);
  }

  [[nodiscard]] std::unique_ptr<AnswerWriter> stream(const AnswerHead& head, std::string& out) const override {
    return stream_writer(head, out);
  }

  [[nodiscard]] std::unique_ptr<AnswerWriter> plain(const AnswerHead& head, std::string& out) const override {
    return plain_writer(head, out);
  }

  [[nodiscard]] std::string error_body(const Error& error, int status) const override {
    return responses::error_body(error, status);
  }

  [[nodiscard]] std::string error_event(const Error& error, int status) const override {
    return responses::error_event(error, status);
  }
};

}  // namespace

const Client& client() {
  static const ResponsesClient instance;
  return instance;
}

}  // namespace gw::dialect::responses
