#include "dialect/messages/client.hpp"

#include "dialect/messages/answer_write.hpp"
#include "dialect/messages/error_write.hpp"
#include "dialect/messages/request_read.hpp"

namespace gw::dialect::messages {
namespace {

class MessagesClient final : public Client {
 public:
  [[nodiscard]] config::Protocol own() const noexcept override { return config::Protocol::v1_messages; }

  [[nodiscard]] Result<chat::ChatRequest> read(std::string_view body) const override {
    return chat::read_messages(body);
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
    return messages::error_body(error, status);
  }

  [[nodiscard]] std::string error_event(const Error& error, int status) const override {
    return messages::error_event(error, status);
  }
};

}  // namespace

const Client& client() {
  static const MessagesClient instance;
  return instance;
}

}  // namespace gw::dialect::messages
