#include "base/text.hpp"
#include "dialect/provider_json.hpp"
#include "dialect/responses/judge_read.hpp"
#include "dialect/responses/own_words.hpp"
#include "dialect/responses/request_write.hpp"
#include "dialect/responses/responses.hpp"
#include "dialect/responses/tell.hpp"
#include "dialect/target.hpp"
#include "http/write.hpp"

#include <algorithm>

namespace gw::dialect::responses {
namespace {

Error not_the_dialect(std::string_view what) {
  return upstream_error(Errc::upstream_protocol, "the provider sent " + std::string(what));
}

// What a response that failed says about it; one that says nothing is the provider's own failure.
Error failed(const ResponseSays& response, const config::Provider& provider) {
  if (response.error) return error_of(*response.error, provider);
  const bool is_cancelled = response.status == Status::cancelled;
  return upstream_error(
      Errc::upstream_server,
      is_cancelled ? "the provider cancelled the response" : "the provider's response failed without saying why"
  );
}

bool has_failed(const ResponseSays& response) {
  return response.error || response.status == Status::failed || response.status == Status::cancelled;
}

bool has_finished(const ResponseSays& response) {
  return response.status == Status::completed || response.status == Status::incomplete;
}

class Stream final : public ReplyStream {
 public:
  explicit Stream(const config::Provider& provider) : provider_(provider) {}

  Meaning read(const http::SseEvent& event, EventSink* sink) override {
    if (sink != nullptr) teller_.event(event, *sink);
    Meaning meaning;
    if (event.data.starts_with("[DONE]")) {  // some servers end all their streams with it
      meaning.terminator = true;
      return meaning;
    }
    EventSays says;
    const bool is_object = read_event(event.data, says);
    if (says.type.empty()) says.type = event.name;
    if (const auto error = error_in(event, says, is_object)) {
      meaning.error = *error;
      return meaning;
    }
    meaning.content = says.has_content;
    meaning.bytes = says.bytes;
    meaning.text = says.text;
    if (says.response) read_end(says, meaning);
    has_content_ = has_content_ || meaning.content;
    return meaning;
  }

 private:
  [[nodiscard]] std::optional<Error> error_in(const http::SseEvent& event, const EventSays& says, bool is_object)
      const {
    if (says.error) return error_of(*says.error, provider_);
    if (says.type == "error") return error_of(read_error_body(event.data, 0), provider_);
    if (!is_object) return not_the_dialect("an event that is not a JSON object");
    if (says.type == "response.failed" || (says.response && has_failed(*says.response))) {
      return failed(says.response.value_or(ResponseSays{}), provider_);
    }
    return std::nullopt;
  }

  // The event with the finished response ends the stream. Only where nothing came before it, it is left to the judge to
  // see what it holds: then it is an answer in one piece, or an empty one.
  void read_end(const EventSays& says, Meaning& meaning) const {
    const ResponseSays& response = *says.response;
    meaning.usage = response.usage;
    meaning.finished = says.type == "response.completed" || says.type == "response.incomplete";
    if (!meaning.finished) return;
    meaning.filtered = response.is_filtered;
    meaning.terminator = has_content_;
    if (has_content_) return;
    meaning.content = response.has_content;
    meaning.bytes = response.bytes;
    meaning.text = response.text;
  }

  const config::Provider& provider_;
  Teller teller_;
  bool has_content_ = false;
};

std::string_view after_space(std::string_view json) {
  return json.substr(std::min(json.find_first_not_of(" \t\r\n"), json.size()));
}

class Responses final : public Dialect {
 public:
  [[nodiscard]] Request request(const RequestInput& input) const override {
    Request out;
    BasePath base(input.base_path);
    base.drop("/responses");
    out.target = base.with("/responses", input.model);
    out.is_of_model = base.names_model();
    add_header(out.header_lines, input.provider, "Content-Type", "application/json");
    add_key(out.header_lines, input.provider, input.key, "Authorization");
    add_operators_headers(out.header_lines, input.provider);
    return out;
  }

  [[nodiscard]] Result<Written> write(const Conversation& conversation, const WriteInput& input) const override {
    return write_request(conversation, input);
  }

  [[nodiscard]] std::optional<std::string> without_foreign(const config::Provider& /*provider*/, std::string_view body)
      const override {
    return responses::without_foreign(body);
  }

  [[nodiscard]] std::unique_ptr<ReplyStream> stream(const config::Provider& provider) const override {
    return std::make_unique<Stream>(provider);
  }

  [[nodiscard]] Result<ReplyFacts> reply(const config::Provider& provider, std::string_view body, EventSink* sink)
      const override {
    ResponseSays response;
    if (!read_response(body, response)) {
      const bool is_markup = after_space(body).starts_with('<');
      return not_the_dialect(is_markup ? "a page of HTML" : "a reply that is not a JSON object");
    }
    if (has_failed(response)) return failed(response, provider);
    if (!response.has_output) {
      const ErrorFacts facts = read_error_body(body, 0);
      if (!facts.message.empty() && !facts.code.empty()) return error_of(facts, provider);
      return not_the_dialect("a reply without output");
    }
    if (sink != nullptr) Teller{}.reply(body, *sink);
    ReplyFacts facts;
    facts.has_content = response.has_content;
    facts.finished = has_finished(response) || response.status == Status::unsaid;
    facts.filtered = response.is_filtered;
    facts.usage = response.usage;
    facts.bytes = response.bytes;
    facts.text = response.text;
    return facts;
  }

  // An error as large as an answer, or an endless one, has no output.
  [[nodiscard]] bool begins_reply(std::string_view begun) const override {
    return after_space(begun).starts_with('{') && (begun.find(R"("output")") != std::string_view::npos ||
                                                   begun.find(R"("response")") != std::string_view::npos);
  }

  [[nodiscard]] std::optional<Usage> usage_within(std::string_view piece) const override {
    const auto found = object_in(piece, "usage");
    ResponseSays response;
    if (!found || !read_response(R"({"usage":)" + std::string(*found) + '}', response)) return std::nullopt;
    return response.usage;
  }

  [[nodiscard]] Error failure(const config::Provider& provider, int status, std::string_view body) const override {
    Error error = error_of(read_error_body(body, status), provider);
    if (status >= 300 && status < 400) error.message += " (redirects are not followed; check base_url)";
    return error;
  }
};

}  // namespace

const Dialect& dialect() {
  static const Responses instance;
  return instance;
}

}  // namespace gw::dialect::responses
