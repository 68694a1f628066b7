#include "dialect/openai/client.hpp"

#include "dialect/openai/answer_write.hpp"
#include "dialect/openai/error_write.hpp"
#include "dialect/openai/request_read.hpp"

namespace gw::dialect::openai {
namespace {

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
    return openai::error_body(error, status);
  }

  [[nodiscard]] std::string error_event(const Error& error, int status) const override {
    return openai::error_event(error, status);
  }
};

}  // namespace

const Client& client() {
  static const ChatClient instance;
  return instance;
}

}  // namespace gw::dialect::openai
