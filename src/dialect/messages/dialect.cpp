#include "base/text.hpp"
#include "dialect/messages/count.hpp"
#include "dialect/messages/event_read.hpp"
#include "dialect/messages/messages.hpp"
#include "dialect/messages/own_words.hpp"
#include "dialect/messages/request_write.hpp"
#include "dialect/messages/tell.hpp"
#include "dialect/provider_json.hpp"
#include "dialect/target.hpp"
#include "dialect/vendors.hpp"
#include "http/write.hpp"

#include <algorithm>

namespace gw::dialect::messages {
namespace {

constexpr std::string_view version = "2023-06-01";

Error not_the_dialect(std::string_view what) {
  return upstream_error(Errc::upstream_protocol, "the provider sent " + std::string(what));
}

// The safety system stopped the answer.
bool is_filter(Raw stop_reason) {
  return stop_reason == "refusal";
}

class Stream final : public ReplyStream {
 public:
  explicit Stream(const config::Provider& provider) : provider_(provider) {}

  Meaning read(const http::SseEvent& event, EventSink* sink) override {
    Meaning meaning;
    if (event.data.starts_with("[DONE]")) {  // of servers that end all their streams with it
      meaning.terminator = true;
      return meaning;
    }
    EventSays says;
    const bool is_object = read_event(event.data, says);
    if (says.type.empty()) says.type = event.name;
    if (auto error = error_in(event, says, is_object)) {
      meaning.error = std::move(*error);
      return meaning;
    }
    judge(says, meaning);
    if (sink != nullptr) teller_.event(says, meaning.usage, *sink);
    return meaning;
  }

 private:
  [[nodiscard]] std::optional<Error> error_in(const http::SseEvent& event, const EventSays& says, bool is_object)
      const {
    if (says.error) return error_of(*says.error, provider_);
    if (says.type == "error") return error_of(read_error_body(event.data, 0), provider_);
    if (!is_object) return not_the_dialect("an event that is not a JSON object");
    return std::nullopt;
  }

  void judge(const EventSays& says, Meaning& meaning) {
    if (says.counts) {
      counts_.merge(*says.counts);
      meaning.usage = counts_.usage();
    }
    if (says.type == "content_block_start") {
      meaning.bytes = says.block.content();
      if (says.block.type == "text") meaning.text = says.block.text;
    } else if (says.type == "content_block_delta") {
      meaning.bytes = says.delta.text.size() + says.delta.thinking.size() + says.delta.partial_json.size();
      meaning.text = says.delta.text;
    } else if (says.type == "message_delta") {
      meaning.finished = !says.delta.stop_reason.empty();
      meaning.filtered = is_filter(says.delta.stop_reason);
    } else if (says.type == "message_stop") {
      meaning.terminator = true;
    }
    meaning.content = meaning.bytes != 0;
  }

  const config::Provider& provider_;
  Teller teller_;
  Counts counts_;
};

std::string_view after_space(std::string_view json) {
  return json.substr(std::min(json.find_first_not_of(" \t\r\n"), json.size()));
}

class Messages final : public Dialect {
 public:
  [[nodiscard]] Request request(const RequestInput& input) const override {
    Request out;
    BasePath base(input.base_path);
    base.drop("/messages");
    out.target =
        base.with(input.operation == Operation::count_tokens ? "/messages/count_tokens" : "/messages", input.model);
    out.is_of_model = base.names_model();
    std::string& lines = out.header_lines;
    add_header(lines, input.provider, "Content-Type", "application/json");
    add_header(lines, input.provider, "anthropic-version", input.version.empty() ? version : input.version);
    add_key(lines, input.provider, input.key, "x-api-key");
    add_operators_headers(lines, input.provider);
    return out;
  }

  [[nodiscard]] Result<Written> write(const Conversation& conversation, const WriteInput& input) const override {
    return write_request(conversation, input);
  }

  [[nodiscard]] std::optional<std::string> without_foreign(const config::Provider& provider, std::string_view body)
      const override {
    return messages::without_foreign(body, vendor_of(provider) == config::Vendor::anthropic);
  }

  [[nodiscard]] std::unique_ptr<ReplyStream> stream(const config::Provider& provider) const override {
    return std::make_unique<Stream>(provider);
  }

  [[nodiscard]] Result<ReplyFacts> reply(const config::Provider& provider, std::string_view body, EventSink* sink)
      const override {
    MessageSays message;
    std::vector<BlockSays> blocks;
    if (!read_message(body, message, sink == nullptr ? nullptr : &blocks)) {
      const bool is_markup = after_space(body).starts_with('<');
      return not_the_dialect(is_markup ? "a page of HTML" : "a reply that is not a JSON object");
    }
    if (message.error) return error_of(*message.error, provider);
    if (!message.has_list) {
      const ErrorFacts facts = read_error_body(body, 0);
      if (!facts.message.empty() && !facts.code.empty()) return error_of(facts, provider);
      return not_the_dialect("a reply without content");
    }
    if (sink != nullptr) Teller{}.reply(message, blocks, *sink);
    ReplyFacts facts;
    facts.has_content = message.content != 0;
    facts.finished = !message.stop_reason.empty();
    facts.filtered = is_filter(message.stop_reason);
    if (message.counts) facts.usage = message.counts->usage();
    facts.bytes = message.content;
    facts.text = message.text;
    return facts;
  }

  [[nodiscard]] Result<ReplyFacts> reply_to(
      Operation operation, const config::Provider& provider, std::string_view body
  ) const override {
    if (operation == Operation::count_tokens) return read_count_reply(provider, body);
    return reply(provider, body, nullptr);
  }

  // An error as large as an answer, or an endless one, has no content.
  [[nodiscard]] bool begins_reply(std::string_view begun) const override {
    return after_space(begun).starts_with('{') && begun.find(R"("content")") != std::string_view::npos;
  }

  [[nodiscard]] std::optional<Usage> usage_within(std::string_view piece) const override {
    const auto found = object_in(piece, "usage");
    MessageSays message;
    if (!found || !read_message(R"({"usage":)" + std::string(*found) + '}', message, nullptr) || !message.counts) {
      return std::nullopt;
    }
    return message.counts->usage();
  }

  [[nodiscard]] Error failure(const config::Provider& provider, int status, std::string_view body) const override {
    Error error = error_of(read_error_body(body, status), provider);
    if (status >= 300 && status < 400) error.message += " (redirects are not followed; check base_url)";
    return error;
  }
};

}  // namespace

const Dialect& dialect() {
  static const Messages instance;
  return instance;
}

}  // namespace gw::dialect::messages
