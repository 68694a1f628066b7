// Facts: Anthropic's API reference, "Count tokens in a Message".
#include "dialect/messages/count.hpp"

#include "base/text.hpp"
#include "dialect/messages/error_write.hpp"
#include "dialect/messages/request_read.hpp"
#include "dialect/provider_json.hpp"

namespace gw::dialect::messages {
namespace {

namespace od = simdjson::ondemand;

class CountClient final : public Client {
 public:
  [[nodiscard]] config::Protocol own() const noexcept override { return config::Protocol::v1_messages; }

  [[nodiscard]] Operation operation() const noexcept override { return Operation::count_tokens; }

  [[nodiscard]] Result<chat::ChatRequest> read(std::string_view body) const override {
    Result<chat::ChatRequest> request = chat::read_messages(body);
    if (!request || !request->stream) return request;
    return client_error(Errc::invalid_request, "'stream': a count of tokens is not streamed; leave it out.", "stream");
  }

  [[nodiscard]] Result<Conversation> conversation(std::string_view body, Keep& keep) const override {
    return read_request(body, keep);
  }

  [[nodiscard]] std::unique_ptr<AnswerWriter> stream(const AnswerHead& /*head*/, std::string& /*out*/) const override {
    return nullptr;
  }

  [[nodiscard]] std::unique_ptr<AnswerWriter> plain(const AnswerHead& /*head*/, std::string& /*out*/) const override {
    return nullptr;
  }

  [[nodiscard]] std::string error_body(const Error& error, int status) const override {
    return messages::error_body(error, status);
  }

  [[nodiscard]] std::string error_event(const Error& error, int status) const override {
    return messages::error_event(error, status);
  }
};

}  // namespace

const Client& count_client() {
  static const CountClient instance;
  return instance;
}

Result<ReplyFacts> read_count_reply(const config::Provider& provider, std::string_view body) {
  od::document document;
  od::object object;
  if (parse(body, document) != simdjson::SUCCESS || document.get_object().get(object) != simdjson::SUCCESS) {
    return upstream_error(Errc::upstream_protocol, "the provider sent a reply that is not a JSON object");
  }
  od::value tokens;
  if (object.find_field_unordered("input_tokens").get(tokens) != simdjson::SUCCESS || !count_in(tokens)) {
    const ErrorFacts facts = read_error_body(body, 0);
    if (!facts.message.empty()) return error_of(facts, provider);
    return upstream_error(Errc::upstream_protocol, "the provider sent a reply without input_tokens");
  }
  ReplyFacts out;
  out.has_content = true;
  out.finished = true;
  out.bytes = body.size();
  return out;
}

std::string count_body(std::uint64_t tokens) {
  std::string out = R"({"input_tokens":)";
  append_number(out, tokens);
  out.push_back('}');
  return out;
}

}  // namespace gw::dialect::messages
